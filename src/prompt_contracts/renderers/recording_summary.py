"""What a recording run did with the recordings, in words."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from prompt_contracts.recording_outcome import RecordedChange, RecordingOutcome
from prompt_contracts.renderers.amounts import count, dollars
from prompt_contracts.renderers.inert_text import inert, one_line
from prompt_contracts.report import Report

_MOST_LINES = 20
_LONGEST_REASON = 200
_KINDS = ("not written", "changed", "new", "written again, saying the same", "left unchanged")
"""What becomes of recordings, in the order in which a reader wants to know; the first three are listed."""
_LISTED = _KINDS[:3]


def recording_lines(report: Report, *, is_brief: bool) -> Iterator[str]:
    """How many recordings were written, left and kept from being written; then which, unless it should be brief.

    Nothing of a run that records nothing.
    """
    found: dict[str, list[str]] = {kind: [] for kind in _KINDS}
    for result in report.results:
        if result.recording is not None:
            kind = _kind(result.recording)
            found[kind].append(f"{result.id}  {_told(kind, result.recording, result.cassette)}")
    if report.mode not in ("none", "live", "replies"):
        # Of these there is no result: they could not be asked.
        found["not written"] += (f"{each.id}  not written: the case has a mistake" for each in report.broken)
    counts = [f"{len(lines):,} {kind}" for kind, lines in found.items() if lines]
    if not counts:
        return
    yield f"recordings: {', '.join(counts)}"
    for kind in () if is_brief else _LISTED:
        lines = found[kind]
        yield from (inert(f"  {line}") for line in lines[:_MOST_LINES])
        if len(lines) > _MOST_LINES:
            yield f"  and {len(lines) - _MOST_LINES:,} more {kind}"


def _kind(recording: RecordingOutcome) -> str:
    if recording.status == "written":
        is_same = not recording.is_new and not recording.changes and recording.reason is None
        return "new" if recording.is_new else _KINDS[3] if is_same else "changed"
    return "left unchanged" if recording.status == "unchanged" else "not written"


def _told(kind: str, recording: RecordingOutcome, cassette: str) -> str:
    if kind == "new":
        return f"new: {cassette}"
    parts = [_change(change) for change in recording.changes]
    if recording.reason is not None:
        parts.append(one_line(recording.reason, _LONGEST_REASON))
    return f"{kind}: {', '.join(parts)}"


def _change(change: RecordedChange) -> str:
    if change.before is None and change.after is None:
        return change.what
    if change.what == "cost":
        before, after = (dollars(None if text is None else Decimal(text)) for text in (change.before, change.after))
        return f"{before} -> {after}"
    if change.what.endswith("tokens"):
        before, after = (count(None if text is None else int(text)) for text in (change.before, change.after))
        return f"{before} -> {after} {change.what}"
    before, after = (one_line(text or "?", 80) for text in (change.before, change.after))
    return f"{change.what} {before} -> {after}"
