"""What would close a weak place: the value that was recorded, tried on every passing answer before it is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from prompt_contracts.case import Case
from prompt_contracts.cases.literal_pattern import UnsayableValue, literal_pattern
from prompt_contracts.changed_fields import replace
from prompt_contracts.data_class import dataclass
from prompt_contracts.engine.contract_places import contract_place
from prompt_contracts.engine.quick_verdict import QuickVerdict
from prompt_contracts.engine.strength_tries import AnsweredCell, TrialMeans, mutation_setting
from prompt_contracts.expectations.spoken_subjects import json_of_answer, spoken_of
from prompt_contracts.json_value import Json, canonical, pointer, pointer_parts, spell
from prompt_contracts.mismatch import ABSENT, Absence
from prompt_contracts.mutation.mutants import mutants
from prompt_contracts.outcome import Outcome
from prompt_contracts.references import References
from prompt_contracts.strength import CaseStrength, Proposal, WeakPlace
from prompt_contracts.strength_terms import RowColumns
from prompt_contracts.turn import Facet

_MOST_VALUES = 3
"""More values than that are no list that anybody would write."""
_FAMILIES = ("arguments", "json")
_Clause = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """What may be written at a place."""

    written: Json
    filled: Callable[[Case], Json]
    """The same, its template filled in, as a cell would have it."""


def with_proposals(found: CaseStrength, answered: Sequence[AnsweredCell], means: TrialMeans) -> CaseStrength:
    """The same strength, with what would close its open places, or why nothing would."""
    own = [each for each in answered if each.outcomes]
    places = tuple(place if place.accepted is not None else _with_proposal(place, own, means) for place in found.places)
    return replace(found, places=places)


def _with_proposal(place: WeakPlace, answered: Sequence[AnsweredCell], means: TrialMeans) -> WeakPlace:
    found = proposal_for(place, answered, means)
    return replace(place, proposal=found) if isinstance(found, Proposal) else replace(place, hindrance=found)


def proposal_for(place: WeakPlace, answered: Sequence[AnsweredCell], means: TrialMeans) -> Proposal | str:
    """The value to write: all passing answers keep it, and it closes the place.

    Else why there is none, in words; no words where no value could stand.
    """
    key = pointer_parts(f"/{place.id.rpartition('/')[2]}")[0]
    if place.family not in _FAMILIES or not answered or "/" not in place.id or key == "*" or key.startswith("$"):
        return ""
    clause = _shared_clause(place, answered)
    if isinstance(clause, str):
        return f"{key}: {clause}"
    candidates = _candidates(place, answered, means)
    if isinstance(candidates, str):
        return f"{key}: {candidates}"
    reason = ""
    for candidate in candidates:
        troubles = (_trouble(each, place.id, clause, candidate, means.references) for each in answered)
        trouble = next(filter(None, troubles), "")
        if not trouble:
            tried_on = sum(each.passing for each in answered)
            return Proposal(pointer=pointer(*clause), value=candidate.written, tried_on=tried_on)
        reason = reason or f"{key}: {spell(candidate.written)} {trouble}"
    return reason


def _shared_clause(place: WeakPlace, answered: Sequence[AnsweredCell]) -> _Clause | str:
    """Where the contract says what stands at a place, the same for all cells; else why there is no such clause."""
    found: set[tuple[_Clause, str]] = set()
    for each in answered:
        case = each.cell.case
        clause = contract_place(case, place.id)
        if case.turns:
            return "what turns expect is not proposed"
        if clause.facet is None or not clause.is_written or not clause.clause:
            return "the contract does not name it"
        found.add(((clause.facet.name, *clause.clause), str(clause.location(case))))
    if len(found) > 1:
        return "not all cells have the same clause"
    return found.pop()[0]


def _candidates(place: WeakPlace, answered: Sequence[AnsweredCell], means: TrialMeans) -> list[_Candidate] | str:
    """What to try: a column of the rows that has the values, else the values; or why there is nothing to try."""
    values = [(each.cell.case, _values(each, place.id)) for each in answered]
    known = list({canonical(value): value for _, own in values for value in own}.values())
    if not known:
        return "no recorded answer has it"
    by_row: dict[str | None, set[str]] = {}
    for case, own in values:
        by_row.setdefault(case.row, set()).update(map(canonical, own))
    columns = list(_columns(values))
    if columns:
        return columns
    is_other_in_each_row = any(each != by_row[values[0][0].row] for each in by_row.values())
    asked = list(_asked_columns([case for case, _ in values])) if is_other_in_each_row else []
    if asked:
        # A list of what was answered to all rows would let each row have the answer to another one.
        return asked
    if len(known) > _MOST_VALUES:
        return f"{len(known)} different values were recorded"
    if any(_holds_secret(value, means) for value in known):
        return "the recorded value holds a secret"
    is_filled_in = all(case.strength.is_filled_in for case, _ in values)
    try:
        written = _one_of([literal_pattern(one, is_filled_in=is_filled_in) for one in known])
    except UnsayableValue as error:
        return str(error)
    # What a case file reads where its templates are filled in.
    value = _one_of([literal_pattern(one, is_filled_in=False) for one in known])
    return [_Candidate(written=written, filled=lambda _: value)]


def _one_of(patterns: list[Json]) -> Json:
    return patterns[0] if len(patterns) == 1 else {"$any_of": patterns}


def _holds_secret(value: Json, means: TrialMeans) -> bool:
    # Spelled too: a number may be one.
    told: Json = [value, spell(value)]
    return means.masked_json(told) != told


def _columns(values: Sequence[tuple[Case, Sequence[Json]]]) -> Iterator[_Candidate]:
    """Columns that say in every row what was answered there, and not the same in all of them."""
    for name in _varying([case for case, _ in values]):
        if all(canonical(value) == canonical(_column(case, name)) for case, own in values for value in own):
            yield _template(name)


def _asked_columns(cases: Sequence[Case]) -> Iterator[_Candidate]:
    """Columns that the prompt names, and nothing that is expected."""
    for name in _varying(cases):
        if all(case.strength.columns is not None and name in case.strength.columns.only_asked for case in cases):
            yield _template(name)


def _varying(cases: Sequence[Case]) -> Iterator[str]:
    """The columns that do not have the same value in all rows."""
    known = [case.strength.columns for case in cases]
    tables: list[RowColumns] = [each for each in known if each is not None]
    if len(tables) == len(known):
        for name in tables[0].values:
            if len({canonical(each.values[name]) for each in tables}) > 1:
                yield name


def _template(name: str) -> _Candidate:
    return _Candidate(written=f"{{{{ {name} }}}}", filled=lambda case: _column(case, name))


def _column(case: Case, name: str) -> Json:
    return None if case.strength.columns is None else case.strength.columns.values[name]


def _values(each: AnsweredCell, place: str) -> list[Json]:
    found = (_value_at(outcome, place, each.cell.case) for outcome in each.outcomes)
    return [value for value in found if not isinstance(value, Absence)]


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


def _trouble(each: AnsweredCell, place: str, clause: _Clause, candidate: _Candidate, references: References) -> str:
    """What is wrong with a candidate: an answer of this cell that passes would not, or something still would."""
    case = with_value(each.cell.case, clause, candidate.filled(each.cell.case))
    cell = replace(each.cell, case=case)
    for outcome in each.outcomes:
        verdict = QuickVerdict(cell, outcome, references=references)
        if not verdict.passes(outcome):
            value = _value_at(outcome, place, case)
            return f"would break {'an' if isinstance(value, Absence) else 'the'} recorded answer" + (
                " without it" if isinstance(value, Absence) else f" ({spell(value)})"
            )
        for mutant in mutants(outcome, mutation_setting(case, outcome, has_rare=False)):
            if mutant.place == place and verdict.passes(mutant.outcome) and not verdict.is_named(mutant.outcome):
                return "would not close it"
    return ""


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
