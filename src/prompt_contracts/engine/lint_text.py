"""Contracts on a text that say only what it is not: an answer without any text keeps them too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prompt_contracts.case import Case
from prompt_contracts.expectations.flaw import Flaw
from prompt_contracts.expectations.pattern import is_operators, match
from prompt_contracts.json_value import Json

_LOGIC = ("$all_of", "$any_of")
_HELP = "write refusal: false beside it, or say what the text must hold"


def negation_flaws(case: Case) -> Iterator[Flaw]:
    """PC120 where a refusal, or a lone call of a tool, would keep the whole contract."""
    facets = list(_facets({facet.name: facet.value for facet in case.expect}))
    denied = [clause for clause, name, value in facets if name == "text" and _is_negation(value)]
    if denied and not any(_asks_for_something(name, value) for _, name, value in facets):
        text = "a contract of nothing but negations on the text: a refusal keeps it, and so does a lone call of a tool"
        yield Flaw(code="PC120", message=text, clause=denied[0], help=_HELP)


def _facets(expect: Mapping[str, Json]) -> Iterator[tuple[tuple[str | int, ...], str, Json]]:
    """The facets that all must hold, those of `all_of` included, with their clauses."""
    for name, value in expect.items():
        if name == "all_of" and isinstance(value, list):
            for index, member in enumerate(value):
                if isinstance(member, dict):
                    yield from (((name, index, *clause), own, inner) for clause, own, inner in _facets(member))
        elif name == "not":
            members = value if isinstance(value, list) else [value]
            if all(isinstance(member, dict) and member.keys() == {"text"} for member in members):
                yield (name,), "text", {"$not": None}
        else:
            yield (name,), name, value


def _is_negation(pattern: Json) -> bool:
    """Whether a pattern says only what a text is not, so that the empty text matches."""
    if not is_operators(pattern):
        return False
    parts = [operand if isinstance(operand, list) else [] for name, operand in pattern.items() if name in _LOGIC]
    are_known = all(
        name == "$not" or name in _LOGIC or (name == "$count" and _is_none(pattern[name])) for name in pattern
    )
    return are_known and pattern.get("$not") != "" and all(_is_negation(part) for several in parts for part in several)


def _is_none(count: Json) -> bool:
    """Whether a count must be zero."""
    wanted = count.get("is") if isinstance(count, dict) else None
    return wanted is not None and not tuple(match(wanted, 0)) and bool(tuple(match(wanted, 1)))


def _asks_for_something(name: str, value: Json) -> bool:
    """Whether a facet is not kept by every refusal and every lone call."""
    match name:
        case "text":
            return not _is_negation(value)
        case "refusal":
            return True
        case "json":
            is_denied = value == "none" or (isinstance(value, dict) and value.keys() == {"$not"})
            return not is_denied
        case "tool_calls":
            return value == "some" or (isinstance(value, list) and bool(value))
    return name in ("any_of", "check", "error", "requests")
