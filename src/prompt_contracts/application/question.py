"""What an application is asked in one turn, what it gave back, and the time that it has. Runs nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from typing import Literal

from prompt_contracts.data_class import dataclass
from prompt_contracts.json_value import Json

ReplyKind = Literal["returned", "raised", "exited", "hung", "silent"]

LONGEST_OUTPUT = 20_000
"""Characters of an application's output that are kept: the last ones."""
_LONGEST_QUOTE = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One turn, as a handler gets it. The application may change what it finds here: it is its own copy."""

    messages: list[dict[str, Json]]
    """The conversation so far in OpenAI's form; the last message is the one to answer."""
    base_url: str
    """Where the provider is to be found; the environment says the same under `OPENAI_BASE_URL`."""
    api_key: str
    """A placeholder: no key is needed here, and none is given."""
    model: str
    variables: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationReply:
    """What came of one turn of an application. No text in it holds a secret of the environment."""

    value: Json = None
    """The reply: text, or any JSON value; None without one."""
    is_reply: bool
    """Whether the application gave a reply that can be judged."""
    failure: str | None = None
    """Why there is no reply, in words; None with one."""
    kind: ReplyKind
    """`returned` something, though it may be no JSON; `raised`; `exited` with a code or by a signal; `hung` past
    its time; `silent`: it ended well, or returned None, and never replied."""
    output: str = ""
    """The end of what a program wrote to standard error; where a function raised, or where it stands and hangs."""


class TimeLimit:
    """The seconds that an application has for all its turns together; only its own time counts."""

    def __init__(self, seconds: float, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._left = seconds
        self._monotonic = monotonic
        self._ends: float | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        """While the application is being waited for."""
        started = self._monotonic()
        self._ends = started + self._left
        try:
            yield
        finally:
            self._ends = None
            # Between its turns the provider is asked and judged: no time of the application's.
            self._left -= self._monotonic() - started

    @property
    def left(self) -> float:
        """Seconds that remain; never negative."""
        return max(self._left if self._ends is None else self._ends - self._monotonic(), 0.0)


def quote(text: str) -> str:
    """A piece of an application's text for a message: on one line, not too long."""
    shown = "".join(mark if mark.isprintable() else repr(mark)[1:-1] for mark in text[:_LONGEST_QUOTE])
    return f"`{shown}{'…' if len(text) > _LONGEST_QUOTE else ''}`"


def tail(text: str) -> str:
    """The end of an output, as much as is kept."""
    return text if len(text) <= LONGEST_OUTPUT else f"…{text[-LONGEST_OUTPUT:]}"


def output_mark(number: int) -> bytes:
    """What a process of handlers prints after each call, and nobody sees."""
    return f"\x1e{number}\x1e".encode()
