"""Runs the examples of a page as a reader would: files are written, commands run, outputs compared.

Blocks of YAML, TOML, JSON and text are files; a `console` block is a command and what is seen of its output,
where `…` on a line of its own stands for lines left out. A `diff` block changes lines of files that are there.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.docs.example_server import KEY, says
from tests.docs.markdown import Block, Note, Section
from tests.neighbours import WITHOUT_NEIGHBOURS
from tests.transport.loopback import Loopback

CUT = "…"
DEFAULT_ANSWER = "answers Hello!"
DEFAULT_NAMES = {"yaml": "cases/greetings.yaml", "toml": "pyproject.toml"}


@dataclass(frozen=True, kw_only=True)
class ShownRun:
    """One console block, and what its command really printed."""

    block: Block
    printed: list[str]

    @property
    def chunks(self) -> list[list[str]]:
        """The lines shown, parted where some are left out."""
        found: list[list[str]] = [[]]
        for line in self.block.text.splitlines()[1:]:
            if line == CUT:
                found.append([])
            else:
                found[-1].append(line)
        return [chunk for chunk in found if chunk]

    def timeless(self) -> ShownRun:
        """The same without how long anything took, and how wide the columns are for it."""
        block = replace(self.block, text=_timeless(self.block.text))
        return ShownRun(block=block, printed=[_timeless(line) for line in self.printed])

    @property
    def first_chunk_not_printed(self) -> list[str] | None:
        """The first run of shown lines that is not in the output, in its order; None when all are."""
        start = 0
        for chunk in self.chunks:
            places = range(start, len(self.printed) - len(chunk) + 1)
            place = next((at for at in places if self.printed[at : at + len(chunk)] == chunk), None)
            if place is None:
                return chunk
            start = place + len(chunk)
        return None


def _timeless(text: str) -> str:
    """Times are cut out, and every gap is one blank."""
    return re.sub(r"[ \t=]+", " ", re.sub(r"\d+(?:\.\d+)? ?m?s\b", "TIME", text))


class Reader:
    """Somebody who types what a page shows, in a folder of their own."""

    def __init__(self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, server: Loopback) -> None:
        self._pytester = pytester
        self._monkeypatch = monkeypatch
        self._server = server
        (pytester.path / "pyproject.toml").touch()

    def serve(self, value: str) -> None:
        """Let the server say what an instruction `server: ...` wants."""
        self._server.answer = says(value)

    def follow(self, section: Section) -> Iterator[ShownRun]:
        """Do what a section says, in its order."""
        for part in section.parts:
            match part:
                case Note(name="run", value=command):
                    self._type(command)
                case Note(name="server", value=value):
                    self.serve(value)
                case Note(name="unset", value=name):
                    self._monkeypatch.delenv(name)
                case Note(name="set", value=setting):
                    name, _, value = setting.partition("=")
                    self._monkeypatch.setenv(name, value)
                case Block(language="console"):
                    command = part.text.splitlines()[0].removeprefix("$ ")
                    yield ShownRun(block=part, printed=self._type(command))
                case Block(language="diff"):
                    change(self._pytester.path, part)
                case Block(use="fragment") if part.note("file") is None:
                    pass  # a piece of a file that is there
                case Block() if part.language != "sh":
                    write_block(self._pytester.path, part)
                case _:
                    pass

    def _type(self, command: str) -> list[str]:
        program, *arguments = shlex.split(command)
        if program == "prompt-contracts":
            result = self._pytester.run(sys.executable, "-m", "prompt_contracts", *arguments)
        else:
            assert program == "pytest"
            result = self._pytester.runpytest(*arguments, "-p", "no:cacheprovider")
        return [line.rstrip() for line in (*result.outlines, *result.errlines)]


def write_block(root: Path, block: Block) -> Path:
    """Write a block as the file that its page says it is."""
    path = root / (block.note("file") or DEFAULT_NAMES[block.language])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(block.text, encoding="utf-8")
    return path


def change(root: Path, block: Block) -> None:
    """Replace what a diff takes away by what it puts there, in each of the files that its page names."""
    lines = block.text.splitlines(keepends=True)
    before = "".join(line[1:] for line in lines if not line.startswith("+"))
    after = "".join(line[1:] for line in lines if not line.startswith("-"))
    for name in (block.note("file") or "").split():
        path = root / name
        text = path.read_text("utf-8")
        assert text.count(before) == 1, f"{name} has {text.count(before)} times: {before}"
        path.write_text(text.replace(before, after), encoding="utf-8")


@contextmanager
def reading(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    """A reader whose OpenAI is a server on this machine."""
    server = Loopback()
    server.answer = says(DEFAULT_ANSWER)
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OLLAMA_BASE_URL", server.base_url)
    monkeypatch.setenv("COLUMNS", "120")
    # The machine's certificates cost every run within a run.
    monkeypatch.setenv("PYTEST_ADDOPTS", WITHOUT_NEIGHBOURS)
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    try:
        yield Reader(pytester, monkeypatch, server)
    finally:
        server.close()
