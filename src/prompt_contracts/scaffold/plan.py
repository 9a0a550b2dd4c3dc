"""A folder -> what becomes of each file of the scaffold in it. All is read and decided before anything is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from prompt_contracts.data_class import dataclass
from prompt_contracts.errors import UsageError
from prompt_contracts.scaffold.appended_lines import appended, missing_lines
from prompt_contracts.scaffold.configuration import plan_settings
from prompt_contracts.scaffold.planned_file import Folder, PlannedFile
from prompt_contracts.scaffold.samples import ENVIRONMENT, SAMPLES, SCHEMA, WORKFLOWS, content

_ATTRIBUTES = ("cassettes/**/*.yaml diff=prompt-contracts",)
"""By the driver of this name in git's configuration, recordings are shown as text."""
_IGNORED = (".env", ".venv/", "__pycache__/", ".pytest_cache/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be done, file by file."""

    folder: Folder
    files: tuple[PlannedFile, ...]

    @property
    def changes(self) -> tuple[PlannedFile, ...]:
        """The files that are written."""
        return tuple(file for file in self.files if file.text is not None)

    def carry_out(self) -> None:
        """Write all that is to be written, or nothing: `UsageError` where one of the files cannot be."""
        by_problem = defaultdict[str, list[str]](list)
        for file in self.changes:
            if problem := self.folder.problem(file.path):
                by_problem[problem].append(file.path)
        _refuse(f"{_some(paths)}: cannot be written: {problem}" for problem, paths in by_problem.items())
        done: list[tuple[str, bytes | None]] = []
        try:
            for file in self.changes:
                done.append((file.path, self.folder.read(file.path)))
                self.folder.write(file.path, file.text or "")
        # Ctrl-C included.
        except BaseException as error:
            for path, before in reversed(done):
                self.folder.restore(path, before)
            if isinstance(error, OSError):
                _refuse([f"{done[-1][0]}: cannot be written: {error.strerror}"])
            raise


def _some(paths: list[str]) -> str:
    return paths[0] if len(paths) == 1 else f"{paths[0]} and {len(paths) - 1} more"


def plan_scaffold(root: Path, *, is_forced: bool, has_git: bool = False) -> Plan:
    """The plan for a folder, which need not be there yet. `UsageError` says all that stands in the way.

    With `has_git` also what tells git that recordings are shown by a driver.
    """
    if root.exists() and not root.is_dir():
        raise UsageError(f"{root}: is no folder")
    folder = Folder(root=root.resolve())
    problems: list[str] = []
    samples = tuple(chain.from_iterable(_tried(lambda: _samples(folder, is_forced=is_forced), problems)))
    case_files = [file for file in samples if file.path in SAMPLES]
    # A sample that is not there, or no sample any more, asks no provider of ours.
    has_samples = any(file.fate in ("wrote", "overwrote", "as it is") for file in case_files)
    parts: tuple[Callable[[], Iterable[PlannedFile]], ...] = (
        lambda: plan_settings(folder, has_samples=has_samples),
        lambda: [_extended(folder, ".gitignore", _IGNORED)],
        lambda: [_extended(folder, ".gitattributes", _ATTRIBUTES)] if has_git else [],
        lambda: [_single(folder, path, is_forced=is_forced) for path in (ENVIRONMENT, SCHEMA)],
        lambda: _workflows(folder, is_forced=is_forced),
    )
    others = [file for part in parts for files in _tried(part, problems) for file in files]
    _refuse(problems)
    return Plan(folder=folder, files=(*samples, *others))


def _tried(part: Callable[[], Iterable[PlannedFile]], problems: list[str]) -> Iterator[tuple[PlannedFile, ...]]:
    """What a part plans; what stands in its way is kept, so that all of it is told at once."""
    try:
        yield tuple(part())
    except UsageError as error:
        problems.append(str(error))


def _refuse(problems: Iterable[str]) -> None:
    if told := "\n  ".join(problems):
        raise UsageError(f"nothing was written:\n  {told}")


def _samples(folder: Folder, *, is_forced: bool) -> Iterator[PlannedFile]:
    for case_file, needed in SAMPLES.items():
        files = [_single(folder, path, is_forced=is_forced) for path in (case_file, *needed)]
        other = next((file.path for file in files if file.fate == "left alone"), None)
        for file in files:
            if other is None or file.text is None:
                yield file
            else:
                yield PlannedFile(
                    path=file.path, fate="left out", reason=f"it belongs to a sample, and {other} is yours"
                )


def _single(folder: Folder, path: str, *, is_forced: bool) -> PlannedFile:
    """A file that is the scaffold's as a whole."""
    wanted, present = content(path), folder.read(path)
    if present is None:
        return PlannedFile(path=path, fate="wrote", text=wanted)
    # Version control may have given it other line ends.
    if present.replace(b"\r\n", b"\n") == wanted.encode():
        return PlannedFile(path=path, fate="as it is")
    if is_forced:
        return PlannedFile(path=path, fate="overwrote", text=wanted)
    command = "`prompt-contracts schema --force`" if path == SCHEMA else "--force"
    return PlannedFile(path=path, fate="left alone", reason=f"another file is there; {command} overwrites it")


def _extended(folder: Folder, path: str, wanted: Sequence[str]) -> PlannedFile:
    """A file of lines that may hold others beside these."""
    present = folder.read_text(path)
    lines = missing_lines(present or "", wanted)
    if not lines:
        return PlannedFile(path=path, fate="as it is")
    whole = appended(present or "", "".join(f"{line}\n" for line in lines))
    if present is None:
        return PlannedFile(path=path, fate="wrote", text=whole)
    return PlannedFile(path=path, fate="extended", reason=", ".join(lines), text=whole)


def _workflows(folder: Folder, *, is_forced: bool) -> Iterator[PlannedFile]:
    top = next((place for place in (folder.root, *folder.root.parents) if (place / ".git").exists()), folder.root)
    for path, reader in WORKFLOWS.items():
        if top == folder.root:
            yield _single(folder, path, is_forced=is_forced)
        else:
            reason = f"{reader} reads it in {top} alone; a job there needs `{_replay(folder.root.relative_to(top))}`"
            yield PlannedFile(path=path, fate="left out", reason=reason)


def _replay(place: Path) -> str:
    return f"pytest {place.as_posix()}/cases"
