"""A value -> the pattern of a case file that means just that value: none of it is a template, an operator or a file."""

from __future__ import annotations

from prompt_contracts.cases.node import INCLUDE_KEYS
from prompt_contracts.cases.template_text import IN_BRACES, STATEMENT, TEMPLATE
from prompt_contracts.json_value import Json


class UnsayableValue(Exception):
    """A value that no case file can say; the message tells what of it."""


def literal_pattern(value: Json, *, is_filled_in: bool) -> Json:
    """How `expect` says a value; `is_filled_in` is whether templates of the case are. Else `UnsayableValue`."""
    written = _written(value, is_filled_in=is_filled_in)
    return {"$eq": written} if _looks_like_operators(written) else written


def _written(value: Json, *, is_filled_in: bool) -> Json:
    match value:
        case str() if is_filled_in:
            return _with_literal_braces(value)
        case list():
            return [_written(item, is_filled_in=is_filled_in) for item in value]
        case dict():
            for key in value:
                if key in INCLUDE_KEYS:
                    raise UnsayableValue(f"the recorded value has the key '{key}', which a case file reads as its own")
                if is_filled_in and IN_BRACES.search(key):
                    raise UnsayableValue("a key of the recorded value has double braces, which no key may have")
            return {key: _written(item, is_filled_in=is_filled_in) for key, item in value.items()}
        case _:
            return value


def _with_literal_braces(text: str) -> str:
    written = IN_BRACES.sub(lambda found: f"{{{{{found[0]}}}}}", text)
    # Braces that four braces do not take along would be read as a template, or as a slip of the pen.
    is_read_back = not any(found[2] or found[3] for found in TEMPLATE.finditer(written))
    left = TEMPLATE.sub("", written)
    if not is_read_back or "{{" in left or STATEMENT.search(written) or _read(written) != text:
        raise UnsayableValue("the recorded value would be read as a template")
    return written


def _read(written: str) -> str:
    return TEMPLATE.sub(lambda found: f"{{{{{found[1]}}}}}", written)


def _looks_like_operators(value: Json) -> bool:
    match value:
        case list():
            return any(map(_looks_like_operators, value))
        case dict():
            return any(key.startswith("$") or _looks_like_operators(item) for key, item in value.items())
        case _:
            return False
