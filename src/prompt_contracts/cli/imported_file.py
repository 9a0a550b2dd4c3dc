"""A case file that was imported: sound as `check` sees it, and put in place whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

from prompt_contracts.cli.case_selection import load_cases
from prompt_contracts.cli.output import counted, say
from prompt_contracts.errors import UsageError
from prompt_contracts.exchange.case_text import Remarked, Tree, case_text
from prompt_contracts.exchange.unfinished import UNFINISHED
from prompt_contracts.transport.cassette_store import write_text
from prompt_contracts.transport.key_shape import shape_in

_FILE = "file"
"""What the loader calls a mistake that is in no case."""


def sound(
    tree: Mapping[str, Tree], dropped: list[str], *, files: Mapping[str, str] = MappingProxyType({})
) -> dict[str, Tree]:
    """The cases as `check` takes them: what it refuses to expect is left for a person to write."""
    first = _refused(tree, files)
    cases = [_unfinished(case, first.get(str(case["name"]))) for case in cases_of(tree)]
    still = _refused({**tree, "cases": list[Tree](cases)}, files) if first else {}
    for case in cases:
        name = str(case["name"])
        if name in still:
            dropped.append(f"case {name} is refused here: {still[name]}")
        elif name in first:
            dropped.append(f"case {name}: its expectation is refused here: {first[name]}")
    tree = {**tree, "cases": list[Tree]([case for case in cases if str(case["name"]) not in still])}
    as_a_whole = _refused(tree, files).get(_FILE) if cases_of(tree) else None
    if as_a_whole is not None:
        dropped.append(f"the file as a whole is refused here: {as_a_whole}")
    return dict(tree) if cases_of(tree) else {}


def _unfinished(case: dict[str, Tree], why: str | None) -> dict[str, Tree]:
    """The case, what it expects left to be written where that is refused."""
    if why is None:
        return case
    return {**case, "expect": Remarked(value={"text": UNFINISHED}, remarks=(f"not carried over: {why}",))}


def cases_of(tree: Mapping[str, Tree]) -> list[dict[str, Tree]]:
    """The cases of a file."""
    cases = tree["cases"]
    return [case for case in cases if isinstance(case, dict)] if isinstance(cases, list) else []


def _refused(tree: Mapping[str, Tree], files: Mapping[str, str]) -> dict[str, str]:
    """Name of a case -> what `check` says of it."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "cases.yaml"
        path.write_text(case_text(tree), encoding="utf-8", newline="\n")
        for name, text in files.items():
            (Path(folder) / name).parent.mkdir(exist_ok=True)
            (Path(folder) / name).write_text(text, encoding="utf-8", newline="\n")
        loaded = load_cases([str(path)], root=Path(folder), no_code=True)
        # A variable of the environment may be set elsewhere.
        return {
            broken.name: f"{told[0].code} {told[0].message}"
            for file in loaded.files
            for broken in file.broken
            if (told := [each for each in broken.diagnostics if "environment variable" not in each.message])
        }


def put_in_place(target: Path, text: str, source: Path, *, is_forced: bool) -> None:
    """Write a file whole or not at all; `UsageError` where another one, a link or a key is in the way."""
    shape = shape_in([text])
    if shape is not None:
        raise UsageError(f"{source} holds what looks like {shape}: nothing is written; take it out first")
    refuse_target(target, source, is_forced=is_forced)
    put_text(target, text)


def refuse_target(target: Path, source: Path, *, is_forced: bool) -> None:
    """`UsageError` where a file may not be written: it is the one that is read, is there, or lies behind a link."""
    if target.exists() and source.exists() and target.samefile(source):
        raise UsageError(f"{target} is the file that is read: give another folder with --out")
    if target.is_symlink() or _leads_out(target.parent):
        raise UsageError(f"{target} is a link or lies behind one, and no file is written through one")
    if target.exists() and not is_forced:
        raise UsageError(f"{target} is there already: give --force to overwrite it, or another folder with --out")


def put_text(target: Path, text: str) -> None:
    """Write a file in one step."""
    try:
        write_text(target, text)
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror}") from None


def _leads_out(folder: Path) -> bool:
    """Whether a folder below this one is, by a link, somewhere else."""
    here, there = Path.cwd(), Path(os.path.abspath(folder))  # noqa: PTH100 - links are to stay as they are
    return there.is_relative_to(here) and not folder.resolve().is_relative_to(here.resolve())


def tell_of_losses(dropped: Sequence[str], differences: Sequence[str], *, is_written: bool) -> None:
    """Say what is not in the file, and what is not quite the same in it."""
    for each in dropped:
        say(f"not carried over: {each}")
    for each in differences:
        say(f"differs: {each}")
    if not is_written:
        say("nothing is written: no test could be carried over")
    elif dropped:
        say(f"{counted(len(dropped), 'part')} not carried over; prompt-contracts check tells whether the rest is sound")
