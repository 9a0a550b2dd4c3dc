"""`prompt-contracts init`: sample cases that are green at once, and what a project needs around them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from shlex import join

from prompt_contracts.cli.output import counted, print_text
from prompt_contracts.errors import UsageError
from prompt_contracts.scaffold.plan import Plan, plan_scaffold
from prompt_contracts.scaffold.planned_file import PlannedFile
from prompt_contracts.upkeep.git_repository import GitRepository

EXAMPLE_MODEL = "openai:gpt-5-mini"


def init_project(folder: Path, *, is_forced: bool, has_git: bool = False) -> int:
    """Write the scaffold into a folder, and say of each file what became of it."""
    repository = _repository(folder) if has_git else None
    plan = plan_scaffold(folder, is_forced=is_forced, has_git=has_git)
    plan.carry_out()
    lines = [*map(_line, plan.files), *([] if repository is None else [_set_driver(repository, is_forced=is_forced)])]
    print_text("\n".join([*lines, "", _sum(plan), *_next_commands(folder)]))
    return 0


def _repository(folder: Path) -> GitRepository:
    """The one that the folder lies in. `UsageError` before anything is written where it lies in none."""
    place = folder.absolute()
    try:
        return GitRepository(next(each for each in (place, *place.parents) if each.is_dir()), environ=os.environ)
    except UsageError as error:
        raise UsageError(f"--git: {error}: nothing was written; type git init first") from None


def _set_driver(repository: GitRepository, *, is_forced: bool) -> str:
    # By its whole path: git compares files in windows and programs that know nothing of this environment.
    wanted = f"{_quoted([sys.executable, '-m', 'prompt_contracts'])} cassettes textconv"
    present, path = repository.driver, ".git/config"
    if present == wanted:
        return _line(PlannedFile(path=path, fate="as it is"))
    if present is not None and not is_forced:
        return _line(PlannedFile(path=path, fate="left alone", reason=f"git shows recordings by {present}"))
    repository.set_driver(wanted)
    return _line(PlannedFile(path=path, fate="extended", reason="git diff shows recordings as text"))


def _line(file: PlannedFile) -> str:
    return f"{file.fate:<11} {file.path}{f': {file.reason}' if file.reason else ''}"


def _sum(plan: Plan) -> str:
    number = len(plan.changes)
    return f"{counted(number, 'file')} written" if number else "nothing to do: every file is as it is to be, or yours"


def _next_commands(folder: Path) -> list[str]:
    pytest, ours = _program("pytest", "pytest"), _program("prompt-contracts", "prompt_contracts")
    place, cases = _typed(folder)
    commands = (
        ([*pytest, cases], "replays the recorded answers: no key, no network"),
        ([*ours, "check", cases], "tells every mistake in case files, and runs nothing"),
        (
            [*pytest, cases, f"--pc-model={EXAMPLE_MODEL}", "--pc-record=once"],
            "asks a model of yours: its key in the environment or in .env",
        ),
    )
    # A remark behind a command is an argument of it in the shell of a Mac.
    lines = (f"  {place}{_quoted(words)}\n      {meaning}" for words, meaning in commands)
    return ["", "next:", *lines]


def _typed(folder: Path) -> tuple[str, str]:
    """What comes before a command, and the folder of the cases in it, as they are typed from here."""
    here, there = Path.cwd(), folder.resolve()
    if there == here.resolve():
        return "", "cases"
    near = os.path.relpath(there, here) if there.is_relative_to(here) else str(there)
    path = f"./{near}" if near.startswith("-") else near
    # pytest takes what stands in brackets, or behind two colons, for the name of a test.
    if "[" in path or "::" in path:
        return f"cd {_quoted([path])} && ", "cases"
    return "", f"{Path(path).as_posix() if os.name == 'nt' else path}/cases"


def _program(name: str, module: str) -> list[str]:
    """How a program of this environment is called: by its name, where that finds it."""
    found = shutil.which(name)
    if found is not None and Path(found).parent == Path(sys.executable).parent:
        return [name]
    return [sys.executable, "-m", module]


def _quoted(words: list[str]) -> str:
    return subprocess.list2cmdline(words) if os.name == "nt" else join(words)
