"""What the Assistants endpoints are asked: the addresses, and a request and a case's `assistant` -> bodies."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from typing import TypeAlias, TypeVar
from urllib.parse import quote, urlencode

from prompt_contracts.data_class import dataclass
from prompt_contracts.dialects.assistants_setup import AssistantSetup
from prompt_contracts.dialects.dialogue import Pause
from prompt_contracts.interaction import ApiRequest, ApiResponse
from prompt_contracts.json_value import Json
from prompt_contracts.message import Message
from prompt_contracts.model_request import ModelRequest
from prompt_contracts.target import Target

HEADERS = (("OpenAI-Beta", "assistants=v2"),)
"""Without it OpenAI refuses every one of these endpoints."""
PAGE = 100
"""Messages per page, the most that a server gives."""


Found = TypeVar("Found")
Steps: TypeAlias = Generator[ApiRequest | Pause, ApiResponse | None, Found]
"""A part of a dialogue that finds something out."""


def send(request: ApiRequest) -> Steps[ApiResponse]:
    """Yield one request and return its response; `TypeError` when the driver sends none."""
    response = yield request
    if response is None:
        raise TypeError("a dialogue must be sent the response to each of its requests")
    return response


def create_assistant(target: Target, body: Json) -> ApiRequest:
    """Create an assistant."""
    return _request(target, "POST", "assistants", body=body)


def retrieve_assistant(target: Target, assistant_id: str) -> ApiRequest:
    """Look at an assistant that is there."""
    return _request(target, "GET", "assistants", assistant_id)


def create_thread(target: Target, body: Json) -> ApiRequest:
    """Create a thread, with its first messages."""
    return _request(target, "POST", "threads", body=body)


def add_message(target: Target, thread_id: str, body: Json) -> ApiRequest:
    """Add one message to a thread."""
    return _request(target, "POST", "threads", thread_id, "messages", body=body)


def list_messages(target: Target, thread_id: str, *, run_id: str, after: str | None = None) -> ApiRequest:
    """One page of what a run wrote, oldest first; `after` is the last message of the page before."""
    query = {"order": "asc", "limit": str(PAGE), "run_id": run_id, **({} if after is None else {"after": after})}
    return _request(target, "GET", "threads", thread_id, "messages", query=query)


def create_run(target: Target, thread_id: str, body: Json) -> ApiRequest:
    """Start a run."""
    return _request(target, "POST", "threads", thread_id, "runs", body=body)


def retrieve_run(target: Target, thread_id: str, run_id: str) -> ApiRequest:
    """Look at a run."""
    return _request(target, "GET", "threads", thread_id, "runs", run_id)


def cancel_run(target: Target, thread_id: str, run_id: str) -> ApiRequest:
    """Ask a run to stop."""
    return _request(target, "POST", "threads", thread_id, "runs", run_id, "cancel")


def submit_outputs(target: Target, thread_id: str, run_id: str, body: Json) -> ApiRequest:
    """Answer the calls that a run waits for."""
    return _request(target, "POST", "threads", thread_id, "runs", run_id, "submit_tool_outputs", body=body)


def _request(
    target: Target, method: str, *path: str, body: Json = None, query: Mapping[str, str] | None = None
) -> ApiRequest:
    # An id comes from a server or a case: a slash in it must not lead to another endpoint.
    url = target.url("".join(f"/{quote(part, safe='', errors='replace')}" for part in path))
    if query:
        url = f"{url}{'&' if '?' in url else '?'}{urlencode(query, errors='replace')}"
    return ApiRequest(method=method, url=url, body=body, headers=HEADERS)


INSTRUCTION_ROLES = ("system", "developer")
THREAD_ROLES = ("user", "assistant")
MESSAGE_FIELDS = ("attachments", "metadata")
"""Fields of a message, beside role and content, that a thread takes."""
RUN_PARAMETERS: Mapping[str, str] = {
    "max_tokens": "max_completion_tokens",
    **{
        name: name
        for name in (
            "additional_instructions",
            "additional_messages",
            "instructions",
            "max_completion_tokens",
            "max_prompt_tokens",
            "metadata",
            "parallel_tool_calls",
            "reasoning_effort",
            "response_format",
            "stream",
            "temperature",
            "tool_choice",
            "top_p",
            "truncation_strategy",
        )
    },
}
"""Parameter of a request -> field of a run; a later one wins over an earlier one of the same field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAssistant:
    """The assistant that runs are started with, and what it holds already."""

    id: str
    instructions: tuple[str, ...] = ()
    """The instruction messages that it was created with."""
    tools: list[Json] | None = None
    """All the tools that it was created with; None when somebody else created it."""


def assistant_body(request: ModelRequest, setup: AssistantSetup, *, model: str) -> dict[str, Json]:
    """The body that creates the assistant; a `model` that `assistant` writes wins over the target's."""
    body: dict[str, Json] = {"model": model, **setup.assistant}
    texts = instructions_of(request.messages)
    if texts and "instructions" not in body:
        body["instructions"] = _paragraphs(texts)
    if tools := assistant_tools(request, setup):
        body["tools"] = tools
    return body


def created_assistant(request: ModelRequest, setup: AssistantSetup, assistant_id: str) -> KnownAssistant:
    """What the assistant holds that `assistant_body` created."""
    own = "instructions" in setup.assistant
    return KnownAssistant(
        id=assistant_id,
        instructions=() if own else instructions_of(request.messages),
        tools=assistant_tools(request, setup),
    )


def assistant_tools(request: ModelRequest, setup: AssistantSetup) -> list[Json]:
    """The tools that `assistant` writes, then those of the case."""
    return [*_list(setup.assistant.get("tools")), *_definitions(request)]


def thread_body(messages: Iterable[Message], setup: AssistantSetup) -> dict[str, Json]:
    """The body that creates the thread; messages that `thread` writes come before those of the case."""
    bodies = [*_list(setup.thread.get("messages")), *map(message_body, messages)]
    return {**setup.thread, **({"messages": bodies} if bodies else {})}


def belongs_to_thread(message: Message) -> bool:
    """Whether a thread takes the message: a user's, or an assistant's that says something beside its calls."""
    return message.role == "user" or (message.role == "assistant" and bool(message.content))


def message_body(message: Message) -> dict[str, Json]:
    """One message of a thread."""
    fields = {name: message.fields[name] for name in MESSAGE_FIELDS if name in message.fields}
    return {"role": message.role, "content": "" if message.content is None else message.content, **fields}


def run_body(request: ModelRequest, setup: AssistantSetup, assistant: KnownAssistant) -> dict[str, Json]:
    """The body that starts a run."""
    body: dict[str, Json] = {"assistant_id": assistant.id}
    for name, field in RUN_PARAMETERS.items():
        if name in request.parameters:
            body[field] = request.parameters[name]
    body.update(setup.run)
    texts = [text for text in instructions_of(request.messages) if text not in assistant.instructions]
    if texts:
        written = body.get("additional_instructions")
        # Not `instructions`, which would replace those of the assistant for this run.
        body["additional_instructions"] = _paragraphs([*texts, *([written] if isinstance(written, str) else [])])
    if (tools := _run_tools(request, setup, assistant)) is not None:
        body["tools"] = tools
    return {**body, **request.extra_body}


def is_run_streamed(request: ModelRequest, setup: AssistantSetup) -> bool:
    """Whether a run is asked to answer with a stream of events."""
    return setup.run.get("stream", request.parameters.get("stream")) is True


def outputs_body(outputs: Iterable[Message], *, stream: bool) -> dict[str, Json]:
    """The body that answers a run's calls, all of them at once."""
    entries: list[Json] = [
        {"tool_call_id": output.fields.get("tool_call_id"), "output": output.text} for output in outputs
    ]
    return {"tool_outputs": entries, **({"stream": True} if stream else {})}


def instructions_of(messages: Iterable[Message]) -> tuple[str, ...]:
    """The texts of the `system` and `developer` messages, in their order; empty ones are left out."""
    return tuple(message.text for message in messages if message.role in INSTRUCTION_ROLES and message.text)


def _run_tools(request: ModelRequest, setup: AssistantSetup, assistant: KnownAssistant) -> list[Json] | None:
    """The tools that a run must bring, or None when the assistant's own are right."""
    offered = _definitions(request)
    if "tools" in setup.run:
        return [*_list(setup.run["tools"]), *offered]
    if assistant.tools is None:
        return offered or None
    needed = assistant_tools(request, setup)
    return None if needed == assistant.tools else needed


def _definitions(request: ModelRequest) -> list[Json]:
    return [dict(tool.definition) for tool in request.tools]


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _paragraphs(texts: Iterable[str]) -> str:
    return "\n\n".join(texts)
