"""One file among recordings -> what it holds, or why that cannot be told. Reads that file alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from prompt_contracts.data_class import dataclass
from prompt_contracts.engine.recorded_changes import recorded_usage
from prompt_contracts.interaction import Recorded
from prompt_contracts.transport.cassette_file import Entry, read_entries
from prompt_contracts.transport.cassette_store import read_text
from prompt_contracts.transport.cassette_yaml import UnreadableError
from prompt_contracts.transport.replay import stored_interaction
from prompt_contracts.usage import Usage

_NOTHING = Recorded()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedContent:
    """What a recording holds."""

    text: str
    entries: tuple[Entry, ...]

    @property
    def is_ours(self) -> bool:
        """Whether every interaction says what prompt-contracts alone writes: else somebody else may have made it."""
        return bool(self.entries) and all(entry.recorded != _NOTHING for entry in self.entries)

    @property
    def newest(self) -> datetime | None:
        """When the last answer came; None where no entry says."""
        return newest_of(self.entries)

    @property
    def models(self) -> tuple[str, ...]:
        """The models that the requests name."""
        return tuple(dict.fromkeys(filter(None, map(_model_of, self.entries))))

    @property
    def usage(self) -> Usage:
        """The tokens of all answers; unknown as soon as one does not say."""
        return recorded_usage(self.entries)

    @property
    def cost(self) -> Decimal | None:
        """US dollars of the answers whose cost is known; None where none is."""
        known = [entry.recorded.cost.usd for entry in self.entries if entry.recorded.cost is not None]
        return sum(known, Decimal(0)) if known else None

    @property
    def unpriced(self) -> int:
        """Answers whose cost is unknown."""
        return sum(entry.recorded.cost is None for entry in self.entries)


def read_content(path: Path, *, now: datetime) -> RecordedContent | None:
    """What a file holds; None where it is gone, and `UnreadableError` where it cannot be read."""
    text = read_text(path)
    if text is None:
        return None
    try:
        return RecordedContent(text=text, entries=read_entries(text, now=now))
    except (MemoryError, RecursionError):
        raise UnreadableError("it is nested too deeply, or too large") from None


def newest_of(entries: Sequence[Entry]) -> datetime | None:
    """When the last of these answers came or was confirmed, by what it says itself or else by its header."""
    found = [moment for entry in entries if (moment := _moment(entry)) is not None]
    return max(found, default=None)


def _moment(entry: Entry) -> datetime | None:
    recorded = stored_interaction(entry).recorded
    moments = [datetime.fromisoformat(text) for text in (recorded.at, recorded.confirmed) if text is not None]
    return max((each.replace(tzinfo=each.tzinfo or UTC) for each in moments), default=None)


def _model_of(entry: Entry) -> str | None:
    try:
        body = json.loads(entry.request_body or b"null")
    except (ValueError, RecursionError):
        return None
    model = body.get("model") if isinstance(body, dict) else None
    return model if isinstance(model, str) else None
