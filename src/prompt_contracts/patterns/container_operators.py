"""The operators on lists and objects: `$each`, `$unordered`, `$at`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from prompt_contracts.finding import Finding
from prompt_contracts.json_value import Json, pointer_parts, resolve, show
from prompt_contracts.mismatch import (
    ABSENT,
    MISSING,
    Mismatch,
    Value,
    cut,
    kinds_of,
    show_value,
    truth_of_all,
)
from prompt_contracts.patterns.operator_rule import Grammar
from prompt_contracts.patterns.pairing import MOST_COMPARED, cheapest_pairing, covers, largest_pairing
from prompt_contracts.patterns.subject import ANYTHING, Subject
from prompt_contracts.truth import FALSE, UNKNOWN, Truth, all_hold

MEMBER = replace(ANYTHING, can_be_absent=True)
"""The value of a key."""

# RFC 6901 (3).
_STRAY_TILDE = re.compile("~(?![01])")
"""In a JSON pointer `~` stands before 0 or 1 alone."""


def check_each(operand: Json, _subject: Subject, grammar: Grammar) -> Iterator[Finding]:
    """Any pattern."""
    yield from grammar.check(operand, ANYTHING)


def each_holds(operand: Json, value: Value, grammar: Grammar) -> Truth:
    """Every element matches; an empty list has none that does not."""
    if not isinstance(value, list):
        return FALSE
    return all_hold(grammar.holds(operand, element) for element in value)


def explain_each(operand: Json, value: Value, grammar: Grammar) -> Iterator[Mismatch]:
    """The elements that do not match."""
    if not isinstance(value, list):
        yield Mismatch(reason="$each", expected=describe_each(operand, kinds_of(value), grammar), got=show_value(value))
        return
    for index, element in enumerate(value):
        yield from (found.inside(place=(index,)) for found in grammar.match(operand, element))


def describe_each(operand: Json, _kinds: frozenset[str], grammar: Grammar) -> str:
    """What every element is."""
    return f"a list in which each element is {grammar.describe(operand, ANYTHING.kinds)}"


def check_unordered(operand: Json, _subject: Subject, grammar: Grammar) -> Iterator[Finding]:
    """A list of patterns; an empty one is the empty list."""
    if not isinstance(operand, list):
        text = f"'$unordered' takes a list of patterns, not {show(operand, limit=80)}"
        yield Finding(code="PC102", message=text, help="write $unordered: [a, b]")
        return
    for index, element in enumerate(operand):
        yield from (finding.inside(index) for finding in grammar.check(element, ANYTHING))


def unordered_holds(operand: Json, value: Value, grammar: Grammar) -> Truth:
    """Each pattern has one element and each element one pattern."""
    if not isinstance(operand, list):
        return UNKNOWN
    if not isinstance(value, list) or len(value) != len(operand):
        return FALSE
    return _pairing_truth(_truths(operand, value, grammar))


def _truths(operand: list[Json], value: list[Json], grammar: Grammar) -> list[list[Truth]]:
    return [[grammar.holds(wanted, element) for element in value] for wanted in operand]


def _pairing_truth(truths: Sequence[Sequence[Truth]]) -> Truth:
    """Of all ways to pair, the one whose weakest pair is strongest."""
    bounds = [0, 0]
    for side in (0, 1):
        # From the strongest level down: the first at which all can be paired is the truth of the best pairing.
        for level in (2, 1):
            fits = [[truth[side] >= level for truth in row] for row in truths]
            if covers(fits, rows=range(len(truths)), columns=()):
                bounds[side] = level
                break
    return Truth(*bounds)


def explain_unordered(operand: Json, value: Value, grammar: Grammar) -> Iterator[Mismatch]:
    """The closest pairing: pairs that differ, patterns without an element, elements without a pattern."""
    if not isinstance(value, list) or not isinstance(operand, list):
        expected = describe_unordered(operand, kinds_of(value), grammar)
        truth = unordered_holds(operand, value, grammar)
        yield Mismatch(reason="$unordered", expected=expected, got=show_value(value), truth=truth)
        return
    truths = _truths(operand, value, grammar)
    truth = _pairing_truth(truths) if len(value) == len(operand) else FALSE
    for found in _explain_pairs(operand, value, truths, grammar):
        yield replace(found, truth=truth)


def _explain_pairs(
    operand: list[Json], value: list[Json], truths: list[list[Truth]], grammar: Grammar
) -> Iterator[Mismatch]:
    pairs = _closest_pairs(operand, value, truths, grammar)
    for row, column in pairs.items():
        for found in grammar.match(operand[row], value[column]):
            yield found.inside(place=(column,), clause=(row,))
    taken = set(pairs.values())
    for row, wanted in enumerate(operand):
        if row not in pairs:
            expected = f"an element that is {grammar.describe(wanted, ANYTHING.kinds)}"
            yield Mismatch(reason="missing", expected=expected, got=MISSING, clause=(row,))
    for column, element in enumerate(value):
        if column not in taken:
            yield Mismatch(reason="unexpected", expected="no further element", got=show(element), place=(column,))


def _closest_pairs(
    operand: list[Json], value: list[Json], truths: list[list[Truth]], grammar: Grammar
) -> dict[int, int]:
    """Pattern -> element, with as few differences as can be; of very many, only as many exact pairs as can be."""
    if len(operand) * len(value) <= MOST_COMPARED:
        table = [[tuple(grammar.match(wanted, element)) for element in value] for wanted in operand]
        return {pair.row: pair.column for pair in cheapest_pairing(_costs(table))}
    exact = largest_pairing([[truth.is_certain for truth in row] for row in truths])
    taken = set(exact.values())
    rows = (row for row in range(len(operand)) if row not in exact)
    columns = (column for column in range(len(value)) if column not in taken)
    return {**exact, **dict(zip(rows, columns, strict=False))}


def _costs(table: list[list[tuple[Mismatch, ...]]]) -> list[list[int]]:
    """What each pair costs: exact pairs first, then those that cannot be told, then differing places, then order."""
    size = max(len(table), max((len(row) for row in table), default=0))
    # Each weight outweighs all that is below it together, so that one sum has the order of four numbers.
    by_place = size * size + 1
    undecided = by_place * (size * max((len(found) for row in table for found in row), default=0) + 1)
    inexact = undecided * (size + 1)
    return [
        [
            (inexact if truth_of_all(found).is_refuted else undecided) * bool(found)
            + len(found) * by_place
            + abs(index - at)
            for at, found in enumerate(row)
        ]
        for index, row in enumerate(table)
    ]


def describe_unordered(operand: Json, _kinds: frozenset[str], grammar: Grammar) -> str:
    """The elements, and that any order will do."""
    elements = operand if isinstance(operand, list) else []
    return f"in any order [{cut(', '.join(grammar.describe(one, ANYTHING.kinds) for one in elements))}]"


def check_at(operand: Json, _subject: Subject, grammar: Grammar) -> Iterator[Finding]:
    """A mapping of JSON pointers to patterns, at least one."""
    if not isinstance(operand, dict):
        text = f"'$at' takes JSON pointers with their patterns, not {show(operand, limit=80)}"
        yield Finding(code="PC102", message=text, help="write $at: {/items/0/price: pattern}")
        return
    if not operand:
        hint = "write $at: {/items/0/price: pattern}"
        yield Finding(code="PC120", message="'$at' without a pointer checks nothing", help=hint)
    for text, wanted in operand.items():
        if not _is_pointer(text):
            yield _pointer_finding(text).inside(text)
        else:
            yield from (finding.inside(text) for finding in grammar.check(wanted, MEMBER))


def _is_pointer(text: str) -> bool:
    return (not text or text.startswith("/")) and _STRAY_TILDE.search(text) is None


def _pointer_finding(text: str) -> Finding:
    if text.startswith("/"):
        fixed = _STRAY_TILDE.sub("~0", text)
        told = f"{show(text)} is no JSON pointer: '~' in a key is written ~0, and '/' is written ~1"
        return Finding(code="PC102", message=told, help=f"write {fixed}")
    hint = f"write /{text.replace('.', '/')}"
    return Finding(code="PC102", message=f"a JSON pointer starts with '/', not {show(text)}", help=hint)


def at_holds(operand: Json, value: Value, grammar: Grammar) -> Truth:
    """Each pattern holds at its pointer."""
    if not isinstance(operand, dict) or not operand:
        return UNKNOWN
    return all_hold(_holds_at(text, wanted, value, grammar) for text, wanted in operand.items())


def _holds_at(text: str, wanted: Json, value: Value, grammar: Grammar) -> Truth:
    if not _is_pointer(text):
        return UNKNOWN
    part, _ = _find(value, text)
    truth = grammar.holds(wanted, part)
    return truth if part is not ABSENT or truth.is_certain else FALSE


def explain_at(operand: Json, value: Value, grammar: Grammar) -> Iterator[Mismatch]:
    """What does not hold at each pointer."""
    if not isinstance(operand, dict) or not operand:
        expected = "what pointers and patterns describe"
        yield Mismatch(reason="$at", expected=expected, got=show_value(value), truth=UNKNOWN)
        return
    for text, wanted in operand.items():
        if not _is_pointer(text):
            expected = f"a value at {text}, which is no JSON pointer"
            yield Mismatch(reason="$at", expected=expected, got=show_value(value), clause=(text,), truth=UNKNOWN)
            continue
        part, place = _find(value, text)
        if part is not ABSENT:
            found = grammar.match(wanted, part)
            yield from (one.inside(place=place, clause=(text,)) for one in found)
        elif not grammar.holds(wanted, part).is_certain:
            expected = grammar.describe(wanted, ANYTHING.kinds)
            yield Mismatch(reason="missing", expected=expected, got=MISSING, place=place, clause=(text,))


def _find(value: Value, text: str) -> tuple[Value, tuple[str | int, ...]]:
    """What stands at a pointer, and the way to it with numbers where lists are."""
    parts = pointer_parts(text)
    place: list[str | int] = []
    part: Value = value
    for name in parts:
        place.append(int(name) if isinstance(part, list) and name.isascii() and name.isdigit() else name)
        try:
            part = resolve(part, "/" + name.replace("~", "~0").replace("/", "~1"))  # type: ignore[arg-type] # else no part
        except LookupError:
            return ABSENT, tuple(place) + parts[len(place) :]
    return part, tuple(place)


def describe_at(operand: Json, _kinds: frozenset[str], grammar: Grammar) -> str:
    """What stands where."""
    pairs = operand.items() if isinstance(operand, dict) else ()
    words = [f"{grammar.describe(wanted, ANYTHING.kinds)} at {text or 'the top'}" for text, wanted in pairs]
    return " and ".join(words)
