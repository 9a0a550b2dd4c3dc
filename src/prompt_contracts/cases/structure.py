"""The shipped JSON Schema of case files: loaded once, compiled when first needed. Explains nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from prompt_contracts.json_value import Json, pointer

LoadedSchema = Mapping[str, Any]


@cache
def load_schema() -> LoadedSchema:
    """The schema as it is shipped: what an editor sees of a file that nobody has read yet."""
    text = files("prompt_contracts.cases").joinpath("schema.json").read_text("utf-8")
    schema: LoadedSchema = json.loads(text)
    return schema


@cache
def written_schema() -> LoadedSchema:
    """What the loader demands of a file as written; what stands in `expect` is checked elsewhere."""
    title = "a mapping of expectations"
    template = {"$ref": "#/$defs/template"}
    expect = {"title": title, "examples": [], "anyOf": [{"title": title, "type": ["object", "null"]}, template]}
    schema = load_schema()
    return {**schema, "$defs": {**schema["$defs"], "expect": expect}}


@cache
def expectation_names() -> tuple[str, ...]:
    """The keys of `expect`."""
    branches = load_schema()["$defs"]["expect"]["anyOf"]
    return tuple(name for branch in branches for name in branch.get("properties", ()))


@cache
def filled_schema() -> LoadedSchema:
    """What the loader demands of one case with its templates filled in: nothing may stand for a value now."""
    return _filled("case")


@cache
def turn_schema() -> LoadedSchema:
    """What the loader demands of one turn with its templates filled in."""
    return _filled("turn")


def _filled(definition: str) -> LoadedSchema:
    schema = written_schema()
    never = dict.fromkeys(("template", "include", "text_file", "python"), False)
    definitions = {**schema["$defs"], **never}
    return {"$schema": schema["$schema"], "$ref": f"#/$defs/{definition}", "$defs": definitions}


@cache
def _validator(name: str) -> Any:
    # Compiled, for a case file is checked in every run; importing jsonschema alone takes 75 to 155 ms.
    import jsonschema_rs

    schemas = {"file": written_schema, "case": filled_schema, "turn": turn_schema}
    return jsonschema_rs.Draft202012Validator(dict(schemas[name]()))


def is_valid_file(value: Json) -> bool:
    """Whether a whole file has the shape of a case file."""
    return bool(_validator("file").is_valid(value))


def is_valid_case(value: Json) -> bool:
    """Whether a case with its templates filled in has the shape of a case."""
    return bool(_validator("case").is_valid(value))


def is_valid_turn(value: Json) -> bool:
    """Whether a turn with its templates filled in has the shape of a turn."""
    return bool(_validator("turn").is_valid(value))


def first_problem(value: Json) -> tuple[str, str]:
    """JSON pointer and message of the first thing that the compiled validator refuses in a file."""
    error = next(iter(_validator("file").iter_errors(value)))
    return pointer(*error.instance_path), error.message
