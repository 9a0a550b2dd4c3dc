"""How far a run has come, for people who wait. Data only."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from prompt_contracts.data_class import dataclass
from prompt_contracts.provider_status import ProviderStatus
from prompt_contracts.report import Bill

Fate = Literal["passed", "failed", "error", "skipped", "xfailed"]
"""What became of a cell, as pytest counts it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReductionProgress:
    """The search for a smaller prompt at one moment."""

    calls: int
    """Answers so far, those of earlier runs of the command included."""
    most_calls: int
    pieces: int
    """That could have gone."""
    kept: int
    """Pieces without which it is not known to do the same."""
    tried: int | None = None
    """Pieces of the prompt that is asked now; None: as it is."""
    spent: Bill
    """In this run of the command."""
    budget: Decimal | None = None
    """US dollars; None is no limit."""
    providers: tuple[ProviderStatus, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A run at one moment."""

    total: int
    """Cells of this run, and cases that cannot run."""
    passed: int = 0
    failed: int = 0
    errors: int = 0
    skipped: int = 0
    xfailed: int = 0
    """Broken as expected."""
    elapsed: float
    """Seconds since the first of them began."""
    spent: Bill
    """For the requests that have ended."""
    budget: Decimal | None = None
    """US dollars; None is no limit."""
    providers: tuple[ProviderStatus, ...] = ()
    """Those that were asked, each once."""

    @property
    def done(self) -> int:
        """How many have a verdict, or need none."""
        return self.passed + self.failed + self.errors + self.skipped + self.xfailed

    @property
    def remaining(self) -> float | None:
        """Seconds until the end, if the rest goes like what is done; None where nothing tells, or nothing is left."""
        left = self.total - self.done
        if left <= 0 or self.done == 0 or self.elapsed <= 0:
            return None
        return self.elapsed / self.done * left
