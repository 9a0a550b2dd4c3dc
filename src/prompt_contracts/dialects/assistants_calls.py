"""The addresses of the Assistants endpoints: one small function per endpoint, each returns the request to send."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import TypeAlias, TypeVar
from urllib.parse import quote, urlencode

from prompt_contracts.dialects.dialogue import Pause
from prompt_contracts.interaction import ApiRequest, ApiResponse
from prompt_contracts.json_value import Json
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
    url = target.url("".join(f"/{quote(part, safe='', errors='replace')}" for part in path))
    if query:
        url = f"{url}{'&' if '?' in url else '?'}{urlencode(query, errors='replace')}"
    return ApiRequest(method=method, url=url, body=body, headers=HEADERS)
