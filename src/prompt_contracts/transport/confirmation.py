"""New answers that mean what the recorded ones say -> the old entries, with the date on which they were confirmed.

A recording then changes where an answer does, and nowhere else. What an answer means is handed in. No I/O.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property

from prompt_contracts.data_class import dataclass
from prompt_contracts.interaction import ApiResponse, Meaning, Recorded
from prompt_contracts.json_value import Json, canonical, canonical_text
from prompt_contracts.transport.cassette_file import OWN_KEY, Entry, Headers, read_entries, read_standard
from prompt_contracts.transport.cassette_text import VcrInteraction, clean, written_text
from prompt_contracts.transport.cassette_yaml import UnreadableError
from prompt_contracts.transport.entry_text import END, HEAD, TAIL
from prompt_contracts.transport.redaction import keep_request_headers, keep_response_headers, stored_url
from prompt_contracts.transport.replay import stored_body, stored_key

KeepsVerdict = Callable[[int, Sequence[float | None]], bool]
"""Of a trial, and the latencies that its entries would have: whether its verdict stays what it is."""

# What a server says anew each time, whatever it answers; all other headers that are stored have to be the same.
_VOLATILE_HEADERS = re.compile(
    r"date|.*request-id|mistral-correlation-id|openai-processing-ms|openai-poll-after-ms|(x-)?ratelimit-.*"
)
_OWN_LINES = re.compile(rf"^    {OWN_KEY}:\n(?:      .*\n)+\Z", re.MULTILINE)
_CONFIRMED_LINE = re.compile(r"^      confirmed: .*\n", re.MULTILINE)
_NEXT_ENTRY = re.compile(r"^(?=- )", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """How recorded answers are confirmed."""

    meaning: Callable[[str, ApiResponse], Meaning]
    """What a response from an address means."""
    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """An entry of before that stays in the place of a new one."""

    text: str
    """A file of that entry alone."""
    entry: Entry
    before: Entry
    """The same as it was."""
    interaction: VcrInteraction
    """The same as plain data."""


class OldRecording:
    """What a file held when the run began."""

    def __init__(self, text: str, confirmation: Confirmation) -> None:
        self._text = text
        self._confirmation = confirmation
        self._known: dict[int, tuple[Sequence[Entry], dict[int, KeptAnswer]]] = {}

    def kept(self, new: Mapping[int, Entry], *, keeps_verdict: KeepsVerdict) -> dict[int, KeptAnswer]:
        """By the numbers of the new entries, the old ones that say the same.

        They stay, byte for byte but for the date. A trial whose verdict would not be the same keeps none of its own.
        """
        found: dict[int, KeptAnswer] = {}
        for trial, numbers in _by_trial(new).items():
            entries = [new[number] for number in numbers]
            known = self._known.get(trial)
            # A recording is written after each of its trials, and what was made of those before does not change.
            if known is None or list(map(id, known[0])) != list(map(id, entries)):
                known = self._known[trial] = (entries, self._kept_of_trial(trial, entries, keeps_verdict))
            found |= {numbers[at]: answer for at, answer in known[1].items()}
        return found

    def _kept_of_trial(self, trial: int, new: Sequence[Entry], keeps_verdict: KeepsVerdict) -> dict[int, KeptAnswer]:
        old = self._by_trial.get(trial, [])
        pairs = _pairs([self._entries[at] for at in old], new, self._confirmation.meaning)
        kept = {right: answer for left, right in pairs if (answer := self._confirmed(old[left])) is not None}
        latencies = [(kept[at].entry if at in kept else each).recorded.latency for at, each in enumerate(new)]
        # Half of a conversation whose ids are renamed in the other half would answer nobody.
        is_whole = len(kept) == len(pairs)
        return kept if kept and is_whole and keeps_verdict(trial, latencies) else {}

    @cached_property
    def _entries(self) -> tuple[Entry, ...]:
        try:
            return read_entries(self._text)
        except UnreadableError:
            return ()

    @cached_property
    def _by_trial(self) -> dict[int, list[int]]:
        return _by_trial(dict(enumerate(self._entries)))

    @cached_property
    def _standard(self) -> list[VcrInteraction]:
        found: list[VcrInteraction] = read_standard(self._text)["interactions"]
        return found

    @cached_property
    def _pieces(self) -> list[str]:
        """The text of each entry; none where the file is laid out otherwise than we do."""
        text = self._text.removesuffix(END)
        if not (text.startswith(HEAD) and text.endswith(TAIL)):
            return []
        pieces = _NEXT_ENTRY.split(text.removeprefix(HEAD).removesuffix(TAIL))[1:]
        return pieces if len(pieces) == len(self._entries) else []

    def _confirmed(self, at: int) -> KeptAnswer | None:
        """The entry with today's date; None for one that could not be written as it is."""
        before = self._entries[at]
        on = self._confirmation.now().astimezone(UTC).date().isoformat()
        entry = replace(before, recorded=replace(before.recorded, confirmed=on))
        if not _is_clean(before):
            return None
        plain = self._standard[at]
        response = {**plain["response"], OWN_KEY: entry.recorded.to_json()}
        interaction = clean({**plain, "response": response})
        written = written_text(interaction)
        texts = [*self._spliced(at, on, written), written]
        text = next((text for text in texts if _says(text, entry)), None)
        return None if text is None else KeptAnswer(text=text, entry=entry, before=before, interaction=interaction)

    def _spliced(self, at: int, on: str, written: str) -> Iterator[str]:
        """The old text with nothing but the date put in."""
        if self._pieces and (own := _OWN_LINES.search(self._pieces[at])) is not None:
            facts = _CONFIRMED_LINE.sub("", own.group())
            end = END if written.endswith(END) else ""
            yield f"{HEAD}{self._pieces[at][: own.start()]}{facts}      confirmed: '{on}'\n{TAIL}{end}"


def _by_trial(entries: Mapping[int, Entry]) -> dict[int, list[int]]:
    """Numbers of entries by the trial that they tell."""
    found: defaultdict[int, list[int]] = defaultdict(list)
    for number, entry in entries.items():
        if entry.recorded.trial is not None:
            found[entry.recorded.trial].append(number)
    return found


def _says(text: str, entry: Entry) -> bool:
    try:
        return read_entries(text) == (entry,)
    except UnreadableError:
        return False


def _is_clean(entry: Entry) -> bool:
    """Whether nothing stands in it that would not be stored today."""
    asked, answered = _lower(entry.request_headers), _lower(entry.headers)
    is_kept = keep_request_headers(asked) == asked and keep_response_headers(answered) == answered
    return is_kept and stored_url(entry.url) == entry.url


def _lower(headers: Headers) -> Headers:
    return tuple((name.lower(), value) for name, value in headers)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Exchange:
    """One entry, as it is compared."""

    entry: Entry
    meaning: Meaning
    body: Json

    @property
    def facts(self) -> tuple[object, ...]:
        """All that has to be the same, but the request."""
        recorded: Recorded = self.entry.recorded
        cost: Decimal | None = None if recorded.cost is None else recorded.cost.usd
        headers = [each for each in _lower(self.entry.headers) if not _VOLATILE_HEADERS.fullmatch(each[0])]
        told = (recorded.attempts, recorded.unsent, recorded.unanswered, cost)
        return (self.entry.status, sorted(headers), self.meaning.text, len(self.meaning.ids), told)


def _pairs(
    old: Sequence[Entry], new: Sequence[Entry], meaning: Callable[[str, ApiResponse], Meaning]
) -> list[tuple[int, int]]:
    """Places of old and new entries of one trial that say the same; the old ones may stand for the new ones.

    The whole trial, where it is the same but for the ids that its answers gave and its requests repeat. Else those
    whose ids no later request repeats: it would ask for one that the old answer never gave.
    """
    left, right = [_exchange(each, meaning) for each in old], [_exchange(each, meaning) for each in new]
    if len(left) == len(right) and _is_same_trial(left, right):
        return [(at, at) for at in range(len(left))]
    return list(_same_exchanges(left, right))


def _exchange(entry: Entry, meaning: Callable[[str, ApiResponse], Meaning]) -> _Exchange:
    response = ApiResponse(status=entry.status, headers=keep_response_headers(entry.headers), body=entry.body)
    return _Exchange(entry=entry, meaning=meaning(entry.url, response), body=stored_body(entry.request_body))


def _is_same_trial(old: Sequence[_Exchange], new: Sequence[_Exchange]) -> bool:
    renamed: dict[str, str] = {}
    for left, right in zip(old, new, strict=True):
        asked = canonical(_renamed(right.body, renamed)) if renamed else canonical(right.body)
        is_same_place = _key(left)[:2] == _key(right)[:2]
        if not (is_same_place and asked == canonical(left.body) and left.facts == right.facts):
            return False
        renamed |= dict(zip(right.meaning.ids, left.meaning.ids, strict=True))
    return True


def _renamed(value: Json, names: Mapping[str, str]) -> Json:
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    return {key: _renamed(item, names) for key, item in value.items()} if isinstance(value, dict) else value


def _same_exchanges(old: Sequence[_Exchange], new: Sequence[_Exchange]) -> Iterator[tuple[int, int]]:
    waiting: defaultdict[object, list[int]] = defaultdict(list)
    for at, each in enumerate(old):
        waiting[_key(each)].append(at)
    for at, right in enumerate(new):
        places = waiting[_key(right)]
        if not places:
            continue
        left = places.pop(0)
        later = [each.entry.request_body or b"" for each in new[at + 1 :]]
        if old[left].facts == right.facts and not _are_named(right.meaning.ids, later):
            yield left, at


def _key(exchange: _Exchange) -> tuple[str, ...]:
    entry = exchange.entry
    return stored_key(entry.method, entry.url, entry.request_body)


def _are_named(ids: Collection[str], bodies: Sequence[bytes]) -> bool:
    texts = [canonical_text(body) or body.decode("latin-1") for body in bodies]
    # As a whole text of JSON: an id such as "0" stands in many numbers.
    return any(canonical(name) in text for name in ids for text in texts)
