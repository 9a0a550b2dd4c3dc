"""An error of another kind than those that a case declares: which of them say nothing of the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from prompt_contracts.case import Case
from prompt_contracts.conversation.driver import error_of
from prompt_contracts.data_class import dataclass
from prompt_contracts.expectations.judgement import assess, error_is_declared
from prompt_contracts.json_value import Json
from prompt_contracts.outcome import Outcome
from prompt_contracts.provider_error import ErrorKind, ProviderError
from prompt_contracts.references import References
from prompt_contracts.turn import Facet, declares_directly, declares_error

NO_VERDICT: frozenset[ErrorKind] = frozenset(
    {
        "timeout",
        "connection",
        "rate_limit",
        "quota",
        "auth",
        "permission",
        "not_found",
        "server",
        "overloaded",
        "budget",
        "unknown",
    }
)
"""Kinds that come of the network, the account or the provider's health, whatever was asked of the model."""


def other_error(case: Case, outcome: Outcome, references: References) -> ProviderError | None:
    """The error of an outcome that gives no verdict, though the case declares one; None when it is to be judged.

    A fault of the case is what its author made happen: an answer to it is judged, of whatever kind it is.
    """
    expect = {facet.name: facet.value for facet in case.expect}
    is_left_to_alternatives = outcome.error is not None and declares_error(expect) and not declares_directly(expect)
    # An error that no alternative means satisfies none; one that is meant may still be of another kind further in.
    if is_left_to_alternatives and not error_is_declared(case, outcome, resolve=references.resolve):
        return outcome.error
    error = outcome.error or outcome.recovered
    if error is None or error.kind not in NO_VERDICT or _is_injected(error, outcome):
        return None

    def may_be_of_kind(wanted: Json, strings: Json) -> bool:
        return may_be_declared({"kind": wanted}, strings, replace(outcome, error=error, completion=None))

    def may_be_recovered(wanted: Json, strings: Json) -> bool:
        return may_be_declared({"outcome": wanted}, strings, replace(outcome, error=None, recovered=error))

    def may_be_declared(fields: dict[str, Json], strings: Json, came: Outcome) -> bool:
        said: dict[str, Json] = {"strings": strings, "error": fields}
        declared = tuple(Facet(name=name, value=value, location=case.location) for name, value in said.items())
        return not assess(replace(case, expect=declared), came, resolve=references.resolve).truth.is_refuted

    seen = _Came(
        may_be_of_kind=may_be_of_kind, may_be_recovered=may_be_recovered, is_surfaced=outcome.error is not None
    )
    return error if seen.is_other(expect) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Came:
    """The error that came, held against what was declared."""

    may_be_of_kind: Callable[[Json, Json], bool]
    may_be_recovered: Callable[[Json, Json], bool]
    is_surfaced: bool
    strings: Json = "exact"
    """How the literals of an expectation are compared that does not say it itself."""

    def is_other(self, expect: Mapping[str, Json], *, is_declared_around: bool = False) -> bool:
        """Whether an expectation could only hold of an error of another kind.

        `is_declared_around` where what must hold beside it declares an error, by whichever field.
        """
        inside = replace(self, strings=expect.get("strings", self.strings))
        is_declared = is_declared_around or declares_directly(expect)
        declared, alternatives = expect.get("error"), _members(expect.get("any_of"))
        if isinstance(declared, dict) and inside.is_other_than(declared):
            return True
        if any(inside.is_other(member, is_declared_around=is_declared) for member in _members(expect.get("all_of"))):
            return True
        # An alternative without an error can hold after one that was got over, and of one that is declared around it.
        silent = self.is_surfaced and not is_declared and any(map(declares_error, alternatives))
        return bool(alternatives) and all(
            inside.is_other(member, is_declared_around=is_declared) or (silent and not declares_error(member))
            for member in alternatives
        )

    def is_other_than(self, declared: Mapping[str, Json]) -> bool:
        """Whether one declared error could only be of another kind."""
        # Where none was to be got over, one that was is no error.
        is_looked_at = self.is_surfaced or (
            "outcome" in declared and self.may_be_recovered(declared["outcome"], self.strings)
        )
        return is_looked_at and "kind" in declared and not self.may_be_of_kind(declared["kind"], self.strings)


def _members(expected: Json) -> list[dict[str, Json]]:
    members = expected if isinstance(expected, list) else [expected]
    return [member for member in members if isinstance(member, dict)]


def _is_injected(error: ProviderError, outcome: Outcome) -> bool:
    """Whether a fault made the error: the last attempt that ended in its kind, else the last of all, tells."""
    last = outcome.turns[-1] if outcome.turns and outcome.error is not None else outcome
    kinds = [found and found.kind for found in map(error_of, last.interactions)]
    alike = [each for each, kind in zip(last.interactions, kinds, strict=True) if kind == error.kind]
    return any(each.is_injected for each in (alike or last.interactions)[-1:])
