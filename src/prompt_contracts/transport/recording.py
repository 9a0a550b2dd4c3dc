"""New interactions into a recording: vcrpy's `Cassette` reads and merges what is there, our persister writes.

vcrpy's patching is never used: under threads it mixes up recordings. Nothing is replayed from here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import field, replace
from pathlib import Path
from threading import Lock
from typing import Any, Literal

from prompt_contracts.data_class import dataclass
from prompt_contracts.errors import RecordingUnreadable
from prompt_contracts.interaction import ApiRequest, ApiResponse, Interaction, Recorded
from prompt_contracts.secret import Secret
from prompt_contracts.transport.body_bytes import encode_body
from prompt_contracts.transport.cassette_file import OWN_KEY, Entry, read_entries
from prompt_contracts.transport.cassette_store import read_text
from prompt_contracts.transport.cassette_writer import (
    AnswerTexts,
    CassetteWriter,
    News,
    PlainSerializer,
    VcrEntry,
    trial_of,
)
from prompt_contracts.transport.cassette_yaml import UnreadableError
from prompt_contracts.transport.confirmation import Confirmation, KeepsVerdict
from prompt_contracts.transport.redaction import stored_url
from prompt_contracts.transport.replay import Key, request_key, stored_key
from prompt_contracts.transport.sender import Sender, Sending
from prompt_contracts.usage import Cost

Merge = Literal["drop", "keep", "replace", "replace trials"]
"""What becomes of the entries that the file had: none is kept, all are, or all but those asked again, one by one or
trial by trial."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewriting:
    """A recording that was written: what it held when the run began, and what it holds now."""

    before: tuple[Entry, ...] | None
    """None when there was no file, or none that could be read."""
    after: tuple[Entry, ...] = ()
    """Nothing where there is nothing to compare it with."""
    was_unreadable: bool = False
    confirmed: tuple[int, ...] = ()
    """The trials whose new answers say what the recorded ones say: these stay, with the date."""


@dataclass(slots=True, eq=False)
class _Asked:
    """A request, with what vcrpy wants of one: loading vcrpy takes longer than recording a hundred answers."""

    method: str
    uri: str
    body: bytes | None
    headers: dict[str, str] = field(repr=False)
    prompt_contracts_key: Key | None = None


_Noted = tuple[ApiResponse, dict[str, Any]]
"""A response, known by its identity and kept for that, and the same as vcrpy's."""


class Recorder:
    """What one cell recorded in this run. Thread-safe."""

    def __init__(
        self,
        path: Path,
        *,
        shown: str,
        merge: Merge,
        secrets: Sequence[Secret],
        answer_texts: AnswerTexts,
        confirmation: Confirmation,
        trials: int = 1,
    ) -> None:
        """`shown` is the path for messages, relative to the project root; `trials` is how many the cell has."""
        self._trials = trials
        self._path = path
        self._shown = shown
        self._merge = merge
        self._lock = Lock()
        self._saving = Lock()
        self._writer = CassetteWriter(
            path,
            shown=shown,
            secrets=secrets,
            answer_texts=answer_texts,
            # Where all old entries are kept, a new one stands beside them: one request may have several answers.
            confirmation=None if merge == "keep" else confirmation,
        )
        self._over: set[int] | None = set()
        self._old: list[VcrEntry] | None = None
        self._new: list[VcrEntry] = []
        self._noted: defaultdict[int, list[_Noted]] = defaultdict(list)
        self._unanswered: defaultdict[tuple[int | None, Key], list[Interaction]] = defaultdict(list)

    @property
    def has_recorded(self) -> bool:
        """Whether anything was recorded."""
        return bool(self._noted)

    def add(self, interaction: Interaction) -> None:
        """Keep an interaction for `save`.

        No cassette can hold one without a response: it is counted into the next entry of the same request.
        """
        request = _vcr_request(interaction.request)
        with self._lock:
            answered = interaction.response
            # By trial, too: trials run in threads, and ask the same at the same time.
            if answered is None:
                self._unanswered[interaction.recorded.trial, request_key(interaction.request)].append(interaction)
                return
            earlier: list[Interaction] = []
            if self._unanswered:
                asked = (interaction.recorded.trial, request_key(interaction.request))
                earlier = self._unanswered.pop(asked, [])
            response = _vcr_response(answered, _together(earlier, interaction.recorded))
            self._new.append((request, response))
            self._noted[id(answered)].append((answered, response))

    def note_cost(self, interaction: Interaction, cost: Cost | None) -> None:
        """Put the price into the entry of an interaction that was added; others are left alone."""
        if interaction.response is None:
            return
        with self._lock:
            # The layers above make new interactions of it, around the same response.
            for noted, response in self._noted.get(id(interaction.response), ()):
                if noted is interaction.response:
                    response[OWN_KEY]["cost"] = None if cost is None else cost.to_json()

    def save(
        self, *, trials: Collection[int] | None = None, keeps_verdict: KeepsVerdict = lambda _trial, _latencies: True
    ) -> bool:
        """Write what was recorded if the file does not say so already; True when it was written.

        With `trials`, these are over now, and others may not be: they keep what the file had of them. `SecretFound`
        and `RecordingUnreadable` leave the file as it was.
        """
        # Another lock than that of `add`: threads that ask need not wait for a disk.
        with self._saving:
            over = self._noted_as_over(trials)
            with self._lock:
                new = [entry for entry in self._new if over is None or entry[1][OWN_KEY]["trial"] in over]
            if not new:
                return False
            self._writer.news = News(responses={id(each[1]) for each in new}, keeps_verdict=keeps_verdict)
            try:
                return self._written(self._kept(new, over), sorted(new, key=trial_of), is_whole=over is None)
            except UnreadableError as error:
                raise RecordingUnreadable(f"{self._shown} cannot be written: {error}", cassette=self._shown) from None
            except OSError as error:
                reason = error.strerror or str(error)
                raise RecordingUnreadable(f"{self._shown} cannot be written: {reason}", cassette=self._shown) from None

    @property
    def rewriting(self) -> Rewriting | None:
        """What this run made of the file, however often it was saved; None as long as nothing was written."""
        with self._saving:
            before, after, confirmed = self._writer.before, self._writer.entries, self._writer.confirmed
        if after is None:
            return None
        if before is None:
            return Rewriting(before=None)
        try:
            if isinstance(before, UnreadableError):
                raise before
            return Rewriting(before=read_entries(before), after=after, confirmed=confirmed)
        except UnreadableError:
            return Rewriting(before=None, after=after, was_unreadable=True)

    def _noted_as_over(self, trials: Collection[int] | None) -> Collection[int] | None:
        """All trials that are over; None once all are. Whoever comes late takes back nothing that others said."""
        if trials is None:
            self._over = None
        elif self._over is not None:
            self._over.update(trials)
        return self._over

    def _kept(self, new: Sequence[VcrEntry], trials: Collection[int] | None) -> list[VcrEntry]:
        """The entries of before that stay beside the new ones."""
        if self._merge == "drop" and trials is None:
            return []
        if self._old is None:
            self._old = self._loaded()
        if self._merge == "replace trials":
            asked = {trial_of(entry) for entry in new}
            # An entry without a number may be that of any trial, until all of them were asked.
            asked |= {0} if len(asked) >= self._trials else set()
            return [entry for entry in self._old if trial_of(entry) not in asked]
        if trials is None or self._merge == "keep":
            return self._old
        if self._merge == "drop":
            return [entry for entry in self._old if entry[1].get(OWN_KEY, {}).get("trial") not in trials]
        again = {(trial_of(entry), _key(entry[0])) for entry in new}
        return [entry for entry in self._old if (trial_of(entry), _key(entry[0])) not in again]

    def _loaded(self) -> list[VcrEntry]:
        try:
            if read_text(self._path) is None:
                return []
            cassette = self._cassette()
            cassette._load()  # noqa: SLF001 - `Cassette.load` would not let us pass a prepared object
        except UnreadableError:
            if self._merge != "drop":
                raise
            return []  # it goes anyway
        return list(cassette.data)

    def _written(self, kept: Sequence[VcrEntry], new: Sequence[VcrEntry], *, is_whole: bool) -> bool:
        before = self._writer.written
        if is_whole and self._merge == "replace" and kept:
            cassette = self._cassette()
            # Not by `Cassette.append`: it copies every body, and logs all of it, secrets included.
            cassette.data = [*kept, *new]
            cassette._loaded_count = len(kept)  # noqa: SLF001 - what `_load` sets; a test holds both to their word
            cassette.dirty = True
            cassette._save()  # noqa: SLF001 - the call behind `use_cassette`
        else:
            self._writer.save([*kept, *new])
        return self._writer.written != before

    def _cassette(self) -> Any:
        # 150 to 350 ms, since vcrpy looks for every HTTP library that there is: only what is there already needs it.
        from vcr.cassette import Cassette  # type: ignore[import-untyped]  # vcrpy ships no types
        from vcr.record_mode import RecordMode  # type: ignore[import-untyped]  # as above

        return Cassette(
            path=str(self._path),
            serializer=PlainSerializer(),
            persister=self._writer,
            # Since vcrpy 9 it takes the place of the entries that were asked again, and keeps the others. It knows
            # nothing of trials: while some are not over, what they had of the same request must stay.
            record_mode=RecordMode.ALL,
            # vcrpy's default leaves the body out, so that two chats in a file get each other's answers; its own
            # matcher of bodies makes a diff at every miss: 247 s for 1,000 entries (9.4.2).
            match_on=(_is_same_request,),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingSender:
    """Asks the layer below and keeps what it answers."""

    inner: Sender
    recorder: Recorder

    def send(self, request: ApiRequest, *, sending: Sending) -> Interaction:
        """The answer of the layer below, kept for saving."""
        interaction = self.inner.send(request, sending=sending)
        # What was held back for want of money is no attempt that anybody would see again.
        if interaction.failure is None or interaction.failure.kind != "budget":
            self.recorder.add(interaction)
        return interaction


def _together(unanswered: Sequence[Interaction], answered: Recorded) -> Recorded:
    """What an entry says of itself and of the sends before it that got no response."""
    sends = [*(interaction.recorded for interaction in unanswered), answered]
    latencies = [send.latency for send in sends if send.latency is not None]
    return replace(
        answered,
        attempts=sum(send.attempts or 1 for send in sends),
        latency=round(sum(latencies), 4) if len(latencies) == len(sends) else None,
        unsent=sum(interaction.is_unsent for interaction in unanswered),
        unanswered=tuple(interaction.failure for interaction in unanswered if interaction.failure is not None),
    )


def _is_same_request(left: Any, right: Any) -> bool:
    return _key(left) == _key(right)


def _key(request: Any) -> Key:
    """The key of a vcrpy request, worked out once: vcrpy compares every pair of requests."""
    key = getattr(request, "prompt_contracts_key", None)
    if not isinstance(key, Key):
        key = stored_key(request.method, request.uri, request.body)
        request.prompt_contracts_key = key
    return key


def _vcr_request(request: ApiRequest) -> _Asked:
    headers = {"accept": "application/json"}
    body = None
    if request.body is not None:
        # Without the content type, vcrpy's own body matcher compares bytes and not JSON.
        headers["content-type"] = "application/json"
        body = encode_body(request.body)
    # Those that may not be stored are left out when the text is written.
    headers |= {name.lower(): value for name, value in request.headers}
    return _Asked(request.method, stored_url(request.url), body, headers)


def _vcr_response(response: ApiResponse, recorded: Recorded) -> dict[str, Any]:
    headers: dict[str, list[str]] = {}
    for name, value in response.headers:
        headers.setdefault(name, []).append(value)
    return {
        "status": {"code": response.status, "message": _reason_phrase(response.status)},
        "headers": headers,
        "body": {"string": response.body},
        OWN_KEY: recorded.to_json(),
    }


def _reason_phrase(status: int) -> str:
    from http import HTTPStatus  # a replay needs no names of codes

    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
