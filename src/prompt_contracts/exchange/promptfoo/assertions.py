"""One assertion of promptfoo -> the expectation that means the same. A table of types, one small function for each.

A function returns facets of `expect`, or raises `NotCarriedError` with the reason and what to write instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import chain, combinations
from types import MappingProxyType

from prompt_contracts.data_class import dataclass
from prompt_contracts.exchange.case_text import Tree
from prompt_contracts.exchange.promptfoo.columns import Columns, literal
from prompt_contracts.exchange.promptfoo.configuration_folder import ConfigurationFolder, read_data
from prompt_contracts.exchange.promptfoo.ecmascript_regex import python_regex
from prompt_contracts.exchange.promptfoo.foreign_values import NotCarriedError, script_text
from prompt_contracts.exchange.promptfoo.refused_types import why_refused
from prompt_contracts.exchange.promptfoo.schema_draft import with_draft
from prompt_contracts.json_value import Json, show

Facets = dict[str, Tree]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What an assertion is read with."""

    folder: ConfigurationFolder
    columns: Columns
    tools: tuple[str, ...]
    """Names of the tools that every model of the test is offered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """An assertion as it is written."""

    type: str
    value: Json
    threshold: float | None
    is_negated: bool
    around: Surroundings


def read_assertion(written: Mapping[str, Json], around: Surroundings) -> Facets:
    """What must hold by one assertion."""
    name = written.get("type")
    if not isinstance(name, str):
        raise NotCarriedError("an assertion without a type")
    if "transform" in written:
        raise NotCarriedError("its 'transform' is a program, and nothing is run")
    kind = name.removeprefix("not-")
    if kind not in TYPES:
        raise NotCarriedError(why_refused(kind, known=TYPES))
    value = written.get("value")
    assertion = Assertion(
        type=name,
        value=_loaded(value, around.folder) if isinstance(value, str) and value.startswith("file://") else value,
        threshold=number_of(written.get("threshold"), "threshold"),
        is_negated=name != kind,
        around=around,
    )
    return TYPES[kind](assertion)


def number_of(value: Json, key: str) -> float | None:
    """The number that stands under a key; None where there is none."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise NotCarriedError(f"its {key} {show(value, limit=40)} is no number")
    return float(value)


def _loaded(reference: str, folder: ConfigurationFolder) -> Json:
    return folder.data(reference) if folder.is_data(reference) else folder.text(reference)


def _pattern(assertion: Assertion, pattern: Tree) -> Facets:
    return {"text": {"$not": pattern} if assertion.is_negated else pattern}


def _text_value(assertion: Assertion) -> str:
    value = assertion.value
    if isinstance(value, (dict, list)) or value is None or isinstance(value, bool) or value == "":
        raise NotCarriedError("its value must be a text")
    return script_text(value)


def _texts(assertion: Assertion) -> list[str]:
    value = assertion.value
    if isinstance(value, str):
        return split_texts(value)
    if not isinstance(value, list) or not value:
        raise NotCarriedError("its value must be a list of texts")
    return [script_text(each) for each in value]


def split_texts(text: str) -> list[str]:
    """Texts between commas; one in double quotes may hold commas."""
    found = re.findall(r'\s*("(?:[^"]|"")*"|[^,]*)\s*(?:,|$)', text.strip())
    parts = [each.strip() for each in found[:-1] or found]
    return [each[1:-1].replace('""', '"') if len(each) > 1 and each[0] == each[-1] == '"' else each for each in parts]


def _contains(assertion: Assertion) -> Facets:
    return _pattern(assertion, _holding(_text_value(assertion), assertion))


def _holding(text: str, assertion: Assertion) -> Tree:
    columns = assertion.around.columns
    if "icontains" not in assertion.type:
        return {"$contains": columns.expected_text(text)}
    return {"$regex": columns.pattern_text(text, _any_case, hint="any_case")}


def _any_case(text: str) -> str:
    return f"(?i){_escaped(text)}"


def _escaped(text: str) -> str:
    """As `re.escape`, but blanks and signs that mean nothing stay as they are, for a person."""
    return re.sub(r"[.^$*+?{}\[\]\\|()]", r"\\\g<0>", text)


def _contains_all(assertion: Assertion) -> Facets:
    parts = [_holding(text, assertion) for text in _texts(assertion)]
    return _pattern(assertion, parts[0] if len(parts) == 1 else {"$all_of": parts})


def _contains_any(assertion: Assertion) -> Facets:
    parts = [_holding(text, assertion) for text in _texts(assertion)]
    return _pattern(assertion, parts[0] if len(parts) == 1 else {"$any_of": parts})


def _equals(assertion: Assertion) -> Facets:
    value = assertion.value
    if isinstance(value, (dict, list)) or value is None:
        if value is None:
            raise NotCarriedError("it has no value")
        quoted = quoted_literal(value)
        if assertion.is_negated:
            # Bare, keys such as `count` would look like operators whose sign was forgotten.
            literally = quoted if isinstance(quoted, dict) and "$eq" in quoted else {"$eq": quoted}
            return {"any_of": [{"json": "none"}, {"json": {"$not": literally}}]}
        return {"json": quoted}
    return _pattern(assertion, assertion.around.columns.expected_text(script_text(value)))


def quoted_literal(value: Json) -> Tree:
    """A value as a pattern that takes it and nothing else."""
    quoted = _without_templates(value)
    return {"$eq": quoted} if _looks_like_pattern(value) else quoted


def _looks_like_pattern(value: Json) -> bool:
    if isinstance(value, dict):
        return any(key.startswith("$") or _looks_like_pattern(member) for key, member in value.items())
    return isinstance(value, list) and any(map(_looks_like_pattern, value))


def _without_templates(value: Json) -> Tree:
    if isinstance(value, str):
        return literal(value)
    if isinstance(value, dict):
        if any("{{" in key for key in value):
            raise NotCarriedError("a key with {{ has no counterpart")
        return {key: _without_templates(member) for key, member in value.items()}
    return [_without_templates(item) for item in value] if isinstance(value, list) else value


def _starts_with(assertion: Assertion) -> Facets:
    text = _text_value(assertion)
    found = assertion.around.columns.pattern_text(text, lambda filled: f"^{_escaped(filled)}", hint="start")
    return _pattern(assertion, {"$regex": found})


def _regex(assertion: Assertion) -> Facets:
    if not isinstance(assertion.value, str) or not assertion.value:
        raise NotCarriedError("its value must be a regular expression")
    found = assertion.around.columns.pattern_text(assertion.value, python_regex, hint="pattern")
    return _pattern(assertion, {"$regex": found})


def _schema(assertion: Assertion) -> Tree:
    """The pattern for the JSON; without a value any JSON."""
    value = assertion.value
    if value is None or value == "":
        return {"$schema": True}
    if isinstance(value, str):
        if "{{" in value or "{%" in value:
            raise NotCarriedError("a schema with templates is not filled in")
        value = read_data(value, "the schema")
    if not isinstance(value, (dict, bool)):
        raise NotCarriedError("its value must be a JSON Schema")
    return {"$schema": _without_templates(with_draft(value))}


def _is_json(assertion: Assertion) -> Facets:
    schema = _schema(assertion)
    is_any = schema == {"$schema": True}
    # There the output of a model that calls tools is the list of its calls, which is JSON.
    if is_any and assertion.around.tools:
        alternatives: list[Tree] = [{"tool_calls": "some"}, {"json": schema}]
        return {"tool_calls": "none", "json": "none"} if assertion.is_negated else {"any_of": alternatives}
    if not assertion.is_negated:
        return {"json": schema}
    if is_any:
        return {"json": "none"}
    return {"any_of": [{"json": "none"}, {"json": {"$not": schema}}]}


def _contains_json(assertion: Assertion) -> Facets:
    if assertion.is_negated:
        raise NotCarriedError("no expectation says that no part of a text is JSON")
    return {"json_in": "fenced", "json": _schema(assertion)}


def _limit(assertion: Assertion, *, factor: float = 1) -> Facets:
    if assertion.threshold is None:
        raise NotCarriedError("without a threshold it only measures; our reports have this number of every cell")
    bound = assertion.threshold * factor
    shown = int(bound) if bound.is_integer() else float(f"{bound:.12g}")
    return {assertion.type.removeprefix("not-"): {"$gt" if assertion.is_negated else "$le": shown}}


def _latency(assertion: Assertion) -> Facets:
    return _limit(assertion, factor=0.001)


_BOUNDS = MappingProxyType({"min": "$ge", "max": "$le"})


def _word_count(assertion: Assertion) -> Facets:
    value = assertion.value
    words: Tree
    if isinstance(value, dict):
        bounds = {key: bound for key, bound in value.items() if bound is not None}
        words = {_BOUNDS[key]: bound for key, bound in bounds.items() if key in _BOUNDS and isinstance(bound, int)}
        if not words or len(words) < len(bounds):
            raise NotCarriedError("its value must be a number, or min and max")
    else:
        text = script_text(value)
        if not text.isascii() or not text.isdigit():
            raise NotCarriedError("its value must be a number, or min and max")
        words = int(text)
    return _pattern(assertion, {"$words": words})


def _finish_reason(assertion: Assertion) -> Facets:
    if assertion.is_negated:
        raise NotCarriedError("promptfoo passes over the 'not-' of this type; write what is meant")
    return {"finish_reason": assertion.around.columns.expected_text(_text_value(assertion).lower())}


def _valid_calls(assertion: Assertion) -> Facets:
    if assertion.is_negated:
        raise NotCarriedError("promptfoo passes over the 'not-' of this type; write what is meant")
    if not assertion.around.tools:
        raise NotCarriedError("no tools could be carried over for it")
    return {"tool_calls": "some", "arguments_valid": True}


_MOST_TOOLS = 6


def _tool_call_f1(assertion: Assertion) -> Facets:
    """The score is of the set of names that were called: the sets that reach the threshold are written out."""
    names = list(dict.fromkeys(name.strip() for name in _texts(assertion) if name.strip()))
    offered = assertion.around.tools
    missing = [name for name in names if name not in offered]
    if missing or not names:
        raise NotCarriedError(f"it expects tools that are not offered: {', '.join(missing)}")
    if any("{{" in name for name in names) or len(offered) > _MOST_TOOLS:
        raise NotCarriedError(f"its sets of names are written out for up to {_MOST_TOOLS} tools only")
    threshold = 1.0 if assertion.threshold is None else assertion.threshold
    sets = chain.from_iterable(combinations(offered, count) for count in range(len(offered) + 1))
    fitting = [each for each in sets if (_f1(each, names) >= threshold) != assertion.is_negated]
    if not fitting or len(fitting) == 2 ** len(offered):
        raise NotCarriedError("every call, or none, would reach its threshold")
    alternatives: list[Tree] = [{"tool_calls": _exactly(each)} for each in fitting]
    first = alternatives[0]
    return first if len(alternatives) == 1 and isinstance(first, dict) else {"any_of": alternatives}


def _f1(called: tuple[str, ...], names: list[str]) -> float:
    hits = len(set(called) & set(names))
    precision, recall = (hits / len(called) if called else 0), hits / len(names)
    return 2 * precision * recall / (precision + recall) if hits else 0


def _exactly(names: Iterable[str]) -> Tree:
    calls: list[Tree] = [{name: {"$others": "allow"}, "$times": {"$ge": 1}} for name in names]
    return calls or "none"


TYPES: Mapping[str, Callable[[Assertion], Facets]] = MappingProxyType(
    {
        "equals": _equals,
        "contains": _contains,
        "icontains": _contains,
        "contains-all": _contains_all,
        "icontains-all": _contains_all,
        "contains-any": _contains_any,
        "icontains-any": _contains_any,
        "starts-with": _starts_with,
        "regex": _regex,
        "is-json": _is_json,
        "contains-json": _contains_json,
        "cost": _limit,
        "latency": _latency,
        "word-count": _word_count,
        "finish-reason": _finish_reason,
        "is-valid-openai-tools-call": _valid_calls,
        "is-valid-openai-function-call": _valid_calls,
        "is-valid-function-call": _valid_calls,
        "tool-call-f1": _tool_call_f1,
    }
)
"""Every type that is carried over, without the `not-` that may stand before it."""
