"""The program in which handlers run: started with the environment of the stand-in, and asked over pipes.

Imports nothing of the application before it is asked to. One event loop lives as long as the program, so that a client
made in one call is good in the next one. Whatever is printed goes to standard error: standard output is for replies.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from types import FrameType
from typing import Any

from prompt_contracts.application import airlock
from prompt_contracts.application.egress_guard import EgressGuard
from prompt_contracts.application.project_references import ProjectReferences
from prompt_contracts.application.question import Question, output_mark, quote
from prompt_contracts.application.raised_error import error_place, error_words, is_own_file
from prompt_contracts.application.thread_frames import thread_frames
from prompt_contracts.errors import CodeRefused

# Bound before anything of the application is imported, which may put others in their place.
_DUMPS, _LOADS, _WRITE = json.dumps, json.loads, os.write
_GRACE = 0.5
"""Seconds that threads and tasks of a handler have to end once its last reply was given."""
_PARKED = frozenset(
    {
        *(("threading.py", "wait"), ("threading.py", "_wait_for_tstate_lock"), ("threading.py", "join")),
        *(("queue.py", "get"), ("selectors.py", "select"), ("socket.py", "accept")),
        *(("thread.py", "_worker"), ("_threads.py", "run"), ("connection.py", "_recv")),
    }
)
"""Where threads stand that wait for work: libraries keep such ones for later, and they do nothing by themselves."""
_LINGER = 10.0
"""Seconds after the end of the run until a call that hangs is given up: nobody else is there to end it."""


class _Channel:
    """Lines of JSON to and from the process that started this one, whatever the application does with its streams."""

    def __init__(self) -> None:
        self._incoming = os.fdopen(os.dup(0), "rb")
        self._outgoing = os.dup(1)
        self._writing = threading.Lock()
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(2, 1)
        os.close(nothing)

    def read(self) -> dict[str, Any] | None:
        """The next message; None at the end."""
        line = self._incoming.readline()
        return _LOADS(line) if line else None

    def write(self, message: dict[str, Any]) -> None:
        line = memoryview(_DUMPS(message).encode() + b"\n")
        with self._writing:
            while line:
                line = line[_WRITE(self._outgoing, line) :]


class _Handlers:
    """The handlers of one project: loaded once, called one at a time, in the main thread."""

    def __init__(self, channel: _Channel, setup: dict[str, Any]) -> None:
        self._channel = channel
        self._root = Path(setup["root"])
        self._references = ProjectReferences(self._root, callables=tuple(setup["callables"]))
        self._loaded: dict[str, Callable[..., object]] = {}
        self._loop = asyncio.new_event_loop()
        self._before: set[int | None] = set()
        self._main = threading.get_ident()
        self._pid, self._folder = os.getpid(), Path.cwd()
        host, _, port = setup["stand_in"].rpartition(":")
        self._guard = EgressGuard(
            stand_in=(host, int(port)),
            allow_hosts=setup["allow_hosts"],
            is_refusing=setup["is_refusing"],
            tell=lambda address: channel.write({"event": "outside", "address": address}),
        )
        sys.addaudithook(self._guard)

    def answer(self, message: dict[str, Any]) -> dict[str, Any]:
        """What came of one message."""
        match message["ask"]:
            case "load":
                return self._load(message)
            case "call":
                return self._call(message)
            case _:
                return self._ended()

    def _load(self, message: dict[str, Any]) -> dict[str, Any]:
        _change_environment(message["environ"])
        started = time.monotonic()
        try:
            self._loaded[message["name"]] = self._references.resolve(message["name"])
        except BaseException as error:  # noqa: BLE001 - whatever the import of somebody else's module raises
            return {"event": "unloadable", **self._told(error)}
        return {"event": "loaded", "seconds": time.monotonic() - started}

    def _call(self, message: dict[str, Any]) -> dict[str, Any]:
        if message["is_first"]:
            self._before = {thread.ident for thread in threading.enumerate()}
            self._guard.has_started_others = False
            os.chdir(self._folder)  # where the handler before may have left it
        _change_environment(message["environ"])
        function = self._loaded[message["name"]]
        try:
            found = function(Question(**message["question"]))
            value = self._awaited(found) if inspect.isawaitable(found) else found
            self._end_copies()
        except SystemExit as error:
            return {"event": "exited", "code": repr(error.code), **self._told(error)}
        except BaseException as error:  # noqa: BLE001 - whatever it raises is what the case asks about
            self._end_copies()
            return {"event": "raised", **self._told(error)}
        return _returned(value)

    def _end_copies(self) -> None:
        """A fork that comes back from its handler is a second one of us, on the same pipes: it must not go on."""
        if os.getpid() != self._pid:
            os._exit(0)

    def _ended(self) -> dict[str, Any]:
        """After the last reply of a trial: what of it still runs."""
        until = time.monotonic() + _GRACE
        self._end_tasks()
        while (busy := self._busy()) and time.monotonic() < until:
            time.sleep(0.005)
        _save_coverage()
        return {"event": "ended", "busy": busy, "has_started_others": self._guard.has_started_others}

    def standing(self) -> str:
        """Where the call stands that is under way. Called in another thread."""
        frame = thread_frames().get(self._main)
        return "" if frame is None else "".join(traceback.format_stack(frame))

    def _awaited(self, found: Any) -> object:
        async def awaited() -> object:
            return await found

        asyncio.set_event_loop(self._loop)
        running: Coroutine[Any, Any, object] = awaited()
        return self._loop.run_until_complete(running)

    def _end_tasks(self) -> None:
        """Let what a handler left on its loop come to an end, and cancel the rest: the loop is the next case's too."""
        tasks = asyncio.all_tasks(self._loop)
        if not tasks:
            return
        with suppress(Exception):
            _, pending = self._loop.run_until_complete(asyncio.wait(tasks, timeout=_GRACE))
            for task in pending:
                task.cancel()
            if pending:
                self._loop.run_until_complete(asyncio.wait(pending, timeout=_GRACE))

    def _busy(self) -> list[str]:
        frames = thread_frames()
        return [
            f"{thread.name} ({_where(frames[thread.ident])})"
            for thread in threading.enumerate()
            if thread.ident not in self._before
            and thread.ident in frames
            and (isinstance(thread, threading.Timer) or not _is_parked(frames[thread.ident], self._root))
        ]

    def _told(self, error: BaseException) -> dict[str, Any]:
        refused = {"code": error.code, "help": error.help} if isinstance(error, CodeRefused) else None
        return {
            "words": error_words(error),
            "place": error_place(error, self._root),
            "traceback": "".join(traceback.format_exception(error)),
            "refused": refused,
        }


def _save_coverage() -> None:
    """Where lines are counted: a later call that hangs is killed, and would take those of all calls with it."""
    coverage = sys.modules.get("coverage")
    if coverage is not None:
        with suppress(Exception):
            coverage.Coverage.current().save()


def _returned(value: object) -> dict[str, Any]:
    kind = type(value).__name__
    if value is None:
        return {"event": "silent"}
    try:
        # Subclasses of str, such as an Enum of texts, are told as JSON tells them.
        plain = value if type(value) is str else _LOADS(_DUMPS(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        return {"event": "returned_no_json", "type": kind, "words": quote(str(error))}
    return {"event": "returned", "value": plain}


def _change_environment(changes: dict[str, str | None]) -> None:
    for name, value in changes.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _is_parked(frame: FrameType, root: Path) -> bool:
    """Whether a thread waits for work. One of the project's own that waits for a time is at work."""
    if frame.f_locals.get("timeout") not in (None, -1) and _is_of_project(frame, root):
        return False
    return (os.path.basename(frame.f_code.co_filename), frame.f_code.co_name) in _PARKED  # noqa: PTH119 - of many frames


def _is_of_project(frame: FrameType | None, root: Path) -> bool:
    while frame is not None:
        if is_own_file(frame.f_code.co_filename, root):
            return True
        frame = frame.f_back
    return False


def _where(frame: FrameType) -> str:
    return f"{frame.f_code.co_filename}:{frame.f_lineno}, in {frame.f_code.co_name}"


def _listen(channel: _Channel, handlers: _Handlers, calls: SimpleQueue[dict[str, Any] | None]) -> None:
    """Messages to the main thread, but for the question where that one stands."""
    while (message := channel.read()) is not None:
        if message["ask"] == "standing":
            channel.write({"event": "standing", "stack": handlers.standing()})
        else:
            calls.put(message)
    calls.put(None)
    time.sleep(_LINGER)
    os._exit(1)


def _mark_output(number: int) -> None:
    """Whoever reads what is printed can tell where a call ended: replies come by another pipe."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):  # the application may have put anything there
            stream.flush()
    _WRITE(2, output_mark(number))


def serve() -> None:
    """Serve until the input ends. Two arguments are those of `airlock.enter`."""
    if len(sys.argv) > 1:
        fileno, port = map(int, sys.argv[1:])
        airlock.enter(fileno, port)  # before there is a second thread, which the kernel would refuse
        os.close(fileno)  # which says that all is well
        del sys.argv[1:]
    channel = _Channel()
    setup = channel.read()
    if setup is None:
        return
    sys.path[:] = setup["path"]
    handlers = _Handlers(channel, setup)
    calls: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
    threading.Thread(target=_listen, args=(channel, handlers, calls), name="prompt-contracts", daemon=True).start()
    channel.write({"event": "ready"})
    while (message := calls.get()) is not None:
        found = handlers.answer(message)
        _mark_output(message["number"])
        channel.write({**found, "number": message["number"]})
