"""`prompt-contracts doctor`: what this environment has and lacks, and what would keep cases from running."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from prompt_contracts.cli.case_selection import Loaded, load_cases
from prompt_contracts.cli.list_models import read_timeout
from prompt_contracts.cli.output import counted, print_text, standard_output, terminal_width
from prompt_contracts.cli.recordings_scope import recordings_folder
from prompt_contracts.engine.environment_check import EnvironmentFact, examine
from prompt_contracts.engine.key_variables import read_key_environment
from prompt_contracts.engine.offered_models import OfferedModels, ask_for_models
from prompt_contracts.engine.project import configuration_names, find_root, read_settings
from prompt_contracts.engine.provider_overview import known_providers
from prompt_contracts.engine.pytest_surroundings import examine_pytest
from prompt_contracts.engine.secrecy import Secrecy
from prompt_contracts.errors import UsageError
from prompt_contracts.renderers.wrapping import wrapped
from prompt_contracts.secret import Environment
from prompt_contracts.transport.request_headers import is_key_missing
from prompt_contracts.trial import Cell
from prompt_contracts.upkeep.recording_needs import NeededRecording, needed_recordings
from prompt_contracts.upkeep.run_defaults import added_options, read_run_defaults

_SIGNS = {"ok": "ok      ", "note": "note    ", "problem": "PROBLEM "}
_INDENT = len(_SIGNS["ok"]) + 1
_MOST_LINES = 100
_NAMED = 5
"""Cells that are named of those that lack something."""


def doctor(cases: Sequence[str], *, is_live: bool, timeout: str) -> int:
    """Print the findings of the working directory; 1 when one of them is a problem."""
    seconds = read_timeout(timeout)
    here = Path.cwd()
    environ = Environment(os.environ)
    findings = list(examine(here, environ=environ))
    findings += examine_pytest(added_options(here, environ), environ)
    try:
        root = find_root(here, default=here)
        loaded = _loaded(cases, root)
        findings += _about_cases(loaded, is_selected=bool(cases))
        findings += _about_servers(root, loaded, seconds) if is_live else ()
    except UsageError as error:
        if cases:
            raise
        # A configuration that cannot be read was told of above.
        if error.code != "PC330":
            findings.append(EnvironmentFact(status="problem", subject="cases", text=str(error)))
    print_text("\n".join(line for finding in findings for line in _lines(finding)))
    return int(any(finding.status == "problem" for finding in findings))


def _lines(finding: EnvironmentFact) -> Iterator[str]:
    """The finding, on as many lines as a terminal needs; one line for whoever searches it with a program."""
    text = f"{finding.subject}: {finding.text}"
    if not standard_output().isatty():
        yield f"{_SIGNS[finding.status]} {text}"
        return
    width = terminal_width() - _INDENT
    for number, line in enumerate(wrapped(text, width=width, most=_MOST_LINES)):
        yield f"{_SIGNS[finding.status]} {line}" if number == 0 else f"{'':{_INDENT}}{line}"


def _loaded(cases: Sequence[str], root: Path) -> Loaded:
    """The case files that are named, else those of a project: a folder without one may be anything."""
    top = root if configuration_names(root) else root / "cases"
    folder = recordings_folder(None, read_run_defaults(root, os.environ))
    return load_cases(
        cases or [os.fspath(top)],
        root=None,
        no_code=False,
        cassettes=folder,
        has_to_find=bool(cases),
        purpose="looking",
    )


def _about_cases(loaded: Loaded, *, is_selected: bool) -> Iterator[EnvironmentFact]:
    status: Literal["problem", "note"] = "problem" if is_selected else "note"
    broken = [each for file in loaded.files for each in file.broken]
    sound = sum(len(file.cells) for file in loaded.files)
    if not loaded.files:
        return
    if broken:
        facts = f"{counted(len(broken), 'broken case')} beside {counted(sound, 'sound cell')}"
        text = f"{facts}: prompt-contracts check says why"
        yield EnvironmentFact(status=status, subject="cases", text=text)
    needs = [
        need
        for project in loaded.projects.found
        for need in needed_recordings(project.run, [cell for file in project.files.values() for cell in file.cells])
    ]
    yield from _about_recordings(needs, is_selected=is_selected)


def _about_recordings(needs: Sequence[NeededRecording], *, is_selected: bool) -> Iterator[EnvironmentFact]:
    unserved = [each for each in needs if each.need in ("missing", "stale", "unreadable")]
    unknown = sum(each.need == "unknown" for each in needs)
    served = counted(len(needs) - len(unserved) - unknown, "cell")
    text = f"{served} replayed as recorded" + (
        f"; of {unknown} that run code of the project only a run tells" if unknown else ""
    )
    if needs:
        yield EnvironmentFact(status="ok", subject="replay", text=text)
    for need, remedy in _REMEDIES.items():
        cells = [each.cell for each in unserved if each.need == need]
        if cells:
            text = f"{counted(len(cells), 'cell')}: {_told(cells)}; {remedy}"
            yield EnvironmentFact(status="problem" if is_selected else "note", subject=f"recordings {need}", text=text)
    unset = _unset_keys([each.cell for each in unserved])
    if unset:
        text = f"{', '.join(unset)}: recording them needs it; set it in the environment or in .env"
        yield EnvironmentFact(status="note", subject="keys for recording", text=text)


_REMEDIES = {
    "missing": "pytest with --pc-record asks for what is missing",
    "stale": "the request has changed: pytest with their ids and --pc-record=rewrite asks again",
    "unreadable": "a run says what is wrong with them",
}


def _told(cells: Sequence[Cell]) -> str:
    names = [cell.case.id for cell in cells[:_NAMED]]
    return ", ".join(names) + (f" and {len(cells) - _NAMED:,} more" if len(cells) > _NAMED else "")


def _unset_keys(cells: Sequence[Cell]) -> list[str]:
    here = Path.cwd()
    keys = read_key_environment(find_root(here, default=here), os.environ)
    names = {cell.target.api_key_env for cell in cells if is_key_missing(cell.target, keys.environ)}
    return sorted(name for name in names if name is not None)


def _about_servers(root: Path, loaded: Loaded, seconds: float) -> Iterator[EnvironmentFact]:
    """The providers of the cases, or where there are none those that are set up."""
    settings, keys = read_settings(root), read_key_environment(root, os.environ)
    wanted: dict[str, dict[str, None]] = {}
    for file in loaded.files:
        for cell in file.cells:
            wanted.setdefault(cell.target.provider, {})[cell.target.model] = None
    known = known_providers(settings, keys)
    chosen = [each for each in known if each.overview.name in wanted or (not wanted and each.overview.is_set_up)]
    secrecy = Secrecy(keys.environ, settings)
    if not chosen:
        text = "nobody was asked: no case names a model, and no key and no address is set"
        yield EnvironmentFact(status="note", subject="providers", text=text)
    for answer in ask_for_models(chosen, environ=keys.environ, secrets=lambda: secrecy.secrets, timeout=seconds):
        yield from _about_server(answer, list(wanted.get(answer.provider, ())))


def _about_server(answer: OfferedModels, models: Sequence[str]) -> Iterator[EnvironmentFact]:
    subject = f"provider {answer.provider}"
    if answer.problem is not None:
        yield EnvironmentFact(status="problem", subject=subject, text=f"{answer.problem}; replay needs no provider")
        return
    yield EnvironmentFact(
        status="ok", subject=subject, text=f"reached; it offers {counted(len(answer.models), 'model')}"
    )
    absent = [model for model in models if model not in answer.models]
    if absent and not answer.left_out:
        text = f"{', '.join(absent)}: not in its list, which some keep short; prompt-contracts models --live shows it"
        yield EnvironmentFact(status="note", subject=subject, text=text)
