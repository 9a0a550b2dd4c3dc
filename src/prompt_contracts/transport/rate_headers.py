"""What `x-ratelimit-*` says of waiting: how long until there is room again, where there is none left."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prompt_contracts.interaction import ApiResponse

# OpenAI and Groq write `6m0s`, `7.66s`, `12ms`; Azure writes whole seconds, which may be -1.
_DURATION = re.compile(r"(?:\d{1,9}(?:\.\d{1,9})?(?:ms|us|µs|ns|d|h|m|s))+\Z")
_PART = re.compile(r"([\d.]+)([a-zµ]+)")
_SECONDS = re.compile(r"\d{1,9}(?:\.\d{1,9})?\Z")
_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_COUNTED = ("requests", "tokens")


def exhausted_for(response: ApiResponse) -> float | None:
    """Seconds until the provider has room again; None where it has some left, or does not say."""
    return max(_waits(response), default=None)


def _waits(response: ApiResponse) -> Iterator[float]:
    for name in _COUNTED:
        if (response.header(f"x-ratelimit-remaining-{name}") or "").strip() == "0":
            seconds = read_duration(response.header(f"x-ratelimit-reset-{name}"))
            if seconds:
                yield seconds


def read_duration(text: str | None) -> float | None:
    """Seconds of a duration such as `6m0s` or `12ms`, or of a plain number; None for what is none."""
    text = (text or "").strip()
    if _SECONDS.match(text):
        return float(text)
    if not _DURATION.match(text):
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
