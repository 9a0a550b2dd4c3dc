"""The options about recordings that nobody uses, or that are old: `--pc-unused` and `--pc-max-age`.

Loads nothing of ours but names while there is nothing to tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from prompt_contracts.plugin.declared_options import given_text
from prompt_contracts.plugin.unused_recordings import UnusedRecordings

if TYPE_CHECKING:
    from prompt_contracts.plugin.recording_ages import RecordingAges

_WORDS = ("warn", "fail", "ignore")
_MOST_DAYS = 100_000


def recording_care(config: pytest.Config) -> Iterator[UnusedRecordings | RecordingAges]:
    """Who looks after what these options ask for; `pytest.UsageError` for one that is wrong."""
    word = given_text(config, "unused")
    if word not in _WORDS:
        raise pytest.UsageError(f"--pc-unused {word}: {word!r} is none of {', '.join(_WORDS)}")
    if word != "ignore":
        yield UnusedRecordings(config, is_failing=word == "fail")
    text = given_text(config, "max-age")
    if text is not None:
        days, is_failing = _age(text)
        from prompt_contracts.plugin.recording_ages import RecordingAges  # few runs ask for it

        yield RecordingAges(config, days=days, is_failing=is_failing)


def _age(text: str) -> tuple[int, bool]:
    days, separator, word = text.partition(":")
    is_number = days.isascii() and days.isdigit() and len(days) <= len(str(_MOST_DAYS))
    if not is_number or (separator and word not in ("warn", "fail")):
        raise pytest.UsageError(f"--pc-max-age {text}: give whole days, such as 30, or 30:fail")
    return int(days), word == "fail"
