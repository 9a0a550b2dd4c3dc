"""The JSON that a provider sends, read so that nothing in it is hidden."""

from __future__ import annotations

import json

from prompt_contracts.json_value import Json, equal, show


class HiddenValueError(ValueError):
    """A key stands twice in one object with different values: whoever reads on sees one of them only."""


def read_json(text: str | bytes) -> Json:
    """The value of a text; `ValueError` and `RecursionError` as from `json.loads`, and `HiddenValueError`."""
    value: Json = json.loads(text, object_pairs_hook=_members)
    return value


def _members(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        for key, value in pairs:
            if not equal(value, found[key]):
                raise HiddenValueError(f"the key {show(key, limit=80)} stands in it twice, with different values")
    return found
