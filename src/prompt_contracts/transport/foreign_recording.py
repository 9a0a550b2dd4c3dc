"""The recording of somebody else in the place of a network: a cell's requests are answered from it, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from prompt_contracts.data_class import dataclass
from prompt_contracts.interaction import ApiRequest, Interaction
from prompt_contracts.transport.playback import PlaybackSender
from prompt_contracts.transport.sender import Sender, Sending
from prompt_contracts.trial import Cell

NetworkStandIn = Callable[[Cell], Sender]
"""Who answers the requests of a cell in place of its provider."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignRecording:
    """Answers as a provider would; each answer belongs to the trial that asked for it."""

    playback: PlaybackSender

    def send(self, request: ApiRequest, *, sending: Sending) -> Interaction:
        """The answer that was recorded; `RecordingMissing` or `RecordingStale` where there is none."""
        found = self.playback.send(request, sending=sending)
        return replace(found, recorded=replace(found.recorded, trial=sending.trial), earlier=())
