"""Servers that mean no good, one row each: which kind of error they end in, and in what time and memory.

All rows are asked by one program, each in a process of its own, so that the limits are those of the client alone.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from tests.transport.hostile_server import Reply, drip, flood, serving, whole

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks, and limits the memory of a process")

SHORT = 0.25
"""Seconds that an attempt may take at a server that is slow."""
LONG = 100.0
MOST_SECONDS = 80.0
"""Of a row: many times what it takes."""
MOST_MEGABYTES = 900.0
"""Of a row, with Python and all that is imported."""

OK = b"HTTP/1.1 200 OK\r\n"
JSON = OK + b"content-type: application/json\r\n"
EVENTS = OK + b"content-type: text/event-stream\r\n"
ANSWER = json.dumps(
    {
        "id": "c",
        "object": "chat.completion",
        "model": "tiny",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
    }
).encode()
CHUNK = b'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'
MEGABYTES = 600


def sized(head: bytes, body: bytes, *, said: int | None = None) -> Reply:
    """An answer with its Content-Length, or with one that it says."""
    return whole(head, b"content-length: %d\r\n\r\n" % (len(body) if said is None else said), body)


def chunked(head: bytes, *chunks: bytes) -> Reply:
    """An answer whose chunks are written as they are given."""
    return whole(head, b"transfer-encoding: chunked\r\n\r\n", *chunks)


@cache
def bomb(window: int) -> bytes:
    """A few bytes that stand for many, and have no end: nobody may come to it."""
    packer = zlib.compressobj(1, zlib.DEFLATED, window)
    # After a full flush, what comes next stands on nothing before, and may be repeated.
    first, again = (packer.compress(bytes(1024**2)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return first + again * (MEGABYTES - 1)


def packed(encoding: str, body: Callable[[], bytes]) -> Reply:
    """An answer whose bytes are made when they are asked for."""

    def pieces() -> Iterable[bytes]:
        return sized(JSON + f"content-encoding: {encoding}\r\n".encode(), body())()

    return pieces


def bomb_in(kind: str, *, layers: int) -> Reply:
    """A bomb in an encoding that needs a package, wrapped as often as wanted."""

    def body() -> bytes:
        compress = importlib.import_module({"br": "brotli", "zstd": "zstandard"}[kind]).compress
        made = bytes(MEGABYTES * 1024**2)
        for _ in range(layers):
            made = compress(made, quality=1) if kind == "br" else compress(made)
        return bytes(made)

    return packed(", ".join([kind] * layers), body)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One server, and what is to come of it."""

    name: str
    reply: Reply
    kind: str = "malformed_response"
    says: str = ""
    """What stands in the message."""
    scheme: str = "http"
    needs: str = ""
    """A package without which the row is left out."""


GZIP, ZLIB, RAW = 31, 15, -15
LATE = "no complete answer from 127.0.0.1"
LARGE = "the answer is larger than 32 MB"
DEEP = b"[" * 200_000 + b"]" * 200_000

GROUPS: Mapping[str, tuple[Row, ...]] = {
    # Time: one deadline, whatever comes in drops.
    "time": (
        Row(name="silence", reply=drip(b"", b""), kind="timeout", says=LATE),
        Row(name="slow status", reply=drip(b"HTTP/1.1 2", b""), kind="timeout", says=LATE),
        Row(name="slow headers", reply=drip(OK + b"x: ", b"a"), kind="timeout", says=LATE),
        Row(name="slow header lines", reply=drip(OK, b"a: b\r\n"), kind="timeout", says=LATE),
        Row(
            name="slow 103", reply=drip(b"", b"HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n"), kind="timeout", says=LATE
        ),
        Row(name="slow 100", reply=drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), kind="timeout", says=LATE),
        Row(name="slow body", reply=drip(JSON + b"content-length: 9999\r\n\r\n", b" "), kind="timeout", says=LATE),
        Row(name="slow body without length", reply=drip(JSON + b"\r\n", b" "), kind="timeout", says=LATE),
        Row(
            name="slow chunks",
            reply=drip(JSON + b"transfer-encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
            kind="timeout",
            says=LATE,
        ),
        Row(
            name="slow chunk size",
            reply=drip(JSON + b"transfer-encoding: chunked\r\n\r\n1;", b"x"),
            kind="timeout",
            says=LATE,
        ),
        Row(
            name="slow trailers",
            reply=drip(JSON + b"transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", b"a: b\r\n"),
            kind="timeout",
            says=LATE,
        ),
        Row(name="comments for ever", reply=drip(EVENTS + b"\r\n", b": wait\n\n"), kind="timeout", says=LATE),
        Row(name="events for ever", reply=drip(EVENTS + b"\r\n", CHUNK), kind="timeout", says=LATE),
        Row(
            name="slow compression",
            reply=drip(JSON + b"content-encoding: gzip\r\n\r\n", b"\0"),
            kind="timeout",
            says=LATE,
        ),
        Row(
            name="slow error",
            reply=drip(b"HTTP/1.1 500 No\r\ncontent-length: 99\r\n\r\n", b" "),
            kind="timeout",
            says=LATE,
        ),
        Row(
            name="slow TLS",
            reply=drip(b"\x16\x03\x03\x40\x00\x02", b"\0"),
            kind="timeout",
            says="no connection to 127.0.0.1",
            scheme="https",
        ),
    ),
    # Size before the body.
    "head": (
        Row(name="endless header lines", reply=flood(OK, b"a: b\r\n"), says="no proper HTTP"),
        Row(name="endless header", reply=flood(OK + b"a: ", b"b"), says="no proper HTTP"),
        Row(name="endless status line", reply=flood(b"HTTP/1.1 200 ", b"b")),
        Row(name="endless 103", reply=flood(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n")),
        Row(name="endless 100", reply=flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n")),
        Row(name="giant header", reply=sized(JSON + b"x: " + b"a" * 10**6 + b"\r\n", ANSWER)),
        Row(name="many headers", reply=sized(JSON + b"x: a\r\n" * 10**5, ANSWER)),
    ),
    # Size of the body.
    "body": (
        Row(name="endless body", reply=flood(JSON + b"\r\n", b" "), says=LARGE),
        Row(
            name="endless chunks",
            reply=flood(JSON + b"transfer-encoding: chunked\r\n\r\n", b"400\r\n" + b" " * 1024 + b"\r\n"),
            says=LARGE,
        ),
        Row(name="endless comments", reply=flood(EVENTS + b"\r\n", b": a\n"), says=LARGE),
        Row(
            name="giant length",
            reply=flood(JSON + b"content-length: 999999999999999999\r\n\r\n", b" "),
            says=LARGE,
        ),
        Row(name="very many events", reply=sized(EVENTS, b"data: {}\n\n" * 10**5), kind="stream_interrupted"),
        Row(name="a million empty lines", reply=sized(EVENTS, b"\n" * 10**6 + CHUNK), kind="stream_interrupted"),
        Row(name="giant event", reply=sized(EVENTS, b"data: " + b"a" * 20 * 10**6 + b"\n\n")),
        Row(
            name="many data lines",
            reply=sized(EVENTS, b"data: a\n" * 10**5 + b"\n"),
        ),
        Row(name="deep JSON", reply=sized(JSON, DEEP)),
        Row(name="deep JSON in an event", reply=sized(EVENTS, b"data: " + DEEP + b"\n\n")),
        Row(
            name="deep error", reply=sized(b"HTTP/1.1 400 No\r\n", b'{"error": ' + DEEP + b"}"), kind="invalid_request"
        ),
        Row(name="giant number", reply=sized(JSON, b'{"choices": ' + b"9" * 10**6 + b"}")),
    ),
    # Compressions that stand for gigabytes.
    "compression": (
        Row(name="gzip", reply=packed("gzip", lambda: bomb(GZIP)), says="unpacked"),
        Row(name="x-gzip", reply=packed("x-gzip", lambda: bomb(GZIP)), says="unpacked"),
        Row(name="zlib", reply=packed("deflate", lambda: bomb(ZLIB)), says="unpacked"),
        Row(name="deflate", reply=packed("deflate", lambda: bomb(RAW)), says="unpacked"),
        Row(
            name="gzip twice",
            reply=packed("gzip, gzip", lambda: gzip.compress(bomb(GZIP))),
            says="unpacked",
        ),
        Row(
            name="gzip twice in two headers",
            reply=packed("gzip\r\ncontent-encoding: gzip", lambda: gzip.compress(bomb(GZIP))),
            says="unpacked",
        ),
        Row(
            name="deflate in gzip",
            reply=packed("deflate, gzip", lambda: gzip.compress(bomb(ZLIB))),
            says="unpacked",
        ),
        Row(
            name="gzip three times",
            reply=packed("gzip,gzip, gzip", lambda: gzip.compress(gzip.compress(gzip.compress(ANSWER)))),
            says="3 times over, and 2 is the most",
        ),
        Row(name="br", reply=bomb_in("br", layers=1), says="unpacked", needs="brotli"),
        Row(name="br twice", reply=bomb_in("br", layers=2), says="unpacked", needs="brotli"),
        Row(name="zstd", reply=bomb_in("zstd", layers=1), says="unpacked", needs="zstandard"),
        Row(
            name="zstd twice",
            reply=bomb_in("zstd", layers=2),
            says="unpacked",
            needs="zstandard",
        ),
        Row(
            name="endless gzip",
            reply=flood(JSON + b"content-encoding: gzip\r\n\r\n\x1f\x8b\x08\x08\0\0\0\0\0\0", b"a"),
            says=LARGE,
        ),
        Row(name="unknown compression", reply=packed("rot13", lambda: b"\xff\xfe"), says="'rot13'"),
        Row(name="no compression", reply=packed("gzip", lambda: ANSWER), says="damaged"),
        Row(name="cut compression", reply=packed("gzip", lambda: gzip.compress(ANSWER)[:-9])),
        Row(
            name="gzip twice of an answer",
            reply=packed("gzip, gzip", lambda: gzip.compress(gzip.compress(ANSWER))),
            kind="answer",
        ),
        Row(name="a name of no compression", reply=packed("utf-8", lambda: ANSWER), kind="answer"),
    ),
    # Framing.
    "framing": (
        Row(name="bad chunk size", reply=chunked(JSON, b"zz\r\n{}\r\n"), says="no proper HTTP"),
        Row(name="negative chunk", reply=chunked(JSON, b"-1\r\n{}\r\n")),
        Row(name="giant chunk", reply=chunked(JSON, b"f" * 30 + b"\r\n{}\r\n")),
        Row(name="chunk too long", reply=chunked(JSON, b"1\r\n{}\r\n0\r\n\r\n")),
        Row(name="cut chunk", reply=chunked(JSON, b"50\r\n{}"), kind="connection", says="broke"),
        Row(name="body shorter than it says", reply=sized(JSON, ANSWER, said=len(ANSWER) + 9), kind="connection"),
        Row(name="body longer than it says", reply=sized(JSON, ANSWER + b"x" * 99, said=len(ANSWER)), kind="answer"),
        Row(name="cut body of JSON", reply=sized(JSON, ANSWER, said=len(ANSWER) - 9)),
        Row(
            name="two lengths",
            reply=sized(JSON + b"content-length: 5\r\n", ANSWER),
            says="no proper HTTP",
        ),
        Row(name="bad length", reply=whole(JSON, b"content-length: -5\r\n\r\n", ANSWER)),
        Row(name="no HTTP", reply=whole(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), says="no proper HTTP"),
        Row(name="nothing", reply=whole(), kind="connection", says="broke"),
        Row(name="half a head", reply=whole(JSON), kind="connection", says="broke"),
        Row(name="NUL in a header", reply=sized(JSON + b"x: a\0b\r\n", ANSWER)),
        Row(name="switching protocols", reply=whole(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")),
        Row(
            name="redirect to itself",
            reply=whole(b"HTTP/1.1 307 R\r\nlocation: /redirect%20to%20itself/v1\r\ncontent-length: 0\r\n\r\n"),
            kind="unknown",
            says="/redirect%20to%20itself/v1",
        ),
        Row(
            name="redirect to a file",
            reply=whole(b"HTTP/1.1 302 R\r\nlocation: file:///etc/passwd\r\ncontent-length: 0\r\n\r\n"),
            kind="unknown",
            says="file:///etc/passwd",
        ),
    ),
    # Content.
    "content": (
        Row(name="NUL bytes", reply=sized(JSON, bytes(1000))),
        Row(name="no UTF-8", reply=sized(JSON, b'{"choices": "\xff\xfe"}')),
        Row(name="UTF-16", reply=sized(JSON, "[]".encode("utf-16"))),
        Row(name="empty", reply=sized(JSON, b"")),
        Row(name="a good answer", reply=sized(JSON, ANSWER), kind="answer"),
    ),
}


@pytest.mark.parametrize("group", GROUPS)
def test_a_hostile_answer_ends_soon_and_small_as_the_right_error(group: str) -> None:
    rows = [row for row in GROUPS[group] if not row.needs or importlib.util.find_spec(row.needs)]

    with serving({row.name: row.reply for row in rows}) as port:
        asked = [{"url": address_of(row, port), "timeout": SHORT if row.kind == "timeout" else LONG} for row in rows]
        finished = subprocess.run(
            [sys.executable, "-m", "tests.transport.hostile_client"],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            check=False,
        )

    assert finished.returncode == 0, finished.stderr
    told = zip(rows, json.loads(finished.stdout), strict=True)
    assert [(row.name, found) for row, found in told if not is_as_wanted(row, found)] == []


def address_of(row: Row, port: int) -> str:
    return f"{row.scheme}://127.0.0.1:{port}/{row.name.replace(' ', '%20')}/v1"


def is_as_wanted(row: Row, found: dict[str, Any]) -> bool:
    is_told = found["kind"] == row.kind and row.says in found["message"]
    return is_told and found["seconds"] < MOST_SECONDS and found["megabytes"] < MOST_MEGABYTES
