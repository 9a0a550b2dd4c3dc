"""What a facet of `expect` is: how it is checked as written, and how it judges. The facets are elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal

from prompt_contracts.case import Case
from prompt_contracts.completion import Choice, Completion
from prompt_contracts.data_class import dataclass
from prompt_contracts.finding import Finding
from prompt_contracts.json_value import Json, pointer
from prompt_contracts.mismatch import Mismatch
from prompt_contracts.outcome import Outcome
from prompt_contracts.patterns.pattern import Language
from prompt_contracts.truth import UNKNOWN, Truth


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetContext:
    """What stands around a facet: the case, the other facets, and what patterns may refer to."""

    case: Case
    facets: Mapping[str, FacetRule]
    """The table of facets, for those that hold others."""
    expect: Mapping[str, Json]
    """The facets that stand together with this one, itself included."""
    switches: Mapping[str, Json]
    """How the facets are held against an answer: `order`, `strings` and the like, those from outside included."""
    language: Language
    earlier: tuple[Completion, ...] = ()
    """The answers before the last one, in their order."""
    wanted_outside: frozenset[str] = frozenset()
    """What the facets around a nested expectation want: an `answer`, an `error`."""
    whole: Outcome | None = None
    """What came, with all choices, while one of them is judged; None where there is no more than one."""
    is_error_declared: bool = False
    """Whether `error` stands among the facets that must hold together with these."""
    compared: dict[tuple[int, str, str], Truth] | None = None
    """Whether a call is one that an entry describes, by the entry, the name and the arguments: for many outcomes that
    share calls; None where one outcome alone is judged."""


FacetSubject = Literal["calls", "text", "parsed", "itself", "anything", "nothing"]
"""Calls, the text, the JSON in it, one thing of its own, whatever a function looks at, or what others in it judge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetRule:
    """What one facet means. Its functions yield and never raise."""

    check: Callable[[Json, FacetContext], Iterator[Finding]]
    """The facet's value as written, and what stands around it."""
    judge: Callable[[Json, Outcome, FacetContext], Iterator[Mismatch]]
    """The facet's value as written, what came, and what stands around it."""
    truth: Callable[[Json, Outcome, FacetContext], Truth] | None = None
    """How sure it is that the facet holds, nothing worded; None where `judge` tells it as quickly."""
    is_about_answer: bool
    """Whether it judges an answer, so that it cannot stand beside an expected error."""
    is_kept_by_refusals: bool = True
    """Whether every refusal, or every lone call of a tool, keeps it whatever it says: such a one asks for nothing."""
    is_about_case: bool = False
    """Whether it judges the case as a whole, whatever the number of choices: tokens, money, requests, an error."""
    subject: FacetSubject = "nothing"
    """What of an outcome it speaks of, by itself."""
    is_switch: bool = False
    """Whether it judges nothing and only says how others judge."""


def of_choice(
    judge: Callable[[Json, Choice, FacetContext], Iterator[Mismatch]],
) -> Callable[[Json, Outcome, FacetContext], Iterator[Mismatch]]:
    """A rule for one choice, made to judge an outcome: several choices are judged one after the other, elsewhere."""

    def judge_outcome(expected: Json, outcome: Outcome, scope: FacetContext) -> Iterator[Mismatch]:
        choices = () if outcome.completion is None else outcome.completion.choices
        if choices:
            return judge(expected, choices[0], scope)
        return iter((no_answer("no answer" if outcome.error is None else f"an error: {outcome.error.kind}"),))

    return judge_outcome


def truth_of_choice(
    truth: Callable[[Json, Choice, FacetContext], Truth],
) -> Callable[[Json, Outcome, FacetContext], Truth]:
    """The same as `of_choice` for what only says how sure it is."""

    def truth_of_outcome(expected: Json, outcome: Outcome, scope: FacetContext) -> Truth:
        choices = () if outcome.completion is None else outcome.completion.choices
        return truth(expected, choices[0], scope) if choices else UNKNOWN

    return truth_of_outcome


def no_answer(got: str) -> Mismatch:
    """The mismatch of a facet about an answer where none came: nobody can tell what it would have said."""
    return Mismatch(reason="answer", path="answer", expected="an answer", got=got, truth=UNKNOWN)


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
