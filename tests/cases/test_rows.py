"""Rows and matrices make cells with ids that work in node ids and paths."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.cases.findings import Findings
from prompt_contracts.cases.node import Node, SourceText
from prompt_contracts.cases.rows import expand_rows
from prompt_contracts.json_value import Json
from tests.cases.case_files import good, load, mistakes

HEAD = "version: 1\nmodels: [a:b]\ncases:\n"
SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=5)


def _ids(root: Path, rest: str) -> list[str | None]:
    return [case.row for case in good(root, f"{HEAD}- {{name: a, user: x, expect: {{text: a}}, {rest}}}\n")]


@pytest.mark.parametrize(
    ("rest", "ids"),
    [
        ("tags: []", [None]),
        ("rows: [{x: 1}, {x: 2}]", ["1", "2"]),
        ("rows: [{id: oslo}, {id: 7}, {id: a.b-c_d}]", ["oslo", "7", "a.b-c_d"]),
        ("matrix: {c: [Oslo, Lima], u: [c, f]}", ["Oslo-c", "Oslo-f", "Lima-c", "Lima-f"]),
        (
            "matrix: {c: [1, 2.5, true, null, 'a b', 'é/', {k: v}]}",
            ["1", "2.5", "true", "null", "a_b", "__", "__k____v__"],
        ),
    ],
)
def test_rows_have_ids(tmp_path: Path, rest: str, ids: list[str | None]) -> None:
    assert _ids(tmp_path, rest) == ids


def test_rows_stand_outside_and_models_inside(tmp_path: Path) -> None:
    text = "version: 1\nmodels: [a:b, c:d]\ncases:\n- {name: n, user: x, rows: [{x: 1}, {x: 2}], expect: {text: a}}\n"

    assert [case.id for case in good(tmp_path, text)] == [
        "cases.yaml::n[1-a:b]",
        "cases.yaml::n[1-c:d]",
        "cases.yaml::n[2-a:b]",
        "cases.yaml::n[2-c:d]",
    ]


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("rows: [{id: a b}]", '4:53: PC113 "a b" cannot be the id of a row'),
        ("rows: [{id: '..'}]", '4:53: PC113 ".." cannot be the id of a row'),
        ("rows: [{id: a}, {id: A}]", "4:62: PC113 row id 'A' is taken by the row at line 4"),
        ("rows: [{x: 1}, {id: '1', x: 2}]", "4:57: PC113 row 2 has a column 'id' that row 1 does not have"),
        ("rows: [{x: 1}, {y: 1}]", "4:56: PC113 row 2 has no column 'x', which row 1 has"),
        ("rows: [{env: 1}]", "4:49: PC113 'env' cannot be a column: templates read the environment by that name"),
        ("rows: [{a b: 1}]", "4:49: PC113 'a b' cannot be a column: no template can name it"),
        ("rows: []", "4:47: PC113 'rows' is empty, but must be a list of rows"),
        ("rows: [5]", "4:48: PC113 item 1 of 'rows' must be a mapping of columns, not the number 5"),
        ("matrix: {x: 5}", "4:53: PC113 'x' must be a list of values, not the number 5"),
        ("matrix: {x: []}", "4:53: PC113 'x' is empty, but must be a list of values"),
        ("matrix: {}", "4:49: PC113 'matrix' is empty, but must be a mapping from columns to lists of values"),
        ("matrix: {x: [a b, a_b]}", "4:59: PC113 two combinations of the matrix have the id 'a_b'"),
        ("matrix: {id: [1]}", "4:50: PC113 'id' cannot be a column of a matrix: ids are made of the values"),
        ("rows: [{x: 1}], matrix: {x: [1]}", "4:57: PC113 'rows' and 'matrix' stand in one case"),
    ],
)
def test_rows_that_cannot_be_told_apart_are_refused(tmp_path: Path, rest: str, said: str) -> None:
    loaded = load(tmp_path, f"{HEAD}- {{name: a, user: x, expect: {{text: a}}, {rest}}}\n")

    assert str(mistakes(loaded)[0]) == f"cases.yaml:{said}"
    assert loaded.cases == ()


def test_a_huge_matrix_is_refused(tmp_path: Path) -> None:
    columns = ", ".join(f"c{n}: [{', '.join(map(str, range(40)))}]" for n in range(4))

    found = mistakes(load(tmp_path, f"{HEAD}- {{name: a, user: x, expect: {{text: a}}, matrix: {{{columns}}}}}\n"))

    assert [one.message for one in found] == ["the matrix has 2,560,000 combinations, more than 10,000"]


def _node(value: Json) -> Node:
    node = Node(value, SourceText("x", Path(), ""), 1, 1, 1)
    if isinstance(value, list):
        return node.with_items([_node(item) for item in value])
    if isinstance(value, dict):
        return node.with_members({key: _node(item) for key, item in value.items()})
    return node


@given(st.dictionaries(st.sampled_from("abc"), st.lists(SCALARS, min_size=1, max_size=4), min_size=1))
def test_a_matrix_gives_every_combination_once_or_says_why_not(columns: dict[str, list[Json]]) -> None:
    findings = Findings()

    rows = expand_rows({"matrix": _node({**columns})}, _node({}), findings)

    ids = [row.id.casefold() for row in rows if row.id is not None]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9_.-]+", one) and one not in (".", "..") for one in ids)
    assert findings.count == 1 or len(rows) == math.prod(map(len, columns.values()))
