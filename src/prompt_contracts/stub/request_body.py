"""The body of a request off the wire, whole or in chunks, never more than a limit. Does not ask what it means."""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import BufferedIOBase

# RFC 9112 (7.1), extensions passed over as it asks for (7.1.1).
_CHUNK_SIZE = re.compile(rb"([0-9a-fA-F]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n\Z")
_LONGEST_LINE = 4096
_MOST_TRAILERS = 64


class BodyError(Exception):
    """A body that is not taken: `status` and a message for the client. What follows it cannot be told."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def read_body(stream: BufferedIOBase, *, lengths: Sequence[str], encodings: Sequence[str], limit: int) -> bytes:
    """The body that the values of `Content-Length` and `Transfer-Encoding` announce; `limit` in bytes.

    Raises `BodyError` for one that is too large or badly framed, `ConnectionError` when it does not come whole.
    """
    # RFC 9112 (6.3): lengths that differ, and a length beside an encoding, are how requests are smuggled.
    if len(set(lengths)) > 1:
        raise BodyError(400, "a request has one Content-Length")
    if not encodings:
        return _read_whole(stream, lengths[0], limit) if lengths else b""
    if lengths:
        raise BodyError(400, "a request has either a Content-Length or a Transfer-Encoding, not both")
    if [encoding.strip().lower() for encoding in encodings] != ["chunked"]:
        raise BodyError(400, "the only transfer encoding that is understood is chunked, and once")
    return _read_chunks(stream, limit)


def _read_whole(stream: BufferedIOBase, length: str, limit: int) -> bytes:
    # `int` also reads `+5`, `5_0` and the digits of other scripts.
    if not (length.isascii() and length.isdigit()):
        raise BodyError(400, "Content-Length must be a number of bytes")
    if len(length) > 15 or int(length) > limit:
        raise _too_large(limit)
    return _read_exactly(stream, int(length))


def _read_chunks(stream: BufferedIOBase, limit: int) -> bytes:
    body = bytearray()
    while size := _chunk_size(stream):
        if len(body) + size > limit:
            raise _too_large(limit)
        body += _read_exactly(stream, size)
        if stream.readline(3) not in (b"\r\n", b"\n"):
            raise BodyError(400, "a chunk of the body is longer than it said")
    # RFC 9112 (7.1.2): fields may follow the last chunk. None of them is wanted here.
    for _ in range(_MOST_TRAILERS):
        if stream.readline(_LONGEST_LINE) in (b"\r\n", b"\n", b""):
            return bytes(body)
    raise BodyError(400, "too many trailers after the body")


def _chunk_size(stream: BufferedIOBase) -> int:
    found = _CHUNK_SIZE.match(stream.readline(_LONGEST_LINE))
    if found is None:
        raise BodyError(400, "a chunk of the body does not start with its size")
    return int(found[1], 16)


def _read_exactly(stream: BufferedIOBase, size: int) -> bytes:
    body = stream.read(size)
    if len(body) < size:
        raise ConnectionAbortedError("the client went away within its body")
    return body


def _too_large(limit: int) -> BodyError:
    return BodyError(413, f"the body is larger than {limit:,} bytes")
