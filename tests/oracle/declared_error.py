"""Whether an error is the one that an `expect` declares: section 4 of the language."""

from __future__ import annotations

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


def says_nothing_of_the_model(declared: Data, error: Failing, *, is_loose: bool) -> bool:
    """Whether another kind than the declared one came, and one that is no fault of the model."""
    if "kind" not in declared or error.is_injected or error.kind not in _NO_VERDICT:
        return False
    # Got over, it is no error, unless that is what was declared.
    if error.is_recovered and holds(declared.get("outcome", "surfaced"), "recovered", is_loose=is_loose) == FALSE:
        return False
    return holds(declared["kind"], error.kind, is_loose=is_loose) == FALSE
