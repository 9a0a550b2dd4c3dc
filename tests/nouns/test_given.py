"""What stands for the content of generated rows: the same for the same content, wherever and however it is written."""

from __future__ import annotations

from dataclasses import replace

from prompt_contracts.given import Generator, Given, generated_row, row_id
from prompt_contracts.json_value import Json
from prompt_contracts.location import Location

HERE = Location(path="cases/a.yaml", line=3, column=5)
THERE = Location(path="cases/a.yaml", line=9, column=1)


def cities(*names: Json, location: Location = HERE) -> Generator:
    return Generator(kind="from", operand=list(names), location=location)


GIVEN = Given(variables={"city": cities("Oslo", "Lima")}, location=HERE)


def test_a_row_is_named_after_its_content() -> None:
    assert row_id({"a": 1, "b": "x"}) == row_id({"b": "x", "a": 1.0})
    assert row_id({"a": 1}) != row_id({"a": True}) != row_id({"a": "1"})
    assert generated_row({"a": 1}).id == row_id({"a": 1})
    assert len(row_id({"a": "\ud800"})) == 10
    assert set(row_id({})) <= set("0123456789abcdef")


def test_a_name_of_a_row_never_changes() -> None:
    """Files in version control hold such names."""
    assert row_id({"city": "São Paulo", "days": 3}) == "53c86f4fd5"


def test_rows_are_stale_once_anything_else_is_said() -> None:
    assert GIVEN.digest != replace(GIVEN, examples=21).digest
    assert GIVEN.digest != replace(GIVEN, assume={"city": {"$len": {"$gt": 4}}}).digest
    assert GIVEN.digest != replace(GIVEN, variables={"town": cities("Oslo", "Lima")}).digest
    assert GIVEN.digest != replace(GIVEN, variables={"city": cities("Lima", "Oslo")}).digest
    assert GIVEN.digest != replace(GIVEN, variables={"city": replace(cities("Oslo", "Lima"), kind="schema")}).digest


def test_rows_are_not_stale_where_only_the_place_is_another() -> None:
    assert (
        GIVEN.digest
        == replace(GIVEN, location=THERE, variables={"city": cities("Oslo", "Lima", location=THERE)}).digest
    )


def test_a_mistake_in_an_operand_lies_where_the_nearest_part_of_it_was_written() -> None:
    generator = replace(cities(), places={"": HERE, "/0": THERE})
    assert generator.place_of((0, "deeper", 2)) == THERE
    assert generator.place_of((1,)) == HERE
    assert cities().place_of(("properties",)) == HERE
