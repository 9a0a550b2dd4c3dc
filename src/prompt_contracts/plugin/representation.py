"""Bad news as pytest represents an exception, in every process: our text, our line for lists, our place."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from prompt_contracts.renderers.bad_news import BadNews


class Told(Exception):
    """What was found out about an item, ready to be shown."""

    def __init__(self, news: BadNews) -> None:
        super().__init__(news.text)
        self.news = news


def reworded(shown: Any, text: str) -> Any:
    """What pytest shows for an error with another text, and the same line in its summary."""
    again = _raised(Told(BadNews(summary="", text=text))).getrepr(style="value", chain=False)
    # The line of pytest's short summary is made of it.
    again.reprcrash = shown.reprcrash
    return again


def _raised(told: Told) -> pytest.ExceptionInfo[Told]:
    """pytest represents only what has a traceback."""
    if told.__traceback__ is None:
        try:
            raise told
        except Told:
            pass
    return pytest.ExceptionInfo.from_exception(told)


def represented(error: Told, news: BadNews, *, folder: Path) -> Any:
    """What pytest is to show for an error in place of its traceback; places start from `folder`.

    A plain text would do for the screen, but of a text pytest 8 shows no reason in its short summary, and
    the others all of its lines; an object of a class of ours would not cross from a worker of xdist.
    """
    told = Told(news).with_traceback(error.__traceback__)
    shown = _raised(told).getrepr(style="value", chain=False)
    crash = shown.reprcrash
    if crash is not None:
        crash.message = news.summary
        if news.place is not None:
            crash.path, crash.lineno = os.path.normpath(folder / news.place.path), news.place.line
    return shown
