"""Error responses -> `ProviderError`, for every shape of body that servers are known to send.

What decides is data: words of the provider first, then its message, then the HTTP status.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import MappingProxyType

from prompt_contracts.interaction import ApiResponse
from prompt_contracts.json_value import Json
from prompt_contracts.provider_error import ErrorKind, ProviderError

_WORDS: Mapping[str, ErrorKind] = MappingProxyType(
    {
        "invalid_api_key": "auth",
        "authentication_error": "auth",
        "insufficient_quota": "quota",
        "credit_balance_exhausted": "quota",
        "organization_spend_limit_exceeded": "quota",
        "project_spend_limit_exceeded": "quota",
        "organization_usage_limit_exceeded": "quota",
        "rate_limit_exceeded": "rate_limit",
        "rate_limit_error": "rate_limit",
        "rate_limited": "rate_limit",
        "slow_down": "rate_limit",
        "context_length_exceeded": "context_length",
        "exceed_context_size_error": "context_length",  # llama.cpp
        "3051": "context_length",  # Mistral, from memory
        "content_filter": "content_filter",
        "content_policy_violation": "content_filter",
        "invalid_prompt": "content_filter",
        "invalid_json_schema": "invalid_schema",
        "invalid_function_parameters": "invalid_schema",
        "tool_use_failed": "tool_use_failed",  # Groq
        "unsupported_parameter": "unsupported_parameter",
        "extra_forbidden": "unsupported_parameter",  # Mistral
        "model_not_found": "not_found",
        "DeploymentNotFound": "not_found",  # Azure
        "invalid_model": "not_found",  # Mistral
        "not_found_error": "not_found",  # Ollama
        "server_is_overloaded": "overloaded",
        "capacity_exceeded": "overloaded",
        "3505": "overloaded",  # Mistral
    }
)
"""Codes and types -> kind."""

_STATUSES: Mapping[int, ErrorKind] = MappingProxyType(
    {
        400: "invalid_request",
        401: "auth",
        402: "quota",
        403: "permission",
        404: "not_found",
        408: "timeout",
        409: "invalid_request",
        413: "invalid_request",
        422: "invalid_request",
        429: "rate_limit",
        498: "overloaded",
        503: "overloaded",
        504: "timeout",
        524: "timeout",
        529: "overloaded",
    }
)

_CONTEXT = re.compile(
    r"context (length|size|window)|maximum context|max_model_len|too many tokens|prompt is too long",
    re.IGNORECASE,
)
_REQUEST_IDS = ("x-request-id", "apim-request-id", "mistral-correlation-id")


def error_in_body(body: Mapping[str, Json]) -> bool:
    """Whether a JSON body says that it is an error, whatever its HTTP status."""
    return bool(body.get("error")) or body.get("object") == "error"


def read_error(response: ApiResponse) -> ProviderError:
    """The error that a response carries: JSON of any known shape, plain text, HTML or nothing."""
    try:
        body: Json = json.loads(response.body)
    except (ValueError, RecursionError):
        body = None
    fields = _error_fields(body)
    message = _message(fields, body, response)
    code = fields.get("code")
    return ProviderError(
        kind=_kind(fields, message, response.status),
        message=message,
        status=response.status,
        code=str(code) if isinstance(code, (str, int)) and not isinstance(code, bool) else None,
        retry_after=_retry_after(response),
        request_id=next((value for name in _REQUEST_IDS if (value := response.header(name))), None),
    )


def _error_fields(body: Json) -> dict[str, Json]:
    if not isinstance(body, dict):
        return {}
    error = body.get("error")
    if isinstance(error, dict):
        return error
    if isinstance(error, str):
        return {"message": error}
    return body


def _message(fields: Mapping[str, Json], body: Json, response: ApiResponse) -> str:
    for candidate in (fields.get("message"), fields.get("detail"), None if fields else body):
        if isinstance(candidate, str) and candidate:
            return candidate
        if candidate:
            return json.dumps(candidate, ensure_ascii=False)
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.text[:2000])).strip()
    return text[:300] if text else f"HTTP {response.status} with an empty body"


def _kind(fields: dict[str, Json], message: str, status: int) -> ErrorKind:
    for word in _words(fields):
        if word in _WORDS:
            return _WORDS[word]
    if status in (400, 413) and _CONTEXT.search(message):
        return "context_length"
    inner = fields.get("code")
    # Inside status 200 the code is all that tells: OpenRouter and vLLM write the HTTP status there.
    status = inner if status < 400 and isinstance(inner, int) else status
    return _STATUSES.get(status, "server" if status >= 500 else "unknown")


def _words(value: Json, depth: int = 0) -> Iterator[str]:
    """The codes and types in an error body, outermost first; Mistral keeps some in `message.detail[]`."""
    if isinstance(value, dict):
        for name in ("code", "type"):
            word = value.get(name)
            if isinstance(word, (str, int)):
                yield str(word)
        inner: list[Json] = [value.get("message"), value.get("detail")]
    else:
        inner = value if isinstance(value, list) else []
    if depth < 3:
        for item in inner:
            if isinstance(item, (dict, list)):
                yield from _words(item, depth + 1)


def _retry_after(response: ApiResponse) -> float | None:
    milliseconds = _number(response.header("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    value = response.header("retry-after")
    seconds = _number(value)
    if seconds is not None or value is None:
        return seconds
    try:
        until = parsedate_to_datetime(value)
        sent = parsedate_to_datetime(response.header("date") or "")
    except ValueError:
        return None
    return max(0.0, (_aware(until) - _aware(sent)).total_seconds())


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _number(text: str | None) -> float | None:
    if text is None or not re.fullmatch(r"\d+(\.\d+)?", text.strip()):
        return None
    return float(text)
