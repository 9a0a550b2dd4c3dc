"""What is wrong with an `expect` as written: code, place, words, next step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.expectations import facets
from prompt_contracts.expectations.definition import check_expect
from prompt_contracts.expectations.judgement import broken_clauses
from prompt_contracts.fault import RetryPolicy
from prompt_contracts.patterns import operators
from prompt_contracts.turn import FilledTurn, Turn
from tests.expectations.build import answer, case


def test_a_good_expect_has_no_findings() -> None:
    expect = {
        "tool_calls": ["book_flight", {"get_weather": {"city": {"$any_of": ["Oslo", {"$regex": "^L"}]}}}],
        "json": {"$schema": {"type": "object", "properties": {"a": {"$ref": "#/$defs/a"}}, "$defs": {"a": {}}}},
        "text": {"$contains": "x", "$regex": "x"},
        "finish_reason": {"$any_of": ["stop", "end_turn"]},
        "usage": {"total_tokens": {"$ge": 1, "$le": 1}},
        "cost": {"$le": 0.002},
        "latency": 5,
    }

    assert check_expect(case(expect)) == ()


@pytest.mark.parametrize(
    "expect",
    [
        {
            "error": {
                "kind": {"$any_of": ["auth", "quota"]},
                "status": 401,
                "code": None,
                "attempts": {"$le": 3},
            }
        },
        {"error": {"outcome": "surfaced"}, "latency": {"$le": 5}},
        {"error": {"kind": "auth"}, "requests": {"$len": 1}, "check": "a:b", "usage": {"total_tokens": 1}, "cost": 1},
        {"tool_calls": [{"get_weather": {"$schema": {"type": "object"}}}]},
        {"tool_calls": [{"get_weather": {}}]},
        {"text": {"$len": {"$any_of": [{"$lt": 3}, {"$gt": 5}]}}},
        {"json": {"day": {"$ge": "2024-01-01", "$le": "2024-12-31"}}},
        {"json": None},
        {"json": {"$schema": True}},
        {"json": {"$contains": {"$others": "allow", "id": 5}}},
        {"json": {"any_text": {"$regex": ""}, "negative": {"$le": -1}, "list": {"$contains": ""}}},
        {"error": {"code": {"$regex": ""}}},
        {"cost": {"$gt": 0, "$lt": 1}, "latency": 0.5},
        {"cost": {"$ge": 0, "$le": 0}, "latency": {"$le": 0}, "usage": {"cached_tokens": 0}},
    ],
)
def test_what_the_language_allows_is_accepted(expect: dict[str, Any]) -> None:
    assert check_expect(case(expect)) == ()


def finding(expect: dict[str, Any]) -> tuple[str, str, str]:
    """Code, message, and the facet and pointer at which it stands, of the only finding."""
    contract = case(expect)
    (found,) = check_expect(contract)
    pointers = (
        facet.name + pointer
        for facet in contract.expect
        for pointer in ("", *facet.locations)
        if facet.locate(pointer) == found.location
    )
    return found.code, next(pointers), found.message + (f" [{found.help}]" if found.help else "")


@pytest.mark.parametrize(
    ("expect", "code", "place", "words"),
    [
        ({"txt": "a"}, "PC101", "txt", "unknown facet 'txt' [did you mean 'text'?]"),
        (
            {"text": {"$regx": "a"}},
            "PC101",
            "text/$regx",
            "unknown operator '$regx' [did you mean '$regex'?]",
        ),
        ({"json": {"a": {"$anyOf": []}}}, "PC101", "json/a/$anyOf", "[did you mean '$any_of'?]"),
        ({"json": {"a": 1, "$optionl": {}}}, "PC101", "json/$optionl", "[did you mean '$optional'?]"),
        ({"usage": {"tokens_total": 1}}, "PC101", "usage/tokens_total", "unknown token count 'tokens_total'"),
        ({"error": {"kinds": "auth"}}, "PC101", "error/kinds", "[did you mean 'kind'?]"),
        (
            {"tool_calls": [{"get_weather": {}, "$time": 2}]},
            "PC101",
            "tool_calls/0/$time",
            "did you mean '$times'?",
        ),
        (
            {"error": {"handled": True}},
            "PC120",
            "error/handled",
            "'handled' is about an application, and this case asks the model itself [give the case a 'handler' ",
        ),
        (
            {"json": {"$schema": "request"}},
            "PC120",
            "json/$schema",
            "the request asks for no JSON Schema: it has no response_format of the type json_schema",
        ),
        (
            {"json": {"$schema": {"$ref": "a.json"}}},
            "PC112",
            "json/$schema/$ref",
            "the JSON Schema refers to cases/a.json, which cannot be read: there is nothing to read files with",
        ),
        (
            {"json": {"$schema": {"properties": {"a": {"$ref": "https://x/y"}}}}},
            "PC120",
            "json/$schema/properties/a/$ref",
            "'$ref: https://x/y' leads out of the project, and a schema is never fetched",
        ),
        ({"text": {"$lenn": 1}}, "PC101", "text/$lenn", "[did you mean '$len'?]"),
        ({"text": {"$word": 1}}, "PC101", "text/$word", "[did you mean '$words'?]"),
        ({"text": "a", "ordr": "strict"}, "PC101", "ordr", "[did you mean 'order'?]"),
        (
            {"qqqqq": 1},
            "PC101",
            "qqqqq",
            "[a facet is one of: tool_calls, order, unlisted, missing, never, ",
        ),
        (
            {"json": {"$zzz": 1}},
            "PC101",
            "json/$zzz",
            "[an operator is one of: $eq, $any_of, $all_of, $not, $type, ",
        ),
        (
            {"tool_calls": [{"get_weather": {}, "$foo": 2}]},
            "PC101",
            "tool_calls/0/$foo",
            "'$foo' [a key is one of: $times]",
        ),
        (
            {"error": {"outcome": "recoverd"}},
            "PC102",
            "error/outcome",
            "'recoverd' is no outcome of an error [did you mean 'recovered'?]",
        ),
        ({"usage": {"output_tokens": 1}}, "PC101", "usage/output_tokens", "[did you mean 'completion_tokens'?]"),
        ({"usage": {"input_tokens": 1}}, "PC101", "usage/input_tokens", "[did you mean 'prompt_tokens'?]"),
        (
            {"finish_reason": None},
            "PC102",
            "finish_reason",
            "[write stop, length, tool_calls or content_filter; any other text is a provider's own word]",
        ),
        ({"error": {"kind": None}}, "PC102", "error/kind", "[write one of: timeout, connection, "),
        ({"text": 5}, "PC102", "text", 'is text, which 5 can never equal [write "5", with quotes]'),
        ({"text": None}, "PC102", "text", '[write "" for an empty text]'),
        ({"text": ["a"]}, "PC102", "text", "[write {$any_of: [...]} for one of several]"),
        ({"text": {"a": 1}}, "PC102", "text", "is text, which"),
        ({"text": {"$any_of": ["a", True]}}, "PC102", "text/$any_of/1", "which true can never equal"),
        ({"text": {"$contains": 5}}, "PC102", "text/$contains", '[write "5", with quotes]'),
        (
            {"text": {"$regex": 5}},
            "PC102",
            "text/$regex",
            "'$regex' takes a regular expression as text, not 5",
        ),
        ({"text": {"$any_of": "a"}}, "PC102", "text/$any_of", "'$any_of' takes a list of patterns"),
        ({"latency": "5"}, "PC102", "latency", "[write 5, without quotes]"),
        ({"cost": {"$le": "5"}}, "PC102", "cost/$le", 'a bound on cost is a number, not "5" [write 5, without quotes]'),
        ({"cost": {"$le": "2024-01-01"}}, "PC102", "cost/$le", "cost is a number, which has no order with"),
        ({"json": {"a": {"$le": True}}}, "PC102", "json/a/$le", "not true"),
        ({"usage": 5}, "PC102", "usage", "'usage' takes token counts"),
        ({"error": "auth"}, "PC102", "error", "[write {kind: auth}]"),
        ({"error": {"kind": "rate_limited"}}, "PC102", "error/kind", "[did you mean 'rate_limit'?]"),
        (
            {"error": {"kind": {"$any_of": ["auth", "qota"]}}},
            "PC102",
            "error/kind/$any_of/1",
            "'qota' is no kind of an error [did you mean 'quota'?]",
        ),
        ({"error": {"code": 401}}, "PC102", "error/code", '[write "401", with quotes]'),
        ({"error": {"status": "401"}}, "PC102", "error/status", "[write 401, without quotes]"),
        ({"error": {"outcome": "surfced"}}, "PC102", "error/outcome", "[did you mean 'surfaced'?]"),
        ({"json": {"$others": "deny"}}, "PC102", "json/$others", "'$others' takes 'allow'"),
        ({"json": {"a": 1, "$optional": ["b"]}}, "PC102", "json/$optional", "takes keys with their patterns"),
        ({"json": {"$schema": 5}}, "PC102", "json/$schema", "'$schema' takes a JSON Schema, not 5"),
        ({"tool_calls": "get_weather"}, "PC102", "tool_calls", "[write [get_weather] for one call"),
        ({"tool_calls": "non"}, "PC102", "tool_calls", "did you mean 'none'?"),
        ({"tool_calls": {"get_weather": {}}}, "PC102", "tool_calls", "[put a dash before each call"),
        ({"tool_calls": [5]}, "PC102", "tool_calls/0", "an expected call is a tool's name"),
        (
            {"tool_calls": [{"get_weather": None}]},
            "PC102",
            "tool_calls/0/get_weather",
            "write '- get_weather'",
        ),
        (
            {"tool_calls": [{"get_weather": "Oslo"}]},
            "PC102",
            "tool_calls/0/get_weather",
            "is an object, which",
        ),
        ({"tool_calls": [{"get_weather": {}, "book_flight": {}}]}, "PC102", "tool_calls/0", "names one tool"),
        ({"tool_calls": []}, "PC120", "tool_calls", "[write none to forbid calls"),
        ({"usage": {}}, "PC120", "usage", "checks nothing"),
        ({"error": {}}, "PC120", "error", "[write error: {outcome: surfaced} for any error]"),
        ({"json": {"a": 1, "$le": 2}}, "PC120", "json/$le", "stands beside keys of an object"),
        ({"json": {"$optional": {"a": 1}, "$le": 2}}, "PC120", "json/$le", "stands beside keys of an object"),
        (
            {"json": {"a": 1, "$optional": {"a": 2}}},
            "PC120",
            "json/$optional/a",
            "both required and optional",
        ),
        ({"text": {"$any_of": []}}, "PC120", "text/$any_of", "can never hold"),
        (
            {"text": {"$all_of": [{"$len": {"$any_of": [{"$lt": 3}, {"$gt": 5}]}}, {"$len": 4}]}},
            "PC120",
            "text",
            "nothing that the answer's text can be satisfies this pattern",
        ),
        ({"cost": {"$ge": 2, "$le": 1}}, "PC120", "cost/$le", "nothing is both at least 2 and at most 1"),
        ({"json": {"$ge": "2024-01-02", "$le": "2024-01-01"}}, "PC120", "json/$le", "nothing is both"),
        ({"json": {"$ge": 1, "$le": "2024-01-01"}}, "PC120", "json/$le", "they have no common order"),
        ({"text": {"$regex": "(a"}}, "PC120", "text/$regex", "is no regular expression: missing )"),
        (
            {"text": {"$contains": ""}},
            "PC120",
            "text/$contains",
            "'$contains' with an empty text holds for every text [write the text that must occur]",
        ),
        (
            {"text": {"$any_of": ["a", {"$regex": ""}]}},
            "PC120",
            "text/$any_of/1/$regex",
            "'$regex' with an empty text holds for every text [write the expression that must be found]",
        ),
        (
            {"latency": {"$le": -1}},
            "PC120",
            "latency/$le",
            "latency is never below 0, so it can never be at most -1 [write a bound from 0 on]",
        ),
        ({"cost": -0.5}, "PC120", "cost", "cost is never below 0, so it can never equal -0.5"),
        (
            {"usage": {"total_tokens": {"$le": -1}}},
            "PC120",
            "usage/total_tokens/$le",
            "usage.total_tokens is never below 0",
        ),
        ({"latency": {"$regex": "a"}}, "PC120", "latency/$regex", "on which '$regex' can never hold"),
        (
            {"json": {"$schema": {"type": "strin"}}},
            "PC120",
            "json/$schema/type",
            'there is no type "strin"',
        ),
        (
            {"json": {"$schema": {"pattern": "("}}},
            "PC120",
            "json/$schema/pattern",
            "is no regular expression",
        ),
        ({"json": {"$schema": {"$ref": "#/$defs/x"}}}, "PC120", "json/$schema/$ref", "points to nothing"),
        (
            {"json": {"$schema": {"$schema": "x"}}},
            "PC120",
            "json/$schema/$schema",
            "a dialect that is not known",
        ),
        (
            {"tool_calls": ["get_wether"]},
            "PC121",
            "tool_calls/0",
            "is not offered by the case [did you mean 'get_weather'? (offered: get_weather, book_flight)]",
        ),
        (
            {"tool_calls": [{"zzz": {}}]},
            "PC121",
            "tool_calls/0/zzz",
            "[the case offers: get_weather, book_flight]",
        ),
    ],
)
def test_a_mistake_is_told_at_its_place(expect: dict[str, Any], code: str, place: str, words: str) -> None:
    found = finding(expect)

    assert found[:2] == (code, place)
    assert words in found[2]


def test_a_case_without_tools_says_where_to_put_them() -> None:
    (found,) = check_expect(case({"tool_calls": ["get_weather"]}, tools=()))

    assert (found.code, found.help) == ("PC121", "give the case 'tools' that hold it")


def test_an_application_offers_tools_that_the_case_need_not_list() -> None:
    contract = replace(case({"tool_calls": ["find_order"], "never": ["refund"]}), handler="bot:reply", tools=())

    assert check_expect(contract) == ()


def test_what_an_application_calls_is_held_against_the_tools_that_the_case_lists() -> None:
    contract = replace(case({"tool_calls": ["get_wether"]}), handler="bot:reply")

    assert [found.code for found in check_expect(contract)] == ["PC121"]


@pytest.mark.parametrize("facet", ["tool_calls", "json", "text", "finish_reason"])
def test_a_facet_about_the_answer_cannot_stand_beside_an_expected_error(facet: str) -> None:
    value = {"tool_calls": "none", "json": 1, "text": "a", "finish_reason": "stop"}[facet]

    code, place, words = finding({"error": {"kind": "auth"}, facet: value})

    assert (code, place) == ("PC120", facet)
    assert words.endswith(f"[leave '{facet}' or 'error' out]")


def test_beside_an_error_that_is_recovered_from_an_answer_may_be_judged() -> None:
    assert check_expect(case({"error": {"outcome": "recovered"}, "text": "a"})) == ()


def test_nothing_is_recovered_from_without_a_second_attempt() -> None:
    contract = replace(case({"error": {"outcome": "recovered"}}), retry=RetryPolicy(attempts=1))

    (found,) = check_expect(contract)

    assert (found.code, found.message) == ("PC120", "nothing is recovered from: the case sends each request once")


@pytest.mark.parametrize("facet", ["text", "json", "tool_calls"])
def test_beside_an_error_the_reply_of_an_application_may_be_judged(facet: str) -> None:
    value = {"text": "a", "json": 1, "tool_calls": "none"}[facet]
    contract = replace(case({"error": {"kind": "timeout", "handled": True}, facet: value}), handler="bot:reply")

    assert check_expect(contract) == ()


def test_an_application_that_gives_no_reply_has_none_to_judge() -> None:
    contract = replace(case({"error": {"handled": False}, "text": "a"}), command=("node", "bot.js"))

    (found,) = check_expect(contract)

    assert (found.code, found.help) == ("PC120", "leave 'text' or 'error' out")


def test_handled_takes_true_or_false() -> None:
    contract = replace(case({"error": {"handled": "yes"}}), handler="bot:reply")

    (found,) = check_expect(contract)

    assert (found.code, found.message) == ("PC102", 'error.handled is true or false, which "yes" can never equal')


def test_a_case_whose_turns_expect_something_needs_no_expectation_of_its_own() -> None:
    (facet,) = case({"text": "a"}).expect
    filled = FilledTurn(messages=(), expect=(facet,))
    turn = Turn(number=1, location=facet.location, fill=lambda values: filled, preview=filled)

    assert check_expect(replace(case({}), turns=(turn,))) == ()


def test_every_mistake_is_reported_at_once() -> None:
    expect = {
        "txt": 1,
        "text": {"$regex": "("},
        "tool_calls": ["a", {"b": None}],
        "cost": {"$lt": 1, "$le": "x"},
    }

    assert [found.code for found in check_expect(case(expect))] == [
        *("PC101", "PC120", "PC121", "PC121", "PC102", "PC102"),
    ]


def test_a_case_that_expects_nothing_is_refused() -> None:
    (found,) = check_expect(case({}))

    assert found.code == "PC120"


written: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.floats() | st.text("a(1-", max_size=3) | st.just("none"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["a", "get_weather", "kind", "total_tokens", "$optional", "$others", *operators.OPERATORS]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@given(st.sampled_from(sorted(facets.FACETS)), written)
def test_whatever_is_written_neither_the_check_nor_the_judgement_raises(facet: str, value: Any) -> None:
    contract = case({facet: value})

    assert all(found.message for found in check_expect(contract))
    assert all(failure.path for failure in broken_clauses(contract, answer('{"a": 1}', calls=[("a", {})])))
