"""The tables of the pages about parameters and about the environment are those that the rules give."""

from __future__ import annotations

import pytest

from docs import tables
from prompt_contracts.providers.adaptation import RULES


def test_the_tables_of_the_page_are_up_to_date() -> None:
    text = tables.PAGE.read_text("utf-8")

    is_current = tables.written_page(text) == text

    assert is_current, f"the rules have changed: run 'python docs/tables.py', which writes {tables.PAGE}"


def test_the_tables_of_the_environment_are_up_to_date() -> None:
    text = tables.ENVIRONMENT_PAGE.read_text("utf-8")

    is_current = tables.written_page(text, tables.environment_tables) == text

    assert is_current, f"a name has changed: run 'python docs/tables.py', which writes {tables.ENVIRONMENT_PAGE}"


def test_every_part_that_has_a_rule_is_a_row_of_the_first_table() -> None:
    assert {rule.parameter for rule in RULES if rule.endpoint == "chat"} <= set(tables.PARAMETERS)


def test_a_page_without_markers_is_not_overwritten() -> None:
    with pytest.raises(ValueError, match="lacks"):
        tables.written_page("# Parameters\n")


def test_writing_the_tables_twice_is_writing_them_once() -> None:
    once = tables.written_page(f"a\n{tables.BEGIN}\nOLD TABLE\n{tables.END}\nb\n")

    assert "OLD TABLE" not in once
    assert tables.written_page(once) == once
