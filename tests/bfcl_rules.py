"""What the Berkeley leaderboard calls a right answer, told from its description alone: knows none of our code."""

from __future__ import annotations

import itertools
from typing import Any

_IGNORED = str.maketrans({**dict.fromkeys(" ,./-_*^"), "'": '"'})


def is_right(task: dict[str, Any], calls: list[tuple[str, Any]]) -> bool:
    """Whether calls, each a name and parsed arguments (None where they are no object), are right."""
    if "irrelevance" in task["category"]:
        return not calls
    if "relevance" in task["category"]:
        return bool(calls)
    answers = [(name, accepted) for each in task["possible_answer"] for name, accepted in each.items()]
    if len(calls) != len(answers):
        return False
    table = [[_is_match(task, answer, call) for call in calls] for answer in answers]
    return any(
        all(table[row][column] for row, column in enumerate(way)) for way in itertools.permutations(range(len(calls)))
    )


def _is_match(task: dict[str, Any], answer: tuple[str, dict[str, Any]], call: tuple[str, Any]) -> bool:
    (wanted, accepted), (name, arguments) = answer, call
    if name != wanted or not isinstance(arguments, dict):
        return False
    tool = next(each["function"] for each in task["tools"] if each["function"]["name"] == name)
    parameters = tool.get("parameters", {})
    properties = parameters.get("properties", {})
    if any(key not in arguments for key in parameters.get("required", [])):
        return False
    if any(key not in accepted or key not in properties for key in arguments):
        return False
    if any(key not in arguments and "" not in values for key, values in accepted.items()):
        return False
    return all(_is_value(properties[key], accepted[key], value) for key, value in arguments.items())


def _is_value(schema: dict[str, Any], accepted: list[Any], value: Any) -> bool:
    if value is None:
        return None in accepted
    if value == "" and "" in accepted:
        return True
    return _has_type(schema.get("type"), value) and any(_equal(one, value) for one in accepted)


def _has_type(kind: Any, value: Any) -> bool:
    match kind:
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        case "array":
            return isinstance(value, list)
        case "object":
            return isinstance(value, dict)
        case _:
            return True


def _equal(accepted: Any, value: Any) -> bool:
    if isinstance(accepted, bool) or isinstance(value, bool):
        return accepted is value
    if isinstance(accepted, str) and isinstance(value, str):
        return _plain(accepted) == _plain(value)
    if isinstance(accepted, list) and isinstance(value, list):
        return len(accepted) == len(value) and all(map(_equal, accepted, value))
    if isinstance(accepted, dict) and isinstance(value, dict):
        return all(key in accepted for key in value) and all(
            any(_equal(one, value[key]) for one in values) if key in value else "" in values
            for key, values in accepted.items()
        )
    return bool(accepted == value) and isinstance(accepted, str) is isinstance(value, str)


def _plain(text: str) -> str:
    return text.translate(_IGNORED).lower()
