"""One request and what came back, and what a recording remembers beside the two."""

from __future__ import annotations

import re
from dataclasses import field
from typing import Any

from prompt_contracts.data_class import dataclass
from prompt_contracts.json_value import Json
from prompt_contracts.plain_data import PlainData
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.usage import Cost

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_FIRST_LINE_OF_EVENTS = re.compile(rb"(?:data|event|id|retry)?:|data[\r\n]")
_RARE = ("unsent", "unanswered", "confirmed")
_STATUSES_SENT_AGAIN = frozenset({408, 409, 429})


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiRequest:
    """A request as a dialect wants it sent. Holds no key: the transport adds it on the wire."""

    method: str
    url: str = field(repr=False)
    """Absolute, with the query."""
    body: Json = None
    """The JSON body; None sends none."""
    headers: tuple[tuple[str, str], ...] = field(default=(), compare=False, repr=False)
    """What the API family itself wants beside the body, such as `OpenAI-Beta`: sent as they are, never secret, and no
    part of what makes two requests the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiResponse:
    """A response, its content decoded from any compression."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    """Names in lower case, in the order they came."""
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The first value of a header, by its lower-case name."""
        return next((value for key, value in self.headers if key == name), None)

    @property
    def text(self) -> str:
        """The body for a person; bytes that are no UTF-8 are replaced."""
        return self.body.decode("utf-8", "replace")

    @property
    def is_event_stream(self) -> bool:
        """Whether it is a stream of events: by its content type, unless the body is plainly JSON; else by its look."""
        start = self.body[:1024].removeprefix(_BYTE_ORDER_MARK).lstrip()
        if start[:1] in (b"{", b"["):
            return False  # servers that answer an error instead of the stream may leave the content type as it was
        content_type = self.header("content-type") or ""
        if content_type.partition(";")[0].strip().lower() == "text/event-stream":
            return True
        return _FIRST_LINE_OF_EVENTS.match(start) is not None

    @property
    def is_sent_again(self) -> bool:
        """Whether its status is one after which clients send the same request again."""
        return self.status in _STATUSES_SENT_AGAIN or self.status >= 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a response says, apart from what is another in every response to the same request."""

    text: str
    """The same for responses that mean the same."""
    ids: tuple[str, ...] = ()
    """The ids that it gives, in the order of its text: later requests may repeat them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded(PlainData):
    """What a report needs and an HTTP recording does not hold. None is unknown."""

    at: str | None = None
    """ISO 8601 time of the answer, in UTC."""
    latency: float | None = None
    """Seconds from the request to the last byte, over all `attempts`, without the waits between them."""
    attempts: int | None = None
    """Sends that this entry stands for: 1, and those before it that got no response, which no recording holds."""
    trial: int | None = None
    """Number of the trial that asked, from 1."""
    cost: Cost | None = None
    unsent: int = 0
    """How many of the `attempts` reached nobody, for there was no connection: they cost nothing."""
    unanswered: tuple[ProviderError, ...] = ()
    """What went wrong with the sends before this one that got no response, which no recording can hold."""
    confirmed: str | None = None
    """ISO 8601 date, in UTC, on which the same request was last answered with the same meaning; None: never again."""

    def to_json(self) -> dict[str, Any]:
        """Plain data for the recording; `from_json` reads it back."""
        data = PlainData.to_json(self)
        data["unanswered"] = [{"kind": error.kind, "message": error.message} for error in self.unanswered]
        return {key: value for key, value in data.items() if value or key not in _RARE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """One exchange with a provider: exactly one of `response` and `failure` is there."""

    request: ApiRequest
    response: ApiResponse | None = None
    failure: ProviderError | None = None
    """A timeout, a refused connection: no HTTP response came."""
    recorded: Recorded = field(default_factory=Recorded)
    is_replayed: bool = False
    is_injected: bool = False
    """Whether a fault of the case made it, or damaged what came; never recorded as it is here."""
    is_unsent: bool = False
    """Whether there was no connection to send it over: it reached nobody and cost nothing."""
    earlier: tuple[Interaction, ...] = ()
    """The attempts before this one that were sent again, oldest first."""
    waited: float = 0.0
    """Seconds of waiting between the attempts, all together; counted even where they took no time."""
    given_up: str | None = None
    """Why it was not sent again although it could have been, for the error's message; None when nothing kept it."""
