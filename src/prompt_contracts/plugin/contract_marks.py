"""`@pytest.mark.prompt_contract(...)` -> the cells of a test. Loads nothing of ours but names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any, NoReturn

import pytest

from prompt_contracts.data_class import dataclass

FIXTURE = "prompt_contract"
_TAKEN = ("model", "rows", "trials", "require")
_ID = re.compile(r"[A-Za-z0-9_.-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """Which cell of a test one item is."""

    model: str | None = None
    """None leaves it to the test."""
    row: Mapping[str, Any] = field(default_factory=dict)
    trial: int = 1
    trials: int = 1
    require: object = None
    """As the mark says it; what is wrong with it is told with the contract."""
    cell: str = ""
    """What stands in brackets for it."""


def parametrize(metafunc: pytest.Metafunc) -> None:
    """Make the cells of a test whose mark, or whose run, has models or rows for it."""
    marks = list(metafunc.definition.iter_markers(FIXTURE))
    if FIXTURE not in metafunc.fixturenames:
        if marks:
            pytest.fail(f"the mark {FIXTURE} is for tests that take the fixture {FIXTURE}", pytrace=False)
        return
    models, rows, trials = _models(metafunc, marks), _rows(marks), _trials(metafunc, marks)
    require = _given(marks, "require")
    if models is None and rows is None and trials == 1 and require is None:
        return
    cells = [
        each
        for number, row in enumerate(rows or [{}])
        for model in (models or (None,))
        for each in _cells(model, str(row.get("id", number)) if rows else None, row, trials, require)
    ]
    metafunc.parametrize(FIXTURE, cells, indirect=True)


def which_trial(item: pytest.Item) -> tuple[object, int] | None:
    """Which cell an item is a trial of, and which; None of an item that is no trial of several."""
    callspec = getattr(item, "callspec", None)
    axis = None if callspec is None else callspec.params.get(FIXTURE)
    if not isinstance(axis, Axis) or axis.trials == 1:
        return None
    # Beside the id of the cell stand those of other parameters.
    own = axis.cell if axis.trial == 1 else f"{axis.cell}#{axis.trial}"
    others = str(getattr(callspec, "id", "")).replace(own, "", 1).strip("-") if own else getattr(callspec, "id", "")
    return (getattr(item, "originalname", ""), axis.cell, others), axis.trial


def _cells(
    model: str | None, row_id: str | None, row: Mapping[str, Any], trials: int, require: object
) -> Iterator[Any]:
    """One parameter for each trial; the first one's id is that of the cell."""
    cell = "-".join(part for part in (row_id, model) if part is not None)
    marks = []
    if model is not None:
        marks = [pytest.mark.model(id=model), pytest.mark.provider(name=model.partition(":")[0])]
    for trial in range(1, trials + 1):
        axis = Axis(model=model, row=dict(row), trial=trial, trials=trials, require=require, cell=cell)
        yield pytest.param(axis, id=(cell or _HIDDEN) if trial == 1 else f"{cell}#{trial}", marks=marks)


_HIDDEN: Any = getattr(pytest, "HIDDEN_PARAM", "trials")  # pytest 8.3 has no parameter without an id


def _trials(metafunc: pytest.Metafunc, marks: Sequence[pytest.Mark]) -> int:
    from prompt_contracts.plugin.options import replaced_trials

    trials = _given(marks, "trials")
    if trials is not None and (isinstance(trials, bool) or not isinstance(trials, int) or trials < 1):
        _fail(f"'trials' takes a whole number from 1, not {trials!r}")
    return replaced_trials(metafunc.config) or trials or 1


def _given(marks: Sequence[pytest.Mark], name: str) -> Any:
    """What the nearest mark says under a name; None where none does."""
    for mark in marks:
        for key in mark.kwargs:
            if key not in _TAKEN:
                _fail(f"unknown argument {key!r}; there are {', '.join(_TAKEN)}")
        if mark.args:
            _fail(f"its arguments are given by name: {', '.join(_TAKEN)}")
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
