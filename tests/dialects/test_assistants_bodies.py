"""Every body that a dialogue sends is one that OpenAI's own schema takes, whatever its case says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prompt_contracts.completion import Completion
from prompt_contracts.dialects.assistants import AssistantsDialogue
from prompt_contracts.dialects.assistants_findings import assistant_findings
from prompt_contracts.message import Message, Tool
from prompt_contracts.model_request import ModelRequest
from tests.assistants_driver import Driver, running_driver
from tests.assistants_server import Received, Script
from tests.openapi import SKIP_REASON, find_openapi, violations

pytestmark = pytest.mark.skipif(find_openapi() is None, reason=SKIP_REASON)

ENDPOINTS = {
    "/assistants": "assistants.create",
    "/threads": "threads.create",
    "/messages": "threads.messages.create",
    "/runs": "threads.runs.create",
    "/submit_tool_outputs": "threads.runs.submit_tool_outputs",
}

short = st.text(max_size=8)
metadata = st.dictionaries(st.text(min_size=1, max_size=5), short, max_size=2)
functions: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"name": st.sampled_from(["get_weather", "get_wind"])},
    optional={
        "description": short,
        "parameters": st.just({"type": "object", "properties": {}}),
        "strict": st.booleans(),
    },
)
tools = st.lists(
    functions.map(lambda function: Tool(name=function["name"], definition={"type": "function", "function": function})),
    max_size=2,
)
hosted_tools = st.lists(st.sampled_from([{"type": "code_interpreter"}, {"type": "file_search"}]), max_size=2)
formats = st.sampled_from(
    [
        "auto",
        {"type": "text"},
        {"type": "json_object"},
        {"type": "json_schema", "json_schema": {"name": "a", "strict": True, "schema": {"type": "object"}}},
    ]
)
resources = st.just({"code_interpreter": {"file_ids": ["file_1"]}})
tokens = st.integers(min_value=256, max_value=9000)
parameters = st.fixed_dictionaries(
    {},
    optional={
        "temperature": st.floats(min_value=0, max_value=2),
        "top_p": st.floats(min_value=0, max_value=1),
        "max_tokens": tokens,
        "max_completion_tokens": tokens,
        "metadata": metadata,
        "parallel_tool_calls": st.booleans(),
        "reasoning_effort": st.sampled_from(["low", "medium", "high"]),
        "response_format": formats,
        "stream": st.booleans(),
        "tool_choice": st.sampled_from(
            ["none", "auto", "required", {"type": "function", "function": {"name": "get_weather"}}]
        ),
    },
)
contents = short | st.lists(
    st.builds(lambda text: {"type": "text", "text": text}, short)
    | st.just({"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}}),
    min_size=1,
    max_size=2,
)
messages = st.lists(
    st.builds(Message, role=st.sampled_from(["system", "developer"]), content=short)
    | st.builds(
        Message,
        role=st.sampled_from(["user", "assistant"]),
        content=contents,
        fields=st.fixed_dictionaries({}, optional={"metadata": metadata}),
    ),
    max_size=4,
).map(lambda found: (*found, Message(role="user", content="Well?")))
thread_messages = st.lists(st.fixed_dictionaries({"role": st.just("user"), "content": contents}), max_size=2)
threads = st.just({"id": "thread_0"}) | st.fixed_dictionaries(
    {}, optional={"metadata": metadata, "messages": thread_messages, "tool_resources": resources}
)
runs = st.fixed_dictionaries(
    {},
    optional={
        "additional_instructions": short,
        "additional_messages": thread_messages,
        "instructions": short,
        "max_prompt_tokens": tokens,
        "model": st.just("gpt-4o"),
        "stream": st.booleans(),
        "tools": hosted_tools,
        "truncation_strategy": st.just({"type": "last_messages", "last_messages": 3}),
    },
)
created = st.fixed_dictionaries(
    {},
    optional={
        "name": short,
        "description": short,
        "instructions": short,
        "tools": hosted_tools,
        "tool_resources": resources,
        "metadata": metadata,
        "temperature": st.floats(min_value=0, max_value=2),
        "response_format": formats,
    },
)
assistants = st.builds(
    lambda assistant, thread, run: {**assistant, "thread": thread, "run": run},
    st.just({"id": "asst_0"}) | created,
    threads,
    runs,
)


@pytest.fixture(scope="module")
def driver() -> Iterator[Driver]:
    with running_driver() as found:
        yield found


def endpoint_of(received: Received) -> str:
    return next(name for end, name in ENDPOINTS.items() if received.path.endswith(end))


@settings(max_examples=50)
@given(
    messages=messages,
    tools=tools,
    parameters=parameters,
    assistant=assistants,
    outputs=st.lists(short, min_size=1, max_size=2),
)
def test_every_body_is_valid_and_nothing_is_reported_for_it(
    driver: Driver,
    messages: tuple[Message, ...],
    tools: list[Tool],
    parameters: dict[str, Any],
    assistant: dict[str, Any],
    outputs: list[str],
) -> None:
    calls = [(f"call_{number}", "get_weather", "{}") for number in range(len(outputs))]
    service = driver.serve(Script(statuses=["queued", "requires_action", "completed"], calls=[calls]), Script())
    service.assistants["asst_0"] = {"id": "asst_0", "object": "assistant"}
    service.add_thread("thread_0")
    dialogue = AssistantsDialogue(driver.target)

    def ask(*more: Message) -> Completion:
        request = ModelRequest(
            endpoint="assistants",
            messages=(*messages, *more),
            tools=tuple(tools),
            parameters=parameters,
            assistant=assistant,
        )
        return driver.drive(dialogue.ask(request)).completion

    called = dialogue.message(ask())
    answers = [
        Message(role="tool", content=output, fields={"tool_call_id": call[0]})
        for call, output in zip(calls, outputs, strict=True)
    ]
    said = dialogue.message(ask(called, *answers))
    ask(called, *answers, said, Message(role="user", content="And then?"))

    sent = [(endpoint_of(received), received.body) for received in service.received if received.method == "POST"]
    assert [(name, body, found) for name, body in sent if (found := violations(name, body))] == []
    assert {name for name, _ in sent} >= {"threads.runs.create", "threads.runs.submit_tool_outputs"}
    request = ModelRequest(
        endpoint="assistants", messages=messages, tools=tuple(tools), parameters=parameters, assistant=assistant
    )
    reported = {notice.part for notice in assistant_findings(request)}
    assert reported <= {"assistant.run.instructions"}
