"""`prompt-contracts cassettes scrub`: what our recordings never hold goes out of those of others."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from prompt_contracts.cli.case_selection import given_root
from prompt_contracts.cli.output import counted, print_text, say
from prompt_contracts.cli.recordings_scope import recordings_folder, typed_path
from prompt_contracts.engine.project import find_root, read_settings
from prompt_contracts.engine.secrecy import Secrecy, answer_texts
from prompt_contracts.errors import UsageError
from prompt_contracts.secret import Environment
from prompt_contracts.transport.cassette_store import read_text, write_text
from prompt_contracts.transport.cassette_yaml import UnreadableError
from prompt_contracts.transport.environment import read_env_file
from prompt_contracts.transport.recording_links import link_problem
from prompt_contracts.upkeep.run_defaults import read_run_defaults
from prompt_contracts.upkeep.scrubbing import ScrubbedRecording, scrub

_SUFFIXES = (".yaml", ".yml", ".json")


def scrub_cassettes(
    files: Sequence[str], *, root: Path | None, cassettes: str | None, env_file: str | None, is_applied: bool
) -> int:
    """Say what each file holds that ours never do, and write it without where `is_applied`; 1 when some is left."""
    home = given_root(root) if root is not None else find_root(Path.cwd(), default=Path.cwd())
    secrecy = Secrecy(_environment(home, env_file), read_settings(home))
    folder = home / (recordings_folder(cassettes, read_run_defaults(home, os.environ)) or Path("cassettes"))
    found_paths = list(_selected(files or [os.fspath(folder)], has_to_find=bool(files)))
    paths = [each.path for each in found_paths if not each.is_passed_over]
    links = _unseen_links(found_paths, paths)
    counts = {"scrubbed": 0, "left": 0, "failed": 0, "links": len(links)}
    for path in paths:
        try:
            text = read_text(path)
            if text is None:
                continue
            found = scrub(text, secrets=secrecy.secrets, answer_texts=answer_texts)
            problem = _problem(path, home, folder) if found.text is not None else None
            if is_applied and found.text is not None and problem is None:
                problem = _written(path, found.text, before=text)
        except UnreadableError as error:
            found, problem = ScrubbedRecording(text=None, taken=(), left=()), f"PC204 it cannot be read: {error}"
        for line in _lines(path, found, problem, is_applied=is_applied):
            print_text(secrecy.masked(line))
        counts["failed"] += problem is not None
        counts["scrubbed"] += found.text is not None and problem is None
        counts["left"] += bool(found.left)
    for link in links:
        print_text(secrecy.masked(f"{'NOT looked at':<12} {typed_path(link)}: it is a link: name what it leads to"))
    say(_summary(len(paths), counts, is_applied=is_applied))
    is_open = bool(counts["scrubbed"]) and not is_applied
    return int(is_open or counts["left"] > 0 or counts["failed"] > 0 or links != [])


def _environment(home: Path, env_file: str | None) -> Environment:
    """The environment, and below it the `.env` file: what stands there is looked for, too."""
    path = Path.cwd() / env_file if env_file else home / ".env"
    if env_file and not path.is_file():
        raise UsageError(f"--env-file {env_file}: there is no such file")
    return Environment(dict(os.environ), below=read_env_file(path) if path.is_file() else None)


class _Found(NamedTuple):
    """A file, or a link in a folder that nobody named and that is not followed."""

    path: Path
    is_passed_over: bool = False


def _unseen_links(found: Sequence[_Found], looked_at: Sequence[Path]) -> list[Path]:
    """The links that were passed over and lead to what was not looked at in another way."""
    seen = {path.resolve() for path in looked_at}
    folders = {parent for path in seen for parent in path.parents}
    links = [each.path for each in found if each.is_passed_over]
    return [link for link in links if link.resolve() not in seen and link.resolve() not in folders]


def _selected(names: Sequence[str], *, has_to_find: bool) -> Iterator[_Found]:
    """The files that paths, folders and globs name, each once."""
    seen: set[_Found] = set()
    for name in names:
        path = Path.cwd() / name
        matches = sorted(glob.glob(name, recursive=True)) if glob.has_magic(name) else []  # noqa: PTH207 - any pattern
        named = [path] if path.exists() or path.is_symlink() else [Path.cwd() / match for match in matches]
        found = [one for each in named for one in (_below(each) if each.is_dir() else [_Found(each)])]
        if has_to_find and not found:
            raise UsageError(f"{name}: there is no recording")
        yield from (one for one in found if one not in seen)
        seen.update(found)


def _below(folder: Path) -> Iterator[_Found]:
    for place, folders, files in os.walk(folder):
        folders.sort()
        yield from (_Found(path, is_passed_over=True) for path in _paths(place, folders) if path.is_symlink())
        paths = (path for path in _paths(place, sorted(files)) if path.suffix in _SUFFIXES)
        yield from (_Found(path, is_passed_over=path.is_symlink()) for path in paths)


def _paths(place: str, names: Sequence[str]) -> Iterator[Path]:
    return (Path(place) / name for name in names)


def _problem(path: Path, home: Path, folder: Path) -> str | None:
    """Why a file is not written."""
    if path.suffix == ".json":
        return "it is JSON, and what we write is YAML: record it anew with the YAML serializer"
    if path.is_symlink():
        return "it is a link: name what it leads to"
    inside = any(place == path or place in path.parents for place in (home, folder))
    return link_problem(path, (home, folder)) if inside else None


def _written(path: Path, text: str, *, before: str) -> str | None:
    try:
        if read_text(path) != before:
            return "it was changed meanwhile"
        write_text(path, text)
    except OSError as error:
        return error.strerror or str(error)
    return None


def _lines(path: Path, found: ScrubbedRecording, problem: str | None, *, is_applied: bool) -> Iterator[str]:
    shown = typed_path(path)
    if problem is not None:
        yield f"{'NOT scrubbed':<12} {shown}: {problem}"
    if found.taken:
        word = "holds" if problem is not None else "scrubbed" if is_applied else "would scrub"
        yield f"{word:<12} {shown}: {'; '.join(found.taken)}"
    for left in found.left:
        yield f"{'LEFT':<12} {shown}: {left}; without it another thing would be replayed: record it again"


def _summary(total: int, counts: dict[str, int], *, is_applied: bool) -> str:
    told = [counted(total, "file")]
    if counts["scrubbed"]:
        told.append(f"{counts['scrubbed']:,} {'scrubbed' if is_applied else 'to scrub; --apply does it'}")
    if counts["left"]:
        told.append(f"{counts['left']:,} with a secret that stays")
    if counts["links"]:
        told.append(f"{counted(counts['links'], 'link')} not looked at")
    if counts["failed"]:
        told.append(f"{counts['failed']:,} not scrubbed")
    if len(told) == 1:
        told.append("nothing to scrub")
    return " · ".join(told)
