"""An inventory as people and programs read it. Looks at no file, and reads no clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from prompt_contracts.renderers.amounts import bill, count
from prompt_contracts.renderers.grid import Field, GridColumn, grid, grid_width
from prompt_contracts.report import Bill
from prompt_contracts.upkeep.inventory import Inventory, KnownRecording

_WIDE = (
    GridColumn("recording", is_folding=True),
    GridColumn("age"),
    GridColumn("answers"),
    GridColumn("in"),
    GridColumn("out"),
    GridColumn("cost"),
    GridColumn("model"),
    GridColumn("used by", is_folding=True),
)
_NARROW = (
    GridColumn("used by, or recording", is_folding=True),
    GridColumn("age"),
    GridColumn("tokens"),
    GridColumn("cost"),
)


def inventory_table(
    recordings: Sequence[KnownRecording],
    *,
    now: datetime,
    width: int,
    shown: Callable[[KnownRecording], str],
    is_coloured: bool = False,
) -> str:
    """A line for each recording: all columns where they fit, the most important ones elsewhere."""
    wide = [_wide(each, shown(each), now) for each in recordings]
    if grid_width(_WIDE, wide) <= width:
        return grid(_WIDE, wide, width=width, is_coloured=is_coloured)
    narrow = [_narrow(each, shown(each), now) for each in recordings]
    return grid(_NARROW, narrow, width=width, is_coloured=is_coloured)


def _wide(known: KnownRecording, path: str, now: datetime) -> list[Field]:
    content = known.content
    usage = None if content is None else content.usage
    return [
        Field(path),
        Field(age_text(known, now)),
        Field("?" if content is None else f"{len(content.entries):,}"),
        Field("?" if usage is None else count(usage.prompt_tokens)),
        Field("?" if usage is None else count(usage.completion_tokens)),
        Field(_cost(known)),
        Field(_model(known)),
        _user(known, known.cell or ""),
    ]


def _narrow(known: KnownRecording, path: str, now: datetime) -> list[Field]:
    usage = None if known.content is None else known.content.usage
    tokens = "?" if usage is None else f"{count(usage.prompt_tokens)} + {count(usage.completion_tokens)}"
    user = _user(known, known.cell or path)
    name = user if known.use == "used" else Field(f"{path}  {user.text}" if user.text != path else path, user.style)
    return [name, Field(age_text(known, now)), Field(tokens), Field(_cost(known))]


def _user(known: KnownRecording, name: str) -> Field:
    if known.use == "used":
        return Field(f"{name}  {remark}", "yellow") if (remark := unused_remark(known)) else Field(name)
    word = {"orphan": "ORPHAN", "unreadable": "UNREADABLE", "other_model": "other model"}.get(known.use, known.use)
    return Field(word, "red" if known.use == "unreadable" else "yellow")


def unused_remark(known: KnownRecording) -> str:
    """How many interactions of a recording in use nobody replays; empty where there are none."""
    if not known.unused or known.content is None:
        return ""
    return f"({len(known.unused):,} of {len(known.content.entries):,} interactions never replayed)"


def age_text(known: KnownRecording, now: datetime) -> str:
    """`today`, `19 d`, or `?` where nothing tells."""
    days = days_old(known, now)
    return "?" if days is None else "today" if days < 1 else f"{days:,} d"


def days_old(known: KnownRecording, now: datetime) -> int | None:
    """Whole days since the last answer came; None where nothing tells."""
    newest = None if known.content is None else known.content.newest
    return None if newest is None else max((now - newest).days, 0)


def _model(known: KnownRecording) -> str:
    return "?" if known.content is None else ", ".join(known.content.models) or "?"


def _cost(known: KnownRecording) -> str:
    content = known.content
    if content is None or content.cost is None:
        return "?"
    return bill(Bill(usd=content.cost, unpriced=content.unpriced))


def inventory_json(known: KnownRecording, path: str, *, now: datetime) -> dict[str, Any]:
    """One recording as plain data; what is unknown is null."""
    content = known.content
    newest = None if content is None else content.newest
    usage = None if content is None else content.usage
    return {
        "path": path,
        "use": known.use,
        "cell": known.cell,
        "reason": known.reason or None,
        "recorded_at": None if newest is None else newest.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "age_days": days_old(known, now),
        "models": None if content is None else list(content.models),
        "interactions": None if content is None else len(content.entries),
        "unused": list(known.unused),
        "prompt_tokens": None if usage is None else usage.prompt_tokens,
        "completion_tokens": None if usage is None else usage.completion_tokens,
        "cost_usd": None if content is None or content.cost is None else format(content.cost, "f"),
        "unpriced": None if content is None else content.unpriced,
    }


def inventory_summary(inventories: Sequence[Inventory]) -> str:
    """What there is, in one line: `12 recordings, 2 orphans`."""
    recordings = [each for inventory in inventories for each in inventory.recordings]
    others = _uses(recordings, "foreign") + sum(each.others for each in inventories)
    counts = (
        (len(recordings), "recording", "recordings"),
        (_uses(recordings, "orphan"), "orphan", "orphans"),
        (_uses(recordings, "other_model"), "of another model", "of other models"),
        (sum(len(each.unused) for each in recordings), "interaction never replayed", "interactions never replayed"),
        (_uses(recordings, "unreadable"), "unreadable file", "unreadable files"),
        (_uses(recordings, "unclear"), "file that may be in use", "files that may be in use"),
        (others, "file of somebody else", "files of somebody else"),
        (_uses(recordings, "link"), "link", "links"),
    )
    told = [
        f"{number:,} {one if number == 1 else many}" for number, one, many in counts if number or one == "recording"
    ]
    return " · ".join(told)


def _uses(recordings: Sequence[KnownRecording], use: str) -> int:
    return sum(each.use == use for each in recordings)
