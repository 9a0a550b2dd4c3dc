"""The strength of the contracts of a run, for the end of what it prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prompt_contracts.renderers.amounts import percent
from prompt_contracts.renderers.inert_text import one_line
from prompt_contracts.renderers.strength_sentences import weakness_sentence
from prompt_contracts.renderers.strength_text import sum_words, unjudged_facts, weakest_cases, widest_place
from prompt_contracts.strength_found import StrengthFound

_LONGEST = 400
_MOST_NAMED = 5


def strength_lines(found: StrengthFound) -> Iterator[str]:
    """One line about all cases, and one for each of the weakest five."""
    cases = found.report.cases
    yield one_line(" · ".join((f"contract strength: {sum_words(cases)}", *unjudged_facts(found.report))), _LONGEST)
    for case in weakest_cases(found.report):
        place = widest_place(case)
        weakness = "" if place is None else f"  {weakness_sentence(place)}   {place.id}"
        yield one_line(f"  {percent(case.score):>5}  {case.id}{weakness}", _LONGEST)


def unmeasured_line(found: StrengthFound) -> str:
    """What is not in the scores; empty where all of it is."""
    cells = [f"{ran} of {count} cells ran of {case}" for case, ran, count in found.partial]
    unfinished = [f"{count} {'cell' if count == 1 else 'cells'} of {case}" for case, count in found.unfinished]
    facts = [
        *([f"only {_named(cells)}"] if cells else []),
        *([f"no cell ran of {_named(found.absent)}"] if found.absent else []),
        *([f"only cells under changes ran of {_named(found.changed)}"] if found.changed else []),
        *([f"the run ended before {_named(unfinished)} could be measured"] if unfinished else []),
        *([f"the run passed over {_named(found.unread)}"] if found.unread else []),
        *([f"{'1 test' if found.tests == 1 else f'{found.tests:,} tests'} in Python"] if found.tests else []),
    ]
    return one_line(f"not measured: {'; '.join(facts)}", _LONGEST * 2) if facts else ""


def _named(names: Sequence[str]) -> str:
    rest = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {rest:,} more" if rest > 0 else "")
