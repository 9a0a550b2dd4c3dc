"""Response bodies out of their compression, as other tools store them. Never touches the network."""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Iterable

from prompt_contracts.transport.yaml_reader import UnreadableError

LARGEST_BODY = 32 * 1024 * 1024
"""Bytes of one decoded answer."""


def decode_body(body: bytes, encodings: Iterable[str]) -> bytes:
    """The body without the compressions that `content-encoding` names.

    A body that is not compressed although the header says so (a recorder decoded it and kept the header)
    comes back as it is. `UnreadableError` when it cannot be decoded, or grows past `LARGEST_BODY`.
    """
    names = [name.strip().lower() for value in encodings for name in value.split(",") if name.strip()]
    for name in reversed(names):
        if name == "identity" or not body or _is_text(body):
            continue
        body = _decode(body, name)
    if len(body) > LARGEST_BODY:
        raise UnreadableError("an answer in it is larger than 32 MB")
    return body


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _decode(body: bytes, name: str) -> bytes:
    if name in ("gzip", "x-gzip"):
        return _inflate(body, zlib.MAX_WBITS | 16)
    if name == "deflate":
        # Some servers send raw deflate, others wrap it as zlib: the first byte tells.
        return _inflate(body, zlib.MAX_WBITS if body[0] & 0x0F == 8 else -zlib.MAX_WBITS)
    if name == "br":
        return _unbrotli(body)
    raise UnreadableError(f"an answer in it is compressed as {name!r}, which cannot be decoded")


def _inflate(body: bytes, window: int) -> bytes:
    inflater = zlib.decompressobj(window)
    try:
        decoded = inflater.decompress(body, LARGEST_BODY + 1)
    except zlib.error:
        raise UnreadableError("a compressed answer in it is damaged") from None
    if len(decoded) <= LARGEST_BODY and not inflater.eof:
        raise UnreadableError("a compressed answer in it is cut short")
    return decoded


def _unbrotli(body: bytes) -> bytes:
    try:
        brotli = importlib.import_module("brotli")
    except ImportError:
        raise UnreadableError(
            "an answer in it is compressed as 'br': install the package brotli, or record again"
        ) from None
    try:
        return bytes(brotli.decompress(body))
    except brotli.error:
        raise UnreadableError("a compressed answer in it is damaged") from None
