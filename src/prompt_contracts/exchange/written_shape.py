"""Whether a part of a foreign file has the shape in which a case file takes it. What it means is for `check`."""

from __future__ import annotations

from collections.abc import Mapping

from prompt_contracts.cases.structure import is_valid_file, written_schema
from prompt_contracts.json_value import Json

_CASE: Mapping[str, Json] = {"name": "a", "user": "a", "expect": {"text": "a"}}


def parameter_names() -> tuple[str, ...]:
    """The parameters that a `request` of ours takes."""
    definitions = written_schema()["$defs"]
    return tuple(definitions["request"]["anyOf"][0]["properties"])


def is_parameter(name: str, value: Json) -> bool:
    """Whether a `request` takes this value under this name."""
    return _is_taken({"request": {name: value}})


def is_tool(tool: Mapping[str, Json]) -> bool:
    """Whether `tools` takes it."""
    return _is_taken({"tools": [dict(tool)]})


def is_message(message: Mapping[str, Json]) -> bool:
    """Whether `messages` takes it."""
    return is_valid_file({"version": 1, "cases": [{"name": "a", "messages": [dict(message)], "expect": {"text": "a"}}]})


def is_model_name(name: str) -> bool:
    """Whether it can stand behind a provider and a colon."""
    return name.isprintable() and _is_taken({"model": f"a:{name}"}) and name.strip() == name


def _is_taken(keys: Mapping[str, Json]) -> bool:
    return is_valid_file({"version": 1, "cases": [{**_CASE, **keys}]})
