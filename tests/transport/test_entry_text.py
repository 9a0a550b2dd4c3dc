"""Recordings are written faster than PyYAML writes them, and by nothing but time does that differ."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.interaction import ApiResponse
from prompt_contracts.transport.cassette_file import entry_of, read_entries, read_standard
from prompt_contracts.transport.cassette_text import clean, dumped, passages, write_yaml
from prompt_contracts.transport.cassette_yaml import UnreadableError
from prompt_contracts.transport.entry_text import Block, entry_text
from tests.real_cassettes import find_real_cassettes
from tests.transport.test_written_yaml import JSON_ANSWER, OURS, STREAM, interactions, texts


def assert_equal_or_left_to_pyyaml(interaction: dict[str, Any]) -> bool:
    """Whether the interaction was written without PyYAML."""
    found = entry_text(interaction)
    if found is not None:
        assert found.text == dumped([interaction])
    return found is not None


def test_answers_and_streams_are_written_without_pyyaml() -> None:
    assert assert_equal_or_left_to_pyyaml(clean(JSON_ANSWER))
    assert assert_equal_or_left_to_pyyaml(clean(STREAM))


@given(interactions())
def test_every_interaction_is_written_as_pyyaml_writes_it(interaction: dict[str, Any]) -> None:
    assert_equal_or_left_to_pyyaml(clean(interaction))


lines = st.lists(
    st.sampled_from(
        [
            *("a", "", " b", "c: d", "# e", "- f", "  ", "\t", "'", '"', "{", "|", "...", "---", "%", "version: 1"),
            *("é", "\u4e2d", "\u2028", "\ud7ff", "\ue000", "\ufffd", "\xa0", "\x85", "\ufeff", "\U0001f642"),
        ]
    ),
    min_size=1,
    max_size=6,
).map("\n".join)


@given(lines, lines)
def test_every_block_is_written_as_pyyaml_writes_it(asked: str, answered: str) -> None:
    plain = clean(JSON_ANSWER)
    plain["request"]["body"] = Block(asked)
    plain["response"]["body"] = {"string": Block(answered)}

    assert_equal_or_left_to_pyyaml(plain)


@given(st.lists(interactions(), max_size=3))
def test_a_file_of_several_is_written_as_pyyaml_writes_it(found: list[dict[str, Any]]) -> None:
    cleaned = [*map(clean, found)]

    assert write_yaml(cleaned) == dumped(cleaned)


def replaced(data: Any, old: object, new: object) -> Any:
    """The same data with one value in place of another, keys included."""
    if isinstance(data, dict):
        return {replaced(key, old, new): replaced(value, old, new) for key, value in data.items()}
    if isinstance(data, list):
        return [replaced(value, old, new) for value in data]
    return new if data == old and type(data) is type(old) else data


# Pieces of what stands between quotes in one place and not in another.
near = st.lists(
    st.sampled_from(
        [
            *(
                "a",
                "Z",
                "9",
                "/",
                ".",
                "-",
                "_",
                " ",
                ": ",
                " #",
                ":",
                "#",
                "'",
                '"',
                ",",
                "[",
                "{",
                "&",
                "*",
                "!",
                "%",
            ),
            *("@", "`", "=", "<", "~", "?", "|", ">", "+", "null", "true", "1e3", "0x1", "2026-11-22", "on", "12:30"),
        ]
    ),
    max_size=5,
).map("".join)


@given(near)
def test_any_text_that_is_nearly_plain_is_written_as_pyyaml_writes_it(text: str) -> None:
    plain = clean(JSON_ANSWER)
    for old in ("OK", "application/json", "x", None):
        assert_equal_or_left_to_pyyaml(replaced(plain, old, text))


@given(texts | st.integers() | st.floats() | st.booleans() | st.none() | st.binary() | st.lists(texts) | st.just({}))
def test_any_value_anywhere_is_written_as_pyyaml_writes_it(value: object) -> None:
    plain = clean(JSON_ANSWER)
    for old in ("POST", "OK", 200, "http://127.0.0.1:80/v1", "application/json", 0.5, "0.1", "x", None):
        assert_equal_or_left_to_pyyaml(replaced(plain, old, value))


@given(st.text(max_size=130) | st.sampled_from(["on", "y", "null", "1", "a: b", "<<", "=", "k" * 129]))
def test_any_key_is_written_as_pyyaml_writes_it(key: str) -> None:
    for old in ("content-type", "latency", "usd", "prompt_contracts"):
        assert_equal_or_left_to_pyyaml(replaced(clean(JSON_ANSWER), old, key))


def said(_url: str, response: ApiResponse) -> list[str]:
    return [response.text]


@given(interactions())
def test_what_is_written_so_is_read_as_it_was(interaction: dict[str, Any]) -> None:
    plain = clean(interaction)
    found = entry_text(plain)
    if found is None:
        return
    try:
        entries = read_entries(found.text)
    except UnreadableError as error:
        with pytest.raises(UnreadableError, match=re.escape(str(error))):
            entry_of(plain)
        return

    assert entries == (entry_of(plain),)
    assert [*passages(read_standard(found.text)["interactions"], said)] == [*passages([plain], said)]


@given(interactions())
def test_of_the_text_nothing_but_the_bodies_is_searched_apart(interaction: dict[str, Any]) -> None:
    plain = clean(interaction)
    found = entry_text(plain)
    if found is None:
        return

    head, middle, tail = found.rest.split("\0") if found.rest.count("\0") == 2 else pytest.fail("not three parts")

    assert found.text.startswith(f"interactions:\n{head}")
    assert tail in found.text
    assert len(found.text) >= len(head) + len(middle) + len(tail)


@pytest.mark.parametrize("path", [*OURS, *find_real_cassettes()], ids=lambda path: "/".join(path.parts[-4:]))
def test_recordings_are_written_as_pyyaml_writes_them(path: Path) -> None:
    try:
        found = read_standard(path.read_text(encoding="utf-8-sig"))["interactions"]
        cleaned = [*map(clean, found)]
    except UnreadableError:
        return  # no recording that could be written again

    assert write_yaml(cleaned) == dumped(cleaned)


def test_nearly_all_recordings_of_the_example_suite_need_no_pyyaml() -> None:
    found = [clean(each) for path in OURS for each in read_standard(path.read_text())["interactions"]]

    assert sum(entry_text(each) is None for each in found) * 20 < len(found)
