"""Responses that carry an error -> `ProviderError`, for every shape of body that servers are known to send."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from prompt_contracts.interaction import ApiResponse
from prompt_contracts.json_value import Json
from prompt_contracts.provider_error import LARGEST_ERROR_BODY, ErrorKind, ProviderError, shortened

if TYPE_CHECKING:
    from prompt_contracts.dialects.error_body import ErrorBody
    from prompt_contracts.dialects.event_stream import Event

# Most answers are good: what reads the others loads when one comes.
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")


def retry_after(response: ApiResponse, *, now: datetime | None = None) -> float | None:
    """Seconds to wait, 0 for a moment that is over; None when the provider did not say.

    A date counts from the response's own `date`, so that a replay waits as the recording did; `now`, an aware
    time, stands in where that header is missing.
    """
    # The finer one first, as in the official client (openai-python 3.52).
    milliseconds = _number(response.header("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    value = response.header("retry-after")
    seconds = _number(value)
    if seconds is not None:
        return seconds
    until = _moment(value)
    sent = _moment(response.header("date")) or now
    if until is None or sent is None:
        return None
    return max(0.0, (until - sent).total_seconds())


def _number(text: str | None) -> float | None:
    if text is None or not _NUMBER.fullmatch(text.strip()):
        return None
    number = float(text)
    # Many digits make an infinity, for which nobody can wait.
    return number if math.isfinite(number) else None


def _moment(text: str | None) -> datetime | None:
    try:
        # RFC 9110 (10.2.3): a date or whole seconds.
        moment = parsedate_to_datetime(text or "")
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    # Python's parser of dates raises any of these for words that are none.
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


# OpenAI and Groq, Azure, Mistral; Together and OpenRouter have it in the body.
_REQUEST_IDS = ("x-request-id", "apim-request-id", "mistral-correlation-id")
_SIGNS = (re.compile(rb'"error"(?!\s*:\s*null)'), re.compile(rb"event: ?error"))
"""What stands in every body that reports an error inside status 200, and hardly in one that does not: quotes
inside a text are escaped. Each starts with fixed text, which makes its search as fast as reading the bytes."""


def error_in_body(body: Mapping[str, Json]) -> bool:
    """Whether a JSON body says that it is an error, whatever its HTTP status."""
    # `error: null` stands in every good answer of Responses; the flat form is Mistral's and older vLLM's.
    return bool(body.get("error")) or body.get("object") == "error"


def error_in_event(event: Event) -> Json:
    """The JSON of an event that reports an error in the middle of a stream; None of any other event.

    An event whose name is `error` is one whatever it holds: its text is taken where it is no JSON.
    """
    is_named = event.name == "error"
    if not is_named and '"error"' not in event.data:
        return None
    try:
        body: Json = json.loads(event.data)
    except (ValueError, RecursionError):
        return {"error": event.data} if is_named else None
    if isinstance(body, dict) and error_in_body(body):
        return body
    if not is_named:
        return None
    return body if isinstance(body, dict) and body else {"error": event.data}


def classify(response: ApiResponse, *, now: datetime | None = None) -> ProviderError | None:
    """The error of a response at any status, None of a good one; a good answer costs one search of its bytes.

    `now`, an aware time, is when it came: a `Retry-After` date counts from it where the response has no date.
    An answer that is none, or that breaks off, is no error of the provider: its dialect says so.
    """
    # Redirects are not followed: one is an error that names its target.
    if not 200 <= response.status < 300:
        return read_error(response, now=now)
    if not any(sign.search(response.body) for sign in _SIGNS):
        return None
    body = next(_stream_errors(response), None) if response.is_event_stream else _parse(response.body)
    if isinstance(body, dict) and (error_in_body(body) or response.is_event_stream):
        return read_error_body(body, response, now=now)
    return None


def read_error(response: ApiResponse, *, now: datetime | None = None) -> ProviderError:
    """The error that a response carries: JSON of any known shape, a stream, plain text, HTML or nothing.

    `now` as in `classify`.
    """
    body = next(_stream_errors(response), None) if response.is_event_stream else _parse(response.body)
    return read_error_body(body, response, now=now)


def read_error_body(body: Json, response: ApiResponse, *, now: datetime | None = None) -> ProviderError:
    """The error in a JSON document that `response` brought, such as one event of a stream; None is no JSON.

    `now` as in `classify`.
    """
    from prompt_contracts.dialects.error_body import read_error_fields, read_error_text
    from prompt_contracts.dialects.error_kinds import kind_of

    try:
        error = read_error_text(response.body) if body is None else read_error_fields(body)
    except RecursionError:  # a body can be nested just as deep as Python can read but not write
        error = read_error_text(response.body)
    status = response.status
    return ProviderError(
        kind=kind_of(error, status=status),
        message=_redirect(response) or error.message or _silence(response),
        status=status,
        code=error.code,
        retry_after=retry_after(response, now=now),
        request_id=_request_id(response, error, body),
        body=_raw(response),
    )


def unreadable(response: ApiResponse, *, kind: ErrorKind, message: str) -> ProviderError:
    """An answer that is none, told in our words: the provider reported no error."""
    from prompt_contracts.dialects.error_body import ErrorBody

    return ProviderError(
        kind=kind,
        message=message,
        status=response.status,
        request_id=_request_id(response, ErrorBody(), None),
        body=_raw(response),
    )


def _parse(body: bytes) -> Json:
    try:
        parsed: Json = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return parsed


def _stream_errors(response: ApiResponse) -> Iterator[Json]:
    from prompt_contracts.dialects.event_stream import read_events

    for event in read_events(response.body):
        body = error_in_event(event)
        if body is not None:
            yield body


def _redirect(response: ApiResponse) -> str:
    target = response.header("location") if 300 <= response.status < 400 else None
    if not target:
        return ""
    return f"HTTP {response.status} sends us on to {target}, and requests are not redirected: correct the base URL"


def _silence(response: ApiResponse) -> str:
    kind = "an empty body" if not response.body.strip() else "a body that says nothing"
    return f"HTTP {response.status} with {kind}"


def _request_id(response: ApiResponse, error: ErrorBody, body: Json) -> str | None:
    for name in _REQUEST_IDS:
        value = response.header(name)
        if value:
            return value
    top = body if isinstance(body, dict) else {}
    for candidate in (top.get("request_id"), error.text("request_id"), top.get("id")):
        if isinstance(candidate, str) and candidate:
            return candidate
    return None


def _raw(response: ApiResponse) -> str:
    # Four bytes are the longest character: the rest of a big body need not be decoded.
    start = response.body[: 4 * LARGEST_ERROR_BODY + 4].decode("utf-8", "replace")
    return shortened(start, LARGEST_ERROR_BODY)
