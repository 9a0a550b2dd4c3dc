"""Operators without their `$`: as keys of an object they are literals, and under `$not` they hold of anything else."""

from __future__ import annotations

from collections.abc import Iterator

from prompt_contracts.case import Case
from prompt_contracts.expectations.flaw import Flaw
from prompt_contracts.expectations.operators import OPERATORS
from prompt_contracts.expectations.pattern import OBJECT_KEYS
from prompt_contracts.json_value import Json

_WORDS = frozenset(name.removeprefix("$") for name in (*OPERATORS, *OBJECT_KEYS))
_QUOTING = ("$eq", "$schema")
"""Operators in whose operand nothing is an operator."""
_LITERAL_FACETS = ("error", "usage")
"""Facets whose keys are their own; what stands under them is checked as numbers and words."""


def bare_operator_flaws(case: Case) -> Iterator[Flaw]:
    """PC120 for each `$not` over an object whose keys are all operators without their `$`."""
    for facet in case.expect:
        if facet.name not in _LITERAL_FACETS:
            yield from (flaw.inside(facet.name) for flaw in _flaws(facet.value))


def _flaws(value: Json) -> Iterator[Flaw]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from (flaw.inside(index) for flaw in _flaws(item))
    elif isinstance(value, dict):
        denied = value.get("$not")
        if isinstance(denied, dict) and denied and denied.keys() <= _WORDS:
            yield _flaw(denied).inside("$not")
        for name, inner in value.items():
            if name not in _QUOTING:
                yield from (flaw.inside(name) for flaw in _flaws(inner))


def _flaw(denied: dict[str, Json]) -> Flaw:
    first = next(iter(denied))
    text = f"'{first}' without '$' is a key of an object: '$not' holds of everything but that very object"
    hint = f"write ${first} for the operator; {{$eq: {{{first}: ...}}}} if the object is meant"
    return Flaw(code="PC120", message=text, clause=(first,), help=hint)
