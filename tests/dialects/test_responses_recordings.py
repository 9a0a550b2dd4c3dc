"""Real traffic of the Responses API, recorded by public projects: read as OpenAI's own package reads it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import openai
import pytest
from openai.types.responses import Response

from prompt_contracts.completion import Completion
from prompt_contracts.dialects.responses import ResponsesDialogue, read_responses
from prompt_contracts.interaction import ApiResponse
from prompt_contracts.message import Message
from prompt_contracts.model_request import ModelRequest
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.target import Target
from prompt_contracts.transport.cassette_file import Entry, read_entries
from prompt_contracts.usage import Usage
from tests.openapi import SKIP_REASON, find_openapi, violations
from tests.real_cassettes import find_real_cassettes

FILES = tuple(path for path in find_real_cassettes() if path.parts[-3:-1] == ("openai", "responses"))
WITHOUT_ONE = "no recordings of real traffic here: set PROMPT_CONTRACTS_REAL_CASSETTES to their folder"


def entries() -> Iterator[tuple[str, Entry]]:
    for path in FILES:
        for number, entry in enumerate(read_entries(path.read_text(encoding="utf-8")), start=1):
            yield f"{path.stem}-{number}", entry


ENTRIES = dict(entries())
ANSWERS = {name: entry for name, entry in ENTRIES.items() if entry.status < 400}
STREAMS = {name: entry for name, entry in ANSWERS.items() if b'"stream":true' in (entry.request_body or b"")}


def each_of(found: dict[str, Entry]) -> pytest.MarkDecorator:
    """Run a test with each recording; it is skipped where there are none."""
    return pytest.mark.parametrize("entry", list(found.values()), ids=list(found))


class Recorded(httpx2.BaseTransport):
    """Answers every request with the bytes of one recording."""

    def __init__(self, response: ApiResponse) -> None:
        self._response = response

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        kind = self._response.header("content-type") or "application/json"
        return httpx2.Response(
            self._response.status, headers={"content-type": kind}, content=self._response.body, request=request
        )


def read_officially(entry: Entry) -> Response | openai.APIStatusError:
    """What OpenAI's own package makes of a recording."""
    sent = body_of(entry)
    client = openai.OpenAI(
        api_key="none", max_retries=0, http_client=httpx2.Client(transport=Recorded(response_of(entry)))
    )
    try:
        answer: Any = client.responses.create(**sent)
    except openai.APIStatusError as error:
        return error
    if not sent.get("stream"):
        assert isinstance(answer, Response)
        return answer
    last = list(answer)[-1]
    assert isinstance(last.response, Response)
    return last.response


def body_of(entry: Entry) -> dict[str, Any]:
    sent = json.loads(entry.request_body or b"{}")
    assert isinstance(sent, dict)
    return sent


def response_of(entry: Entry) -> ApiResponse:
    headers = tuple((name.lower(), value) for name, value in entry.headers)
    return ApiResponse(status=entry.status, headers=headers, body=entry.body)


@pytest.mark.skipif(not FILES, reason=WITHOUT_ONE)
def test_there_are_recordings_of_every_kind() -> None:
    found = [read_responses(response_of(entry)) for entry in ENTRIES.values()]

    assert len(FILES) >= 8
    assert len(STREAMS) >= 2
    assert any(isinstance(each, ProviderError) for each in found)
    answers = [each.choices[0] for each in found if isinstance(each, Completion)]
    assert {choice.finish_reason for choice in answers} == {"stop", "length", "tool_calls"}


@each_of(ENTRIES)
def test_a_recording_is_read_as_the_official_package_reads_it(entry: Entry) -> None:
    found = read_responses(response_of(entry))

    official = read_officially(entry)

    if isinstance(official, openai.APIStatusError):
        assert isinstance(found, ProviderError)
        assert (found.status, found.code) == (official.status_code, official.code)
        assert isinstance(official.body, dict)
        assert found.message == official.body["message"]
    else:
        assert isinstance(found, Completion)
        assert_equal(found, official)


def assert_equal(found: Completion, official: Response) -> None:
    (choice,) = found.choices
    assert (found.id, found.model) == (official.id, official.model)
    assert choice.text == official.output_text
    calls = [item for item in official.output if item.type == "function_call"]
    assert [(call.id, call.name, call.arguments) for call in choice.tool_calls] == [
        (item.call_id, item.name, item.arguments) for item in calls
    ]
    details = official.incomplete_details
    assert choice.raw_finish_reason == (official.status if details is None else details.reason)
    usage = official.usage
    assert usage is not None
    assert found.usage == Usage(
        prompt_tokens=usage.input_tokens,
        completion_tokens=usage.output_tokens,
        total_tokens=usage.total_tokens,
        cached_tokens=usage.input_tokens_details.cached_tokens,
        reasoning_tokens=usage.output_tokens_details.reasoning_tokens,
    )


@each_of(STREAMS)
def test_a_recorded_stream_says_the_same_without_its_last_output(entry: Entry) -> None:
    response = response_of(entry)

    lines = [without_output(line) for line in response.body.decode().split("\n")]
    bare = ApiResponse(status=200, headers=response.headers, body="\n".join(lines).encode())

    assert bare.body != response.body
    assert read_responses(bare) == read_responses(response)


def without_output(line: str) -> str:
    event = json.loads(line.removeprefix("data: ")) if line.startswith("data: {") else {}
    if event.get("type") not in ("response.completed", "response.incomplete"):
        return line
    return f"data: {json.dumps({**event, 'response': {**event['response'], 'output': []}})}"


@pytest.mark.skipif(find_openapi() is None, reason=SKIP_REASON)
@each_of(ANSWERS)
def test_a_recorded_answer_goes_back_as_valid_input(entry: Entry) -> None:
    dialogue = ResponsesDialogue(Target(provider="openai", model="gpt-5", base_url="https://api.openai.com/v1"))
    user = Message(role="user", content="Hi")
    step = dialogue.ask(ModelRequest(endpoint="responses", messages=(user,)))
    next(step)
    with pytest.raises(StopIteration) as stopped:
        step.send(response_of(entry))
    message = dialogue.message(stopped.value.value)
    again: Any = next(dialogue.ask(ModelRequest(endpoint="responses", messages=(user, message, user))))

    assert len(again.body["input"]) > 2
    assert violations("responses", again.body) == []
