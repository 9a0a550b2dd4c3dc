"""What stood at a place before and after it was spoiled, as plain data for a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prompt_contracts.completion import Completion, ToolCall
from prompt_contracts.json_value import Json
from prompt_contracts.mutation.spoken_answer import Answers, Respoken
from prompt_contracts.outcome import Outcome


def calls_words(answers: Answers, others: Respoken) -> Json:
    """The calls of a turn, or what it says where it makes none."""
    spoken = (*answers.earlier, *(() if answers.last is None else (answers.last,)))
    return _words([others.get(id(answer), answer) for answer in spoken])


def outcome_words(outcome: Outcome) -> Json:
    """What a trial called or said."""
    return _words([*outcome.earlier, *(() if outcome.completion is None else (outcome.completion,))])


def error_field_words(field: str) -> Callable[[Outcome], Json]:
    """What an outcome has of a field of its error."""

    def tell(outcome: Outcome) -> Json:
        if field == "handled":
            return outcome.handled
        told: Json = getattr(outcome.error or outcome.recovered, field, None)
        return told

    return tell


def choice_words(part: str) -> Callable[[Outcome], Json]:
    """What the last answer has of something."""

    def tell(outcome: Outcome) -> Json:
        answer = outcome.completion
        told: Json = getattr(answer.choices[0], part, None) if answer is not None and answer.choices else None
        return told

    return tell


def model_words(outcome: Outcome) -> Json:
    """The model that answered."""
    return None if outcome.completion is None else outcome.completion.model


def cost_words(outcome: Outcome) -> Json:
    """What a trial cost, with all its digits."""
    return None if outcome.cost is None else format(outcome.cost, "f")


def request_words(outcome: Outcome) -> Json:
    """What was sent."""
    return [each.request.body for each in outcome.interactions]


def _words(answers: Iterable[Completion]) -> Json:
    said = [answer.choices[0] for answer in answers if answer.choices]
    calls = [_call_words(call) for choice in said for call in choice.tool_calls]
    if calls:
        return ", ".join(calls)
    return said[-1].refusal or said[-1].text or "no call and no text" if said else "no answer"


def _call_words(call: ToolCall) -> str:
    return f"{call.name}({call.arguments.strip() or '{}'})"
