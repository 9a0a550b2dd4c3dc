"""What the calls of an answer may have become: none, one less, one more, one of another tool."""

from __future__ import annotations

from collections.abc import Iterator

from prompt_contracts.changed_fields import replace
from prompt_contracts.completion import ToolCall
from prompt_contracts.json_value import spell
from prompt_contracts.mutation.schema_shape import shape_of
from prompt_contracts.mutation.spoken_answer import Answers, MadeAt, Respoken, respeaking

POLITE_REFUSAL = "I'm sorry, but I can't help with that."
UNKNOWN_TOOL = "another_tool"
_NO_ID = "call_further"


def no_call(answers: Answers) -> Iterator[Respoken]:
    """No call at all, and no text either."""
    if answers.calls:
        yield _without_calls(answers, "")


def refused_call(answers: Answers) -> Iterator[Respoken]:
    """A refusal in words instead of every call."""
    if answers.calls:
        yield _without_calls(answers, POLITE_REFUSAL)


def _without_calls(answers: Answers, text: str) -> Respoken:
    others: Respoken = {}
    for made in answers.calls:
        choice = made.answer.choices[0]
        reason = "stop" if choice.finish_reason == "tool_calls" else choice.finish_reason
        silent = replace(choice, tool_calls=(), text=text or choice.text, finish_reason=reason)
        others[id(made.answer)] = respeaking(made.answer, silent)
    return others


def other_tool_too(answers: Answers) -> Iterator[Respoken]:
    """A call more, of another tool that was offered."""
    if answers.calls:
        made = answers.calls[-1]
        offered = _offered_beside(answers)
        if offered is not None:
            yield answers.with_call(made, made.call, offered)


def call_doubled(answers: Answers) -> Iterator[Respoken]:
    """The first call twice."""
    if answers.calls:
        made = answers.calls[0]
        yield answers.with_call(made, made.call, replace(made.call, id=_NO_ID))


def call_beside_text(answers: Answers) -> Iterator[Respoken]:
    """A call beside an answer in words."""
    choice, last = answers.choice, answers.last
    if not answers.calls and choice is not None and last is not None:
        made = _offered_beside(answers) or ToolCall(id=_NO_ID, name=UNKNOWN_TOOL, arguments="{}")
        reason = "tool_calls" if choice.finish_reason == "stop" else choice.finish_reason
        yield {id(last): respeaking(last, replace(choice, tool_calls=(made,), finish_reason=reason))}


def call_dropped(answers: Answers, made: MadeAt) -> Iterator[Respoken]:
    """One call of several less."""
    if len(answers.calls) > 1:
        yield answers.with_call(made)


def call_renamed(answers: Answers, made: MadeAt) -> Iterator[Respoken]:
    """The call goes to another tool that was offered, with the same arguments; to one of no such name without any."""
    others = [tool.name for tool in answers.tools if tool.name != made.call.name]
    called = {each.call.name for each in answers.calls}
    name = next((name for name in others if name not in called), others[0] if others else f"{made.call.name}_2")
    yield answers.with_call(made, replace(made.call, name=name))


def call_replaced_by_twin(answers: Answers, made: MadeAt) -> Iterator[Respoken]:
    """The call says what another call of the same tool says."""
    for other in answers.calls:
        is_twin = other is not made and other.call.name == made.call.name
        if is_twin and other.call.arguments != made.call.arguments:
            yield answers.with_call(made, replace(made.call, arguments=other.call.arguments))
            return


def _offered_beside(answers: Answers) -> ToolCall | None:
    """A call of a tool that was offered and not called; of the first one where all were."""
    called = {made.call.name for made in answers.calls}
    beside = [tool for tool in answers.tools if tool.name not in called]
    tool = next(iter(beside or ([] if answers.calls else answers.tools)), None)
    if tool is None:
        return None
    sample = shape_of(tool.parameters).sample()
    return ToolCall(id=_NO_ID, name=tool.name, arguments=spell(sample if isinstance(sample, dict) else {}))
