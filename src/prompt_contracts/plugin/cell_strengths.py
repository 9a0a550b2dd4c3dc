"""What was measured of the contracts of cells, as it goes from the processes that ran them to the one that tells it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pytest

from prompt_contracts.changed_fields import replace
from prompt_contracts.data_class import dataclass
from prompt_contracts.engine.carried_outcome import outcome_of, outcome_text, without_traffic
from prompt_contracts.engine.measured_cells import measured_cell, with_row
from prompt_contracts.engine.projects import Project
from prompt_contracts.engine.strength_measure import has_contract_of_its_own, left_out_reason, means_of
from prompt_contracts.engine.strength_tries import AnsweredCell, other_row
from prompt_contracts.errors import PromptContractsError
from prompt_contracts.measured_cell import MeasuredCell
from prompt_contracts.mutant import AnswerState
from prompt_contracts.plain_data import PlainData
from prompt_contracts.plugin.items import CellItem
from prompt_contracts.plugin.session import session_of
from prompt_contracts.results.strength_gates import cases_below
from prompt_contracts.results.strength_sums import case_strength
from prompt_contracts.strength import StrengthReport
from prompt_contracts.strength_found import StrengthFound
from prompt_contracts.trial import Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldStrength(PlainData):
    """One cell, measured by its own answers."""

    measured: MeasuredCell
    place: int
    """Where it stands among the items of its file."""
    answers: tuple[str, ...] = ()
    """Its passing outcomes as text, where answers to other rows are to be tried on them, and they on those."""


def measured_item(item: CellItem, answered: AnsweredCell | None) -> ToldStrength | None:
    """What the answers of a cell tell; without any it says why there is nothing. None of one without a contract."""
    cell, project = item.cell, item.project
    if not has_contract_of_its_own(cell.case):
        return None
    if answered is None:
        why = left_out_reason(cell)
        state: AnswerState = "missing" if why is None else "left_out"
        answered = AnsweredCell(cell=cell, why_none=why or "not judged", answer=state)
    measured = measured_cell(answered, means_of(project.run, has_rare=False))
    answers = answered.outcomes if _may_be_another_rows(answered, project) else ()
    return ToldStrength(
        measured=project.seen_from(item.config.rootpath).measured_cell(measured),
        place=item.place,
        answers=tuple(outcome_text(without_traffic(outcome, cell.case)) for outcome in answered.outcomes)
        if answers
        else (),
    )


def _may_be_another_rows(answered: AnsweredCell, project: Project) -> bool:
    case, spoken = answered.cell.case, answered.spoken
    if case.row is None or not answered.outcomes or not (spoken.calls or spoken.text or spoken.json):
        return False
    files = (file for file in project.files.values() if file.path == case.path)
    return any(each.case.name == case.name and each.case.row != case.row for file in files for each in file.cells)


def cells_by_case(projects: Iterable[Project], top: Path) -> dict[str, int]:
    """The cases that were read, as node ids without brackets, and how many cells each has."""
    return dict(
        Counter(
            f"{node_path(path, top)}::{cell.case.name}"
            for project in projects
            for path, file in project.files.items()
            for cell in file.cells
            if has_contract_of_its_own(cell.case)
        )
    )


def node_path(path: Path, top: Path) -> str:
    """The path of a file in node ids."""
    return path.relative_to(top).as_posix() if path.is_relative_to(top) else path.as_posix()


class CellStrengths:
    """The measured cells of a run, where all of them come together."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._cases: dict[str, dict[str, ToldStrength]] = {}

    def note(self, nodeid: str, told: ToldStrength) -> None:
        """Keep a cell, by its node id."""
        self._cases.setdefault(nodeid.partition("[")[0], {})[nodeid] = told

    def found(
        self, least: float, *, known: Mapping[str, int], ran: Mapping[str, bool], unread: tuple[str, ...], tests: int
    ) -> StrengthFound:
        """The strength of every case of which a cell ran, in the order of the case files, and what is not in it.

        `ran` says of each cell that ran, measured or not, whether its contract is its own.
        """
        own = {case: set(cells) for case, cells in self._cases.items()}
        for nodeid in (nodeid for nodeid, has_own in ran.items() if has_own):
            own.setdefault(nodeid.partition("[")[0], set()).add(nodeid)
        changed = {nodeid.partition("[")[0] for nodeid, has_own in ran.items() if not has_own}
        order = {case: place for place, case in enumerate(known)}
        cases = sorted(self._cases, key=lambda case: (order.get(case, len(order)), case))
        rowless: list[str] = []
        strengths = []
        for case in cases:
            cells = dict(sorted(self._cases[case].items(), key=lambda one: one[1].place))
            measured = self._with_rows(case, cells)
            if measured is None:
                rowless.append(case)
                measured = [told.measured for told in cells.values()]
            named = [replace(each, id=name, case=case) for name, each in zip(cells, measured, strict=True)]
            strengths.append(case_strength(named))
        report = StrengthReport(cases=tuple(strengths))
        return StrengthFound(
            report=report,
            least=least,
            below=cases_below(report, least),
            partial=tuple((case, len(own[case]), known[case]) for case in cases if len(own[case]) < known.get(case, 0)),
            absent=tuple(case for case in known if case not in own and case not in changed),
            changed=tuple(case for case in known if case not in own and case in changed),
            unfinished=tuple(
                (case, count) for case, ids in own.items() if (count := len(ids) - len(self._cases.get(case, ())))
            ),
            unread=unread,
            rowless=tuple(rowless),
            tests=tests,
        )

    def _with_rows(self, case: str, cells: Mapping[str, ToldStrength]) -> list[MeasuredCell] | None:
        """The cells of a case, answers to other rows tried on each; None where the cells are not found here."""
        measured = [told.measured for told in cells.values()]
        if sum(bool(told.answers) for told in cells.values()) < 2:
            return measured
        path = self._config.rootpath / case.partition("::")[0]
        try:
            project = session_of(self._config).projects.of(path)
            loaded = project.load(path, is_named=True)
        except (PromptContractsError, pytest.UsageError):
            return None
        by_name = {} if loaded is None else {cell.case.item_name: cell for cell in loaded.cells}
        own = [by_name.get(nodeid.partition("::")[2]) for nodeid in cells]
        answered = [_answered(cell, told) for cell, told in zip(own, cells.values(), strict=True) if cell is not None]
        if len(answered) < len(measured):
            return None
        return self._placed_rows(measured, answered, project)

    def _placed_rows(
        self, measured: Sequence[MeasuredCell], answered: Sequence[AnsweredCell], project: Project
    ) -> list[MeasuredCell]:
        means, placement = means_of(project.run, has_rare=False), project.seen_from(self._config.rootpath)
        found = []
        for one, each in zip(measured, answered, strict=True):
            rows = with_row(replace(one, places=()), each, other_row(each, answered), means)
            found.append(replace(one, places=(*one.places, *placement.measured_cell(rows).places)))
        return found


def _answered(cell: Cell, told: ToldStrength) -> AnsweredCell:
    outcomes = tuple(map(outcome_of, told.answers))
    return AnsweredCell(
        cell=cell,
        outcomes=outcomes,
        passing=len(outcomes),
        why_none=told.measured.why_none,
        answer=told.measured.answer,
    )
