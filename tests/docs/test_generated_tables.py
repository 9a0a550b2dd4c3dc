"""The tables of the pages about parameters and about the environment are those that the rules give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from docs import key_tables, python_names, tables
from prompt_contracts.providers.adaptation import RULES


def test_the_tables_of_the_page_are_up_to_date() -> None:
    text = tables.PAGE.read_text("utf-8")

    is_current = tables.written_page(text) == text

    assert is_current, f"the rules have changed: run 'python docs/tables.py', which writes {tables.PAGE}"


def test_the_tables_of_the_environment_are_up_to_date() -> None:
    text = tables.ENVIRONMENT_PAGE.read_text("utf-8")

    is_current = tables.written_page(text, tables.environment_tables) == text

    assert is_current, f"a name has changed: run 'python docs/tables.py', which writes {tables.ENVIRONMENT_PAGE}"


def test_the_tables_of_the_keys_are_up_to_date() -> None:
    text = key_tables.KEYS_PAGE.read_text("utf-8")

    is_current = tables.written_page(text, key_tables.key_tables) == text

    assert is_current, f"the schema has changed: run 'python docs/tables.py', which writes {key_tables.KEYS_PAGE}"


def test_the_public_names_are_up_to_date() -> None:
    text = python_names.PYTHON_PAGE.read_text("utf-8")

    is_current = tables.written_page(text, python_names.python_names) == text

    assert is_current, f"a docstring has changed: run 'python docs/tables.py', which writes {python_names.PYTHON_PAGE}"


def test_a_key_of_every_definition_stands_on_the_page() -> None:
    """What has keys of its own is told of, but for what only repeats those of a case, or is OpenAI's."""
    told = {name for _, name in key_tables.SECTIONS}
    repeated = {"defaults", "override", "fault_entry"}
    shown_by_examples = {"include", "text_file", "python", "call_entry", "row", "fault_stream"}
    of_openai = {"content_part", "function", "tool", "tool_call"}

    with_keys = {name for name, each in key_tables.SCHEMA["$defs"].items() if has_keys(each)}

    assert with_keys - told == repeated | shown_by_examples | of_openai


def has_keys(definition: Mapping[str, Any]) -> bool:
    return any("properties" in each for each in (definition, *definition.get("anyOf", ())))


def test_every_part_that_has_a_rule_is_a_row_of_the_first_table() -> None:
    assert {rule.parameter for rule in RULES if rule.endpoint == "chat"} <= set(tables.PARAMETERS)


def test_a_page_without_markers_is_not_overwritten() -> None:
    with pytest.raises(ValueError, match="lacks"):
        tables.written_page("# Parameters\n")


def test_writing_the_tables_twice_is_writing_them_once() -> None:
    once = tables.written_page(f"a\n{tables.BEGIN}\nOLD TABLE\n{tables.END}\nb\n")

    assert "OLD TABLE" not in once
    assert tables.written_page(once) == once
