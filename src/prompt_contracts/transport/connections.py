"""The HTTP clients of one run: each serves one thread at a time, and all share what makes them.

A pool that all threads share looks through all of its connections, under a lock, at every request.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from threading import Condition, Lock
from time import monotonic
from typing import TYPE_CHECKING

from prompt_contracts.errors import RunStopped
from prompt_contracts.secret import Environment
from prompt_contracts.transport.network_settings import settings_problem, unknown_problem
from prompt_contracts.transport.wire_log import WireLog

if TYPE_CHECKING:
    import httpx

    from prompt_contracts.transport.http_line import HttpLine, HttpLineMaker

_GRACE = 1.0
"""Seconds in which a thread whose connection was cut comes to know it."""


class Connections:
    """Hands out clients, which keep their connections for the next thread. Thread-safe."""

    def __init__(self, *, environ: Mapping[str, str] = os.environ) -> None:
        """`environ` names proxies and certificates, as it is now: whatever a handler sets later changes no route."""
        self._environ = Environment(dict(environ))
        self._making = Lock()
        self._maker: HttpLineMaker | None = None
        self._changed = Condition()
        self._idle: dict[str, list[HttpLine]] = {}
        self._busy: set[HttpLine] = set()
        self._is_closed = False
        self.log = WireLog()

    def check(self, origins: Iterable[str]) -> None:
        """`UsageError` names the variable of the environment that keeps a client of one of these servers from being
        made.
        """
        maker = self._opened()
        for origin in origins:
            self._made(maker, origin).client.close()

    @contextmanager
    def client(self, origin: str) -> Iterator[httpx.Client]:
        """A client for this thread alone, one that has asked there before if there is one; `RunStopped` when closed.

        The first one costs up to 80 ms, so replay makes none. `UsageError` as in `check`.
        """
        line = self._taken(origin)
        try:
            yield line.client
        finally:
            self._give_back(line, origin)

    def close(self) -> None:
        """Close every connection, and cut those that threads still wait at; nothing is opened any more."""
        with self._changed:
            if self._is_closed:
                return
            self._is_closed = True
            lines = [line for idle in self._idle.values() for line in idle]
            self._idle.clear()
            busy = list(self._busy)
        for line in busy:
            line.streams.hang_up()
        for line in lines:
            line.client.close()
        end = monotonic() + _GRACE
        with self._changed:
            # Each thread closes its own: the number of a socket closed under it could be that of another by then.
            while self._busy and (left := end - monotonic()) > 0:
                self._changed.wait(left)
            busy = list(self._busy)
        for line in busy:
            line.client.close()
        self.log.close()

    def _taken(self, origin: str) -> HttpLine:
        maker = self._opened()
        with self._changed:
            self._refuse_when_closed()
            idle = self._idle.get(origin)
            line = idle.pop() if idle else None
            if line is not None:
                self._busy.add(line)
                return line
        line = self._made(maker, origin)
        with self._changed:
            if not self._is_closed:
                self._busy.add(line)
                return line
        line.client.close()
        raise RunStopped

    def _give_back(self, line: HttpLine, origin: str) -> None:
        with self._changed:
            self._busy.discard(line)
            self._changed.notify_all()
            if not self._is_closed:
                self._idle.setdefault(origin, []).append(line)
                return
        line.client.close()

    def _refuse_when_closed(self) -> None:
        if self._is_closed:
            raise RunStopped

    def _opened(self) -> HttpLineMaker:
        maker = self._maker
        if maker is not None:
            return maker
        with self._making:
            return self._maker or self._first()

    def _first(self) -> HttpLineMaker:
        from prompt_contracts.transport.http_line import HttpLineMaker

        problem = settings_problem(self._environ)
        if problem is not None:
            raise problem
        try:
            maker = HttpLineMaker(self._environ)
        except Exception as error:  # noqa: BLE001 - whatever it is, its words and its frames hold what was set
            problem = unknown_problem(self._environ, error)
        else:
            self._made(maker, "http://").client.close()
            self.log.open()
            self._maker = maker
            return maker
        raise problem

    def _made(self, maker: HttpLineMaker, origin: str) -> HttpLine:
        try:
            return maker.make(origin)
        except Exception as error:  # noqa: BLE001 - as above
            problem = unknown_problem(self._environ, error)
        raise problem
