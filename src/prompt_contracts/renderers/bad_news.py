"""Why something is not green, in two sizes: a line for lists, and the whole text. Decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from prompt_contracts.diagnostic import Diagnostic
from prompt_contracts.location import Location
from prompt_contracts.renderers.diagnostics import diagnostics_text
from prompt_contracts.renderers.inert_text import shortened

_LONGEST = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class BadNews:
    """Why a cell or a case is not green."""

    summary: str
    """One line: the reason first, and the place last, where a narrow terminal cuts it off."""
    text: str
    """All that a person needs, over many lines."""
    place: Location | None = None
    """Where in the files of the project it stands; None where nowhere."""

    def rewritten(self, rewrite: Callable[[str], str]) -> BadNews:
        """The same news with both texts rewritten."""
        return BadNews(summary=rewrite(self.summary), text=rewrite(self.text), place=self.place)


def bad_news(reason: str, text: str, *, place: Location | None = None) -> BadNews:
    """The news of one reason, which becomes a line, at a place."""
    line = shortened(reason, _LONGEST)
    return BadNews(summary=line if place is None else f"{line} ({place.short})", text=text, place=place)


def diagnostics_news(diagnostics: Sequence[Diagnostic]) -> BadNews:
    """The news of a case that cannot run: its first mistake, and how many more there are."""
    first, *others = diagnostics
    more = f", and {len(others)} more" if others else ""
    line = f"{shortened(f'{first.code} {first.message}', _LONGEST)}{more} ({first.location})"
    return BadNews(summary=line, text=diagnostics_text(diagnostics), place=first.location)
