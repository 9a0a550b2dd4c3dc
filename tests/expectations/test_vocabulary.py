"""A word that no answer can hold is a mistake wherever it stands, also under `$not`."""

from __future__ import annotations

import pytest

from prompt_contracts.expectations.definition import check_expect
from prompt_contracts.expectations.vocabulary import is_one_edit
from prompt_contracts.json_value import Json
from tests.expectations.build import case


def flaws(expect: dict[str, Json]) -> list[str]:
    return [f"{one.code} {one.message}" for one in check_expect(case(expect))]


WRAPPERS: tuple[tuple[str, ...], ...] = (
    (),
    ("$not",),
    ("$not", "$not"),
    ("$any_of",),
    ("$all_of",),
    ("$not", "$any_of"),
)


def wrapped(wrappers: tuple[str, ...], pattern: Json) -> Json:
    for name in reversed(wrappers):
        pattern = {name: [pattern] if name in ("$any_of", "$all_of") else pattern}
    return pattern


@pytest.mark.parametrize("wrappers", WRAPPERS, ids=lambda names: "-".join(names) or "plain")
@pytest.mark.parametrize("literal", ["{}", "$eq", "$loosely"])
@pytest.mark.parametrize(
    ("place", "word", "said"),
    [
        ("error.kind", "timeuot", "PC102 'timeuot' is no kind of an error"),
        ("error.outcome", "surfacd", "PC102 'surfacd' is no outcome of an error"),
        ("finish_reason", "lenght", "PC102 'lenght' is no finish reason"),
        ("finish_reason", "Stop", "PC102 'Stop' is no finish reason"),
        ("finish_reason", "tool_call", "PC102 'tool_call' is no finish reason"),
    ],
)
def test_a_misspelt_word_is_an_error_wherever_it_stands(
    wrappers: tuple[str, ...], literal: str, place: str, word: str, said: str
) -> None:
    if literal == "$loosely" and word == "Stop":
        pytest.skip("loosely it is one")
    pattern = wrapped(wrappers, word if literal == "{}" else {literal: word})
    facet, _, field = place.partition(".")

    assert said in flaws({facet: {field: pattern} if field else pattern})


@pytest.mark.parametrize(
    ("expect", "said"),
    [
        ({"error": {"kind": {"$regex": "^tiemout"}}}, 'PC120 no kind of an error matches $regex: "^tiemout"'),
        (
            {"error": {"kind": {"$not": {"$contains": "limmit"}}}},
            'PC120 no kind of an error matches $contains: "limmit"',
        ),
        ({"error": {"status": 4299}}, "PC120 4299 is no HTTP status"),
        ({"error": {"status": {"$not": 42}}}, "PC120 42 is no HTTP status"),
        ({"error": {"status": {"$any_of": [429, 5000]}}}, "PC120 5000 is no HTTP status"),
        ({"error": {"status": {"$not": "429"}}}, 'PC102 error.status is a number or null, which "429" can never equal'),
        ({"error": {"handled": {"$not": "yes"}}}, 'PC102 error.handled is true or false, which "yes" can never equal'),
        ({"finish_reason": {"$not": "eos"}}, "PC102 'eos' is no finish reason"),
        ({"finish_reason": {"$regex": "lenght"}}, "PC102 'lenght' is no finish reason"),
        ({"finish_reason": {"$not": {"$regex": "lenght"}}}, "PC102 'lenght' is no finish reason"),
        ({"finish_reason": {"$not": {"$regex": r"^(?:stop|\blenght\b)$"}}}, "PC102 'lenght' is no finish reason"),
        ({"finish_reason": {"$regex": "^Stop$"}}, "PC102 'Stop' is no finish reason"),
        ({"finish_reason": {"$not": {"$contains": "lenght"}}}, "PC102 'lenght' is no finish reason"),
        ({"json": {"$not": {"$type": "strnig"}}}, "PC102 'strnig' is no JSON type"),
        ({"usage": {"completion_token": 1}}, "PC101 unknown token count 'completion_token'"),
        ({"order": "strickt", "text": "a"}, "PC102 'order' takes any or strict, not \"strickt\""),
        ({"strings": "losse", "text": "a"}, "PC102 'strings' takes exact or loose, not \"losse\""),
    ],
)
def test_its_siblings(expect: dict[str, Json], said: str) -> None:
    assert said in flaws(expect)


@pytest.mark.parametrize(
    "expect",
    [
        {"error": {"kind": {"$not": "timeout"}}},
        {"error": {"kind": {"$regex": "^(rate|context)_"}}},
        {"error": {"kind": {"$loosely": "Rate-Limit"}}},
        {"strings": "loose", "error": {"kind": "Rate-Limit"}},
        {"error": {"status": {"$ge": 500}}},
        {"finish_reason": {"$not": "length"}},
        {"finish_reason": "end_turn"},
        {"finish_reason": {"$regex": "safety"}},
        {"finish_reason": {"$not": {"$regex": "^(?:safety|recitation)$"}}},
        {"finish_reason": {"$regex": "(?i)^Stop$"}},
        {"finish_reason": {"$regex": "^stops?$"}},
        {"finish_reason": {"$contains": "tool_call"}},
    ],
    ids=str,
)
def test_words_that_answers_hold_and_providers_own_words_are_none(expect: dict[str, Json]) -> None:
    assert flaws(expect) == []


@pytest.mark.parametrize("other", ["lengt", "lenghth", "lenght", "langth", "Length", "length_"])
def test_one_edit(other: str) -> None:
    assert is_one_edit(other, "length")


@pytest.mark.parametrize("other", ["length", "lneght", "long", "", "height"])
def test_no_edit_and_two_edits(other: str) -> None:
    assert not is_one_edit(other, "length")


def test_words_that_are_translated_are_those_that_answers_are_read_with() -> None:
    from prompt_contracts.dialects import chat_answer
    from prompt_contracts.expectations import answer_content

    assert dict(answer_content._FINISH_REASONS.translated) == dict(chat_answer._FINISH_REASONS)
