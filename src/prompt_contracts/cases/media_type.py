"""What some bytes are, told by the first of them: pictures, sounds, PDF. Knows no file and no case."""

from __future__ import annotations

IMAGE_TYPES = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})
"""The pictures that OpenAI's API takes."""

_STARTS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"ID3", "audio/mpeg"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}

_GIF_HEADER = 13
_GIF_IMAGE, _GIF_EXTENSION = 0x2C, 0x21


def media_type(raw: bytes) -> str | None:
    """The media type of a file, or None where its first bytes do not tell."""
    for start, kind in _STARTS:
        if raw.startswith(start):
            return kind
    if raw[:4] == b"RIFF":
        return _RIFF.get(raw[8:12])
    # The eleven bits that start every frame of MPEG audio.
    is_frame = len(raw) > 1 and raw[0] == 0xFF and raw[1] & 0xE0 == 0xE0 and raw[1] & 0x06 != 0
    return "audio/mpeg" if is_frame else None


def is_animated_gif(raw: bytes) -> bool:
    """Whether a GIF has more than one picture; False for anything else and for what cannot be followed."""
    if media_type(raw) != "image/gif" or len(raw) < _GIF_HEADER:
        return False
    at = _GIF_HEADER + _table_size(raw[10])
    pictures = 0
    while at < len(raw) and pictures < 2:
        if raw[at] == _GIF_EXTENSION:
            at = _after_blocks(raw, at + 2)
        elif raw[at] == _GIF_IMAGE and at + 9 < len(raw):
            pictures += 1
            at = _after_blocks(raw, at + 10 + _table_size(raw[at + 9]) + 1)
        else:
            break
    return pictures > 1


def _table_size(flags: int) -> int:
    """Bytes of a colour table, by the flags that announce it."""
    return 3 << ((flags & 0x07) + 1) if flags & 0x80 else 0


def _after_blocks(raw: bytes, at: int) -> int:
    """Where a run of sub-blocks, each led by its length, ends."""
    while at < len(raw) and raw[at]:
        at += raw[at] + 1
    return at + 1
