"""What would close a weak place: the value that was recorded, tried on every passing answer before it is shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prompt_contracts.case import Case
from prompt_contracts.changed_fields import replace
from prompt_contracts.engine.contract_places import contract_place
from prompt_contracts.engine.quick_verdict import QuickVerdict
from prompt_contracts.engine.strength_tries import AnsweredCell, mutation_setting
from prompt_contracts.expectations.spoken_subjects import json_of_answer, spoken_of
from prompt_contracts.json_value import Json, canonical, pointer, pointer_parts
from prompt_contracts.mismatch import ABSENT, Absence
from prompt_contracts.mutation.mutants import mutants
from prompt_contracts.outcome import Outcome
from prompt_contracts.references import References
from prompt_contracts.strength import CaseStrength, Proposal, WeakPlace
from prompt_contracts.turn import Facet

_MOST_VALUES = 3
"""More values than that are no list that anybody would write."""
_FAMILIES = ("arguments", "json")


def with_proposals(found: CaseStrength, answered: Sequence[AnsweredCell], references: References) -> CaseStrength:
    """The same strength, with what would close its open places. Nothing that was tried in vain is proposed."""
    own = [each for each in answered if each.outcomes]
    places = tuple(
        place if place.accepted is not None else replace(place, proposal=proposal_for(place, own, references))
        for place in found.places
    )
    return replace(found, places=places)


def proposal_for(place: WeakPlace, answered: Sequence[AnsweredCell], references: References) -> Proposal | None:
    """The value to write; None where there is none that all passing answers keep and that closes the place."""
    if place.family not in _FAMILIES or not answered:
        return None
    clauses = {_clause(each.cell.case, place.id) for each in answered}
    clause = clauses.pop()
    if clause is None or clauses:
        return None
    values = list(
        _distinct(_value_at(outcome, place.id, each.cell.case) for each in answered for outcome in each.outcomes)
    )
    known = [value for value in values if not isinstance(value, Absence)]
    if not known or len(known) > _MOST_VALUES:
        return None
    value: Json = _literal(known[0]) if len(known) == 1 else {"$any_of": [_literal(one) for one in known]}
    if not all(_is_closed(each, place.id, clause, value, references) for each in answered):
        return None
    return Proposal(pointer=pointer(*clause), value=value, tried_on=sum(each.passing for each in answered))


def with_value(case: Case, clause: tuple[str | int, ...], value: Json) -> Case:
    """The case, another value written at a place of its `expect`."""
    name, *rest = clause
    return replace(
        case, expect=tuple(_changed(facet, rest, value) if facet.name == name else facet for facet in case.expect)
    )


def _changed(facet: Facet, keys: Sequence[str | int], value: Json) -> Facet:
    return replace(facet, value=_put(facet.value, keys, value))


def _put(pattern: Json, keys: Sequence[str | int], value: Json) -> Json:
    if not keys:
        return value
    key, *rest = keys
    if isinstance(pattern, dict):
        return {**pattern, str(key): _put(pattern[str(key)], rest, value)}
    if isinstance(pattern, list):
        return [_put(item, rest, value) if at == key else item for at, item in enumerate(pattern)]
    return pattern


def _is_closed(
    each: AnsweredCell, place: str, clause: tuple[str | int, ...], value: Json, references: References
) -> bool:
    """Whether all passing answers of a cell keep the new contract, and nothing passes at the place any more."""
    case = with_value(each.cell.case, clause, value)
    cell = replace(each.cell, case=case)
    for outcome in each.outcomes:
        verdict = QuickVerdict(cell, outcome, references=references)
        if not verdict.passes(outcome):
            return False
        for mutant in mutants(outcome, mutation_setting(case, outcome, other=None, has_rare=False)):
            if mutant.place == place and verdict.passes(mutant.outcome) and not verdict.is_named(mutant.outcome):
                return False
    return True


def _clause(case: Case, place: str) -> tuple[str | int, ...] | None:
    """Where the contract of a case says what stands at a place; None where it does not, or says it in a turn."""
    found = contract_place(case, place)
    if found.facet is None or not found.is_written or not found.clause or case.turns:
        return None
    return (found.facet.name, *found.clause)


def _literal(value: Json) -> Json:
    """A value as a pattern that means it."""
    is_plain = not isinstance(value, dict) or not any(key.startswith("$") for key in value)
    return value if is_plain else {"$eq": value}


def _distinct(values: Iterator[Json | Absence]) -> Iterator[Json | Absence]:
    seen: set[str] = set()
    for value in values:
        key = "" if isinstance(value, Absence) else canonical(value)
        if key not in seen:
            seen.add(key)
            yield value


def _value_at(outcome: Outcome, place: str, case: Case) -> Json | Absence:
    """What an answer has at a place of its arguments or of its JSON."""
    first, *keys = place.split("/")
    parts = [part for key in keys for part in pointer_parts(f"/{key}")]
    value: Json
    if first == "json":
        text = outcome.completion.choices[0].text if outcome.completion else ""
        try:
            value = json_of_answer(text, is_fenced=spoken_of(case.facets).is_fenced)
        except ValueError:
            return ABSENT
    else:
        name, _, number = first.partition("#")
        answers = (*outcome.earlier, *(() if outcome.completion is None else (outcome.completion,)))
        calls = [call for answer in answers for call in answer.choices[0].tool_calls if call.name == name]
        if len(calls) < int(number or 1):
            return ABSENT
        value = calls[int(number or 1) - 1].parsed_arguments()
    for part in parts:
        if not isinstance(value, dict) or part not in value:
            return ABSENT
        value = value[part]
    return value
