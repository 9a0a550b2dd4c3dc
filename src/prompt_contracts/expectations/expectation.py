"""A mapping of facets, checked and judged as a whole: at the case, or nested in another facet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from prompt_contracts.expectations.facet_rule import Breach, FacetRule, Scope
from prompt_contracts.expectations.flaw import Flaw, unknown_name
from prompt_contracts.expectations.pattern import Language
from prompt_contracts.json_value import Json
from prompt_contracts.outcome import Outcome


def nested_scope(expect: Mapping[str, Json], scope: Scope) -> Scope:
    """What stands around the facets of a mapping; switches from further outside hold where it says nothing else."""
    own = {name: value for name, value in expect.items() if name in scope.facets and scope.facets[name].is_switch}
    switches = {**scope.switches, **own}
    is_loose = switches.get("strings") == "loose"
    language = Language(surroundings=replace(scope.language.surroundings, is_loose=is_loose))
    return replace(scope, expect=expect, switches=switches, language=language)


def check_facet(name: str, value: Json, scope: Scope) -> Iterator[Flaw]:
    """Everything wrong with one facet as written."""
    rule = scope.facets.get(name)
    if rule is None:
        yield unknown_name("facet", name, known=scope.facets)
        return
    others = {other: inner for other, inner in scope.expect.items() if other != name}
    own, around = wanted(name, value, scope.facets), wanted_by(others, scope.facets) | scope.wanted_outside
    silence = "silence" if _may_be_application(scope) else "error"
    if "answer" in own and silence in (own | around):
        text = f"'{name}' judges an answer, but the case expects an error, and then there is none"
        yield Flaw(code="PC120", message=text, help=f"leave '{name}' or 'error' out")
    elif name == "error" and "answer" in scope.wanted_outside and silence in own:
        text = "an error can never stand here: other facets of the case judge an answer"
        yield Flaw(code="PC120", message=text, help="move those facets into the other alternatives")
    yield from rule.check(value, scope)


def _may_be_application(scope: Scope) -> bool:
    """Whether an application may reply in spite of an error. Who names `handled` means one."""
    error = scope.expect.get("error")
    return scope.case.is_application or (isinstance(error, dict) and "handled" in error)


def check_mapping(expect: Mapping[str, Json], scope: Scope) -> Iterator[Flaw]:
    """Everything wrong with a mapping of facets; `scope` is the one inside it."""
    if not checks_something(expect, scope.facets):
        yield nothing_checked(expect)
    for name, value in expect.items():
        yield from (flaw.inside(name) for flaw in check_facet(name, value, scope))


def checks_something(expect: Mapping[str, Json], facets: Mapping[str, FacetRule]) -> bool:
    """Whether any of the facets could be broken by an answer."""
    return any(
        name not in facets or not (facets[name].is_switch or (name == "arguments_valid" and value is False))
        for name, value in expect.items()
    )


def nothing_checked(expect: Mapping[str, Json]) -> Flaw:
    """The flaw of a mapping that no answer could break."""
    names = ", ".join(f"'{name}'" for name in expect)
    text = f"{names} alone checks nothing" if expect else "an expectation without a facet checks nothing"
    return Flaw(code="PC120", message=text, help="give it a facet such as 'text' or 'tool_calls'")


def judge_facet(name: str, value: Json, outcome: Outcome, scope: Scope) -> Iterator[Breach]:
    """Everything in which an outcome breaks one facet."""
    rule = scope.facets.get(name)
    if rule is None:
        expected, got = "a facet that can be judged", "an unknown one"
        yield Breach(reason="unknown", path=name, expected=expected, got=got, is_undecided=True)
    else:
        yield from rule.judge(value, outcome, scope)


def wanted_by(expect: Mapping[str, Json], facets: Mapping[str, FacetRule]) -> frozenset[str]:
    """What must come for a mapping of facets to hold: an `answer`, an `error`, both or either.

    `silence` is an error after which an application gives no reply; without an application every error is one.
    """
    return frozenset().union(*(wanted(name, value, facets) for name, value in expect.items()))


def wanted(name: str, value: Json, facets: Mapping[str, FacetRule]) -> frozenset[str]:
    """What must come for one facet to hold."""
    if name == "error":
        fields = value if isinstance(value, dict) else {}
        surfaced = fields.get("outcome", "surfaced") == "surfaced"
        is_silent = fields.get("handled") is False
        return frozenset({*(("error",) if surfaced else ()), *(("silence",) if is_silent else ())})
    if name in ("any_of", "all_of"):
        members = value if isinstance(value, list) else [value]
        mappings = [wanted_by(one, facets) for one in members if isinstance(one, dict)]
        together = frozenset[str].union if name == "all_of" else frozenset[str].intersection
        return together(*mappings) if mappings else frozenset()
    rule = facets.get(name)
    return frozenset({"answer"} if rule is not None and rule.is_about_answer else ())
