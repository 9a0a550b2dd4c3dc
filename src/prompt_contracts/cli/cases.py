"""The case files of a command: where the project is, what is selected, what is broken in it."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from prompt_contracts.cli.output import counted, say
from prompt_contracts.diagnostic import Diagnostic
from prompt_contracts.engine.loading import LoadedFile
from prompt_contracts.engine.options import RunOptions
from prompt_contracts.engine.project import find_root
from prompt_contracts.engine.run import Run
from prompt_contracts.engine.selection import load_selected
from prompt_contracts.errors import UsageError
from prompt_contracts.renderers.diagnostics import diagnostics_text
from prompt_contracts.secret import Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """The run of one command, and its case files."""

    run: Run
    files: tuple[LoadedFile, ...]

    @property
    def is_broken(self) -> bool:
        """Whether a case cannot be used as it is written."""
        return any(file.broken for file in self.files)


def load_cases(
    names: Sequence[str], *, root: Path | None, models: tuple[str, ...] | None = None, is_strict: bool = False
) -> Loaded:
    """The case files that the names select; `UsageError` for a name that selects nothing.

    `root` of None is the nearest folder with a project configuration. Nobody is asked: models are optional.
    """
    top = project_root(root)
    run = Run(
        RunOptions(
            root=top,
            cassettes=top / "cassettes",
            models=models,
            model_option="--model",
            strict=is_strict,
            is_model_needed=False,
        ),
        environ=Environment(os.environ),
    )
    was_enabled = gc.isenabled()
    gc.disable()  # what is loaded stays: looking for garbage in it is time for nothing
    try:
        return Loaded(run=run, files=load_selected(run, names, folder=Path.cwd()))
    finally:
        if was_enabled:
            gc.enable()


def project_root(given: Path | None) -> Path:
    """The folder that was given, or the nearest one with a project configuration, or the working directory."""
    if given is None:
        return find_root(Path.cwd())
    if not given.is_dir():
        raise UsageError(f"--root {given}: there is no such folder")
    return Path(os.path.normpath(given.absolute()))


def say_what_is_wrong(loaded: Loaded) -> None:
    """The mistakes in the case files, on standard error; warnings are counted, and told by `check`."""
    for file in loaded.files:
        found = [one for broken in file.broken for one in broken.diagnostics]
        if found:
            say(loaded.run.masked(findings_text(found)) + "\n")
    warnings = sum(len(file.warnings) for file in loaded.files)
    if warnings:
        say(f"{counted(warnings, 'warning')} about the cases: prompt-contracts check tells them")


def findings_text(diagnostics: Iterable[Diagnostic]) -> str:
    """Diagnostics for a person, who can tell warnings from errors."""
    return diagnostics_text(
        replace(one, message=f"warning: {one.message}") if one.severity == "warning" else one for one in diagnostics
    )
