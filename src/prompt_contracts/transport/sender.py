"""The one method that every layer of the transport has; layers are nested, never patched in."""

from __future__ import annotations

from typing import Protocol

from prompt_contracts.interaction import ApiRequest, Interaction


class Sender(Protocol):
    """Something that gets an answer to a request, itself or from the layer below."""

    def send(self, request: ApiRequest, *, trial: int, timeout: float) -> Interaction:
        """One exchange; `timeout` is in seconds for one attempt.

        A provider's or network's failure comes back as data; `RecordingError` and `UsageError` are raised.
        """
        ...
