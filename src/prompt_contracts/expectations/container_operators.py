"""The operators on lists and objects: `$each`, `$unordered`, `$at`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from prompt_contracts.expectations.flaw import ANYTHING, Flaw, Subject
from prompt_contracts.expectations.mismatch import (
    ABSENT,
    MISSING,
    Mismatch,
    Value,
    are_undecided,
    cut,
    kinds_of,
    show_value,
)
from prompt_contracts.expectations.operator_rule import Grammar
from prompt_contracts.expectations.pairing import cheapest_pairing
from prompt_contracts.json_value import Json, pointer_parts, resolve, show

MEMBER = replace(ANYTHING, can_be_absent=True)
"""The value of a key."""


def check_each(operand: Json, _subject: Subject, grammar: Grammar) -> Iterator[Flaw]:
    """Any pattern."""
    yield from grammar.check(operand, ANYTHING)


def match_each(operand: Json, value: Value, grammar: Grammar) -> Iterator[Mismatch]:
    """Every element matches; an empty list has none that does not."""
    if not isinstance(value, list):
        yield Mismatch(reason="$each", expected=describe_each(operand, kinds_of(value), grammar), got=show_value(value))
        return
    for index, element in enumerate(value):
        yield from (found.inside(place=(index,)) for found in grammar.match(operand, element))


def describe_each(operand: Json, _kinds: frozenset[str], grammar: Grammar) -> str:
    """What every element is."""
    return f"a list in which each element is {grammar.describe(operand, ANYTHING.kinds)}"


def check_unordered(operand: Json, _subject: Subject, grammar: Grammar) -> Iterator[Flaw]:
    """A list of patterns; an empty one is the empty list."""
    if not isinstance(operand, list):
        text = f"'$unordered' takes a list of patterns, not {show(operand, limit=80)}"
        yield Flaw(code="PC102", message=text, help="write $unordered: [a, b]")
        return
    for index, element in enumerate(operand):
        yield from (flaw.inside(index) for flaw in grammar.check(element, ANYTHING))


def match_unordered(operand: Json, value: Value, grammar: Grammar) -> Iterator[Mismatch]:
    """Each pattern has one element and each element one pattern; on a mismatch the closest pairing is told."""
    if not isinstance(value, list) or not isinstance(operand, list):
        expected = describe_unordered(operand, kinds_of(value), grammar)
        is_undecided = not isinstance(operand, list)
        yield Mismatch(reason="$unordered", expected=expected, got=show_value(value), is_undecided=is_undecided)
        return
    table = [[tuple(grammar.match(wanted, element)) for element in value] for wanted in operand]
    pairs = cheapest_pairing(_costs(table))
    for pair in pairs:
        for found in table[pair.row][pair.column]:
            yield found.inside(place=(pair.column,), clause=(pair.row,))
    rows, columns = {pair.row for pair in pairs}, {pair.column for pair in pairs}
    for row, wanted in enumerate(operand):
        if row not in rows:
            expected = f"an element that is {grammar.describe(wanted, ANYTHING.kinds)}"
            yield Mismatch(reason="missing", expected=expected, got=MISSING, clause=(row,))
    for column, element in enumerate(value):
        if column not in columns:
            yield Mismatch(reason="unexpected", expected="no further element", got=show(element), place=(column,))


def _costs(table: list[list[tuple[Mismatch, ...]]]) -> list[list[int]]:
    """What each pair costs: exact pairs first, then those that cannot be told, then differing places, then order."""
    size = max(len(table), max((len(row) for row in table), default=0))
    by_place = size * size + 1
    undecided = by_place * (size * max((len(found) for row in table for found in row), default=0) + 1)
    inexact = undecided * (size + 1)
    return [
        [
            (undecided if are_undecided(found) else inexact) * bool(found) + len(found) * by_place + abs(index - at)
            for at, found in enumerate(row)
        ]
        for index, row in enumerate(table)
    ]


def describe_unordered(operand: Json, _kinds: frozenset[str], grammar: Grammar) -> str:
    """The elements, and that any order will do."""
    elements = operand if isinstance(operand, list) else []
    return f"in any order [{cut(', '.join(grammar.describe(one, ANYTHING.kinds) for one in elements))}]"


def check_at(operand: Json, _subject: Subject, grammar: Grammar) -> Iterator[Flaw]:
    """A mapping of JSON pointers to patterns, at least one."""
    if not isinstance(operand, dict):
        text = f"'$at' takes JSON pointers with their patterns, not {show(operand, limit=80)}"
        yield Flaw(code="PC102", message=text, help="write $at: {/items/0/price: pattern}")
        return
    if not operand:
        hint = "write $at: {/items/0/price: pattern}"
        yield Flaw(code="PC120", message="'$at' without a pointer checks nothing", help=hint)
    for text, wanted in operand.items():
        if text and not text.startswith("/"):
            hint = f"write /{text.replace('.', '/')}"
            yield Flaw(code="PC102", message=f"a JSON pointer starts with '/', not {show(text)}", help=hint).inside(
                text
            )
        else:
            yield from (flaw.inside(text) for flaw in grammar.check(wanted, MEMBER))


def match_at(operand: Json, value: Value, grammar: Grammar) -> Iterator[Mismatch]:
    """Each pattern holds at its pointer."""
    if not isinstance(operand, dict) or not operand:
        expected = "what pointers and patterns describe"
        yield Mismatch(reason="$at", expected=expected, got=show_value(value), is_undecided=True)
        return
    for text, wanted in operand.items():
        if text and not text.startswith("/"):
            expected = f"a value at {text}, which is no JSON pointer"
            yield Mismatch(reason="$at", expected=expected, got=show_value(value), clause=(text,), is_undecided=True)
            continue
        part, place = _find(value, text)
        found = tuple(grammar.match(wanted, part))
        if part is ABSENT and found:
            expected = grammar.describe(wanted, ANYTHING.kinds)
            yield Mismatch(reason="missing", expected=expected, got=MISSING, place=place, clause=(text,))
        else:
            yield from (one.inside(place=place, clause=(text,)) for one in found)


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
