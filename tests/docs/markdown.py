"""Markdown pages -> their sections, code blocks, HTML comments and links. Runs nothing.

A comment `<!-- name: value -->` on a line of its own belongs to the page's tests; readers do not see it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_FENCE = re.compile(r"^(`{3,})([^`]*)$")
_NOTE = re.compile(r"^<!-- (\w+): (.*?) -->$")
_HEADING = re.compile(r"^(#{1,6}) (.+)$")
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"`[^`\n]*`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """An instruction for the tests, hidden from readers."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced code block."""

    language: str
    use: str
    """What stands after the language, such as `broken` or `case`; empty for most."""
    text: str
    line: int
    """Line of the fence, from 1."""
    notes: tuple[Note, ...]
    """The instructions directly above."""

    def note(self, name: str) -> str | None:
        """The value of an instruction above the block, or None."""
        return next((note.value for note in self.notes if note.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What stands under one heading, up to the next of whatever level."""

    title: str
    level: int
    parts: tuple[Note | Block, ...]
    """Instructions and blocks in their order; instructions of a block come before it too."""
    prose: str
    """The text outside code blocks."""

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The code blocks."""
        return tuple(part for part in self.parts if isinstance(part, Block))


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One Markdown file."""

    path: Path
    sections: tuple[Section, ...]

    @property
    def name(self) -> str:
        """The path inside the repository."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def blocks(self) -> tuple[Block, ...]:
        """All code blocks in their order."""
        return tuple(block for section in self.sections for block in section.blocks)

    @property
    def prose(self) -> str:
        """The text outside code blocks."""
        return "\n".join(section.prose for section in self.sections)

    @property
    def links(self) -> tuple[str, ...]:
        """The targets of all links."""
        return tuple(_LINK.findall(_CODE.sub("", self.prose)))

    @property
    def anchors(self) -> frozenset[str]:
        """The names by which links may point into the page, made as GitHub makes them."""
        found: list[str] = []
        for section in self.sections:
            if section.level:
                name = re.sub(r"[^\w\- ]", "", section.title.lower()).replace(" ", "-")
                count = sum(
                    other == name or re.fullmatch(rf"{re.escape(name)}-\d+", other) is not None for other in found
                )
                found.append(f"{name}-{count}" if count else name)
        return frozenset(found)


def read_page(path: Path) -> Page:
    """The page in a file."""
    return Page(path=path, sections=tuple(_sections(path.read_text("utf-8").splitlines())))


def all_pages() -> tuple[Page, ...]:
    """The project's README and everything below docs/."""
    return tuple(read_page(path) for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))))


def _sections(lines: list[str]) -> Iterator[Section]:
    title, level, prose = "", 0, list[str]()
    parts, above = list[Note | Block](), list[Note]()
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        if fence := _FENCE.match(line):
            start = number
            while lines[number] != fence[1]:
                number += 1
            language, _, use = fence[2].strip().partition(" ")
            text = "".join(f"{inner}\n" for inner in lines[start:number])
            parts.append(Block(language=language, use=use, text=text, line=start, notes=tuple(above)))
            above = []
            number += 1
        elif note := _NOTE.match(line):
            above.append(Note(name=note[1], value=note[2]))
            parts.append(above[-1])
        elif heading := _HEADING.match(line):
            yield Section(title=title, level=level, parts=tuple(parts), prose="\n".join(prose))
            title, level, prose, parts, above = heading[2], len(heading[1]), [line], [], []
        else:
            above = [] if line.strip() else above
            prose.append(line)
    yield Section(title=title, level=level, parts=tuple(parts), prose="\n".join(prose))
