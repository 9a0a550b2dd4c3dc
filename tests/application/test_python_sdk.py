"""The official Python package against the stand-in: it works unchanged, and so do its own retries."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from prompt_contracts.application.application_run import ApplicationReply
from prompt_contracts.fault import Fault, FaultPlan
from prompt_contracts.json_value import Json
from prompt_contracts.stub.server import StubServer
from tests.application.application_project import (
    QUESTION,
    STREAM_HEADERS,
    Project,
    always,
    answered,
    ask,
    chat,
    failing,
    streamed,
)

openai = pytest.importorskip("openai", reason="the official package is a development dependency")

WEATHER: dict[str, Json] = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}
CALL: dict[str, Json] = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "get_weather", "arguments": '{"city": "Oslo"}'},
}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with StubServer() as server:
        yield Project(root=tmp_path.resolve(), server=server)


def client(**options: Any) -> Any:
    """As an application makes it: the address and the key come from the environment."""
    return openai.OpenAI(**options)


def plain(question: Any, **options: Any) -> str | None:
    with client(**options) as made:
        answer = made.chat.completions.create(model=question.model, messages=question.messages)
    content: str | None = answer.choices[0].message.content
    return content


def with_fallback(question: Any, **options: Any) -> str | None:
    try:
        return plain(question, **options)
    except openai.OpenAIError as error:
        return f"Sorry: {type(error).__name__}"


def ran(project: Project, handler: Callable[..., object], *, fault: FaultPlan | None = None) -> ApplicationReply:
    with project.open(handler=handler) as run:
        reply = ask(run, fault=fault)
    assert run.problem is None, run.problem
    return reply


def statuses(project: Project, handler: Callable[..., object], fault: FaultPlan) -> tuple[object, list[int | None]]:
    """The reply's value, and the status of every attempt."""
    with project.open(handler=handler) as run:
        reply = ask(run, fault=fault)
    found = [None if each.response is None else each.response.status for each in run.interactions]
    assert run.problem is None, run.problem
    return reply.value, found


def test_a_chat_is_answered(project: Project) -> None:
    project.record(answered("It will."))

    assert ran(project, plain).value == "It will."


def test_the_asynchronous_client_is_answered(project: Project) -> None:
    project.record(answered("It will."))

    async def answer(question: Any) -> Any:
        async with openai.AsyncOpenAI() as made:
            found = await made.chat.completions.create(model=question.model, messages=question.messages)
        return found.choices[0].message.content

    assert ran(project, answer).value == "It will."


def streaming(question: Any) -> str:
    with client() as made:
        stream = made.chat.completions.create(model=question.model, messages=question.messages, stream=True)
        return "".join(chunk.choices[0].delta.content or "" for chunk in stream)


def test_a_stream_is_read_to_its_end(project: Project) -> None:
    project.record(streamed("It ", "will", "."), headers=STREAM_HEADERS, asked=chat(stream=True))

    assert ran(project, streaming).value == "It will."


def test_a_cut_stream_is_noticed(project: Project) -> None:
    project.record(streamed("It ", "will", "."), headers=STREAM_HEADERS, asked=chat(stream=True))

    reply = ran(project, streaming, fault=always(Fault(kind="stream", detail=2)))

    assert (reply.is_reply, reply.kind) == (False, "raised")
    assert "APIConnectionError" in (reply.failure or "")


def test_a_stream_that_was_cut_when_it_was_recorded_is_noticed(project: Project) -> None:
    project.record(streamed("It ", "will", end=""), headers=STREAM_HEADERS, asked=chat(stream=True))

    assert "APIConnectionError" in (ran(project, streaming).failure or "")


def test_a_loop_of_tools_goes_round(project: Project) -> None:
    result: dict[str, Json] = {"role": "tool", "tool_call_id": "call_1", "content": "rain"}
    called: dict[str, Json] = {"role": "assistant", "content": "", "tool_calls": [CALL]}
    project.record(answered("", tool_calls=[CALL]), asked=chat(tools=[WEATHER]))
    project.record(answered("Take an umbrella."), asked=chat([*QUESTION, called, result], tools=[WEATHER]))

    def answer(question: Any) -> Any:
        messages = list(question.messages)
        with client() as made:
            while True:
                found = made.chat.completions.create(model=question.model, messages=messages, tools=[WEATHER])
                message = found.choices[0].message
                if not message.tool_calls:
                    return message.content
                messages.append(
                    {
                        "role": "assistant",
                        "content": "",
                        "tool_calls": [call.model_dump() for call in message.tool_calls],
                    }
                )
                messages += [
                    {"role": "tool", "tool_call_id": call.id, "content": "rain"} for call in message.tool_calls
                ]

    assert ran(project, answer).value == "Take an umbrella."


def test_the_responses_endpoint_is_served_too(project: Project) -> None:
    said: dict[str, Json] = {"type": "output_text", "text": "It will.", "annotations": []}
    output: dict[str, Json] = {"type": "message", "id": "m1", "role": "assistant", "status": "completed"}
    body = {
        "id": "r1",
        "object": "response",
        "created_at": 1,
        "model": "tiny",
        "output": [{**output, "content": [said]}],
    }
    project.record(json.dumps(body), path="/responses", asked={"model": "tiny", "input": "Rain?"})

    def answer(question: Any) -> Any:
        with client() as made:
            return made.responses.create(model=question.model, input="Rain?").output_text

    assert ran(project, answer).value == "It will."


def test_the_models_are_listed(project: Project) -> None:
    def answer(question: Any) -> list[str]:
        with client() as made:
            return [model.id for model in made.models.list()]

    assert ran(project, answer).value == ["tiny"]


@pytest.mark.parametrize("deployment", [None, "tiny"])
def test_azures_client_finds_the_address_and_is_answered(project: Project, deployment: str | None) -> None:
    project.record(answered("It will."))

    def answer(question: Any) -> Any:
        with openai.AzureOpenAI(azure_deployment=deployment) as made:
            found = made.chat.completions.create(model=question.model, messages=question.messages)
        return found.choices[0].message.content

    assert ran(project, answer).value == "It will."


def test_azures_client_asks_another_deployment_of_azure(project: Project) -> None:
    base_url = "https://house.openai.azure.com/openai"
    project.target = {
        "provider": "azure",
        "base_url": base_url,
        "query": {"api-version": "2024-10-21"},
        "chat_path": "/deployments/tiny/chat/completions",
    }
    project.record(
        json.dumps({"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": [0.5]}]}),
        asked={"model": "small", "input": "Oslo", "encoding_format": "float"},
    )
    address = f"{base_url}/deployments/small/embeddings?api-version=2024-10-21"
    project.entries[0]["request"]["uri"] = address

    def answer(question: Any) -> Any:
        with openai.AzureOpenAI(api_version="2030-01-01") as made:
            found = made.embeddings.create(model="small", input="Oslo", encoding_format="float")
        return found.data[0].embedding[0]

    assert ran(project, answer).value == 0.5


def test_the_client_of_the_module_chooses_openai(project: Project) -> None:
    project.record(answered("It will."))
    program = """\
import json, sys
import openai
question = json.loads(sys.stdin.readline())
answer = openai.chat.completions.create(model=question["model"], messages=question["messages"])
print(json.dumps(answer.choices[0].message.content))
"""

    with project.open(command=project.python(program)) as run:
        reply = ask(run)

    assert reply.value == "It will.", reply


def test_embeddings_are_served(project: Project) -> None:
    asked: dict[str, Json] = {"model": "tiny", "input": "Oslo", "encoding_format": "float"}
    body = {"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": [0.5]}], "model": "tiny"}
    project.record(json.dumps(body), path="/embeddings", asked=asked)

    def answer(question: Any) -> Any:
        with client() as made:
            return made.embeddings.create(model="tiny", input="Oslo", encoding_format="float").data[0].embedding[0]

    assert ran(project, answer).value == 0.5


@pytest.mark.parametrize("model", ["tiny", "vendor/tiny"])
def test_a_model_is_told_by_its_name(project: Project, model: str) -> None:
    project.target = {"model": model}

    def answer(question: Any) -> Any:
        with client() as made:
            return made.models.retrieve(model).id

    assert ran(project, answer).value == model


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (401, "invalid_api_key", "AuthenticationError"),
        (404, "model_not_found", "NotFoundError"),
        (400, "context_length_exceeded", "BadRequestError"),
        (403, "forbidden", "PermissionDeniedError"),
    ],
)
def test_a_recorded_refusal_is_the_sdks_own_error_and_is_asked_once(
    project: Project, status: int, code: str, error: str
) -> None:
    project.record(failing("No.", code=code), status=status)

    with project.open(handler=with_fallback) as run:
        reply = ask(run)

    assert (reply.value, len(run.interactions)) == (f"Sorry: {error}", 1)


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503])
def test_the_sdk_gets_over_a_fault_by_its_own_retries(project: Project, status: int) -> None:
    project.record(answered("It will."))
    fault = Fault(kind="status", detail=status)

    found = statuses(project, plain, FaultPlan(attempts=(fault, fault)))

    assert found == ("It will.", [status, status, 200])


def test_a_long_wait_that_a_fault_asks_for_is_told_and_takes_no_time(project: Project) -> None:
    project.record(answered("It will."))
    fault = Fault(kind="status", detail=429, headers={"retry-after": "3600"})

    assert statuses(project, plain, FaultPlan(attempts=(fault,))) == ("It will.", [429, 200])


def test_a_wait_that_was_recorded_takes_no_time(project: Project) -> None:
    project.record(failing("Slow down.", code="rate_limit_exceeded"), status=429, headers={"retry-after": "3600"})
    project.record(answered("It will."))

    assert statuses(project, plain, FaultPlan(attempts=())) == ("It will.", [429, 200])


def waits(project: Project, fault: FaultPlan | None) -> list[Json]:
    """`retry-after-ms` and `retry-after` of the first answer, as the application sees them."""

    def answer(question: Any) -> Any:
        with client(max_retries=0) as made:
            try:
                made.chat.completions.create(model=question.model, messages=question.messages)
            except openai.APIStatusError as error:
                return [error.response.headers.get(name) for name in ("retry-after-ms", "retry-after")]

    value = ran(project, answer, fault=fault).value
    assert isinstance(value, list)
    return value


@pytest.mark.parametrize(
    ("recorded", "seen"),
    [
        ({}, ["1", "0"]),
        ({"retry-after": "20"}, ["1", "0"]),
        ({"retry-after": "20", "retry-after-ms": "19500"}, ["1", "0"]),
        ({"retry-after": "3600", "retry-after-ms": "3600000"}, ["3600000", "3600"]),
    ],
)
def test_every_header_that_an_sdk_reads_tells_it_not_to_wait(
    project: Project, recorded: dict[str, str], seen: list[str]
) -> None:
    project.record(failing("Slow down.", code="rate_limit_exceeded"), status=429, headers=recorded)

    assert waits(project, None) == seen


def test_a_wait_that_the_case_wrote_is_sent_as_written(project: Project) -> None:
    fault = Fault(kind="status", detail=429, headers={"retry-after": "20"})

    assert waits(project, FaultPlan(attempts=(fault,))) == ["1", "20"]


def test_an_application_whose_retries_are_spent_may_go_on_without(project: Project) -> None:
    fault = always(Fault(kind="status", detail=500))

    found = statuses(project, lambda question: with_fallback(question, max_retries=1), fault)

    assert found == ("Sorry: InternalServerError", [500, 500])


def test_an_application_without_a_fallback_raises(project: Project) -> None:
    reply = ran(project, plain, fault=always(Fault(kind="status", detail=500)))

    assert (reply.is_reply, reply.kind) == (False, "raised")
    assert "InternalServerError: Error code: 500" in (reply.failure or "")


def test_a_reset_is_a_connection_error_and_is_got_over(project: Project) -> None:
    project.record(answered("It will."))
    reset = Fault(kind="connection", detail="reset")

    assert statuses(project, plain, FaultPlan(attempts=(reset,))) == ("It will.", [None, 200])


def test_a_timeout_is_a_timeout_of_the_sdk(project: Project) -> None:
    fault = always(Fault(kind="timeout", detail="read"))

    found = statuses(project, lambda question: with_fallback(question, timeout=2, max_retries=0), fault)

    assert found == ("Sorry: APITimeoutError", [None])


def test_an_application_that_waits_for_ever_hangs(project: Project) -> None:
    with project.open(handler=plain, timeout=1.0) as run:
        reply = ask(run, fault=always(Fault(kind="timeout", detail="read")))

    assert (reply.is_reply, reply.kind) == (False, "hung")


@pytest.mark.parametrize("how", ["truncated", "html", "empty", "not_json"])
def test_a_damaged_answer_reaches_the_application_damaged(project: Project, how: str) -> None:
    project.record(answered("It will."))

    def answer(question: Any) -> str:
        try:
            return f"fine: {plain(question)}"
        except (openai.OpenAIError, ValueError, AttributeError):
            return "Sorry."

    assert ran(project, answer, fault=always(Fault(kind="corrupt", detail=how))).value == "Sorry."


def test_a_missing_recording_is_not_asked_for_again(project: Project) -> None:
    with project.open(handler=with_fallback) as run:
        reply = ask(run)

    assert (reply.value, run.problem is not None) == ("Sorry: InternalServerError", True)


COMMAND = """\
import json, sys
import openai
client = openai.OpenAI()
for line in sys.stdin:
    question = json.loads(line)
    try:
        answer = client.chat.completions.create(model=question["model"], messages=question["messages"])
        print(json.dumps(answer.choices[0].message.content))
    except openai.RateLimitError as error:
        print(json.dumps({"sorry": error.code}))
"""


def test_a_program_in_python_gets_over_a_rate_limit(project: Project) -> None:
    project.record(answered("It will."))
    fault = Fault(kind="status", detail=429)

    with project.open(command=project.python(COMMAND)) as run:
        reply = ask(run, fault=FaultPlan(attempts=(fault, fault)))

    assert (reply.value, len(run.interactions)) == ("It will.", 3)


def test_a_program_in_python_answers_with_its_fallback(project: Project) -> None:
    with project.open(command=project.python(COMMAND)) as run:
        reply = ask(run, fault=always(Fault(kind="status", detail=429)))

    assert (reply.value, len(run.interactions)) == ({"sorry": "rate_limit_exceeded"}, 3)
