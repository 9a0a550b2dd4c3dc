"""A case is written as a file that reads as the same case."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.case import Case
from prompt_contracts.cases.loader import load_case_file
from prompt_contracts.exchange.written_case import written_case
from prompt_contracts.json_value import Json
from prompt_contracts.location import Location
from prompt_contracts.message import Message
from prompt_contracts.turn import Facet
from tests.house.test_house import ROOT

HERE = Location(path="cases/a.yaml", line=1, column=1)
SAME = (
    "model",
    "messages",
    "tools",
    "request",
    "endpoint",
    "timeout",
    "tool_results",
    "max_turns",
    "trials",
    "require",
    "stop_early",
    "assistant",
    "facets",
)


def example_cells() -> list[Case]:
    """The cases of the example suite that can be written."""
    files = [
        load_case_file(path, root=ROOT, environ={}, models=("tiny-a:tiny",))
        for path in sorted(ROOT.glob("cases/*.yaml"))
    ]
    cases = [case for file in files if file is not None for case in file.cases]
    return [case for case in cases if not (case.turns or case.is_application or case.fault)]


def read_again(case: Case, folder: Path) -> Case:
    path = folder / "a.yaml"
    path.write_text(written_case(case, name=case.name, path="a.yaml"), "utf-8")
    file = load_case_file(path, root=folder, environ={})
    assert file is not None
    assert file.broken == ()
    (found,) = file.cases
    return found


@pytest.mark.parametrize("case", example_cells(), ids=lambda case: case.item_name)
def test_an_example_is_the_same_when_it_is_read_again(case: Case, tmp_path: Path) -> None:
    found = read_again(case, tmp_path)

    assert [(name, getattr(found, name)) for name in SAME] == [(name, getattr(case, name)) for name in SAME]


TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)
KEY = TEXT.filter(lambda key: not key.startswith("$"))
LITERAL: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | TEXT,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(TEXT.filter(lambda key: key[0] != "$"), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(
    st.lists(TEXT, min_size=1, max_size=3), LITERAL, st.sampled_from(["{{ city }}", "{% if %}", "yes", "- a: b", "#"])
)
def test_whatever_stands_in_a_case_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], literal: Json, trap: str
) -> None:
    case = Case(
        path="cases/a.yaml",
        name="a",
        model="openai:gpt-5-mini",
        location=HERE,
        messages=tuple(Message(role="user", content=text) for text in [*texts, trap]),
        expect=(Facet(name="json", value={"$eq": literal}, location=HERE),),
    )
    case = replace(case, request={"stop": trap})

    found = read_again(case, tmp_path_factory.getbasetemp())

    assert [(name, getattr(found, name)) for name in SAME] == [(name, getattr(case, name)) for name in SAME]
