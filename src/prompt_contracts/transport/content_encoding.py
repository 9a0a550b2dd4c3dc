"""Bodies out of their compression, never more of them than a limit. Never touches the network.

A body of a few bytes can stand for gigabytes: every kind is undone piece by piece, and stops at the limit.
"""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from typing import Any

LARGEST_CONTENT = 32 * 1024 * 1024
"""Bytes of one body, as it came and after each compression that is taken off it."""
MOST_LAYERS = 2
"""Compressions one over the other; a server needs one."""

_DAMAGED = "is compressed and damaged"
_PIECE = 64 * 1024
# RFC 1952 (2.2) sets no limit, and an empty member of 20 bytes costs a decoder.
_MOST_MEMBERS = 100
"""Parts of one gzip body."""
_ZSTD_STEP = 64
"""Bytes at a time: a block of four bytes stands for 128 kB at most."""
_ZSTD_WINDOW = 8 * 1024 * 1024
"""Bytes that a decoder of HTTP bodies has to keep (RFC 9659)."""


class EncodingError(Exception):
    """A body that is not decoded; the message goes on after "the answer"."""


class ContentTooLargeError(EncodingError):
    """A body that is larger than its limit when it is unpacked."""


class _CutError(Exception):
    """The compressed bytes end before their end."""


def inflate(
    body: bytes,
    encodings: Iterable[str],
    *,
    is_cut: bool = False,
    is_lenient: bool = False,
    limit: int = LARGEST_CONTENT,
) -> bytes:
    """The body without the compressions that the values of `content-encoding` name; `EncodingError` if it cannot be.

    `limit` is the most bytes after each compression that is taken off; beyond it is a `ContentTooLargeError`.
    Of one that `is_cut` as much as came. With `is_lenient` one that is plain text whatever its header says (a
    recorder decoded it and kept the header) comes back as it is.
    """
    # RFC 9110 (8.4): named in the order in which they were applied, so taken off from the last on.
    names = _names(encodings)
    if len(names) > MOST_LAYERS:
        raise EncodingError(f"is compressed {len(names)} times over, and {MOST_LAYERS} is the most")
    for name in reversed(names):
        is_plain = name not in _DECODERS or is_lenient
        if body and not (is_plain and _is_text(body)):
            body = _without(body, name, is_cut=is_cut, limit=limit)
    return body


def _names(encodings: Iterable[str]) -> list[str]:
    names = [name.strip().lower() for value in encodings for name in value.split(",")]
    return [name for name in names if name not in ("", "identity")]


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _without(body: bytes, name: str, *, is_cut: bool, limit: int) -> bytes:
    if name not in _DECODERS:
        raise EncodingError(f"is compressed as {name[:40]!r}, which cannot be decoded")
    found = bytearray()
    try:
        for piece in _DECODERS[name](body):
            found += piece
            if len(found) > limit:
                raise ContentTooLargeError(f"is larger than {_size(limit)} when it is unpacked")
    except _CutError:
        if not is_cut:
            raise EncodingError("is compressed and cut short") from None
    return bytes(found)


def _size(limit: int) -> str:
    return f"{limit // 1024 // 1024} MB" if limit >= 1024 * 1024 else f"{limit:,} bytes"


def _gzip(body: bytes) -> Iterator[bytes]:
    """Every member: a body may be put together from several."""
    for _ in range(_MOST_MEMBERS):
        body = yield from _zlib(zlib.decompressobj(zlib.MAX_WBITS | 16), body)
        body = body.lstrip(b"\0")  # padding is allowed
        if not body:
            return
    raise EncodingError(_DAMAGED)


def _deflate(body: bytes) -> Iterator[bytes]:
    # Some servers send raw deflate, others wrap it as zlib (RFC 9110, 8.4.1.2): the first byte tells, whose lower half
    # is always 8 in the wrapped form (RFC 1950, 2.2).
    rest = yield from _zlib(zlib.decompressobj(zlib.MAX_WBITS if body[0] & 0x0F == 8 else -zlib.MAX_WBITS), body)
    if rest:
        raise EncodingError(_DAMAGED)


def _zlib(inflater: Any, body: bytes) -> Generator[bytes, None, bytes]:
    """Returns what stands behind the end."""
    try:
        # In pieces, for what is not looked at yet is copied with each of them.
        for start in range(0, len(body), _PIECE):
            piece = inflater.decompress(body[start : start + _PIECE], _PIECE)
            while piece:
                yield piece
                piece = inflater.decompress(inflater.unconsumed_tail, _PIECE)
            if inflater.eof:
                return bytes(inflater.unused_data) + body[start + _PIECE :]
    except zlib.error:
        raise EncodingError(_DAMAGED) from None
    raise _CutError


def _brotli(body: bytes) -> Iterator[bytes]:
    brotli = _module("brotli", kind="br")
    decoder = brotli.Decompressor()
    if not hasattr(decoder, "can_accept_more_data"):  # before 1.2 nothing keeps it from filling the memory
        raise EncodingError("is compressed as 'br': install brotli 1.2 or newer, or ask for another compression")
    try:
        yield decoder.process(body, output_buffer_limit=_PIECE)
        while not decoder.is_finished():
            piece = decoder.process(b"", output_buffer_limit=_PIECE)
            if not piece and decoder.can_accept_more_data():
                raise _CutError
            yield piece
    except brotli.error:
        raise EncodingError(_DAMAGED) from None


def _zstd(body: bytes) -> Iterator[bytes]:
    zstandard = _module("zstandard", kind="zstd")
    decompressor = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
    decoder = decompressor.decompressobj()
    try:
        for start in range(0, len(body), _ZSTD_STEP):
            waiting = body[start : start + _ZSTD_STEP]
            while waiting:
                # RFC 8878 (3.1): a body may be several frames, one behind the other.
                if decoder.eof:
                    decoder = decompressor.decompressobj()
                yield decoder.decompress(waiting)
                waiting = decoder.unused_data if decoder.eof else b""
    except zstandard.ZstdError:
        raise EncodingError(_DAMAGED) from None
    if not decoder.eof:
        raise _CutError


def _module(name: str, *, kind: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise EncodingError(f"is compressed as {kind!r}: install the package {name}") from None


_DECODERS: Mapping[str, Callable[[bytes], Iterator[bytes]]] = {
    "gzip": _gzip,
    # RFC 9110 (8.4.1.3): to be taken for gzip.
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
