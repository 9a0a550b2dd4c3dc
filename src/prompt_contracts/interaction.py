"""One request and what came back, and what a recording remembers beside the two."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from prompt_contracts.json_value import Json
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.usage import Cost


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiRequest:
    """A request as a dialect wants it sent. Holds no key: the transport adds it on the wire."""

    method: str
    url: str
    """Absolute, with the query."""
    body: Json = None
    """The JSON body; None sends none."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What a report needs and an HTTP recording does not hold. None is unknown."""

    at: str | None = None
    """ISO 8601 time of the answer, in UTC."""
    latency: float | None = None
    """Seconds from the request to the last byte, without waits between attempts."""
    attempts: int | None = None
    """Sends, the first one included."""
    trial: int | None = None
    """Number of the trial that asked, from 1."""
    cost: Cost | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain data for the recording; `from_json` reads it back."""
        return {
            "at": self.at,
            "latency": self.latency,
            "attempts": self.attempts,
            "trial": self.trial,
            "cost": None if self.cost is None else self.cost.to_json(),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Recorded:
        """What `to_json` wrote."""
        cost = data.get("cost")
        return cls(
            at=data.get("at"),
            latency=data.get("latency"),
            attempts=data.get("attempts"),
            trial=data.get("trial"),
            cost=None if cost is None else Cost.from_json(cost),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """One exchange with a provider: exactly one of `response` and `failure` is there."""

    request: ApiRequest
    response: ApiResponse | None = None
    failure: ProviderError | None = None
    """A timeout, a refused connection: no HTTP response came."""
    recorded: Recorded = field(default_factory=Recorded)
    is_replayed: bool = False
    earlier: tuple[Interaction, ...] = ()
    """The attempts before this one that were sent again, oldest first."""
