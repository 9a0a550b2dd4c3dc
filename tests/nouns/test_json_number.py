"""Numbers compare by the exact decimal value of their text, and no exponent is ever written out."""

from __future__ import annotations

import copy
import pickle
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.json_number import ExactNumber, exact, is_same_number, is_whole, is_within, read_float, read_int
from prompt_contracts.json_value import (
    JsonLimitError,
    as_doubles,
    canonical,
    canonical_text,
    equal,
    exact_text,
    parse_json,
    read_exact_text,
    show,
)

digits = st.text("0123456789", min_size=1, max_size=25)
texts = st.builds(
    lambda sign, whole, part, exponent: f"{sign}{int(whole)}.{part}{exponent}",
    st.sampled_from(["", "-"]),
    digits,
    digits,
    st.sampled_from(["", "e3", "E-7", "e+30", "e-350", "e400"]),
)


@given(texts, texts)
def test_two_texts_are_equal_when_their_decimals_are(left: str, right: str) -> None:
    assert is_same_number(read_float(left), read_float(right)) == (Fraction(left) == Fraction(right))
    assert equal(parse_json(left), parse_json(right)) == (Fraction(left) == Fraction(right))


@given(
    st.from_regex(r"-?(0|[1-9][0-9]{0,16})\.[0-9]{1,17}", fullmatch=True)
    | st.decimals(-(10**15), 10**15, places=3).map(str)
    | texts
)
def test_a_number_is_a_double_where_that_has_its_very_value(text: str) -> None:
    is_double = Decimal(repr(float(text))) == Decimal(text)

    assert type(read_float(text)) is (float if is_double else ExactNumber)
    assert exact(read_float(text)) == Decimal(text)


@given(texts, texts)
def test_two_exact_texts_are_equal_when_their_decimals_are(left: str, right: str) -> None:
    texts_of_both = [exact_text(parse_json(f'{{"b": 1, "a": [{text}]}}')) for text in (left, right)]

    assert (texts_of_both[0] == texts_of_both[1]) == (Fraction(left) == Fraction(right))
    assert equal(read_exact_text(texts_of_both[0]), parse_json(f'{{"a": [{left}], "b": 1.0}}'))


@pytest.mark.parametrize("text", ["1e999999999", "-1e-999999999", "0e999999999", "1e4299", "1e23", "-0.0"])
def test_the_exact_text_of_any_number_can_be_read(text: str) -> None:
    assert equal(read_exact_text(exact_text(parse_json(text))), parse_json(text))


@given(texts)
def test_a_number_keeps_its_value_through_copies_and_words(text: str) -> None:
    number = read_float(text)

    assert exact(number) == Decimal(text)
    assert exact(copy.deepcopy(number)) == exact(pickle.loads(pickle.dumps(number))) == Decimal(text)
    assert equal(parse_json(show(number, limit=1000)), number)


@given(texts, texts, st.integers(0, 9).map(lambda places: Decimal(1).scaleb(-places)))
def test_nearness_is_exact(left: str, right: str, width: Decimal) -> None:
    near = abs(Fraction(left) - Fraction(right)) <= Fraction(width)

    assert is_within(read_float(left), read_float(right), width) == near


@pytest.mark.parametrize(
    ("text", "is_integer"),
    [("5.0", True), ("9007199254740993.0", True), ("9007199254740993.5", False), ("1e-400", False), ("1e400", True)],
)
def test_a_whole_number_has_no_fraction(text: str, is_integer: bool) -> None:
    assert is_whole(read_float(text)) == is_integer


def test_a_number_that_no_double_holds_differs_from_its_neighbours() -> None:
    assert not equal(parse_json("9007199254740993.0"), parse_json("9007199254740992.0"))
    assert equal(parse_json("9007199254740993.0"), parse_json("9007199254740993"))
    assert equal(parse_json("1e23"), parse_json("100000000000000000000000"))
    assert not equal(parse_json("1e-400"), 0)
    assert equal(parse_json("0e-400"), 0)


@pytest.mark.parametrize("text", ["1e999999999", "-1e999999999", "1e-999999999", "1.5E+123456789012345678"])
def test_an_exponent_is_never_written_out(text: str) -> None:
    number = parse_json(text)

    assert isinstance(number, ExactNumber)
    assert show(number) == str(Decimal(text)).replace("E", "e")
    assert not equal(number, 1)
    assert is_whole(number) == (not text.startswith("1e-"))
    assert not is_within(number, 1, Decimal(1) if abs(number) > 1 else Decimal("0.5"))
    assert [number < 1, number > 1] == [text[0] == "-" or "e-" in text, text[0] != "-" and "e-" not in text]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1" * 4_301, "more than 4,300 digits"),
        ("1." + "1" * 9_000, "more than 8,600 characters"),
        ("1e9999999999999999999999", "an exponent of more than 18 digits"),
        ("[" * 101 + "]" * 101, "nested more than 100 levels deep"),
    ],
)
def test_a_limit_of_ours_is_named(text: str, words: str) -> None:
    with pytest.raises(JsonLimitError, match=words):
        parse_json(text)


def test_what_stays_below_the_limits_is_read() -> None:
    assert read_int("1" * 4_300) == int("1" * 4_300)
    assert parse_json("[" * 100 + "]" * 100)


def test_readers_of_doubles_get_doubles_or_text() -> None:
    assert as_doubles(parse_json('{"a": [0.1, 1e400, 0.10000000000000000001]}')) == {"a": [0.1, "1e+400", 0.1]}


@given(texts)
def test_requests_are_told_apart_as_they_are_sent(text: str) -> None:
    number = read_float(text)
    if isinstance(as_doubles(number), float):
        assert canonical(number) == canonical_text(repr(float(number)))
