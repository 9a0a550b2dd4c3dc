"""Mutants of an outcome: what they spoil, where they say so, and that none of them is the outcome itself."""

from __future__ import annotations

import json
import string
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.expectations.spoken_subjects import named_words, spoken_of
from prompt_contracts.json_value import Json, equal, parse_json
from prompt_contracts.message import Tool
from prompt_contracts.mutant import Mutant, Spoken
from prompt_contracts.mutation.mutants import MutationSetting, mutants
from prompt_contracts.outcome import Outcome
from tests.expectations.build import answer, failing, message, tool

CALLS = Spoken(calls=True)
WEATHER = tool(
    "get_weather",
    {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "unit": {"enum": ["celsius", "fahrenheit"]},
            "days": {"type": "integer"},
            "where": {"type": "object", "properties": {"street": {"type": "string"}}},
        },
        "required": ["city"],
    },
)
FLIGHT = tool("book_flight", {"type": "object", "properties": {"to": {"type": "string"}}, "required": ["to"]})
TOOLS = (WEATHER, FLIGHT)


def made(outcome: Outcome, spoken: Spoken, **more: Any) -> dict[str, Mutant]:
    setting = MutationSetting(**{"tools": TOOLS, "spoken": spoken, **more})
    found = list(mutants(outcome, setting))
    assert len({one.id for one in found}) == len(found)
    return {one.id: one for one in found}


def at(found: dict[str, Mutant], place: str) -> dict[str, Json]:
    """Operator -> what became of the place."""
    return {one.operator: one.after for one in found.values() if one.place == place}


def calls_of(outcome: Outcome) -> list[tuple[str, str]]:
    assert outcome.completion is not None
    return [(call.name, call.arguments) for call in outcome.completion.choices[0].tool_calls]


def test_a_call_is_left_out_refused_repeated_renamed_and_joined_by_another() -> None:
    found = made(answer(calls=[("get_weather", {"city": "Oslo"})], finish_reason="tool_calls"), CALLS)

    assert calls_of(found["calls:no_call"].outcome) == []
    assert "can't help" in str(found["calls:refused_call"].after)
    assert calls_of(found["calls/more:other_tool_too"].outcome)[1] == ("book_flight", '{"to": "banana"}')
    assert calls_of(found["calls/more:call_doubled"].outcome) == [("get_weather", '{"city": "Oslo"}')] * 2
    assert calls_of(found["get_weather:call_renamed"].outcome) == [("book_flight", '{"city": "Oslo"}')]
    assert "get_weather:call_dropped" not in found  # it would be the same as none


def test_of_several_calls_each_is_dropped_and_replaced_by_its_twin() -> None:
    oslo, lima = ("get_weather", {"city": "Oslo"}), ("get_weather", {"city": "Lima"})

    found = made(answer(calls=[oslo, lima]), CALLS)

    assert calls_of(found["get_weather#2:call_dropped"].outcome) == [("get_weather", '{"city": "Oslo"}')]
    assert calls_of(found["get_weather:call_replaced_by_twin"].outcome) == [("get_weather", '{"city": "Lima"}')] * 2
    assert "get_weather#2/city:other_text" in found


def test_a_model_that_called_nothing_calls_beside_its_text() -> None:
    found = made(answer("It will rain."), CALLS)

    assert list(found) == ["calls/more:call_beside_text"]
    assert calls_of(found["calls/more:call_beside_text"].outcome) == [("get_weather", '{"city": "banana"}')]


def test_each_argument_is_spoiled_by_its_type_and_its_schema() -> None:
    arguments = {"city": "Oslo 3", "unit": "celsius", "days": 2, "where": {"street": "A"}}

    found = made(answer(calls=[("get_weather", arguments)]), CALLS)

    assert at(found, "get_weather/city") == {
        "left_out": None,
        "null": None,
        "another_type": ["Oslo 3"],
        "other_text": "banana",
        "empty_text": "",
        "cut_text": "Osl",
        "other_number_in_text": "Oslo 4",
    }
    assert at(found, "get_weather/unit") == {
        "left_out": None,
        "null": None,
        "another_type": ["celsius"],
        "other_member": "fahrenheit",
        "no_member": "other",
    }
    assert at(found, "get_weather/days") == {
        "left_out": None,
        "null": None,
        "another_type": "2",
        "plus_one": 3,
        "other_sign": -2,
        "tenfold": 20,
    }
    assert at(found, "get_weather/where/street").keys() == {"left_out", "null", "another_type", "other_text"} | {
        "empty_text"
    }
    assert at(found, "get_weather/$others").keys() == {"unknown_key"}
    assert at(found, "get_weather/where/$others").keys() == {"unknown_key"}
    assert at(found, "get_weather/$arguments") == {
        "no_arguments": "{}",
        "broken_json": found["get_weather/$arguments:broken_json"].after,
    }


@pytest.mark.parametrize(
    ("value", "operator", "after"),
    [
        (True, "flipped", False),
        ("2026-02-28", "day_on", "2026-03-01"),
        ("20 km", "other_unit", "20 miles"),
        ("Celsius", "other_unit", "fahrenheit"),
        ([1, 2], "empty_list", []),
        ([1, 2], "longer_list", [1, 2, 2]),
        ([1, 2], "shorter_list", [1]),
        ([1, 2], "other_last_item", [1, 3]),
        ([1, 2], "another_type", 1),
        ([{"a": "b"}], "other_last_item", [{"a": "banana"}]),
        (None, "another_type", "null"),
    ],
)
def test_a_value_becomes_another(value: Json, operator: str, after: Json) -> None:
    found = made(answer(calls=[("get_weather", {"city": value})]), CALLS)

    assert at(found, "get_weather/city")[operator] == after


def test_values_of_one_type_change_places_and_a_key_of_the_schema_comes_too() -> None:
    found = made(answer(calls=[("get_weather", {"days": 1, "city": "Oslo", "where": {"x": "A", "y": "B"}})]), CALLS)

    assert at(found, "get_weather/$others")["schema_key"] == {
        "days": 1,
        "city": "Oslo",
        "where": {"x": "A", "y": "B"},
        "unit": "celsius",
    }
    assert at(found, "get_weather/where/$swapped")["swapped"] == {"x": "B", "y": "A"}


def test_what_is_mostly_right_is_tried_on_demand_alone() -> None:
    outcome = answer(calls=[("get_weather", {"city": "Oslo", "where": [1, 2]})])

    more = made(outcome, CALLS, has_rare=True).keys() - made(outcome, CALLS).keys()

    assert more == {
        *("get_weather/city:letter_case", "get_weather/city:surrounding_space"),
        "get_weather/where:reversed_list",
    }


def test_no_id_holds_what_a_model_made_up() -> None:
    outcome = answer(calls=[("made_up_tool", {"made_up_key": 1, "other_made_up": 2})])

    found = made(outcome, CALLS)

    assert not any("made_up" in name for name in found)
    assert {"*/*:plus_one", "*/*:plus_one#2"} <= found.keys()


def test_a_name_of_the_contract_stands_in_an_id() -> None:
    expect: dict[str, Any] = {
        "tool_calls": [{"my_tool": {"my_key": 1, "$others": "allow"}}],
        "json": {"$at": {"/a/b": 1}},
    }

    named = named_words(expect)

    assert {"my_tool", "my_key", "a", "b"} <= named
    found = made(answer(calls=[("my_tool", {"my_key": 1})]), CALLS, named=named)
    assert "my_tool/my_key:plus_one" in found


def test_json_is_spoiled_field_by_field_and_as_a_whole() -> None:
    schema: Json = {"type": "object", "properties": {"score": {"type": "number"}, "mood": {"enum": ["good", "bad"]}}}
    found = made(answer('{"score": 1, "mood": "good"}'), Spoken(json=True), response_schema=schema)

    assert at(found, "json").keys() == {"fenced", "prose_before", "wrapped_in_list", "null", "another_type"}
    assert at(found, "json/mood")["other_member"] == "bad"
    assert at(found, "json/score")["plus_one"] == 2
    assert at(found, "json/$others").keys() == {"unknown_key"}
    assert not any(one.family == "text" for one in found.values())


def test_json_that_may_stand_amid_text_is_not_put_there() -> None:
    found = made(answer("[1]"), Spoken(json=True, is_fenced=True))

    assert not {"json:fenced", "json:prose_before"} & found.keys()


def test_a_text_is_emptied_cut_refused_and_replaced() -> None:
    found = made(answer("There are 3 trains."), Spoken(text=True))

    assert {name: one.after for name, one in found.items() if one.place != "text"} == {
        "text/end:half_answer": "There are",
        "text/number:number_changed": "There are 4 trains.",
    }
    assert at(found, "text").keys() == {"unrelated_answer", "refusal_in_words", "refusal", "empty_answer"}


def test_nothing_is_spoiled_of_what_a_contract_says_nothing() -> None:
    outcome = answer("Fine.", calls=[("get_weather", {"city": "Oslo"})], model="tiny")

    assert made(outcome, Spoken()) == {}
    assert {one.family for one in made(outcome, Spoken(text=True)).values()} == {"text"}
    assert list(made(outcome, Spoken(facets=frozenset({"model"})))) == ["model:other_model"]


def test_an_error_is_spoiled_field_by_field_where_it_has_them() -> None:
    outcome = failing("rate_limit", status=429)

    found = made(outcome, Spoken(facets=frozenset({"error"})))

    assert list(found) == ["error/kind:other_kind", "error/status:other_status", "error/message:other_message"]
    kinds = [one.outcome.error.kind for one in found.values() if one.outcome.error is not None]
    assert kinds == ["server", "rate_limit", "rate_limit"]


def test_an_earlier_answer_is_replaced_wherever_the_outcome_holds_it() -> None:
    earlier = message(("get_weather", {"city": "Oslo"}))
    last = answer("It rains.")
    turn = replace(last, earlier=(earlier,))
    outcome = replace(turn, turns=(turn,))

    found = made(outcome, CALLS)

    spoiled = found["turns/1/get_weather/city:other_text"].outcome
    assert spoiled.earlier == spoiled.turns[0].earlier != outcome.earlier


def test_turns_have_places_of_their_own_and_those_that_say_nothing_are_left_alone() -> None:
    first, second = answer("One."), answer("Two.")
    outcome = replace(second, earlier=(first.completion,) if first.completion else (), turns=(first, second))

    found = made(outcome, Spoken(), spoken_in_turns=(Spoken(text=True), Spoken()))

    assert {one.place.partition("/text")[0] for one in found.values()} == {"turns/1"}


def test_the_answer_to_another_row_is_tried() -> None:
    found = made(answer("Oslo"), Spoken(), other_row=answer("Lima"))

    assert {name: (one.before, one.after) for name, one in found.items()} == {
        "rows:answer_of_other_row": ("Oslo", "Lima")
    }


def test_a_contract_says_what_it_speaks_of() -> None:
    assert spoken_of({"tool_calls": "none"}) == Spoken(calls=True)
    assert spoken_of({"any_of": [{"text": "a"}, {"json": 1}]}) == Spoken(text=True, json=True)
    assert spoken_of({"check": "a:b"}) == Spoken(calls=True, text=True, json=True)
    assert spoken_of({"json": "none"}) == Spoken()
    assert spoken_of({"arguments_valid": False}) == Spoken()
    assert spoken_of({"json": 1, "json_in": "fenced"}) == Spoken(json=True, is_fenced=True)
    assert spoken_of({"usage": {}, "finish_reason": "stop"}).facets == {"usage", "finish_reason"}


# --- properties

scalars = (
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["Oslo", "ab 12", "celsius", "2026-01-31", ""])
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "city"]), inner, max_size=3),
    max_leaves=6,
)
arguments = st.dictionaries(st.sampled_from(["city", "unit", "days", "where", "x"]), values, max_size=4)
outcomes = st.builds(
    answer,
    st.sampled_from(["", "Fine.", '{"a": [1], "b": {"c": "d"}}', "12"]),
    calls=st.lists(st.tuples(st.sampled_from(["get_weather", "book_flight", "x"]), arguments), max_size=3),
)
EVERYTHING = Spoken(calls=True, text=True, json=True, facets=frozenset({"finish_reason", "model", "refusal"}))


def said(outcome: Outcome) -> Json:
    """All that an answer says, its JSON by value."""
    assert outcome.completion is not None
    choice = outcome.completion.choices[0]
    calls: list[Json] = [[call.name, parsed(call.arguments)] for call in choice.tool_calls]
    return [calls, parsed(choice.text), choice.refusal, choice.finish_reason]


def parsed(text: str) -> Json:
    try:
        return {"json": parse_json(text)}
    except ValueError:
        return text


@given(outcomes)
def test_no_mutant_equals_its_original(outcome: Outcome) -> None:
    for one in made(outcome, EVERYTHING, has_rare=True).values():
        assert not equal(said(outcome), said(one.outcome)), one.id


@given(outcomes)
def test_the_mutants_are_the_same_every_time(outcome: Outcome) -> None:
    first, second = (list(mutants(outcome, MutationSetting(tools=TOOLS, spoken=EVERYTHING))) for _ in range(2))

    assert first == second


_LETTERS = str.maketrans(
    string.ascii_letters + string.digits,
    string.ascii_lowercase[3:] + "zyx" + string.ascii_uppercase[3:] + "ZYX" + "1" * 10,
)


def _changed(value: Json) -> Json:
    """Another value of the same shape."""
    match value:
        case bool() | None:
            return value
        case int():
            return value + (1 if value > 0 else -1 if value < 0 else 0)
        case str():
            return value if value in ("celsius", "2026-01-31") else value.translate(_LETTERS)
        case list():
            return [_changed(item) for item in value]
        case dict():
            return {key: _changed(item) for key, item in value.items()}
        case _:
            return value


@given(st.lists(st.tuples(st.sampled_from(["get_weather", "book_flight"]), arguments), max_size=3))
def test_ids_survive_a_new_recording_of_the_same_shape(calls: list[tuple[str, Any]]) -> None:
    # Twins are told by whether two calls say the same, which another recording may change.
    old, new = (
        {name for name in made(answer(calls=each), CALLS) if "twin" not in name and "swapped" not in name}
        for each in (calls, [(name, _changed(value)) for name, value in calls])
    )

    assert old == new


@given(arguments)
def test_a_mutant_of_arguments_is_json_that_can_be_read(given_arguments: dict[str, Any]) -> None:
    found = made(answer(calls=[("get_weather", given_arguments)]), CALLS)

    for one in found.values():
        if one.family == "arguments" and one.operator != "broken_json":
            json.loads(calls_of(one.outcome)[0][1])


def test_tools_without_parameters_are_fine() -> None:
    bare = (Tool(name="ping", definition={"type": "function", "function": {"name": "ping"}}),)

    found = made(answer(calls=[("ping", {})]), CALLS, tools=bare)

    assert "ping/$others:unknown_key" in found
