"""What a pattern names itself: a value that it spells out was meant to pass, one that it lets through was not."""

from __future__ import annotations

from prompt_contracts.json_value import Json, equal, resolve
from prompt_contracts.patterns.loose_text import loosened
from prompt_contracts.patterns.operator_rule import Grammar
from prompt_contracts.patterns.pattern import is_operators


def names_change(pattern: Json, before: Json, after: Json, grammar: Grammar) -> bool:
    """Whether a pattern that holds on both values names everything in which the second differs from the first.

    A literal names itself, `$any_of` its literals, `$optional` that a key is not there, `$loosely` every equal text.
    Ranges, `$regex`, `$type`, `$contains`, `$schema` and `$others: allow` name nothing.
    """
    if equal(before, after):
        return True
    if is_operators(pattern):
        # A conjunction: all of it holds, and one part of it speaks of the change.
        return any(_operator_names(name, operand, before, after, grammar) for name, operand in pattern.items())
    if isinstance(pattern, dict):
        return _object_names(pattern, before, after, grammar)
    if isinstance(pattern, list):
        if not isinstance(after, list) or len(after) != len(pattern):
            return False
        old = before if isinstance(before, list) and len(before) == len(after) else [_NOTHING] * len(after)
        parts = zip(pattern, old, after, strict=True)
        return all(names_change(wanted, one, other, grammar) for wanted, one, other in parts)
    return grammar.holds(pattern, after).is_certain


_NOTHING: Json = {"$": "nothing"}
"""Equal to no value that an answer has at the same place."""


def _operator_names(name: str, operand: Json, before: Json, after: Json, grammar: Grammar) -> bool:
    match name, operand:
        case "$eq", _:
            return grammar.holds({"$eq": operand}, after).is_certain
        case "$any_of", list():
            return any(_alternative_names(wanted, before, after, grammar) for wanted in operand)
        case "$all_of", list():
            return any(names_change(wanted, before, after, grammar) for wanted in operand)
        case "$loosely", str():
            return isinstance(after, str) and loosened(operand) == loosened(after)
        case "$each", _:
            return _each_names(operand, before, after, grammar)
        case "$unordered", list():
            return _unordered_names(operand, before, after, grammar)
        case "$at", dict():
            return _parts_name(operand, before, after, grammar)
        case _:
            return False


def _alternative_names(wanted: Json, before: Json, after: Json, grammar: Grammar) -> bool:
    if not grammar.holds(wanted, after).is_certain:
        return False
    # Of an alternative that was not taken before, all that came with it is new.
    old = before if grammar.holds(wanted, before).is_certain else _NOTHING
    return names_change(wanted, old, after, grammar)


def _object_names(pattern: dict[str, Json], before: Json, after: Json, grammar: Grammar) -> bool:
    if not isinstance(after, dict):
        return False
    optional = pattern.get("$optional")
    own = {key: wanted for key, wanted in pattern.items() if not key.startswith("$")}
    spare = optional if isinstance(optional, dict) else {}
    old = before if isinstance(before, dict) and before is not _NOTHING else {}
    for key in {**old, **after}:
        if key in old and key in after:
            if equal(old[key], after[key]):
                continue
            wanted = own.get(key, spare.get(key, _NOTHING))
            if wanted is _NOTHING or not names_change(wanted, old[key], after[key], grammar):
                return False
        elif key in after:
            wanted = own.get(key, spare.get(key, _NOTHING))
            if wanted is _NOTHING or not names_change(wanted, _NOTHING, after[key], grammar):
                return False
        elif key not in spare and not _names_absence(own.get(key)):
            return False
    return True


def _names_absence(pattern: Json) -> bool:
    """Whether `$absent` stands among what a key may be."""
    if not is_operators(pattern):
        return False
    alternatives = pattern.get("$any_of")
    is_among = isinstance(alternatives, list) and any(map(_names_absence, alternatives))
    return pattern.get("$absent") is True or is_among


def _each_names(operand: Json, before: Json, after: Json, grammar: Grammar) -> bool:
    """Elements one by one; how many there are, `$each` does not say."""
    if not isinstance(before, list) or not isinstance(after, list) or len(before) != len(after):
        return False
    return all(names_change(operand, one, other, grammar) for one, other in zip(before, after, strict=True))


def _unordered_names(operand: list[Json], before: Json, after: Json, grammar: Grammar) -> bool:
    """Elements in another order; of others each is one that an entry names."""
    if not isinstance(before, list) or not isinstance(after, list):
        return False
    left = list(before)
    for element in after:
        place = next((at for at, one in enumerate(left) if equal(one, element)), None)
        if place is not None:
            del left[place]
        elif not any(
            grammar.holds(wanted, element).is_certain and names_change(wanted, _NOTHING, element, grammar)
            for wanted in operand
        ):
            return False
    return True


def _parts_name(operand: dict[str, Json], before: Json, after: Json, grammar: Grammar) -> bool:
    """The pointers at which something changed name it, and nothing changed elsewhere."""
    rest = after
    for text, wanted in operand.items():
        try:
            old, new = resolve(before, text), resolve(after, text)
        except (LookupError, ValueError):
            return False
        if not names_change(wanted, old, new, grammar):
            return False
        rest = _put(rest, text.split("/")[1:], old)
    return equal(before, rest)


def _put(value: Json, parts: list[str], new: Json) -> Json:
    """The value with another one at a place that it has."""
    if not parts:
        return new
    key = parts[0].replace("~1", "/").replace("~0", "~")
    if isinstance(value, dict):
        return {**value, key: _put(value[key], parts[1:], new)}
    if isinstance(value, list):
        return [_put(item, parts[1:], new) if str(at) == key else item for at, item in enumerate(value)]
    return value
