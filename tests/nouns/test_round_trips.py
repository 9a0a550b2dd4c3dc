"""Every noun that is written to a file or to another process comes back as it was."""

from __future__ import annotations

import dataclasses
import importlib
import json
import pkgutil
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import prompt_contracts
from prompt_contracts.comparison import CellChange, Comparison, Contrast, Ratio, Side
from prompt_contracts.completion import Choice, Completion, ToolCall
from prompt_contracts.failure import Failure
from prompt_contracts.interaction import Recorded
from prompt_contracts.location import Location
from prompt_contracts.measured_cell import MeasuredCell, PlaceSum
from prompt_contracts.message import Message
from prompt_contracts.mutant import EFFECTS, TriedMutant
from prompt_contracts.plain_data import PlainData
from prompt_contracts.provider_error import ERROR_KINDS, ProviderError
from prompt_contracts.recording_outcome import RecordedChange, RecordingOutcome
from prompt_contracts.report import (
    Bill,
    BrokenResult,
    Count,
    Interval,
    MissedRate,
    MissedStrength,
    RelationSummary,
    Report,
    Summary,
)
from prompt_contracts.strength import (
    CaseStrength,
    CellStrength,
    Proposal,
    StateCounts,
    StrengthReport,
    Unnoticed,
    WeakPlace,
)
from prompt_contracts.usage import Cost, Usage, total_cost
from prompt_contracts.verdict import CaseResult, Problem, RawExchange, Repeats, Sameness, TrialResult

counts = st.none() | st.integers(min_value=0)
texts = st.text(max_size=10)
maybe_text = st.none() | texts
amounts = st.decimals(min_value=0, max_value=10**6, allow_nan=False, places=9)
durations = st.none() | st.floats(min_value=0, max_value=1e6)

locations = st.builds(
    Location,
    path=texts,
    line=st.integers(min_value=1),
    column=st.integers(min_value=1),
    length=st.integers(min_value=1),
)
usages = st.builds(
    Usage,
    prompt_tokens=counts,
    completion_tokens=counts,
    total_tokens=counts,
    cached_tokens=counts,
    reasoning_tokens=counts,
)
calls = st.builds(ToolCall, name=texts, arguments=texts, id=maybe_text)
choices = st.builds(
    Choice,
    text=texts,
    tool_calls=st.lists(calls, max_size=2).map(tuple),
    refusal=maybe_text,
    reasoning=maybe_text,
    finish_reason=maybe_text,
    raw_finish_reason=maybe_text,
)
completions = st.builds(
    Completion,
    choices=st.lists(choices, min_size=1, max_size=2).map(tuple),
    usage=usages,
    model=maybe_text,
    id=maybe_text,
    charged=st.none() | amounts,
    service_tier=maybe_text,
)
errors = st.builds(
    ProviderError,
    kind=st.sampled_from(ERROR_KINDS),
    message=texts,
    status=st.none() | st.integers(100, 599),
    code=maybe_text,
    retry_after=durations,
    request_id=maybe_text,
    body=maybe_text,
)
failures = st.builds(Failure, code=texts, path=texts, expected=texts, got=texts, location=locations, message=texts)
problems = st.builds(Problem, code=texts, message=texts)
fields_of_messages = st.dictionaries(st.sampled_from(["name", "tool_call_id"]), texts)
messages = st.builds(Message, role=texts, content=st.none() | texts, fields=fields_of_messages)
raw_exchanges = st.builds(RawExchange, method=texts, url=texts, request=maybe_text, status=counts, response=maybe_text)
trials = st.builds(
    TrialResult,
    trial=st.integers(min_value=1),
    verdict=st.sampled_from(["passed", "failed", "error"]),
    failures=st.lists(failures, max_size=2).map(tuple),
    completion=st.none() | completions,
    error=st.none() | errors,
    usage=usages,
    cost=st.none() | amounts,
    cost_source=maybe_text,
    prices_as_of=maybe_text,
    latency=durations,
    attempts=counts,
    recorded_at=maybe_text,
    is_replayed=st.booleans(),
    earlier=st.lists(completions, max_size=2).map(tuple),
    recovered=st.none() | errors,
    passed_over=st.lists(errors, max_size=2).map(tuple),
    handled=st.none() | st.booleans(),
    output=texts,
    http_status=counts,
    transcript=st.lists(messages, max_size=2).map(tuple),
    raw=st.lists(raw_exchanges, max_size=2).map(tuple),
)
changes = st.builds(RecordedChange, what=texts, before=maybe_text, after=maybe_text)
recordings = st.builds(
    RecordingOutcome,
    status=st.sampled_from(["written", "unchanged", "not_written"]),
    is_new=st.booleans(),
    changes=st.lists(changes, max_size=2).map(tuple),
    reason=maybe_text,
)
repeats = st.builds(
    Repeats,
    k=st.integers(min_value=2),
    pass_at_k=st.none() | st.floats(min_value=0, max_value=1),
    pass_all_k=st.none() | st.floats(min_value=0, max_value=1),
    cells=st.integers(min_value=0),
)
sames = st.builds(
    Sameness,
    equal=st.integers(min_value=0),
    compared=st.integers(min_value=0),
    base_equal=st.integers(min_value=0),
    base_compared=st.integers(min_value=0),
)
results = st.builds(
    CaseResult,
    id=texts,
    path=texts,
    case=texts,
    row=maybe_text,
    relation=maybe_text,
    same=st.none() | sames,
    prompt=maybe_text,
    place=st.integers(min_value=0),
    line=counts,
    description=maybe_text,
    xfail=maybe_text,
    messages=st.lists(messages, max_size=2).map(tuple),
    expect=st.dictionaries(texts, st.none() | st.booleans() | texts),
    provider=texts,
    model=texts,
    verdict=st.sampled_from(["passed", "failed", "error"]),
    trials=st.lists(trials, max_size=2).map(tuple),
    requirement=texts,
    repeats=st.none() | repeats,
    problem=st.none() | problems,
    cassette=texts,
    tags=st.lists(texts, max_size=2).map(tuple),
    endpoint=texts,
    endpoint_reason=maybe_text,
    recording=st.none() | recordings,
)
# A noun within a noun is written and read by itself, and is held by itself: of the largest, a small one stands inside.
results_within = st.builds(
    CaseResult,
    id=texts,
    path=texts,
    case=texts,
    row=maybe_text,
    provider=texts,
    model=texts,
    verdict=st.sampled_from(["passed", "failed", "error"]),
    trials=st.lists(st.builds(TrialResult, trial=counts, usage=usages, verdict=texts), max_size=1).map(tuple),
    requirement=texts,
    cassette=texts,
)
costs = st.builds(Cost, usd=amounts, source=texts, as_of=maybe_text)
unanswered = st.builds(ProviderError, kind=st.sampled_from(ERROR_KINDS), message=texts)
recorded = st.builds(
    Recorded,
    at=maybe_text,
    latency=durations,
    attempts=counts,
    trial=counts,
    cost=st.none() | costs,
    unsent=st.integers(min_value=0),
    unanswered=st.lists(unanswered, max_size=2).map(tuple),
)
rates = st.floats(min_value=0, max_value=1)
intervals = st.builds(Interval, low=rates, high=rates)
bills = st.builds(Bill, usd=amounts, unpriced=st.integers(min_value=0))
tallies = st.builds(Count, passed=st.integers(), failed=st.integers(), errors=st.integers())
broken = st.builds(BrokenResult, id=texts, place=st.integers(min_value=0), message=texts)
summaries = st.builds(
    Summary,
    provider=texts,
    model=texts,
    prompt=maybe_text,
    cells=tallies,
    trials=tallies,
    design_effect=st.none() | st.floats(min_value=1, max_value=1000),
    rate=st.none() | rates,
    interval=st.none() | intervals,
    repeats=st.lists(repeats, max_size=2).map(tuple),
    prompt_tokens=counts,
    completion_tokens=counts,
    cached_tokens=counts,
    reasoning_tokens=counts,
    unpriced=st.integers(min_value=0),
    latency_p50=durations,
    latency_p95=durations,
    cost=st.none() | amounts,
)
relations = st.builds(
    RelationSummary,
    relation=texts,
    provider=texts,
    model=texts,
    cells=tallies,
    base=st.none() | tallies,
    pairs=st.integers(min_value=0),
    worse=st.integers(min_value=0),
    better=st.integers(min_value=0),
    p_value=st.none() | rates,
    same=st.none() | sames,
)
missed_rates = st.builds(MissedRate, model=texts, wanted=rates, rate=st.none() | rates)
missed_strengths = st.builds(MissedStrength, case=maybe_text, wanted=rates, score=st.none() | rates, why_none=texts)


def reports_of(found: st.SearchStrategy[CaseResult]) -> st.SearchStrategy[Report]:
    """Any report with results of a kind."""
    return st.builds(
        Report,
        created_at=maybe_text,
        version=texts,
        mode=texts,
        spent=bills,
        recorded=bills,
        prices_as_of=maybe_text,
        models=st.lists(summaries, max_size=2).map(tuple),
        prompts=st.lists(summaries, max_size=2).map(tuple),
        relations=st.lists(relations, max_size=2).map(tuple),
        broken=st.lists(broken, max_size=2).map(tuple),
        not_run=st.lists(texts, max_size=2).map(tuple),
        missed_rates=st.lists(missed_rates, max_size=2).map(tuple),
        missed_strength=st.lists(missed_strengths, max_size=2).map(tuple),
        results=st.lists(found, max_size=2).map(tuple),
    )


reports = reports_of(results)
shares = st.none() | rates
ratios = st.builds(
    Ratio,
    value=durations,
    interval=st.none() | intervals,
    base=durations,
    other=durations,
    cells=st.integers(min_value=0),
    unknown=st.integers(min_value=0),
)
sides = st.builds(
    Side,
    label=texts,
    cells=tallies,
    trials=tallies,
    rate=shares,
    cost=st.none() | amounts,
    unpriced=st.integers(min_value=0),
    cost_per_pass=st.none() | amounts,
    alone=st.lists(texts, max_size=2).map(tuple),
    broken=st.lists(texts, max_size=2).map(tuple),
)
cell_changes = st.builds(
    CellChange,
    kind=st.sampled_from(["worse", "lost", "better", "found", "wavering"]),
    name=texts,
    base=results_within,
    other=results_within,
)
contrasts = st.builds(
    Contrast,
    base=sides,
    other=sides,
    model=maybe_text,
    is_across_models=st.booleans(),
    pairs=st.integers(min_value=0),
    judged=st.integers(min_value=0),
    worse=st.integers(min_value=0),
    better=st.integers(min_value=0),
    lost=st.integers(min_value=0),
    found=st.integers(min_value=0),
    difference=st.none() | st.floats(min_value=-1, max_value=1),
    interval=st.none() | intervals,
    p_value=shares,
    p_adjusted=shares,
    detectable=shares,
    cost=ratios,
    prompt_tokens=ratios,
    completion_tokens=ratios,
    latency=ratios,
    changes=st.lists(cell_changes, max_size=2).map(tuple),
)
comparisons = st.builds(
    Comparison,
    by=st.sampled_from(["run", "model", "prompt"]),
    contrasts=st.lists(contrasts, max_size=2).map(tuple),
    left_out=st.lists(texts, max_size=2).map(tuple),
)
effects = st.sampled_from(EFFECTS)
tried = st.builds(
    TriedMutant,
    place=texts,
    family=texts,
    operator=texts,
    effect=effects,
    state=st.sampled_from(["noticed", "unnoticed", "allowed", "accepted"]),
    before=texts,
    after=texts,
)
state_counts = st.builds(
    StateCounts, noticed=st.integers(), unnoticed=st.integers(), allowed=st.integers(), accepted=st.integers()
)
unnoticed = st.builds(Unnoticed, operator=texts, effect=effects, before=texts, after=texts)
proposals = st.builds(Proposal, pointer=texts, value=st.none() | texts | st.lists(texts), tried_on=st.integers())
weak_places = st.builds(
    WeakPlace,
    id=texts,
    family=texts,
    location=locations,
    unnoticed=st.lists(unnoticed, max_size=2).map(tuple),
    accepted=maybe_text,
    proposal=st.none() | proposals,
    hindrance=texts,
    cell=texts,
)
families = st.dictionaries(texts, rates, max_size=2)
place_sums = st.builds(
    PlaceSum,
    id=texts,
    family=texts,
    counts=state_counts,
    unnoticed=st.lists(unnoticed, max_size=2).map(tuple),
    location=st.none() | locations,
    accepted=maybe_text,
)
measured_cells = st.builds(
    MeasuredCell,
    id=texts,
    case=texts,
    location=locations,
    places=st.lists(place_sums, max_size=2).map(tuple),
    silent_on=st.lists(texts).map(tuple),
    why_none=texts,
)
cell_strengths = st.builds(
    CellStrength,
    id=texts,
    score=shares,
    why_none=texts,
    families=families,
    counts=state_counts,
    silent_on=st.lists(texts, max_size=2).map(tuple),
)
case_strengths = st.builds(
    CaseStrength,
    id=texts,
    location=locations,
    score=shares,
    families=families,
    counts=state_counts,
    silent_on=st.lists(texts, max_size=2).map(tuple),
    places=st.lists(weak_places, max_size=2).map(tuple),
    notes=st.lists(texts, max_size=2).map(tuple),
    cells=st.lists(cell_strengths, max_size=2).map(tuple),
)
strength_reports = st.builds(StrengthReport, cases=st.lists(case_strengths, max_size=2).map(tuple))
NOUNS: dict[type[Any], st.SearchStrategy[Any]] = {
    Bill: bills,
    BrokenResult: broken,
    CaseResult: results,
    CaseStrength: case_strengths,
    CellChange: cell_changes,
    CellStrength: cell_strengths,
    MeasuredCell: measured_cells,
    PlaceSum: place_sums,
    Choice: choices,
    Comparison: comparisons,
    Completion: completions,
    Contrast: contrasts,
    Cost: costs,
    Count: tallies,
    Failure: failures,
    Interval: intervals,
    Location: locations,
    Message: messages,
    MissedRate: missed_rates,
    MissedStrength: missed_strengths,
    Problem: problems,
    Proposal: proposals,
    ProviderError: errors,
    Ratio: ratios,
    RawExchange: raw_exchanges,
    Recorded: recorded,
    RecordedChange: changes,
    RecordingOutcome: recordings,
    Repeats: repeats,
    RelationSummary: relations,
    Report: reports_of(results_within),
    Sameness: sames,
    Side: sides,
    StateCounts: state_counts,
    StrengthReport: strength_reports,
    Summary: summaries,
    ToolCall: calls,
    TrialResult: trials,
    TriedMutant: tried,
    Unnoticed: unnoticed,
    Usage: usages,
    WeakPlace: weak_places,
}


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: noun.__name__)
@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_a_noun_survives_json(noun: type[Any], data: st.DataObject) -> None:
    written = data.draw(NOUNS[noun])

    assert noun.from_json(json.loads(json.dumps(written.to_json()))) == written


def test_every_noun_that_leaves_the_process_is_held_here() -> None:
    for module in pkgutil.iter_modules(prompt_contracts.__path__):
        if not module.ispkg and not module.name.startswith("__"):
            importlib.import_module(f"prompt_contracts.{module.name}")
    # Those of other rooms are written by a command for people's programs, and read by nobody here.
    leaving = {noun.__name__ for noun in PlainData.__subclasses__() if noun.__module__.count(".") == 1}

    assert leaving | {"Message"} == {noun.__name__ for noun in NOUNS}


@given(st.sampled_from(sorted(set(NOUNS) - {Recorded, Message}, key=str)), st.data())
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_no_field_of_a_noun_is_left_out(noun: type[Any], data: st.DataObject) -> None:
    written = data.draw(NOUNS[noun]).to_json()

    assert len(written) >= len(dataclasses.fields(noun))


def test_what_was_worked_out_and_what_a_later_version_adds_is_passed_over() -> None:
    place = Location(path="a.yaml", line=1, column=2)

    assert Location.from_json({**place.to_json(), "end": 3}) == place


def test_a_noun_without_a_field_that_it_must_have_is_refused() -> None:
    with pytest.raises(TypeError, match="column"):
        Location.from_json({"path": "a.yaml", "line": 1})


def test_an_amount_of_money_is_written_with_every_digit_and_no_exponent() -> None:
    assert Cost(usd=Decimal("1E-9"), source="x").to_json()["usd"] == "0.000000001"


@given(st.lists(usages, max_size=4))
def test_a_total_is_known_when_every_summand_is(summands: list[Usage]) -> None:
    prompts = [usage.prompt_tokens for usage in summands]
    known = [prompt for prompt in prompts if prompt is not None]

    total = Usage.total(summands).prompt_tokens

    assert total == (sum(known) if known and len(known) == len(prompts) else None)


@given(st.lists(st.none() | costs, max_size=4))
def test_a_total_cost_is_unknown_as_soon_as_one_is(summands: list[Cost | None]) -> None:
    total = total_cost(summands)

    assert (total is None) == (None in summands)
    assert total is None or total == sum((cost.usd for cost in summands if cost is not None), Decimal(0))
