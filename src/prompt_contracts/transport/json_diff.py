"""What differs between two JSON documents, place by place. Words nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from prompt_contracts.json_value import Json, equal, pointer


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference between two JSON documents, at one JSON pointer."""

    kind: Literal["changed", "added", "removed"]
    pointer: str
    before: Json = None
    after: Json = None


def diff(before: Json, after: Json, *, at: str = "") -> Iterator[Change]:
    """What changed, as few places as deep as possible; lists are compared by position."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            yield from _member(before, after, key, at + pointer(key))
    elif isinstance(before, list) and isinstance(after, list):
        old, new = dict(enumerate(before)), dict(enumerate(after))
        for index in range(max(len(before), len(after))):
            yield from _member(old, new, index, at + pointer(index))
    elif not equal(before, after):
        yield Change(kind="changed", pointer=at, before=before, after=after)


def _member(before: Mapping[Any, Json], after: Mapping[Any, Json], key: object, at: str) -> Iterator[Change]:
    if key not in after:
        yield Change(kind="removed", pointer=at, before=before[key])
    elif key not in before:
        yield Change(kind="added", pointer=at, after=after[key])
    else:
        yield from diff(before[key], after[key], at=at)


def leaves(value: Json, *, at: str = "") -> Iterator[tuple[str, Json]]:
    """Every scalar and empty container of a document, with its JSON pointer."""
    items: Sequence[tuple[str | int, Json]] = ()
    if isinstance(value, dict):
        items = tuple(value.items())
    elif isinstance(value, list):
        items = tuple(enumerate(value))
    if not items:
        yield at, value
    for key, item in items:
        yield from leaves(item, at=at + pointer(key))
