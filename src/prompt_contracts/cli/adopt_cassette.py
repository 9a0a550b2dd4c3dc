"""`prompt-contracts cassettes adopt`: a cassette of vcrpy or pytest-recording becomes the recording of a cell."""

from __future__ import annotations

import os
from pathlib import Path

from prompt_contracts.cli.case_selection import load_cases, say_what_is_wrong
from prompt_contracts.cli.output import counted, say
from prompt_contracts.cli.recordings_scope import recordings_folder, typed_path
from prompt_contracts.engine.project import find_root
from prompt_contracts.engine.projects import Project
from prompt_contracts.errors import UsageError
from prompt_contracts.transport.cassette_file import Entry, read_entries
from prompt_contracts.transport.cassette_store import read_text, write_problem, write_text
from prompt_contracts.transport.cassette_yaml import UnreadableError
from prompt_contracts.transport.recording_links import link_problem
from prompt_contracts.trial import Cell
from prompt_contracts.upkeep.adoption import adopt
from prompt_contracts.upkeep.run_defaults import read_run_defaults

_MOST_NAMED = 5


def adopt_cassette(
    file: str, *, case: str, root: Path | None, no_code: bool, cassettes: str | None, is_forced: bool
) -> int:
    """Write the recording of the cell; 1, and nothing is written, where the file does not answer it."""
    entries = _entries(file)
    path, separator, name = case.partition("::")
    if not separator or not name:
        raise UsageError(f"--case {case}: give the id of a cell, such as cases/weather.yaml::greets[openai:gpt-5-mini]")
    home = root or find_root(Path.cwd(), default=Path.cwd())
    folder = recordings_folder(cassettes, read_run_defaults(home, os.environ))
    loaded = load_cases([path], root=root, no_code=no_code, cassettes=folder)
    say_what_is_wrong(loaded)
    project, cell = _cell([(one, cell) for one in loaded.projects.found for cell in _cells(one)], name, case)
    place = project.run.options.cassettes / cell.cassette
    if os.path.lexists(place) and not is_forced:
        say(f"nothing was written: {typed_path(place)} is there already; --force writes over it")
        return 1
    problem = link_problem(place, project.run.places) or write_problem(place)
    if problem is not None:
        say(f"nothing was written: {typed_path(place)}: {problem}")
        return 1
    found = adopt(entries, shown=file, cell=cell, project=project, environ=os.environ)
    if found.text is None:
        say(loaded.projects.masked(f"nothing was written: {cell.id}: {found.problem}"))
        return 1
    try:
        write_text(place, found.text)
    except OSError as error:
        say(f"nothing was written: {typed_path(place)}: {error.strerror or error}")
        return 1
    taken = counted(found.interactions, "interaction")
    of_all = "" if found.interactions == len(entries) else f" of {len(entries):,}"
    say(f"wrote {typed_path(place)}: {taken}{of_all}, for {cell.id}")
    return 0


def _entries(file: str) -> tuple[Entry, ...]:
    try:
        text = read_text(Path.cwd() / file)
        if text is not None:
            return read_entries(text)
    except UnreadableError as error:
        raise UsageError(f"{file}: PC204 it cannot be read: {error}") from None
    raise UsageError(f"{file}: there is no such file")


def _cells(project: Project) -> list[Cell]:
    return [cell for file in project.files.values() for cell in file.cells]


def _cell(cells: list[tuple[Project, Cell]], name: str, case: str) -> tuple[Project, Cell]:
    """The one cell of that name, or of that case where it has one alone."""
    found = [each for each in cells if each[1].case.item_name == name]
    found = found or [each for each in cells if each[1].case.name == name]
    if len(found) == 1:
        return found[0]
    names = [cell.case.item_name for _, cell in found or cells]
    shown = ", ".join(names[:_MOST_NAMED]) + (f" and {len(names) - _MOST_NAMED:,} more" if names[_MOST_NAMED:] else "")
    if found:
        raise UsageError(f"--case {case}: these cells have that name, give one of them: {shown}")
    raise UsageError(f"--case {case}: there is no such cell that can be run; the file has {shown or 'none'}")
