"""Why something is not green, in two sizes: a line for lists, and the whole text. Decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

from prompt_contracts.data_class import dataclass
from prompt_contracts.diagnostic import Diagnostic
from prompt_contracts.location import Location
from prompt_contracts.renderers.diagnostics import diagnostic_text, diagnostics_text
from prompt_contracts.renderers.inert_text import one_line

_LONGEST = 300

Recording = Literal["once", "stale"]
"""The mode that records what is missing or stale, and nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One of the reasons why something is not green, which others may share."""

    identity: str
    """The same for all that have it."""
    title: str
    """What it is, for those that are told where to read the rest."""
    text: str
    recording: Recording | None = None
    """How all that share it are mended at once; None where a person has to write something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BadNews:
    """Why a cell or a case is not green."""

    summary: str
    """One line: the reason first, and the place last, where a narrow terminal cuts it off."""
    text: str
    """All that a person needs, over many lines."""
    place: Location | None = None
    """Where in the files of the project it stands; None where nowhere."""
    causes: tuple[Cause, ...] = ()
    """The parts of the text that others may have too; none where nothing of it is worth telling once for all."""

    def rewritten(self, rewrite: Callable[[str], str]) -> BadNews:
        """The same news with its texts rewritten."""
        causes = tuple(replace(cause, title=rewrite(cause.title), text=rewrite(cause.text)) for cause in self.causes)
        return BadNews(summary=rewrite(self.summary), text=rewrite(self.text), place=self.place, causes=causes)


def bad_news(reason: str, text: str, *, place: Location | None = None) -> BadNews:
    """The news of one reason, which becomes a line, at a place."""
    line = one_line(reason, _LONGEST)
    return BadNews(summary=line if place is None else f"{line} ({place.short})", text=text, place=place)


def diagnostics_news(diagnostics: Sequence[Diagnostic]) -> BadNews:
    """The news of a case that cannot run: its first mistake, and how many more there are."""
    first, *others = diagnostics
    more = f", and {len(others)} more" if others else ""
    line = f"{one_line(f'{first.code} {first.message}', _LONGEST)}{more} ({first.location})"
    causes = tuple(_cause_of(diagnostic) for diagnostic in diagnostics)
    return BadNews(summary=line, text=diagnostics_text(diagnostics), place=first.location, causes=causes)


def _cause_of(diagnostic: Diagnostic) -> Cause:
    text = diagnostic_text(diagnostic)
    return Cause(identity=text, title=f"{diagnostic.location}: {diagnostic.code}", text=text)
