"""What a schema says of itself is worked out once for each object, and is never that of another."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.json_schema.files import REFERENCES, with_absolute_references
from prompt_contracts.json_schema.known_schema import known
from prompt_contracts.json_schema.validation import is_valid
from prompt_contracts.json_value import Json, exact_text

texts = st.sampled_from(["", "#", "#/a", "a.json", '"$ref": "x', "$ref", '\\"$ref": "b'])
words = st.sampled_from([*REFERENCES, "Ref", "properties", "a"])
values: st.SearchStrategy[Any] = st.recursive(
    st.one_of(texts, st.integers(), st.none()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words | texts, inner, max_size=3),
    max_leaves=10,
)


def leads_out(value: Any) -> bool:
    """Whether any reference in a value leads to another file, by a walk through all of it."""
    if isinstance(value, list):
        return any(map(leads_out, value))
    if not isinstance(value, dict):
        return False
    targets = [value.get(word) for word in REFERENCES]
    return any(isinstance(each, str) and not each.startswith("#") for each in targets) or leads_out(
        list(value.values())
    )


@given(values)
def test_a_value_is_made_anew_where_a_reference_leads_out_and_nowhere_else(value: Any) -> None:
    assert (with_absolute_references(value, lambda _: "cases/a.yaml") is value) is not leads_out(value)


def test_objects_that_come_and_go_are_never_taken_for_each_other() -> None:
    for number in range(2000):
        schema: Json = {"const": number}

        assert known(schema).text == exact_text(schema)
        assert is_valid(schema, number)
        assert not is_valid(schema, number + 1)


def test_the_same_object_is_looked_at_once() -> None:
    schema: Json = {"type": "string"}

    assert known(schema) is known(schema)
    assert known(schema).text is known(schema).text


def test_a_reference_is_seen_whatever_had_the_address_of_its_value_before() -> None:
    for number in range(10_000):
        value: Any = {"$schema": {"$ref": "s.json"} if number % 2 else {"const": number}}
        assert (with_absolute_references(value, lambda _: "cases/a.yaml") is value) is (number % 2 == 0)
