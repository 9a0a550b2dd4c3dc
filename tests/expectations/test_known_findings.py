"""Expectations of one content are checked once: each case is told of its mistakes at its own place all the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.application.project_references import ProjectReferences
from prompt_contracts.case import Case
from prompt_contracts.expectations.definition import InFacet, check_expect
from prompt_contracts.expectations.known_findings import KnownFindings, expected_text
from prompt_contracts.finding import Finding
from prompt_contracts.linting.checker import Checker
from prompt_contracts.linting.linter import Linter
from prompt_contracts.location import Location
from prompt_contracts.message import Message, Tool
from prompt_contracts.turn import Facet


def case(expect: dict[str, Any], *, line: int = 1, **given: Any) -> Case:
    place = Location(path="cases/a.yaml", line=line, column=1)
    facets = tuple(Facet(name=name, value=value, location=place) for name, value in expect.items())
    return Case(
        path="cases/a.yaml",
        name=f"case_{line}",
        location=place,
        messages=(Message(role="user", content="hi"),),
        expect=facets,
        **given,
    )


def test_the_same_mistake_of_two_cases_is_told_at_the_place_of_each() -> None:
    known = KnownFindings[InFacet]()
    found = [check_expect(case({"text": {"$all": []}}, line=line), known=known) for line in (1, 20)]
    assert [[one.location.line for one in each] for each in found] == [[1], [20]]
    assert found[0][0].message == found[1][0].message


@pytest.mark.parametrize(
    ("sound", "wrong"), [(True, "true"), (1, "1"), ([], {}), ({"$eq": [1]}, {"$all": [1]})], ids=str
)
def test_what_reads_alike_is_no_content_of_another(sound: Any, wrong: Any) -> None:
    known = KnownFindings[InFacet]()
    for value in (sound, wrong, sound):
        alone = check_expect(case({"refusal": value}))
        assert check_expect(case({"refusal": value}), known=known) == alone


def test_other_tools_and_another_model_are_another_content() -> None:
    known = KnownFindings[InFacet]()
    weather = Tool(name="weather", definition={"type": "function", "function": {"name": "weather"}})
    expect: dict[str, Any] = {"tool_calls": [{"weather": {}}]}
    codes = [
        [one.code for one in check_expect(case(expect, tools=tools), known=known)]
        for tools in ((weather,), (), (weather,))
    ]
    assert codes == [[], ["PC121"], []]


def test_each_model_of_a_case_hears_that_no_answer_names_it(tmp_path: Path) -> None:
    checker = Checker(root=tmp_path, references=ProjectReferences(tmp_path))
    first = case({"model": "house:b"}, model="house:a")
    # The expectation is one object for all models of a case.
    found = [checker.check(replace(first, model=model)) for model in ("house:a", "house:b")]
    assert [[one.code for one in each] for each in found] == [[], ["PC120"]]


def test_a_schema_in_a_file_is_looked_at_again() -> None:
    known = KnownFindings[InFacet]()
    files: dict[str, Any] = {"cases/s.json": {"type": "object"}}
    contract = case({"json": {"$schema": {"$ref": "s.json"}}})
    assert check_expect(contract, read_schema=files.__getitem__, known=known) == ()
    files["cases/s.json"] = {"type": "objekt"}
    assert check_expect(contract, read_schema=files.__getitem__, known=known)


def test_warnings_of_one_content_are_told_in_each_file() -> None:
    schema: dict[str, Any] = {"type": "object", "properties": {"days": {"type": "integer", "maximum": 7}}}
    function: dict[str, Any] = {"name": "plan", "parameters": schema}
    tools = (Tool(name="plan", definition={"type": "function", "function": function}),)
    known = KnownFindings[Finding]()
    lines = [
        [
            one.location.line
            for one in Linter(known).lint(case({"tool_calls": [{"plan": {"days": 9}}]}, line=line, tools=tools))
        ]
        for line in (3, 30)
    ]
    assert lines == [[3], [30]]


_VALUES = st.recursive(
    st.sampled_from([None, True, 1, 1.0, "1", "", "\n", "' '", "a"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "b", "a\n"]), inner, max_size=2),
    max_leaves=4,
)
_EXPECTED = st.dictionaries(st.sampled_from(["text", "json", "a' 1\n'b"]), _VALUES, max_size=3)


@given(_EXPECTED, _EXPECTED)
def test_one_text_is_one_content(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert (expected_text(one) == expected_text(other)) is (repr(one) == repr(other))


def test_a_text_is_that_of_the_value_whatever_had_its_address_before() -> None:
    for number in range(1000):
        assert expected_text({"json": [number]}) == f"'json' {([number],)!r}"
