"""Several expectations that must all hold -> one, as a person would write it."""

from __future__ import annotations

from collections.abc import Sequence

from prompt_contracts.exchange.case_text import Tree

Expectation = dict[str, Tree]

_PATTERNS = ("text", "json", "cost", "latency", "finish_reason")
_NESTED = frozenset({"json", "any_of", "all_of"})


def combined(parts: Sequence[Expectation]) -> Expectation:
    """One expectation that holds where all parts do."""
    patterns: dict[str, list[Tree]] = {}
    merged: Expectation = {}
    apart: list[Tree] = []
    for part in parts:
        others = [each for each in parts if each is not part]
        # `json_in` speaks of every `json` beside it and below it.
        is_switched = "json_in" in part and any(_NESTED & set(each) for each in others)
        clashes = any(key in merged and merged[key] != value for key, value in part.items() if key not in _PATTERNS)
        if is_switched or clashes:
            apart.append(dict(part))
            continue
        for key, value in part.items():
            if key in _PATTERNS:
                patterns.setdefault(key, []).append(value)
            else:
                merged[key] = value
    whole = {**{key: _joined(found) for key, found in patterns.items()}, **merged}
    ordered = {key: whole[key] for key in sorted(whole, key=lambda key: key != "json_in")}
    if not apart:
        return ordered
    if "all_of" in ordered:
        apart = [*_items(ordered.pop("all_of")), *apart]
    return {**ordered, "all_of": apart}


def _joined(patterns: list[Tree]) -> Tree:
    distinct = [each for place, each in enumerate(patterns) if each not in patterns[:place]]
    if len(distinct) == 1:
        return distinct[0]
    flat = [part for each in distinct for part in _all_of(each)]
    operators = [key for each in flat if isinstance(each, dict) for key in each]
    are_operators = all(isinstance(each, dict) and all(key.startswith("$") for key in each) for each in flat)
    if are_operators and len(set(operators)) == len(operators) and not {"$eq", "$schema"} & set(operators):
        return {key: value for each in flat if isinstance(each, dict) for key, value in each.items()}
    return {"$all_of": flat}


def _all_of(pattern: Tree) -> list[Tree]:
    return _items(pattern["$all_of"]) if isinstance(pattern, dict) and set(pattern) == {"$all_of"} else [pattern]


def _items(value: Tree) -> list[Tree]:
    return value if isinstance(value, list) else [value]


def is_denial(part: Expectation) -> bool:
    """Whether it says of the text only what it must not be."""
    text = part.get("text")
    return set(part) == {"text"} and isinstance(text, dict) and set(text) == {"$not"}


def says_nothing_of_the_answer(part: Expectation) -> bool:
    """Whether it is about the request alone: what it cost and how long it took."""
    return set(part) <= {"cost", "latency", "finish_reason"}
