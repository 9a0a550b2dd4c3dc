"""Handlers in a process of their own: started once for a run, kept between cells, ended with all that it started.

Its address stays the same from cell to cell; whose requests come there is changed. It never outlives a call that
exceeds its time, and a thread or a program that a handler leaves behind ends with it.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, field
from pathlib import Path
from queue import Empty, Queue
from threading import Lock
from typing import Any

import prompt_contracts
from prompt_contracts.application.egress import UNKNOWN_ADDRESS
from prompt_contracts.application.enclosure import Enclosure
from prompt_contracts.application.endpoint import ApplicationEndpoint
from prompt_contracts.application.process import Program, ProgramNotStartedError
from prompt_contracts.application.program_output import LineReader, TailReader
from prompt_contracts.application.question import Question, TimeLimit, output_mark, tail
from prompt_contracts.data_class import dataclass
from prompt_contracts.errors import UsageError
from prompt_contracts.stub.lease import Incoming, Lease, StubReply, error_response
from prompt_contracts.stub.server import StubServer

IMPORT_SECONDS = 60.0
"""What importing a handler's module may take; it is no part of the case's own time."""
_LONG_IMPORT = 2.0
"""From so many seconds on an import is told."""
_START_SECONDS = 30.0
_END_SECONDS = 5.0
"""For a handler's process to end by itself, with what it does at its exit, such as saving its coverage."""
_STAND_SECONDS = 0.3
"""For a process that is busy to say where it stands, and for what it printed to arrive."""
_MARKS = re.compile("\x1e[0-9]+\x1e")
_PROGRAM = (
    "import sys; sys.path.insert(0, {folder!r}); from prompt_contracts.application.handler_host import serve; serve()"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlerSetup:
    """What the process of a project's handlers is started with."""

    root: Path
    """The project's; modules are found from there."""
    callables: tuple[str, ...]
    """Modules that may be named though they are not below the root."""
    allow_hosts: tuple[str, ...]
    """`host` or `host:port` that an application may connect to in a replay."""
    is_refusing: bool
    """Whether other connections are refused, as in a replay, or only told."""
    enclosure: Enclosure | None
    """Shuts the process in, where there is one."""
    environ: Callable[[str], Mapping[str, str]] = field(repr=False)
    """The whole environment for the address that it is given."""
    tell: Callable[[str], None]
    """Says something to people while the run goes on."""


class HandlerProcess:
    """The process of one project's handlers. One trial at a time; thread-safe."""

    def __init__(self, setup: HandlerSetup, server: StubServer, *, mark: str) -> None:
        """Nothing is started before the first call. `mark` is the variable that holds the address."""
        self._setup = setup
        self._server = server
        self._mark = mark
        self._using = Lock()
        self._endpoint: ApplicationEndpoint | None = None
        self._lease: Lease | None = None
        self._program: Program | None = None
        self._events: Queue[dict[str, Any] | None] = Queue()
        self._errors: TailReader | None = None
        self._lines: LineReader | None = None
        self._environ: dict[str, str] = {}
        self._loaded: set[str] = set()
        self._messages = 0
        self._outside: list[str] = []
        self._proxied = 0
        self._strays = 0

    @property
    def base_url(self) -> str:
        """Where handlers find the provider: the same for all cells, until the process is started anew."""
        if self._lease is None:
            self._lease = self._server.open(self._answer)
        return self._lease.base_url

    def begin(self, endpoint: ApplicationEndpoint) -> None:
        """A trial begins: what comes to the address is its own. Waits for the one before it."""
        self._using.acquire()
        self._endpoint, self._outside = endpoint, []
        self._note_strays()
        self._proxied = 0 if self._lease is None else len(self._lease.outside)
        if self._errors is not None:
            self._errors.clear()

    def finish(self) -> None:
        """The trial is over."""
        self._endpoint = None
        self._using.release()

    def load(self, name: str, environ: Mapping[str, str]) -> dict[str, Any]:
        """Import a handler, once: `loaded`, `unloadable`, `led_astray` in a replay, `hung`, `died` or `garbled`.

        `environ` is the trial's own. Raises `UsageError` where no process can be started.
        """
        program = self._started()
        if name in self._loaded:
            return {"event": "loaded"}
        self._send(program, {"ask": "load", "name": name, "environ": self._changes(environ)})
        event = self._settled(self._next(IMPORT_SECONDS))
        if event["event"] == "loaded" and self._setup.is_refusing and self.outside:
            event = {"event": "led_astray"}
        if event["event"] in ("unloadable", "led_astray"):
            # What a failed import left behind, and what it printed, is no business of the next case.
            self.stop()
        elif event["event"] == "loaded":
            self._loaded.add(name)
            if event["seconds"] > _LONG_IMPORT:
                self._setup.tell(f"importing {name} took {event['seconds']:.1f} s")
        return event

    def call(
        self, name: str, question: Question, *, environ: Mapping[str, str], is_first: bool, limit: TimeLimit
    ) -> dict[str, Any]:
        """What came of one call of a handler that is loaded: an event of the process, `hung` or `died`."""
        self._send(
            self._started(),
            {
                "ask": "call",
                "name": name,
                "is_first": is_first,
                "environ": self._changes(environ),
                "question": asdict(question),
            },
        )
        with limit.running():
            event = self._next(limit.left)
        return self._settled(event)

    def ended(self) -> dict[str, Any]:
        """After the last reply of a trial: what of it still runs; empty where the process is gone."""
        if self._program is None:
            return {}
        self._send(self._program, {"ask": "ended"})
        return self._settled(self._next(_END_SECONDS))

    def others(self) -> tuple[str, ...]:
        """The programs that a handler started and that still run."""
        return () if self._program is None else self._program.others()

    def stop(self) -> str:
        """End the process at once, with all that it started; the end of what was printed. The next call starts anew."""
        program, self._program = self._program, None
        lease, self._lease = self._lease, None
        if lease is not None:
            lease.close(is_abandoned=True)
        if program is None:
            return ""
        program.kill()
        readers = [reader.join(1.0) for reader in (self._lines, self._errors) if reader is not None]
        output = self.output
        if all(readers):
            program.close()
        return output

    def close(self) -> None:
        """Let the process end by itself, as a program does, and then end what is left."""
        program = self._program
        if program is not None:
            try:
                program.stdin.close()
                while self._events.get(timeout=_END_SECONDS) is not None:
                    pass
            except (OSError, Empty):
                pass
        self.stop()

    @property
    def outside(self) -> tuple[str, ...]:
        """The addresses that the trial under way tried to reach, but for those that are allowed."""
        self._note_strays()
        proxied = () if self._lease is None else self._lease.outside[self._proxied :]
        return (*self._outside, *proxied)

    @property
    def output(self) -> str:
        """The end of what was printed since the trial began."""
        return "" if self._errors is None else _MARKS.sub("", self._errors.text)

    def _note_strays(self) -> None:
        now = self._strays if self._program is None else self._program.strays
        while self._lease is not None and self._strays < now:
            self._strays += 1
            self._lease.note_outside(UNKNOWN_ADDRESS)

    def _answer(self, incoming: Incoming) -> StubReply:
        endpoint = self._endpoint
        if endpoint is None:
            return error_response(410, "the case that asked here has ended", code="address_revoked")
        return endpoint.answer(incoming)

    def _started(self) -> Program:
        if self._program is not None:
            return self._program
        environ = {"PYTHONUNBUFFERED": "1", **self._setup.environ(self.base_url)}
        folder = str(Path(prompt_contracts.__file__).parents[1])
        command = (sys.executable, "-P", "-c", _PROGRAM.format(folder=folder))
        try:
            program = Program(
                command,
                folder=Path.cwd(),
                environ=environ,
                mark=self._mark,
                enclosure=self._setup.enclosure,
                is_entering=True,
            )
        except ProgramNotStartedError as error:
            raise UsageError(f"no process for handlers could be started: {error}") from None
        self._environ, self._events = dict(os.environ), Queue()
        events = self._events
        self._lines = LineReader(
            program.stdout, on_line=lambda line: events.put(_event(line)), on_end=lambda: events.put(None)
        )
        self._errors = TailReader(program.stderr)
        self._program, self._proxied, self._strays = program, 0, 0
        self._loaded.clear()
        stand_in = self.base_url.split("/")[2]
        self._send(
            program,
            {
                "root": str(self._setup.root),
                "callables": self._setup.callables,
                "allow_hosts": self._setup.allow_hosts,
                "is_refusing": self._setup.is_refusing,
                "stand_in": stand_in,
                "path": sys.path,
            },
        )
        if self._next(_START_SECONDS).get("event") != "ready":
            raise UsageError(f"the process for handlers did not start: {tail(self.stop())}")
        return program

    def _changes(self, own: Mapping[str, str]) -> dict[str, str | None]:
        """What changed in this process's environment since the other one was started, and the trial's own."""
        now = dict(os.environ)
        gone: dict[str, str | None] = dict.fromkeys(self._environ.keys() - now.keys())
        changed = {name: value for name, value in now.items() if self._environ.get(name) != value}
        kept = self._setup.environ(self.base_url)
        self._environ = now
        return {**gone, **{name: kept[name] for name in changed if name in kept}, **own}

    def _send(self, program: Program, message: dict[str, Any]) -> None:
        self._messages += message.get("ask") != "standing"
        line = memoryview(json.dumps({**message, "number": self._messages}).encode() + b"\n")
        try:
            while line:
                line = line[program.stdin.write(line) :]
        except (OSError, ValueError):
            pass  # it ended, which the next event tells

    def _next(self, seconds: float) -> dict[str, Any]:
        """The next event but for those that only tell something; `late` when none comes in time, `died` at the end."""
        limit = TimeLimit(seconds)
        with limit.running():
            while True:
                try:
                    event = self._events.get(timeout=limit.left)
                except Empty:
                    return {"event": "late"}
                if event is None:
                    return {"event": "died"}
                if event["event"] == "outside":
                    self._outside.append(event["address"])
                elif event.get("number", self._messages) == self._messages:
                    return event

    def _settled(self, event: dict[str, Any]) -> dict[str, Any]:
        """An event after which the process may be gone: then it is started anew for the next call."""
        if event["event"] == "late":
            stack = self._standing()
            return {"event": "hung", "stack": stack, "output": self.stop()}
        if event["event"] == "garbled":
            return {"event": "garbled", "output": self.stop()}
        if event["event"] == "died":
            code = None if self._program is None else self._program.wait()
            return {"event": "died", "exit": code, "output": self.stop()}
        self._wait_for_output()
        return event

    def _wait_for_output(self) -> None:
        if self._errors is not None:
            self._errors.wait_for(output_mark(self._messages), _STAND_SECONDS)

    def _standing(self) -> str:
        if self._program is None:
            return ""
        self._send(self._program, {"ask": "standing"})
        event = self._next(_STAND_SECONDS)
        return str(event.get("stack", ""))


def _event(line: bytes) -> dict[str, Any]:
    """What the process says; `garbled` for what nobody there has said: an application may write into any descriptor."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) and isinstance(found.get("event"), str) else {"event": "garbled"}
