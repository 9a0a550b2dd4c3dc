"""How long a provider asks to wait, from the headers of a response. Does not wait, and reads no clock."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from prompt_contracts.interaction import ApiResponse

_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")


def retry_after(response: ApiResponse, *, now: datetime | None = None) -> float | None:
    """Seconds to wait, 0 for a moment that is over; None when the provider did not say.

    A date counts from the response's own `date`, so that a replay waits as the recording did; `now`, an aware
    time, stands in where that header is missing.
    """
    milliseconds = _number(response.header("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    value = response.header("retry-after")
    seconds = _number(value)
    if seconds is not None:
        return seconds
    until = _moment(value)
    sent = _moment(response.header("date")) or now
    if until is None or sent is None:
        return None
    return max(0.0, (until - sent).total_seconds())


def _number(text: str | None) -> float | None:
    if text is None or not _NUMBER.fullmatch(text.strip()):
        return None
    number = float(text)
    return number if math.isfinite(number) else None


def _moment(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text or "")
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
