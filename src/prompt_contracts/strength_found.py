"""How strong the contracts of one run are, and how much of them it could not tell. Data only."""

from __future__ import annotations

from prompt_contracts.data_class import dataclass
from prompt_contracts.strength import CaseStrength, StrengthReport


@dataclass(frozen=True, slots=True, kw_only=True)
class StrengthFound:
    """How strong the contracts of a run are, and what of them nobody knows."""

    report: StrengthReport
    """The cases of which a cell ran, by those cells."""
    least: float
    """What every case with a score is to reach."""
    below: tuple[CaseStrength, ...] = ()
    """The cases that do not reach it."""
    partial: tuple[tuple[str, int, int], ...] = ()
    """Cases of which not all cells ran: how many did, and how many there are."""
    absent: tuple[str, ...] = ()
    """Cases of which none did."""
    changed: tuple[str, ...] = ()
    """Cases of which cells ran under changes alone, which are not measured by themselves."""
    unfinished: tuple[tuple[str, int], ...] = ()
    """Cases of which cells ran, and were not measured before the run ended: how many."""
    unread: tuple[str, ...] = ()
    """Case files that the run passed over."""
    rowless: tuple[str, ...] = ()
    """Cases of which the answers to several rows could not be tried on each other."""
    tests: int = 0
    """Tests of Python with contracts of their own, which are not measured."""

    @property
    def has_score(self) -> bool:
        """Whether any case has one."""
        return any(case.score is not None for case in self.report.cases)
