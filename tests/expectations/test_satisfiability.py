"""Patterns that nothing satisfies and those that everything does, told at load; held against the real matcher."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prompt_contracts.expectations.definition import check_expect, scope_of
from prompt_contracts.expectations.expectation import judge_mapping
from prompt_contracts.expectations.expectation_extent import check_not_idle, check_together
from prompt_contracts.expectations.flaw import ANYTHING, Subject
from prompt_contracts.expectations.nullable_regex import is_always_found
from prompt_contracts.expectations.operator_rule import Surroundings
from prompt_contracts.expectations.pattern import Language
from prompt_contracts.expectations.satisfiability import can_fail, can_hold
from prompt_contracts.json_number import read_float
from prompt_contracts.json_value import Json
from prompt_contracts.outcome import Outcome
from tests.expectations.build import answer, case

LANGUAGE = Language()
TEXT = Subject(name="the text", kinds=frozenset({"string"}))
AMOUNT = Subject(name="the number", kinds=frozenset({"number"}), least=0, is_whole=True)


def flaws(expect: dict[str, Json]) -> list[str]:
    return [f"{one.code} {one.message}" for one in check_expect(case(expect))]


VACUOUS: list[dict[str, Json]] = [
    {"tool_count": {"$ge": 0}},
    {"tool_count": {"$gt": -1}},
    {"tool_count": {"$not": {"$all_of": [{"$gt": 3}, {"$lt": 2}]}}},
    {"tool_count": {"$any_of": [{"$lt": 3}, {"$ge": 3}]}},
    {"tool_count": {"$any_of": [{"$range": [0, 5]}, {"$gt": 4}]}},
    {"text": {"$len": {"$ge": 0}}},
    {"text": {"$words": {"$ge": 0}}},
    {"text": {"$count": {"of": "a", "is": {"$ge": 0}}}},
    {"text": {"$any_of": [{"$contains": "a"}, {"$not": {"$regex": "b*"}}, {"$regex": "b*"}]}},
    {"text": {"$any_of": [{"$regex": "b"}, {"$not": {"$regex": "b"}}]}},
    {"text": {"$any_of": [{"$len": {"$le": 5}}, {"$len": {"$gt": 5}}]}},
    {"text": {"$all_of": [{"$len": {"$ge": 0}}, {"$regex": ""}]}},
    {"requests": {"$len": {"$ge": 0}}},
    {"requests": {"$each": {"$any_of": [{"$type": ["object", "string"]}, {"$not": {"$type": ["object", "string"]}}]}}},
    {"unlisted": "allow", "tool_calls": [{"get_weather": {}, "$times": {"$ge": 0}}]},
    {"any_of": [{"text": {"$len": {"$ge": 0}}}, {"text": "a"}]},
    {"not": {"text": {"$regex": ".*"}}},
    # A schema that says no more than what it is held against is anyway.
    {"text": {"$schema": {}}},
    {"text": {"$schema": True}},
    {"text": {"$schema": {"type": "string"}}},
    {"text": {"$schema": {"$ref": "#/$defs/a", "$defs": {"a": {"type": ["string", "null"]}}}}},
    {"text": {"$schema": {"anyOf": [{"maxLength": 3}, {"minLength": 2}]}}},
    {"text": {"$any_of": [{"$schema": {"minLength": 3}}, {"$not": {"$schema": {"minLength": 3}}}]}},
    {"tool_count": {"$schema": {"type": "integer"}}},
    {"tool_count": {"$schema": {"minimum": 0}}},
    {"requests": {"$schema": {"type": "array"}}},
    # Alternatives that leave nothing out.
    {"tool_count": {"$any_of": [0, {"$gt": 0}]}},
    {"tool_count": {"$any_of": [{"$le": 3}, {"$ge": 4}]}},
    {"tool_count": {"$any_of": [{"$lt": 3}, {"$not": {"$lt": 2}}]}},
    {"tool_count": {"$any_of": [{"$approx": 3}, {"$not": {"$approx": 3}}]}},
    {"text": {"$any_of": [{"$len": 0}, {"$len": {"$ge": 1}}]}},
    {"text": {"$any_of": ["", {"$len": {"$ge": 1}}]}},
    {"text": {"$any_of": [{"$words": 0}, {"$len": {"$ge": 1}}]}},
    {"text": {"$any_of": [{"$contains": "a"}, {"$not": {"$contains": "a"}}]}},
    {"text": {"$any_of": [{"$contains": "a", "$len": 3}, {"$not": {"$contains": "a"}}, {"$not": {"$len": 3}}]}},
    {"text": {"$count": {"of": "a*", "is": {"$ge": 1}}}},
    # The same, written with facets.
    {"any_of": [{"text": "a"}, {"not": {"text": "a"}}]},
    {"any_of": [{"text": {"$contains": "a"}}, {"text": {"$not": {"$contains": "a"}}}]},
    {"any_of": [{"text": {"$len": {"$lt": 5}}}, {"text": {"$len": {"$gt": 4}}}]},
    {"any_of": [{"tool_count": 0}, {"tool_count": {"$ge": 1}}]},
    {"any_of": [{"tool_calls": "none"}, {"tool_calls": "some"}]},
    {"any_of": [{"tool_calls": "none"}, {"tool_count": {"$ge": 1}}]},
    {"any_of": [{"refusal": True}, {"refusal": False}]},
    {"any_of": [{"never": ["get_weather"]}, {"not": {"never": ["get_weather"]}}]},
    {"not": {"all_of": [{"text": "a"}, {"not": {"text": "a"}}]}},
]
EVERYWHERE = (".*", "^", "$", "(.*)", r"[\s\S]*", "a*", ".{0,}", "^.*", r"(?s)^.*$", "a|", "(?m)^.*$")
AROUND = (r"\b|\B", r"\B|a|\b", "(?=)", "(?=a*)", "(?!a)", "a*(?!b)$")
VACUOUS += [{"text": {"$regex": regex}} for regex in EVERYWHERE + AROUND]


@pytest.mark.parametrize("expect", VACUOUS, ids=str)
def test_what_every_answer_satisfies_is_an_error(expect: dict[str, Json]) -> None:
    assert [flaw[:5] for flaw in flaws(expect)][:1] == ["PC120"]


IMPOSSIBLE: list[Json] = [
    {"$all_of": [{"$regex": "a"}, {"$not": {"$regex": "a"}}]},
    {"$regex": "a", "$not": {"$regex": "a"}},
    {"$all_of": [{"$regex": "a", "$len": 3}, {"$not": {"$len": 3, "$regex": "a"}}]},
    {"$all_of": [{"$ge": 5}, {"$all_of": [{"$le": 4}]}]},
    {"$all_of": [{"$ge": "2024-05-02"}, {"$lt": "2024-05-02"}]},
    {"$all_of": [{"$type": "integer"}, {"$gt": 1}, {"$lt": 2}]},
    {"$regex": "a", "$gt": 5},
    {"$all_of": [{"$type": "string"}, {"$type": "number"}]},
    {"$all_of": [{"$eq": "a"}, {"$regex": "b"}]},
    {"$all_of": ["a", "b"]},
    {"$any_of": [{"$all_of": [1, 2]}, {"$all_of": ["a", {"$len": 2}]}]},
    {"$all_of": [{"$any_of": ["a", "b"]}, {"$any_of": ["c", "d"]}]},
    {"$all_of": [{"$any_of": [{"$lt": 3}, {"$gt": 9}]}, {"$range": [4, 8]}]},
    {"$all_of": [{"$len": {"$gt": 10}}, {"$len": {"$lt": 5}}]},
    {"$not": {"$type": ["string", "number", "boolean", "null", "array", "object"]}},
    {"$all_of": [{"$each": 1}, {"a": 1}]},
    {"$all_of": [True, {"$not": True}]},
    {"$not": {"$any_of": [{"$type": "number"}, {"$not": {"$type": "number"}}]}},
    {"$len": 0, "$contains": "a"},
    {"$any_of": [{"$len": 0, "$contains": 1}, {"$words": {"$ge": 1}, "$len": 0}]},
    {"$schema": {"type": "string"}, "$gt": 4},
    {"$schema": {"type": "array"}, "$regex": "a"},
    {"$count": {"of": "a*", "is": 0}},
]


@pytest.mark.parametrize("pattern", IMPOSSIBLE, ids=str)
@pytest.mark.parametrize("place", ["json", "inside"])
def test_what_no_value_satisfies_is_an_error(pattern: Json, place: str) -> None:
    found = flaws({"json": pattern if place == "json" else {"a": [pattern]}})

    assert [flaw[:5] for flaw in found][:1] == ["PC120"], found


@pytest.mark.parametrize(
    ("expect", "help_"),
    [
        ({"text": {"$schema": {"type": "object"}}}, "which the schema never takes; a schema of the answer as JSON"),
        ({"text": {"$schema": {"type": "object", "required": ["a"]}}}, "stands under 'json'"),
        ({"tool_count": {"$schema": {"type": "string"}}}, "a number, which the schema never takes"),
        ({"tool_count": {"$schema": {"const": -1}}}, "a number, which the schema never takes"),
        ({"usage": {"total_tokens": {"$schema": {"type": "string"}}}}, "a number, which the schema never takes"),
        ({"text": {"$contains": "a"}, "not": {"text": {"$contains": "a"}}}, "refuses what another asks for"),
        ({"json": {"a": 1}, "not": {"json": {"a": 1}}}, "refuses what another asks for"),
        ({"all_of": [{"text": "a"}, {"text": "b"}]}, "refuses what another asks for"),
        ({"text": "a", "all_of": [{"text": "b"}]}, "refuses what another asks for"),
        ({"any_of": [{"all_of": [{"text": "a"}, {"not": {"text": "a"}}]}, {"text": "b"}]}, "refuses what another"),
        ({"any_of": [{"text": "a", "not": {"text": "a"}}, {"text": "b"}]}, "refuses what another"),
        ({"tool_calls": "none", "any_of": [{"tool_count": {"$ge": 1}}, {"tool_count": 5}]}, "refuses what another"),
    ],
    ids=str,
)
def test_what_no_answer_satisfies_is_an_error(expect: dict[str, Json], help_: str) -> None:
    found = check_expect(case(expect))

    assert [flaw.code for flaw in found] == ["PC120"]
    assert help_ in str(found[0].help)


@pytest.mark.parametrize(
    "expect",
    [
        {"text": {"$regex": "^$"}},
        {"text": {"$regex": "^.*$"}},
        {"text": {"$regex": r"\b"}},
        {"text": {"$regex": "(?=a)"}},
        {"text": {"$regex": "^a*$"}},
        {"text": {"$regex": "a+|b"}},
        {"text": {"$regex": "(?<!a)"}},
        {"text": {"$schema": {"minLength": 1}}},
        {"text": {"$schema": {"format": "date"}}},
        {"text": {"$schema": {"$schema": "http://json-schema.org/draft-04/schema#", "enum": ["a"]}}},
        {"tool_count": {"$schema": {"multipleOf": 2}}},
        {"tool_count": {"$any_of": [{"$le": 3}, {"$ge": 5}]}},
        {"text": {"$any_of": ["a", {"$len": {"$ge": 1}}]}},
        # What nobody can tell breaks both.
        {"any_of": [{"json": {"a": 1}}, {"not": {"json": {"a": 1}}}]},
        {"any_of": [{"cost": {"$le": 1}}, {"not": {"cost": {"$le": 1}}}]},
        {"any_of": [{"tool_calls": ["get_weather"]}, {"not": {"tool_calls": ["get_weather"]}}]},
        {"any_of": [{"finish_reason": "stop"}, {"not": {"finish_reason": "stop"}}]},
        {"any_of": [{"check": "a:b"}, {"not": {"check": "a:b"}}]},
        {"all_of": [{"check": "a:b"}, {"not": {"check": "a:b"}}]},
        {"any_of": [{"text": {"$check": "a:b"}}, {"not": {"text": {"$check": "a:b"}}}]},
        {"any_of": [{"error": {"kind": "quota"}}, {"text": "a"}, {"not": {"text": "a"}}]},
        {"any_of": [{"text": "a"}, {"strings": "loose", "not": {"text": "a"}}]},
        {"text": "a", "not": {"text": "b"}},
        {
            "unlisted": "allow",
            "tool_calls": ["get_weather"],
            "not": {"unlisted": "forbid", "tool_calls": ["book_flight"]},
        },
        {"text": {"$not": "a"}, "refusal": False},
        {"tool_count": {"$any_of": [{"$lt": 3}, {"$gt": 3}]}},
        {"tool_count": {"$ge": 1}},
        # To be known at all is something that an answer can fail.
        {"usage": {"completion_tokens": {"$ge": 0}}},
        {"cost": {"$ge": 0}},
        {"latency": {"$ge": 0}},
        {"reasoning": {"$regex": ".*"}},
        {"refusal": {"$regex": ".*"}},
        {"json": {"$schema": True}},
        {"json": {"$type": ["string", "number", "boolean", "null", "array", "object"]}},
        # Inside, a pattern also asks for presence or type.
        {"json": {"a": {"$len": {"$ge": 0}}}},
        {"json": [{"$regex": ".*"}]},
        {"json": {"$at": {"/a": {"$regex": ".*"}}}},
        {"tool_calls": [{"get_weather": {"city": {"$regex": ".*"}}}]},
        {"tool_calls": [{"get_weather": {}, "$times": {"$ge": 0}}]},
        {"json": {"$all_of": [{"$gt": 1}, {"$lt": 2}]}},
        {"json": {"$all_of": [{"$any_of": ["a", "b"]}, {"$any_of": ["b", "c"]}]}},
        {"json": {"a": {"$any_of": [{"$absent": True}, {"$regex": "a"}]}}},
        {"json": {"$all_of": [{"$ge": "2024-05-02"}, {"$le": "2024-05-02"}]}},
        {"json": {"$gt": 1e300, "$lt": 1e301}},
        # A double would take each of these numbers for its neighbour.
        {"json": {"$ge": 9007199254740992, "$not": {"$ge": read_float("9007199254740992.5")}}},
        {"json": {"$any_of": [{"$ge": 9007199254740992}, {"$not": {"$ge": read_float("9007199254740992.5")}}]}},
        {"json": {"$all_of": [{"$len": 2}, {"$not": [read_float("1e-400"), 0]}, {"$not": [0, 0]}]}},
        {"json": {"$schema": {"exclusiveMinimum": read_float("9007199254740992.5"), "maximum": 9007199254740993}}},
        {"json": {"$schema": {"enum": [read_float("1e-400")], "exclusiveMinimum": 0}}},
    ],
    ids=str,
)
def test_what_some_satisfy_and_others_do_not_is_taken(expect: dict[str, Json]) -> None:
    assert flaws(expect) == []


@pytest.mark.parametrize("expression", ["", "a?", "(a|b)*", "[^a]*", r"\^*", "(?i)a*", "(?:x)?", "^a*", "a*$", r"\Aa?"])
def test_expressions_that_are_always_found(expression: str) -> None:
    assert is_always_found(expression)


MISSED = ("a", ")(", "^$", r"\b", "(?=a)", r"\^", "(?x) a # *", "^a*$", r"\Z\A", "(?m)^a$", r"\w*\b", r"(a)?\1b", "[")
MISSED_AROUND = ("(?<=a)|", "(?<!a)", r"^(a?+)\1", "^(?=b)", "(?=)a", r"\b|[\B]")


@pytest.mark.parametrize("expression", MISSED + MISSED_AROUND)
def test_expressions_that_may_be_missed(expression: str) -> None:
    assert not is_always_found(expression)


texts = st.sampled_from(["", "a", "b", "ab", "a b", "2024-05-01", "2024-05-01T10:00", "Aa"]) | st.text(max_size=4)
numbers = st.integers(-3, 12) | st.sampled_from([0.5, 1.0, 2.5, 1e300, -0.0])
scalars = texts | numbers | st.booleans() | st.none()
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=5,
)
bounds = st.sampled_from(["$lt", "$le", "$gt", "$ge"])
edges = numbers | st.sampled_from(["2024-05-01", "2024-05-02", "2024-05-01T10:00"])
kinds = st.sampled_from(["string", "number", "integer", "boolean", "null", "array", "object"])
schemas: st.SearchStrategy[Json] = st.recursive(
    st.one_of(
        st.sampled_from(
            [{}, True, {"minLength": 1}, {"maxLength": 2}, {"minimum": 0}, {"maximum": 3.5}, {"minItems": 1}]
        ),
        st.sampled_from(
            [{"multipleOf": 2}, {"pattern": "^a"}, {"format": "date"}, {"required": ["a"]}, {"const": None}]
        ),
        st.builds(lambda name: {"type": name}, kinds | st.lists(kinds, min_size=1, max_size=3, unique=True)),
        st.builds(lambda several: {"enum": several}, st.lists(scalars, min_size=1, max_size=3)),
    ),
    lambda inner: st.one_of(
        st.builds(lambda one: {"not": one}, inner),
        st.builds(
            lambda name, several: {name: several},
            st.sampled_from(["anyOf", "allOf", "oneOf"]),
            st.lists(inner, min_size=1, max_size=3),
        ),
        st.builds(lambda one: {"$ref": "#/$defs/a", "$defs": {"a": one}}, inner),
        st.builds(
            lambda one, two: {**one, **two} if isinstance(one, dict) and isinstance(two, dict) else one, inner, inner
        ),
        st.builds(lambda one, two: {"if": one, "then": two}, inner, inner),
    ),
    max_leaves=4,
)
regexes = st.sampled_from(
    [
        "",
        "a",
        "(?=)",
        r"\b|\B",
        "(?!a)",
        ".*",
        "^$",
        "^",
        "$",
        "a*",
        "b+",
        "a|",
        r"\b",
        "^.*$",
        "[^a]*",
        "(?s)^.*$",
        "^a*",
    ]
)


def grown(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    several = st.lists(inner, min_size=1, max_size=3)
    operator = st.one_of(
        st.fixed_dictionaries({"$any_of": several}),
        st.fixed_dictionaries({"$all_of": several}),
        st.fixed_dictionaries({"$not": inner}),
        st.fixed_dictionaries({"$len": inner}),
        st.fixed_dictionaries({"$words": inner}),
        st.fixed_dictionaries({"$each": inner}),
        st.fixed_dictionaries({"$contains": inner}),
        st.fixed_dictionaries({"$unordered": several}),
        st.builds(lambda one: {"$count": {"of": "a", "is": one}}, inner),
        st.builds(lambda one: {"$at": {"/a": one}}, inner),
    )
    container = st.one_of(
        st.builds(lambda one: {"a": one}, inner),
        st.builds(lambda one: {"$optional": {"a": one}, "$others": "allow"}, inner),
        several,
    )
    return operator | container | st.builds(lambda one, two: {**one, **two}, operator, operator)


leaves: st.SearchStrategy[Json] = st.one_of(
    scalars,
    st.builds(lambda name, edge: {name: edge}, bounds, edges),
    st.builds(lambda one, edge, two, other: {one: edge, two: other}, bounds, edges, bounds, edges),
    st.builds(lambda low, high: {"$range": [low, high]}, edges, edges),
    st.builds(lambda name: {"$type": name}, kinds | st.lists(kinds, min_size=1, max_size=3)),
    st.builds(lambda text: {"$regex": text}, regexes),
    st.builds(lambda value: {"$eq": value}, values),
    st.builds(lambda text: {"$loosely": text}, texts),
    st.builds(lambda about: {"$approx": about, "$within": 1}, numbers),
    st.builds(lambda text: {"$contains": text}, texts),
    st.builds(lambda text, one: {"$count": {"of": text, "is": one}}, regexes, numbers),
    st.builds(lambda schema: {"$schema": schema}, schemas),
    st.just({"$absent": True}),
    st.just({"$others": "allow"}),
)
plain_patterns = st.recursive(leaves, grown, max_leaves=6)
# A pattern and its opposite, side by side.
patterns = plain_patterns | st.builds(
    lambda one, two, name: {name: [one, {"$not": one}, two]},
    plain_patterns,
    plain_patterns,
    st.sampled_from(["$any_of", "$all_of"]),
)


@given(pattern=patterns, value=values, is_loose=st.booleans())
@settings(max_examples=400, deadline=None)
def test_nothing_contradicts_what_was_proven(pattern: Json, value: Json, is_loose: bool) -> None:
    hold_against(pattern, value, ANYTHING, Language(surroundings=Surroundings(is_loose=is_loose)))


@given(pattern=patterns, text=texts)
@settings(max_examples=400, deadline=None)
def test_nor_for_texts(pattern: Json, text: str) -> None:
    hold_against(pattern, text, TEXT, LANGUAGE)


@given(pattern=patterns, number=st.integers(0, 12))
@settings(max_examples=400, deadline=None)
def test_nor_for_amounts(pattern: Json, number: int) -> None:
    hold_against(pattern, number, AMOUNT, LANGUAGE)


def hold_against(pattern: Json, value: Json, subject: Subject, language: Language) -> None:
    """What was proven of all values is true of this one, as the real matcher tells it."""
    truth = language.holds(pattern, value)
    if not can_hold(pattern, subject, language):
        assert not truth.is_certain
    if not can_fail(pattern, subject, language):
        assert truth.is_certain


facets: st.SearchStrategy[dict[str, Json]] = st.one_of(
    st.builds(lambda pattern: {"text": pattern}, patterns),
    st.builds(lambda pattern: {"tool_count": pattern}, patterns),
    st.sampled_from([{"tool_calls": "none"}, {"tool_calls": "some"}, {"refusal": True}, {"refusal": False}]),
    st.sampled_from(
        [{"never": ["get_weather"]}, {"json": {"a": 1}}, {"cost": {"$le": 1}}, {"tool_calls": ["get_weather"]}]
    ),
)
expectations = st.recursive(
    facets,
    lambda inner: st.one_of(
        st.builds(
            lambda name, several: {name: several},
            st.sampled_from(["any_of", "all_of"]),
            st.lists(inner, min_size=1, max_size=3),
        ),
        st.builds(lambda name, one: {name: [one, {"not": one}]}, st.sampled_from(["any_of", "all_of"]), inner),
        st.builds(lambda one: {"not": one}, inner),
        st.builds(lambda one, two: {**one, **two}, inner, inner),
        st.builds(lambda one: {"strings": "loose", **one}, inner),
    ),
    max_leaves=4,
)
given_answers = st.builds(
    lambda text, count, refusal: answer(text, calls=[("get_weather", {})] * count, refusal=refusal),
    texts | st.just('{"a": 1}'),
    st.integers(0, 4),
    st.sampled_from([None, "No."]),
)


@given(expect=expectations, came=given_answers)
@settings(max_examples=400, deadline=None)
def test_nor_for_facets_that_stand_together(expect: dict[str, Json], came: Outcome) -> None:
    scope = scope_of(case(expect), read_schema=None, resolve=None)
    breaches = tuple(judge_mapping(expect, came, scope))

    if tuple(check_together(expect, scope)):
        assert breaches
    for name in ("any_of", "all_of", "not"):
        if name in expect and tuple(check_not_idle(name, expect[name], scope)):
            assert not [one for one in breaches if one.clause[:1] == (name,)]


@given(expression=st.text(alphabet="ab^$*?|().[]\\bBA=!<+", max_size=8), text=st.text(alphabet="ab\n ", max_size=5))
@settings(max_examples=400, deadline=None)
def test_an_expression_that_is_always_found_is_found(expression: str, text: str) -> None:
    if is_always_found(expression):
        assert LANGUAGE.holds({"$regex": expression}, text).is_certain
