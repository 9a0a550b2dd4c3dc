"""Responses: a request for an answer -> one HTTP request, its response -> a completion. Pure."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Iterator
from typing import TypeGuard

from prompt_contracts.completion import Completion, ToolCall
from prompt_contracts.data_class import dataclass
from prompt_contracts.dialects.dialogue import Step
from prompt_contracts.dialects.responses_items import flat_tool, input_items, items_to_resend, sendable_arguments
from prompt_contracts.dialects.responses_parameters import translate
from prompt_contracts.dialects.responses_reading import parse_answer, response_completion
from prompt_contracts.dialects.responses_stream import parse_streamed_answer
from prompt_contracts.interaction import ApiRequest, ApiResponse
from prompt_contracts.json_value import Json
from prompt_contracts.message import Message
from prompt_contracts.model_request import ModelRequest
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.target import Target


def read_responses(response: ApiResponse) -> Completion | ProviderError:
    """What a response says, streamed or not: a completion, or the error it carries at whatever status."""
    answer = _parse(response)
    return answer if isinstance(answer, ProviderError) else response_completion(answer)


def _parse(response: ApiResponse) -> dict[str, Json] | ProviderError:
    is_streamed = 200 <= response.status < 300 and response.is_event_stream
    return parse_streamed_answer(response) if is_streamed else parse_answer(response)


@dataclass(slots=True, kw_only=True)
class _Answer:
    """An answer of this conversation, and the message that stands for it."""

    completion: Completion
    output: list[Json]
    message: Message | None = None


class ResponsesDialogue:
    """The conversation of one trial over the Responses API; remembers the items of each answer."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._answers: list[_Answer] = []
        self._numbers = itertools.count(1)

    def ask(self, request: ModelRequest) -> Step:
        """Ask once: yields the request, is sent the response, returns what it says."""
        url = self._target.url("/responses")
        response = yield ApiRequest(method="POST", url=url, body=self._body(request))
        if response is None:
            raise TypeError("a request is answered by a response")
        answer = _parse(response)
        if isinstance(answer, ProviderError):
            return answer
        completion = response_completion(answer)
        output = answer.get("output")
        self._answers.append(_Answer(completion=completion, output=output if isinstance(output, list) else []))
        return completion

    def message(self, completion: Completion) -> Message:
        """The assistant message with which the conversation goes on after an answer.

        In a later request it goes back as the very items that came. A call without an id, or with one that stands
        there twice, is given one, as the answers to tools must name theirs. A refusal is what was said.
        """
        answer = next((known for known in self._answers if known.completion is completion), None)
        if answer is None:
            return self._message(_Answer(completion=completion, output=[]))
        if answer.message is None:
            answer.message = self._message(answer)
        return answer.message

    def _message(self, answer: _Answer) -> Message:
        choice = answer.completion.choices[0]
        text = choice.text or choice.refusal or ""
        if not choice.tool_calls:
            return Message(role="assistant", content=text)
        ids = list(self._distinct_ids(choice.tool_calls))
        remaining = iter(ids)
        answer.output = [{**item, "call_id": next(remaining)} if _is_call(item) else item for item in answer.output]
        calls: list[Json] = [_written(call, given) for call, given in zip(choice.tool_calls, ids, strict=True)]
        return Message(role="assistant", content=text or None, fields={"tool_calls": calls})

    def _distinct_ids(self, calls: tuple[ToolCall, ...]) -> Iterator[str]:
        taken = {call.id for call in calls}
        used: set[str] = set()
        for call in calls:
            fresh = (f"call_{number}" for number in self._numbers if f"call_{number}" not in taken)
            name = call.id if call.id and call.id not in used else next(fresh)
            used.add(name)
            yield name

    def _body(self, request: ModelRequest) -> dict[str, Json]:
        translated = translate(request.parameters)
        tools: list[Json] = [flat_tool(tool) for tool in request.tools]
        more = translated.parameters.get("tools")
        tools += more if isinstance(more, list) else []
        return {
            "model": self._target.model,
            "input": self._items(request),
            **translated.parameters,
            **({"tools": tools} if tools else {}),
            # What cannot be translated is refused before a run; a case that wants just that sends it as written.
            **{refusal.part: request.parameters[refusal.part] for refusal in translated.refused},
            **request.extra_body,
        }

    def _items(self, request: ModelRequest) -> list[Json]:
        settings = {**request.parameters, **request.extra_body}
        # True is the default of Responses, unlike that of Chat Completions.
        is_stored = settings.get("store") is not False
        answers = [self._answer_of(message) for message in request.messages]
        first = 0
        if settings.get("conversation") is not None:
            # The server keeps what was said in it: after an answer of ours only what is new is sent.
            first = max((index + 1 for index, answer in enumerate(answers) if answer is not None), default=0)
        items: list[Json] = []
        for message, answer in zip(request.messages[first:], answers[first:], strict=True):
            items += input_items(message) if answer is None else items_to_resend(answer.output, is_stored=is_stored)
        return items

    def _answer_of(self, message: Message) -> _Answer | None:
        """The answer that a message stands for. A copy will do, but the message itself is looked for first."""
        # Two turns can say the same: equality alone could send the items of the wrong one.
        for is_same in (operator.is_, operator.eq):
            for answer in reversed(self._answers):
                if answer.message is not None and is_same(answer.message, message):
                    return answer
        return None


def _is_call(item: Json) -> TypeGuard[dict[str, Json]]:
    return isinstance(item, dict) and item.get("type") == "function_call"


def _written(call: ToolCall, call_id: str) -> dict[str, Json]:
    function: dict[str, Json] = {"name": call.name, "arguments": sendable_arguments(call.arguments)}
    return {"id": call_id, "type": "function", "function": function}
