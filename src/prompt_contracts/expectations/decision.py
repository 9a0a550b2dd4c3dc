"""One contract, made ready to say yes or no to many outcomes. Words nothing; `judgement` says why."""

from __future__ import annotations

from prompt_contracts.case import Case
from prompt_contracts.changed_fields import replace
from prompt_contracts.expectations.definition import scope_of
from prompt_contracts.expectations.expectation import facet_truth, is_per_choice
from prompt_contracts.expectations.facet_rule import FacetContext
from prompt_contracts.expectations.judgement import has_all_choices
from prompt_contracts.json_schema.time_limit import OutOfTimeError
from prompt_contracts.json_value import Json
from prompt_contracts.outcome import Outcome
from prompt_contracts.references import ReadSchema, Resolve
from prompt_contracts.truth import LIMITED, Truth, all_hold


class Decision:
    """The contract of a case, or of a turn of it."""

    def __init__(self, case: Case, *, read_schema: ReadSchema | None, resolve: Resolve | None) -> None:
        self._case = case
        self.scope = replace(scope_of(case, read_schema=read_schema, resolve=resolve), compared={})
        """What stands around the facets, for whoever asks more of them."""

    def keeps(self, outcome: Outcome) -> bool:
        """Whether an outcome certainly keeps the contract: whether `assess` finds no failure."""
        scope = self.scope
        if outcome.earlier:
            scope = replace(scope, earlier=outcome.earlier)
        # What a function said of one outcome, it did not say of another.
        scope.language.context.heard.clear()
        if not has_all_choices(self._case, outcome):
            return False
        return all(_truth(name, value, outcome, scope).is_certain for name, value in scope.expect.items())


def _truth(name: str, value: Json, outcome: Outcome, scope: FacetContext) -> Truth:
    answer = outcome.completion
    try:
        if answer is None or len(answer.choices) <= 1 or not is_per_choice(name, value, scope.facets):
            return facet_truth(name, value, outcome, scope)
        inside = replace(scope, whole=outcome)
        alone = (replace(outcome, completion=replace(answer, choices=(choice,))) for choice in answer.choices)
        return all_hold(facet_truth(name, value, each, inside) for each in alone)
    except (RecursionError, OutOfTimeError):
        return LIMITED
