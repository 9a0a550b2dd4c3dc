"""Whether an error is the one that an `expect` declares: section 4 of the language.

Of several errors declared at once it speaks of one: read here so that one of another kind among those that must hold
together decides, and all of them where one of several may hold, and that a contract put alone into `any_of` or
`all_of` says what it said.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from tests.oracle.observation import Data, Failing, Observation
from tests.oracle.pattern import holds
from tests.oracle.truth import FALSE, UNDECIDED, Truth, every

# Where one of these came in place of the declared one, nothing was learnt of the model.
_NO_VERDICT = frozenset(
    {
        *("timeout", "connection", "rate_limit", "quota", "auth", "permission"),
        *("not_found", "server", "overloaded", "budget", "unknown"),
    }
)


def matches(declared: Data, seen: Observation, *, is_loose: bool) -> Truth:
    """No error is no match."""
    error = seen.error
    if error is None:
        return FALSE
    fields = {
        "kind": error.kind,
        "status": None if error.status is None else Decimal(error.status),
        "code": error.code,
        "message": error.message,
        "outcome": "recovered" if error.is_recovered else "surfaced",
        "attempts": None if seen.attempts is None else Decimal(seen.attempts),
        "handled": seen.handled,
    }
    wanted = {"outcome": "surfaced", **declared}
    return every(_field(name, wanted[name], fields[name], is_loose) for name in wanted)


def _field(name: str, pattern: Data, value: Data, is_loose: bool) -> Truth:
    is_unknown = name == "attempts" and value is None
    return UNDECIDED if is_unknown else holds(pattern, value, is_loose=is_loose)


def is_named(expect: Mapping[str, Data], seen: Observation, *, is_loose: bool = False) -> bool:
    """Whether an `expect`, or else one of its members, means the error that came."""
    loose = compares_loosely(expect, is_loose=is_loose)
    if "error" in expect:
        return matches(expect["error"], seen, is_loose=loose) != FALSE
    inner = (*members(expect, "any_of"), *members(expect, "all_of"))
    return any(is_named(member, seen, is_loose=loose) for member in inner)


def compares_loosely(expect: Mapping[str, Data], *, is_loose: bool) -> bool:
    """Whether the string literals of an `expect` are loose; what stands around it says so where it is silent."""
    return bool(expect["strings"] == "loose") if "strings" in expect else is_loose


def mentions_error(expect: Mapping[str, Data]) -> bool:
    """Whether an error stands anywhere in it."""
    inner = (*members(expect, "any_of"), *members(expect, "all_of"))
    return "error" in expect or any(map(mentions_error, inner))


def states_error(expect: Mapping[str, Data]) -> bool:
    """Whether an error is among what must hold in any case."""
    return "error" in expect or any(states_error(member) for member in members(expect, "all_of"))


def members(expect: Mapping[str, Data], name: str) -> list[Data]:
    """A list of members, or one."""
    found = expect.get(name, [])
    return found if isinstance(found, list) else [found]


def is_no_verdict(
    expect: Mapping[str, Data], error: Failing, *, is_stated_around: bool = False, is_loose: bool = False
) -> bool:
    """Whether an error of another kind came where one must be, or in place of every alternative."""
    is_stated = is_stated_around or states_error(expect)
    loose = compares_loosely(expect, is_loose=is_loose)

    def is_other(member: Mapping[str, Data]) -> bool:
        return is_no_verdict(member, error, is_stated_around=is_stated, is_loose=loose)

    if "error" in expect and _says_nothing_of_the_model(expect["error"], error, is_loose=loose):
        return True
    if any(map(is_other, members(expect, "all_of"))):
        return True
    alternatives = members(expect, "any_of")
    if not error.is_recovered and not is_stated and any(map(mentions_error, alternatives)):
        # One that says nothing of errors was never to hold of one that surfaced.
        alternatives = list(filter(mentions_error, alternatives))
    return bool(alternatives) and all(map(is_other, alternatives))


def _says_nothing_of_the_model(declared: Data, error: Failing, *, is_loose: bool) -> bool:
    """Whether another kind than the declared one came, and one that is no fault of the model."""
    if "kind" not in declared or error.is_injected or error.kind not in _NO_VERDICT:
        return False
    # Got over, it is no error, unless that is what was declared.
    if error.is_recovered and holds(declared.get("outcome", "surfaced"), "recovered", is_loose=is_loose) == FALSE:
        return False
    return holds(declared["kind"], error.kind, is_loose=is_loose) == FALSE
