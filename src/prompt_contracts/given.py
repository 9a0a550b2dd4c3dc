"""Generators of values for the variables of a case, and the rows that were made by them. Makes no value itself."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import field
from typing import Literal, TypeAlias

from prompt_contracts.data_class import dataclass
from prompt_contracts.finding import Clause
from prompt_contracts.json_value import Json, canonical, exact_text, pointer
from prompt_contracts.location import Location

GeneratorKind: TypeAlias = Literal["from", "regex", "schema", "date", "text", "python"]

DEFAULT_EXAMPLES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Generator:
    """What makes the values of one variable: `{$from: [...]}` and its like."""

    kind: GeneratorKind
    """The key without its `$`."""
    operand: Json
    """What stands under that key, files included."""
    location: Location
    places: Mapping[str, Location] = field(default_factory=dict, compare=False, repr=False)
    """JSON pointer in the operand -> where that was written; what is not here lies where what is around it lies."""

    def place_of(self, clause: Clause) -> Location:
        """Where a part of the operand was written, or else the nearest thing around it."""
        for end in range(len(clause), -1, -1):
            found = self.places.get(pointer(*clause[:end]))
            if found is not None:
                return found
        return self.location


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a case says of its generated rows: `given`, `examples` and `assume`."""

    variables: Mapping[str, Generator]
    """In the order in which they are written; never empty."""
    examples: int = DEFAULT_EXAMPLES
    """How many rows are wanted, 1 or more; for each row, where `rows` or `matrix` stand beside them."""
    assume: Json = None
    """A pattern over the object of all variables; None, which no such object is, where there is none."""
    assume_places: Mapping[str, Location] = field(default_factory=dict, compare=False, repr=False)
    """JSON pointer in `assume` -> where that was written."""
    location: Location
    assume_location: Location | None = None
    """Where `assume` was written."""

    @property
    def digest(self) -> str:
        """A hash of all that is said, wherever it is written: rows of another digest are stale."""
        said: dict[str, Json] = {
            "given": {name: {f"${made.kind}": made.operand} for name, made in self.variables.items()},
            "examples": self.examples,
            "assume": self.assume,
        }
        return _hash(exact_text(said))


@dataclass(frozen=True, slots=True, kw_only=True)
class Smallest:
    """That a row is the smallest which was found to fail, and how."""

    model: str
    """`provider:model`."""
    code: str
    """Of the failure: what `Failure.code` says."""
    path: str
    """Of the failure, in the answer; empty for the whole of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedRow:
    """One row, as data: it stays what it is, whichever version of whatever made it."""

    id: str
    """`row_id(values)`, or it was edited by hand."""
    values: Mapping[str, Json]
    smallest: tuple[Smallest, ...] = ()
    """For each model whose failures were shrunk to it; written as one mapping where there is one, else as a list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedRows:
    """The rows of one case, as its `.given.yaml` holds them."""

    seed: int
    hypothesis: str
    """The version that made them."""
    digest: str
    """Of the `Given` that they were made for."""
    rows: tuple[GeneratedRow, ...]


def row_id(values: Mapping[str, Json]) -> str:
    """10 hexadecimal digits that stand for the content of a row, however its numbers and keys are written."""
    return _hash(canonical(dict(values)))


def generated_row(values: Mapping[str, Json]) -> GeneratedRow:
    """A row with the id that its values give it."""
    return GeneratedRow(id=row_id(values), values=values)


def _hash(text: str) -> str:
    # A lone half of a surrogate pair is a character of JSON, and none of UTF-8.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:10]
