"""The case files of a command: where the project is, what is selected, what is broken in it."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from prompt_contracts.cli.output import counted, say
from prompt_contracts.data_class import dataclass
from prompt_contracts.diagnostic import Diagnostic
from prompt_contracts.engine.loading import LoadedFile
from prompt_contracts.engine.projects import Project, Projects
from prompt_contracts.engine.run_options import RunOptions
from prompt_contracts.engine.selection import load_selected
from prompt_contracts.errors import UsageError
from prompt_contracts.renderers.diagnostics import diagnostics_text
from prompt_contracts.secret import Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """The projects of one command, and their case files."""

    projects: Projects

    @property
    def files(self) -> tuple[LoadedFile, ...]:
        """The case files of all projects."""
        return tuple(file for project in self.projects.found for file in project.files.values())

    @property
    def passed_over(self) -> tuple[str, ...]:
        """What the case files name by `$python`, where none of it was looked up."""
        return tuple(dict.fromkeys(name for project in self.projects.found for name in project.run.passed_over))

    @property
    def is_broken(self) -> bool:
        """Whether a case cannot be used as it is written."""
        return any(file.broken for file in self.files)

    def placed(self, diagnostics: Iterable[Diagnostic], project: Project) -> tuple[Diagnostic, ...]:
        """Findings of a project, each once, with places that start from the working directory; unmasked."""
        placement = project.seen_from(Path.cwd())
        return tuple(placement.diagnostic(one) for one in dict.fromkeys(diagnostics))


def load_cases(
    names: Sequence[str],
    *,
    root: Path | None,
    models: tuple[str, ...] | None = None,
    is_strict: bool = False,
    no_code: bool,
    cassettes: Path | None = None,
    has_to_find: bool = True,
    purpose: Literal["checking", "measuring", "looking"] | None = None,
) -> Loaded:
    """The case files that the names select; `UsageError` for a name that selects nothing.

    With a `root` of None each file has its own: the nearest folder with a project configuration, else the
    working directory. Nobody is asked: models are optional. `cassettes` is absolute where somebody named it. Where
    nothing `has_to_find` a case file, names that select none are passed over. Where they are read for `checking`,
    nothing is imported for `$python`; for `measuring` their strength, they carry the columns of their rows. Where
    somebody is only `looking` at what they use, nothing of the project is imported at all.
    """
    top = given_root(root)
    folder = cassettes or _CASSETTES
    options = RunOptions(
        root=top,
        cassettes=top / folder,
        is_folder_named=folder.is_absolute(),
        shown_from=Path.cwd(),
        models=models,
        model_option="--model",
        strict=is_strict,
        is_code_refused=no_code or is_code_refused_here(),
        is_python_passed_over=purpose in ("checking", "looking"),
        is_code_passed_over=purpose == "looking",
        is_model_needed=False,
        keeps_columns=purpose == "measuring",
    )
    projects = Projects(options, environ=Environment(os.environ), cassettes=folder, is_fixed=root is not None)
    was_enabled = gc.isenabled()
    gc.disable()  # what is loaded stays: looking for garbage in it is time for nothing
    try:
        load_selected(projects, names, folder=Path.cwd(), has_to_find=has_to_find)
        return Loaded(projects=projects)
    finally:
        if was_enabled:
            gc.enable()


def is_code_refused_here() -> bool:
    """What the variable of the option says: a command must not be a way around it."""
    text = os.environ.get(_NO_CODE, "").lower()
    if text in ("", "0", "false", "no", "off"):
        return False
    if text in ("1", "true", "yes", "on"):
        return True
    raise UsageError(f"{_NO_CODE}={text}: write 1 or 0")


_NO_CODE = "PROMPT_CONTRACTS_NO_CODE"
_CASSETTES = Path("cassettes")


def given_root(given: Path | None) -> Path:
    """The folder that was given, or the working directory."""
    if given is None:
        return Path.cwd()
    if not given.is_dir():
        raise UsageError(f"--root {given}: there is no such folder")
    return Path(os.path.normpath(given.absolute()))


def say_what_is_wrong(loaded: Loaded) -> None:
    """The mistakes in the case files, on standard error; warnings are counted, and told by `check`."""
    for project in loaded.projects.found:
        for file in project.files.values():
            found = loaded.placed((one for broken in file.broken for one in broken.diagnostics), project)
            if found:
                say(loaded.projects.masked(findings_text(found)) + "\n")
    warnings = sum(len(file.warnings) for file in loaded.files)
    if warnings:
        say(f"{counted(warnings, 'warning')} about the cases: prompt-contracts check tells them")


def findings_text(diagnostics: Iterable[Diagnostic]) -> str:
    """Diagnostics for a person, who can tell warnings from errors."""
    return diagnostics_text(
        replace(one, message=f"warning: {one.message}") if one.severity == "warning" else one for one in diagnostics
    )
