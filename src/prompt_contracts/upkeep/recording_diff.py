"""A recording before and after -> what a reviewer wants to know of the change, in words and as lines."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from prompt_contracts.data_class import dataclass
from prompt_contracts.engine.recorded_changes import changes_between
from prompt_contracts.renderers.recording_summary import change_text
from prompt_contracts.transport.cassette_file import Entry, read_entries
from prompt_contracts.transport.cassette_yaml import UnreadableError
from prompt_contracts.upkeep.readable_recording import covered_entries, recording_text_lines

_AROUND = 2
_MOST_COMPARED = 4_000
"""Lines of one side that are compared; of two longer ones nobody would read the difference either."""
_MOST_SHOWN = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingDiff:
    """What became of one recording."""

    summary: str
    """In a few words: `confirmed 2026-11-22`, or `changed: answer, 31 -> 44 output tokens`."""
    lines: tuple[str, ...] = ()
    """What was there with `-`, what is there now with `+`, and some of what stands around it."""
    is_unreadable: bool = False


def recording_diff(before: str | None, after: str | None, *, cover: Callable[[str], str]) -> RecordingDiff:
    """The difference between two texts of one recording; None is no file. `cover` takes out secrets."""
    try:
        old = None if before is None else _read(before)
    except UnreadableError as error:
        return RecordingDiff(summary=f"the committed recording cannot be read: {error}", is_unreadable=True)
    try:
        new = None if after is None else _read(after)
    except UnreadableError as error:
        return RecordingDiff(summary=f"cannot be read: {error}", is_unreadable=True)
    if old is None or new is None:
        return _one_side(old, new, cover)
    if [*map(_undated, old)] == [*map(_undated, new)]:
        days = sorted({each.recorded.confirmed for each in new if each.recorded.confirmed})
        return RecordingDiff(summary=f"confirmed {', '.join(days)}" if days else "laid out otherwise, saying the same")
    words = [change_text(change) for change in changes_between(old, new)]
    lines = tuple(_compared(covered_entries(old, cover), covered_entries(new, cover)))
    if not lines and not words:
        return RecordingDiff(summary="written again, saying the same")
    return RecordingDiff(summary=f"changed: {', '.join(words)}" if words else "changed", lines=lines)


def _read(text: str) -> tuple[Entry, ...]:
    try:
        return read_entries(text)
    except (MemoryError, RecursionError):
        raise UnreadableError("it is nested too deeply, or too large") from None


def _undated(entry: Entry) -> Entry:
    return replace(entry, recorded=replace(entry.recorded, confirmed=None))


def _one_side(old: Sequence[Entry] | None, new: Sequence[Entry] | None, cover: Callable[[str], str]) -> RecordingDiff:
    sign, word, entries = ("+", "new", new) if old is None else ("-", "gone", old)
    lines = [f"{sign} {line}" for line in recording_text_lines(covered_entries(entries or (), cover), has_dates=False)]
    return RecordingDiff(summary=word, lines=tuple(_cut(lines)))


def _compared(old: Sequence[Entry], new: Sequence[Entry]) -> Iterator[str]:
    left, right = (list(recording_text_lines(entries, has_dates=False)) for entries in (old, new))
    if max(len(left), len(right)) > _MOST_COMPARED:
        yield f"… {len(left):,} lines before and {len(right):,} now are too many to be compared"
        return
    matcher = difflib.SequenceMatcher(a=left, b=right, autojunk=False)
    yield from _cut(list(_hunks(matcher, left, right)))


def _hunks(matcher: difflib.SequenceMatcher[str], left: Sequence[str], right: Sequence[str]) -> Iterator[str]:
    for at, group in enumerate(matcher.get_grouped_opcodes(_AROUND)):
        if at:
            yield "  …"
        for kind, i1, i2, j1, j2 in group:
            if kind == "equal":
                yield from (f"  {line}" for line in left[i1:i2])
                continue
            yield from (f"- {line}" for line in left[i1:i2])
            yield from (f"+ {line}" for line in right[j1:j2])


def _cut(lines: Sequence[str]) -> Iterator[str]:
    yield from lines[:_MOST_SHOWN]
    if len(lines) > _MOST_SHOWN:
        yield f"… {len(lines) - _MOST_SHOWN:,} more lines"
