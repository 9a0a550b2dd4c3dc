"""A JSON text is read by JSON's own rules, with places."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.cases.findings import Findings
from prompt_contracts.cases.json_reader import JsonSyntaxError, read_json_nodes
from prompt_contracts.cases.node import Node, SourceText
from prompt_contracts.json_value import Json, equal

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def _read(text: str) -> tuple[Node, Findings]:
    findings = Findings()
    return read_json_nodes(SourceText("x.json", Path(), text), findings), findings


@given(JSON_VALUES, st.sampled_from([None, 2, "\t"]), st.booleans())
def test_dumped_json_comes_back_unchanged(value: Json, indent: int | str | None, ascii_only: bool) -> None:
    node, findings = _read(json.dumps(value, indent=indent, ensure_ascii=ascii_only))

    assert findings.errors == ()
    assert equal(node.value, value)


@given(st.text('{}[],:"\\ntrue 0123.eE-', max_size=30))
def test_exactly_json_is_accepted(text: str) -> None:
    try:
        json.loads(text)
        is_json = True
    except ValueError:
        is_json = False

    try:
        _read(text)
        accepted = True
    except JsonSyntaxError:
        accepted = False

    assert accepted == is_json


def test_keys_and_values_know_their_places() -> None:
    node, _ = _read('{\n\t"a": [true,\n  "x"]}')

    found = {at: node.descend(at) for at in ("/a", "/a/0", "/a/1")}
    assert {at: (one.line, one.column, one.length) for at, one in found.items() if one} == {
        "/a": (2, 7, 6),
        "/a/0": (2, 8, 4),
        "/a/1": (3, 3, 3),
    }
    assert (node.key("a").line, node.key("a").column, node.key("a").length) == (2, 2, 3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": 1, "a": 2}', "x.json:1:10: PC106 repeated key 'a', first given at line 1, column 2"),
        ("[1e400]", "x.json:1:2: PC108 the number 1e400 is beyond what a double can hold"),
        ('"\\ud800"', "x.json:1:1: PC108 half of a surrogate pair: no character can be made of it"),
    ],
)
def test_what_json_allows_but_no_case_may_hold_is_noted(text: str, said: str) -> None:
    _, findings = _read(text)

    assert [str(error) for error in findings.errors] == [said]


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [('{"a" 1}', 1, 6), ("[1\n 2]", 2, 2), ("{a: 1}", 1, 2), ("[", 1, 2), ("[" * 200, 1, 102), ('"a\nb"', 1, 3)],
)
def test_what_is_not_json_is_refused_at_its_place(text: str, line: int, column: int) -> None:
    with pytest.raises(JsonSyntaxError) as caught:
        _read(text)

    assert (caught.value.place.line, caught.value.place.column) == (line, column)
