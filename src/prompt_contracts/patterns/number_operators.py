"""The operators on numbers and dates: bounds, `$range`, and `$approx` with its `$within`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from decimal import Decimal

from prompt_contracts.data_class import dataclass
from prompt_contracts.finding import Finding
from prompt_contracts.json_number import is_within, millionth
from prompt_contracts.json_value import Json, json_type, show
from prompt_contracts.mismatch import Absence, Mismatch, Value, kinds_of, show_value
from prompt_contracts.patterns.operator_rule import Grammar, OperandKind, OperatorRule
from prompt_contracts.patterns.order import compare, number, rank
from prompt_contracts.patterns.subject import KIND_WORDS, Subject, is_below
from prompt_contracts.truth import FALSE, TRUE, UNKNOWN, Truth, truth_of

# `floor` of 1E999999999 would write out all its digits; a double ends at 309.
_FAR = 400
_ORDERED = frozenset({"number", "string"})
_DATES = "write dates as 2024-05-01, date-times as 2024-05-01T12:30:00Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """One operator that sets a bound."""

    words: str
    is_upper: bool
    is_strict: bool

    def holds(self, order: int | None) -> bool:
        """Whether a value that stands so to the bound (-1 below, 0 at it, 1 above) is inside."""
        if order is None:
            return False
        return (order == 0 and not self.is_strict) or (order < 0 if self.is_upper else order > 0)


BOUNDS: Mapping[str, Bound] = {
    "$lt": Bound(words="less than", is_upper=True, is_strict=True),
    "$le": Bound(words="at most", is_upper=True, is_strict=False),
    "$gt": Bound(words="more than", is_upper=False, is_strict=True),
    "$ge": Bound(words="at least", is_upper=False, is_strict=False),
}

ORDERED = (*BOUNDS, "$range")
"""Operators that ask where a number or a date lies: what has no order is neither inside nor outside."""


def bound_rule(name: str) -> OperatorRule:
    """The rule of `$lt`, `$le`, `$gt` or `$ge`."""
    bound = BOUNDS[name]

    def check(operand: Json, subject: Subject, _grammar: Grammar) -> Iterator[Finding]:
        yield from _check_bound(operand, subject)
        is_least = subject.least is not None and bound.is_strict and compare(operand, subject.least) == 0
        if bound.is_upper and (is_below(operand, subject) or is_least):
            text = f"{subject.name} is never below {subject.least}, so it can never be {bound.words} {show(operand)}"
            yield Finding(code="PC120", message=text, help=f"write a bound from {subject.least} on")

    def holds(operand: Json, value: Value, _grammar: Grammar) -> Truth:
        return _inside((bound,), (operand,), value)

    def explain(operand: Json, value: Value, grammar: Grammar) -> Iterator[Mismatch]:
        truth = holds(operand, value, grammar)
        yield _out_of_bounds(name, f"{bound.words} {show(operand)}", (operand,), value, truth)

    def describe(operand: Json, _kinds: frozenset[str], _grammar: Grammar) -> str:
        return f"{bound.words} {show(operand)}"

    return OperatorRule(
        operand=OperandKind.BOUND, check=check, holds=holds, describe=describe, explain=explain, kinds=_ORDERED
    )


def _check_bound(operand: Json, subject: Subject) -> Iterator[Finding]:
    kind = "string" if isinstance(operand, str) else "number"
    if rank(operand) is None:
        can_be_date = "string" in subject.kinds
        forms = "a number, a date or a date-time" if can_be_date else "a number"
        text = f"a bound {'' if can_be_date else f'on {subject.name} '}is {forms}, not {show(operand, limit=80)}"
        yield Finding(code="PC102", message=text, help=_DATES if can_be_date else _number_help(operand, subject))
    elif kind not in subject.kinds:
        text = f"{subject.name} is {subject.words}, which has no order with {show(operand, limit=80)}"
        hint = "write the number without quotes" if kind == "string" else None
        yield Finding(code="PC102", message=text, help=hint)


def _inside(bounds: tuple[Bound, ...], ends: tuple[Json, ...], value: Value) -> Truth:
    """Whether a value keeps to each bound; where it has no order with one, nobody can tell."""
    truth = TRUE
    for bound, end in zip(bounds, ends, strict=True):
        order = compare(value, end)
        if order is None:
            truth = UNKNOWN
        elif not bound.holds(order):
            return FALSE
    return truth


def _number_help(operand: Json, subject: Subject) -> str:
    if isinstance(operand, str) and operand.strip().replace(".", "", 1).isdecimal():
        return f"write {operand.strip()}, without quotes"
    return f"write {'it' if subject.unit is None else subject.unit} as a number, such as 5"


def _out_of_bounds(name: str, expected: str, bounds: tuple[Json, ...], value: Value, truth: Truth) -> Mismatch:
    strange = [bound for bound in bounds if compare(value, bound) is None]
    note = f"no order between {_form_words(strange[0])} and {_form_words(value)}" if strange else ""
    return Mismatch(reason=name, expected=expected, got=show_value(value), message=note, truth=truth)


def _form_words(value: Value) -> str:
    found = rank(value)
    if found is None and not isinstance(value, (Decimal, Absence)):
        return KIND_WORDS[json_type(value)]
    return f"a {'number' if found is None else found.form}"


def check_range(operand: Json, subject: Subject, _grammar: Grammar) -> Iterator[Finding]:
    """Two bounds of one form, the lower one first."""
    if not isinstance(operand, list) or len(operand) != 2:  # low and high
        text = f"'$range' takes [low, high], not {show(operand, limit=80)}"
        yield Finding(code="PC102", message=text, help="write $range: [1, 5]")
        return
    findings = [finding.inside(index) for index, end in enumerate(operand) for finding in _check_bound(end, subject)]
    yield from findings
    if not findings:
        yield from check_interval([Edge(operand[0], "$ge", (0,))], [Edge(operand[1], "$le", (1,))], subject)
        if is_below(operand[1], subject):
            text = f"{subject.name} is never below {subject.least}, so it can never be at most {show(operand[1])}"
            yield Finding(code="PC120", message=text, clause=(1,), help=f"write a bound from {subject.least} on")


def range_holds(operand: Json, value: Value, _grammar: Grammar) -> Truth:
    """Not below the first and not above the second."""
    return _inside((BOUNDS["$ge"], BOUNDS["$le"]), _ends(operand), value)


def _ends(operand: Json) -> tuple[Json, Json]:
    return (operand[0], operand[1]) if isinstance(operand, list) and len(operand) == 2 else (None, None)  # low and high


def explain_range(operand: Json, value: Value, grammar: Grammar) -> Iterator[Mismatch]:
    """On which side it is out, or why nobody can tell."""
    expected, truth = describe_range(operand, kinds_of(value), grammar), range_holds(operand, value, grammar)
    yield _out_of_bounds("$range", expected, _ends(operand), value, truth)


def describe_range(operand: Json, _kinds: frozenset[str], _grammar: Grammar) -> str:
    """Both ends."""
    ends = operand if isinstance(operand, list) else []
    return f"something from {' to '.join(map(show, ends))}"


@dataclass(frozen=True, slots=True)
class Edge:
    """One end of an interval, as it is written."""

    value: Json
    operator: str
    """The bound that it stands for."""
    clause: tuple[str | int, ...]


def edges_of(pattern: Mapping[str, Json]) -> Iterator[Edge]:
    """The ends that the bounds and the range of a conjunction set."""
    for name in BOUNDS:
        if name in pattern:
            yield Edge(pattern[name], name, (name,))
    ends = pattern.get("$range")
    if isinstance(ends, list) and len(ends) == 2:  # low and high
        yield Edge(ends[0], "$ge", ("$range", 0))
        yield Edge(ends[1], "$le", ("$range", 1))


def check_interval(lows: list[Edge], highs: list[Edge], subject: Subject) -> Iterator[Finding]:
    """Each lower end below each upper one, with something between."""
    for low in lows:
        for high in highs:
            if rank(low.value) is not None and rank(high.value) is not None:
                yield from _check_pair(low, high, subject)


def _check_pair(low: Edge, high: Edge, subject: Subject) -> Iterator[Finding]:
    lower, upper = BOUNDS[low.operator], BOUNDS[high.operator]
    text = f"nothing is both {lower.words} {show(low.value)} and {upper.words} {show(high.value)}"
    order = compare(low.value, high.value)
    if order is None:
        yield Finding(code="PC120", message=f"{text}: they have no common order", clause=high.clause)
    elif order > 0:
        is_range = len(high.clause) == 1 and isinstance(high.clause[0], int)
        hint = "swap the two ends?" if is_range else f"swap '{high.operator}' and '{low.operator}'?"
        yield Finding(code="PC120", message=text, clause=high.clause, help=hint)
    elif order == 0 and (lower.is_strict or upper.is_strict):
        yield Finding(code="PC120", message=text, clause=high.clause)
    elif subject.is_whole and not _has_whole_number(low, high):
        text = f"no whole number is both {lower.words} {show(low.value)} and {upper.words} {show(high.value)}"
        yield Finding(code="PC120", message=text, clause=high.clause)


def _has_whole_number(low: Edge, high: Edge) -> bool:
    bottom, top = number(low.value), number(high.value)
    if bottom is None or top is None:
        return True
    if top.adjusted() > _FAR or bottom.adjusted() > _FAR:
        return True  # between numbers so large, whole ones are many or written out in full
    first = math.floor(bottom) + 1 if BOUNDS[low.operator].is_strict else math.ceil(bottom)
    last = math.ceil(top) - 1 if BOUNDS[high.operator].is_strict else math.floor(top)
    return first <= last


def check_approx(both: Json, subject: Subject, _grammar: Grammar) -> Iterator[Finding]:
    """A number that the subject can be."""
    target, within = _read(both)
    if number(target) is None:
        text = f"'$approx' takes a number, not {show(target, limit=80)}"
        yield Finding(code="PC102", message=text)
    elif is_below(target, subject) and within is None:
        text = f"{subject.name} is never below {subject.least}, so it is never about {show(target)}"
        yield Finding(code="PC120", message=text, help=f"write a number from {subject.least} on")


def approx_holds(both: Json, value: Value, _grammar: Grammar) -> Truth:
    """Not further away than the tolerance, digit by digit as written."""
    target, within = _read(both)
    wanted, actual, width = number(target), number(value), _width(target, within)
    if wanted is None or width is None or actual is None:
        return UNKNOWN
    return truth_of(is_within(actual, wanted, width))


def describe_approx(both: Json, _kinds: frozenset[str], _grammar: Grammar) -> str:
    """The number and its tolerance."""
    target, within = _read(both)
    return f"about {show(target)} (within {'a millionth of it' if within is None else show(within)})"


def _read(both: Json) -> tuple[Json, Json]:
    written = both if isinstance(both, dict) else {}
    return written.get("$approx"), written.get("$within")


def _width(target: Json, within: Json) -> Decimal | None:
    if within is not None:
        width = number(within)
        return None if width is None or width < 0 else width
    wanted = number(target)
    return None if wanted is None else millionth(wanted)


def check_within(both: Json, _subject: Subject, _grammar: Grammar) -> Iterator[Finding]:
    """A number that is not negative, beside `$approx`."""
    written = both if isinstance(both, dict) else {}
    width = number(written.get("$within"))
    if "$approx" not in written:
        yield Finding(
            code="PC120", message="'$within' stands without '$approx'", help="write $approx: number beside it"
        )
    elif width is None or width < 0:
        text = f"'$within' takes a number from 0 on, not {show(written.get('$within'), limit=80)}"
        yield Finding(code="PC102", message=text)


def within_holds(both: Json, _value: Value, _grammar: Grammar) -> Truth:
    """Nothing by itself: `$approx` judges with it."""
    return TRUE if isinstance(both, dict) and "$approx" in both else UNKNOWN


def describe_within(_both: Json, _kinds: frozenset[str], _grammar: Grammar) -> str:
    """Nothing: `$approx` says it."""
    return ""
