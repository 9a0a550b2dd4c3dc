"""`prompt-contracts check`: everything that is wrong with case files, without running anything."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, assert_never

from prompt_contracts.cli.case_selection import Loaded, findings_text, load_cases
from prompt_contracts.cli.output import counted, print_commands, print_text, say
from prompt_contracts.diagnostic import Diagnostic
from prompt_contracts.renderers.diagnostics import github_annotations, json_diagnostics


def check_cases(
    cases: Sequence[str], *, form: Literal["text", "json", "github"], root: Path | None, is_strict: bool, no_code: bool
) -> int:
    """Print every finding; 1 when one of them is an error. Warnings are errors where `is_strict`."""
    loaded = load_cases(cases, root=root, is_strict=is_strict, no_code=no_code, purpose="checking")
    found = [_masked(loaded, diagnostic) for diagnostic in _findings(loaded)]
    errors = sum(diagnostic.severity == "error" for diagnostic in found)
    match form:
        case "json":
            print_text(json_diagnostics(found))
        case "github":
            if found:
                print_commands(github_annotations(found, folder=folder_for_annotations()))
        case "text":
            if found:
                print_text(findings_text(found) + "\n")
        case _:
            assert_never(form)
    if loaded.passed_over:
        names = ", ".join(loaded.passed_over)
        say(f"not looked at, since check imports nothing for $python: {names}; a run reads them")
    say(_summary(loaded, errors, len(found) - errors))
    return int(errors > 0)


def _findings(loaded: Loaded) -> list[Diagnostic]:
    """Each finding once, project by project and file by file, in the order of its places."""
    found: dict[Diagnostic, None] = {}
    for project in loaded.projects.found:
        for file in project.files.values():
            own = [*(one for broken in file.broken for one in broken.diagnostics), *file.warnings]
            own.sort(key=lambda one: (one.location.path, one.location.line, one.location.column))
            found |= dict.fromkeys(loaded.placed(own, project))
    return list(found)


def _masked(loaded: Loaded, diagnostic: Diagnostic) -> Diagnostic:
    def masked(text: str | None) -> str | None:
        return None if text is None else loaded.projects.masked(text)

    return replace(
        diagnostic,
        message=loaded.projects.masked(diagnostic.message),
        help=masked(diagnostic.help),
        source_line=masked(diagnostic.source_line),
    )


def folder_for_annotations() -> str:
    """The working directory as seen from the top of the repository, which is where GitHub looks for files."""
    top = os.environ.get("GITHUB_WORKSPACE") or Path.cwd()
    folder = os.path.relpath(Path.cwd(), top).replace(os.sep, "/")
    return "" if folder == "." or folder.startswith("..") else folder


def _summary(loaded: Loaded, errors: int, warnings: int) -> str:
    cases = sum(len({cell.case.name for cell in file.cells}) for file in loaded.files)
    broken = sum(len(file.broken) for file in loaded.files)
    facts = [counted(len(loaded.files), "file"), counted(cases, "sound case")]
    facts += [counted(broken, "broken case")] if broken else []
    facts += [counted(errors, "error"), counted(warnings, "warning")]
    return " · ".join(facts)
