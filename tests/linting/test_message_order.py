"""Conversations that a provider refuses, and those next to them that it takes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.json_value import Json
from prompt_contracts.linting.message_order import message_findings
from prompt_contracts.message import Message

USER = Message(role="user", content="Hi")
SYSTEM = Message(role="system", content="Be kind.")
IMAGE: dict[str, Json] = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
TEXT: dict[str, Json] = {"type": "text", "text": "a"}


def calls(*ids: str, content: str | None = None) -> Message:
    made: list[Json] = [
        {"id": name, "type": "function", "function": {"name": "look", "arguments": "{}"}} for name in ids
    ]
    return Message(role="assistant", content=content, fields={"tool_calls": made})


def answer(name: str) -> Message:
    return Message(role="tool", content="done", fields={"tool_call_id": name})


def said(*messages: Message) -> list[str]:
    found = list(message_findings(messages))
    assert {finding.code for finding in found} <= {"PC142"}
    return [finding.message for finding in found]


@pytest.mark.parametrize(
    "messages",
    [
        (USER,),
        (SYSTEM, USER, Message(role="assistant", content="Hello."), USER),
        (USER, calls("a"), answer("a")),
        (USER, calls("a", "b"), answer("b"), answer("a"), USER),
        (USER, calls("a"), answer("a"), calls("a"), answer("a")),
        (USER, calls("a", "a"), answer("a"), answer("a")),
        (USER, calls("a", content="I look."), SYSTEM, answer("a")),
    ],
)
def test_a_conversation_in_order_is_quiet(messages: tuple[Message, ...]) -> None:
    assert said(*messages) == []


def test_an_answer_to_no_call_is_named() -> None:
    assert said(USER, answer("a")) == [
        "message 2 (tool) answers the call 'a', which the assistant message before it does not make"
    ]


def test_an_answer_by_another_id_leaves_the_call_open_too() -> None:
    assert said(USER, calls("call_1"), answer("call_2")) == [
        "message 3 (tool) answers the call 'call_2', which the assistant message before it does not make",
        "the call 'call_1' of message 2 (assistant) is not answered before the conversation ends",
    ]


def test_ids_are_compared_exactly() -> None:
    assert len(said(USER, calls("Call"), answer("call"))) == 2


def test_a_call_is_answered_before_the_next_user_message() -> None:
    assert said(USER, calls("a", "b"), answer("a"), USER) == [
        "the call 'b' of message 2 (assistant) is not answered before message 4 (user)"
    ]


def test_a_call_is_answered_before_the_next_assistant_message() -> None:
    assert said(USER, calls("a"), calls("b"), answer("b")) == [
        "the call 'a' of message 2 (assistant) is not answered before message 3 (assistant)"
    ]


def test_a_call_is_answered_once() -> None:
    assert said(USER, calls("a"), answer("a"), answer("a")) == ["message 4 (tool) answers the call 'a' once more"]


@pytest.mark.parametrize("role", ["assistant", "user"])
def test_content_is_null_beside_tool_calls_only(role: str) -> None:
    nothing = Message(role=role)

    assert said(nothing) == [f"message 1 ({role}) has neither content nor tool_calls"]
    assert said(calls("a"), answer("a")) == []


@pytest.mark.parametrize("role", ["system", "developer", "assistant"])
def test_an_image_outside_a_user_message_is_named(role: str) -> None:
    assert said(Message(role=role, content=[TEXT, IMAGE])) == [
        f"message 1 ({role}) has a part 'image_url' at /content/1"
    ]


def test_an_image_in_the_answer_of_a_tool_is_named() -> None:
    picture = Message(role="tool", content=[IMAGE], fields={"tool_call_id": "a"})

    assert said(calls("a"), picture) == ["message 2 (tool) has a part 'image_url' at /content/0"]


@pytest.mark.parametrize(
    ("role", "part"),
    [
        ("user", TEXT),
        ("user", IMAGE),
        ("user", {"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}),
        ("user", {"type": "file", "file": {"file_id": "a"}}),
        ("system", TEXT),
        ("assistant", {"type": "refusal", "refusal": "no"}),
        ("narrator", IMAGE),
    ],
)
def test_a_part_that_its_role_may_hold_is_quiet(role: str, part: Any) -> None:
    assert said(Message(role=role, content=[part])) == []


@pytest.mark.parametrize("detail", ["auto", "low", "high"])
def test_a_detail_that_there_is_is_quiet(detail: str) -> None:
    image: Json = {"type": "image_url", "image_url": {"url": "https://a.b/c", "detail": detail}}

    assert said(Message(role="user", content=[image])) == []


def test_a_detail_that_there_is_not_is_named() -> None:
    image: Json = {"type": "image_url", "image_url": {"url": "https://a.b/c", "detail": "original"}}

    assert said(Message(role="user", content=[image])) == [
        "message 1 (user) asks for an image in the detail 'original' at /content/0"
    ]


@given(ids=st.lists(st.lists(st.text(max_size=2), min_size=1, max_size=3), max_size=4), data=st.data())
def test_calls_that_are_all_answered_in_whatever_order_are_quiet(ids: list[list[str]], data: st.DataObject) -> None:
    conversation = [USER]
    for group in ids:
        conversation += [calls(*group), *map(answer, data.draw(st.permutations(group)))]

    assert said(*conversation) == []


@given(ids=st.lists(st.text(max_size=2), min_size=1, max_size=4), data=st.data())
def test_every_answer_that_is_taken_away_is_missed(ids: list[str], data: st.DataObject) -> None:
    gone = data.draw(st.integers(min_value=0, max_value=len(ids) - 1))
    answers = [answer(name) for index, name in enumerate(ids) if index != gone]

    assert said(calls(*ids), *answers) == [
        f"the call '{ids[gone]}' of message 1 (assistant) is not answered before the conversation ends"
    ]
