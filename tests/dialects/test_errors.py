"""Every known shape of an error body ends in one `ProviderError`."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.dialects.errors import read_error
from prompt_contracts.interaction import ApiResponse
from prompt_contracts.json_value import Json
from prompt_contracts.provider_error import ERROR_KINDS

# The bodies follow the providers' documentation and public reports; none was answered by a provider to us,
# except llama.cpp's.
BODIES: list[tuple[str, int, Json, str]] = [
    (
        "openai bad key",
        401,
        {"error": {"message": "m", "type": "invalid_request_error", "code": "invalid_api_key"}},
        "auth",
    ),
    ("azure bad key", 401, {"error": {"code": "401", "message": "Access denied"}}, "auth"),
    ("mistral bad key", 401, {"detail": "Unauthorized"}, "auth"),
    (
        "llama.cpp bad key",
        401,
        {"error": {"message": "Invalid API Key", "type": "authentication_error", "code": 401}},
        "auth",
    ),
    ("openai model", 404, {"error": {"message": "m", "code": "model_not_found"}}, "not_found"),
    ("azure deployment", 404, {"error": {"code": "DeploymentNotFound", "message": "m"}}, "not_found"),
    (
        "openai rate limit",
        429,
        {"error": {"type": "tokens", "code": "rate_limit_exceeded", "message": "m"}},
        "rate_limit",
    ),
    (
        "openai quota",
        429,
        {"error": {"type": "insufficient_quota", "code": "insufficient_quota", "message": "m"}},
        "quota",
    ),
    (
        "groq too large",
        413,
        {"error": {"type": "tokens", "code": "rate_limit_exceeded", "message": "m"}},
        "rate_limit",
    ),
    ("openrouter credit", 402, {"error": {"code": 402, "message": "Insufficient credits"}}, "quota"),
    ("openai context", 400, {"error": {"code": "context_length_exceeded", "message": "m"}}, "context_length"),
    (
        "llama.cpp context",
        400,
        {"error": {"code": 400, "type": "exceed_context_size_error", "message": "m"}},
        "context_length",
    ),
    (
        "vllm context",
        400,
        {"object": "error", "message": "maximum context length is 512", "code": 400},
        "context_length",
    ),
    (
        "azure filter",
        400,
        {"error": {"code": "content_filter", "type": None, "param": "prompt", "message": "m"}},
        "content_filter",
    ),
    (
        "openai schema",
        400,
        {"error": {"code": "invalid_function_parameters", "message": "m"}},
        "invalid_schema",
    ),
    (
        "groq tool use",
        400,
        {"error": {"code": "tool_use_failed", "failed_generation": "x", "message": "m"}},
        "tool_use_failed",
    ),
    (
        "openai parameter",
        400,
        {"error": {"code": "unsupported_parameter", "param": "max_tokens", "message": "m"}},
        "unsupported_parameter",
    ),
    (
        "mistral parameter",
        422,
        {"object": "error", "message": {"detail": [{"type": "extra_forbidden", "loc": ["n"], "msg": "m"}]}},
        "unsupported_parameter",
    ),
    ("openai overload", 503, {"error": {"code": "server_is_overloaded", "message": "m"}}, "overloaded"),
    ("openrouter overload", 529, {"error": {"code": 529, "message": "m"}}, "overloaded"),
    ("lm studio text", 400, {"error": "Model not loaded"}, "invalid_request"),
    ("plain 500", 500, {"error": {"message": "boom"}}, "server"),
]


@pytest.mark.parametrize(("status", "body", "kind"), [row[1:] for row in BODIES], ids=[row[0] for row in BODIES])
def test_a_known_body_has_its_kind(status: int, body: Json, kind: str) -> None:
    error = read_error(ApiResponse(status=status, body=json.dumps(body).encode()))

    assert error.kind == kind
    assert error.message


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (502, b"<html><head><title>Bad Gateway</title></head><body>nginx</body></html>", "Bad Gateway nginx"),
        (503, b"upstream connect error", "upstream connect error"),
        (500, b"", "HTTP 500 with an empty body"),
        (400, b"\xff\xfe", "��"),
    ],
)
def test_a_body_that_is_no_json_still_says_something(status: int, body: bytes, message: str) -> None:
    assert read_error(ApiResponse(status=status, body=body)).message == message


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ((("retry-after", "3"),), 3.0),
        ((("retry-after-ms", "250"), ("retry-after", "3")), 0.25),
        ((("retry-after", "Fri, 20 Nov 2026 10:00:30 GMT"), ("date", "Fri, 20 Nov 2026 10:00:00 GMT")), 30.0),
        ((("retry-after", "soon"),), None),
        ((), None),
    ],
)
def test_the_wait_that_a_provider_asks_for(headers: tuple[tuple[str, str], ...], seconds: float | None) -> None:
    assert read_error(ApiResponse(status=429, headers=headers)).retry_after == seconds


def test_the_code_is_text_whatever_it_was() -> None:
    assert read_error(ApiResponse(status=400, body=b'{"error": {"code": 400, "message": "m"}}')).code == "400"


def test_the_request_id_is_kept() -> None:
    response = ApiResponse(status=500, headers=(("apim-request-id", "abc"),))

    assert read_error(response).request_id == "abc"


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["error", "message", "code", "type", "detail", "x"]), inner, max_size=4)
    ),
    max_leaves=10,
)


@given(status=st.integers(min_value=200, max_value=599), body=json_values)
def test_no_shape_of_body_crashes_the_reader(status: int, body: Any) -> None:
    error = read_error(ApiResponse(status=status, body=json.dumps(body).encode()))

    assert error.kind in ERROR_KINDS
    assert error.status == status
