"""Recorded answers by request and trial, found by index. Imports neither httpx nor vcrpy; asks nobody."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import field, replace
from datetime import UTC
from functools import cached_property, lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from prompt_contracts.data_class import dataclass
from prompt_contracts.interaction import ApiRequest, ApiResponse, Interaction, Recorded
from prompt_contracts.json_number import is_finite_double
from prompt_contracts.json_value import Json, canonical, canonical_text
from prompt_contracts.transport.cassette_file import Entry
from prompt_contracts.transport.redaction import keep_response_headers, stored_url

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


# No header is part of it: a key, or the version of a client, would make every recording stale.
class Key(NamedTuple):
    """What makes two requests the same request."""

    method: str
    url: str
    """Normalised; without keys, user and fragment; the query sorted."""
    body: str
    """Canonical JSON, or the text itself where it is no JSON; empty without a body."""


def request_key(request: ApiRequest) -> Key:
    """The key of a request that is about to be asked."""
    body = "" if request.body is None else canonical(request.body)
    return Key(request.method.upper(), normal_url(request.url), body)


def stored_key(method: str, url: str, body: bytes | None) -> Key:
    """The key of a request as it stands in a recording."""
    text = canonical_text(body) if body else ""
    if text is None:
        # It has a character for each byte: bodies that are no JSON are the same where their bytes are.
        text = (body or b"").decode("latin-1")
    return Key(method.upper(), normal_url(url), text)


def is_surely_same(request: ApiRequest, entry: Entry) -> bool:
    """Whether their keys are the same, as far as that can be told without making them; False promises nothing."""
    if request.method != entry.method or normal_url(request.url) != normal_url(entry.url):
        return False
    if not entry.request_body or not request.body:
        return False
    try:
        # All that reads alike is alike, the order of keys included: most requests are made in the order of last time.
        return repr(_FINITE.decode(entry.request_body.decode())) == repr(request.body)
    except (ValueError, RecursionError):
        return False


def _finite(text: str) -> float:
    number = float(text)
    if not is_finite_double(number):
        raise ValueError(text)
    return number


def _refuse(text: str) -> Json:
    raise ValueError(text)


_FINITE = json.JSONDecoder(parse_float=_finite, parse_constant=_refuse)
"""Without what is infinite or no number: it has several forms, of which some are no JSON."""


@lru_cache(maxsize=1024)
def normal_url(url: str) -> str:
    """One spelling for addresses that reach the same place: case of the host, default port, query order."""
    try:
        parts = urlsplit(stored_url(url))
    except ValueError:
        return url
    # RFC 3986 (6.2.2, 6.2.3): host and scheme have no case, and the default port says nothing.
    host = parts.netloc.lower().removesuffix(_DEFAULT_PORTS.get(parts.scheme.lower(), "\0"))
    query = "&".join(sorted(parts.query.split("&"))) if parts.query else ""
    return f"{parts.scheme.lower()}://{host}{parts.path or '/'}?{query}"


@dataclass(slots=True)
class _Takes:
    """The recorded answers to one request, in the order of the file."""

    by_trial: dict[int, list[Entry]] = field(default_factory=dict)
    unnumbered: list[Entry] = field(default_factory=list)
    """From recorders that know no trials."""
    asked: dict[int, int] = field(default_factory=dict)
    used: set[int] = field(default_factory=set)

    def add(self, entry: Entry) -> None:
        """One more answer, behind those before it."""
        trial = entry.recorded.trial
        (self.unnumbered if trial is None else self.by_trial.setdefault(trial, [])).append(entry)

    def take(self, trial: int) -> Entry | None:
        """The next answer for this trial, or None when there is none left."""
        numbered = self.by_trial.get(trial, ())
        asked = self.asked.get(trial, 0)
        self.asked[trial] = asked
        if asked < len(numbered):
            self.asked[trial] = asked + 1
            return numbered[asked]
        # Never the first one again, as vcrpy's `allow_playback_repeats`: it hides how much a model's answers vary.
        free = [index for index in range(len(self.unnumbered)) if index not in self.used]
        if not free:
            return None
        # The k-th of them belongs to the k-th trial, so that threads cannot swap answers;
        # further asks of one trial, as polling does, go on in the order of the file.
        first = trial - 1 if asked == 0 and trial - 1 in free else free[0]
        self.used.add(first)
        self.asked[trial] = asked + 1
        return self.unnumbered[first]


class Tape:
    """All entries of one recording. Not thread-safe: the owner's lock covers every call."""

    def __init__(self, entries: Sequence[Entry], *, any_base: bool = False) -> None:
        """With `any_base` the address before the path is not known, and only what follows it has to match."""
        self._entries = entries
        self._any_base = any_base
        self._alone = _Takes() if len(entries) == 1 else None
        """What an only entry answers, whichever way it is found."""
        if self._alone is not None:
            self._alone.add(entries[0])

    @property
    def entries(self) -> Sequence[Entry]:
        """The entries in the order of the file."""
        return self._entries

    @property
    def numbers(self) -> frozenset[int]:
        """The trials that the file holds; empty when an entry does not say."""
        trials = [entry.recorded.trial for entry in self._entries]
        known = frozenset(trial for trial in trials if trial is not None)
        return known if None not in trials else frozenset()

    def take(self, request: ApiRequest, trial: int) -> Interaction | None:
        """The recorded answer to a request of a trial, marked as used; None when there is none."""
        takes = self._find(request)
        entry = None if takes is None else takes.take(trial)
        return None if entry is None else _replayed(request, entry)

    def knows(self, request: ApiRequest) -> bool:
        """Whether the request was recorded at all, for whatever trial."""
        return self._find(request) is not None

    def trials_of(self, request: ApiRequest) -> tuple[int, ...]:
        """The numbers of the trials that a request was recorded for; unnumbered ones count up from 1."""
        takes = self._find(request) or _Takes()
        return tuple(sorted({*takes.by_trial, *range(1, len(takes.unnumbered) + 1)}))

    def answers(self, request: ApiRequest, trial: int) -> tuple[Entry, ...]:
        """All recorded answers that this request of a trial may be given; none of them is used up."""
        takes = self._find(request) or _Takes()
        return (*takes.by_trial.get(trial, ()), *takes.unnumbered)

    @cached_property
    def _takes(self) -> dict[Key, _Takes]:
        # An index: among 1,000 entries a look-up takes 0.02 ms, and vcrpy's own search by body 247 ms (9.4.2).
        found: dict[Key, _Takes] = {}
        for entry in self._entries:
            key = stored_key(entry.method, entry.url, entry.request_body)
            if self._alone is not None:
                found[key] = self._alone
            else:
                found.setdefault(key, _Takes()).add(entry)
        return found

    def untaken(self, trials: int, *, is_over: bool) -> int:
        """How many entries no trial is given: those of trials beyond so many, and of these what none has asked for.

        Unless all of these trials `is_over`, as nobody knows what they will ask.
        """
        count = 0
        for takes in self._takes.values() if self._alone is None else (self._alone,):
            for trial, entries in takes.by_trial.items():
                count += len(entries) if trial > trials or (is_over and trial not in takes.asked) else 0
            count += len(takes.unnumbered) if is_over and not takes.asked else 0
        return count

    def _find(self, request: ApiRequest) -> _Takes | None:
        if self._alone is not None and is_surely_same(request, self._entries[0]):
            return self._alone
        key = request_key(request)
        if not self._any_base:
            return self._takes.get(key)
        return next((takes for stored, takes in self._takes.items() if is_same_below_base(key, stored)), None)


def is_same_below_base(asked: Key, stored: Key) -> bool:
    """Whether two requests differ in nothing but the address in front of the path asked for."""
    if (asked.method, asked.body) != (stored.method, stored.body):
        return False
    path, _, query = _below_host(asked.url).partition("?")
    stored_path, _, stored_query = _below_host(stored.url).partition("?")
    return _without_version(query) == _without_version(stored_query) and stored_path.endswith(path)


def _without_version(query: str) -> list[str]:
    """Azure's `api-version` comes from the environment, as the address does."""
    return [field for field in query.split("&") if field and not field.startswith("api-version=")]


def _below_host(url: str) -> str:
    rest = url.partition("://")[2]
    return rest[rest.find("/") :]


def _replayed(request: ApiRequest, entry: Entry) -> Interaction:
    headers = keep_response_headers(entry.headers)
    response = ApiResponse(status=entry.status, headers=headers, body=entry.body)
    recorded = entry.recorded
    if recorded.at is None:
        recorded = replace(recorded, at=_date(response.header("date")))
    earlier = _unanswered(request, recorded) if recorded.unanswered else ()
    return Interaction(request=request, response=response, recorded=recorded, is_replayed=True, earlier=earlier)


def _unanswered(request: ApiRequest, recorded: Recorded) -> tuple[Interaction, ...]:
    """The sends before an answer that got none."""
    # They are counted in the attempts of the answer, and their time in its latency.
    counted = Recorded(attempts=0, latency=0.0, trial=recorded.trial)
    return tuple(
        Interaction(request=request, failure=error, recorded=counted, is_replayed=True) for error in recorded.unanswered
    )


def stored_interaction(entry: Entry) -> Interaction:
    """An entry as it would be replayed, whoever asked."""
    return _replayed(stored_requests([entry])[0], entry)


def _date(header: str | None) -> str | None:
    """The time that a `date` header gives, for recordings that say nothing else of their age."""
    if header is None:
        return None
    from email.utils import parsedate_to_datetime  # imports sockets; our own recordings never need it

    try:
        moment = parsedate_to_datetime(header).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return f"{moment.replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def stored_requests(entries: Iterable[Entry]) -> tuple[ApiRequest, ...]:
    """The requests of a recording as they would be asked, for comparison with one that was not found."""
    return tuple(
        ApiRequest(method=entry.method, url=stored_url(entry.url), body=stored_body(entry.request_body))
        for entry in entries
    )


def stored_body(body: bytes | None) -> Json:
    """The body of a recorded request as it would be asked; what is no JSON as text."""
    if not body:
        return None
    try:
        return json.loads(body)  # type: ignore[no-any-return]
    except (ValueError, RecursionError):
        return body.decode(errors="replace")
