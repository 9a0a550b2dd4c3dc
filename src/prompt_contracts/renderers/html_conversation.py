"""A trial as a conversation: who said what, called what, showed what. Plain values for a template, no markup."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from prompt_contracts.completion import Choice, Completion, ToolCall
from prompt_contracts.data_class import dataclass
from prompt_contracts.json_value import Json
from prompt_contracts.message import Message
from prompt_contracts.renderers.html_text import PictureAllowance, said_of_url
from prompt_contracts.verdict import CaseResult, TrialResult

_TEXTS = ("text", "input_text", "output_text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """A call of a tool."""

    name: str
    arguments: str
    id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One thing that was said or shown."""

    kind: str
    """`text`, `picture`, `refusal`, `reasoning`, or `other`: something that the page tells of in words."""
    text: str
    """The URL of a picture, which holds its data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """One message."""

    role: str
    label: str
    """More of who speaks, such as the tool that this is the result of."""
    parts: tuple[Part, ...] = ()
    calls: tuple[Called, ...] = ()


def conversation(result: CaseResult, trial: TrialResult, allowance: PictureAllowance) -> tuple[Speech, ...]:
    """All that was said in a trial, the answers included."""
    if trial.transcript:
        return (*spoken(trial.transcript, allowance), *_beside_the_transcript(trial.completion))
    return (*spoken(result.messages, allowance), *answers(trial))


def answers(trial: TrialResult) -> tuple[Speech, ...]:
    """The last answer, each of its choices by itself."""
    choices = () if trial.completion is None else trial.completion.choices
    return tuple(_answer(choice, number, len(choices)) for number, choice in enumerate(choices, start=1))


def spoken(messages: Sequence[Message], allowance: PictureAllowance) -> tuple[Speech, ...]:
    """Messages as they were sent."""
    return tuple(_speeches(messages, allowance))


def _speeches(messages: Sequence[Message], allowance: PictureAllowance) -> Iterator[Speech]:
    names: dict[str, str] = {}
    for message in messages:
        calls = tuple(_calls(message.fields.get("tool_calls")))
        names.update({call.id: call.name for call in calls if call.id})
        yield Speech(
            role=message.role,
            label=_label(message, names),
            parts=tuple(_parts(message, allowance)),
            calls=calls,
        )


def _label(message: Message, names: Mapping[str, str]) -> str:
    name = message.fields.get("name")
    if isinstance(name, str):
        return name
    answered = message.fields.get("tool_call_id")
    return names.get(answered, answered) if isinstance(answered, str) else ""


def _calls(value: Json) -> Iterator[Called]:
    for call in value if isinstance(value, list) else []:
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(call, dict) and isinstance(function, dict):
            id_ = call.get("id")
            yield Called(
                name=_as_text(function.get("name")),
                arguments=_as_text(function.get("arguments")),
                id=id_ if isinstance(id_, str) else None,
            )
        else:
            yield Called(name="(no function)", arguments=_as_text(call))


def _as_text(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _parts(message: Message, allowance: PictureAllowance) -> Iterator[Part]:
    if isinstance(message.content, str):
        yield Part(kind="text", text=message.content)
    for part in message.content if isinstance(message.content, list) else []:
        yield _part(part, allowance)
    refusal = message.fields.get("refusal")
    if isinstance(refusal, str):
        yield Part(kind="refusal", text=refusal)


def _part(part: Json, allowance: PictureAllowance) -> Part:
    if not isinstance(part, dict):
        return Part(kind="other", text=_as_text(part))
    kind, text = part.get("type"), part.get("text")
    if kind in _TEXTS and isinstance(text, str):
        return Part(kind="text", text=text)
    shown = part.get("image_url")
    url = shown.get("url") if isinstance(shown, dict) else shown
    if isinstance(url, str):
        if allowance.admits(url):
            return Part(kind="picture", text=url)
        return Part(kind="other", text=f"picture: {said_of_url(url)}")
    return Part(kind="other", text=f"{_as_text(kind)}: {_as_text(part)}")


def _answer(choice: Choice, number: int, count: int) -> Speech:
    text = [Part(kind="text", text=choice.text)] if choice.text or not (choice.tool_calls or choice.refusal) else []
    return Speech(
        role="assistant",
        label=f"choice {number} of {count}" if count > 1 else "",
        parts=(*_reasoning(choice), *text, *_refusal(choice)),
        calls=tuple(map(_called, choice.tool_calls)),
    )


def _called(call: ToolCall) -> Called:
    return Called(name=call.name, arguments=call.arguments, id=call.id)


def _reasoning(choice: Choice) -> Iterator[Part]:
    if choice.reasoning:
        yield Part(kind="reasoning", text=choice.reasoning)


def _refusal(choice: Choice) -> Iterator[Part]:
    if choice.refusal:
        yield Part(kind="refusal", text=choice.refusal)


def _beside_the_transcript(completion: Completion | None) -> Iterator[Speech]:
    """What the last answer had that no message can hold: its reasoning, and choices after the first."""
    choices = () if completion is None else completion.choices
    for choice in choices[:1]:
        if parts := tuple(_reasoning(choice)):
            yield Speech(role="assistant", label="the reasoning of the last answer", parts=parts)
    for number, choice in enumerate(choices[1:], start=2):
        yield _answer(choice, number, len(choices))
