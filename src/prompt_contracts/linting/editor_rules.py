"""What the loader says of keys that stand together, as far as JSON Schema can say it to an editor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from types import MappingProxyType
from typing import Any

from prompt_contracts.fault import FAULTS
from prompt_contracts.turn import COMBINATIONS

EditorSchema = dict[str, Any]

_APART: Mapping[str, tuple[tuple[str, ...], ...]] = MappingProxyType(
    {
        "case": (
            ("messages", "user"),
            ("models", "model"),
            ("matrix", "rows"),
            ("handler", "command"),
            ("handler", "retry"),
            ("command", "retry"),
        ),
        "defaults": (("models", "model"), ("handler", "command"), ("handler", "retry"), ("command", "retry")),
        "case_prompt": (("messages", "user"),),
        "turn": (("messages", "user"),),
    }
)
"""Definition -> keys of which the second may not stand beside the first."""
_ASKS = ("user", "messages", "turns", "history", "assistant", "prompts")
_SAYS = ("expect", "turns", "overrides")
_UNSEEN: EditorSchema = {"doNotSuggest": True}
"""For a schema that only forbids: its keys are offered by another one."""
_INCLUDED: EditorSchema = {"required": ["$include"]}


def add_rules(schema: EditorSchema) -> None:
    """Add every rule to the schema of a file."""
    definitions = schema["$defs"]
    for name, pairs in _APART.items():
        _main(definitions[name]).setdefault("allOf", []).extend(_beside(first, second) for first, second in pairs)
    for name in ("fault", "fault_entry"):
        _add_fault(_main(definitions[name]))
    _main(definitions["turn"])["anyOf"] = _one_of_these(("user", "messages"))
    _add_tool_message(_main(definitions["message"]))
    _add_call(definitions["call_entry"])
    _add_not(definitions)
    schema.setdefault("allOf", []).append(_alone())


def _main(definition: EditorSchema) -> EditorSchema:
    """The mapping itself, where a definition also lets something stand for it."""
    branches = (definition, *definition.get("anyOf", ()))
    return next(branch for branch in branches if "properties" in branch)


def _beside(first: str, second: str) -> EditorSchema:
    return {"if": {"required": [first]}, "then": {"properties": {second: False}}}


def _one_of_these(keys: Iterable[str]) -> list[EditorSchema]:
    return [{"required": [key]} for key in keys]


def _add_fault(fault: EditorSchema) -> None:
    pairs = [(kind, other) for kind in FAULTS for other in FAULTS if kind < other]
    fault.setdefault("allOf", []).extend(_beside(kind, other) for kind, other in pairs)
    fault["anyOf"] = _one_of_these(FAULTS)
    fault["dependentRequired"] = {key: [kind] for kind, rule in FAULTS.items() for key in rule.takes}


def _add_tool_message(message: EditorSchema) -> None:
    is_tool = {"properties": {"role": {"const": "tool"}}, "required": ["role"]}
    message.setdefault("allOf", []).append({"if": is_tool, "then": {"required": ["tool_call_id"]}})


def _add_call(entry: EditorSchema) -> None:
    """One name, with a pattern on an object that is there."""
    call = _main(entry)
    call["propertyNames"]["title"] = "name_of_a_tool"
    call["additionalProperties"] = {"$ref": "#/$defs/object_pattern"}
    call["properties"]["$times"]["$ref"] = "#/$defs/number_pattern"
    call["allOf"] = [{"if": {"required": ["$times"]}, "else": {"maxProperties": 1}}]


def _add_not(definitions: EditorSchema) -> None:
    """An expectation under `not` takes the place of an answer: no error is one."""
    name = "expect_of_an_answer"
    definitions[name] = found = deepcopy(definitions["expect"])
    members = _main(found)["properties"]
    del members["error"]
    several = f"expectations{name.removeprefix('expect')}"
    definitions[several] = turned = deepcopy(definitions["expectations"])
    for holder in (turned["anyOf"][0]["items"], turned["anyOf"][1]):
        holder["$ref"] = f"#/$defs/{name}"
    denied = _main(definitions["expect"])["properties"]["not"]
    for combination in (denied, *(members[key] for key in COMBINATIONS)):
        combination["$ref"] = f"#/$defs/{several}"


def _alone() -> EditorSchema:
    """What each case needs in a file without `defaults`, which could give it."""
    asks = {"anyOf": [*_one_of_these(_ASKS), _INCLUDED]}
    says = {"anyOf": [*_one_of_these(_SAYS), _INCLUDED]}
    threads = {
        "if": {"required": ["assistant"], "not": {"required": ["overrides"]}},
        "then": {"properties": {"endpoint": {"const": "assistants", **_UNSEEN}}, "required": ["endpoint"]},
    }
    same = {
        "if": {"required": ["same"], "not": {"required": ["overrides"]}},
        "then": {"required": ["holds_under"]},
    }
    error = {**_UNSEEN, "properties": {"handled": False}}
    bare = {
        "if": {"not": {"anyOf": _one_of_these(("handler", "command", "overrides"))}},
        "then": {"properties": {"expect": {**_UNSEEN, "properties": {"error": error}}}},
    }
    items = {"allOf": [asks, says, threads, same, bare]}
    return {"if": {"required": ["defaults"]}, "else": {"properties": {"cases": {"items": items}}}}
