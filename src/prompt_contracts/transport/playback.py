"""The layer that answers from a recording, and says what is wrong when it cannot.

Passes a miss to the layer below only where there is one: plain replay has none, and so no way to the network.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from threading import Lock

from prompt_contracts.data_class import dataclass
from prompt_contracts.errors import RecordingError, RecordingMissing, RecordingStale
from prompt_contracts.interaction import ApiRequest, Interaction
from prompt_contracts.masking import mask
from prompt_contracts.secret import Secret
from prompt_contracts.transport.replay import Tape, stored_requests
from prompt_contracts.transport.sender import Sender, Sending


class PlaybackSender:
    """Answers one cell's requests from its tape. Thread-safe."""

    def __init__(
        self,
        tape: Tape,
        *,
        shown: str,
        secrets: Callable[[], tuple[Secret, ...]],
        base_url: str,
        any_base: bool,
        inner: Sender | None,
        asked_anew: Collection[int] | None = None,
    ) -> None:
        """`shown` is the path of the recording for messages, out of which `secrets` are kept; asked for when needed.

        `base_url` is the address in front of the path, as far as it is known; with `any_base` the environment gives it,
        here perhaps another one than where the recording was made. `inner` is asked on a miss, None raises; without
        `asked_anew`, the trials whose misses go there, all do.
        """
        self.tape = tape
        self._shown = shown
        self._secrets = secrets
        self._base_url = base_url
        self._any_base = any_base
        self._inner = inner
        self._asked_anew = asked_anew
        self._lock = Lock()

    def send(self, request: ApiRequest, *, sending: Sending) -> Interaction:
        """The recorded answer; on a miss the lower layer's, or `RecordingMissing` or `RecordingStale`."""
        asked = self._looked_up(request)
        with self._lock:
            # Taking marks as used: two threads must not be given one answer.
            found = self.tape.take(asked, sending.trial)
        if found is not None:
            return found if asked is request else replace(found, request=request)
        if self._inner is not None and (self._asked_anew is None or sending.trial in self._asked_anew):
            return self._inner.send(request, sending=sending)
        raise self._refusal(asked, sending.trial)

    def _looked_up(self, request: ApiRequest) -> ApiRequest:
        return below_base(request, self._base_url) if self._any_base else request

    def _refusal(self, request: ApiRequest, trial: int) -> RecordingError:
        if not self.tape.entries:
            return RecordingMissing(
                f"{self._shown} holds no interaction",
                cassette=self._shown,
                help="record the cell",
                cause="no interaction",
            )
        with self._lock:
            trials = self.tape.trials_of(request)
        recorded = self.tape.numbers
        if not trials and recorded and trial not in recorded:
            # A seed grows with the trial: a request of a trial that nobody recorded is not a changed one.
            numbers = f"{len(recorded)} trials" if len(recorded) > 1 else "1 trial"
            return RecordingMissing(
                f"{self._shown} holds {numbers}, and trial {trial} is not among them",
                cassette=self._shown,
                help="record the cell again",
                cause=f"{numbers}, not {trial}",
            )
        if trials:
            reason = _what_is_there(trials, trial)
            return RecordingMissing(
                f"{self._shown} {reason}", cassette=self._shown, help="record the cell again", cause=reason
            )
        stored = stored_requests(self.tape.entries)
        from prompt_contracts.transport import stale  # most answers are found

        changes = stale.describe_changes(request, stored, any_base=self._any_base)
        lines = [f"the request is not the one recorded in {self._shown}; since then changed:", *changes]
        return RecordingStale(
            mask("\n  ".join(lines), self._secrets()),
            cassette=self._shown,
            help="undo the change, or record the cell again",
            cause=mask(stale.cause_of_changes(request, stored, any_base=self._any_base), self._secrets()),
            parts=stale.changed_parts(request, stored, any_base=self._any_base),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialsAskedAnew:
    """Answers some trials from one layer, from their first request on, and all others from another one."""

    recorded: Sender
    anew: Sender
    trials: Collection[int]
    """Those that `anew` answers; more may be put in as long as nothing of them was asked there."""

    def send(self, request: ApiRequest, *, sending: Sending) -> Interaction:
        """The answer of the layer that the trial has."""
        return (self.anew if sending.trial in self.trials else self.recorded).send(request, sending=sending)


def below_base(request: ApiRequest, base_url: str) -> ApiRequest:
    """The request with an address that starts at the path below the provider's own."""
    return replace(request, url=request.url.removeprefix(base_url))


def _what_is_there(trials: tuple[int, ...], trial: int) -> str:
    if trial in trials:
        return f"has no further answer to this request for trial {trial}: it was asked more often than recorded"
    count = f"{len(trials)} trial" if len(trials) == 1 else f"{len(trials)} trials"
    numbers = ", ".join(map(str, trials[:10])) + (", …" if len(trials) > 10 else "")
    return f"has this request for {count} ({numbers}), and trial {trial} is not among them"
