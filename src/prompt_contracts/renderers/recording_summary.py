"""What a recording run did with the recordings, in words."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import assert_never

from prompt_contracts.recording_outcome import RecordedChange, RecordingOutcome
from prompt_contracts.renderers.amounts import count, dollars
from prompt_contracts.renderers.inert_text import inert, one_line
from prompt_contracts.renderers.wrapping import wrapped
from prompt_contracts.report import Report

_MOST_CELLS = 20
_LONGEST_REASON = 200
_INDENT = "      "
_KINDS = (
    "not written",
    "changed",
    "new",
    "confirmed",
    "written again, saying the same",
    "left unchanged",
)
"""What becomes of recordings, in the order in which a reader wants to know."""
_LISTED = _KINDS[:3]
"""What is always told one by one."""


def recording_lines(
    report: Report, *, is_brief: bool = False, has_all: bool = False, width: int = 10_000
) -> Iterator[str]:
    """How many recordings were written, confirmed, left and kept from being written; then which.

    Brief are the counts alone; all are those that say nothing new, too, and none is left out. Nothing of a run that
    records nothing.
    """
    found: dict[str, list[tuple[str, str]]] = {kind: [] for kind in _KINDS}
    for result in report.results:
        if result.recording is not None:
            kind = _kind(result.recording)
            found[kind].append((result.id, _told(kind, result.recording, result.cassette)))
        found["new"] += ((result.id, f"new: {path}, of the smallest row") for path in result.shrunk_recordings)
    if report.mode not in ("none", "live", "replies"):
        # Of these there is no result: they could not be asked.
        found["not written"] += ((each.id, "not written: the case has a mistake") for each in report.broken)
    counts = [f"{len(cells):,} {kind}" for kind, cells in found.items() if cells]
    if not counts:
        return
    yield from wrapped(f"recordings: {', '.join(counts)}", width=width, most=len(counts))
    for kind in () if is_brief else _KINDS if has_all else _LISTED:
        cells = found[kind]
        most = len(cells) if has_all else _MOST_CELLS
        for name, told in cells[:most]:
            yield from _cell_lines(inert(name), told, width)
        if len(cells) > most:
            yield f"  and {len(cells) - most:,} more {kind} (-v shows all)"


def _cell_lines(name: str, told: str, width: int) -> Iterator[str]:
    """One line where it fits; else what became of it stands below the name."""
    from rich.cells import cell_len

    line = f"  {name}  {inert(told)}"
    if cell_len(line) <= width:
        yield line
        return
    yield f"  {name}"
    yield from (f"{_INDENT}{part}" for part in wrapped(told, width=width - len(_INDENT), most=6))


def _kind(recording: RecordingOutcome) -> str:
    match recording.status:
        case "written":
            is_same = not recording.is_new and not recording.changes and recording.reason is None
            return "new" if recording.is_new else "written again, saying the same" if is_same else "changed"
        case "confirmed":
            return "confirmed"
        case "unchanged":
            return "left unchanged"
        case "not_written":
            return "not written"
        case _:
            assert_never(recording.status)


def _told(kind: str, recording: RecordingOutcome, cassette: str) -> str:
    if kind not in ("not written", "changed"):
        return f"{kind}: {cassette}"
    parts = [change_text(change) for change in recording.changes]
    if recording.confirmed:
        trials = "1 trial" if recording.confirmed == 1 else f"{recording.confirmed} trials"
        parts.append(f"{trials} confirmed")
    if recording.reason is not None:
        parts.append(one_line(recording.reason, _LONGEST_REASON))
    return f"{kind}: {', '.join(parts)}"


def change_text(change: RecordedChange) -> str:
    """One change in a few words: `answer`, `31 -> 44 output tokens`, `$0.00003 -> $0.00004`."""
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
