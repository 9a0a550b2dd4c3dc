"""A place in a file that a person wrote. Knows nothing of what stands there."""

from __future__ import annotations

from prompt_contracts.data_class import dataclass
from prompt_contracts.plain_data import PlainData


@dataclass(frozen=True, slots=True, kw_only=True)
class Location(PlainData):
    """One place in a text file; lines and columns count from 1, as editors show them."""

    path: str
    """Path with forward slashes, relative to the project root where the file lies below it."""
    line: int
    column: int
    length: int = 1
    """How many characters a caret should underline, at least 1 and never past the end of the line."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"

    @property
    def short(self) -> str:
        """`path:line`, the form in which pytest and editors name a place."""
        return f"{self.path}:{self.line}"
