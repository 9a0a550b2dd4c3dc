"""What a response says of itself, the same for every room that asks."""

from __future__ import annotations

import pytest

from prompt_contracts.interaction import ApiResponse


@pytest.mark.parametrize(
    ("content_type", "body", "expected"),
    [
        ("text/event-stream", b"data: a\n\n", True),
        ("Text/Event-Stream; charset=utf-8", b"", True),
        ("text/event-stream", b' {"error": {}}', False),
        ("text/event-stream", b"<html>", True),
        (None, b"data: a\n\n", True),
        (None, b": comment\n\n", True),
        (None, b"\xef\xbb\xbfevent: a\n", True),
        (None, b"\n\ndata:a", True),
        (None, b'{"choices": []}', False),
        (None, b"database down", False),
        (None, b"", False),
        ("application/json", b"data: {}\n\n", True),
        ("application/json", b"{}", False),
        ("text/event-stream; charset=utf-8", b"\xef\xbb\xbf [1]", False),
        ("text/html", b"<html>data: 1", False),
    ],
)
def test_a_stream_is_known_by_its_content_type_or_its_look(
    content_type: str | None, body: bytes, expected: bool
) -> None:
    headers = () if content_type is None else (("content-type", content_type),)

    assert ApiResponse(status=200, headers=headers, body=body).is_event_stream is expected


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504, 529, 599])
def test_clients_send_again_after_what_may_pass(status: int) -> None:
    assert ApiResponse(status=status).is_sent_again


@pytest.mark.parametrize("status", [200, 204, 302, 400, 401, 404, 410, 413, 422, 499])
def test_clients_do_not_send_again_after_what_stays(status: int) -> None:
    assert not ApiResponse(status=status).is_sent_again
