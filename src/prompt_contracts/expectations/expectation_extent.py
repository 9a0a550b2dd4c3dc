"""Facets that stand together, or are combined, and can never hold or never fail, whatever is answered."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

from prompt_contracts.expectations.expectation import nested_scope
from prompt_contracts.expectations.facet_rule import FacetContext
from prompt_contracts.finding import Finding
from prompt_contracts.json_value import Json, show
from prompt_contracts.patterns.pattern_formula import FACET, SETTLED_FACET, Atom, Formula, formula_of
from prompt_contracts.patterns.pattern_truth import formula_truth
from prompt_contracts.patterns.possible_world import AMOUNT, Domain, World
from prompt_contracts.truth import Truth
from prompt_contracts.turn import COMBINATIONS, declares_error, members_of

_VARIABLE = ("check", "error")
"""Facets of which two that look the same need not be equally true."""
_NUMBERS = itertools.count(1)
"""Tell them apart."""


def check_together(expect: Mapping[str, Json], scope: FacetContext) -> Iterator[Finding]:
    """The finding of facets of which some refuse what others ask for; `scope` is the one inside them."""
    name = next((name for name in expect if name in COMBINATIONS), None)
    if name is not None and not declares_error(expect) and not _truth(_mapping(expect, scope)).is_possible:
        others = ", ".join(f"'{other}'" for other in expect if other != name and not scope.facets[other].is_switch)
        text = f"{others} and '{name}' can never hold together" if others else f"'{name}' can never hold"
        yield Finding(code="PC120", message=text, clause=(name,), help="one part of it refuses what another asks for")


def check_not_idle(name: str, expected: Json, scope: FacetContext) -> Iterator[Finding]:
    """The finding of a combination that every answer keeps."""
    if not declares_error({name: expected}) and _truth(_facet(name, expected, scope)).is_certain:
        text = f"every answer satisfies this '{name}', so it checks nothing"
        yield Finding(code="PC120", message=text, help="ask for something that an answer can fail, or leave it out")


def _truth(formula: Formula) -> Truth:
    # Of these alone something is known before an answer: a text is a text, and a number of calls is 0 or more.
    worlds = {"text": World(domain=Domain(kind="string")), "tool_count": World(domain=AMOUNT)}
    return formula_truth(formula, worlds)


def _mapping(expect: Mapping[str, Json], scope: FacetContext) -> Formula:
    """Facets that must all hold; `scope` is the one inside them."""
    judging = [name for name in expect if name not in scope.facets or not scope.facets[name].is_switch]
    return Formula(link="all", parts=tuple(_facet(name, expect[name], scope) for name in judging))


def _facet(name: str, value: Json, scope: FacetContext) -> Formula:
    if name in COMBINATIONS:
        members = [_mapping(member, nested_scope(member, scope)) for _, member in members_of(value)]
        if name == "not":
            members = [Formula(link="not", parts=(member,)) for member in members]
        return Formula(link="one" if name == "any_of" else "all", parts=tuple(members))
    if name in ("text", "tool_count"):
        return formula_of(value, scope.language, about=name)
    if name == "tool_calls" and value in ("none", "some"):
        return formula_of(0 if value == "none" else {"$ge": 1}, scope.language, about="tool_count")
    if name == "refusal" and value is False:
        return Formula(link="not", parts=(_facet(name, True, scope),))  # noqa: FBT003 # as it is written
    is_settled = name == "never" or (name == "refusal" and value is True)
    # Which facet it is: two of one kind, value and switches are equally true, but for what may change its mind.
    changes = name in _VARIABLE or "$check" in show(value)
    operand: Json = [name, value, dict(scope.switches), next(_NUMBERS) if changes else 0]
    atom = Atom(name=SETTLED_FACET if is_settled else FACET, operand=operand, grammar=scope.language)
    return Formula(link="atom", atom=atom)
