"""Lines of the Batch API's output -> replies. A line that is none becomes data too: nothing is raised for it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from prompt_contracts.completion import Completion
from prompt_contracts.data_class import dataclass
from prompt_contracts.dialects.chat import read_chat
from prompt_contracts.dialects.error_response import read_error
from prompt_contracts.dialects.responses import read_responses
from prompt_contracts.engine.replies import Reply, UnreadableReply
from prompt_contracts.interaction import ApiResponse
from prompt_contracts.json_value import Json, NotJsonError, parse_json, show
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.verdict import Problem

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LATEST = 253_402_300_799
"""The last second of the year 9999: what is later is no time."""


class _WrongLineError(ValueError):
    """Why a line is no reply, for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line that is not empty."""

    number: int
    offset: int
    """Where it starts in the file, in bytes."""
    text: bytes


def read_lines(source: Iterable[bytes]) -> Iterator[Line]:
    """The lines of a file, one at a time; empty ones are passed over."""
    offset = 0
    for number, text in enumerate(source, start=1):
        if text.strip():
            yield Line(number=number, offset=offset, text=text)
        offset += len(text)


def read_reply(text: bytes, *, line: int) -> Reply | UnreadableReply:
    """The reply that one line holds; `line` is its number."""
    custom_id: str | None = None
    try:
        value = _object(text.removeprefix(_BYTE_ORDER_MARK) if line == 1 else text)
        custom_id = _custom_id(value)
        return _reply(value, custom_id, line)
    except NotJsonError as error:
        reason = f"this is no JSON: {error}"
    except _WrongLineError as error:
        reason = str(error)
    except RecursionError:
        reason = "this is nested too deeply"
    return UnreadableReply(line=line, custom_id=custom_id, problem=Problem(code="malformed", message=reason))


def _object(text: bytes) -> Mapping[str, Json]:
    value = parse_json(text)
    if not isinstance(value, dict):
        raise _WrongLineError(f"a line must be a JSON object, not {show(value, limit=60)}")
    return value


def _custom_id(value: Mapping[str, Json]) -> str:
    custom_id = value.get("custom_id")
    if not isinstance(custom_id, str) or not custom_id:
        given = "nothing" if "custom_id" not in value else show(custom_id, limit=60)
        raise _WrongLineError(f"'custom_id' must be the id of a case, not {given}")
    return custom_id


def _reply(value: Mapping[str, Json], custom_id: str, line: int) -> Reply | UnreadableReply:
    response, error = value.get("response"), value.get("error")
    if response is None and error is None:
        raise _WrongLineError("the line has neither a 'response' nor an 'error'")
    status, body = (None, None) if response is None else _status_and_body(response)
    if error is not None and (status is None or status < 400):
        return Reply(line=line, custom_id=custom_id, answer=_failure(error))
    if status is None:
        raise _WrongLineError("the line has neither a 'response' nor an 'error'")
    return Reply(line=line, custom_id=custom_id, answer=body_answer(status, body), created=created_at(body))


def body_answer(status: int, body: Json) -> Completion | ProviderError:
    """What a body of Chat Completions or of Responses says; one that is neither is a malformed response."""
    is_response = isinstance(body, dict) and body.get("object") == "response"
    return (read_responses if is_response else read_chat)(ApiResponse(status=status, body=_raw(body)))


def _status_and_body(response: Json) -> tuple[int, Json]:
    if not isinstance(response, dict):
        raise _WrongLineError(f"'response' must be an object, not {show(response, limit=60)}")
    status = response.get("status_code")
    if not isinstance(status, int) or isinstance(status, bool) or not 100 <= status <= 599:
        given = "nothing" if "status_code" not in response else show(status, limit=60)
        raise _WrongLineError(f"'response.status_code' must be an HTTP status, not {given}")
    return status, response.get("body")


def _raw(body: Json) -> bytes:
    if body is None:
        return b""
    return body.encode("utf-8", "replace") if isinstance(body, str) else json.dumps(body).encode()


def _failure(error: Json) -> ProviderError:
    """What the batch itself says of a request that was never answered; it has no HTTP status."""
    body = json.dumps({"error": error}).encode()
    found = read_error(ApiResponse(status=200, body=body))
    return replace(found, status=None, body=None)


def created_at(body: Json) -> datetime | None:
    """When an answer was given, by its own word."""
    created = body.get("created", body.get("created_at")) if isinstance(body, dict) else None
    if isinstance(created, bool) or not isinstance(created, (int, float)) or not 0 <= created <= _LATEST:
        return None
    return datetime.fromtimestamp(created, UTC)
