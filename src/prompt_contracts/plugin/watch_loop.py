"""`--pc-watch`: what a change affects is run again, each time by a pytest of its own, until Ctrl-C.

Loads nothing of ours but names: the runs load what they need.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import sleep
from typing import Any

import pytest

from prompt_contracts.plugin.options import asks_anew, cassette_name, is_judging_replies
from prompt_contracts.plugin.recording_offer import FailedCell, Forecast, RecordingOffer
from prompt_contracts.plugin.stash import WATCH_CELL, WATCH_ONLY, WATCH_TOLD_IN
from prompt_contracts.plugin.unasked_files import is_yaml
from prompt_contracts.plugin.watch_keys import opened_keys

_FOREIGN = frozenset({"__pycache__", "build", "dist", "node_modules", "venv"})
_CONFIGURATION = frozenset({"pyproject.toml", "prompt_contracts.toml", "pytest.ini", "tox.ini", "setup.cfg", ".env"})
_MOST_NAMED = 3
_PATIENCE = 3.0
"""Seconds in which a run ends by itself, which the same Ctrl-C has reached."""

_LOOKS = 5
"""In a second, at what was typed."""
_READ = "read.json"

_Snapshot = Mapping[Path, tuple[int, int] | None]


class Watch:
    """Runs, and waits for a change, again and again."""

    def __init__(self, config: pytest.Config) -> None:
        """`pytest.UsageError` where it cannot be done."""
        if asks_anew(config):
            raise pytest.UsageError(
                "--pc-watch with a mode that asks for everything anew would pay at every change: replay, or take "
                "--pc-record=stale or once"
            )
        if config.getoption("pc_examples") == "new":
            raise pytest.UsageError(
                "--pc-watch --pc-examples=new would make other rows, and pay for them, at every change: type it for "
                "one run, then watch"
            )
        self._keys = None if is_judging_replies(config) else opened_keys()
        self._changes = _watcher(is_typing=self._keys is not None)
        self._config = config
        self._arguments = [str(each) for each in config.invocation_params.args if str(each) != "--pc-watch"]
        self._here = config.invocation_params.dir
        self._recordings = cassette_name(config).parts
        self._offer = RecordingOffer(say=self._say, forecast=self._forecast)
        self._read: dict[Path, list[Path]] = {}
        """The case files of the last runs, with what was read for them."""

    def run(self) -> int:
        """Until somebody interrupts it: 2, as for every run that is interrupted."""
        only: Collection[Path] | None = None
        try:
            while True:
                before = self._snapshot()
                if (only is None or only) and self._run_child(only) == pytest.ExitCode.USAGE_ERROR and not self._read:
                    return int(pytest.ExitCode.USAGE_ERROR)
                # What was read for the first time is known from now on.
                before = {**self._snapshot(), **before}
                self._say_watching()
                changed = self._wait(before)
                only = self._affected(changed)
                self._say(f"{_named(changed, self._here)}: {self._plan(only)}")
        except KeyboardInterrupt:
            self._say("the watch ended")
            return int(pytest.ExitCode.INTERRUPTED)

    def _say_watching(self) -> None:
        hint = "" if self._keys is None else self._offer.hint
        self._say(f"watching {_counted(len(self._case_files()), 'case file')}; {hint}Ctrl-C ends it")

    def _plan(self, only: Collection[Path] | None) -> str:
        if only is None:
            return "running everything"
        return f"running {', '.join(_short(sorted(only), self._here))}" if only else "nothing to run"

    def _run_child(self, only: Collection[Path] | None) -> int:
        with self._child(only) as (child, folder):
            code = child.wait()
            self._note(folder)
            self._note_failed(folder, lambda cell: only is None or cell.file in only)
        return code

    def _record(self, cell: FailedCell) -> None:
        with self._child([cell.file], "--pc-record=rewrite", cell=cell) as (child, folder):
            child.wait()
            self._note_failed(folder, lambda other: other == cell)

    def _forecast(self, cell: FailedCell) -> Forecast | None:
        arguments = ("--pc-record=rewrite", "--collect-only")
        with self._child([cell.file], *arguments, cell=cell, is_quiet=True) as (child, folder):
            child.wait()
            told = _told(folder / "forecast.json")
        if self._keys is not None:
            self._keys.forget()
        return None if told is None else Forecast(cost=told["cost"], unset=told["unset"])

    @contextmanager
    def _child(
        self, only: Collection[Path] | None, *more: str, cell: FailedCell | None = None, is_quiet: bool = False
    ) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
        """A pytest of its own, and the folder in which it tells of itself; it ends when this does."""
        with TemporaryDirectory(prefix="prompt-contracts-") as folder:
            environ = {**os.environ, WATCH_TOLD_IN: str(Path(folder) / _READ)}
            if only is not None:
                environ[WATCH_ONLY] = json.dumps([os.fspath(path) for path in sorted(only)])
            if cell is not None:
                environ[WATCH_CELL] = cell.nodeid
            output = subprocess.DEVNULL if is_quiet else None
            child = subprocess.Popen(  # noqa: S603 - this very Python, and the arguments that were typed
                [sys.executable, "-m", "pytest", *self._arguments, *more],
                cwd=self._here,
                env=environ,
                stdout=output,
                stderr=output,
            )
            try:
                yield child, Path(folder)
            except KeyboardInterrupt:
                _end(child)
                raise

    def _note(self, folder: Path) -> None:
        found = _told(folder / _READ)
        if found is not None:
            self._read |= {Path(file): [Path(each) for each in read] for file, read in found.items()}

    def _note_failed(self, folder: Path, run: Callable[[FailedCell], bool]) -> None:
        found = _told(folder / "failed.json")
        if found is not None:
            cells, broken = (
                [FailedCell(nodeid, Path(file)) for nodeid, file in found[kind].items()] for kind in ("cells", "broken")
            )
            self._offer.note(cells, broken=broken, run=run)

    def _case_files(self) -> list[Path]:
        return [path for path in self._read if path.is_file()]

    def _wait(self, before: _Snapshot) -> list[Path]:
        """The files that are others than before, as soon as there are some."""
        # What changed while the tests ran is noticed first.
        changed = _differing(before, self._snapshot())
        if changed:
            return changed
        for is_time in self._changes(self._folders()):
            self._obey_keys()
            changed = _differing(before, self._snapshot()) if is_time else []
            if changed:
                self._offer.drop()
                return changed
        raise KeyboardInterrupt

    def _obey_keys(self) -> None:
        line = None if self._keys is None else self._keys.line()
        cell = None if line is None else self._offer.take(line)
        if cell is not None:
            self._record(cell)
            self._say_watching()

    def _snapshot(self) -> _Snapshot:
        """Every file that may matter, and how it looks now."""
        files = {*self._yaml_files(), *self._read, *(each for read in self._read.values() for each in read)}
        return {path: _look(path) for path in files}

    def _folders(self) -> list[Path]:
        found = {path.parent for path in self._snapshot()} | set(self._named_folders())
        return sorted(folder for folder in found if folder.is_dir())

    def _named_folders(self) -> Iterator[Path]:
        """The folders of the command line, and all below them in which case files may lie."""
        for argument in self._config.args:
            for place, folders, _ in os.walk(self._place(argument)):
                here = Path(place)
                folders[:] = sorted(name for name in folders if not self._is_foreign(here / name))
                yield here

    def _place(self, argument: str) -> Path:
        return Path(os.path.normpath(self._here / argument.partition("::")[0]))

    def _yaml_files(self) -> Iterator[Path]:
        for argument in self._config.args:
            path = self._place(argument)
            if path.is_file() and is_yaml(path):
                yield path
        for folder in self._named_folders():
            try:
                yield from (path for path in folder.iterdir() if is_yaml(path))
            except OSError:
                continue  # it is gone meanwhile

    def _is_foreign(self, folder: Path) -> bool:
        own = self._recordings
        is_of_recordings = bool(own) and folder.parts[-len(own) :] == own
        return folder.name.startswith(".") or folder.name in _FOREIGN or is_of_recordings

    def _affected(self, changed: Sequence[Path]) -> Collection[Path] | None:
        """The case files to run again; None is everything."""
        if any(path.name in _CONFIGURATION for path in changed):
            return None
        from prompt_contracts.cases.sniffing import may_be_case_file

        found = {path for path in changed if path.is_file() and is_yaml(path) and may_be_case_file(path)}
        found |= {file for file, read in self._read.items() if any(path in read for path in changed)}
        # What was read for one file may be kept for others: they are known by its name, which they hold.
        names = {path.name for path in changed}
        while more := {file for file in self._texts() if file not in found and self._mentions(file, names)}:
            found |= more
            names |= {file.name for file in more}
        return {path for path in found if (path in self._read or path in changed) and path.is_file()}

    def _texts(self) -> Iterator[Path]:
        yield from {*self._read, *(each for read in self._read.values() for each in read)}

    def _mentions(self, file: Path, names: Iterable[str]) -> bool:
        try:
            text = file.read_bytes()
        except OSError:
            return False
        return file.suffix != ".py" and any(name.encode() in text for name in names)

    def _say(self, text: str) -> None:
        # The terminal writer of pytest is there in a run alone.
        sys.stdout.write(f"prompt-contracts: {text}\n")
        sys.stdout.flush()


def _told(path: Path) -> Any:
    """What a run has told; None where it ended before it could, and what is known of before holds."""
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None


def _watcher(*, is_typing: bool) -> Callable[[Sequence[Path]], Iterator[bool]]:
    try:
        from watchfiles import watch
    except ImportError:
        raise pytest.UsageError(
            "--pc-watch needs the package watchfiles: pip install 'pytest-prompt-contracts[watch]'"
        ) from None

    def changes(folders: Sequence[Path]) -> Iterator[bool]:
        """Whether it is time to look at the files, once a second or more often; else only at what was typed."""
        looks, timeout = (_LOOKS, 1000 // _LOOKS) if is_typing else (1, 1000)
        number = 0
        # It looks by itself every second, too: some file systems tell of nothing.
        try:
            for found in watch(
                *folders, watch_filter=None, recursive=False, debounce=200, rust_timeout=timeout, yield_on_timeout=True
            ):
                number += 1
                yield bool(found) or number % looks == 0
        # A folder that is gone by now, or more of them than the system watches.
        except (OSError, RuntimeError):
            while True:
                sleep(1)
                yield True

    return changes


def _look(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _differing(before: _Snapshot, now: _Snapshot) -> list[Path]:
    return sorted(path for path in {*before, *now} if before.get(path) != now.get(path))


def _end(child: subprocess.Popen[bytes]) -> None:
    """Wait for a run that Ctrl-C has reached, too; tell it where it has not."""
    for signal_number in (None, signal.SIGINT, signal.SIGTERM):
        if signal_number is not None:
            child.send_signal(signal_number)
        try:
            child.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            continue
        return
    child.kill()


def _short(paths: Sequence[Path], here: Path) -> list[str]:
    shown = [_plain(os.path.relpath(path, here)) for path in paths[:_MOST_NAMED]]
    rest = len(paths) - len(shown)
    return [*shown, *([f"and {rest:,} more"] if rest > 0 else [])]


def _plain(name: str) -> str:
    """A name without what acts on a terminal."""
    return "".join(sign if sign.isprintable() else "?" for sign in name.replace(os.sep, "/"))


def _named(changed: Sequence[Path], here: Path) -> str:
    gone = not any(path.exists() for path in changed)
    return f"{', '.join(_short(changed, here))} {'gone' if gone else 'changed'}"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
