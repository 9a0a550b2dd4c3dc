"""The schema that editors get: it refuses what `check` refuses, as far as a schema can tell, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from prompt_contracts.cli import main
from prompt_contracts.json_value import Json
from prompt_contracts.linting.editor_schema import editor_schema
from tests.cases.case_files import read
from tests.editor.right_files import right_files
from tests.editor.wrong_files import TABLE, Wrong

SCHEMA: dict[str, Any] = json.loads(editor_schema())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
RIGHT = right_files()


def _schemas(schema: Any, at: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if not isinstance(schema, dict):
        return
    yield at, schema
    for key in ("properties", "$defs", "patternProperties"):
        for name, inner in schema.get(key, {}).items():
            yield from _schemas(inner, f"{at}/{name}")
    for key in ("additionalProperties", "items"):
        yield from _schemas(schema.get(key), f"{at}/{key}")
    for index, inner in enumerate(schema.get("anyOf", ())):
        yield from _schemas(inner, f"{at}/{index}")


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    found: Any = SCHEMA
    for part in schema["$ref"].split("/")[1:] if "$ref" in schema else ():
        found = found[int(part)] if isinstance(found, list) else found[part]
    return _resolved(found) if "$ref" in schema else schema


PROPERTIES = {
    f"{at}/{name}": _resolved(inner)
    for at, schema in _schemas(SCHEMA)
    for name, inner in schema.get("properties", {}).items()
}


def value_of(text: str) -> Json:
    """What a file says in the language's own reading of scalars, which is also an editor's: `no` is text."""
    node, problems = read(text)
    assert node is not None, problems
    return node.value


def test_it_is_a_valid_schema_of_its_draft() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("wrong", TABLE, ids=lambda wrong: wrong.name)
def test_what_check_refuses_is_refused_as_far_as_a_schema_can_tell(
    wrong: Wrong, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text(wrong.text, encoding="utf-8")

    assert main(["check", "a.yaml"]) == 1
    assert VALIDATOR.is_valid(value_of(wrong.text)) == bool(wrong.untold)


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_sound_is_accepted(name: str) -> None:
    errors = VALIDATOR.iter_errors(value_of(RIGHT[name]))

    assert [f"{error.json_path}: {error.message}" for error in errors] == []


def test_every_property_has_a_description_and_an_example() -> None:
    silent = [at for at, schema in PROPERTIES.items() if not schema.get("description", "").strip()]
    plain = [
        at
        for at, schema in PROPERTIES.items()
        if not schema.get("examples") and "Example:" not in schema.get("markdownDescription", "")
    ]

    assert silent == []
    assert [at for at in plain if at.rpartition("/")[2] not in ("$any_of", "$all_of", "$not")] == []


def test_no_example_is_one_that_an_editor_would_insert_as_an_object() -> None:
    found = [
        at
        for at, schema in _schemas(SCHEMA)
        if any(isinstance(each, (dict, list)) for each in schema.get("examples", ()))
    ]

    assert found == []


def test_nothing_stands_beside_a_reference() -> None:
    assert [at for at, schema in _schemas(SCHEMA) if "$ref" in schema and len(schema) > 1] == []
