"""What of a request the Assistants endpoints have no place for, before anything is sent. Drops nothing itself."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType

from prompt_contracts.dialects.assistants_bodies import (
    INSTRUCTION_ROLES,
    MESSAGE_FIELDS,
    RUN_PARAMETERS,
    THREAD_ROLES,
    instructions_of,
)
from prompt_contracts.dialects.assistants_setup import AssistantSetup, read_seconds, read_setup
from prompt_contracts.finding import Finding, clause_of
from prompt_contracts.json_value import Json, show
from prompt_contracts.message import Message
from prompt_contracts.model_request import ModelRequest
from prompt_contracts.spelling import nearest

_ASSISTANT_FIELDS = (
    "description",
    "instructions",
    "metadata",
    "model",
    "name",
    "reasoning_effort",
    "response_format",
    "temperature",
    "tool_resources",
    "tools",
    "top_p",
)
_THREAD_FIELDS = ("messages", "metadata", "tool_resources")
_RUN_FIELDS = (*sorted({*RUN_PARAMETERS.values()}), "model", "tools")
_POLL_FIELDS = ("interval", "timeout")
_PARTS = ("text", "image_url", "image_file")

_ELSEWHERE = "leave it out, or write 'endpoint: chat'"
_HELP: Mapping[str, str] = MappingProxyType(
    {
        "n": "ask several times with 'trials', or write 'endpoint: chat'",
        "stream_options": "leave it out: the stream of a run brings its usage by itself",
        "user": "leave it out, or write it under 'metadata'",
        "safety_identifier": "leave it out, or write it under 'metadata'",
    }
)


def assistant_findings(request: ModelRequest) -> tuple[Finding, ...]:
    """Everything in a request, as its case writes it, that would not reach the model, and what to write instead.

    `parameter` names the place: a parameter by its name, `assistant.run.stop`, `messages[0].name`. Ask before the
    run only: the tool messages of a conversation under way do have their place.
    """
    setup = read_setup(request.assistant)
    return (
        *_parameters(request),
        *_shapes(request.assistant),
        *_unknown_fields(request.assistant, setup),
        *_useless_fields(request, setup),
        *_messages(request.messages),
    )


def _parameters(request: ModelRequest) -> Iterator[Finding]:
    for name, value in request.parameters.items():
        if name in RUN_PARAMETERS or value is None or _is_met_anyway(name, value):
            continue
        advice = _HELP.get(name) or _did_you_mean(name, RUN_PARAMETERS) or _ELSEWHERE
        yield Finding(
            code="PC130", clause=clause_of(name), message=f"'{name}' has no place in the Assistants API", help=advice
        )


def _is_met_anyway(name: str, value: Json) -> bool:
    if name == "n":
        return value == 1 and not isinstance(value, bool)
    # A run tells its usage in its last event, asked for or not.
    return name == "stream_options" and isinstance(value, dict) and value.keys() <= {"include_usage"}


def _shapes(assistant: Mapping[str, Json]) -> Iterator[Finding]:
    """What has a type that says nothing."""
    for name in ("thread", "run", "poll"):
        value = assistant.get(name)
        if value is not None and not isinstance(value, dict):
            yield _refusal(
                name, f"is not an object but {show(value, limit=60)}", "write its fields, each with its name"
            )
    for place, fields in (("id", assistant), ("thread.id", assistant.get("thread")), ("run.id", assistant.get("run"))):
        value = fields.get("id") if isinstance(fields, dict | Mapping) else None
        if value is not None and not (isinstance(value, str) and value):
            yield _refusal(place, f"is not an id but {show(value, limit=60)}", "write the id as text")
    poll = assistant.get("poll")
    for name, value in poll.items() if isinstance(poll, dict) else ():
        if name in _POLL_FIELDS and read_seconds(value) is None:
            told = f"is not a number of seconds but {show(value, limit=60)}"
            yield _refusal(f"poll.{name}", told, "write a number that is 0 or more")


def _unknown_fields(assistant: Mapping[str, Json], setup: AssistantSetup) -> Iterator[Finding]:
    poll = assistant.get("poll")
    poll_fields = poll if isinstance(poll, dict) else {}
    for prefix, fields, known in (
        ("", setup.assistant, (*_ASSISTANT_FIELDS, "thread", "run", "poll")),
        ("thread.", setup.thread, _THREAD_FIELDS),
        ("run.", setup.run, _RUN_FIELDS),
        ("poll.", poll_fields, _POLL_FIELDS),
    ):
        for name in fields:
            if name not in known:
                advice = _did_you_mean(name, known) or f"leave it out; known are {', '.join(sorted(known))}"
                yield _refusal(prefix + name, "is no field that the Assistants API has", advice)


def _useless_fields(request: ModelRequest, setup: AssistantSetup) -> Iterator[Finding]:
    """What can change nothing, because the thing it is about is there already or is replaced."""
    if setup.assistant_id is not None:
        for name in setup.assistant:
            advice = "write it under 'assistant.run'" if name in _RUN_FIELDS else "leave it out, or leave out 'id'"
            yield _refusal(name, "changes nothing: an assistant that 'id' names is only retrieved", advice)
    if setup.thread_id is not None:
        for name in setup.thread:
            advice = "leave it out, or leave out 'thread.id'"
            yield _refusal(f"thread.{name}", "changes nothing: the thread is there already", advice)
    if setup.run_id is not None:
        yield from _fields_of_a_retrieved_run(request, setup)
    replaced = setup.run.get("instructions") or request.parameters.get("instructions")
    is_created = setup.assistant_id is None and "instructions" not in setup.assistant
    if replaced and is_created and instructions_of(request.messages):
        message = "replaces the instructions of the assistant, which the system messages of the case are"
        yield _refusal("run.instructions", message, "write 'additional_instructions', or leave out the system messages")


def _fields_of_a_retrieved_run(request: ModelRequest, setup: AssistantSetup) -> Iterator[Finding]:
    if setup.thread_id is None:
        advice = "write 'thread: {id: ...}' beside it"
        yield _refusal("run.id", "names a run, and nothing says on which thread it is", advice)
    started = "changes nothing: the run that 'run.id' names is started already"
    for name in setup.run:
        yield _refusal(f"run.{name}", started, "leave it out, or leave out 'run.id'")
    for name in (*request.parameters, *(["extra_body"] if request.extra_body else [])):
        yield Finding(
            code="PC130",
            clause=clause_of(name),
            message=f"'{name}' {started}",
            help="leave it out, or leave out 'run.id'",
        )


def _messages(messages: tuple[Message, ...]) -> Iterator[Finding]:
    for index, message in enumerate(messages):
        place = f"messages[{index}]"
        if message.role not in (*THREAD_ROLES, *INSTRUCTION_ROLES):
            told = f"{place} has the role '{message.role}', and a thread takes messages of users and assistants only"
            yield Finding(
                code="PC130",
                clause=clause_of(place),
                message=told,
                help="leave it out, or tell what it says in a user message",
            )
            continue
        for name in message.fields:
            if name not in MESSAGE_FIELDS or message.role in INSTRUCTION_ROLES:
                told = f"'{name}' of {place} has no place in the Assistants API"
                yield Finding(code="PC130", clause=clause_of(f"{place}.{name}"), message=told, help="leave it out")
        for kind in _foreign_parts(message):
            told = f"{place} has a part of the type {show(kind, limit=60)}, which a thread does not take"
            yield Finding(
                code="PC130", clause=clause_of(place), message=told, help=f"the types it takes are {', '.join(_PARTS)}"
            )


def _foreign_parts(message: Message) -> Iterator[Json]:
    parts = message.content if isinstance(message.content, list) else []
    known = ("text",) if message.role in INSTRUCTION_ROLES else _PARTS
    for part in parts:
        kind = part.get("type") if isinstance(part, dict) else None
        if kind not in known:
            yield kind


def _refusal(place: str, told: str, advice: str) -> Finding:
    return Finding(
        code="PC130", clause=clause_of(f"assistant.{place}"), message=f"'assistant.{place}' {told}", help=advice
    )


def _did_you_mean(name: str, known: Collection[str]) -> str | None:
    near = nearest(name, sorted(known))
    return f"did you mean '{near}'?" if near else None
