"""`@pytest.mark.prompt_contract(...)` -> the cells of a test. Loads nothing of ours but names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from prompt_contracts.data_class import dataclass

if TYPE_CHECKING:
    from prompt_contracts.case import Requirement

FIXTURE = "prompt_contract"
_TAKEN = ("model", "rows")
_ID = re.compile(r"[A-Za-z0-9_.-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """Which cell of a test one item is."""

    model: str | None = None
    """None leaves it to the test."""
    row: Mapping[str, Any] = field(default_factory=dict)
    trial: int = 1
    require: Requirement | None = None


def parametrize(metafunc: pytest.Metafunc) -> None:
    """Make the cells of a test whose mark, or whose run, has models or rows for it."""
    marks = list(metafunc.definition.iter_markers(FIXTURE))
    if FIXTURE not in metafunc.fixturenames:
        if marks:
            pytest.fail(f"the mark {FIXTURE} is for tests that take the fixture {FIXTURE}", pytrace=False)
        return
    models, rows = _models(metafunc, marks), _rows(marks)
    if models is None and rows is None:
        return
    cells = [
        _cell(model, number, row, has_rows=rows is not None)
        for number, row in enumerate(rows or [{}])
        for model in (models or (None,))
    ]
    metafunc.parametrize(FIXTURE, cells, indirect=True)


def _cell(model: str | None, number: int, row: Mapping[str, Any], *, has_rows: bool) -> Any:
    parts = [str(row.get("id", number))] if has_rows else []
    marks = []
    if model is not None:
        parts.append(model)
        marks = [pytest.mark.model(id=model), pytest.mark.provider(name=model.partition(":")[0])]
    return pytest.param(Axis(model=model, row=dict(row)), id="-".join(parts), marks=marks)


def _given(marks: Sequence[pytest.Mark], name: str) -> Any:
    """What the nearest mark says under a name; None where none does."""
    for mark in marks:
        for key in mark.kwargs:
            if key not in _TAKEN:
                _fail(f"unknown argument {key!r}; there are {' and '.join(map(repr, _TAKEN))}")
        if mark.args:
            _fail(f"its arguments are given by name: {' and '.join(_TAKEN)}")
    return next((mark.kwargs[name] for mark in marks if name in mark.kwargs), None)


def _models(metafunc: pytest.Metafunc, marks: Sequence[pytest.Mark]) -> list[str] | None:
    from prompt_contracts.plugin.options import replaced_models

    given = _given(marks, "model")
    replaced = replaced_models(metafunc.config)
    if replaced:
        return list(replaced)
    if given is None:
        return None
    models = [given] if isinstance(given, str) else given
    if not isinstance(models, (list, tuple)) or not models or not all(isinstance(one, str) for one in models):
        _fail(f"'model' takes 'provider:model' or a list of them, not {given!r}")
    if len(set(models)) < len(models):
        _fail("'model' names one twice")
    return list(models)


def _rows(marks: Sequence[pytest.Mark]) -> list[Mapping[str, Any]] | None:
    rows = _given(marks, "rows")
    if rows is None:
        return None
    if not isinstance(rows, (list, tuple)) or not rows or not all(isinstance(row, Mapping) for row in rows):
        _fail(f"'rows' takes a list of dicts, not {rows!r}")
    ids = [str(row.get("id", number)) for number, row in enumerate(rows)]
    for problem in _problems(rows, ids):
        _fail(problem)
    return list(rows)


def _problems(rows: Sequence[Mapping[str, Any]], ids: Sequence[str]) -> Iterator[str]:
    for one in dict.fromkeys(ids):
        if _ID.fullmatch(one) is None:
            yield f"the id {one!r} of a row may hold letters, digits, '_', '.' and '-'"
        if ids.count(one) > 1:
            yield f"two rows have the id {one!r}"
    columns = {frozenset(set(row) - {"id"}) for row in rows}
    if len(columns) > 1:
        yield "all rows have the same keys, and these do not"


def _fail(words: str) -> NoReturn:
    pytest.fail(f"@pytest.mark.{FIXTURE}: {words}", pytrace=False)
