"""Where `prompt-contracts reduce` writes: its own files alone, in a folder that no run takes for one of its cases."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from prompt_contracts.cases.sniffing import may_be_case_file
from prompt_contracts.engine.namesakes import Namesakes
from prompt_contracts.engine.placement import relative
from prompt_contracts.engine.projects import Project
from prompt_contracts.errors import UsageError
from prompt_contracts.exchange.case_text import case_text
from prompt_contracts.scaffold.planned_file import Folder
from prompt_contracts.transport.cassette_paths import cassette_path
from prompt_contracts.trial import Cell
from prompt_contracts.upkeep.run_defaults import read_run_defaults

RECORDINGS = "cassettes"
"""The folder of the result's recording, beside the case file."""
_SEAL = "# Written by prompt-contracts reduce, and written over only while it is as it was written: "


def reduction_folder(project: Project, out: Path | None, cell: Cell) -> Path:
    """Where everything goes: in the project, whose configuration names the providers.

    `UsageError` where anything of others is there, or a run would not find the result.
    """
    given = Path("reduced") / _short_name(cell) if out is None else out
    folder = Path(os.path.normpath(given.absolute()))
    if not folder.is_relative_to(project.root):
        raise UsageError(f"--out {given}: choose a folder in {project.root}, whose configuration holds for the cell")
    there = Folder(root=project.root.resolve())
    name = (folder.relative_to(project.root) / file_name(cell)).as_posix()
    before = there.read_text(name)
    problem = next(_problems(project, folder, cell, before), None)
    if problem is None and (reason := there.problem(name)) is not None:
        problem = f"cannot be written: {reason}"
    if problem is not None:
        raise UsageError(f"--out {given}: {problem}: nobody was asked")
    return folder


def file_name(cell: Cell) -> str:
    """The name of the case file."""
    return f"{cell.case.name}.yaml"


def head(cell: Cell) -> str:
    """What the case file says of itself."""
    return f"What prompt-contracts reduce left of {cell.id}."


def sealed(text: str) -> str:
    """The text with a line before it by which one sees whether somebody has changed it."""
    return f"{_SEAL}{_digest(text)}\n{text}"


def _is_as_written(text: str) -> bool:
    line, _, rest = text.replace("\r\n", "\n").partition("\n")
    return line == f"{_SEAL}{_digest(rest)}"


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:12]


def _problems(project: Project, folder: Path, cell: Cell, before: str | None) -> Iterator[str]:
    """Why the result of a cell cannot lie in a folder, where `before` is what its file holds by now."""
    root, file = project.root, file_name(cell)
    if before is not None and case_text({}, head=[head(cell)]).strip() not in before.replace("\r\n", "\n"):
        yield f"{file} there is another file; choose another folder"
    if before is not None and not _is_as_written(before):
        yield f"{file} there was changed since it was written; move it elsewhere, or choose another folder"
    recordings = root / (read_run_defaults(root, os.environ).cassettes or RECORDINGS)
    for taken in dict.fromkeys([root / "cases", (root / cell.case.path).parent, recordings]):
        if taken != root and folder.is_relative_to(taken):
            shown = relative(taken, root)
            yield f"a run of {shown} would not find the recording of the result; choose a folder outside of {shown}"
    name = (folder.relative_to(root) / file).as_posix()
    for twin in Namesakes(root).of_file(name):
        if may_be_case_file(root / twin):
            yield f"{name} would share its recordings with {twin}; choose another folder"
    recording = folder / RECORDINGS / _recording(cell, name)
    if before is None and recording.is_relative_to(recordings) and recording.exists():
        yield f"{relative(recording, root)} is there already; choose another folder"


def _recording(cell: Cell, name: str) -> str:
    return cassette_path(replace(cell.case, path=name, row=None, relation=None, prompt=None))


def _short_name(cell: Cell) -> str:
    case = cell.case
    return "-".join(part for part in (case.name, case.row, case.relation, case.prompt) if part is not None)
