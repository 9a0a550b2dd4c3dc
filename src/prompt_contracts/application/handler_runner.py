"""A Python function as the application under test: called in a thread, with an environment that leads it to us.

The environment is one per process, so calls run one at a time. A thread cannot be stopped, only left behind.
"""

from __future__ import annotations

import inspect
import json
import os
import traceback
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path
from threading import Lock, Thread

from prompt_contracts.application.question import ApplicationReply, Question, TimeLimit, quote, tail
from prompt_contracts.application.raised_error import error_place, error_words
from prompt_contracts.application.thread_frames import thread_frames
from prompt_contracts.data_class import dataclass
from prompt_contracts.errors import UsageError
from prompt_contracts.json_value import Json

_ONE_AT_A_TIME = Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlerRunner:
    """Asks one handler of one trial."""

    name: str
    """`package.module:function`, as the case names it."""
    resolve: Callable[[str], Callable[..., object]]
    environ: Mapping[str, str] = field(repr=False)
    """Set for the time of the call, and put back after it."""
    limit: TimeLimit
    root: Path
    late_requests: Callable[[], int]
    """How many requests have come so far to addresses of cases that had ended."""

    def ask(self, question: Question) -> ApplicationReply:
        """One call. Raises `UsageError` when the function cannot be had, or asks an address of an earlier case."""
        if not self.limit.left:
            words = f"{self.name} was not called: its {self.limit.seconds:g} s were used up in an earlier turn"
            return ApplicationReply(is_reply=False, failure=words, kind="hung")
        call = _Call(self.name, self.resolve, question)
        with _ONE_AT_A_TIME, _environment(self.environ):
            late = self.late_requests()
            with self.limit.running():
                thread = Thread(target=call.run, name=f"handler {self.name}", daemon=True)
                thread.start()
                thread.join(self.limit.left)
            is_late = self.late_requests() != late
        if is_late:
            raise UsageError(
                f"while {self.name} ran, an address of a case that had ended was asked: make the client within the "
                "function, from the base_url that it is called with, not once when its module is imported; and let "
                "no thread of an application go on after its reply"
            )
        if thread.is_alive():
            return self._hung(thread)
        return self._reply(call)

    def close(self) -> None:
        """Nothing is left to end."""

    def ending(self) -> ApplicationReply | None:
        """A function has no end of its own."""
        return None

    def _hung(self, thread: Thread) -> ApplicationReply:
        words = (
            f"{self.name} did not return within {self.limit.seconds:g} s; its thread cannot be stopped and was left "
            "behind"
        )
        frame = thread_frames().get(thread.ident or 0)
        stack = "" if frame is None else "".join(traceback.format_stack(frame))
        return ApplicationReply(is_reply=False, failure=words, kind="hung", output=tail(stack))

    def _reply(self, call: _Call) -> ApplicationReply:
        if call.error is None:
            return _returned(self.name, call.value)
        if isinstance(call.error, KeyboardInterrupt):
            raise call.error
        if not call.is_resolved:
            words = (
                f"handler {self.name} cannot be loaded: {error_words(call.error)}{error_place(call.error, self.root)}"
            )
            raise UsageError(words) from call.error
        output = tail("".join(traceback.format_exception(call.error)))
        if isinstance(call.error, SystemExit):
            words = f"{self.name} called sys.exit({call.error.code!r})"
            return ApplicationReply(is_reply=False, failure=words, kind="exited", output=output)
        words = f"{self.name} raised {error_words(call.error)}{error_place(call.error, self.root)}"
        return ApplicationReply(is_reply=False, failure=words, kind="raised", output=output)


class _Call:
    """One call in a thread of its own, and what came of it."""

    def __init__(self, name: str, resolve: Callable[[str], Callable[..., object]], question: Question) -> None:
        self._name = name
        self._resolve = resolve
        self._question = question
        self.is_resolved = False
        self.value: object = None
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            # Within the call: a module that makes its client when it is imported reads the environment then.
            function = self._resolve(self._name)
            self.is_resolved = True
            found = function(self._question)
            self.value = _run(found) if inspect.isawaitable(found) else found
        except BaseException as error:  # noqa: BLE001 - whatever it raises is what the case asks about
            self.error = error


def _run(found: Awaitable[object]) -> object:
    import asyncio

    async def awaited() -> object:
        return await found

    return asyncio.run(awaited())


def _returned(name: str, value: object) -> ApplicationReply:
    if value is None:
        return ApplicationReply(is_reply=False, failure=f"{name} returned None: no reply", kind="silent")
    try:
        reply: Json = value if type(value) is str else json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        words = f"{name} returned a {type(value).__name__}, which is no text and no JSON: {quote(str(error))}"
        return ApplicationReply(is_reply=False, failure=words, kind="returned")
    return ApplicationReply(value=reply, is_reply=True, kind="returned")


@contextmanager
def _environment(changes: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
