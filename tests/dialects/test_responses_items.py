"""Messages as input items of the Responses API."""

from __future__ import annotations

import pytest

from prompt_contracts.dialects.responses_items import input_items, refused_in
from prompt_contracts.json_value import Json
from prompt_contracts.message import Message

TABLE: list[tuple[Message, list[Json]]] = [
    (Message(role="system", content="Be kind."), [{"type": "message", "role": "system", "content": "Be kind."}]),
    (
        Message(role="developer", content=[{"type": "text", "text": "Be kind."}]),
        [{"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "Be kind."}]}],
    ),
    (
        Message(role="user", content=[{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}]),
        [
            {
                "type": "message",
                "role": "user",
                "content": [{"type": "input_image", "image_url": "data:image/png;base64,AA", "detail": "auto"}],
            }
        ],
    ),
    (
        Message(role="user", content=[{"type": "image_url", "image_url": {"url": "http://a/b.png", "detail": "low"}}]),
        [
            {
                "type": "message",
                "role": "user",
                "content": [{"type": "input_image", "image_url": "http://a/b.png", "detail": "low"}],
            }
        ],
    ),
    (
        Message(role="user", content=[{"type": "image_url", "image_url": "http://a/b.png"}]),
        [
            {
                "type": "message",
                "role": "user",
                "content": [{"type": "input_image", "image_url": "http://a/b.png", "detail": "auto"}],
            }
        ],
    ),
    (
        Message(role="user", content=[{"type": "file", "file": {"filename": "a.pdf", "file_data": "data:x"}}]),
        [
            {
                "type": "message",
                "role": "user",
                "content": [{"type": "input_file", "filename": "a.pdf", "file_data": "data:x"}],
            }
        ],
    ),
    (
        Message(role="user", content=[{"type": "input_text", "text": "as it is"}]),
        [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "as it is"}]}],
    ),
    (Message(role="assistant", content="Hello"), [{"type": "message", "role": "assistant", "content": "Hello"}]),
    (
        Message(role="assistant", content=[{"type": "text", "text": "Hel"}, {"type": "text", "text": "lo"}]),
        [{"type": "message", "role": "assistant", "content": "Hello"}],
    ),
    (
        Message(role="assistant", content="No", fields={"refusal": "I will not."}),
        [{"type": "message", "role": "assistant", "content": "No\nI will not."}],
    ),
    (
        Message(role="assistant", content=None, fields={"refusal": "I will not."}),
        [{"type": "message", "role": "assistant", "content": "I will not."}],
    ),
    (
        Message(role="assistant", content=[{"type": "refusal", "refusal": "I will not."}]),
        [{"type": "message", "role": "assistant", "content": "I will not."}],
    ),
    (
        Message(
            role="assistant",
            content="Wait.",
            fields={
                "tool_calls": [
                    {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}},
                    {"id": "call_2", "type": "function", "function": {"name": "g", "arguments": ""}},
                ]
            },
        ),
        [
            {"type": "message", "role": "assistant", "content": "Wait."},
            {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"},
            {"type": "function_call", "call_id": "call_2", "name": "g", "arguments": ""},
        ],
    ),
    (
        Message(
            role="assistant",
            fields={"tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
        ),
        [{"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}],
    ),
    (
        Message(role="tool", content="12 degrees", fields={"tool_call_id": "call_1"}),
        [{"type": "function_call_output", "call_id": "call_1", "output": "12 degrees"}],
    ),
    (
        Message(role="tool", content=[{"type": "text", "text": "12"}], fields={"tool_call_id": "c"}),
        [{"type": "function_call_output", "call_id": "c", "output": [{"type": "input_text", "text": "12"}]}],
    ),
]


@pytest.mark.parametrize(("message", "expected"), TABLE)
def test_a_message_becomes_items(message: Message, expected: list[Json]) -> None:
    assert input_items(message) == expected


def test_what_a_message_has_beyond_responses_is_sent_and_told() -> None:
    audio: dict[str, Json] = {"type": "input_audio", "input_audio": {"data": "", "format": "mp3"}}
    messages = (
        Message(role="user", content="Hi"),
        Message(role="user", content="Hi", fields={"name": "Ann"}),
        Message(role="user", content=[audio]),
        Message(role="function", content="12", fields={"name": "f"}),
    )

    found = refused_in(messages)

    assert {refusal.part for refusal in found} == {
        "messages[1].name",
        "messages[2].input_audio",
        "messages[3].name",
        "messages[3].function",
    }
    assert all(refusal.message.startswith("message ") and refusal.help for refusal in found)
    assert input_items(messages[1]) == [{"type": "message", "role": "user", "content": "Hi", "name": "Ann"}]
    assert input_items(messages[2]) == [{"type": "message", "role": "user", "content": [audio]}]
