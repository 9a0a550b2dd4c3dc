"""What a case file says of the strength of a contract beside the contract: weak places that are meant, columns."""

from __future__ import annotations

from collections.abc import Mapping

from prompt_contracts.data_class import dataclass
from prompt_contracts.json_value import Json
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
class RowColumns:
    """The columns of a case's row, as far as somebody may look for their values in answers."""

    values: Mapping[str, Json]
    only_asked: tuple[str, ...] = ()
    """Those that the prompt names, and nothing in `expect`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StrengthTerms:
    """What `strength` of a case says."""

    accepted: tuple[AcceptedPlace, ...] = ()
    skip: str | None = None
    """Why the case is not measured; None measures it."""
    columns: RowColumns | None = None
    """Kept where somebody looks for them; None elsewhere, and where no template could name one."""
    is_filled_in: bool = True
    """Whether templates of the case are filled in; known where columns are kept."""

    def acceptance_of(self, place: str) -> AcceptedPlace | None:
        """What is said of one place."""
        return next((each for each in self.accepted if each.place == place), None)
