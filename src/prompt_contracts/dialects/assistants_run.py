"""What the Assistants endpoints answer with: a response -> an id, a run, the error of a run. No streams here."""

from __future__ import annotations

from dataclasses import replace

from prompt_contracts.completion import Choice, Completion, ToolCall
from prompt_contracts.data_class import dataclass
from prompt_contracts.dialects.answer_body import (
    TokenNames,
    arguments_text,
    malformed,
    member,
    parse_body,
    read_usage,
    said_text,
)
from prompt_contracts.dialects.error_response import error_in_body, read_error, unreadable
from prompt_contracts.interaction import ApiResponse
from prompt_contracts.json_value import Json, show
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.usage import Usage

GOING_ON = ("queued", "in_progress", "cancelling")
"""Statuses of a run that will change by themselves."""
WAITING = "requires_action"
COMPLETED = "completed"
BROKEN_OFF = ("failed", "cancelled", "expired", "incomplete")
"""Statuses in which a run ended without its answer."""

_TOKENS = TokenNames(
    prompt="prompt_tokens",
    completion="completion_tokens",
    # The server calls the first of these details by the singular where chat completions have a plural.
    prompt_details=("prompt_token_details", "prompt_tokens_details"),
    completion_details="completion_tokens_details",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssistantRun:
    """One run as a response or an event shows it."""

    id: str
    status: str
    """One of `GOING_ON`, `WAITING`, `COMPLETED` or `BROKEN_OFF`."""
    assistant_id: str | None = None
    model: str | None = None
    usage: Usage
    """Of the whole run so far; unknown until it has ended."""
    calls: tuple[ToolCall, ...] = ()
    """What a waiting run wants answered; each has an id."""
    error: str | None = None
    """The code of `last_error`."""
    reason: str | None = None
    """Why it ended: the message of `last_error`, or the reason of `incomplete_details`."""


def read_object(response: ApiResponse) -> dict[str, Json] | ProviderError:
    """The JSON object in a response, or the error that it carries at whatever status."""
    body = parse_body(response)
    if isinstance(body, ProviderError):
        return body
    if not isinstance(body, dict):
        return malformed(response, "the answer is not a JSON object")
    return read_error(response) if error_in_body(body) else body


def read_id(response: ApiResponse, noun: str) -> str | ProviderError:
    """The id of the assistant, thread or message that a response shows; `noun` names it in the error."""
    body = read_object(response)
    if isinstance(body, ProviderError):
        return body
    found = _id(body)
    return found if found is not None else malformed(response, f"the {noun} has no usable id")


def read_run(response: ApiResponse) -> AssistantRun | ProviderError:
    """The run that a response shows."""
    body = read_object(response)
    return body if isinstance(body, ProviderError) else run_of(body, response)


def run_of(body: dict[str, Json], response: ApiResponse) -> AssistantRun | ProviderError:
    """A run from its JSON form; `response` is where it came from, for the error."""
    identifier, status = _id(body), body.get("status")
    if identifier is None:
        return malformed(response, "the run has no usable id")
    if not isinstance(status, str) or status not in (*GOING_ON, WAITING, COMPLETED, *BROKEN_OFF):
        told = "no status" if status is None else f"the unknown status {show(status, limit=60)}"
        return malformed(response, f"the run has {told}")
    calls = _calls(body.get("required_action")) if status == WAITING else ()
    if isinstance(calls, str):
        return malformed(response, f"the run waits, and {calls}")
    error, details = body.get("last_error"), body.get("incomplete_details")
    return AssistantRun(
        id=identifier,
        status=status,
        assistant_id=said_text(body.get("assistant_id")),
        model=said_text(body.get("model")),
        # null until the run has ended.
        usage=read_usage(body.get("usage"), _TOKENS),
        calls=calls,
        error=said_text(member(error, "code")),
        reason=said_text(member(error, "message")) or said_text(member(details, "reason")),
    )


def waiting_completion(run: AssistantRun) -> Completion:
    """The calls that a run waits for, as an answer. What it wrote before them comes with its last answer."""
    choice = Choice(tool_calls=run.calls, finish_reason="tool_calls", raw_finish_reason=run.status)
    return Completion(choices=(choice,), usage=run.usage, model=run.model, id=run.id)


def run_error(run: AssistantRun, response: ApiResponse) -> ProviderError:
    """What a run in one of the `BROKEN_OFF` statuses comes to."""
    # HTTP is 200 for a failed run: that the call went well says nothing of the run.
    if run.status == "failed":
        message = run.reason or "the run failed, and the server does not say why"
        return replace(unreadable(response, kind="run_failed", message=message), code=run.error)
    why = "" if run.reason is None else f": {run.reason}"
    message = f"the run ended as {run.status}{why}"
    return replace(unreadable(response, kind="run_failed", message=message), code=run.status)


def _calls(action: Json) -> tuple[ToolCall, ...] | str:
    """The calls of a `required_action`, or what is wrong with it, as the end of a sentence."""
    kind = member(action, "type")
    if kind not in (None, "submit_tool_outputs"):
        return f"it asks for the unknown action {show(kind, limit=60)}"
    entries = member(member(action, "submit_tool_outputs"), "tool_calls")
    if not isinstance(entries, list) or not entries:
        return "it does not say which calls it wants answered"
    calls = [call for entry in entries if (call := _call(entry)) is not None]
    # All outputs go in one request: a call that cannot be named leaves the run waiting until it expires.
    return tuple(calls) if len(calls) == len(entries) else "one of its calls has no id or no function"


def _call(entry: Json) -> ToolCall | None:
    identifier, function = said_text(member(entry, "id")), member(entry, "function")
    name, arguments = said_text(member(function, "name")), member(function, "arguments")
    if not identifier or name is None:
        return None
    return ToolCall(id=identifier, name=name, arguments=arguments_text(arguments))


def _id(body: dict[str, Json]) -> str | None:
    """An id that can stand in an address, else None: dots alone would name another place."""
    found = body.get("id")
    return found if isinstance(found, str) and found not in ("", ".", "..") else None
