"""An error of another kind than those that a case declares: which of them say nothing of the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from prompt_contracts.case import Case
from prompt_contracts.engine.references import References
from prompt_contracts.engine.step import error_of
from prompt_contracts.expectations.expectation import declares_directly, declares_error
from prompt_contracts.expectations.judgement import error_is_declared, judge
from prompt_contracts.facet import Facet
from prompt_contracts.json_value import Json
from prompt_contracts.outcome import Outcome
from prompt_contracts.provider_error import ErrorKind, ProviderError

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
    is_of_alternatives = declares_error(expect) and not declares_directly(expect)
    if outcome.error is not None and is_of_alternatives:
        # An error that no alternative means satisfies none; one that is meant may still be of another kind further in.
        if not error_is_declared(case, outcome, resolve=references.resolve):
            return outcome.error
    error = outcome.error or outcome.recovered
    if error is None or error.kind not in NO_VERDICT or _is_injected(error, outcome):
        return None

    def is_kind(wanted: Json) -> bool:
        return is_declared({"kind": wanted}, replace(outcome, error=error, completion=None))

    def may_be_recovered(wanted: Json) -> bool:
        return is_declared({"outcome": wanted}, replace(outcome, error=None, recovered=error))

    def is_declared(fields: dict[str, Json], came: Outcome) -> bool:
        declared = Facet(name="error", value=fields, location=case.location)
        return not judge(replace(case, expect=(declared,)), came, resolve=references.resolve)

    seen = _Came(is_kind=is_kind, may_be_recovered=may_be_recovered, is_surfaced=outcome.error is not None)
    return error if seen.is_other(expect) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Came:
    """The error that came, held against what was declared."""

    is_kind: Callable[[Json], bool]
    may_be_recovered: Callable[[Json], bool]
    is_surfaced: bool

    def is_other(self, expect: Mapping[str, Json], *, is_declared_around: bool = False) -> bool:
        """Whether an expectation could only hold of an error of another kind.

        `is_declared_around` where what must hold beside it declares an error, by whichever field.
        """
        is_declared = is_declared_around or declares_directly(expect)
        declared, alternatives = expect.get("error"), _members(expect.get("any_of"))
        if isinstance(declared, dict) and self._is_other_than(declared):
            return True
        if any(self.is_other(member, is_declared_around=is_declared) for member in _members(expect.get("all_of"))):
            return True
        # An alternative without an error can hold after one that was got over, and of one that is declared around it.
        silent = self.is_surfaced and not is_declared and any(map(declares_error, alternatives))
        return bool(alternatives) and all(
            self.is_other(member, is_declared_around=is_declared) or (silent and not declares_error(member))
            for member in alternatives
        )

    def _is_other_than(self, declared: Mapping[str, Json]) -> bool:
        # Where none was to be got over, one that was is no error.
        is_looked_at = self.is_surfaced or ("outcome" in declared and self.may_be_recovered(declared["outcome"]))
        return is_looked_at and "kind" in declared and not self.is_kind(declared["kind"])


def _members(expected: Json) -> list[dict[str, Json]]:
    members = expected if isinstance(expected, list) else [expected]
    return [member for member in members if isinstance(member, dict)]


def _is_injected(error: ProviderError, outcome: Outcome) -> bool:
    """Whether a fault made the error: the last attempt that ended in its kind, else the last of all, tells."""
    last = outcome.turns[-1] if outcome.turns and outcome.error is not None else outcome
    kinds = [found and found.kind for found in map(error_of, last.interactions)]
    alike = [each for each, kind in zip(last.interactions, kinds, strict=True) if kind == error.kind]
    return any(each.is_injected for each in (alike or last.interactions)[-1:])
