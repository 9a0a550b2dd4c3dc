"""Bad news as pytest represents an exception, in every process: our text, our line for lists, our place."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from prompt_contracts.plugin.stash import REPORT_KEY
from prompt_contracts.renderers.bad_news import BadNews
from prompt_contracts.renderers.paint import painted


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


def colour_failures(config: pytest.Config) -> None:
    """Have the texts of our items that are not green be shown in colour, where pytest itself writes in colours."""
    if not config.get_terminal_writer().hasmarkup:
        return
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    stats: Mapping[str, Sequence[Any]] = getattr(terminal, "stats", {})
    for report in (*stats.get("failed", ()), *stats.get("error", ())):
        if hasattr(report, REPORT_KEY) and hasattr(report.longrepr, "toterminal"):
            _colour(report.longrepr)


def _colour(shown: Any) -> None:
    """Have what pytest shows for an error of ours be shown in colour, where it goes to a terminal that has any.

    On this one object, in the process that prints: what crosses from a worker, or is read by others, has none.
    """
    plain = shown.toterminal

    def toterminal(writer: Any) -> None:
        if writer.hasmarkup:
            writer.line(painted(str(shown)))
        else:
            plain(writer)

    shown.toterminal = toterminal


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
