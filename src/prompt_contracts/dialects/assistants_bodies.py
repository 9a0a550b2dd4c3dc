"""What the Assistants endpoints are sent: a request and a case's `assistant` -> bodies. No addresses here.

Where things go:

- The model, the tools and the `system` and `developer` messages belong to the assistant that is created.
- An assistant that is retrieved, or that writes its own `instructions`, keeps them: such messages become the run's
  `additional_instructions`, and the tools of the case become the run's `tools`, which replace the assistant's.
- User and assistant messages go to the thread; tool messages answer a run that waits for them.
- Parameters go to the run; what `run` writes wins over them, and `extra_body` over all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from prompt_contracts.dialects.assistants_setup import AssistantSetup
from prompt_contracts.json_value import Json
from prompt_contracts.message import Message
from prompt_contracts.model_request import ModelRequest

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
        body["additional_instructions"] = _paragraphs([*texts, *([written] if isinstance(written, str) else [])])
    if (tools := _run_tools(request, setup, assistant)) is not None:
        body["tools"] = tools
    return {**body, **request.extra_body}


def is_streamed(request: ModelRequest, setup: AssistantSetup) -> bool:
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
