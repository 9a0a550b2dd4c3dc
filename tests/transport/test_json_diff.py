"""What changed between two JSON documents."""

from __future__ import annotations

from typing import Any

from hypothesis import given

from prompt_contracts.json_value import equal, resolve
from prompt_contracts.transport.stale import diff, leaves
from tests.nouns.test_json_value import values


@given(values, values)
def test_equal_values_have_no_difference_and_others_have_one(left: Any, right: Any) -> None:
    assert (next(iter(diff(left, right)), None) is None) == equal(left, right)


@given(values, values)
def test_every_difference_names_places_that_hold_what_it_says(left: Any, right: Any) -> None:
    for change in diff(left, right):
        if change.kind != "added":
            assert equal(resolve(left, change.pointer), change.before)
        if change.kind != "removed":
            assert equal(resolve(right, change.pointer), change.after)


@given(values)
def test_every_leaf_is_where_its_pointer_says(value: Any) -> None:
    for place, leaf in leaves(value):
        assert resolve(value, place) is leaf
