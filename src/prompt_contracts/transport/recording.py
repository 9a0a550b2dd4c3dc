"""New interactions into a recording: vcrpy's `Cassette` reads and merges what is there, our persister writes.

vcrpy's patching is never used: under threads it mixes up recordings. Nothing is replayed from here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import field, replace
from pathlib import Path
from threading import Lock
from typing import Any, Literal

from prompt_contracts.data_class import dataclass
from prompt_contracts.errors import RecordingUnreadable, SecretFound
from prompt_contracts.interaction import ApiRequest, ApiResponse, Interaction, Recorded
from prompt_contracts.secret import Secret
from prompt_contracts.transport.body_bytes import encode_body
from prompt_contracts.transport.cassette_file import OWN_KEY, Entry, entry_of, read_entries, read_standard
from prompt_contracts.transport.cassette_store import read_text, write_text
from prompt_contracts.transport.cassette_text import clean, dumped, joined_yaml, passages
from prompt_contracts.transport.cassette_yaml import UnreadableError
from prompt_contracts.transport.entry_text import entry_text
from prompt_contracts.transport.redaction import Passage, find_secret, stored_url
from prompt_contracts.transport.replay import Key, request_key, stored_key
from prompt_contracts.transport.sender import Sender, Sending
from prompt_contracts.usage import Cost

AnswerTexts = Callable[[str, ApiResponse], Iterable[str]]
Merge = Literal["drop", "keep", "replace"]
"""What becomes of the entries that the file had: none is kept, all are, or all but those asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewriting:
    """A recording that was written: what it held when the run began, and what it holds now."""

    before: tuple[Entry, ...] | None
    """None when there was no file, or none that could be read."""
    after: tuple[Entry, ...] = ()
    """Nothing where there is nothing to compare it with."""
    was_unreadable: bool = False


@dataclass(slots=True, eq=False)
class _Asked:
    """A request, with what vcrpy wants of one: loading vcrpy takes longer than recording a hundred answers."""

    method: str
    uri: str
    body: bytes | None
    headers: dict[str, str] = field(repr=False)
    prompt_contracts_key: Key | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    """One entry as it stands in the file."""

    text: str
    """A file of that entry alone."""
    entry: Entry


_Entry = tuple[Any, dict[str, Any]]
"""A request, ours or vcrpy's, and a response of vcrpy's."""
_Noted = tuple[ApiResponse, dict[str, Any]]
"""A response, known by its identity and kept for that, and the same as vcrpy's."""


class Recorder:
    """What one cell recorded in this run. Thread-safe."""

    def __init__(
        self, path: Path, *, shown: str, merge: Merge, secrets: Sequence[Secret], answer_texts: AnswerTexts
    ) -> None:
        """`shown` is the path for messages, relative to the project root."""
        self._path = path
        self._shown = shown
        self._merge = merge
        self._lock = Lock()
        self._saving = Lock()
        self._persister = _Persister(path, shown=shown, secrets=secrets, answer_texts=answer_texts)
        self._over: set[int] | None = set()
        self._old: list[_Entry] | None = None
        self._new: list[_Entry] = []
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

    def save(self, *, trials: Collection[int] | None = None) -> bool:
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
            try:
                return self._written(self._kept(new, over), sorted(new, key=_trial_of), is_whole=over is None)
            except UnreadableError as error:
                raise RecordingUnreadable(f"{self._shown} cannot be written: {error}", cassette=self._shown) from None
            except OSError as error:
                reason = error.strerror or str(error)
                raise RecordingUnreadable(f"{self._shown} cannot be written: {reason}", cassette=self._shown) from None

    @property
    def rewriting(self) -> Rewriting | None:
        """What this run made of the file, however often it was saved; None as long as nothing was written."""
        with self._saving:
            before, after = self._persister.before, self._persister.entries
        if after is None:
            return None
        if before is None:
            return Rewriting(before=None)
        try:
            if isinstance(before, UnreadableError):
                raise before
            return Rewriting(before=read_entries(before), after=after)
        except UnreadableError:
            return Rewriting(before=None, after=after, was_unreadable=True)

    def _noted_as_over(self, trials: Collection[int] | None) -> Collection[int] | None:
        """All trials that are over; None once all are. Whoever comes late takes back nothing that others said."""
        if trials is None:
            self._over = None
        elif self._over is not None:
            self._over.update(trials)
        return self._over

    def _kept(self, new: Sequence[_Entry], trials: Collection[int] | None) -> list[_Entry]:
        """The entries of before that stay beside the new ones."""
        if self._merge == "drop" and trials is None:
            return []
        if self._old is None:
            self._old = self._loaded()
        if trials is None or self._merge == "keep":
            return self._old
        if self._merge == "drop":
            return [entry for entry in self._old if entry[1].get(OWN_KEY, {}).get("trial") not in trials]
        again = {(_trial_of(entry), _key(entry[0])) for entry in new}
        return [entry for entry in self._old if (_trial_of(entry), _key(entry[0])) not in again]

    def _loaded(self) -> list[_Entry]:
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

    def _written(self, kept: Sequence[_Entry], new: Sequence[_Entry], *, is_whole: bool) -> bool:
        before = self._persister.written
        if is_whole and self._merge == "replace" and kept:
            cassette = self._cassette()
            # Not by `Cassette.append`: it copies every body, and logs all of it, secrets included.
            cassette.data = [*kept, *new]
            cassette._loaded_count = len(kept)  # noqa: SLF001 - what `_load` sets; a test holds both to their word
            cassette.dirty = True
            cassette._save()  # noqa: SLF001 - the call behind `use_cassette`
        else:
            self._persister.save([*kept, *new])
        return self._persister.written != before

    def _cassette(self) -> Any:
        # 150 to 350 ms, since vcrpy looks for every HTTP library that there is: only what is there already needs it.
        from vcr.cassette import Cassette  # type: ignore[import-untyped]  # vcrpy ships no types
        from vcr.record_mode import RecordMode  # type: ignore[import-untyped]  # as above

        return Cassette(
            path=str(self._path),
            serializer=_Serializer(),
            persister=self._persister,
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


def _text_of(path: Path) -> str | UnreadableError | None:
    try:
        return read_text(path)
    except UnreadableError as error:
        return error


def _trial_of(entry: _Entry) -> int:
    return entry[1].get(OWN_KEY, {}).get("trial") or 0


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


class _Serializer:
    """vcrpy's serializer interface over our reader; what is written never comes by it."""

    def deserialize(self, text: str) -> dict[str, Any]:
        """Plain data for vcrpy; `UnreadableError` when the text is no recording."""
        return read_standard(text)


class _Persister:
    """vcrpy's persister interface: capped reading; a search for secrets, then atomic writing."""

    def __init__(self, path: Path, *, shown: str, secrets: Sequence[Secret], answer_texts: AnswerTexts) -> None:
        self._answer_texts = answer_texts
        self._path = path
        self._shown = shown
        self._secrets = secrets
        self._known: dict[tuple[int, str], _Stored] = {}
        self.before: str | UnreadableError | None = None
        """What the file held before it was written."""
        self.written: str | None = None
        """What was written last."""
        self.entries: tuple[Entry, ...] | None = None
        """The same, as it is read."""

    def load_cassette(self, cassette_path: str, serializer: Any) -> Any:
        """vcrpy's requests and responses; its own exception when there is no file."""
        from vcr.persisters.filesystem import (  # type: ignore[import-untyped]  # vcrpy ships no types
            CassetteNotFoundError,
        )
        from vcr.serialize import deserialize  # type: ignore[import-untyped]  # as above

        text = read_text(self._path)
        if text is None:
            raise CassetteNotFoundError(cassette_path)
        return deserialize(text, serializer)

    def save_cassette(self, _path: str, cassette_dict: dict[str, Any], serializer: Any) -> None:  # noqa: ARG002 - vcrpy's
        """As `save`, called by vcrpy."""
        self.save(zip(cassette_dict["requests"], cassette_dict["responses"], strict=True))

    def save(self, found: Iterable[_Entry]) -> None:
        """Write the file, unless it was written so before or a secret stands in it."""
        entries = list(found)
        if all(map(_trial_of, entries)):
            # Threads finish in any order, and a stopped recording goes on later; a file should not change by that.
            entries.sort(key=_trial_of)
        stored = [self._stored(entry, _place(at, entries)) for at, entry in enumerate(entries, 1)]
        text = joined_yaml([each.text for each in stored])
        if text == self.written:
            return
        if self.written is None:
            self.before = _text_of(self._path)
        write_text(self._path, text)
        self.written = text
        self.entries = tuple(each.entry for each in stored)

    def _stored(self, entry: _Entry, place: str) -> _Stored:
        """Made and searched once: a long recording is written after each of its trials."""
        # All entries of a recorder live as long as it does, and nothing of them but the cost changes.
        known = (id(entry[1]), str(entry[1].get(OWN_KEY, {}).get("cost")))
        if known not in self._known:
            request, response = entry
            asked = {name: getattr(request, name) for name in ("method", "uri", "body", "headers")}
            interaction = clean({"request": asked, "response": response})
            # What is searched is what a reader of the file will find: known of one form, and read back of others.
            written = entry_text(interaction)
            text = dumped([interaction]) if written is None else written.text
            if written is None:
                (interaction,) = read_standard(text)["interactions"]
            stored = _Stored(text=text, entry=entry_of(interaction))
            rest = Passage(place="", text=text if written is None else written.rest)
            self._refuse_secrets([*passages([interaction], self._answer_texts), rest], place)
            self._known[known] = stored
        return self._known[known]

    def _refuse_secrets(self, found_in: Sequence[Passage], at: str) -> None:
        finding = find_secret(found_in, self._secrets)
        if finding is not None:
            place = f"{finding.place}{at}" if finding.place else "the file"
            raise SecretFound(
                f"{finding.what} stands in {place}: {self._shown} was not written",
                cassette=self._shown,
                help="take it out of what is sent; an answer that repeats a key cannot be recorded",
            )


def _place(number: int, entries: Sequence[_Entry]) -> str:
    return f" of interaction {number}" if len(entries) > 1 else ""
