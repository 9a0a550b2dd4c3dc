"""Templates of Nunjucks, as far as they only put values in: parts, and what a value with its filters comes to.

Blocks (`{% if %}`, `{% for %}`), arithmetic and calls are refused: whoever reads a case file must see what is asked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from prompt_contracts.data_class import dataclass
from prompt_contracts.exchange.promptfoo.foreign_values import NotCarriedError, script_text
from prompt_contracts.json_value import Json


@dataclass(frozen=True, slots=True)
class Filter:
    """One `| name(arguments)`."""

    name: str
    arguments: tuple[Json, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """What stands in double braces: a path into the variables, or a literal, and filters."""

    path: tuple[str | int, ...]
    literal: Json = None
    filters: tuple[Filter, ...] = ()
    source: str

    @property
    def is_environment(self) -> bool:
        """Whether it names a variable of the environment, which nothing here looks at."""
        return bool(self.path) and self.path[0] == "env"

    @property
    def variable(self) -> str | None:
        """The variable at the start of the path; None for a literal and for the environment."""
        return str(self.path[0]) if self.path and not self.is_environment else None


TemplatePart = str | Expression

_TAG = re.compile(
    r"\{%-?\s*raw\s*-?%\}(?P<raw>.*?)\{%-?\s*endraw\s*-?%\}|\{#.*?#\}|\{\{(?P<left>-?)(?P<inner>.*?)(?P<right>-?)\}\}"
    r"|(?P<open>\{%|\{\{)",
    re.DOTALL,
)
_LITERAL = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|-?\d+(?:\.\d+)?|true|false"
_STEP = re.compile(rf"\.(?P<name>[A-Za-z_]\w*)|\.(?P<number>\d+)|\[\s*(?P<index>{_LITERAL})\s*\]")
_NAME = re.compile(r"[A-Za-z_]\w*")
_START = re.compile(_LITERAL)
_FILTER = re.compile(r"\s*\|\s*(?P<name>[A-Za-z_]\w*)\s*(?:\((?P<arguments>[^()]*)\))?")
_ARGUMENT = re.compile(rf"\s*(?P<value>{_LITERAL})\s*(?:,|$)")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}


def parse_template(text: str) -> tuple[TemplatePart, ...]:
    """The parts of a template; `NotCarriedError` for what is more than values and filters."""
    parts: list[TemplatePart] = []
    end = 0
    trims = False
    for match in _TAG.finditer(text):
        before = text[end : match.start()]
        before = before.lstrip() if trims else before
        trims = match["right"] == "-"
        end = match.end()
        parts.append(before.rstrip() if match["left"] == "-" else before)
        if match["open"] is not None:
            shown = text[match.start() : match.start() + 40].split("\n", maxsplit=1)[0]
            raise NotCarriedError(f"templates with blocks or open braces ({shown}) are not evaluated")
        if match["raw"] is not None:
            parts.append(match["raw"])
        elif match["inner"] is not None:
            parts.append(_expression(match["inner"].strip()))
    rest = text[end:]
    parts.append(rest.lstrip() if trims else rest)
    return tuple(part for part in parts if part != "")


def _expression(source: str) -> Expression:
    path: list[str | int] = []
    literal: Json = None
    if match := _START.match(source):
        literal = _literal(match[0])
    elif match := _NAME.match(source):
        path.append(match[0])
    else:
        raise _unknown(source)
    end = match.end()
    while path and (step := _STEP.match(source, end)):
        path.append(_step(step))
        end = step.end()
    filters: list[Filter] = []
    while found := _FILTER.match(source, end):
        filters.append(Filter(found["name"], _arguments(found["arguments"] or "", source)))
        end = found.end()
    if source[end:].strip():
        raise _unknown(source)
    return Expression(path=tuple(path), literal=literal, filters=tuple(filters), source=source)


def _step(step: re.Match[str]) -> str | int:
    if step["name"] is not None:
        return step["name"]
    value = int(step["number"]) if step["number"] is not None else _literal(step["index"])
    return value if isinstance(value, int) else str(value)


def _unknown(source: str) -> NotCarriedError:
    return NotCarriedError(f"the expression {{{{ {source} }}}} is more than a variable with filters")


def _literal(text: str) -> Json:
    if text[0] in "'\"":
        return _ESCAPE.sub(lambda match: _ESCAPED.get(match[1], match[1]), text[1:-1])
    if text in ("true", "false"):
        return text == "true"
    return float(text) if "." in text else int(text[:300])


def _arguments(text: str, source: str) -> tuple[Json, ...]:
    found: list[Json] = []
    end = 0
    while text[end:].strip():
        match = _ARGUMENT.match(text, end)
        if match is None:
            raise _unknown(source)
        found.append(_literal(match["value"]))
        end = match.end()
    return tuple(found)


def evaluate(expression: Expression, variables: Mapping[str, Json]) -> str:
    """The text that an expression puts in; what is not defined is empty, as in promptfoo."""
    if expression.is_environment:
        raise NotCarriedError(f"{{{{ {expression.source} }}}}: the environment is not looked at here")
    value = expression.literal
    if expression.path:
        value = dict(variables)
        for step in expression.path:
            value = _member(value, step)
    for each in expression.filters:
        value = _filtered(value, each)
    return script_text(value)


def _member(value: Json, step: str | int) -> Json:
    if isinstance(value, dict):
        return value.get(str(step))
    if isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
        return value[step]
    return None


def render(parts: Sequence[TemplatePart], variables: Mapping[str, Json]) -> str:
    """The whole text with all values put in."""
    return "".join(part if isinstance(part, str) else evaluate(part, variables) for part in parts)


def _dump(value: Json, indent: Json = None) -> Json:
    spaces = indent if isinstance(indent, int) and indent > 0 else None
    separators = (",", ": ") if spaces else (",", ":")
    return json.dumps(value, ensure_ascii=False, indent=spaces, separators=separators)


def _default(value: Json, other: Json = "", is_for_all: Json = False) -> Json:  # noqa: FBT002 - arguments of a template
    return other if value is None or (is_for_all and not value) else value


def _join(value: Json, between: Json = "") -> Json:
    return script_text(between).join(map(script_text, value)) if isinstance(value, list) else script_text(value)


def _replace(value: Json, old: Json, new: Json, times: Json = -1) -> Json:
    return script_text(value).replace(script_text(old), script_text(new), times if isinstance(times, int) else -1)


def _title(value: Json) -> Json:
    return " ".join(word[:1].upper() + word[1:].lower() for word in script_text(value).split(" "))


def _end(index: int) -> Callable[[Json], Json]:
    def pick(value: Json) -> Json:
        return value[index] if isinstance(value, (list, str)) and value else None

    return pick


FILTERS: Mapping[str, Callable[..., Json]] = MappingProxyType(
    {
        "upper": lambda value: script_text(value).upper(),
        "lower": lambda value: script_text(value).lower(),
        "trim": lambda value: script_text(value).strip(),
        "capitalize": lambda value: script_text(value)[:1].upper() + script_text(value)[1:].lower(),
        "title": _title,
        "string": script_text,
        "safe": lambda value: value,
        "length": lambda value: len(value) if isinstance(value, (str, list, dict)) else 0,
        "first": _end(0),
        "last": _end(-1),
        "default": _default,
        "d": _default,
        "dump": _dump,
        "join": _join,
        "replace": _replace,
    }
)
"""The filters of Nunjucks that are evaluated."""


def _filtered(value: Json, each: Filter) -> Json:
    if each.name not in FILTERS:
        raise NotCarriedError(f"the filter {each.name!r} is not evaluated")
    try:
        return FILTERS[each.name](value, *each.arguments)
    except TypeError:
        raise NotCarriedError(f"the filter {each.name!r} has arguments that it does not take") from None
