"""Chat Completions: a request for an answer <-> one request and one response. Pure; no I/O and no clock."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from threading import local

from prompt_contracts.completion import Completion, ToolCall
from prompt_contracts.dialects.answer_body import HiddenValueError, malformed, read_provider_json
from prompt_contracts.dialects.chat_answer import read_answer
from prompt_contracts.dialects.dialogue import Step
from prompt_contracts.dialects.error_response import read_error
from prompt_contracts.interaction import ApiRequest, ApiResponse
from prompt_contracts.json_decoder import read_with
from prompt_contracts.json_value import Json
from prompt_contracts.message import Message
from prompt_contracts.model_request import ModelRequest
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.target import Target


class ChatDialogue:
    """A conversation over Chat Completions: the server keeps nothing, each request holds all of it."""

    def __init__(self, target: Target) -> None:
        self._target = target

    def ask(self, request: ModelRequest) -> Step:
        """Ask once: yields the one request, is sent its response, returns what it says."""
        body: Json = chat_body(request, self._target)
        response = yield ApiRequest(method="POST", url=self._target.url(self._target.chat_path), body=body)
        if response is None:
            raise TypeError("a request must be answered by a response")
        return read_chat(response, choices=_choices_asked(request))

    def message(self, completion: Completion) -> Message:
        """The first choice as the assistant's message, without its reasoning.

        Calls without an id, or with one that stands there twice, get an id of ours, as the answers to tools must
        name theirs. Arguments that are no JSON object become `{}`: several servers refuse a conversation with
        broken ones, and the answer to the call tells the model what was wrong. A refusal is what was said.
        """
        choice = completion.choices[0]
        text = choice.text or choice.refusal or ""
        if not choice.tool_calls:
            return Message(role="assistant", content=text)
        calls: list[Json] = [
            {"id": name, "type": "function", "function": {"name": call.name, "arguments": _sendable(call)}}
            for call, name in zip(choice.tool_calls, _distinct_ids(choice.tool_calls), strict=True)
        ]
        return Message(role="assistant", content=text or None, fields={"tool_calls": calls})


def chat_body(request: ModelRequest, target: Target) -> dict[str, Json]:
    """The body of a request: what was asked and nothing else, `extra_body` over all of it."""
    return {
        "model": target.model,
        "messages": [message.to_json() for message in request.messages],
        **({"tools": [dict(tool.definition) for tool in request.tools]} if request.tools else {}),
        **request.parameters,
        # Last: what an author writes past all rules wins over what rules made.
        **request.extra_body,
    }


def read_chat(response: ApiResponse, *, choices: int = 1) -> Completion | ProviderError:
    """What a response says, streamed or not: a completion, or the error it carries at whatever status.

    `choices` is how many were asked for: a stream that ends without its end mark must have brought them all.
    A response without an error that is no chat completion is a `malformed_response`; a stream that ends before its
    time is a `stream_interrupted`.
    """
    if not 200 <= response.status < 300:
        return read_error(response)
    if response.is_event_stream:
        from prompt_contracts.dialects.chat_stream import read_chat_stream

        return read_chat_stream(response, choices=choices)
    # What was paid for an answer is worked out of it before it is read for what it says.
    last, _last.answer = _last.answer, None
    if last is not None and last[0] is response:
        return last[1]
    answer = _read_body(response)
    _last.answer = response, answer
    return answer


class _Last(local):
    answer: tuple[ApiResponse, Completion | ProviderError] | None = None
    """What this thread read last, as long as nobody read it again."""


_last = _Last()


def _read_body(response: ApiResponse) -> Completion | ProviderError:
    try:
        return read_answer(read_provider_json(response.body), response)
    except HiddenValueError as error:
        return malformed(response, f"the answer cannot be trusted: {error}")
    except (ValueError, RecursionError):
        return malformed(response, "the answer is not JSON")


def _choices_asked(request: ModelRequest) -> int:
    asked = request.parameters.get("n")
    return asked if isinstance(asked, int) else 1


def _distinct_ids(calls: tuple[ToolCall, ...]) -> Iterator[str]:
    taken = {call.id for call in calls if call.id}
    # Counted, not drawn: the next request holds them, and must be the one that was recorded. OpenRouter passes on
    # upstreams whose ids repeat from turn to turn, such as "0" (recorded answers).
    fresh = (name for name in (f"call_{number}" for number in count(1)) if name not in taken)
    used: set[str] = set()
    for call in calls:
        name = call.id if call.id and call.id not in used else next(fresh)
        used.add(name)
        yield name


def _sendable(call: ToolCall) -> str:
    try:
        # Python reads NaN and Infinity, which are no JSON (RFC 8259, 6) and would be refused by the server.
        arguments = read_with(_ARGUMENTS, call.arguments)
    except (ValueError, RecursionError):
        return "{}"
    return call.arguments if isinstance(arguments, dict) else "{}"


def _refuse(name: str) -> Json:
    raise ValueError(name)


_ARGUMENTS = json.JSONDecoder(parse_constant=_refuse)
