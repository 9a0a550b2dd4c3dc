"""One recording on its way to the disk: entries as text, searched for secrets; what says nothing new stays as it was.

It has vcrpy's persister interface, so that vcrpy's `Cassette` reads and writes by it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from prompt_contracts.data_class import dataclass
from prompt_contracts.errors import SecretFound
from prompt_contracts.interaction import ApiResponse
from prompt_contracts.secret import Secret
from prompt_contracts.transport.cassette_file import OWN_KEY, Entry, entry_of, read_standard
from prompt_contracts.transport.cassette_store import read_text, write_text
from prompt_contracts.transport.cassette_text import VcrInteraction, clean, dumped, joined_yaml, passages
from prompt_contracts.transport.cassette_yaml import UnreadableError
from prompt_contracts.transport.confirmation import Confirmation, KeepsVerdict, KeptAnswer, OldRecording
from prompt_contracts.transport.entry_text import entry_text
from prompt_contracts.transport.redaction import Passage, find_secret

AnswerTexts = Callable[[str, ApiResponse], Iterable[str]]
VcrEntry = tuple[Any, dict[str, Any]]
"""A request, ours or vcrpy's, and a response of vcrpy's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    """One entry as it stands in the file."""

    text: str
    """A file of that entry alone."""
    entry: Entry


def trial_of(entry: VcrEntry) -> int:
    """The trial that an entry tells; 0 where it tells none."""
    return entry[1].get(OWN_KEY, {}).get("trial") or 0


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What of the entries to be written came from the network in this run."""

    responses: Collection[int] = frozenset()
    """By their identity; the others stood in the file."""
    keeps_verdict: KeepsVerdict = lambda _trial, _latencies: True


class PlainSerializer:
    """vcrpy's serializer interface over our reader; what is written never comes by it."""

    def deserialize(self, text: str) -> dict[str, Any]:
        """Plain data for vcrpy; `UnreadableError` when the text is no recording."""
        return read_standard(text)


class CassetteWriter:
    """vcrpy's persister interface: capped reading; a search for secrets, then atomic writing."""

    def __init__(
        self,
        path: Path,
        *,
        shown: str,
        secrets: Sequence[Secret],
        answer_texts: AnswerTexts,
        confirmation: Confirmation | None,
    ) -> None:
        """With a `confirmation`, new answers stand for old ones, and these stay where they say the same."""
        self._answer_texts = answer_texts
        self._path = path
        self._shown = shown
        self._secrets = secrets
        self._confirmation = confirmation
        self._known: dict[tuple[int, str], _Stored] = {}
        self._searched: dict[int, KeptAnswer] = {}
        """Those in which no secret was found, by their identity."""
        self._is_seen = False
        self.news = News()
        self.before: str | UnreadableError | None = None
        """What the file held before it was written."""
        self.written: str | None = None
        """What was written last."""
        self.entries: tuple[Entry, ...] | None = None
        """The same, as it is read."""
        self.confirmed: tuple[int, ...] = ()
        """The trials of which nothing but the date of confirmation is new in the file."""

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

    def save(self, asked: Iterable[VcrEntry]) -> None:
        """Write the file, unless it was written so before or a secret stands in it."""
        entries = list(asked)
        if all(map(trial_of, entries)):
            # Threads finish in any order, and a stopped recording goes on later; a file should not change by that.
            entries.sort(key=trial_of)
        if not self._is_seen:
            self.before, self._is_seen = _text_of(self._path), True
        found = [self._stored(entry, _place(at, entries)) for at, entry in enumerate(entries, 1)]
        made = [id(response) in self.news.responses for _, response in entries]
        stored, confirmed = self._confirmed(found, made)
        text = joined_yaml([each.text for each in stored])
        if text == self.written:
            return
        if self.written is not None or text != self.before:
            write_text(self._path, text)
        self.written = text
        self.entries = tuple(each.entry for each in stored)
        self.confirmed = confirmed

    def _confirmed(self, stored: Sequence[_Stored], made: Sequence[bool]) -> tuple[Sequence[_Stored], tuple[int, ...]]:
        """The entries, the old ones in place of those made now that say the same, and the trials that are all old."""
        new = {at: each.entry for at, each in enumerate(stored) if made[at]}
        kept = {} if self._old is None else self._old.kept(new, keeps_verdict=self.news.keeps_verdict)
        if not kept or not all(map(self._is_free_of_secrets, kept.values())):
            return stored, ()
        # Under new ids an answer is another one to vcrpy, which leaves the old one beside it.
        taken = [answer.before for answer in kept.values()]
        entries = [
            _Stored(text=kept[at].text, entry=kept[at].entry) if at in kept else each
            for at, each in enumerate(stored)
            if made[at] or each.entry not in taken
        ]
        others = {entry.recorded.trial for at, entry in new.items() if at not in kept}
        trials = {answer.entry.recorded.trial or 0 for answer in kept.values()}
        return entries, tuple(sorted(trials - others))

    @cached_property
    def _old(self) -> OldRecording | None:
        if self._confirmation is None or not isinstance(self.before, str):
            return None
        return OldRecording(self.before, self._confirmation)

    def _is_free_of_secrets(self, answer: KeptAnswer) -> bool:
        """Whether nothing speaks against leaving it in the file: the new answer takes its place otherwise."""
        if id(answer) not in self._searched:
            try:
                self._refuse_secrets(answer.interaction, answer.text, "")
            except SecretFound:
                return False
            self._searched[id(answer)] = answer
        return True

    def _stored(self, entry: VcrEntry, place: str) -> _Stored:
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
            self._refuse_secrets(interaction, text if written is None else written.rest, place)
            self._known[known] = _Stored(text=text, entry=entry_of(interaction))
        return self._known[known]

    def _refuse_secrets(self, interaction: VcrInteraction, rest: str, at: str) -> None:
        """`rest` is its text, with or without the bodies, which are searched anyway."""
        found_in = [*passages([interaction], self._answer_texts), Passage(place="", text=rest)]
        finding = find_secret(found_in, self._secrets)
        if finding is not None:
            place = f"{finding.place}{at}" if finding.place else "the file"
            raise SecretFound(
                f"{finding.what} stands in {place}: {self._shown} was not written",
                cassette=self._shown,
                help="take it out of what is sent; an answer that repeats a key cannot be recorded",
            )


def _text_of(path: Path) -> str | UnreadableError | None:
    try:
        return read_text(path)
    except UnreadableError as error:
        return error


def _place(number: int, entries: Sequence[VcrEntry]) -> str:
    return f" of interaction {number}" if len(entries) > 1 else ""
