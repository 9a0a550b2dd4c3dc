"""Real traffic of the Assistants API, recorded by public projects: read as OpenAI's own package reads it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx2
import openai
import pytest

from prompt_contracts.completion import Completion
from prompt_contracts.dialects.assistants import AssistantsDialogue
from prompt_contracts.dialects.assistants_polling import read_page, run_completion, written_by
from prompt_contracts.dialects.assistants_run import AssistantRun, read_id, read_run
from prompt_contracts.dialects.assistants_stream import WrittenMessages, read_run_stream
from prompt_contracts.dialects.dialogue import Pause, Step
from prompt_contracts.interaction import ApiRequest, ApiResponse
from prompt_contracts.message import Message
from prompt_contracts.model_request import ModelRequest
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.target import Target
from prompt_contracts.transport.cassette_file import Entry, read_entries
from prompt_contracts.usage import Usage
from tests.real_cassettes import find_real_cassettes

# The official package marks the whole family as deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

FILES = {path.stem: path for path in find_real_cassettes() if path.parts[-3:-1] == ("openai", "assistants")}
TARGET = Target(provider="openai", model="gpt-4o-mini", base_url="https://api.openai.com/v1")
QUESTION = Message(role="user", content="I need to solve the equation `3x + 11 = 14`. Can you help me?")


def entries_of(part: str) -> tuple[Entry, ...]:
    """The recording whose name holds a word; the test is skipped where it is not there."""
    path = next((path for stem, path in FILES.items() if part in stem), None)
    if path is None:
        pytest.skip("no recordings of real traffic here: set PROMPT_CONTRACTS_REAL_CASSETTES to their folder")
    return read_entries(path.read_text(encoding="utf-8"))


def response_of(entry: Entry) -> ApiResponse:
    headers = tuple((name.lower(), value) for name, value in entry.headers)
    return ApiResponse(status=entry.status, headers=headers, body=entry.body)


def path_of(url: str) -> list[str]:
    return urlsplit(url).path.removeprefix("/v1/").split("/")


class Recorded(httpx2.BaseTransport):
    """Answers every request with the bytes of one recording."""

    def __init__(self, entry: Entry) -> None:
        self._response = response_of(entry)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        kind = self._response.header("content-type") or "application/json"
        headers = {"content-type": kind}
        return httpx2.Response(200, headers=headers, content=self._response.body, request=request)


def official(entry: Entry) -> Any:
    """What OpenAI's own package makes of one recorded response."""
    client = openai.OpenAI(api_key="none", http_client=httpx2.Client(transport=Recorded(entry)))
    threads, assistants = client.beta.threads, client.beta.assistants
    match entry.method, path_of(entry.url):
        case "POST", ["assistants"]:
            return assistants.create(model="m")
        case "GET", ["assistants", identifier]:
            return assistants.retrieve(identifier)
        case "POST", ["threads"]:
            return threads.create()
        case "POST", ["threads", thread, "messages"]:
            return threads.messages.create(thread, role="user", content="")
        case "GET", ["threads", thread, "messages"]:
            return threads.messages.list(thread)
        case "POST", ["threads", thread, "runs"] if json.loads(entry.request_body or b"{}").get("stream"):
            return list(threads.runs.create(thread, assistant_id="a", stream=True))
        case "POST", ["threads", thread, "runs"]:
            return threads.runs.create(thread, assistant_id="a")
        case "GET", ["threads", thread, "runs", run]:
            return threads.runs.retrieve(run, thread_id=thread)
        case _:
            raise AssertionError(entry.url)


def usage_of(run: Any) -> Usage:
    """The usage of a run as the official package read it, details included, which it keeps without a type."""
    if run.usage is None:
        return Usage()
    told = run.usage.model_dump()
    return Usage(
        prompt_tokens=told["prompt_tokens"],
        completion_tokens=told["completion_tokens"],
        total_tokens=told["total_tokens"],
        cached_tokens=told["prompt_token_details"]["cached_tokens"],
        reasoning_tokens=told["completion_tokens_details"]["reasoning_tokens"],
    )


def text_of(messages: Iterator[Any]) -> str:
    return "\n".join("".join(part.text.value for part in message.content) for message in messages)


def replay(step: Step, entries: tuple[Entry, ...]) -> Completion | ProviderError:
    """Answer each request with the next recorded response of the same method and path."""
    left = defaultdict(list)
    for entry in entries:
        left[entry.method, urlsplit(entry.url).path].append(entry)
    sent: ApiResponse | None = None
    while True:
        try:
            wanted = step.send(sent)
        except StopIteration as stop:
            answer: Completion | ProviderError = stop.value
            return answer
        if isinstance(wanted, Pause):
            sent = None
        else:
            assert isinstance(wanted, ApiRequest)
            sent = response_of(left[wanted.method, urlsplit(wanted.url).path].pop(0))


@pytest.mark.parametrize("part", ["existing_assistant", "streaming_new_assistant"])
def test_every_assistant_thread_and_message_has_the_id_that_the_official_package_reads(part: str) -> None:
    made = [entry for entry in entries_of(part) if "runs" not in path_of(entry.url) and "order=" not in entry.url]

    assert made
    for entry in made:
        assert read_id(response_of(entry), "thing") == official(entry).id


def test_every_look_at_a_run_shows_what_the_official_package_reads() -> None:
    looks = [entry for entry in entries_of("existing_assistant") if "runs" in path_of(entry.url)]

    assert len(looks) > 10
    for entry in looks:
        run, theirs = read_run(response_of(entry)), official(entry)
        assert isinstance(run, AssistantRun)
        assert (run.id, run.status, run.model, run.assistant_id) == (
            theirs.id,
            theirs.status,
            theirs.model,
            theirs.assistant_id,
        )
        assert run.usage == usage_of(theirs)


def test_a_list_of_messages_comes_to_the_text_that_the_official_package_reads() -> None:
    entry = next(entry for entry in entries_of("existing_assistant") if "order=" in entry.url)
    theirs = [message for message in official(entry).data if message.role == "assistant"]
    page = read_page(response_of(entry))
    assert not isinstance(page, ProviderError)

    run = AssistantRun(id=theirs[0].run_id, status="completed", usage=Usage())
    found = run_completion(run, written_by(run, page.messages), response_of(entry))

    assert isinstance(found, Completion)
    assert found.choices[0].text == text_of(iter(theirs))


def test_a_stream_comes_to_the_run_and_the_text_that_the_official_package_reads() -> None:
    entry = next(entry for entry in entries_of("streaming_new_assistant") if path_of(entry.url)[-1] == "runs")
    events = official(entry)
    theirs = next(event.data for event in events if event.event == "thread.run.completed")
    messages = (event.data for event in events if event.event == "thread.message.completed")

    written = WrittenMessages()
    run = read_run_stream(response_of(entry), written)

    assert isinstance(run, AssistantRun)
    assert (run.id, run.status, run.model, run.usage) == (theirs.id, "completed", theirs.model, usage_of(theirs))
    found = run_completion(run, written.answers(), response_of(entry))
    assert isinstance(found, Completion)
    assert found.choices[0].text == text_of(messages)
    assert found.choices[0].text == "The solution to the equation \\(3x + 11 = 14\\) is \\(x = 1\\)."


def test_the_deltas_of_a_recorded_stream_come_to_its_whole_message() -> None:
    entry = next(entry for entry in entries_of("streaming_new_assistant") if path_of(entry.url)[-1] == "runs")
    events = entry.body.split(b"\n\n")
    without = b"\n\n".join(event for event in events if not event.startswith(b"event: thread.message.completed"))
    written = WrittenMessages()

    run = read_run_stream(ApiResponse(status=200, body=without), written)

    assert len(without) < len(entry.body)
    assert isinstance(run, AssistantRun)
    found = run_completion(run, written.answers(), response_of(entry))
    assert isinstance(found, Completion)
    assert found.choices[0].text == "The solution to the equation \\(3x + 11 = 14\\) is \\(x = 1\\)."


def test_a_dialogue_with_an_existing_assistant_is_replayed_to_its_answer() -> None:
    entries = entries_of("existing_assistant")
    thread_id = json.loads(entries[0].body)["id"]
    request = ModelRequest(
        endpoint="assistants",
        messages=(QUESTION,),
        assistant={"id": "asst_D2BqLQ9rNgOjd5A3NpS9m9s4", "thread": {"id": thread_id}},
    )

    answer = replay(AssistantsDialogue(TARGET).ask(request), entries)

    assert isinstance(answer, Completion)
    assert answer.id == "run_IL2XI2vtDTds9edMVscOwprV"
    assert answer.usage.total_tokens is not None
    assert answer.choices[0].finish_reason == "stop"
    assert answer.choices[0].text


def test_a_dialogue_with_a_new_assistant_and_a_stream_is_replayed_to_its_answer() -> None:
    request = ModelRequest(endpoint="assistants", messages=(QUESTION,), parameters={"stream": True})

    answer = replay(AssistantsDialogue(TARGET).ask(request), entries_of("streaming_new_assistant"))

    assert isinstance(answer, Completion)
    assert answer.choices[0].text == "The solution to the equation \\(3x + 11 = 14\\) is \\(x = 1\\)."
    assert answer.usage.prompt_tokens == 381
