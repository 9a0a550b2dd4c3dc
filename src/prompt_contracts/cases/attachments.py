"""Pictures, sounds and files of messages: local ones are read and become base64, data URLs are checked.

What they are is told by their first bytes, never by their name. Asks no network.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from pathlib import Path
from typing import NamedTuple

from prompt_contracts.cases.findings import Findings
from prompt_contracts.cases.node import Node
from prompt_contracts.cases.project_file import MissingFileError, locate
from prompt_contracts.json_value import Json

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
# RIFF is a container: what is in it stands behind its length.
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
    # GIF89a (17 to 19): six bytes of a name, seven of the screen, and a table of colours if a flag says so.
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


LARGEST = 20_000_000
"""Bytes of one local file at most."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):")
_DATA_URL = re.compile(r"data:([^;,]*)((?:;[^;,]*)*),", re.IGNORECASE)
_PICTURES = "PNG, JPEG, WEBP or GIF"
# Documents have no magic bytes that tell them apart, and the tables of an operating system differ.
_BY_SUFFIX = {
    ".csv": "text/csv",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".html": "text/html",
    ".json": "application/json",
    ".md": "text/markdown",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".txt": "text/plain",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xml": "application/xml",
}


class _File(NamedTuple):
    """A local file that was read."""

    name: str
    type: str | None
    """Media type by the first bytes; None where they do not tell."""
    base64: str
    is_animated: bool

    def data_url(self, kind: str) -> str:
        return f"data:{kind};base64,{self.base64}"


class _WrongError(Exception):
    """An attachment cannot be sent; the message says why."""

    def __init__(self, message: str, *, advice: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice


class Attachments:
    """The attachments of one case file; reads each local file once."""

    def __init__(self, *, root: Path) -> None:
        self._root = root.resolve()
        self._files: dict[tuple[Path, str], _File] = {}
        self._checked: dict[str, str | None] = {}

    def contents(self, parts: list[Node], findings: Findings) -> list[Json]:
        """The values of content parts, local files put in; what is wrong is noted as PC116."""
        return [self._part(part, findings) for part in parts]

    def _part(self, part: Node, findings: Findings) -> Json:
        for kind, key, fill in (
            ("image_url", "url", self._picture),
            ("input_audio", "data", self._sound),
            ("file", "file_data", self._file),
        ):
            whole = part.member(kind)
            source = None if whole is None else whole.member(key)
            if whole is None or source is None or not isinstance(source.value, str):
                continue
            try:
                filled = fill(source, source.value, whole)
            except (MissingFileError, _WrongError) as error:
                findings.error("PC116", error.message, source, advice=error.advice)
                return part.value
            return part.value if filled is None else {**_mapping(part), kind: {**_mapping(whole), **filled}}
        return part.value

    def _picture(self, place: Node, text: str, _whole: Node) -> dict[str, Json] | None:
        scheme = _SCHEME.match(text)
        if scheme is not None and scheme[1].lower() in ("http", "https"):
            return None
        if scheme is not None and scheme[1].lower() == "data":
            self._check_data_url(text, is_picture=True)
            return None
        if scheme is not None:
            advice = "write an http(s) address, a data URL, or the path of a file relative to this one"
            raise _WrongError(f"a picture cannot be had by '{scheme[0]}'", advice=advice)
        found = self._read(text, place)
        if found.type not in IMAGE_TYPES:
            raise _WrongError(f"'{text}' is no {_PICTURES} file: its first bytes say {_words(found.type)}")
        if found.is_animated:
            raise _WrongError(f"'{text}' is an animated GIF, which no provider takes", advice="take one frame of it")
        return {"url": found.data_url(found.type)}

    def _sound(self, place: Node, text: str, whole: Node) -> dict[str, Json] | None:
        # No character of base64 (RFC 4648, 4) is a dot, and hardly a name of a file is without one.
        if "." not in text:
            return {"data": _clean_base64(text, "the sound")}
        found = self._read(text, place)
        written = whole.member("format")
        said = str(written.value).lower() if written is not None else ""
        told = {"audio/wav": "wav", "audio/mpeg": "mp3"}.get(found.type or "")
        if said in ("wav", "mp3") and told != said:
            is_other = told or _words(found.type)
            raise _WrongError(f"'{text}' is no {said} file: its first bytes say {is_other}", advice="correct 'format'")
        return {"data": found.base64}

    def _file(self, place: Node, text: str, whole: Node) -> dict[str, Json] | None:
        if text[:5].lower() == "data:":
            self._check_data_url(text, is_picture=False)
            return None
        if "." not in text:
            return {"file_data": _clean_base64(text, "the file")}
        found = self._read(text, place)
        kind = found.type or _BY_SUFFIX.get(Path(text).suffix.lower(), "application/octet-stream")
        name = {} if whole.member("filename") is not None else {"filename": found.name}
        return {"file_data": found.data_url(kind), **name}

    def _read(self, name: str, place: Node) -> _File:
        key = (place.source.folder, name)
        if key not in self._files:
            self._files[key] = _read(name, locate(name, folder=place.source.folder, root=self._root))
        return self._files[key]

    def _check_data_url(self, text: str, *, is_picture: bool) -> None:
        key = f"{is_picture}{text}"
        if key not in self._checked:
            self._checked[key] = None
            try:
                _check_data_url(text, is_picture=is_picture)
            except _WrongError as error:
                self._checked[key] = error.message
        if (message := self._checked[key]) is not None:
            raise _WrongError(message, advice="write the path of the file instead: it is read and encoded for you")


def _read(name: str, path: Path) -> _File:
    try:
        size = path.stat().st_size
        # Asked before it is read: a file of gigabytes would fill the memory only to be refused.
        raw = path.read_bytes() if size <= LARGEST else b""
    except OSError as error:
        raise _WrongError(f"'{name}' cannot be read: {error.strerror}") from None
    if size > LARGEST:
        raise _WrongError(f"'{name}' has {size:,} bytes, more than {LARGEST:,}", advice="make it smaller")
    if not raw:
        raise _WrongError(f"'{name}' is empty")
    return _File(path.name, media_type(raw), b64encode(raw).decode("ascii"), is_animated_gif(raw))


def _check_data_url(text: str, *, is_picture: bool) -> None:
    head = _DATA_URL.match(text)
    if head is None or "base64" not in head[2].lower().split(";"):
        raise _WrongError("this data URL is not of the form data:<type>;base64,<data>")
    said = head[1].lower()
    raw = _check_base64(text[head.end() :], "the data URL")
    told = media_type(raw)
    if is_picture and said not in IMAGE_TYPES:
        raise _WrongError(f"this data URL says '{said or 'nothing'}', which is no type of a {_PICTURES} picture")
    # Only of pictures is the type sure to be told by the first bytes.
    if told != said and (said in IMAGE_TYPES or told in IMAGE_TYPES):
        raise _WrongError(f"this data URL says '{said}', but its first bytes say {_words(told)}")
    if is_picture and is_animated_gif(raw):
        raise _WrongError("this data URL holds an animated GIF, which no provider takes")


def _check_base64(text: str, what: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):  # ValueError: characters beyond ASCII
        advice = "write the path of a file, which is read and encoded for you"
        raise _WrongError(f"{what} is not valid base64", advice=advice) from None


def _clean_base64(text: str, what: str) -> str:
    """Base64 without the line ends that a file of it has."""
    # RFC 2045 (6.8) breaks base64 every 76 characters; no JSON API takes the line ends.
    clean = "".join(text.split())
    _check_base64(clean, what)
    return clean


def _words(kind: str | None) -> str:
    return "nothing that is known" if kind is None else kind


def _mapping(node: Node) -> dict[str, Json]:
    return node.value if isinstance(node.value, dict) else {}
