"""The passing answers of one cell -> what became of each of their mutants. Sums up nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from prompt_contracts.case import Case
from prompt_contracts.completion import Completion
from prompt_contracts.data_class import dataclass
from prompt_contracts.engine.quick_verdict import QuickVerdict
from prompt_contracts.expectations.definition import request_schema
from prompt_contracts.expectations.spoken_subjects import json_of_answer, named_words, spoken_of
from prompt_contracts.json_value import Json, show
from prompt_contracts.mutant import AnswerState, Mutant, Spoken, State, TriedMutant
from prompt_contracts.mutation.mutants import MutationSetting, mutants
from prompt_contracts.outcome import Outcome
from prompt_contracts.references import References
from prompt_contracts.trial import Cell
from prompt_contracts.turn import Facet

_SHOWN = 50
"""Characters of what is told of a mutant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredCell:
    """A cell, and the recorded trials that keep its contract."""

    cell: Cell
    outcomes: tuple[Outcome, ...] = ()
    """One of each that say the same."""
    passing: int = 0
    """How many trials they stand for."""
    why_none: str = ""
    """Why there is none, in a few words."""
    answer: AnswerState = "passing"

    @property
    def spoken(self) -> Spoken:
        """What the contract speaks of, in all turns together."""
        found = spoken_of(self.cell.case.facets)
        for turn in _turn_facets(self.cell.case, self.outcomes):
            found = found.joined(spoken_of(_by_name(turn)))
        return found


def distinct(outcomes: Sequence[Outcome]) -> tuple[Outcome, ...]:
    """One outcome of each that say the same: what it took does not count."""
    found: dict[object, Outcome] = {}
    for outcome in outcomes:
        found.setdefault(_said(outcome), outcome)
    return tuple(found.values())


def other_row(answered: AnsweredCell, cells: Sequence[AnsweredCell]) -> Outcome | None:
    """What was answered to the next row under the same model and prompt, where another thing was asked and answered."""
    if not answered.outcomes:
        return None
    case = answered.cell.case
    place = next(at for at, each in enumerate(cells) if each is answered)
    for other in (*cells[place + 1 :], *cells[:place]):
        theirs = other.cell.case
        alike = [(each.model, each.prompt, each.relation) for each in (theirs, case)]
        is_sibling = alike[0] == alike[1] and theirs.row != case.row
        if is_sibling and other.outcomes and _asked(theirs) != _asked(case):
            mine, spoken = answered.outcomes[0], answered.spoken
            if _answered(mine, spoken) != _answered(other.outcomes[0], spoken):
                return other.outcomes[0]
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialMeans:
    """What mutants are tried with."""

    references: References
    masked_json: Callable[[Json], Json]
    """Plain data without any secret; the very same where it holds none."""
    has_rare: bool
    """Whether also those operators are applied that are mostly right."""


def tried_mutants(answered: AnsweredCell, means: TrialMeans) -> Iterator[dict[str, TriedMutant]]:
    """For each outcome, its mutants by their ids; but for what was answered to another row."""
    for outcome in answered.outcomes:
        setting = mutation_setting(answered.cell.case, outcome, has_rare=means.has_rare)
        yield _tried_all(answered, outcome, setting, means)


def tried_rows(answered: AnsweredCell, other: Outcome, means: TrialMeans) -> Iterator[dict[str, TriedMutant]]:
    """For each outcome the same with what was answered to another row, and nothing else."""
    setting = MutationSetting(other_row=other, has_rare=means.has_rare)
    for outcome in answered.outcomes:
        yield _tried_all(answered, outcome, setting, means)


def _tried_all(
    answered: AnsweredCell, outcome: Outcome, setting: MutationSetting, means: TrialMeans
) -> dict[str, TriedMutant]:
    verdict = QuickVerdict(answered.cell, outcome, references=means.references)
    case = answered.cell.case
    return {mutant.id: _tried(mutant, verdict, case, means) for mutant in mutants(outcome, setting)}


def mutation_setting(case: Case, outcome: Outcome, *, has_rare: bool) -> MutationSetting:
    """What is known of a case beside one of its outcomes."""
    turns = _turn_facets(case, (outcome,))
    spoken, spoken_in_turns = spoken_of(case.facets), tuple(spoken_of(_by_name(turn)) for turn in turns)
    is_fenced = any(one.is_fenced for one in (spoken, *spoken_in_turns))
    asked = request_schema(case.request)
    return MutationSetting(
        tools=case.tools,
        response_schema=_written_schema(case.facets.get("json")) if asked is None else asked,
        named=named_words(case.facets).union(*(named_words(_by_name(turn)) for turn in turns)),
        spoken=spoken,
        spoken_in_turns=spoken_in_turns,
        read_json=partial(json_of_answer, is_fenced=is_fenced),
        has_rare=has_rare,
    )


def silent_on(answered: AnsweredCell) -> tuple[str, ...]:
    """`calls` and `text`, where the answers have some and the contract says nothing of them."""
    spoken, last = answered.spoken, [outcome.completion for outcome in answered.outcomes]
    has_text = any(answer is not None and answer.choices and answer.choices[0].text for answer in last)
    has_calls = any(_calls(outcome) for outcome in answered.outcomes)
    return (
        *(("calls",) if has_calls and not spoken.calls else ()),
        *(("text",) if has_text and not (spoken.text or spoken.json) else ()),
    )


def _tried(mutant: Mutant, verdict: QuickVerdict, case: Case, means: TrialMeans) -> TriedMutant:
    state: State = "noticed"
    if verdict.passes(mutant.outcome):
        state = "unnoticed"
        if verdict.is_named(mutant.outcome):
            state = "allowed"
        elif case.strength.acceptance_of(mutant.place) is not None:
            state = "accepted"
    before, after = _told(mutant, means) if state in ("unnoticed", "accepted") else ("", "")
    return TriedMutant(
        place=mutant.place,
        family=mutant.family,
        operator=mutant.operator,
        effect=mutant.effect,
        state=state,
        before=before,
        after=after,
    )


def _told(mutant: Mutant, means: TrialMeans) -> tuple[str, str]:
    """What was and what passes, for a person; masked before anything is cut short."""
    before = means.masked_json(mutant.before)
    if before is not mutant.before:
        # Spoiled, a secret would not be known for one any more.
        return show(before, limit=_SHOWN), ""
    return show(before, limit=_SHOWN), show(means.masked_json(mutant.after), limit=_SHOWN)


def _turn_facets(case: Case, outcomes: Sequence[Outcome]) -> tuple[tuple[Facet, ...], ...]:
    """What each turn expects; its own variables filled in where it was asked."""
    asked = outcomes[0].turns if outcomes else ()
    return tuple(
        (asked[at].asked or turn.preview).expect if at < len(asked) else turn.preview.expect
        for at, turn in enumerate(case.turns)
    )


def _by_name(facets: Sequence[Facet]) -> dict[str, Json]:
    return {facet.name: facet.value for facet in facets}


def _written_schema(pattern: Json) -> Json:
    schema = pattern.get("$schema") if isinstance(pattern, dict) else None
    return schema if isinstance(schema, dict) else None


def _asked(case: Case) -> object:
    said = tuple((message.role, str(message.content)) for message in case.messages)
    previews = tuple(str(message.content) for turn in case.turns for message in turn.preview.messages)
    return said, previews, str(case.variables)


def _answered(outcome: Outcome, spoken: Spoken) -> object:
    """As far as the contract speaks of it."""
    answer = outcome.completion
    text = answer.choices[0].text if answer is not None and answer.choices else None
    return (_calls(outcome) if spoken.calls else (), text if spoken.text or spoken.json else None)


def _calls(outcome: Outcome) -> tuple[tuple[str, str], ...]:
    answers = (*outcome.earlier, *(() if outcome.completion is None else (outcome.completion,)))
    made = (call for answer in answers if answer.choices for call in answer.choices[0].tool_calls)
    return tuple((call.name, call.arguments) for call in made)


def _said(outcome: Outcome) -> object:
    answers = (*outcome.earlier, outcome.completion)
    error = outcome.error or outcome.recovered
    return (
        tuple(_choices(answer) for answer in answers if answer is not None),
        error and (error.kind, error.status, error.code, error.message),
        outcome.handled,
    )


def _choices(answer: Completion) -> object:
    return tuple(
        (
            choice.text,
            choice.refusal,
            choice.finish_reason,
            tuple((call.name, call.arguments) for call in choice.tool_calls),
        )
        for choice in answer.choices
    )
