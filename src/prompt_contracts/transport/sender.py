"""The one method that every layer of the transport has; layers are nested, never patched in."""

from __future__ import annotations

from typing import Protocol

from prompt_contracts.data_class import dataclass
from prompt_contracts.fault import FaultPlan
from prompt_contracts.interaction import ApiRequest, Interaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What the layers must know of one send, beside the request itself."""

    trial: int
    """Number of the trial that asks, from 1."""
    timeout: float
    """Seconds for one attempt."""
    number: int = 1
    """Which request of the trial it is, from 1; attempts at one request share its number."""
    attempt: int = 1
    """Which attempt at the request it is, from 1."""
    fault: FaultPlan | None = None
    """What goes wrong on purpose; None lets everything go its way."""


class Sender(Protocol):
    """Something that gets an answer to a request, itself or from the layer below."""

    def send(self, request: ApiRequest, *, sending: Sending) -> Interaction:
        """One exchange.

        A provider's or network's failure comes back as data; `RecordingError` and `UsageError` are raised.
        """
        ...
