"""A mapping of facets, checked and judged as a whole: at the case, or nested in another facet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prompt_contracts.changed_fields import replace
from prompt_contracts.expectations.facet_rule import FacetContext, FacetRule
from prompt_contracts.finding import Finding, unknown_name
from prompt_contracts.json_value import Json
from prompt_contracts.mismatch import Mismatch, truth_of_all
from prompt_contracts.outcome import Outcome
from prompt_contracts.patterns.foreign_words import FOREIGN_FACETS
from prompt_contracts.patterns.pattern import Language
from prompt_contracts.truth import UNKNOWN, Truth, all_hold
from prompt_contracts.turn import COMBINATIONS, declares_directly, declares_error, members_of


def nested_scope(expect: Mapping[str, Json], scope: FacetContext) -> FacetContext:
    """What stands around the facets of a mapping; switches from further outside hold where it says nothing else."""
    switches = {**scope.switches, **switches_of(expect, scope.facets)}
    # A language of its own: atoms and literals of another switch must not be taken for the same.
    language = Language(context=replace(scope.language.context, is_loose=compares_loosely(switches)))
    is_error_declared = scope.is_error_declared or declares_directly(expect)
    return replace(scope, expect=expect, switches=switches, language=language, is_error_declared=is_error_declared)


def switches_of(expect: Mapping[str, Json], facets: Mapping[str, FacetRule]) -> dict[str, Json]:
    """The facets of a mapping that only say how others judge."""
    return {name: value for name, value in expect.items() if name in facets and facets[name].is_switch}


def compares_loosely(switches: Mapping[str, Json]) -> bool:
    """Whether texts that are literals compare loosely by these switches."""
    return switches.get("strings") == "loose"


def check_facet(name: str, value: Json, scope: FacetContext) -> Iterator[Finding]:
    """Everything wrong with one facet as written."""
    rule = scope.facets.get(name)
    if rule is None:
        yield unknown_name("facet", name, known=scope.facets, foreign=FOREIGN_FACETS)
        return
    others = {other: inner for other, inner in scope.expect.items() if other != name}
    own, around = wanted(name, value, scope.facets), wanted_by(others, scope.facets) | scope.wanted_outside
    silence = "silence" if _may_be_application(scope) else "error"
    # An application may reply in spite of an error, unless the case says that it does not.
    if "answer" in own and silence in (own | around):
        text = f"'{name}' judges an answer, but the case expects an error, and then there is none"
        yield Finding(code="PC120", message=text, help=f"leave '{name}' or 'error' out")
    elif name == "error" and "answer" in scope.wanted_outside and silence in own:
        text = "an error can never stand here: other facets of the case judge an answer"
        yield Finding(code="PC120", message=text, help="move those facets into the other alternatives")
    yield from rule.check(value, scope)


def _may_be_application(scope: FacetContext) -> bool:
    """Whether an application may reply in spite of an error. Who names `handled` means one."""
    error = scope.expect.get("error")
    return scope.case.is_application or (isinstance(error, dict) and "handled" in error)


def check_mapping(expect: Mapping[str, Json], scope: FacetContext) -> Iterator[Finding]:
    """Everything wrong with a mapping of facets; `scope` is the one inside it."""
    if not checks_something(expect, scope.facets):
        yield nothing_checked(expect)
    for name, value in expect.items():
        yield from (finding.inside(name) for finding in check_facet(name, value, scope))


def checks_something(expect: Mapping[str, Json], facets: Mapping[str, FacetRule]) -> bool:
    """Whether any of the facets could be broken by an answer."""
    return any(
        name not in facets or not (facets[name].is_switch or (name == "arguments_valid" and value is False))
        for name, value in expect.items()
    )


def nothing_checked(expect: Mapping[str, Json]) -> Finding:
    """The finding of a mapping that no answer could break."""
    names = ", ".join(f"'{name}'" for name in expect)
    text = f"{names} alone checks nothing" if expect else "an expectation without a facet checks nothing"
    return Finding(code="PC120", message=text, help="give it a facet such as 'text' or 'tool_calls'")


def judge_facet(name: str, value: Json, outcome: Outcome, scope: FacetContext) -> Iterator[Mismatch]:
    """Everything in which an outcome breaks one facet."""
    rule = scope.facets.get(name)
    if rule is None:
        expected, got = "a facet that can be judged", "an unknown one"
        return iter((Mismatch(reason="unknown", path=name, expected=expected, got=got, truth=UNKNOWN),))
    return rule.judge(value, (scope.whole or outcome) if rule.is_about_case else outcome, scope)


def facet_truth(name: str, value: Json, outcome: Outcome, scope: FacetContext) -> Truth:
    """How sure it is that one facet holds; the same as by `judge_facet`, and words nothing."""
    rule = scope.facets.get(name)
    if rule is None:
        return UNKNOWN
    seen = (scope.whole or outcome) if rule.is_about_case else outcome
    if rule.truth is not None:
        return rule.truth(value, seen, scope)
    return truth_of_all(rule.judge(value, seen, scope))


def mapping_truth(expect: Mapping[str, Json], outcome: Outcome, scope: FacetContext) -> Truth:
    """How sure it is that facets hold together; the same as by `judge_mapping`, and words nothing."""
    if outcome.error is None or scope.is_error_declared:
        inside = scope if scope.is_error_declared else replace(scope, is_error_declared=True)
        return all_hold(facet_truth(name, value, outcome, inside) for name, value in expect.items())
    return truth_of_all(judge_mapping(expect, outcome, scope))


def judge_mapping(expect: Mapping[str, Json], outcome: Outcome, scope: FacetContext) -> Iterator[Mismatch]:
    """Everything in which an outcome breaks facets that stand together, as `facet.reason`; `scope` is the one inside.

    An error that nobody declared satisfies no expectation: of facets without `error` only those hold on one that
    have an alternative with it.
    """
    is_undeclared = outcome.error is not None and not scope.is_error_declared
    if is_undeclared and not declares_error(expect):
        yield undeclared(outcome)
        return
    for name, value in expect.items():
        # Only the facet that holds `error` has to find it; the others are judged as beside a declared one.
        must_declare = is_undeclared and declares_error({name: value})
        inside = scope if must_declare else replace(scope, is_error_declared=True)
        for found in judge_facet(name, value, outcome, inside):
            yield replace(found, reason=f"{name}.{found.reason}", clause=(name, *found.clause))


def undeclared(outcome: Outcome) -> Mismatch:
    """The mismatch of facets that expect no error where one came."""
    kind = "no answer" if outcome.error is None else f"an error: {outcome.error.kind}"
    return Mismatch(reason="error", path="answer", expected="an answer", got=kind)


def is_per_choice(name: str, value: Json, facets: Mapping[str, FacetRule]) -> bool:
    """Whether a facet is about one choice, so that each of several must satisfy it by itself."""
    if name in COMBINATIONS:
        inner = (pair for _, member in members_of(value) for pair in member.items())
        return any(is_per_choice(*pair, facets) for pair in inner)
    rule = facets.get(name)
    # All choices of an answer are of one model.
    return rule is not None and rule.is_about_answer and name != "model"


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
        mappings = [wanted_by(one, facets) for _, one in members_of(value)]
        together = frozenset[str].union if name == "all_of" else frozenset[str].intersection
        return together(*mappings) if mappings else frozenset()
    rule = facets.get(name)
    return frozenset({"answer"} if rule is not None and rule.is_about_answer else ())
