"""Cases -> cells: resolves targets, applies the run's options, keeps recordings apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from prompt_contracts.case import Case
from prompt_contracts.diagnostic import Diagnostic
from prompt_contracts.errors import CaseError
from prompt_contracts.linting.acceptance import choose
from prompt_contracts.location import Location
from prompt_contracts.providers.resolution import UnknownProviderError, resolve_target
from prompt_contracts.settings import Settings
from prompt_contracts.target import Target
from prompt_contracts.transport.cassette_paths import cassette_path
from prompt_contracts.trial import Cell

NO_MODEL = Target(provider="replies", model="any", base_url=None, key_required=False)
"""Stands for the model of a case that names none, where nobody is asked. It has no price."""


class Planner:
    """Makes the cells of one run, and refuses two that would share a recording or an id."""

    def __init__(
        self,
        *,
        settings: Settings,
        environ: Mapping[str, str],
        trials: int | None = None,
        is_model_needed: bool = True,
    ) -> None:
        self._settings = settings
        self._environ = environ
        self._trials = trials
        self._is_model_needed = is_model_needed
        self._targets: dict[str, Target] = {}
        self._owners: dict[str, str] = {}
        self._recordings: dict[str, str] = {}

    def plan(self, case: Case, *, taken: Mapping[str, str]) -> Cell:
        """The cell of a case; `CaseError` when its model cannot be resolved, or its recording or its id is taken.

        `taken` are the recordings, without regard to case, and the cells of files that this run may not have loaded.
        """
        target = self._target(case)
        if self._trials is not None:
            case = replace(case, trials=self._trials)
        path, own = cassette_path(case), case.id
        # Two names that differ in case are one file on macOS and Windows.
        folded = path.casefold()
        owner = taken.get(folded) or self._owners.setdefault(folded, own)
        if owner != own:
            raise _error(
                case,
                "PC124",
                f"this cell and {owner} would share the recording {path}",
                "rename the case, the row, the relation, the prompt or the file",
            )
        # The parts of an id are joined by hyphens, and may hold some themselves.
        if self._recordings.setdefault(own, path) != path:
            raise _error(
                case,
                "PC124",
                f"two cells would share the id {own}, with the recordings {self._recordings[own]} and {path}",
                "rename the row, the relation or the prompt",
            )
        choice = choose(case, target)
        return Cell(case=case, target=target, cassette=path, endpoint=choice.endpoint, endpoint_reason=choice.reason)

    def _target(self, case: Case) -> Target:
        if case.model is None:
            if not self._is_model_needed:
                return NO_MODEL
            raise _error(
                case,
                "PC105",
                "no model: neither the case, nor its file, nor the project names one",
                "write models: [provider:model] in the file, or give --pc-model provider:model",
                cause="no model",
            )
        # Cells of one model share their target: thousands of rows resolve it once.
        target = self._targets.get(case.model)
        if target is None:
            target = self._targets[case.model] = self._resolve(case, case.model)
        return target

    def _resolve(self, case: Case, model: str) -> Target:
        try:
            return resolve_target(model, settings=self._settings, environ=self._environ)
        except UnknownProviderError as error:
            source = f"[tool.prompt_contracts.providers] in {self._settings.source}"
            advice = f"correct the id, or declare the provider under {source}"
            place = case.places.get("/model") or self._settings.model_places.get(model)
            raise _error(case, "PC123", str(error), advice, place=place, cause=f"{place} {error}") from None


def _error(
    case: Case, code: str, message: str, advice: str, *, place: Location | None = None, cause: str | None = None
) -> CaseError:
    found = Diagnostic(code=code, message=message, location=place or case.location, help=advice, cause=cause)
    return CaseError((found,))
