"""How commands speak: on standard output or error, harmless for a terminal. Decides nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from prompt_contracts.errors import UsageError
from prompt_contracts.renderers.inert_text import encodable, inert, uncommanding


def say(text: str) -> None:
    """One line or several on standard error."""
    _write(sys.stderr, uncommanding(inert(text)))


def print_text(text: str) -> None:
    """One line or several on standard output."""
    _write(sys.stdout, uncommanding(inert(text)))


def print_painted(text: str) -> None:
    """Lines on standard output that a renderer made harmless already, and perhaps coloured."""
    _write(sys.stdout, uncommanding(text))


def is_coloured(environ: Mapping[str, str], *, stream: TextIO | None = None) -> bool:
    """Whether standard output, or another stream, takes colours.

    As pytest decides it: by `NO_COLOR`, `FORCE_COLOR` and the terminal.
    """
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return (stream or sys.stdout).isatty() and environ.get("TERM") != "dumb"


def print_commands(text: str) -> None:
    """Lines on standard output that a runner of CI is to obey."""
    _write(sys.stdout, inert(text))


def counted(number: int, noun: str) -> str:
    """`1 reply`, `2,000 replies`."""
    if number != 1:
        noun = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {noun}"


@contextmanager
def opened_output(name: str) -> Iterator[TextIO]:
    """The file that `--out` names, opened for writing; `-` is standard output. `UsageError` when it cannot be."""
    if name == "-":
        yield sys.stdout
        sys.stdout.flush()
        return
    try:
        # An error of the caller is not one of opening: the file is closed further down.
        file = Path(name).open("w", encoding="utf-8", newline="\n")  # noqa: SIM115
    except OSError as error:
        raise UsageError(f"--out {name}: cannot be written: {error.strerror}") from None
    with file:
        yield file


def _write(stream: TextIO, text: str) -> None:
    stream.write(encodable(text, stream.encoding or "utf-8") + "\n")
