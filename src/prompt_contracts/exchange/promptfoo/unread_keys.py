"""Keys of tests, assertions, prompts and providers that nothing is made of: told with their place, each kind once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from prompt_contracts.data_class import dataclass
from prompt_contracts.exchange.promptfoo.assertions import TYPES
from prompt_contracts.exchange.written_shape import parameter_names
from prompt_contracts.json_value import Json, show
from prompt_contracts.spelling import nearest


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Something that is not in the case file."""

    what: str
    """The key and the reason."""
    is_dropped: bool
    """Whether a verdict could miss it."""


class Losses:
    """All that is left out, each kind with the places where it stands."""

    def __init__(self) -> None:
        self._places: dict[LeftOut, dict[str, None]] = {}

    def add(self, place: str, found: Iterable[LeftOut]) -> None:
        """Note what is left out at one place."""
        for each in found:
            self._places.setdefault(each, {})[place] = None

    def told(self, *, is_dropped: bool) -> list[str]:
        """A line for each kind: its first place, and how many more there are."""
        return [
            f"{next(iter(places))}{f' and {len(places) - 1:,} more' if len(places) > 1 else ''}: {kind.what}"
            for kind, places in self._places.items()
            if kind.is_dropped == is_dropped
        ]


_Shape = Mapping[str, tuple[tuple[type, ...], str]]
"""Keys that are read, with what their values must be: types, and a word for a person."""

_ANY = ((object,), "")
_TEXT, _LIST, _MAPPING = ((str,), "text"), ((list,), "list"), ((dict,), "mapping")
_TEST: _Shape = MappingProxyType(
    {
        "description": _TEXT,
        "options": _MAPPING,
        **dict.fromkeys(("assert", "providers", "prompts"), _LIST),
        **dict.fromkeys(("vars", "threshold", "assertScoringFunction"), _ANY),
    }
)
_PROVIDER: _Shape = MappingProxyType(
    {
        "label": _TEXT,
        "config": _MAPPING,
        "prompts": _LIST,
        **dict.fromkeys(("id", "transform", "env", "delay"), _ANY),
    }
)
_PROMPT: _Shape = MappingProxyType(
    {**dict.fromkeys(("id", "raw", "function"), _ANY), "label": _TEXT, "config": _MAPPING}
)
_LEAF: _Shape = MappingProxyType(dict.fromkeys(("type", "value", "threshold", "weight"), _ANY))
_SET: _Shape = MappingProxyType(dict.fromkeys(("type", "assert", "threshold", "weight"), _ANY))
_SCENARIO: _Shape = MappingProxyType({"description": _TEXT, "config": _ANY, "tests": _ANY})

_LABELS = "it names results for filters and pages, and no verdict rests on it"
_GRADER = "it is for assertions that ask a model, which are not carried over"
_HARMLESS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("metadata", "metric", "display"), _LABELS),
        **dict.fromkeys(("rubricPrompt", "contextTransform", "factuality"), _GRADER),
        "disableConversationVar": "no prompt here gets earlier answers by itself",
        "runSerially": "a run says how many requests are under way: --pc-concurrency",
    }
)
_LOST: Mapping[str, str] = MappingProxyType(
    {
        "provider": "a test names no model of its own here; write models in the case",
        "providerOutput": "an answer that is written down is no answer of a model; judge takes such answers",
        "config": "an assertion has no settings here",
    }
)


def of_test(written: Mapping[str, Json]) -> Iterator[LeftOut]:
    """What is not read of a test, a default or the data of a scenario."""
    for key, value in written.items():
        if key.startswith(("__metadata", "__metric")):
            yield LeftOut(what=f"{key}: {_LABELS}", is_dropped=False)
        else:
            yield from _of_key(key, value, _TEST)
    options = written.get("options")
    for key, value in options.items() if isinstance(options, dict) else ():
        if key in ("prefix", "suffix") and not isinstance(value, str):
            yield LeftOut(what=f"option {key}: it is no text", is_dropped=True)
        elif key in _HARMLESS or key == "provider":
            yield LeftOut(what=f"option {key}: {_HARMLESS.get(key, _GRADER)}", is_dropped=False)


def of_assertion(written: Json) -> Iterator[LeftOut]:
    """What is not read of an assertion that is carried over; one that is not is told as a whole."""
    if not isinstance(written, dict):
        return
    name = show(written.get("type"), limit=60).strip('"')
    kind = name.removeprefix("not-")
    if name == "assert-set":
        for each in inner if isinstance(inner := written.get("assert"), list) else ():
            yield from of_assertion(each)
    elif kind not in TYPES or "transform" in written:
        return
    for key, value in written.items():
        if key == "provider" or (value is not None and key in _UNREAD.get(kind, _WITHOUT_THRESHOLD)):
            yield LeftOut(what=f"{name}: {key}: this type reads none, there as here", is_dropped=False)
        else:
            for left in _of_key(key, value, _SET if name == "assert-set" else _LEAF):
                yield LeftOut(what=f"{name}: {left.what}", is_dropped=left.is_dropped)


_WITHOUT_THRESHOLD = ("threshold",)
_UNREAD: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        **dict.fromkeys(("assert-set", "tool-call-f1"), ()),
        # A cell of `__expected` gives it a threshold that nobody wrote.
        "starts-with": (),
        **dict.fromkeys(("cost", "latency"), ("value",)),
        **dict.fromkeys(
            ("is-valid-openai-tools-call", "is-valid-openai-function-call", "is-valid-function-call"),
            ("value", "threshold"),
        ),
    }
)


def of_provider(written: Mapping[str, Json]) -> Iterator[LeftOut]:
    """What is not read of a provider."""
    parameters = parameter_names()
    for key, value in written.items():
        if key in parameters and key not in _PROVIDER:
            yield LeftOut(what=f"{key}: it stands beside config, and is read in it alone", is_dropped=True)
        else:
            yield from _of_key(key, value, _PROVIDER)


def of_prompt(written: Mapping[str, Json]) -> Iterator[LeftOut]:
    """What is not read of a prompt."""
    for key, value in written.items():
        yield from _of_key(key, value, _PROMPT)


def of_scenario(written: Mapping[str, Json]) -> Iterator[LeftOut]:
    """What is not read of a scenario, beside its data and its tests."""
    for key, value in written.items():
        yield from _of_key(key, value, _SCENARIO)


def of_hidden_column(name: str) -> LeftOut:
    """What stands in a column of a table before another one of its name."""
    shown = _shown(name) if name else "a column without a name"
    return LeftOut(what=f"{shown}: it stands over several columns, of which the last is read", is_dropped=True)


def beside(written: Mapping[str, Json], read: Iterable[str], *, where: str = "") -> Iterator[LeftOut]:
    """What stands beside the keys that are read of some other mapping."""
    known = tuple(read)
    for key in written:
        if key not in known:
            yield LeftOut(what=f"{where}{unknown(key, known)}", is_dropped=True)


def unknown(key: str, known: Iterable[str]) -> str:
    """A key that nobody knows, and the one that was probably meant."""
    near = nearest(key, sorted(known))
    return f"{_shown(key)}: it is not known here{f'; did you mean {near!r}?' if near else ''}"


def _of_key(key: str, value: Json, shape: _Shape) -> Iterator[LeftOut]:
    if key in shape:
        types, word = shape[key]
        if value is not None and not isinstance(value, types):
            yield LeftOut(what=f"{key}: it is no {word}", is_dropped=True)
    elif key in _HARMLESS:
        yield LeftOut(what=f"{key}: {_HARMLESS[key]}", is_dropped=False)
    elif key in _LOST:
        yield LeftOut(what=f"{key}: {_LOST[key]}", is_dropped=True)
    else:
        yield LeftOut(what=unknown(key, shape), is_dropped=True)


def _shown(key: str) -> str:
    return show(key, limit=60).strip('"')
