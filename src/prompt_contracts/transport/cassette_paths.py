"""Case -> the path of its recording inside the cassette folder. Pure text: no file is looked at."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import PurePosixPath

from prompt_contracts.case import Case

# Both after Microsoft's "Naming Files, Paths, and Namespaces": a repository is checked out on Windows, too.
_REFUSED = re.compile(r'[<>:"\\|?*\x00-\x1f\x7f]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)\s*(\.|\Z)", re.IGNORECASE)
_LONGEST = 200
"""Bytes of one name; file systems take 255, and a temporary file's name is longer than the file's."""


def cassette_path(case: Case) -> str:
    """`weather/picks_weather_tool/oslo/groq/openai__gpt-oss-20b.yaml`, with forward slashes.

    The case file's path without its suffix, and without a leading `cases/`; the case; the row, the relation and
    the prompt where there are any; provider and model. Each part is made safe for every file system. A case without a
    model gets `_`.
    """
    provider, separator, model = (case.model or "").partition(":")
    last = (provider, model.replace("/", "__")) if separator else (provider.replace("/", "__") or "_",)
    axes = [part for part in (case.row, case.relation, case.prompt) if part is not None]
    return (
        "/".join([*recordings_of_file(case.path), *(safe_name(part) for part in (case.name, *axes, *last))]) + ".yaml"
    )


@lru_cache(maxsize=64)
def recordings_of_file(path: str) -> tuple[str, ...]:
    """The folders, from the outermost on, in which the recordings of a case file lie."""
    file = PurePosixPath(path).with_suffix("").parts
    folders = file[1:] if len(file) > 1 and file[0] == "cases" else file
    return tuple(safe_name(part) for part in folders if part != "/")


def without_model(path: str) -> str:
    """Where the recordings of a cell lie for whatever model: its path without the provider and the model."""
    return path.rsplit("/", 2)[0]


@lru_cache(maxsize=1024)
def safe_name(part: str) -> str:
    """A name that every file system takes; most are so already."""
    part = _REFUSED.sub("_", part.replace("/", "__"))
    # Windows drops these at the end of a name: two names would become one.
    kept = part.rstrip(". ")
    part = kept + "_" * (len(part) - len(kept)) or "_"
    if found := _RESERVED.match(part):
        end = found.end(1)
        part = f"{part[:end]}_{part[end:]}"
    encoded = part.encode(errors="replace")
    if len(encoded) <= _LONGEST:
        return part
    # Two long names that begin alike must not share a file.
    digest = hashlib.sha256(encoded).hexdigest()[:12]
    return f"{encoded[: _LONGEST - 13].decode(errors='ignore')}_{digest}"
