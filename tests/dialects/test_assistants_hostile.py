"""Answers that no server should give end as errors, never as exceptions, and never in an endless exchange."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.completion import Completion
from prompt_contracts.dialects.assistants import AssistantsDialogue
from prompt_contracts.dialects.dialogue import Pause, Step
from prompt_contracts.interaction import ApiRequest, ApiResponse
from prompt_contracts.message import Message
from prompt_contracts.model_request import ModelRequest
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.target import Target

TARGET = Target(provider="house", model="m", base_url="http://localhost:9/v1")
REQUEST = ModelRequest(endpoint="assistants", messages=(Message(role="user", content="Rain?"),))
MADE = ({"id": "asst_1"}, {"id": "thread_1"})
COMPLETED = {"id": "run_1", "status": "completed"}


def respond(body: Any, *, status: int = 200) -> ApiResponse:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return ApiResponse(status=status, headers=(("content-type", "application/json"),), body=raw)


def drive(step: Step, *bodies: Any, most: int = 2000) -> Completion | ProviderError:
    """What a dialogue comes to when its requests are answered by these bodies, the last one again and again."""
    responses = [body if isinstance(body, ApiResponse) else respond(body) for body in bodies]
    sent: ApiResponse | None = None
    for _ in range(most):
        try:
            wanted = step.send(sent)
        except StopIteration as stop:
            answer: Completion | ProviderError = stop.value
            return answer
        if isinstance(wanted, Pause):
            sent = None
            continue
        assert isinstance(wanted, ApiRequest)
        sent = responses[0]
        responses = responses[1:] or responses
    raise AssertionError("the dialogue does not end")


def ask(*bodies: Any) -> Completion | ProviderError:
    return drive(AssistantsDialogue(TARGET).ask(REQUEST), *bodies)


def malformed(*bodies: Any) -> str:
    answer = ask(*bodies)
    assert isinstance(answer, ProviderError)
    assert answer.kind == "malformed_response", answer
    assert answer.body is not None
    return answer.message


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"5", b'{"id": ', {}, {"id": 5}, {"id": ""}, {"id": ".."}])
@pytest.mark.parametrize(("earlier", "noun"), [((), "assistant"), (MADE[:1], "thread"), (MADE, "run")])
def test_an_answer_without_a_usable_id_is_malformed(earlier: tuple[Any, ...], noun: str, body: Any) -> None:
    told = malformed(*earlier, body)

    assert told.startswith(
        (f"the {noun} has no usable id", "the answer is not JSON", "the answer is not a JSON object")
    )


@pytest.mark.parametrize("status", [300, 404, 500])
def test_a_refusal_that_looks_like_success_is_an_error(status: int) -> None:
    answer = ask(respond({"id": "asst_1"}, status=status), MADE[1], COMPLETED, {"data": []})

    assert isinstance(answer, ProviderError)
    assert answer.status == status


@pytest.mark.parametrize(
    ("run", "told"),
    [
        ({"status": "queued"}, "the run has no usable id"),
        ({"id": "run_1"}, "the run has no status"),
        ({"id": "run_1", "status": 5}, "the run has the unknown status 5"),
        ({"id": "run_1", "status": {"a": 1}}, 'the run has the unknown status {"a": 1}'),
        ({"id": "run_1", "status": "requires_action"}, "it does not say which calls it wants answered"),
        ({"id": "run_1", "status": "requires_action", "required_action": {"type": "dance"}}, 'action "dance"'),
    ],
)
def test_a_run_that_nobody_can_read_is_told_by_what_is_wrong(run: Any, told: str) -> None:
    assert told in malformed(*MADE, run)


@pytest.mark.parametrize(
    "call",
    [None, {}, {"id": "", "function": {"name": "f"}}, {"id": "c"}, {"id": "c", "function": {"name": 5}}, "call"],
)
def test_a_call_that_could_not_be_answered_is_malformed(call: Any) -> None:
    fine = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": [fine, call]}}

    assert "no id or no function" in malformed(
        *MADE, {**COMPLETED, "status": "requires_action", "required_action": action}
    )


@pytest.mark.parametrize(
    "listing",
    [
        {},
        {"data": {}},
        {"data": [5]},
        {"data": [], "has_more": True},
        {"data": [], "has_more": True, "last_id": 5},
        {"data": [{"role": "assistant", "run_id": "run_1"}]},
        {"data": [{"role": "assistant", "run_id": "run_1", "content": [5]}]},
        {"data": [{"role": "assistant", "run_id": "run_1", "content": [{"type": "text"}]}]},
        {"data": [{"role": "assistant", "run_id": "run_1", "content": [{"type": "text", "text": {"value": 5}}]}]},
    ],
)
def test_a_list_of_messages_that_nobody_can_read_is_malformed(listing: Any) -> None:
    assert malformed(*MADE, COMPLETED, listing)


def test_pages_that_go_round_in_circles_end() -> None:
    page = {"data": [{"id": "msg_1"}], "has_more": True, "last_id": "msg_1"}

    assert "round in circles" in malformed(*MADE, COMPLETED, page)


def test_pages_without_end_end() -> None:
    pages = [{"data": [], "has_more": True, "last_id": f"msg_{number}"} for number in range(500)]

    assert "go on behind page 100" in malformed(*MADE, COMPLETED, *pages)


def test_a_status_that_is_an_error_inside_http_200_is_the_error() -> None:
    answer = ask(*MADE, {"error": {"message": "slow down", "code": "rate_limit_exceeded"}})

    assert isinstance(answer, ProviderError)
    assert (answer.kind, answer.code) == ("rate_limit", "rate_limit_exceeded")


def test_a_driver_that_sends_nothing_for_a_request_is_told_so() -> None:
    step = AssistantsDialogue(TARGET).ask(REQUEST)
    next(step)

    with pytest.raises(TypeError, match="sent the response"):
        next(step)


NAMES = [
    "id",
    "status",
    "data",
    "has_more",
    "last_id",
    "role",
    "content",
    "type",
    "text",
    "value",
    "run_id",
    "usage",
    "prompt_tokens",
    "required_action",
    "submit_tool_outputs",
    "tool_calls",
    "function",
    "name",
    "arguments",
    "last_error",
    "message",
    "created_at",
    "error",
    "model",
]

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=5)
    | st.sampled_from(["queued", "completed", "requires_action", "failed", "assistant", "text", "submit_tool_outputs"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(NAMES),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)
runs = st.fixed_dictionaries(
    {"id": st.just("run_1") | values, "status": st.sampled_from(["queued", "completed", "requires_action"]) | values},
    optional={"required_action": values, "usage": values, "last_error": values, "model": values},
)
listings = st.fixed_dictionaries(
    {
        "data": st.lists(
            st.fixed_dictionaries(
                {"role": st.just("assistant") | values},
                optional={"content": values, "run_id": st.just("run_1") | values, "created_at": values, "id": values},
            )
            | values,
            max_size=3,
        )
    },
    optional={"has_more": values, "last_id": values},
)


@given(bodies=st.lists(runs | listings | values, min_size=1, max_size=6), skip=st.integers(min_value=0, max_value=2))
def test_whatever_the_server_says_an_answer_or_an_error_comes_of_it(bodies: list[Any], skip: int) -> None:
    assert isinstance(ask(*MADE[:skip], *bodies), Completion | ProviderError)


@given(body=st.binary(max_size=60), status=st.sampled_from([200, 201, 302, 400, 404, 429, 500, 503]))
def test_whatever_bytes_come_an_error_comes_of_them(body: bytes, status: int) -> None:
    answer = ask(*MADE, ApiResponse(status=status, body=body))

    assert isinstance(answer, ProviderError)
