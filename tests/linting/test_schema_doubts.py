"""JSON Schemas with words that check nothing: a warning where they are only sent or the word is legal."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from prompt_contracts.engine.loading import LoadedFile
from prompt_contracts.engine.run import Run
from prompt_contracts.engine.run_options import RunOptions


def loaded(root: Path, expect: str, *, parameters: str = "", schema: str = "", strict: bool = False) -> LoadedFile:
    inner = f"{{type: object, properties: {{at: {{{parameters}}}}}}}"
    tool = f"{{name: look, parameters: {inner}, strict: {str(strict).lower()}}}"
    wrapper = f"{{type: json_schema, json_schema: {{name: a, schema: {{{schema}}}}}}}"
    request = f"{{response_format: {wrapper}}}" if schema else "{}"
    text = f"""
    version: 1
    models: [openai:gpt-5-mini]
    cases:
      - name: a
        user: Look, and answer as JSON.
        rows: [{{id: x}}, {{id: y}}]
        request: {request}
        tools: [{tool}]
        expect: {{{expect}}}
    """
    path = root / "cases" / "a.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(dedent(text).lstrip(), encoding="utf-8")
    found = Run(RunOptions(root=root, cassettes=root / "cassettes"), environ={}).load(path, is_named=True)
    assert found is not None
    return found


def warned(found: LoadedFile) -> list[str]:
    assert not found.broken
    return [f"{one.location.line} {one.code} {one.message}" for one in found.warnings]


def broken(found: LoadedFile) -> list[str]:
    return [f"{one.location.line} {one.code} {one.message}" for case in found.broken for one in case.diagnostics]


UNKNOWN = 'the format "phone" is not known and checks nothing'
MISSPELT = "'mimimum' is no keyword of JSON Schema and checks nothing"


def test_a_format_that_nobody_knows_is_warned_of_once_where_it_stands(tmp_path: Path) -> None:
    found = loaded(tmp_path, "json: {$schema: {format: phone}}")

    assert warned(found) == [f"9 PC120 {UNKNOWN}"]
    assert (found.warnings[0].location.column, found.warnings[0].help is not None) == (31, True)


@pytest.mark.parametrize(
    "expect",
    [
        "json: {a: {$each: {$schema: {format: phone}}}}",
        "tool_calls: [{look: {$optional: {at: {$schema: {format: phone}}}}}]",
        "any_of: [{json: {$schema: {format: phone}}}, {text: a}]",
    ],
)
def test_it_is_warned_of_wherever_a_schema_stands(tmp_path: Path, expect: str) -> None:
    assert warned(loaded(tmp_path, expect)) == [f"9 PC120 {UNKNOWN}"]


def test_data_that_looks_like_a_schema_is_none(tmp_path: Path) -> None:
    assert warned(loaded(tmp_path, "json: {a: {$eq: {$schema: {format: phone}}}}")) == []


def test_what_judges_by_a_schema_of_the_request_is_warned_of_there(tmp_path: Path) -> None:
    found = loaded(
        tmp_path, "json: {$schema: request}, arguments_valid: true", schema="format: phone", parameters="format: phone"
    )

    assert warned(found) == [
        f"9 PC120 in the response_format at /format: {UNKNOWN}",
        f"9 PC120 in the parameters of 'look' at /properties/at/format: {UNKNOWN}",
    ]


def test_a_misspelt_keyword_that_is_only_sent_is_a_warning(tmp_path: Path) -> None:
    found = loaded(tmp_path, "tool_calls: some", parameters="mimimum: 3", schema="mimimum: 3")

    assert warned(found) == [
        f"4 PC141 the parameters of the tool 'look' at /properties/at/mimimum: {MISSPELT}",
        f"4 PC144 the schema of the response format at /mimimum: {MISSPELT}",
    ]


def test_a_misspelt_keyword_that_judges_is_an_error_and_told_once(tmp_path: Path) -> None:
    found = loaded(
        tmp_path,
        "json: {$schema: request}, arguments_valid: true",
        schema="mimimum: 3",
        parameters="mimimum: 3, format: datetime",
    )

    told = broken(found)

    assert len([one for one in told if MISSPELT in one]) == 2
    assert len([one for one in told if '"datetime" is not known' in one]) == 1
    assert not [one for one in found.warnings if MISSPELT in one.message]


def test_a_note_and_a_format_of_another_kind_are_quiet_where_they_are_only_sent(tmp_path: Path) -> None:
    assert (
        warned(loaded(tmp_path, "tool_calls: some", parameters="type: string, format: phone, x-note: a, foo: 1")) == []
    )


def test_strict_mode_and_spelling_do_not_tell_the_same_twice(tmp_path: Path) -> None:
    found = loaded(tmp_path, "tool_calls: some", parameters="type: strng", strict=True)

    assert len([one for one in warned(found) if "strng" in one]) == 1
