"""Refusal, reasoning, model, requests, JSON amid text, functions of the project: each one both ways."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.expectations.answer_content import NoJsonBlockError, read_block
from prompt_contracts.expectations.definition import check_expect
from prompt_contracts.expectations.judgement import broken_clauses
from prompt_contracts.json_value import NotJsonError, equal
from prompt_contracts.outcome import Outcome
from tests.expectations.build import answer, case, failing


def headlines(expect: dict[str, Any], outcome: Outcome) -> list[str]:
    return [failure.headline for failure in broken_clauses(case(expect), outcome)]


@pytest.mark.parametrize(
    ("expect", "outcome", "headline"),
    [
        ({"refusal": True}, answer(refusal="I cannot."), None),
        ({"refusal": True}, answer("No."), 'refusal: expected a refusal, got no refusal (the answer says "No.")'),
        ({"refusal": False}, answer("Yes."), None),
        ({"refusal": False}, answer(refusal="I cannot."), 'refusal: expected no refusal, got "I cannot."'),
        ({"refusal": {"$contains": "cannot"}}, answer(refusal="I cannot."), None),
        ({"refusal": "No"}, answer(refusal="Yes"), 'refusal: expected "No", got "Yes"'),
        ({"refusal": "No"}, answer(), 'refusal: expected "No", got no refusal'),
        ({"refusal": False}, failing("server"), "answer: expected an answer, got an error: server"),
        ({"reasoning": {"$contains": "wet"}}, answer(reasoning="It is wet."), None),
        ({"reasoning": "a"}, answer(reasoning="b"), 'reasoning: expected "a", got "b"'),
        ({"reasoning": ""}, answer(), 'reasoning: expected "", got unknown (the provider shows no reasoning)'),
        ({"model": "tiny-2"}, answer(model="tiny-2"), None),
        ({"model": {"$regex": "^tiny"}}, answer(model="big"), 'model: expected a text matching /^tiny/, got "big"'),
        ({"model": {"$regex": ""}}, failing("auth"), "answer: expected an answer, got an error: auth"),
        ({"requests": [{"$others": "allow", "temperature": 0}]}, answer(requests=[{"temperature": 0, "n": 1}]), None),
        (
            {"requests": [{"$others": "allow", "temperature": 0}]},
            answer(requests=[{"temperature": 1}]),
            "requests[0].temperature: expected 0, got 1",
        ),
        (
            {"requests": []},
            answer(),
            "requests: expected [], got unknown (the requests behind this answer are not known)",
        ),
    ],
)
def test_a_facet_holds_or_says_what_came(expect: dict[str, Any], outcome: Outcome, headline: str | None) -> None:
    assert headlines(expect, outcome) == ([] if headline is None else [headline])


@pytest.mark.parametrize(
    ("expect", "words"),
    [
        ({"refusal": 5}, "the refusal is text, which 5 can never equal"),
        ({"reasoning": None}, "the reasoning is text"),
        ({"model": 5}, "the model is text"),
        ({"requests": {"$len": -1}}, "is never below 0"),
        ({"requests": {"messages": []}}, "the list of requests is a list"),
        ({"json": 1, "json_in": "fence"}, "'json_in' takes whole or fenced"),
        ({"check": "a.b"}, "'check' takes package.module:function"),
        ({"check": []}, "'check' with an empty list checks nothing"),
    ],
)
def test_what_cannot_be_meant_is_told(expect: dict[str, Any], words: str) -> None:
    assert any(words in found.message for found in check_expect(case(expect)))


@pytest.mark.parametrize(
    "text",
    [
        '{"a": [1]}',
        'Here it is:\n```json\n{"a": [1]}\n```\nAnything else?',
        '```\n{"a": [1]}\n```',
        '~~~ JSON\n{"a": [1]}\n~~~~',
        '```json\n{"a": [1]}',
        'Sure! {"a": [1]} Is that good?',
        '```python\nx = {}\n```\n```json\n{"a": [1]}\n```',
        'As {you} see [above]: {"a": [1]}.',
    ],
)
def test_the_one_block_of_json_is_found(text: str) -> None:
    assert read_block(text) == {"a": [1]}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "none here",
        '{"a": 1} or {"a": 2}',
        "```json\n{}\n```\n```json\n{}\n```",
        "```python\n{}\n```",
        '```json\n{"a": 1} trailing\n```',
        '```json\n{"a": 1, "a": 2}\n```',
        'It is {"items": [{"id": 1}, {"id": 2}], "total',
        '{"a": 1,, "b": [1]}',
        "{'a': [1]}",
        "cut {NaN} [NaN]",
        "[" * 10_000,
        "{[" * 10_000,
    ],
)
def test_no_block_two_blocks_and_broken_blocks_are_no_json(text: str) -> None:
    with pytest.raises((NoJsonBlockError, NotJsonError)):
        read_block(text)


documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


@given(documents, st.text("ab \n.", max_size=10), st.text("ab \n.", max_size=10))
def test_a_block_comes_back_from_any_prose(value: Any, before: str, after: str) -> None:
    assert equal(read_block(f"{before}\n```json\n{json.dumps(value)}\n```\n{after}"), value)
    assert equal(read_block(f"{before}{json.dumps([value])}{after}"), [value])


def test_without_the_switch_a_fence_is_no_json() -> None:
    fenced = answer("```json\n{}\n```")

    assert headlines({"json": {}, "json_in": "fenced"}, fenced) == []
    assert headlines({"json": {}}, fenced) != []
    assert headlines({"json": {}, "json_in": "fenced"}, answer("nothing")) == [
        'json: expected one block of JSON, got "nothing" (no blocks of JSON)'
    ]


def boom(_: object) -> None:
    raise KeyError("id")


def leave(_: object) -> None:
    raise SystemExit(0)


async def later(_: object) -> bool:
    return True


FUNCTIONS: dict[str, Callable[..., object]] = {
    "f:nothing": lambda _: None,
    "f:true": lambda _: True,
    "f:no_reasons": lambda _: [],
    "f:false": lambda _: False,
    "f:text": lambda _: "too long",
    "f:list": lambda _: ["a", "b"],
    "f:one": lambda _: 1,
    "f:boom": boom,
    "f:leave": leave,
    "f:later": later,
    "f:changes": lambda value: value.clear(),
}


def called(name: str, *, value: str = '{"a": {"b": 1}}') -> list[str]:
    expect = {"json": {"$all_of": [{"$check": name}, {"$others": "allow", "a": {"$others": "allow"}}]}, "check": name}
    return [failure.message for failure in broken_clauses(case(expect), answer(value), resolve=FUNCTIONS.__getitem__)]


@pytest.mark.parametrize("name", ["f:nothing", "f:true", "f:no_reasons"])
def test_a_function_that_says_nothing_against_it_holds(name: str) -> None:
    assert called(name) == []


@pytest.mark.parametrize(
    ("name", "messages"),
    [
        ("f:false", [""]),
        ("f:text", ["too long"]),
        ("f:list", ["a", "b"]),
        ("f:one", ["it returned int, not None or True, or False, a text or a list of texts"]),
        ("f:boom", ["it raised KeyError: 'id'"]),
        ("f:leave", ["it raised SystemExit: 0"]),
        ("f:later", ["it is asynchronous, and nobody waits for it"]),
        ("f:not_there", ["it raised KeyError: 'f:not_there'"]),
    ],
)
def test_a_function_that_does_not_hold_says_why(name: str, messages: list[str]) -> None:
    assert called(name) == messages * 2


def test_a_function_cannot_change_what_is_judged_next() -> None:
    contract = case({"json": {"$all_of": [{"$check": "f:changes"}, {"a": 1}]}})

    assert broken_clauses(contract, answer('{"a": 1}'), resolve=FUNCTIONS.__getitem__) == ()


@pytest.mark.parametrize("name", ["f:one", "f:boom", "f:leave", "f:later", "f:not_there"])
def test_a_function_without_a_judgement_is_no_pass_under_not(name: str) -> None:
    for expect in ({"not": {"check": name}}, {"json": {"$not": {"$check": name}}}):
        assert broken_clauses(case(expect), answer("{}"), resolve=FUNCTIONS.__getitem__)


def test_a_function_that_cannot_be_imported_is_told_at_load() -> None:
    contract = case({"check": ["f:true", "f:not_there"], "json": {"$check": "f:not_there"}})

    found = check_expect(contract, resolve=FUNCTIONS.__getitem__)

    assert [one.message for one in found] == ["'f:not_there' cannot be imported: KeyError: 'f:not_there'"] * 2
    assert found[0].location == contract.expect[0].locate("/1")


@pytest.mark.parametrize("stop", [KeyboardInterrupt, GeneratorExit])
def test_who_ends_the_run_within_a_function_ends_it(stop: type[BaseException]) -> None:
    def end(_: object) -> Any:
        raise stop

    contract = case({"check": "f:x"})

    with pytest.raises(stop):
        check_expect(contract, resolve=end)
    with pytest.raises(stop):
        broken_clauses(contract, answer("{}"), resolve=lambda _: end)


@pytest.mark.parametrize(
    ("ours", "wanted", "words"),
    [
        ("house:tiny-2", "house:tiny-2", "write tiny-2, as the provider says it"),
        ("house:tiny-2", "tiny-2", None),
        ("house:tiny-2", {"$regex": "^tiny"}, None),
        (None, "tiny-2", None),
    ],
)
def test_a_model_is_named_as_the_provider_names_it(ours: str | None, wanted: Any, words: str | None) -> None:
    found = check_expect(replace(case({"model": wanted}), model=ours))

    assert [each.help for each in found] == ([] if words is None else [words])
