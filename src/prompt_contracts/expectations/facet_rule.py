"""What a facet of `expect` is: how it is checked as written, and how it judges. The facets are elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from prompt_contracts.case import Case
from prompt_contracts.completion import Choice
from prompt_contracts.expectations.flaw import Flaw
from prompt_contracts.expectations.mismatch import Mismatch
from prompt_contracts.json_value import Json, pointer
from prompt_contracts.outcome import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One broken clause of a facet; becomes a failure once its place in the file is known."""

    reason: str
    """The part of the failure's code after the facet's name and a dot."""
    path: str
    """Where in the answer."""
    expected: str
    got: str
    clause: tuple[str | int, ...] = ()
    """Keys and indexes from the facet's value to the broken part."""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetRule:
    """What one facet means. Its functions yield and never raise."""

    check: Callable[[Json, Case], Iterator[Flaw]]
    """The facet's value as written, and the case around it."""
    judge: Callable[[Json, Outcome], Iterator[Breach]]
    """The facet's value as written, and what came."""
    is_about_answer: bool
    """Whether it judges an answer, so that it cannot stand beside an expected error."""


def each_choice(
    judge: Callable[[Json, Choice], Iterator[Breach]],
) -> Callable[[Json, Outcome], Iterator[Breach]]:
    """A rule for one choice, made to hold for all of them; several are told apart in the path."""

    def judge_all(expected: Json, outcome: Outcome) -> Iterator[Breach]:
        if outcome.completion is None:
            kind = "no answer" if outcome.error is None else f"an error: {outcome.error.kind}"
            yield Breach(reason="answer", path="answer", expected="an answer", got=kind)
            return
        choices = outcome.completion.choices
        if not choices:
            yield Breach(reason="answer", path="answer", expected="an answer", got="no answer")
        for index, choice in enumerate(choices):
            prefix = f"choices[{index}]." if len(choices) > 1 else ""
            for breach in judge(expected, choice):
                yield replace(breach, path=prefix + breach.path)

    return judge_all


def dotted(path: str, place: Iterable[str | int]) -> str:
    """A path in the manner of Python: `arguments.city`, `arguments.days[0]`, `arguments["a key"]`."""
    for part in place:
        if isinstance(part, int):
            path += f"[{part}]"
        elif part.isidentifier():
            path += f".{part}"
        else:
            path += f'["{part}"]'
    return path


def slashed(path: str, place: Iterable[str | int]) -> str:
    """A path that ends in a JSON pointer: `json/items/0/price`."""
    return path + pointer(*place)


def breach(found: Mismatch, path: str) -> Breach:
    """A mismatch of a pattern, at a path in the answer that already includes its place."""
    return Breach(
        reason=found.reason,
        path=path,
        expected=found.expected,
        got=found.got,
        clause=found.clause,
        message=found.message,
    )
