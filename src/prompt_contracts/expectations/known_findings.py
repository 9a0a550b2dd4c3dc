"""What was found in an expectation once, for the next one that reads the very same. Knows no place in a file."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Generic, TypeVar

from prompt_contracts.json_value import Json
from prompt_contracts.message import Tool

_T = TypeVar("_T")

_MOST = 512
"""How many contents are remembered: a suite has few kinds of expectations, or as many as cases."""


class KnownFindings(Generic[_T]):
    """The findings about the contents that came last, in one run."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, Hashable], tuple[_T, ...]] = {}

    def of(self, what: str, content: Hashable | None, find: Callable[[], Iterable[_T]]) -> tuple[_T, ...]:
        """What a check finds in a content, looked for once; a content of None is not remembered."""
        if content is None:
            return tuple(find())
        known = self._found.get((what, content))
        if known is None:
            known = tuple(find())
            if len(self._found) >= _MOST:
                del self._found[next(iter(self._found))]
            self._found[what, content] = known
        return known

    def forget(self, what: str, content: Hashable | None) -> None:
        """Look again the next time: what was found did not depend on the content alone."""
        if content is not None:
            self._found.pop((what, content), None)


def content_text(*parts: object) -> str | None:
    """A text of data, another for all other data, be it 1, 1.0 or true; None for what is nested too deeply."""
    try:
        return repr(parts)
    except RecursionError:
        return None


_FEW = 64
_last: dict[tuple[object, ...], tuple[tuple[object, ...], str | None]] = {}
"""Texts of what came last, by names and by the ids of values, which are good as long as the values are held here."""


def value_text(value: Json) -> str | None:
    """As `content_text` of one value that nobody changes: each of the checks of a case asks for it. Thread-safe."""
    if not isinstance(value, (dict, list)):
        return content_text(value)
    known = _last.get((id(value),))
    return _kept((id(value),), (value,), content_text(value)) if known is None else known[1]


def expected_text(expect: Mapping[str, Json]) -> str | None:
    """As `content_text` of a mapping of facets, from the texts of their values, and as `value_text` worked out once."""
    held = (*expect.values(),)
    key = (*expect, *map(id, held))
    known = _last.get(key)
    if known is not None:
        return known[1]
    texts = [(repr(name), value_text(value)) for name, value in expect.items()]
    # No `repr` of data holds the character that parts them.
    is_whole = all(text is not None for _, text in texts)
    return _kept(key, held, "\n".join(f"{name} {text}" for name, text in texts) if is_whole else None)


def offered_text(tools: tuple[Tool, ...], schema: Json) -> str | None:
    """As `content_text` of tools, but for what is said of them to the model alone, and of the schema of a request."""
    key = id(tools), id(schema)
    known = _last.get(key)
    if known is not None:
        return known[1]
    return _kept(key, (tools, schema), content_text([(tool.name, tool.parameters) for tool in tools], schema))


def _kept(key: tuple[object, ...], held: tuple[object, ...], text: str | None) -> str | None:
    if len(_last) >= _FEW:
        _last.clear()
    _last[key] = held, text
    return text
