"""Patterns as an editor's schema has them: for each kind of value one definition, with what can be said of it.

The loader needs one definition for all patterns; an editor offers what stands in the definition that fits best.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from types import MappingProxyType
from typing import Any

from prompt_contracts.data_class import dataclass
from prompt_contracts.linting.editor_rules import EditorSchema
from prompt_contracts.patterns.operator_rule import OperandKind
from prompt_contracts.patterns.operators import OPERATORS, operators_taking
from prompt_contracts.provider_error import ERROR_KINDS

_EVERYTHING = frozenset({"string", "number", "boolean", "null", "array", "object"})
_COMPARISONS = operators_taking(OperandKind.BOUND, OperandKind.BOUNDS)
_BOUNDS = operators_taking(OperandKind.BOUND)
_SAME_SUBJECT = operators_taking(OperandKind.SAME)
_COUNTS = operators_taking(OperandKind.AMOUNT, OperandKind.COUNT)
_TEMPLATE = {"title": "text with a template", "type": "string", "pattern": "\\{\\{"}
_FINISH_REASONS = ("stop", "length", "tool_calls", "content_filter")
_ALONE = "^\\$(?!optional$|others$)"
_IN_OBJECT = "^(?!\\$)|^\\$(optional|others)$"


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternFamily:
    """What a pattern is held against."""

    title: str
    kinds: frozenset[str]
    words: tuple[str, ...] = ()
    """The texts that the value can have; none: any text."""
    is_open: bool = False
    """Whether it can have other texts too, such as a provider's own words."""

    def takes(self, operator: str) -> bool:
        """Whether an operator can say something of such a value."""
        if operator == "$absent":
            return self.kinds == _EVERYTHING
        if operator == "$type" and len(self.kinds) == 1:
            return False
        return bool(OPERATORS[operator].kinds & self.kinds)

    def suggests(self, operator: str) -> bool:
        """Whether people want it here: two texts have an order only where both are dates."""
        if operator == "$at":
            return not self.kinds.isdisjoint({"array", "object"})
        return operator not in _COMPARISONS or "number" in self.kinds


def _of(title: str, *kinds: str, words: tuple[str, ...] = (), is_open: bool = False) -> PatternFamily:
    return PatternFamily(title=title, kinds=frozenset(kinds), words=words, is_open=is_open)


PATTERN_FAMILIES: Mapping[str, PatternFamily] = MappingProxyType(
    {
        "pattern": _of("a pattern", *_EVERYTHING),
        "text_pattern": _of("a pattern on text", "string"),
        "number_pattern": _of("a pattern on a number", "number"),
        "list_pattern": _of("a pattern on a list", "array"),
        "object_pattern": _of("a pattern on an object", "object"),
        "flag_pattern": _of("true or false, or a pattern on it", "boolean"),
        "refusal_pattern": _of("true, false, or a pattern on text", "boolean", "string"),
        "status_pattern": _of("a pattern on a number, or null", "number", "null"),
        "code_pattern": _of("a pattern on text, or null", "string", "null"),
        "kind_pattern": _of("a kind of error, or a pattern on it", "string", words=ERROR_KINDS),
        "outcome_pattern": _of("'surfaced' or 'recovered'", "string", words=("surfaced", "recovered")),
        "finish_pattern": _of("a reason, or a pattern on it", "string", words=_FINISH_REASONS, is_open=True),
    }
)

PLACES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "expect": {
            **dict.fromkeys(("text", "reasoning", "model"), "text_pattern"),
            **dict.fromkeys(("cost", "latency", "tool_count"), "number_pattern"),
            "refusal": "refusal_pattern",
            "finish_reason": "finish_pattern",
            "requests": "list_pattern",
        },
        "error_pattern": {
            "kind": "kind_pattern",
            "outcome": "outcome_pattern",
            "status": "status_pattern",
            "code": "code_pattern",
            "message": "text_pattern",
            "attempts": "number_pattern",
            "handled": "flag_pattern",
        },
        "usage_pattern": dict.fromkeys(
            ("prompt_tokens", "completion_tokens", "total_tokens", "cached_tokens", "reasoning_tokens"),
            "number_pattern",
        ),
    }
)
"""Definition -> property -> the family of its pattern; every other pattern is on any JSON value."""


def pattern_definitions(definitions: Mapping[str, Any]) -> dict[str, EditorSchema]:
    """The definitions of all families, made of the one that the loader has."""
    found = {name: _definition(name, family, definitions) for name, family in PATTERN_FAMILIES.items()}
    *_, whole = found["pattern"]["anyOf"]
    place = f"#/$defs/pattern/anyOf/{len(found['pattern']['anyOf']) - 1}/properties"
    for name, definition in found.items():
        properties = definition["anyOf"][-1]["properties"]
        for word in properties if name != "pattern" else ():
            if properties[word] == whole["properties"][word]:
                properties[word] = {"$ref": f"{place}/{word}"}
    return found


def _definition(name: str, family: PatternFamily, definitions: Mapping[str, Any]) -> EditorSchema:
    branches = _literals(family)
    if "array" in family.kinds:
        branches.append({"title": "a list of patterns", "type": "array", "items": {"$ref": "#/$defs/pattern"}})
    branches.append(_mapping(name, family, definitions))
    description = definitions["pattern"]["description"]
    return {"title": family.title, "description": description, "anyOf": branches}


def _literals(family: PatternFamily) -> list[EditorSchema]:
    if family.words:
        others = {"title": "another word", "type": "string"} if family.is_open else dict(_TEMPLATE)
        return [{"title": "one of these", "enum": list(family.words)}, others]
    kinds = sorted(family.kinds - {"array", "object"})
    literal = {"title": family.title, "type": kinds}
    branches: list[EditorSchema] = [literal] if kinds else []
    return branches if "string" in family.kinds else [*branches, dict(_TEMPLATE)]


def _mapping(name: str, family: PatternFamily, definitions: Mapping[str, Any]) -> EditorSchema:
    """Operators, or the keys of an object, or a file: alternatives that an editor must see as one mapping."""
    written = definitions["operators"]["properties"]
    properties = {word: _operator(word, name, family, written[word]) for word in written if family.takes(word)}
    mapping: EditorSchema = {
        "title": "operators",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }
    if "object" in family.kinds:
        properties |= deepcopy(definitions["object_pattern"]["properties"])
        mapping["title"] = "operators, or the keys of an object"
        mapping["patternProperties"] = {"^(?!\\$)": {"$ref": "#/$defs/pattern"}}
        mapping["anyOf"] = [{"propertyNames": _names(_ALONE)}, {"propertyNames": _names(_IN_OBJECT)}]
    else:
        mapping["minProperties"] = 1
    files = {"$include": "include", "$file": "text_file"} if "string" in family.kinds else {"$include": "include"}
    properties |= {key: deepcopy(definitions[source]["properties"][key]) for key, source in files.items()}
    alone: list[EditorSchema] = [{"if": {"required": [key]}, "then": {"maxProperties": 1}} for key in files]
    if "$within" in properties:
        mapping["dependentRequired"] = {"$within": ["$approx"]}
    return {**mapping, "allOf": alone}


def _names(pattern: str) -> EditorSchema:
    return {"pattern": pattern, "patternErrorMessage": "operators and keys of an object cannot stand side by side"}


def _operator(word: str, name: str, family: PatternFamily, written: EditorSchema) -> EditorSchema:
    target = name if word in _SAME_SUBJECT else "number_pattern" if word in _COUNTS else "pattern"
    found: EditorSchema = _retargeted(deepcopy(written), target)
    if word in _BOUNDS:
        del found["$ref"]
        found["type"] = [kind for kind in ("number", "string") if kind in family.kinds or kind == "string"]
    if not family.suggests(word):
        found["doNotSuggest"] = True
    if name != "pattern" and word in _SAME_SUBJECT:
        found.pop("examples", None)
    return found


def _retargeted(schema: Any, target: str) -> Any:
    if isinstance(schema, list):
        return [_retargeted(each, target) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("$ref") == "#/$defs/pattern":
        schema = {**schema, "$ref": f"#/$defs/{target}"}
    return {key: value if key == "examples" else _retargeted(value, target) for key, value in schema.items()}
