"""The operators beyond literals, one by one and by their laws."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.json_number import read_float
from prompt_contracts.json_schema import regular_expression
from prompt_contracts.json_value import Json, equal
from prompt_contracts.mismatch import truth_of_all
from prompt_contracts.patterns.operators import OPERATORS
from prompt_contracts.patterns.order import compare
from prompt_contracts.patterns.pattern import Language, check, describe, match
from prompt_contracts.patterns.subject import ANYTHING
from prompt_contracts.truth import LIMITED, UNKNOWN

SLOW = {"$regex": "^(a|aa)+$"}
SLOW_TEXT = "a" * 80 + "b"

scalars = st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-3, 3) | st.text("ab1 ", max_size=3)
plain_keys = st.text("ab", max_size=2)
documents: st.SearchStrategy[Json] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(plain_keys, inner, max_size=3)
)
simple = st.one_of(
    documents,
    st.builds(lambda one: {"$eq": one}, documents),
    st.sampled_from([{"$type": name} for name in ("integer", "number", "string", "object", "array", "null")]),
    st.builds(lambda one: {"$le": one}, st.integers(-3, 3)),
    st.builds(lambda low, high: {"$range": [low, high]}, st.integers(-3, 0), st.integers(0, 3)),
    st.builds(lambda one: {"$approx": one, "$within": 1}, st.integers(-3, 3)),
    st.builds(lambda one: {"$len": one}, st.integers(0, 3)),
    st.builds(lambda one: {"$loosely": one}, st.text("ab1 ", max_size=3)),
    st.builds(lambda one: {"$regex": one}, st.text("ab.*", min_size=1, max_size=2).filter(lambda t: t[0] != "*")),
)
patterns: st.SearchStrategy[Any] = st.recursive(
    simple,
    lambda inner: (
        st.builds(lambda one: {"$not": one}, inner)
        | st.builds(lambda some: {"$any_of": some}, st.lists(inner, min_size=1, max_size=3))
        | st.builds(lambda some: {"$all_of": some}, st.lists(inner, min_size=1, max_size=3))
        | st.builds(lambda one: {"$each": one}, inner)
        | st.builds(lambda some: {"$unordered": some}, st.lists(inner, max_size=3))
        | st.builds(lambda one: {"$contains": one}, inner)
        | st.builds(lambda one: {"$at": {"/a": one}}, inner)
        | st.builds(lambda one: {"a": one, "$others": "allow"}, inner)
    ),
    max_leaves=6,
)


@pytest.fixture
def little_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regular_expression, "REGEX_SECONDS", 0.05)


def holds(pattern: Any, value: Any) -> bool:
    return not list(match(pattern, value))


def told(pattern: Any, value: Any) -> list[str]:
    return [f"{found.place}: {found.expected} / {found.got}" for found in match(pattern, value)]


def findings(pattern: Any) -> list[str]:
    return [f"{found.code} {found.message}" for found in check(pattern, ANYTHING)]


@given(patterns, documents)
def test_a_pattern_and_its_opposite_never_agree(pattern: Any, value: Json) -> None:
    assert truth_of_all(match({"$not": pattern}, value)) == truth_of_all(match(pattern, value)).opposite


@given(patterns, documents)
def test_twice_not_is_the_pattern_itself(pattern: Any, value: Json) -> None:
    assert holds({"$not": {"$not": pattern}}, value) == holds(pattern, value)


@given(st.lists(patterns, min_size=1, max_size=3), documents)
def test_none_of_them_is_each_of_their_opposites(some: list[Any], value: Json) -> None:
    assert holds({"$not": {"$any_of": some}}, value) == holds({"$all_of": [{"$not": one} for one in some]}, value)


@given(patterns)
def test_every_pattern_can_be_described(pattern: Any) -> None:
    assert describe(pattern)


@given(documents, documents)
def test_quoted_is_as_plain(literal: Json, value: Json) -> None:
    assert holds({"$eq": literal}, value) == equal(literal, value)


@given(st.lists(patterns, max_size=5), st.lists(documents, max_size=5))
def test_unordered_holds_exactly_when_some_order_does(wanted: list[Any], values: list[Json]) -> None:
    fits = [[holds(one, value) for value in values] for one in wanted]
    orders = itertools.permutations(range(len(values))) if len(wanted) == len(values) else ()

    some_order = any(all(fits[row][column] for row, column in enumerate(order)) for order in orders)

    assert holds({"$unordered": wanted}, values) == some_order


@given(st.lists(documents, max_size=4), documents)
def test_each_is_all(values: list[Json], wanted: Json) -> None:
    assert holds({"$each": wanted}, values) == all(equal(wanted, value) for value in values)


@given(st.floats(-100, 100), st.floats(-100, 100), st.floats(0, 10))
def test_approx_is_the_distance_in_decimals(target: float, value: float, within: float) -> None:
    distance = abs(Fraction(repr(target)) - Fraction(repr(value)))

    assert holds({"$approx": target, "$within": within}, value) == (distance <= Fraction(repr(within)))


@given(st.text("ab A,.-_/*^'\"", max_size=8))
def test_loosely_forgives_what_it_says_and_nothing_else(text: str) -> None:
    assert holds({"$loosely": text}, text.upper().replace("'", '"') + " .,-_/*^")
    assert not holds({"$loosely": text}, text + "x")


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        ({"$eq": {"$ref": "x"}}, {"$ref": "x"}),
        ({"$all_of": [{"$ge": 1}, {"$le": 2}]}, 2),
        ({"$not": {"$regex": "x"}}, "abc"),
        ({"a": {"$not": 1}}, {"a": 2}),
        ({"$type": "integer"}, 5.0),
        ({"$type": ["string", "null"]}, None),
        ({"$loosely": "New York, N.Y."}, "new-york n_y"),
        ({"$approx": 99.95, "$within": 0.01}, 99.96),
        ({"$approx": 1000000}, 1000001),
        ({"$range": [1, 5]}, 5),
        ({"$range": ["2024-05-01", "2024-05-31"]}, "2024-05-31"),
        ({"$gt": 1, "$lt": 2}, 1.5),
        ({"$len": 4}, "Oslo"),
        ({"$len": {"$le": 2}}, [1, 2]),
        ({"$len": 1}, {"a": 1}),
        ({"$words": 3}, " It  will\nrain "),
        ({"$count": {"of": "a", "is": {"$ge": 3}}}, "banana"),
        ({"$each": {"$ge": 0}}, []),
        ({"$unordered": [{"$type": "string"}, "a"]}, ["a", "b"]),
        ({"$at": {"/items/1/a~1b": 2, "/none": {"$absent": True}}}, {"items": [0, {"a/b": 2}]}),
        ({"$at": {"": {"$type": "array"}}}, [1]),
        ({"a": {"$absent": True}}, {}),
        ({"a": {"$any_of": [{"$absent": True}, 1]}}, {"a": 1}),
        ({"a": {"$any_of": [{"$absent": True}, 1]}}, {}),
        ({"a": {"$not": {"$absent": True}}, "$others": "allow"}, {"a": None}),
    ],
)
def test_it_matches(pattern: Any, value: Any) -> None:
    assert findings(pattern) == []
    assert told(pattern, value) == []


@pytest.mark.parametrize(
    ("pattern", "value", "found"),
    [
        ({"$eq": 1}, True, "(): 1 / true"),
        ({"$not": "Oslo"}, "Oslo", '(): anything but "Oslo" / "Oslo"'),
        ({"a": {"$not": 1}}, {}, "('a',): anything but 1 / (missing)"),
        ({"a": {"$not": {"$absent": True}}}, {}, "('a',): anything but no such key / (missing)"),
        ({"$type": "integer"}, 5.5, "(): a whole number / 5.5"),
        ({"$type": "number"}, True, "(): a number / true"),
        ({"$loosely": "Oslo"}, "Oslo!", '(): loosely "Oslo" / "Oslo!"'),
        ({"$approx": 99.95, "$within": 0.01}, 99.961, "(): about 99.95 (within 0.01) / 99.961"),
        ({"$approx": 5}, "5", '(): about 5 (within a millionth of it) / "5"'),
        ({"$approx": 1}, True, "(): about 1 (within a millionth of it) / true"),
        ({"$range": [1, 5]}, 5.001, "(): something from 1 to 5 / 5.001"),
        ({"$lt": 5}, 5, "(): less than 5 / 5"),
        ({"$gt": 5}, 5, "(): more than 5 / 5"),
        ({"$len": {"$le": 3}}, "Oslo", "(): a length of at most 3 / 4"),
        ({"$len": 1}, 1, "(): a length of 1 / 1"),
        ({"$words": {"$lt": 2}}, "a b", "(): a number of words of less than 2 / 2"),
        ({"$count": {"of": "a", "is": 2}}, "banana", "(): a count of 2 / 3"),
        ({"$each": {"$ge": 0}}, [1, -1], "(1,): at least 0 / -1"),
        ({"$each": 1}, {}, "(): a list in which each element is 1 / {}"),
        ({"$unordered": [1, 2]}, [2, 3], "(1,): 1 / 3"),
        ({"$unordered": [1]}, [1, 1], "(1,): no further element / 1"),
        ({"$unordered": [1, 1]}, [1], "(): an element that is 1 / (missing)"),
        ({"$at": {"/a/0": 1}}, {"a": [2]}, "('a', 0): 1 / 2"),
        ({"$at": {"/a/b": 1}}, {"a": 5}, "('a', 'b'): 1 / (missing)"),
        ({"a": {"$absent": True}}, {"a": None}, "('a',): no such key / null"),
    ],
)
def test_a_mismatch_names_place_expectation_and_value(pattern: Any, value: Any, found: str) -> None:
    assert told(pattern, value) == [found]


@pytest.mark.parametrize(
    ("bound", "value", "is_reached"),
    [
        ("2024-05-01T12:30:00Z", "2024-05-01T12:30Z", True),
        ("2024-05-01T12:30", "2024-05-01 12:30:00", True),
        ("2024-05-01T12:30:00", "2024-05-01t12:30:00.000000000000000001", True),
        ("2024-05-01T12:30:00.5Z", "2024-05-01 14:30:00.25+02:00", False),
        ("2024-05-01T12:30", "2024-05-01T12:30.5", False),  # half a minute or half a second
    ],
)
def test_a_date_time_may_be_without_seconds_and_with_a_blank(bound: str, value: str, *, is_reached: bool) -> None:
    assert holds({"$ge": bound}, value) is is_reached


@pytest.mark.parametrize(
    "pattern",
    [
        {"$not": {"$schema": {"$ref": "#/$defs/none"}}},
        {"$not": {"$check": "anything:at_all"}},
        {"$not": {"$nonsense": 1}},
    ],
)
def test_what_cannot_be_compared_holds_neither_with_nor_without_not(pattern: Any) -> None:
    assert not holds(pattern, "a")
    assert not holds(pattern["$not"], "a")


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        (SLOW, SLOW_TEXT),
        ({"$not": SLOW}, SLOW_TEXT),
        ({"$not": {"$not": SLOW}}, SLOW_TEXT),
        ({"$not": {"$any_of": ["x", SLOW]}}, SLOW_TEXT),
        ({"$not": {"$all_of": [SLOW]}}, SLOW_TEXT),
        ({"$not": {"$count": {"of": "(a|aa)+$", "is": 1}}}, SLOW_TEXT),
        ({"$not": {"$schema": {"not": {"pattern": "^(a|aa)+$"}}}}, SLOW_TEXT),
        ({"$not": {"$contains": SLOW}}, [SLOW_TEXT]),
        ({"$not": {"$each": SLOW}}, [SLOW_TEXT]),
        ({"$not": [SLOW]}, [SLOW_TEXT]),
    ],
)
def test_an_expression_that_does_not_end_in_time_decides_nothing(pattern: Any, value: Any, little_time: None) -> None:
    assert Language().holds(pattern, value) == LIMITED
    found = list(match(pattern, value))
    assert truth_of_all(found) == LIMITED
    assert "the pattern took longer than" in "".join(one.message for one in found)


@given(*[st.integers() | st.integers(-2, 2) | st.sampled_from([0.5, 2.0, -2.5]) | st.decimals(-2, 2, places=1)] * 2)
def test_numbers_of_every_kind_have_the_order_of_their_decimals(left: Any, right: Any) -> None:
    low, high = Fraction(left), Fraction(right)

    assert compare(left, right) == (low > high) - (low < high)


@pytest.mark.parametrize("value", [True, False])
def test_true_and_false_have_no_order(value: Any) -> None:
    assert compare(value, 1) is None
    assert compare(1, value) is None


def test_a_date_and_a_date_time_have_no_order_that_not_could_turn_round() -> None:
    assert not holds({"$not": {"$le": "2024-05-01"}}, "2024-05-02T00:00:00Z")


@pytest.mark.parametrize(
    "pattern",
    [
        {"$lt": 100},
        {"$le": 100},
        {"$gt": 100},
        {"$ge": 100},
        {"$range": [1, 100]},
        {"$approx": 100, "$within": 1},
        {"$lt": "2024-05-01"},
        {"$range": ["2024-05-01", "2024-05-02"]},
        {"$all_of": [{"$ge": 1}, {"$le": 100}]},
    ],
    ids=str,
)
@pytest.mark.parametrize("value", ["500", "soon", "", True, None, [500], {"a": 1}], ids=str)
def test_what_has_no_order_with_a_bound_is_neither_inside_nor_outside(pattern: Any, value: Json) -> None:
    assert not holds(pattern, value)
    assert not holds({"$not": pattern}, value)
    assert truth_of_all(match({"$not": pattern}, value)) == UNKNOWN


@pytest.mark.parametrize(
    ("pattern", "finding"),
    [
        ({"$all_of": []}, "PC120 '$all_of' with an empty list checks nothing"),
        ({"$type": "strin"}, "PC102 'strin' is no JSON type"),
        ({"$type": None}, "PC102 '$type' takes the name of a JSON type, not null"),
        ({"$type": []}, "PC120 '$type' with an empty list can never hold"),
        ({"$loosely": 5}, "PC102 '$loosely' takes a text, not 5"),
        ({"$range": [5, 1]}, "PC120 nothing is both at least 5 and at most 1"),
        ({"$range": [1]}, "PC102 '$range' takes [low, high], not [1]"),
        (
            {"$range": [1, "2024-01-01"]},
            'PC120 nothing is both at least 1 and at most "2024-01-01": they have no common order',
        ),
        ({"$gt": 5, "$lt": 3}, "PC120 nothing is both more than 5 and less than 3"),
        ({"$gt": 5, "$le": 5}, "PC120 nothing is both more than 5 and at most 5"),
        ({"$range": [1, 5], "$gt": 5}, "PC120 nothing is both more than 5 and at most 5"),
        ({"$len": {"$gt": 3, "$lt": 4}}, "PC120 no whole number is both more than 3 and less than 4"),
        ({"$len": 2.5}, "PC120 the length is a whole number, so it can never equal 2.5"),
        ({"$len": -1}, "PC120 the length is never below 0, so it can never equal -1"),
        ({"$len": {"$lt": 0}}, "PC120 the length is never below 0, so it can never be less than 0"),
        ({"$words": "3"}, 'PC102 the number of words is a number, which "3" can never equal'),
        ({"$count": {"of": "("}}, "PC105 '$count' has no 'is'"),
        ({"$count": "a"}, "PC102 '$count' takes a mapping with 'of' and 'is', not \"a\""),
        ({"$approx": "5"}, "PC102 '$approx' takes a number, not \"5\""),
        ({"$approx": 1, "$within": -1}, "PC102 '$within' takes a number from 0 on, not -1"),
        ({"$within": 1}, "PC120 '$within' stands without '$approx'"),
        ({"$at": {}}, "PC120 '$at' without a pointer checks nothing"),
        ({"$at": {"a.b": 1}}, "PC102 a JSON pointer starts with '/', not \"a.b\""),
        (
            {"$at": {"/a~2b": {"$absent": True}}},
            "PC102 \"/a~2b\" is no JSON pointer: '~' in a key is written ~0, and '/' is written ~1",
        ),
        (
            {"$at": {"/a~": 1}},
            "PC102 \"/a~\" is no JSON pointer: '~' in a key is written ~0, and '/' is written ~1",
        ),
        ({"$absent": True}, "PC120 the value is always there, so '$absent' can never hold"),
        ({"a": {"$absent": False}}, "PC102 '$absent' takes true, not false"),
        ({"a": {"$absent": True, "$len": 1}}, "PC120 '$absent' and '$len' never hold together"),
        ({"$eq": 5, "$lt": 3}, "PC120 '$eq' and '$lt' never hold together: 5 is not less than 3"),
        ({"$unordered": "a"}, "PC102 '$unordered' takes a list of patterns, not \"a\""),
        ({"$check": "no name"}, "PC102 '$check' takes package.module:function, not \"no name\""),
    ],
)
def test_what_cannot_be_meant_is_told(pattern: Any, finding: str) -> None:
    assert finding in findings(pattern)


@given(st.sampled_from(sorted(OPERATORS)), documents, documents)
def test_whatever_an_operator_is_given_it_neither_raises_nor_agrees_with_its_opposite(
    name: str, operand: Json, value: Json
) -> None:
    pattern: Any = {name: operand}
    list(check(pattern, ANYTHING))

    assert not (holds(pattern, value) and holds({"$not": pattern}, value))


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        ("New York", "new-york", True),
        ({"city": "New York"}, {"city": "NEW YORK"}, True),
        ({"City": 1}, {"city": 1}, False),
        ({"$any_of": ["New York"]}, "newyork", True),
        ({"$not": "New York"}, "newyork", False),
        ({"$eq": ["New York"]}, ["newyork"], True),
        ({"$regex": "New York"}, "new york", False),
        ({"$contains": "New"}, "new york", False),
        ({"$contains": "New York"}, ["new york"], False),
        ({"$unordered": ["New York"]}, ["new york"], True),
        ("5", 5, False),
    ],
)
def test_loose_strings_touch_literals_and_nothing_else(pattern: Any, value: Any, expected: bool) -> None:
    plain = Language()
    loose = Language(context=type(plain.context)(is_loose=True))

    assert (not list(loose.match(pattern, value))) == expected
    assert list(loose.exact().match(pattern, value)) == list(plain.match(pattern, value))


@pytest.mark.parametrize(
    ("literal", "value", "is_same"),
    [
        ({"City": "New York"}, {"City": "new-york"}, True),
        ({"City": "New York"}, {"city": "New York"}, False),
        ({"a": "x"}, {"a": "X", "b": "x"}, False),
        ({"a": "x"}, "x", False),
        (["New York", "Oslo"], ["new york", "OSLO"], True),
        (["New York"], ["new york", "OSLO"], False),
        (["x"], "x", False),
        ({"a": [{"b": "X"}]}, {"a": [{"b": "x"}]}, True),
        ({"a": 1}, {"a": 1.0}, True),
        ({"a": 1}, {"a": True}, False),
        ("it's", 'IT"S', True),
        ("1", 1, False),
    ],
)
def test_a_quoted_value_is_compared_loosely_all_the_way_down_but_for_its_keys(
    literal: Any, value: Any, is_same: bool
) -> None:
    loose = Language(context=type(Language().context)(is_loose=True))

    assert loose.holds({"$eq": literal}, value).is_certain == is_same


@pytest.mark.parametrize(
    ("pattern", "help_text"),
    [
        ({"a": {"$absent": False}}, "leave it out: a key that is named must be there"),
        ({"a": {"$absent": "yes"}}, "write $absent: true"),
        ({"$absent": True}, "write it at the value of a key, or under '$at'"),
        ({"$at": {"items.0.price": 1}}, "write /items/0/price"),
        ({"$at": {"items/0": 1}}, "write /items/0"),
        ({"$at": {"/a~b": 1}}, "write /a~0b"),
        ({"$at": {}}, "write $at: {/items/0/price: pattern}"),
        ({"$type": None}, 'write "null", with quotes'),
        ({"$type": 5}, "write one of: boolean, number, "),
    ],
)
def test_a_mistake_comes_with_what_to_write(pattern: Any, help_text: str) -> None:
    (found,) = check(pattern, ANYTHING)

    assert (found.help or "").startswith(help_text)


@pytest.mark.parametrize(
    ("pattern", "value", "message"),
    [
        ({"$contains": {"$lt": 5}}, ["a", 7], "no order between a number and text"),
        ({"$contains": {"$lt": 5}}, [9, "2024-01-01", True], "no order between a number and a date"),
        ({"$contains": {"$lt": 5}}, [9], ""),
        ({"$contains": 5}, "5", ""),
        ({"$count": {"of": "a", "is": 2}}, "a", 'in "a"'),
        ({"$count": {"of": "a", "is": 2}}, 5, ""),
        ({"$each": {"$lt": 5}}, [1, None], "no order between a number and null"),
    ],
)
def test_a_mismatch_says_why_it_could_not_be_told(pattern: Any, value: Any, message: str) -> None:
    assert [found.message for found in match(pattern, value)] == [message]


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("(?V1)a", "VERSION0 and VERSION1 flags are mutually incompatible"),
        ("(?a)(?u)a", "ASCII, LOCALE and UNICODE flags are mutually incompatible"),
        ("a{4294967296}", "repeat count too big at position 2"),
        (r"\p{x=y}", "unknown property at position 7"),
        ("(" * 3000 + ")" * 3000, "maximum recursion depth exceeded"),
    ],
    ids=range(5),
)
def test_an_expression_that_is_none_is_told_with_the_reason(expression: str, why: str) -> None:
    (finding,) = findings({"$regex": expression})

    assert "is no regular expression: " + why in finding
    assert not holds({"$regex": expression}, "a")
    assert not holds({"$not": {"$regex": expression}}, "a")


@pytest.mark.parametrize(
    "ends",
    [["-1e999999999", "5"], ["0", "1e999999999"], ["-1e999999999", "1e999999999"], ["1e999999998", "1e999999999"]],
)
def test_bounds_of_a_thousand_million_digits_are_never_written_out(ends: list[str]) -> None:
    low, high = (read_float(end) for end in ends)

    assert findings({"$range": [low, high], "$type": "integer"}) == []
    assert [finding for finding in findings({"$len": {"$ge": low, "$le": high}}) if "nothing is both" in finding] == []
