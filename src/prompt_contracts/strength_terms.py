"""What an author says of the strength of a contract: weak places that are meant to be, or that it is not measured."""

from __future__ import annotations

from prompt_contracts.data_class import dataclass
from prompt_contracts.location import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedPlace:
    """A weak place that the author accepts."""

    place: str
    reason: str
    location: Location
    """Where that is written."""
    is_own: bool
    """Whether the case says so itself; what a default says need not hold of every case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StrengthTerms:
    """What `strength` of a case says."""

    accepted: tuple[AcceptedPlace, ...] = ()
    skip: str | None = None
    """Why the case is not measured; None measures it."""

    def acceptance_of(self, place: str) -> AcceptedPlace | None:
        """What is said of one place."""
        return next((each for each in self.accepted if each.place == place), None)
