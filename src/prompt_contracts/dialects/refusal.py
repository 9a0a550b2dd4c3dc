"""What of a request has no place in an API family, as data for checks before the run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A parameter, or a part of a message, that an API family cannot be given."""

    parameter: str
    """The name as it was written."""
    message: str
    help: str
    """The next step, without the word "help"."""
