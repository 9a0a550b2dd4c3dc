"""What a program writes is read as it comes, and marks in it tell how far it is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import IO

import pytest

from prompt_contracts.application.program_output import TailReader


@pytest.fixture
def pipe() -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    incoming, outgoing = os.pipe()
    with os.fdopen(incoming, "rb", buffering=0) as reading, os.fdopen(outgoing, "wb", buffering=0) as writing:
        yield reading, writing


def test_a_mark_is_waited_for_and_no_part_of_what_was_written(pipe: tuple[IO[bytes], IO[bytes]]) -> None:
    reader = TailReader(pipe[0])

    pipe[1].write(b"before <1>")
    reader.wait_for(b"<1>", 60)
    first = reader.text
    pipe[1].write(b"after <2>")
    reader.wait_for(b"<2>", 60)

    assert (first, reader.text) == ("before ", "before after ")
    pipe[1].close()
    assert reader.join(60)


def test_who_waits_for_a_mark_is_let_go_when_the_program_ends(pipe: tuple[IO[bytes], IO[bytes]]) -> None:
    reader = TailReader(pipe[0])
    pipe[1].write(b"last words")
    pipe[1].close()

    reader.wait_for(b"<1>", 3600)

    assert reader.text == "last words"
    assert reader.join(60)


def test_what_came_before_is_forgotten_on_request(pipe: tuple[IO[bytes], IO[bytes]]) -> None:
    reader = TailReader(pipe[0])
    pipe[1].write(b"x" * 100_000 + b"<1>")
    reader.wait_for(b"<1>", 60)
    whole = reader.text
    reader.clear()

    pipe[1].write(b"new<2>")
    reader.wait_for(b"<2>", 60)

    assert whole.startswith("…")
    assert reader.text == "new"
    pipe[1].close()
    assert reader.join(60)
