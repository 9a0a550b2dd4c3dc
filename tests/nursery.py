"""A process in which all is loaded, and from which runs of pytest within tests fork: a tenth of the time of a start.

What forks has an environment, a folder, streams and an end of its own, as if it had been started. Only the modules are
there already, so a test of what a start loads takes `python -c`, or `started_anew`.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import json
import os
import random
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

_WORKER = "import sys;exec(eval(sys.stdin.readline()))"
"""What execnet starts a worker with."""

_PROGRAMS = (("-u", "-c", _WORKER), ("-mpytest",), ("-m", "pytest"), ("-m", "prompt_contracts"))
_WITHOUT_THREADS = "-p no:hypothesispytest -p no:rerunfailures"
"""The other plugins are loaded as in any run: pytest warns of one that comes after what it brings."""

_OF_INTERPRETERS = ("PYTHON", "COVERAGE", "LC_")
_OPTIONS = {"bufsize", "cwd", "encoding", "env", "errors", "stderr", "stdin", "stdout", "text", "universal_newlines"}
_MOST = 1 << 20
_Popen = subprocess.Popen
CAN_FORK = sys.platform == "linux"
_is_used = CAN_FORK


@contextlib.contextmanager
def started_anew() -> Iterator[None]:
    """Processes are started, and none is forked."""
    global _is_used  # noqa: PLW0603 - the whole process asks for it
    before, _is_used = _is_used, False
    try:
        yield
    finally:
        _is_used = before


def fork_runs() -> None:
    """Have runs of pytest, its workers, and our commands forked where they are started as such and no more is asked."""
    subprocess.Popen = _Process  # type: ignore[misc]


def _interpreter(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that make an interpreter another one."""
    plain = ("PYTHONPATH", "PYTHONUNBUFFERED")
    return {name: environ[name] for name in environ if name.startswith(_OF_INTERPRETERS) and name not in plain}


class _Nursery:
    """This side of the process that waits."""

    def __init__(self) -> None:
        self._owner, self._lock = os.getpid(), threading.Lock()
        self._here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.interpreter = _interpreter(os.environ)
        with there:
            self._process = _Popen(
                [sys.executable, "-c", f"from tests.nursery import serve; serve({there.fileno()})"],
                cwd=Path(__file__).parents[1],
                env={**os.environ, "PYTEST_ADDOPTS": _WITHOUT_THREADS},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(there.fileno(),),
            )
        atexit.register(self._end)

    def _end(self) -> None:
        if self._owner == os.getpid():
            self._here.close()
            self._process.wait()

    def fork(self, job: Mapping[str, Any], streams: Sequence[int]) -> tuple[int, int]:
        """The id of a process, and a descriptor from which its end can be read."""
        status, told = os.pipe()
        try:
            with self._lock:
                socket.send_fds(self._here, [json.dumps(job).encode()], [*streams, told])
                return int(self._here.recv(64)), status
        finally:
            os.close(told)


@cache
def _nursery_of(process: int) -> _Nursery:
    del process
    return _Nursery()


class _Process(_Popen):  # type: ignore[type-arg]
    """One that is forked where it can be."""

    _job: dict[str, Any] | None = None
    _status: int | None = None

    def __init__(self, args: Any, *more: Any, **options: Any) -> None:
        if _is_used and not more and options.keys() <= _OPTIONS and not isinstance(args, (str, bytes, os.PathLike)):
            first, *words = map(os.fspath, args)
            environ = dict(os.environ if options.get("env") is None else options["env"])
            is_ours = first == sys.executable and any(words[: len(each)] == [*each] for each in _PROGRAMS)
            paths = map(Path, environ.get("PYTHONPATH", "").split(os.pathsep))
            is_elsewhere = any((path / "prompt_contracts").exists() for path in paths)
            if is_ours and not is_elsewhere and _interpreter(environ) == _nursery_of(os.getpid()).interpreter:
                folder = str(Path.cwd() / (options.get("cwd") or "."))
                self._job = {"words": words, "environ": environ, "folder": folder}
        super().__init__(args, *more, **options)

    def _execute_child(self, *arguments: Any) -> None:
        if self._job is None:
            super()._execute_child(*arguments)  # type: ignore[misc]
            return
        pipes = arguments[10:16]
        streams = [pipe if pipe >= 0 else number for number, pipe in enumerate((pipes[0], pipes[3], pipes[5]))]
        self.pid, self._status = _nursery_of(os.getpid()).fork(self._job, streams)
        self._child_created = True
        self._close_pipe_fds(*pipes)  # type: ignore[attr-defined]

    def _try_wait(self, flags: int) -> tuple[int, int]:
        if self._status is None:
            return super()._try_wait(flags)  # type: ignore[misc,no-any-return]
        if not select.select([self._status], [], [], 0 if flags & os.WNOHANG else None)[0]:
            return 0, 0
        told, self._status = self._status, None
        with os.fdopen(told) as status:
            return self.pid, int(status.read() or signal.SIGKILL)

    def _internal_poll(self, *arguments: Any, **more: Any) -> int | None:
        if self._job is None:
            return super()._internal_poll(*arguments, **more)  # type: ignore[misc,no-any-return]
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode


def serve(descriptor: int) -> None:
    """Wait for programs and fork for each; return in what was forked when it ended, and never in what waits."""
    waiting = socket.socket(fileno=descriptor)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _load()
    ends: dict[int, int] = {}
    woken, wakes = os.pipe()
    os.set_blocking(wakes, False)
    signal.set_wakeup_fd(wakes)
    # What is to be done is done below, where no second signal can come between.
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        ready, _, _ = select.select([descriptor, woken], [], [])
        if woken in ready:
            os.read(woken, _MOST)
            _bury(ends)
        if descriptor not in ready:
            continue
        text, descriptors, *_ = socket.recv_fds(waiting, _MOST, 4)
        if not text:
            os._exit(0)
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            for own in (waiting.detach(), woken, wakes, *ends.values()):
                os.close(own)
            return _become(json.loads(text), descriptors)
        *streams, ends[pid] = descriptors
        for stream in streams:
            os.close(stream)
        waiting.send(str(pid).encode())


def _load() -> None:
    """Load pytest by a run of its own, as its plugins are to be loaded, and all else after that."""
    import pytest

    with tempfile.TemporaryDirectory() as folder:
        words = ("-qq", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", folder, folder)
        pytest.main([*words])
        from tests.preloaded import preload

        preload()
        # What a run finds out once in a process, those that fork need not find out.
        pytest.main([*words])
    for name in [name for name in sys.modules if name.partition(".")[0] == "tests"]:
        del sys.modules[name]
    tempfile.tempdir = None
    gc.collect()
    gc.freeze()


def _bury(ends: dict[int, int]) -> None:
    """Tell how those ended that did."""
    for pid in list(ends):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            with os.fdopen(ends.pop(pid), "w") as end, contextlib.suppress(BrokenPipeError):
                end.write(str(status))
                end.flush()


def _become(job: dict[str, Any], descriptors: Sequence[int]) -> None:
    """Run a program in the process that was forked for it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, descriptor in enumerate(descriptors[:3]):
        os.dup2(descriptor, number)
    for descriptor in descriptors:
        os.close(descriptor)
    sys.stdout.reconfigure(line_buffering=os.isatty(1))  # type: ignore[union-attr]
    os.environ.clear()
    os.environ.update(job["environ"])
    time.tzset()
    random.seed()
    os.chdir(job["folder"])
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    option, *words = [word for word in job["words"] if word != "-u"]
    program, *arguments = [option[2:], *words] if option not in ("-c", "-m") else words
    sys.path[:1] = ["" if option == "-c" else job["folder"], *filter(None, paths)]
    sys.argv = [option[:2], *arguments]
    code: object = None
    try:
        if option == "-c":
            exec(program, vars(sys.modules["__main__"]))
        else:
            runpy.run_module(program, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        code = end.code
    _leave(code)


def _leave(code: object) -> None:
    """End as an interpreter does, but take nothing down module by module, which takes longer than a fork."""
    try:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    except Exception:  # noqa: BLE001 - the interpreter knows what to say of it
        sys.exit(code)  # type: ignore[arg-type]
    if code is None or isinstance(code, int):
        os._exit(code or 0)
    sys.exit(code)  # type: ignore[arg-type]
