"""What an error says of itself is read from every form of response, and a good answer is none."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.dialects.error_response import classify, read_error
from prompt_contracts.interaction import ApiResponse
from prompt_contracts.json_value import Json
from prompt_contracts.provider_error import ERROR_KINDS, LARGEST_ERROR_BODY
from tests.dialects.error_envelopes import EXTRA, behind, mistral, openai, openrouter, response

SENT_ON = "HTTP 308 sends us on to https://b/v1, and requests are not redirected: correct the base URL"


@pytest.mark.parametrize(
    ("status", "body", "kind", "message"),
    [
        (502, b"<html><head><title>Bad Gateway</title></head><body>nginx</body></html>", "server", "Bad Gateway nginx"),
        (403, b"<style>a{b:c}</style><p>Denied<script>x()</script>", "permission", "Denied"),
        (503, b"upstream connect error", "overloaded", "upstream connect error"),
        (500, b"", "server", "HTTP 500 with an empty body"),
        (401, b"\n", "auth", "HTTP 401 with an empty body"),
        (500, b"{}", "server", "HTTP 500 with a body that says nothing"),
        (418, b"null", "unknown", "null"),
        (400, b"\xff\xfe", "invalid_request", "��"),
        (500, b'"boom"', "server", "boom"),
        (429, b"[" * 100_000, "rate_limit", "[" * 299 + "…"),
        (400, b'data: {"error": {"message": "too many", "code": 400}}\n\n', "invalid_request", "too many"),
        (308, b"", "unknown", SENT_ON),
        (308, b"<html><h1>308 Permanent Redirect</h1>nginx</html>", "unknown", SENT_ON),
        (308, b'{"message": "moved"}', "unknown", SENT_ON),
    ],
)
def test_a_body_of_any_form_still_says_something(status: int, body: bytes, kind: str, message: str) -> None:
    headers = (("location", "https://b/v1"),) if status == 308 else ()

    error = read_error(ApiResponse(status=status, headers=headers, body=body))

    assert (error.kind, error.message) == (kind, message)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (openai("boom"), "boom"),
        ({"error": "boom"}, "boom"),
        ({"detail": "boom"}, "boom"),
        ({"detail": EXTRA}, "body.n: Extra inputs are not permitted"),
        (mistral({"detail": EXTRA}), "body.n: Extra inputs are not permitted"),
        (behind(400, openai("boom")), "Provider returned error: Behind says boom"),
        (behind(400, "boom"), "Provider returned error: Behind says boom"),
        (openrouter("m", 400, raw={"error": "boom"}), "m: boom"),
        ({"status": "bad"}, '{"status": "bad"}'),
    ],
)
def test_the_message_is_the_provider_s_own(body: Json, message: str) -> None:
    assert read_error(response(body)).message == message


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (openai("m", code="x"), "x"),
        (openai("m", code=400), "400"),
        (openai("m"), None),
        (openai("m", code=True), None),
        (mistral("m", code="3280"), "3280"),
        (behind(400, openai("m", code="context_length_exceeded")), "context_length_exceeded"),
        (behind(400, openai("m")), "400"),
    ],
)
def test_the_code_is_text_and_the_one_that_tells_most(body: Json, code: str | None) -> None:
    assert read_error(response(body)).code == code


NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
LATER = ("retry-after", "Fri, 20 Nov 2026 10:00:30 GMT")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ((("retry-after", "3"),), 3.0),
        ((("retry-after", " 0.5 "),), 0.5),
        ((("retry-after-ms", "250"), ("retry-after", "3")), 0.25),
        ((("retry-after-ms", "soon"), ("retry-after", "3")), 3.0),
        ((LATER, ("date", "Fri, 20 Nov 2026 10:00:10 GMT")), 20.0),
        ((LATER, ("date", "Fri, 20 Nov 2026 11:00:00 +0100")), 30.0),
        ((LATER, ("date", "Fri, 20 Nov 2026 10:01:00 GMT")), 0.0),
        ((LATER, ("date", "yesterday")), None),
        ((LATER,), None),
        ((("retry-after", "soon"),), None),
        ((("retry-after", "-1"),), None),
        ((("retry-after", "9" * 400),), None),
        ((("retry-after", "Fri, 20 Nov 2026 99:00:30 GMT"),), None),
        ((), None),
    ],
)
def test_the_wait_that_a_provider_asks_for(headers: tuple[tuple[str, str], ...], seconds: float | None) -> None:
    assert read_error(ApiResponse(status=429, headers=headers)).retry_after == seconds


def test_a_date_without_a_date_counts_from_now() -> None:
    found = ApiResponse(status=429, headers=(LATER,))

    assert read_error(found, now=NOW).retry_after == 30.0


@given(value=st.text(max_size=40), date=st.text(max_size=40))
def test_no_header_crashes_the_reader(value: str, date: str) -> None:
    wait = read_error(ApiResponse(status=429, headers=(("retry-after", value), ("date", date)))).retry_after

    assert wait is None or wait >= 0


@pytest.mark.parametrize(
    ("headers", "body", "request_id"),
    [
        ((("x-request-id", "req_1"),), openai("m"), "req_1"),
        ((("apim-request-id", "abc"),), openai("m"), "abc"),
        ((("mistral-correlation-id", "xyz"),), mistral("m"), "xyz"),
        ((("x-request-id", "req_1"),), {"id": "o-1", "error": {"message": "m"}}, "req_1"),
        ((), {"id": "o-1", "error": {"message": "m"}}, "o-1"),
        ((), {"request_id": "r-1", "error": {"message": "m"}}, "r-1"),
        ((), {"id": 5, "error": {"message": "m"}}, None),
        ((), openai("m"), None),
    ],
)
def test_the_request_id_is_kept(headers: tuple[tuple[str, str], ...], body: Json, request_id: str | None) -> None:
    assert read_error(response(body, headers=headers)).request_id == request_id


def test_the_raw_body_is_kept_up_to_a_limit() -> None:
    body = ("é" * LARGEST_ERROR_BODY + "tail").encode()

    assert read_error(ApiResponse(status=500, body=body)).body == "é" * (LARGEST_ERROR_BODY - 1) + "…"


@pytest.mark.parametrize(
    "body",
    [
        b'{"choices": [{"message": {"content": "error"}}], "error": null}',
        b'{"choices": [{"message": {"content": "{\\"error\\": 1}"}}]}',
        b'{"status": "completed", "error" : null}',
        b'data: {"choices": [], "error": null}\n\ndata: {"id": "error"}\n\n',
        b'{"tools": [{"properties": {"error": {}}}]}',
        b"not JSON",
        b"",
    ],
)
def test_an_answer_without_an_error_is_none_to_the_retry_layer(body: bytes) -> None:
    assert classify(ApiResponse(status=200, body=body)) is None


@pytest.mark.parametrize(
    "body",
    [
        b'data: {"choices": []}\n\ndata: {"error": {"code": 429, "message": "m"}}\n\n',
        b'event: error\ndata: {"message": "m", "code": 429}\n\n',
        b'{"error": {"code": 429, "message": "m"}}',
        b'{"object":"error","code":429,"message":"m"}',
    ],
)
def test_an_error_inside_status_200_is_one_to_the_retry_layer(body: bytes) -> None:
    found = classify(ApiResponse(status=200, body=body))

    assert found is not None
    assert (found.kind, found.message) == ("rate_limit", "m")


WORDS = [
    "error",
    "message",
    "code",
    "type",
    "detail",
    "metadata",
    "raw",
    "innererror",
    "param",
    "msg",
    "loc",
    "id",
    "x",
]
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(['{"error": {"raw": "{}"}}']),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=10,
)


@given(status=st.integers(min_value=200, max_value=599), body=json_values, is_stream=st.booleans())
def test_no_shape_of_body_crashes_the_reader(status: int, body: Any, is_stream: bool) -> None:
    text = f"event: error\ndata: {json.dumps(body)}\n\n" if is_stream else json.dumps(body)
    found = ApiResponse(status=status, body=text.encode())

    error = read_error(found)

    assert error.kind in ERROR_KINDS
    assert error.status == status
    assert error.message
    assert classify(found) in (None, error)


@given(status=st.integers(min_value=200, max_value=599), body=st.binary())
def test_no_bytes_crash_the_reader(status: int, body: bytes) -> None:
    found = ApiResponse(status=status, body=body)

    assert read_error(found).message
    assert classify(found) is None or status >= 300


@pytest.mark.parametrize("depth", [100, 900, 990, 100_000])
@pytest.mark.parametrize(
    ("start", "end"), [('{"error":{"message":', "1"), ('{"error":{"detail":', "1"), ('{"a":', "1")]
)
def test_depth_does_not_crash_the_reader(depth: int, start: str, end: str) -> None:
    body = f"{start}{'[' * depth}{end}{']' * depth}{'}' * start.count('{')}".encode()

    assert read_error(ApiResponse(status=400, body=body)).message
