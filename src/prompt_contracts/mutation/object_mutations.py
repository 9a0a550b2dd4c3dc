"""What an object may have become: a key less, a key more, two values in each other's place; arguments as a whole."""

from __future__ import annotations

from collections.abc import Iterator

from prompt_contracts.json_value import Json, equal, json_type
from prompt_contracts.mutation.schema_shape import Shape, is_enumerated
from prompt_contracts.mutation.value_mutations import OTHER_TEXT

UNKNOWN_KEY = "something_else"


def left_out(members: dict[str, Json], key: str) -> Iterator[dict[str, Json]]:
    """The object without one key."""
    yield {name: value for name, value in members.items() if name != key}


def unknown_key(members: dict[str, Json], shape: Shape) -> Iterator[dict[str, Json]]:
    """A key more that the schema does not have."""
    name = UNKNOWN_KEY
    while name in members or name in shape.properties:
        name += "_"
    yield {**members, name: OTHER_TEXT}


def schema_key(members: dict[str, Json], shape: Shape) -> Iterator[dict[str, Json]]:
    """A key of the schema more."""
    for name in shape.properties:
        if name not in members:
            yield {**members, name: shape.at(name).sample()}
            return


def swapped(members: dict[str, Json], shape: Shape) -> Iterator[dict[str, Json]]:
    """The values of the first two keys of one type, in each other's place."""
    first: dict[str, str] = {}
    for key, value in members.items():
        kind = json_type(value)
        if kind not in ("string", "number") or is_enumerated(shape.at(key), value):
            continue
        other = first.setdefault(kind, key)
        if not equal(members[other], value):
            yield {**members, other: value, key: members[other]}
            return


def no_arguments(members: dict[str, Json], _text: str) -> Iterator[str]:
    """All arguments left out; of a single one it is the same as leaving out that."""
    if len(members) > 1:
        yield "{}"


def broken_json(_members: dict[str, Json], text: str) -> Iterator[str]:
    """Arguments that end in the middle, as when the tokens did not suffice."""
    whole = text.strip()
    if whole:
        yield whole[: max(len(whole) // 2, 1)]
