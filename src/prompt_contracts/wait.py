"""A wait before a request is sent again. Data only."""

from __future__ import annotations

from prompt_contracts.data_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """One wait of one cell, told before it begins."""

    provider: str
    seconds: float
    reason: str
    """What went wrong with the last attempt, such as `429 rate_limit`."""
    attempt: int
    """Which attempt comes next, counted from 1."""
    attempts: int
    """How many there are at most."""

    def __str__(self) -> str:
        """One line for people."""
        progress = f"attempt {self.attempt} of {self.attempts}"
        return f"{self.provider}: waiting {seconds_text(self.seconds)} s ({self.reason}, {progress})"


def seconds_text(seconds: float) -> str:
    """`0.5`, `12`, `3600`."""
    return f"{seconds:.0f}" if seconds >= 100 else f"{seconds:.3g}"
