"""Messages and answers as a person reads them in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prompt_contracts.completion import Choice
from prompt_contracts.message import Message
from prompt_contracts.renderers.inert_text import one_line
from prompt_contracts.renderers.wrapping import indented_json, wrapped
from prompt_contracts.verdict import TrialResult

_MOST_MESSAGES = 24
_MOST_LINES = 14
"""Of one text."""
_MARGIN = 4


def message_lines(messages: Sequence[Message], *, width: int) -> Iterator[str]:
    """Each message below its role, and each call in it; of a long conversation its start and its end."""
    half = _MOST_MESSAGES // 2
    hidden = len(messages) - _MOST_MESSAGES
    for message in messages if hidden <= 0 else messages[:half]:
        yield from _message(message, width)
    if hidden > 0:
        yield f"{' ' * _MARGIN}… {hidden} more messages …"
        for message in messages[-half:]:
            yield from _message(message, width)


def _message(message: Message, width: int) -> Iterator[str]:
    calls = message.fields.get("tool_calls")
    if message.text or not calls:
        yield from labelled(one_line(message.role, 20), f"{message.text}{_media(message)}", width=width)
    for call in calls if isinstance(calls, list) else []:
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict):
            text = f"{function.get('name')}({function.get('arguments')})"
            yield from labelled("calls", text, width=width)


def _media(message: Message) -> str:
    """The parts that are no text, by their type: an image is not for a terminal."""
    parts = message.content if isinstance(message.content, list) else []
    kinds = [str(part.get("type")) for part in parts if isinstance(part, dict) and part.get("type") != "text"]
    return f" [{one_line(', '.join(kinds), 60)}]" if kinds else ""


def answer_lines(trial: TrialResult, *, width: int) -> Iterator[str]:
    """What the model answered, each choice by itself, or the error that came instead."""
    if trial.error is not None:
        yield "  answer"
        yield from labelled("error", f"{trial.error.kind}: {trial.error.message}", width=width, column=7)
    for choice in trial.completion.choices if trial.completion else ():
        yield "  answer"
        for call in choice.tool_calls:
            yield from labelled("call", f"{call.name}({call.arguments})", width=width, column=7)
        if choice.refusal:
            yield from labelled("refusal", choice.refusal, width=width, column=7)
        if choice.text or not (choice.tool_calls or choice.refusal):
            yield from labelled("text", indented_json(choice.text) or "(empty)", width=width, column=7)


def labelled(label: str, text: str, *, width: int, column: int = 9, most: int = _MOST_LINES) -> Iterator[str]:
    """A text to the right of its label, its further lines below its first one."""
    start = " " * _MARGIN + f"{label:<{column}} "
    for number, line in enumerate(wrapped(text, width=width - len(start), most=most)):
        yield (start if number == 0 else " " * len(start)) + line


def answer_in_short(trial: TrialResult, *, limit: int) -> str:
    """One line for what came of a trial: its calls, its text, its refusal or its error."""
    if trial.completion is None:
        error = trial.error
        return "no answer" if error is None else one_line(f"{error.kind}: {error.message}", limit)
    return one_line(" | ".join(map(_in_short, trial.completion.choices)), limit)


def _in_short(choice: Choice) -> str:
    parts = [f"{call.name}({call.arguments})" for call in choice.tool_calls]
    if choice.refusal:
        parts.append(f"refusal: {choice.refusal}")
    if choice.text or not parts:
        parts.append(choice.text or "(empty)")
    return ", ".join(parts)
