"""Which kind of error a body and an HTTP status mean. All that it knows is data, in the order of its tables.

The provider's own words decide first, then the field that it complains about, then the words of its message,
then the HTTP status.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from prompt_contracts.dialects.error_body import ErrorBody
from prompt_contracts.provider_error import ErrorKind

_WORDS: Mapping[str, ErrorKind] = MappingProxyType(
    {
        "invalid_api_key": "auth",
        "authentication_error": "auth",
        # At OpenAI these are 429, as a rate limit is; but no waiting helps.
        "insufficient_quota": "quota",
        "credit_balance_exhausted": "quota",
        "organization_spend_limit_exceeded": "quota",
        "project_spend_limit_exceeded": "quota",
        "organization_usage_limit_exceeded": "quota",
        "billing_not_active": "quota",
        "billing_hard_limit_reached": "quota",
        # Groq says so with 413, too, for one request that is larger than the limit of a minute.
        "rate_limit_exceeded": "rate_limit",
        "rate_limit_error": "rate_limit",
        "rate_limited": "rate_limit",
        "slow_down": "rate_limit",
        "1300": "rate_limit",  # Mistral
        "context_length_exceeded": "context_length",
        "exceed_context_size_error": "context_length",  # llama.cpp
        "3051": "context_length",  # Mistral, from memory
        "content_filter": "content_filter",
        "content_policy_violation": "content_filter",
        "ResponsibleAIPolicyViolation": "content_filter",  # Azure
        "invalid_prompt": "content_filter",
        "invalid_json_schema": "invalid_schema",
        "invalid_function_parameters": "invalid_schema",
        # Groq: no answer fitted the schema. The request cannot succeed as it stands, and the schema is what it lacks.
        "json_validate_failed": "invalid_schema",
        "tool_use_failed": "tool_use_failed",  # Groq
        "unsupported_parameter": "unsupported_parameter",
        "unknown_parameter": "unsupported_parameter",
        "extra_forbidden": "unsupported_parameter",  # Mistral
        # The parameter is known, its value is refused: OpenAI has a code of its own for the other case.
        "unsupported_value": "invalid_request",
        "model_not_found": "not_found",
        "model_not_available": "not_found",  # Together
        "dedicated_endpoint_not_running": "not_found",  # Together
        "DeploymentNotFound": "not_found",  # Azure
        "invalid_model": "not_found",  # Mistral
        "1500": "not_found",  # Mistral, from memory
        "not_found_error": "not_found",  # Ollama
        "server_is_overloaded": "overloaded",
        "service_unavailable_error": "overloaded",
        "overloaded_error": "overloaded",
        "capacity_exceeded": "overloaded",  # Groq
        "service_tier_capacity_exceeded": "overloaded",  # Mistral
        "3505": "overloaded",  # Mistral
    }
)
"""Codes and types -> kind."""

_ROUGH_WORDS: Mapping[str, ErrorKind] = MappingProxyType(
    {
        "invalid_request_error": "invalid_request",
        "BadRequestError": "invalid_request",
        "NotFoundError": "not_found",
        "permission_error": "permission",
        "server_error": "server",
        "api_error": "server",
        "internal_server_error": "server",
        "InternalServerError": "server",
        "unavailable_error": "overloaded",
        "requests": "rate_limit",
        "tokens": "rate_limit",
    }
)
"""Words that say less than an HTTP status does; they count inside status 200, where there is none."""

_STATUSES: Mapping[int, ErrorKind] = MappingProxyType(
    {
        400: "invalid_request",
        401: "auth",
        402: "quota",  # OpenRouter, Together
        403: "permission",
        404: "not_found",
        405: "invalid_request",
        # RFC 9110 (15.5.9): the server gave up waiting.
        408: "timeout",
        409: "invalid_request",
        410: "not_found",
        411: "invalid_request",
        413: "invalid_request",
        414: "invalid_request",
        415: "invalid_request",
        422: "invalid_request",
        429: "rate_limit",
        498: "overloaded",  # Groq's flex tier
        503: "overloaded",
        504: "timeout",
        524: "timeout",  # Cloudflare's, at Together and OpenRouter
        529: "overloaded",  # OpenRouter, for the provider behind it
    }
)

_SPENT = frozenset({"openrouter_credits", "openrouter_key_limit"})
"""What OpenRouter calls the source of a limit that no waiting lifts."""

_SCHEMA_PLACE = re.compile(r"(text\.format|response_format)\S*\.schema|tools\[\d+\]\S*\.parameters")

_Statuses = frozenset[int]
_REQUEST: _Statuses = frozenset({400, 422})


def _words(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.IGNORECASE)


_MESSAGES: tuple[tuple[_Statuses, re.Pattern[str], ErrorKind], ...] = (
    (
        # Together documents 403 for it, and Groq has 413.
        frozenset({400, 403, 413, 422, 500}),
        _words(
            "context (length|size|window)",
            "maximum context",
            "max_model_len",
            "too many tokens",
            "prompt is too long",
            "context the overflows",  # LM Studio's own spelling
        ),
        "context_length",
    ),
    (
        frozenset({400, 403, 429}),
        _words("exceeded your current quota", "insufficient (quota|balance|credit|fund)", "key limit exceeded"),
        "quota",
    ),
    (
        frozenset({400, 403}),
        _words("content (management )?policy", "usage policy", "safety system", "guardrail", "moderation", "flagged"),
        "content_filter",
    ),
    (
        frozenset({400, 422, 500}),
        _words("invalid (json )?schema", "schema conversion failed", "(invalid|failed to parse) grammar"),
        "invalid_schema",
    ),
    (
        _REQUEST,
        _words(
            "unsupported parameter",
            "unknown parameter",
            "unrecognized request argument",
            "extra inputs are not permitted",
            "property '[^']{1,200}' is unsupported",
            "is not supported with this model",
        ),
        "unsupported_parameter",
    ),
    (
        _REQUEST,
        _words("not a valid model id", r"model\b.{1,200}(does not exist|not found|is not available)"),
        "not_found",
    ),
    # Azure and Mistral say 429 when it is they who are short.
    (frozenset({429}), _words("high demand", "overloaded", "capacity exceeded"), "overloaded"),
)
"""HTTP statuses, words of the message -> kind; inside status 200 without a status of its own all of them count."""


def kind_of(error: ErrorBody, *, status: int) -> ErrorKind:
    """The kind of an error with this body at this HTTP status; never fails, at worst it is `unknown`."""
    # The surest first: a message quotes prompts and names of parameters, and a status means something else everywhere.
    kind = _by_limit(error) or _by_word(error, _WORDS) or _by_place(error)
    # An error can come inside status 200, OpenRouter's most of all: then the body has the only status.
    meant = status if status >= 400 else error.http_status
    return kind or _by_message(error, meant) or _by_status(error, meant)


def _by_word(error: ErrorBody, table: Mapping[str, ErrorKind]) -> ErrorKind | None:
    return next((table[word] for word in error.words if word in table), None)


def _by_limit(error: ErrorBody) -> ErrorKind | None:
    if error.text("limit_source") in _SPENT:
        return "quota"
    return "content_filter" if error.has("flagged_input") else None


def _by_place(error: ErrorBody) -> ErrorKind | None:
    place = error.text("param")
    if place == "input_tokens":  # vLLM
        return "context_length"
    return "invalid_schema" if _SCHEMA_PLACE.fullmatch(place) else None


def _by_message(error: ErrorBody, status: int | None) -> ErrorKind | None:
    for statuses, words, kind in _MESSAGES:
        if (status is None or status in statuses) and words.search(error.message):
            return kind
    return None


def _by_status(error: ErrorBody, status: int | None) -> ErrorKind:
    if status is None:
        return _by_word(error, _ROUGH_WORDS) or "unknown"
    return _STATUSES.get(status, "server" if status >= 500 else "unknown")
