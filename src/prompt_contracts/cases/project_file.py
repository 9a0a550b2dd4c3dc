"""Files that a case file names: found from the folder of that file, and never outside the project. Reads none."""

from __future__ import annotations

from pathlib import Path

from prompt_contracts.cases.findings import did_you_mean


class MissingFileError(Exception):
    """What a case file names cannot be had; the message says why."""

    def __init__(self, message: str, *, advice: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice


def locate(name: str, *, folder: Path, root: Path) -> Path:
    """The file of that name, seen from a folder; `MissingFileError` when there is none inside the resolved root."""
    # Told apart from what lies outside: such a path would be right on one machine only.
    if Path(name).is_absolute():
        raise MissingFileError(f"'{name}' is an absolute path", advice="write it relative to this file")
    try:
        # Links are followed first: one that leads out of the project must not be read.
        path = (folder / name).resolve()
    except (OSError, ValueError):  # a null character, a circle of links
        raise MissingFileError(f"'{name}' is no path of a file") from None
    if not path.is_relative_to(root):
        raise MissingFileError(f"'{name}' lies outside the project", advice="copy it into the project")
    if path.is_dir():
        raise MissingFileError(f"'{name}' is a folder", advice="name a file in it")
    if not path.is_file():
        siblings = [file.name for file in path.parent.iterdir()] if path.parent.is_dir() else []
        shown = path.relative_to(root).as_posix()
        advice = f"create {shown}, or correct the path: it starts from the folder of this file"
        raise MissingFileError(f"there is no file '{name}'", advice=did_you_mean(path.name, siblings) or advice)
    return path
