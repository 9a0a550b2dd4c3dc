"""Lint of whole files: where a warning stands, how often it comes, and who is left alone."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from prompt_contracts.case import Case
from prompt_contracts.engine.loading import LoadedFile
from prompt_contracts.engine.run import Run
from prompt_contracts.engine.run_options import RunOptions
from prompt_contracts.json_value import Json
from prompt_contracts.linting.linter import Linter
from prompt_contracts.location import Location
from prompt_contracts.message import Tool
from prompt_contracts.turn import Facet


def loaded(root: Path, text: str, *, strict: bool = False) -> LoadedFile:
    path = root / "cases" / "a.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text("version: 1\n" + dedent(text).lstrip(), encoding="utf-8")
    found = Run(RunOptions(root=root, cassettes=root / "cassettes", strict=strict), environ={}).load(
        path, is_named=True
    )
    assert found is not None
    return found


def warnings(root: Path, text: str) -> list[str]:
    found = loaded(root, text)
    assert not found.broken
    assert all(warning.severity == "warning" and warning.help for warning in found.warnings)
    return [f"{warning.location.line}: {warning.code}" for warning in found.warnings]


SHARED = """
models: [openai:gpt-5-mini, ollama:qwen3]
tools:
  look: {name: look, parameters: {type: string}}
defaults:
  tools: [look]
  expect: {tool_calls: some}
cases:
  - name: a
    user: Look at {{ what }}.
    rows: [{id: x, what: a tree}, {id: y, what: a stone}]
  - name: b
    user: Look.
"""


def test_a_tool_of_the_library_is_warned_of_once_at_the_first_case(tmp_path: Path) -> None:
    assert warnings(tmp_path, SHARED) == ["9: PC141"]


def test_a_shared_response_format_is_warned_of_once(tmp_path: Path) -> None:
    text = """
    models: [openai:gpt-5-mini, azure:gpt-5]
    defaults: {request: {response_format: {type: json_schema, json_schema: {name: a b}}}}
    cases:
      - {name: a, user: A, expect: {text: a}}
      - {name: b, user: B, request: {seed: 1}, expect: {text: a}}
      - {name: c, user: C, request: {response_format: {json_schema: {name: c d}}}, expect: {text: a}}
    """

    assert warnings(tmp_path, text) == ["5: PC144", "7: PC144"]


def test_a_conversation_is_warned_of_once_for_all_rows_and_models(tmp_path: Path) -> None:
    text = """
    models: [openai:gpt-5-mini, ollama:qwen3]
    cases:
      - name: a
        rows: [{what: a}, {what: b}]
        messages: [{role: tool, tool_call_id: x, content: "{{ what }}"}]
        expect: {text: a}
    """

    assert warnings(tmp_path, text) == ["4: PC142"]


def test_a_pattern_is_warned_of_where_it_stands_once_for_all_rows(tmp_path: Path) -> None:
    text = """
    models: [openai:gpt-5-mini]
    tools: {look: {name: look, parameters: {type: object, properties: {at: {type: string}}}}}
    cases:
      - name: a
        user: Look at {{ what }}.
        rows: [{id: x, what: a tree}, {id: y, what: a stone}]
        tools: [look]
        expect:
          tool_calls:
            - look: {at: 5}
    """

    (warning,) = loaded(tmp_path, text).warnings

    assert (warning.code, warning.location.line, warning.location.column) == ("PC143", 11, 18)
    assert warning.source_line == "        - look: {at: 5}"


def test_each_row_with_a_value_of_its_own_is_told(tmp_path: Path) -> None:
    text = """
    models: [openai:gpt-5-mini]
    tools: {look: {name: look, parameters: {type: object, properties: {at: {enum: [tree]}}}}}
    cases:
      - name: a
        user: Look.
        rows: [{id: x, what: tree}, {id: y, what: stone}, {id: z, what: sea}]
        tools: [look]
        expect: {tool_calls: [{look: {at: "{{ what }}"}}]}
    """

    assert len(warnings(tmp_path, text)) == 2


REFUSED = """
models: [openai:gpt-5-mini]
cases:
  - name: a
    messages: [{role: tool, tool_call_id: x, content: a}]
    request:
      tool_choice: auto
      response_format: {type: json_object}
    expect: EXPECT
"""


@pytest.mark.parametrize(
    "expect", ["{error: {kind: invalid_request}}", "{error: {status: {$ge: 400}}, latency: {$le: 5}}"]
)
def test_a_request_that_is_meant_to_be_refused_is_left_alone(tmp_path: Path, expect: str) -> None:
    assert warnings(tmp_path, REFUSED.replace("EXPECT", expect)) == []


def test_a_request_that_is_meant_to_be_answered_is_not(tmp_path: Path) -> None:
    found = warnings(tmp_path, REFUSED.replace("EXPECT", "{text: a}"))

    assert found == ["4: PC142", "4: PC141", "4: PC144"]


def test_keywords_that_only_openai_refuses_are_quiet_for_others(tmp_path: Path) -> None:
    text = """
    models: [MODEL]
    tools:
      look:
        name: look
        strict: true
        parameters:
          type: object
          properties: {at: {type: string, maxLength: 9}}
          required: [at]
          additionalProperties: false
    cases: [{name: a, user: Hi, tools: [look], expect: {tool_calls: [look]}}]
    """

    assert warnings(tmp_path, text.replace("MODEL", "ollama:qwen3")) == []
    assert warnings(tmp_path, text.replace("MODEL", "openai:gpt-5-mini")) == ["12: PC140"]


def test_a_pattern_that_is_nested_without_end_is_quiet() -> None:
    pattern: Json = 5
    for _ in range(100_000):
        pattern = {"$all_of": [pattern]}
    tool = Tool(name="look", definition={"function": {"name": "look", "parameters": {"type": "object"}}})
    place = Location(path="a.yaml", line=1, column=1)
    facet = Facet(name="tool_calls", value=[{"look": pattern}], location=place)

    case = Case(path="a.yaml", name="a", location=place, messages=(), tools=(tool,), expect=(facet,))

    assert [found.code for found in Linter().lint(case)] == ["PC141"]


def test_a_strict_run_breaks_on_a_warning(tmp_path: Path) -> None:
    (broken,) = loaded(tmp_path, SHARED, strict=True).broken

    assert [(found.code, found.severity) for found in broken.diagnostics] == [("PC141", "error")]


def test_cases_that_say_the_same_to_others_are_each_looked_at(tmp_path: Path) -> None:
    text = """
    models: [openai:gpt-5-mini]
    tools:
      look: {name: look, parameters: {type: object, properties: {}}}
    cases:
      - {name: fine, user: A, tools: [look], expect: {tool_calls: some}}
      - {name: fine_too, user: B, tools: [look], expect: {tool_calls: some}}
      - {name: stray, messages: [{role: tool, tool_call_id: x, content: y}], tools: [look], expect: {tool_calls: some}}
      - {name: chosen, user: C, request: {tool_choice: requird}, tools: [look], expect: {tool_calls: some}}
      - {name: chosen_too, user: D, request: {tool_choice: requird}, tools: [look], expect: {tool_calls: some}}
      - {name: other, user: E, tools: [{name: a b, parameters: {type: object}}], expect: {tool_calls: some}}
    """

    assert warnings(tmp_path, text) == ["8: PC142", "9: PC141", "10: PC141", "11: PC141", "11: PC141"]
