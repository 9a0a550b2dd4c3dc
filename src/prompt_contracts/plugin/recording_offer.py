"""What a watch asks of a person who wants a cell recorded again: which one, and whether at that price."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from prompt_contracts.data_class import dataclass

_MOST_LISTED = 20
_Forecast = Callable[["FailedCell"], "Forecast | None"]


class FailedCell(NamedTuple):
    """A cell that was red, by what pytest calls it."""

    nodeid: str
    file: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What recording a cell again takes."""

    cost: str
    """The calls, with what they cost at most."""
    unset: Sequence[str] = ()
    """Variables that hold keys and are not set."""


class RecordingOffer:
    """A short conversation, line by line; no answer that it does not know records anything."""

    def __init__(self, *, say: Callable[[str], None], forecast: _Forecast) -> None:
        """`forecast` looks what a cell would take, and asks no provider; None where that cannot be told."""
        self._say = say
        self._forecast = forecast
        self._failed: dict[str, FailedCell] = {}
        self._broken: dict[str, FailedCell] = {}
        self._listed: Sequence[FailedCell] = ()
        self._proposed: FailedCell | None = None

    @property
    def hint(self) -> str:
        """What can be typed; empty where no cell is red."""
        return "r and Enter records a failed cell again; " if self._failed else ""

    def note(
        self,
        failed: Collection[FailedCell],
        *,
        broken: Collection[FailedCell] = (),
        run: Callable[[FailedCell], bool],
    ) -> None:
        """What a run has come to: `run` tells whether a cell of before was in it, or lay in its files.

        `broken` are cases that have no cells, such as one whose generated rows are stale.
        """
        self._failed = _noted(self._failed, failed, run)
        self._broken = _noted(self._broken, broken, run)
        self.drop()

    def drop(self) -> None:
        """Forget what was asked: something else happened meanwhile."""
        self._listed, self._proposed = (), None

    def take(self, line: str) -> FailedCell | None:
        """Answer to a line; the cell to record now, if that was what it said."""
        proposed, listed = self._proposed, self._listed
        self.drop()
        if proposed is not None and line in ("", "y", "yes"):
            return proposed
        if proposed is not None:
            self._say("nothing was recorded")
        elif listed and line.isascii() and line.isdigit() and 1 <= int(line) <= len(listed):
            self._propose(listed[int(line) - 1])
        elif line.lower() == "r":
            self._list()
        elif line:
            self._say(f"{self.hint}Ctrl-C ends it" if self._failed else "no cell has failed; Ctrl-C ends it")
        return None

    def _list(self) -> None:
        failed = list(self._failed.values())
        if not failed and self._broken:
            first, *rest = self._broken
            others = f" (and {len(rest):,} more)" if rest else ""
            self._say(
                f"no cell has failed: there is nothing to record again; {first}{others} cannot run: what its 'help' "
                "says mends it, a command in another terminal"
            )
        elif not failed:
            self._say("no cell has failed: there is nothing to record again")
        elif len(failed) == 1:
            self._propose(failed[0])
        else:
            self._listed = failed[:_MOST_LISTED]
            for number, cell in enumerate(self._listed, start=1):
                self._say(f"{number:3}  {cell.nodeid}")
            more = len(failed) - len(self._listed)
            self._say(f"{f'and {more} more; ' if more else ''}which one? Its number and Enter; Enter alone is none")

    def _propose(self, cell: FailedCell) -> None:
        forecast = self._forecast(cell)
        if forecast is None:
            self._say(f"{cell.nodeid} cannot be found any more")
        elif forecast.unset:
            names = ", ".join(forecast.unset)
            self._say(f"{cell.nodeid} cannot be recorded: key not set: {names}; set it in .env, or start again with it")
        else:
            self._proposed = cell
            self._say(f"{cell.nodeid}: {forecast.cost}; Enter records it again, anything else does not")


def _noted(
    before: Mapping[str, FailedCell], found: Collection[FailedCell], run: Callable[[FailedCell], bool]
) -> dict[str, FailedCell]:
    return {name: each for name, each in before.items() if not run(each)} | {each.nodeid: each for each in found}
