"""Conversations that a provider would refuse: calls without answers, parts at the wrong role. Asks nobody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

from prompt_contracts.finding import Finding
from prompt_contracts.message import Message

_TEXT = frozenset({"text"})
_PARTS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "system": _TEXT,
        "developer": _TEXT,
        "tool": _TEXT,
        "assistant": _TEXT | {"refusal"},
        "user": _TEXT | {"image_url", "input_audio", "file"},
    }
)
"""Which content parts a message of a role may hold."""

# Responses has `original` as well, and Chat Completions has not (OpenAPI document 2.3.0).
_DETAILS = ("auto", "low", "high")


def are_plain(messages: Sequence[Message]) -> bool:
    """Whether all are plain texts, as most conversations are: of those there is nothing to say."""
    for message in messages:  # noqa: SIM110 - of almost every case, and twice as fast
        if message.content.__class__ is not str or message.fields:
            return False
    return True


def message_findings(messages: Sequence[Message]) -> Iterator[Finding]:
    """Everything in a conversation that a provider would surely refuse. Messages count from 1."""
    if not are_plain(messages):
        for rule in _RULES:
            yield from rule(messages)


def _calls_are_answered(messages: Sequence[Message]) -> Iterator[Finding]:
    caller = ""
    called: tuple[str, ...] = ()
    # Counted, not gathered in a set: an id may stand twice, and then needs two answers.
    open_calls: Counter[str] = Counter()
    for number, message in enumerate(messages, start=1):
        if message.role == "tool":
            answered = str(message.fields.get("tool_call_id"))
            if open_calls[answered] > 0:
                open_calls[answered] -= 1
            else:
                yield _stray_answer(_words(number, message), answered, caller, called)
        elif message.role in ("user", "assistant"):
            yield from _unanswered(open_calls, caller, f"before {_words(number, message)}")
            caller, called = _words(number, message), tuple(_call_ids(message))
            open_calls = Counter(called)
    # OpenAI: a 400 with the param `messages.[i].role`; Mistral: one that counts calls and responses (issue reports).
    yield from _unanswered(open_calls, caller, "before the conversation ends")


def _stray_answer(message: str, answered: str, caller: str, called: tuple[str, ...]) -> Finding:
    if answered in called:
        text = f"{message} answers the call '{answered}' once more"
        return Finding(code="PC142", message=text, help="keep one answer to each call")
    text = f"{message} answers the call '{answered}', which the assistant message before it does not make"
    ids = ", ".join(called)
    advice = (
        f"the calls of {caller} have the ids {ids}" if called else "put it after the assistant message with that call"
    )
    return Finding(code="PC142", message=text, help=advice)


def _unanswered(open_calls: Counter[str], caller: str, when: str) -> Iterator[Finding]:
    for name in open_calls.elements():
        text = f"the call '{name}' of {caller} is not answered {when}"
        yield Finding(code="PC142", message=text, help=f"add a message with role: tool and tool_call_id: {name}")


def _call_ids(message: Message) -> Iterator[str]:
    calls = message.fields.get("tool_calls")
    for call in calls if isinstance(calls, list) else []:
        if isinstance(call, dict) and isinstance(call.get("id"), str):
            yield str(call["id"])


def _nothing_is_null(messages: Sequence[Message]) -> Iterator[Finding]:
    for number, message in enumerate(messages, start=1):
        if message.content is None and not message.fields.get("tool_calls"):
            text = f"{_words(number, message)} has neither content nor tool_calls"
            yield Finding(
                code="PC142", message=text, help="only an assistant message with tool_calls goes without content"
            )


def _parts_fit_their_role(messages: Sequence[Message]) -> Iterator[Finding]:
    for number, message in enumerate(messages, start=1):
        allowed = _PARTS.get(message.role)
        for index, part in enumerate(message.content if isinstance(message.content, list) else []):
            kind = part.get("type") if isinstance(part, dict) else None
            if allowed is not None and isinstance(kind, str) and kind not in allowed:
                text = f"{_words(number, message)} has a part '{kind}' at /content/{index}"
                takes = f"a {message.role} message takes {' and '.join(sorted(allowed, reverse=True))} only"
                advice = f"{takes}; put images, sound and files into a user message" if len(allowed) < 3 else takes
                yield Finding(code="PC142", message=text, help=advice)


def _details_are_known(messages: Sequence[Message]) -> Iterator[Finding]:
    for number, message in enumerate(messages, start=1):
        for index, part in enumerate(message.content if isinstance(message.content, list) else []):
            image = part.get("image_url") if isinstance(part, dict) else None
            detail = image.get("detail") if isinstance(image, dict) else None
            if isinstance(detail, str) and detail not in _DETAILS:
                text = f"{_words(number, message)} asks for an image in the detail '{detail}' at /content/{index}"
                yield Finding(code="PC142", message=text, help=f"detail is one of {', '.join(_DETAILS)}")


def _words(number: int, message: Message) -> str:
    return f"message {number} ({message.role})"


_RULES: tuple[Callable[[Sequence[Message]], Iterator[Finding]], ...] = (
    _calls_are_answered,
    _nothing_is_null,
    _parts_fit_their_role,
    _details_are_known,
)
