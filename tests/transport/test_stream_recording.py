"""Streams in a recording: as they came, byte for byte, and so that a person can read them."""

from __future__ import annotations

import json

import pytest
import vcr  # type: ignore[import-untyped]  # vcrpy ships no types
from hypothesis import given
from hypothesis import strategies as st
from vcr.cassette import Cassette  # type: ignore[import-untyped]  # as above

from prompt_contracts.errors import SecretFound
from prompt_contracts.transport.cassette_file import read_entries
from prompt_contracts.transport.cassette_text import clean, write_yaml
from tests.transport.loopback import KEY, Answer, Loopback, Workshop

STREAM = (("Content-Type", "text/event-stream; charset=utf-8"),)


def chunks(*texts: str, end: str = "\n") -> bytes:
    lines = [json.dumps({"choices": [{"delta": {"content": text}}]}, ensure_ascii=False) for text in texts]
    return "".join(f"data: {line}{end}{end}" for line in (*lines, "[DONE]")).encode()


def written(body: bytes) -> str:
    """The text of a recording of one answer with that body."""
    request: dict[str, object] = {"method": "POST", "uri": "http://127.0.0.1/v1", "headers": {}, "body": None}
    response = {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": body}}
    return write_yaml([clean({"request": request, "response": response})])


def record_stream(workshop: Workshop, server: Loopback, body: bytes) -> None:
    server.answer = lambda asked: Answer(headers=STREAM, body=body)
    workshop.record()


BODIES = {
    "plain": chunks("Hel", "lo"),
    "words": chunks("Grüße", "日本語"),
    "emoji": chunks("so 🙂", "a\u2028b"),
    "crlf": chunks("Hel", "lo", end="\r\n"),
    "cr": chunks("Hel", "lo", end="\r"),
    "comments": b": OPENROUTER PROCESSING\n\n" + chunks("a"),
    "trailing space": b"data: a \n\n",
    "leading space": b" data: a\n\ndata: b\n\n",
    "blank first": b"\n\n\ndata: b\n\n",
    "cut in a character": chunks("Grüße")[:-25],
    "no UTF-8": b"data: \xff\xfe\n\n",
    "byte order mark": b"\xef\xbb\xbfdata: a\n\n",
    "tab, nul and escape": b"data:\ta\x00\x1b[31m\n\n",
    "quotes": b"data: \"a\\\\b\\n\"\n\ndata: 'c'\r\n\r\n",
    "document markers": b"---\n...\n# no comment\n- a: b\n",
    "no line end": b"data: [DONE]",
    "empty": b"",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_stream_is_replayed_byte_for_byte(workshop: Workshop, server: Loopback, body: bytes) -> None:
    record_stream(workshop, server, body)

    response = workshop.open().send(workshop.request(), trial=1).response

    assert response is not None
    assert response.body == body


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_vcrpy_reads_the_same_bytes(workshop: Workshop, server: Loopback, body: bytes) -> None:
    record_stream(workshop, server, body)

    string = Cassette.load(path=str(workshop.path)).responses[0]["body"]["string"]

    assert (string or b"") == body
    assert vcr.__version__


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode(errors="replace")))
def test_any_bytes_survive_being_written(body: bytes) -> None:
    assert read_entries(written(b"data: " + body))[0].body == b"data: " + body


@given(
    st.lists(st.sampled_from(["data: {", "}", " ", "\n", "\r\n", "\r", '"', "\\", "ü", "🙂", "\u2028", "\t", "#", "-"]))
)
def test_any_lines_survive_being_written(pieces: list[str]) -> None:
    body = "".join(pieces).encode()

    text = written(b"x" + body)

    assert read_entries(text)[0].body == b"x" + body
    assert "\r" not in text


def test_a_stream_stands_in_the_file_as_it_is(workshop: Workshop, server: Loopback) -> None:
    record_stream(workshop, server, chunks("Grüße", "lo"))

    assert workshop.text.split("string: ")[1].startswith(
        "|+\n"
        '        data: {"choices": [{"delta": {"content": "Grüße"}}]}\n'
        "\n"
        '        data: {"choices": [{"delta": {"content": "lo"}}]}\n'
        "\n"
        "        data: [DONE]\n"
        "\n"
    )


def test_a_stream_with_other_line_ends_stands_line_by_line(workshop: Workshop, server: Loopback) -> None:
    record_stream(workshop, server, b'data: {"a": 1}\r\n\r\n data: \xf0\x9f\x99\x82\r\n\r\n')

    assert workshop.text.split("string: ")[1].startswith(
        '"data: {\\"a\\": 1}\\r\\n\\\n        \\r\\n\\\n        \\ data: 🙂\\r\\n\\\n        \\r\\n"\n'
    )


def test_what_cannot_be_seen_stands_as_an_escape_and_the_rest_as_it_is(workshop: Workshop, server: Loopback) -> None:
    record_stream(workshop, server, "data: so 🙂\n\ndata: a\u3164b\u202e\n\n".encode())

    assert workshop.text.split("string: ")[1].startswith(
        '"data: so 🙂\\n\\\n        \\n\\\n        data: a\\u3164b\\u202e\\n\\\n        \\n"\n'
    )


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_key_in_one_event_is_found(workshop: Workshop, server: Loopback, end: str) -> None:
    with pytest.raises(SecretFound, match=r"response body /choices/0/delta/content"):
        record_stream(workshop, server, chunks("Hello", f"it is {KEY}", end=end))


def test_a_key_that_comes_in_pieces_is_found(workshop: Workshop, server: Loopback) -> None:
    pieces = [KEY[at : at + 3] for at in range(0, len(KEY), 3)]

    with pytest.raises(SecretFound, match=r"/choices/0/delta/content, over several events"):
        record_stream(workshop, server, chunks("Here: ", *pieces, " ok"))

    assert not workshop.path.exists()
