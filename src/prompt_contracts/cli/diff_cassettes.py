"""`prompt-contracts cassettes diff`: what is another in recordings than at a revision. Changes nothing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from prompt_contracts.cli.case_selection import given_root
from prompt_contracts.cli.output import counted, print_text, say
from prompt_contracts.cli.recordings_scope import recordings_folder, typed_path
from prompt_contracts.cli.shown_recordings import covered
from prompt_contracts.engine.project import find_root
from prompt_contracts.errors import UsageError
from prompt_contracts.upkeep.changed_recordings import changed_recordings
from prompt_contracts.upkeep.git_repository import GitRepository
from prompt_contracts.upkeep.run_defaults import read_run_defaults


def diff_cassettes(words: Sequence[str], *, root: Path | None, cassettes: str | None) -> int:
    """Print each recording that changed; 1 when one cannot be read."""
    top = given_root(root)
    home = top if root is not None else find_root(top, default=top)
    revision, names = _revision(words, home)
    folder = recordings_folder(cassettes, read_run_defaults(home, os.environ)) or Path("cassettes")
    places = [Path.cwd() / name for name in names] or [home / folder]
    cover = covered(home)
    found = list(changed_recordings(revision, places, environ=os.environ, cover=cover))
    for each in found:
        print_text(cover("\n".join([f"{typed_path(each.path)}  {each.diff.summary}", *_indented(each.diff.lines)])))
    say(
        f"{counted(len(found), 'recording')} changed since {revision}" if found else f"nothing changed since {revision}"
    )
    return int(any(each.diff.is_unreadable for each in found))


def _indented(lines: Sequence[str]) -> list[str]:
    return [*(f"    {line}" for line in lines), ""] if lines else []


def _revision(words: Sequence[str], home: Path) -> tuple[str, Sequence[str]]:
    """The revision, `HEAD` where none is named, and the paths."""
    if not words:
        return "HEAD", ()
    first, *rest = words
    is_path = os.path.lexists(Path.cwd() / first)
    is_revision = GitRepository(home, environ=os.environ).commit(first) is not None
    if is_path and is_revision:
        raise UsageError(f"{first}: both a revision and a path: write HEAD {first}, or {first} ./{first}")
    if is_revision:
        return first, rest
    if is_path or rest or "/" in first:
        return "HEAD", words
    raise UsageError(f"{first}: neither a revision nor a path")
