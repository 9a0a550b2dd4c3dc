"""How commands speak: on standard output or error, harmless for a terminal. Decides nothing.

While a command runs, standard output is its own: what code of the project prints meanwhile goes to standard error.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TextIO

from prompt_contracts.errors import UsageError
from prompt_contracts.renderers.inert_text import encodable, inert, uncommanding

_STANDARD_OUTPUT = 1
_DEFAULT_WIDTH = 80
# The stream of the command that runs, and none else.
_kept: list[TextIO] = []


@contextmanager
def kept_output() -> Iterator[None]:
    """Nothing else writes on standard output while this lasts, programs that are started included."""
    with _kept_stream(sys.stdout) as own, redirect_stdout(sys.stderr):
        _kept.append(own)
        try:
            yield
        finally:
            _kept.pop()


@contextmanager
def _kept_stream(own: TextIO) -> Iterator[TextIO]:
    try:
        place, other = own.fileno(), sys.stderr.fileno()
    except (AttributeError, OSError, ValueError):  # no files: somebody caught them, and what Python prints is all
        place = other = -1
    if place != _STANDARD_OUTPUT:
        yield own
        return
    own.flush()
    kept = os.fdopen(os.dup(place), "w", encoding=own.encoding, errors=own.errors, buffering=1 if own.isatty() else -1)
    os.dup2(other, place)
    try:
        yield kept
    finally:
        os.dup2(kept.fileno(), place)
        kept.close()


def standard_output() -> TextIO:
    """Where commands write what they were asked for."""
    return _kept[-1] if _kept else sys.stdout


def terminal_width() -> int:
    """The columns of the terminal that standard output is, or those that the environment says."""
    said = os.environ.get("COLUMNS", "")
    if said.isascii() and said.isdigit() and int(said) > 0:
        return int(said)
    try:
        return os.get_terminal_size(standard_output().fileno()).columns or _DEFAULT_WIDTH
    except (AttributeError, OSError, ValueError):
        return _DEFAULT_WIDTH


def say(text: str) -> None:
    """One line or several on standard error."""
    _write(sys.stderr, uncommanding(inert(text)))


def print_text(text: str) -> None:
    """One line or several on standard output."""
    _write(standard_output(), uncommanding(inert(text)))


def print_painted(text: str) -> None:
    """Lines on standard output that a renderer made harmless already, and perhaps coloured."""
    _write(standard_output(), uncommanding(text))


def is_coloured(environ: Mapping[str, str], *, stream: TextIO | None = None) -> bool:
    """Whether standard output, or another stream, takes colours.

    As pytest decides it: by `NO_COLOR`, `FORCE_COLOR` and the terminal.
    """
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return (stream or standard_output()).isatty() and environ.get("TERM") != "dumb"


def print_commands(text: str) -> None:
    """Lines on standard output that a runner of CI is to obey."""
    _write(standard_output(), inert(text))


def counted(number: int, noun: str) -> str:
    """`1 reply`, `2,000 replies`."""
    if number != 1:
        noun = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {noun}"


@contextmanager
def opened_output(name: str) -> Iterator[TextIO]:
    """The file that `--out` names, opened for writing; `-` is standard output. `UsageError` when it cannot be."""
    if name == "-":
        yield standard_output()
        standard_output().flush()
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
