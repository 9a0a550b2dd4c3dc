"""What is near to a misspelt word is what a person meant; what is not near is not suggested."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.spelling import edits, is_one_slip_away, nearest

WORDS = st.text("abc", max_size=5)


@pytest.mark.parametrize(
    ("left", "right", "count"),
    [
        ("", "", 0),
        ("a", "", 1),
        ("expcet", "expect", 1),
        ("cases", "Cases", 1),
        ("kitten", "sitting", 3),
        ("ab", "ba", 1),
    ],
)
def test_slips_are_counted(left: str, right: str, count: int) -> None:
    assert edits(left, right) == count


@given(WORDS, WORDS)
def test_slips_are_the_same_in_both_directions_and_none_between_equal_words(left: str, right: str) -> None:
    assert edits(left, right) == edits(right, left)
    assert (edits(left, right) == 0) == (left == right)
    assert abs(len(left) - len(right)) <= edits(left, right) <= max(len(left), len(right))


@pytest.mark.parametrize("name", ["case", "Cases", "CASES", "casse", "Case", "caes", "casess", "cades"])
def test_one_slip_or_letter_case_is_told(name: str) -> None:
    assert is_one_slip_away(name, "cases")


@pytest.mark.parametrize("name", ["cases", "", "cas", "classes", "tests", "phases"])
def test_more_than_one_slip_is_none(name: str) -> None:
    assert not is_one_slip_away(name, "cases")


@pytest.mark.parametrize(
    ("name", "known", "found"),
    [
        ("expcet", ["expect", "exact"], "expect"),
        ("temp", ["templates", "temperature", "top_p"], "templates"),
        ("City", ["city"], "city"),
        ("toolCalls", ["tool_calls", "tool_count"], "tool_calls"),
        ("$gte", ["$gt", "$ge", "$le"], "$gt"),
        ("max_completions_token", ["max_tokens", "max_completion_tokens"], "max_completion_tokens"),
    ],
)
def test_a_slip_is_recognised(name: str, known: list[str], found: str) -> None:
    assert nearest(name, known) == found


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("temperature", ["templates", "timeout"]),
        ("stream", ["system"]),
        ("assert", ["user", "expect"]),
        ("$matches", ["$others", "$each"]),
        ("x", ["y"]),
        ("on", ["no"]),
        ("", ["a"]),
        ("prompt", []),
    ],
)
def test_what_only_sounds_alike_is_not_suggested(name: str, known: list[str]) -> None:
    assert nearest(name, known) is None
