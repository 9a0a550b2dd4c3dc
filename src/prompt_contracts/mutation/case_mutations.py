"""What an outcome may have become beside its answer: another error, more tokens, the answer to another row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from decimal import Decimal

from prompt_contracts.changed_fields import replace
from prompt_contracts.completion import Choice, Completion
from prompt_contracts.json_value import Json
from prompt_contracts.mutation.call_mutations import POLITE_REFUSAL
from prompt_contracts.mutation.spoken_answer import respeaking
from prompt_contracts.outcome import Outcome
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.usage import Usage

_FAR_MORE = 1_000
_UNRELATED = "Something else went wrong."
_OTHER_BODY: dict[str, Json] = {"model": "another-model", "messages": []}


def other_kind(outcome: Outcome) -> Iterator[Outcome]:
    """An error of another kind."""
    for error in _errors(outcome):
        yield _failing(outcome, replace(error, kind="server" if error.kind != "server" else "timeout"))


def other_status(outcome: Outcome) -> Iterator[Outcome]:
    """An error with another status, where it has one."""
    for error in _errors(outcome):
        if error.status is not None:
            yield _failing(outcome, replace(error, status=418 if error.status != 418 else 500))


def other_code(outcome: Outcome) -> Iterator[Outcome]:
    """An error with another code, where it has one."""
    for error in _errors(outcome):
        if error.code is not None:
            yield _failing(outcome, replace(error, code=f"not_{error.code}"))


def other_message(outcome: Outcome) -> Iterator[Outcome]:
    """An error that says something else."""
    for error in _errors(outcome):
        yield _failing(outcome, replace(error, message=_UNRELATED if error.message != _UNRELATED else POLITE_REFUSAL))


def handled_flipped(outcome: Outcome) -> Iterator[Outcome]:
    """An application that does not get over the error, or does."""
    if outcome.handled is not None:
        yield replace(outcome, handled=not outcome.handled)


def other_finish_reason(outcome: Outcome) -> Iterator[Outcome]:
    """An answer that was cut off, or one that was not."""
    for choice in _choices(outcome):
        reason = "length" if choice.finish_reason != "length" else "stop"
        yield _saying(outcome, replace(choice, finish_reason=reason, raw_finish_reason=None))


def far_more_tokens(outcome: Outcome) -> Iterator[Outcome]:
    """A thousand times the tokens, where they are known."""
    counts = {each.name: getattr(outcome.usage, each.name) for each in fields(Usage)}
    more = {name: (count + 1) * _FAR_MORE for name, count in counts.items() if count is not None}
    if more:
        yield replace(outcome, usage=replace(outcome.usage, **more))


def far_dearer(outcome: Outcome) -> Iterator[Outcome]:
    """A thousand times the cost, where it is known."""
    if outcome.cost is not None:
        yield replace(outcome, cost=(outcome.cost + Decimal(1)) * _FAR_MORE)


def far_slower(outcome: Outcome) -> Iterator[Outcome]:
    """A thousand times the time, where it is known."""
    if outcome.latency is not None:
        yield replace(outcome, latency=(outcome.latency + 1) * _FAR_MORE)


def other_model(outcome: Outcome) -> Iterator[Outcome]:
    """An answer of another model."""
    last = outcome.completion
    if last is not None and last.model is not None:
        yield replace(outcome, completion=replace(last, model="another-model"))


def other_reasoning(outcome: Outcome) -> Iterator[Outcome]:
    """Other reasoning, where the provider shows any."""
    for choice in _choices(outcome):
        if choice.reasoning is not None:
            yield _saying(
                outcome, replace(choice, reasoning=_UNRELATED if choice.reasoning != _UNRELATED else POLITE_REFUSAL)
            )


def other_refusal(outcome: Outcome) -> Iterator[Outcome]:
    """A refusal where there was none, or none where there was one."""
    for choice in _choices(outcome):
        yield _saying(outcome, replace(choice, refusal=None if choice.refusal else POLITE_REFUSAL))


def other_requests(outcome: Outcome) -> Iterator[Outcome]:
    """Requests with nothing in them."""
    asked = tuple(replace(each, request=replace(each.request, body=dict(_OTHER_BODY))) for each in outcome.interactions)
    if asked and asked != outcome.interactions:
        yield replace(outcome, interactions=asked)


def answer_of_other_row(outcome: Outcome, other: Outcome) -> Iterator[Outcome]:
    """What was answered to another row."""
    if len(outcome.turns) == len(other.turns):
        turns = tuple(
            replace(theirs, asked=ours.asked) for ours, theirs in zip(outcome.turns, other.turns, strict=True)
        )
        yield replace(outcome, completion=other.completion, earlier=other.earlier, turns=turns)


def _errors(outcome: Outcome) -> Iterator[ProviderError]:
    found = outcome.error or outcome.recovered
    if found is not None:
        yield found


def _failing(outcome: Outcome, error: ProviderError) -> Outcome:
    if outcome.error is not None:
        return replace(outcome, error=error)
    return replace(outcome, recovered=error)


def _choices(outcome: Outcome) -> Iterator[Choice]:
    last: Completion | None = outcome.completion
    if last is not None and last.choices:
        yield last.choices[0]


def _saying(outcome: Outcome, choice: Choice) -> Outcome:
    last = outcome.completion
    return outcome if last is None else replace(outcome, completion=respeaking(last, choice))
