"""What a recording run did with the recording of one cell, and what is another in it than before. No I/O."""

from __future__ import annotations

from typing import Literal

from prompt_contracts.data_class import dataclass
from prompt_contracts.plain_data import PlainData


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedChange(PlainData):
    """One thing that a recording says otherwise than it did when the run began."""

    what: str
    """`answer`, `tool calls`, `arguments`, `error`, `model`, `finish reason`, `request`, `requests`, `trials`,
    `input tokens`, `output tokens` or `cost`, perhaps with the trials that it is true of."""
    before: str | None = None
    after: str | None = None
    """Amounts and short words; None where they are unknown, and both None of what is too long to be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingOutcome(PlainData):
    """What became of the recording of one cell in a run that records."""

    status: Literal["written", "confirmed", "unchanged", "not_written"]
    """`confirmed`: the new answers say what it holds, and nothing but the date of that was written;
    `unchanged`: it held all that was asked, and was not touched."""
    is_new: bool = False
    """Whether there was no file before."""
    changes: tuple[RecordedChange, ...] = ()
    """Of a file that was there before; without any it was written again and says the same."""
    reason: str | None = None
    """Why it was not written, or what cannot be told of the change."""
    confirmed: int = 0
    """Of how many trials the new answers say what was recorded, which then stays."""
