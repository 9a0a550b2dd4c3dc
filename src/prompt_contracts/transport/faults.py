"""The layer that lets an attempt fail on purpose, below the retries and above the recording.

Nothing of it takes time, and nothing of it is recorded: a fault that damages an answer leaves the true one to
the layers below.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import NamedTuple, assert_never

from prompt_contracts.errors import UsageError
from prompt_contracts.fault import Fault
from prompt_contracts.interaction import ApiRequest, ApiResponse, Interaction, Recorded
from prompt_contracts.json_value import Json
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.transport.body_bytes import encode_body
from prompt_contracts.transport.sender import Sender, Sending

_LINE_END = re.compile(rb"\r\n|\n|\r")


def event_ends(body: bytes) -> tuple[int, ...]:
    """The offset behind each complete event, its blank line included; a block of comments is no event."""
    ends: list[int] = []
    has_data = False
    at = 0
    for found in _LINE_END.finditer(body):
        line, at = body[at : found.start()], found.end()
        if line:
            has_data = has_data or line == b"data" or line.startswith(b"data:")
        # WHATWG HTML, "server-sent events": a blank line behind no data gives no event, whatever else was said.
        elif has_data:
            ends.append(at)
            has_data = False
    return tuple(ends)


_RETRY_HEADERS = frozenset({"retry-after", "retry-after-ms", "x-should-retry"})
_BY_CASE = "(a fault of the case)"

# The page of nginx without its name, and the words of Envoy, when nobody is behind them.
_HTML = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n"
    b"<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"
)
_NOT_JSON = b"upstream connect error or disconnect/reset before headers"


class _Error(NamedTuple):
    message: str
    type: str
    code: str | None


_ERRORS: Mapping[int, _Error] = MappingProxyType(
    {
        401: _Error("Incorrect API key provided.", "invalid_request_error", "invalid_api_key"),
        402: _Error("You have no credit left.", "insufficient_quota", "insufficient_quota"),
        403: _Error("You are not allowed to do this.", "permission_error", None),
        404: _Error("The model does not exist or you do not have access to it.", "not_found_error", "model_not_found"),
        408: _Error("The request took too long.", "timeout", None),
        429: _Error("Rate limit reached for requests.", "requests", "rate_limit_exceeded"),
        503: _Error("The server is overloaded.", "service_unavailable_error", "server_is_overloaded"),
    }
)
"""What OpenAI says beside a status, in form; the words are ours."""
_REFUSED = _Error("The request was refused.", "invalid_request_error", None)
_BROKEN = _Error("The server had an error while processing the request.", "server_error", None)


class FaultSender:
    """Does what the fault of an attempt says, and asks the layer below for the rest."""

    def __init__(self, inner: Sender, *, hastens: bool) -> None:
        """When it `hastens`, a status that is sent again asks for a wait of a millisecond: no back-off takes time."""
        self._inner = inner
        self._hastens = hastens

    def send(self, request: ApiRequest, *, sending: Sending) -> Interaction:
        """The answer of the layer below, or what the fault makes of this attempt.

        `UsageError` when a stream is to be cut and the answer is none, or is too short.
        """
        plan = sending.fault
        fault = None if plan is None else plan.fault_of(request=sending.number, attempt=sending.attempt)
        if fault is None:
            return self._inner.send(request, sending=sending)
        match fault.kind:
            case "timeout":
                return _timed_out(request, sending, is_connecting=fault.detail == "connect")
            case "connection":
                return _disconnected(request, sending, is_refused=fault.detail == "refused")
            case "status":
                response = _status_response(fault, hastens=self._hastens)
                recorded = Recorded(latency=0.0, attempts=1, trial=sending.trial)
                return Interaction(request=request, response=response, recorded=recorded, is_injected=True)
            case "corrupt":
                return _damaged(self._inner.send(request, sending=sending), partial(_corrupted, how=fault.detail))
            case "stream":
                return _damaged(self._inner.send(request, sending=sending), partial(_cut, events=int(fault.detail)))
            case _:
                assert_never(fault.kind)


def _timed_out(request: ApiRequest, sending: Sending, *, is_connecting: bool) -> Interaction:
    from prompt_contracts.transport.network_failure import connect_timeout, host_of

    seconds = connect_timeout(sending.timeout) if is_connecting else sending.timeout
    missing = "connection to" if is_connecting else "complete answer from"
    message = f"no {missing} {host_of(request.url)} within {seconds:g} s {_BY_CASE}"
    return _failed(request, ProviderError(kind="timeout", message=message), sending, latency=seconds)


def _disconnected(request: ApiRequest, sending: Sending, *, is_refused: bool) -> Interaction:
    from prompt_contracts.transport.network_failure import host_of

    host = host_of(request.url)
    message = f"the connection to {host} broke: Connection reset by peer {_BY_CASE}"
    if is_refused:
        message = f"cannot connect to {host}: Connection refused {_BY_CASE}"
    return _failed(request, ProviderError(kind="connection", message=message), sending, latency=0.0)


def _failed(request: ApiRequest, failure: ProviderError, sending: Sending, *, latency: float) -> Interaction:
    recorded = Recorded(latency=latency, attempts=1, trial=sending.trial)
    return Interaction(request=request, failure=failure, recorded=recorded, is_injected=True)


def _status_response(fault: Fault, *, hastens: bool) -> ApiResponse:
    status = int(fault.detail)
    content_type, body = _status_body(status, fault.body)
    headers = {"content-type": content_type, **{name.lower(): value for name, value in fault.headers.items()}}
    response = ApiResponse(status=status, headers=tuple(headers.items()), body=body)
    # An application's own client waits by itself, and no `sleep` of ours is asked: only a header shortens that.
    if hastens and response.is_sent_again and not _RETRY_HEADERS & headers.keys():
        response = replace(response, headers=(*response.headers, ("retry-after-ms", "1")))
    return response


def _status_body(status: int, body: Json) -> tuple[str, bytes]:
    if body is None:
        error = _ERRORS.get(status, _BROKEN if status >= 500 else _REFUSED)
        return "application/json", json.dumps({"error": {**error._asdict(), "param": None}}).encode()
    if not isinstance(body, str):
        return "application/json", encode_body(body)
    kind = "text/html" if body.lstrip().startswith("<") else "text/plain"
    return kind, body.encode(errors="surrogatepass")


def _damaged(interaction: Interaction, damage: Callable[[ApiResponse], ApiResponse]) -> Interaction:
    """What is left of an answer; where none came there is nothing to damage."""
    if interaction.response is None:
        return interaction
    # A copy: the layers below keep, and record, the answer as it came.
    response = damage(interaction.response)
    if response is interaction.response:
        return interaction
    return replace(interaction, response=response, is_injected=True)


def _corrupted(response: ApiResponse, how: str | int) -> ApiResponse:
    match how:
        case "truncated":
            return replace(response, body=response.body[: len(response.body) // 2])
        case "html":
            others = tuple(header for header in response.headers if header[0] != "content-type")
            return replace(response, headers=(("content-type", "text/html"), *others), body=_HTML)
        case "not_json":
            return replace(response, body=_NOT_JSON)
        case "empty":
            return replace(response, body=b"")
        case _:
            raise AssertionError(f"no answer is known that is corrupt in the way '{how}'")


def _cut(response: ApiResponse, events: int) -> ApiResponse:
    if response.status >= 300:
        return response
    if not response.is_event_stream:
        raise UsageError(
            f"the fault 'stream: {{cut_after: {events}}}' needs a streamed answer, and this one is no stream: "
            "ask with 'request: {stream: true}', or use 'corrupt: truncated'"
        )
    ends = (0, *event_ends(response.body))
    kept = response.body[: ends[events]] if events < len(ends) else response.body
    if kept == response.body:
        count = len(ends) - 1
        raise UsageError(
            f"the fault 'stream: {{cut_after: {events}}}' cuts nothing off: "
            f"the answer has {count} {'event' if count == 1 else 'events'}"
        )
    return replace(response, body=kept)
