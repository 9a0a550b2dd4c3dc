"""How the paths of one project read in another folder, such as the one that pytest was started in."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from prompt_contracts.case import Case
from prompt_contracts.data_class import dataclass
from prompt_contracts.diagnostic import Diagnostic
from prompt_contracts.failure import Failure
from prompt_contracts.location import Location
from prompt_contracts.measured_cell import MeasuredCell
from prompt_contracts.strength import CaseStrength
from prompt_contracts.verdict import CaseResult, TrialResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """The way from a folder to the root of a project."""

    root: Path
    folder: Path

    @property
    def is_here(self) -> bool:
        """Whether both are the same, and nothing changes."""
        return self.root == self.folder

    def path(self, path: str) -> str:
        """A path that starts from the root, as one that starts from the folder."""
        return relative(self.root / path, self.folder)

    def location(self, location: Location) -> Location:
        """The same place, seen from the folder."""
        return location if self.is_here else replace(location, path=self.path(location.path))

    def diagnostic(self, diagnostic: Diagnostic) -> Diagnostic:
        """The same finding, its place seen from the folder."""
        return diagnostic if self.is_here else replace(diagnostic, location=self.location(diagnostic.location))

    def case(self, case: Case) -> Case:
        """The same case, its place seen from the folder."""
        return case if self.is_here else replace(case, location=self.location(case.location))

    def result(self, result: CaseResult) -> CaseResult:
        """The same result, its id and its places seen from the folder."""
        if self.is_here:
            return result
        path = self.path(result.path)
        return replace(
            result,
            id=path + result.id.removeprefix(result.path),
            path=path,
            cassette=self.path(result.cassette),
            trials=tuple(map(self._trial, result.trials)),
        )

    def case_strength(self, found: CaseStrength) -> CaseStrength:
        """The same strength, its places seen from the folder; its id stays that of the project."""
        if self.is_here:
            return found
        places = tuple(replace(place, location=self.location(place.location)) for place in found.places)
        return replace(found, location=self.location(found.location), places=places)

    def measured_cell(self, found: MeasuredCell) -> MeasuredCell:
        """The same measures, their places seen from the folder; its id stays that of the project."""
        if self.is_here:
            return found
        places = tuple(
            place if place.location is None else replace(place, location=self.location(place.location))
            for place in found.places
        )
        return replace(found, location=self.location(found.location), places=places)

    def _trial(self, trial: TrialResult) -> TrialResult:
        return replace(trial, failures=tuple(map(self._failure, trial.failures)))

    def _failure(self, failure: Failure) -> Failure:
        return replace(failure, location=self.location(failure.location))


def relative(path: Path, folder: Path) -> str:
    """A path from a folder, with forward slashes; as it is where no way leads there, as between drives of Windows."""
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:
        return path.as_posix()
