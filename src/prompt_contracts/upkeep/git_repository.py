"""What a git repository holds at a revision, asked of the program git, and the driver by which it shows recordings.

The configuration of a repository may be anybody's: nothing that it names is started. So only plumbing is called, which
knows no pager, filter, hook or driver; nothing is fetched; and whatever is looked for is named by its hash.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from hashlib import sha1, sha256
from pathlib import Path

from prompt_contracts.data_class import dataclass
from prompt_contracts.errors import UsageError
from prompt_contracts.transport.cassette_store import LARGEST_FILE

DRIVER = "prompt-contracts"
"""The name of the driver, in `.gitattributes` and in git's configuration."""
_COMMAND = f"diff.{DRIVER}.textconv"
_SECONDS = 120
_FIXED = (
    "--no-pager",
    "--literal-pathspecs",
    "-c",
    "core.fsmonitor=false",
    "-c",
    f"core.hooksPath={os.devnull}",
    "-c",
    "protocol.allow=never",
)
_QUIET = {
    "LC_ALL": "C",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_TERMINAL_PROMPT": "0",
}
_FILES = ("100644", "100755")


@dataclass(frozen=True, slots=True, kw_only=True)
class CommittedFile:
    """A regular file of a revision."""

    name: str
    """Its hash."""
    size: int


class GitRepository:
    """The repository that a folder belongs to."""

    def __init__(self, folder: Path, *, environ: Mapping[str, str]) -> None:
        """`UsageError` where there is no repository, or no git."""
        self._environ = {**environ, **_QUIET}
        self._folder = folder
        self.top = Path(os.fsdecode(self._asked("rev-parse", "--show-toplevel").removesuffix(b"\n")))
        """The folder that its paths start from."""

    def commit(self, revision: str) -> str | None:
        """The hash of the commit that a revision names; None where it names none."""
        try:
            found = self._asked("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        except UsageError:
            return None
        return found.decode().strip() or None

    def files(self, commit: str, folder: str) -> dict[str, CommittedFile]:
        """The regular files of a commit below a folder, by their paths from the top; links are none."""
        listed = self._asked("ls-tree", "-r", "-l", "-z", "--full-tree", commit, *([folder] if folder else []))
        found: dict[str, CommittedFile] = {}
        for line in listed.split(b"\0"):
            facts, separator, path = line.partition(b"\t")
            if separator:
                mode, kind, name, size = facts.split()
                if kind == b"blob" and mode.decode() in _FILES:
                    found[os.fsdecode(path)] = CommittedFile(name=name.decode(), size=int(size))
        return found

    def read(self, file: CommittedFile) -> bytes | None:
        """What a file holds; None where it is too large for a recording."""
        return self._asked("cat-file", "blob", file.name) if file.size <= LARGEST_FILE else None

    @property
    def driver(self) -> str | None:
        """The command by which git on this machine shows recordings of this repository; None where none is set."""
        try:
            return self._asked("config", "--local", "--get", _COMMAND).decode(errors="replace").removesuffix("\n")
        except UsageError:
            return None

    def set_driver(self, command: str) -> None:
        """Have git on this machine show what has the attribute `diff=prompt-contracts` by a command."""
        self._asked("config", "--local", _COMMAND, command)

    def _asked(self, *words: str) -> bytes:
        try:
            done = subprocess.run(  # noqa: S603 - fixed words, and no shell
                ["git", *_FIXED, *words],  # noqa: S607 - whichever git the user has
                cwd=self._folder,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        except FileNotFoundError:
            raise UsageError("git is not there: install it, or leave this to a machine that has it") from None
        except (OSError, subprocess.TimeoutExpired) as error:
            raise UsageError(f"git gave no answer: {error}") from None
        if done.returncode:
            first = done.stderr.decode(errors="replace").strip().partition("\n")[0]
            raise UsageError(first.removeprefix("fatal: ") or f"git ended with {done.returncode}")
        return done.stdout


def blob_name(data: bytes, *, like: str) -> str:
    """The hash that git gives a file, by the algorithm of a hash of the same repository."""
    whole = b"blob %d\0%b" % (len(data), data)
    return (sha1(whole, usedforsecurity=False) if len(like) == _SHA1 else sha256(whole)).hexdigest()


_SHA1 = 40
