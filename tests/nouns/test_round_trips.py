"""Every noun that is written to a file or to another process comes back as it was."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.completion import Choice, Completion, ToolCall
from prompt_contracts.failure import Failure
from prompt_contracts.interaction import Recorded
from prompt_contracts.location import Location
from prompt_contracts.message import Message
from prompt_contracts.provider_error import ERROR_KINDS, ProviderError
from prompt_contracts.usage import Cost, Usage, total_cost
from prompt_contracts.verdict import CaseResult, Problem, TrialResult

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
)
errors = st.builds(
    ProviderError,
    kind=st.sampled_from(ERROR_KINDS),
    message=texts,
    status=st.none() | st.integers(100, 599),
    code=maybe_text,
    retry_after=durations,
    request_id=maybe_text,
)
failures = st.builds(Failure, code=texts, path=texts, expected=texts, got=texts, location=locations, message=texts)
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
)
results = st.builds(
    CaseResult,
    id=texts,
    path=texts,
    case=texts,
    row=maybe_text,
    provider=texts,
    model=texts,
    verdict=st.sampled_from(["passed", "failed", "error"]),
    trials=st.lists(trials, max_size=2).map(tuple),
    requirement=texts,
    problem=st.none() | st.builds(Problem, code=texts, message=texts),
    cassette=texts,
    tags=st.lists(texts, max_size=2).map(tuple),
)
costs = st.builds(Cost, usd=amounts, source=texts, as_of=maybe_text)
recorded = st.builds(Recorded, at=maybe_text, latency=durations, attempts=counts, trial=counts, cost=st.none() | costs)


def through_json(data: Any) -> Any:
    return json.loads(json.dumps(data))


@given(results)
def test_a_result_survives_json(result: CaseResult) -> None:
    assert CaseResult.from_json(through_json(result.to_json())) == result


@given(recorded)
def test_what_a_recording_remembers_survives_json(entry: Recorded) -> None:
    assert Recorded.from_json(through_json(entry.to_json())) == entry


@given(locations)
def test_a_location_survives_json(location: Location) -> None:
    assert Location.from_json(through_json(location.to_json())) == location


@given(texts, st.none() | texts, st.dictionaries(st.sampled_from(["name", "tool_call_id"]), texts))
def test_a_message_survives_json(role: str, content: str | None, fields: dict[str, Any]) -> None:
    message = Message(role=role, content=content, fields=fields)

    assert Message.from_json(message.to_json()) == message


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
