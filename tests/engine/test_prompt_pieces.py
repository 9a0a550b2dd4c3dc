"""A case in pieces, and without some of them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.case import Case
from prompt_contracts.engine.prompt_pieces import pieces_of, without
from prompt_contracts.json_value import Json
from prompt_contracts.location import Location
from prompt_contracts.message import Message, Tool
from prompt_contracts.turn import Facet

HERE = Location(path="cases/a.yaml", line=1, column=1)


def tool(name: str, **schema: Json) -> Tool:
    return Tool(name=name, definition={"type": "function", "function": {"name": name, "parameters": dict(schema)}})


def case(*messages: Message, expect: Mapping[str, Json] | None = None, **more: object) -> Case:
    facets = tuple(Facet(name=name, value=value, location=HERE) for name, value in (expect or {"text": "x"}).items())
    return Case(path="cases/a.yaml", name="a", location=HERE, messages=messages, expect=facets, **more)  # type: ignore[arg-type]


def said(role: str, text: str) -> Message:
    return Message(role=role, content=text)


def texts(of: Case) -> list[list[str]]:
    return [[piece.text for piece in level] for level in pieces_of(of)]


def test_all_but_the_last_question_may_go() -> None:
    whole = case(
        said("system", "Be brief. Be kind."), said("user", "Hi"), said("assistant", "Hello"), said("user", "Rain?")
    )

    assert texts(whole) == [
        ["system: Be brief. Be kind.", "user: Hi", "assistant: Hello"],
        [],
        ["Be brief.", "Be kind."],
        [],
    ]


def test_what_the_contract_names_stays() -> None:
    schema: Json = {"city": {"type": "string"}, "unit": {"type": "string"}, "day": {"type": "string"}}
    tools = (tool("get_weather", type="object", properties=schema, required=["city"]), tool("buy"), tool("forced"))
    whole = case(
        said("user", "Rain?"),
        expect={"tool_calls": [{"get_weather": {"unit": "c"}}]},
        tools=tools,
        request={"tool_choice": {"type": "function", "function": {"name": "forced"}}},
    )

    assert texts(whole) == [[], ["buy"], [], ["day of get_weather"]]


def test_the_answers_of_tools_go_with_their_calls() -> None:
    called = Message(role="assistant", fields={"tool_calls": [{"id": "1"}, {"id": "2"}]})
    answers = [Message(role="tool", content="5", fields={"tool_call_id": each}) for each in ("1", "2")]
    whole = case(said("user", "Rain?"), called, *answers, said("user", "And now?"))
    first, calls = pieces_of(whole)[0]

    assert without(whole, [calls]).messages == (whole.messages[0], whole.messages[-1])
    assert without(whole, [first]).messages == whole.messages[1:]


def test_the_last_tool_takes_parameters_about_tools_and_simulated_results_with_it() -> None:
    whole = case(
        said("user", "Rain?"),
        tools=(tool("one"), tool("two")),
        request={"tool_choice": "auto", "parallel_tool_calls": False, "seed": 7},
        tool_results={"one": 1, "two": 2},
    )
    one, two = pieces_of(whole)[1]

    assert without(whole, [one]).tool_results == {"two": 2}
    assert without(whole, [one]).request == whole.request
    assert without(whole, [one, two]).tools == ()
    assert without(whole, [one, two]).request == {"seed": 7}


def test_an_optional_property_goes_from_the_schema_alone() -> None:
    schema: Json = {"city": {"type": "string"}, "day": {"type": "string"}}
    whole = case(said("user", "Rain?"), tools=(tool("look", type="object", properties=schema, required=["city"]),))
    (day,) = pieces_of(whole)[3]

    assert without(whole, [day]).tools[0].parameters == {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    }


def test_a_system_message_without_any_sentence_is_gone() -> None:
    whole = case(said("system", "One. Two."), said("user", "Rain?"))

    assert without(whole, pieces_of(whole)[2]).messages == whole.messages[1:]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("You are kind! Answer (in French.) Now.", ["You are kind!", "Answer (in French.)", "Now."]),
        ("- one\n- two\n\n- three", ["- one", "- two", "- three"]),
        ("no end", []),
        ("3.5 is one number. Two.", ["3.5 is one number.", "Two."]),
    ],
)
def test_sentences_end_with_a_sign_or_a_line(text: str, sentences: list[str]) -> None:
    assert texts(case(said("system", text), said("user", "Rain?")))[2] == sentences


@given(st.lists(st.tuples(st.sampled_from(["system", "user", "assistant"]), st.text()), min_size=1, max_size=5))
def test_without_nothing_it_is_the_same(messages: list[tuple[str, str]]) -> None:
    whole = case(*(said(role, text) for role, text in messages), tools=(tool("one"), tool("two")))

    assert without(whole, []) == whole
    assert len(without(whole, [piece for level in pieces_of(whole) for piece in level]).messages) >= 1
