"""What happens to messages and tools on their way to a provider."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.message import Message, Tool
from prompt_contracts.providers.adaptation import RULES, adapt, is_about_messages
from prompt_contracts.providers.message_adaptation import MESSAGE_STEPS, short_ids
from tests.providers.requests_of_cases import HELLO, WEATHER, request, target

CALLED = Message(
    role="assistant",
    fields={
        "tool_calls": [
            {"id": "call_abc", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}},
            {"id": "Fits12345", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}},
        ]
    },
)
ANSWERS = (
    Message(role="tool", content="rain", fields={"tool_call_id": "call_abc"}),
    Message(role="tool", content="sun", fields={"tool_call_id": "Fits12345"}),
)


def image(url: str) -> Message:
    return Message(role="user", content=[{"type": "image_url", "image_url": {"url": url}}])


def test_every_rule_about_messages_has_its_function() -> None:
    assert {(rule.parameter, rule.action) for rule in RULES if is_about_messages(rule)} == set(MESSAGE_STEPS)


@pytest.mark.parametrize("provider", ["mistral", "together"])
def test_a_developer_message_becomes_a_system_message_where_nobody_knows_the_role(provider: str) -> None:
    written = request(Message(role="developer", content="Be brief."), *HELLO)

    adapted = adapt(written, target(f"{provider}:m"))

    assert adapted.request.messages == (Message(role="system", content="Be brief."), *HELLO)
    assert adapted.findings == ()


@pytest.mark.parametrize("role", ["user", "assistant", "system", "developer"])
def test_mistral_refuses_a_name(role: str) -> None:
    written = request(*HELLO, Message(role=role, content="Hi.", fields={"name": "ann"}))

    (notice,) = adapt(written, target("mistral:m")).findings

    assert (notice.severity, notice.part) == ("error", "messages.name")
    assert "message 2" in notice.message


def test_mistral_takes_the_name_of_a_tool() -> None:
    answer = Message(role="tool", content="rain", fields={"tool_call_id": "Fits12345", "name": "get_weather"})

    assert adapt(request(answer), target("mistral:m")).findings == ()


def test_mistral_refuses_a_key_that_it_does_not_know_and_the_places_are_told() -> None:
    thought = Message(role="assistant", content="Hi.", fields={"reasoning_content": "hm"})

    (notice,) = adapt(request(*HELLO, thought, *HELLO, thought), target("mistral:m")).findings

    assert notice.part == "messages.reasoning_content"
    assert notice.message == (
        "mistral refuses 'reasoning_content' in messages 2 and 4: it refuses keys of messages that it does not know"
    )


def test_mistral_takes_a_beginning_of_the_answer() -> None:
    start = Message(role="assistant", content="{", fields={"prefix": True})

    assert adapt(request(*HELLO, start), target("mistral:m")).findings == ()


def test_ids_are_changed_in_call_and_answer_alike() -> None:
    adapted = adapt(request(*HELLO, CALLED, *ANSWERS), target("mistral:m")).request

    calls = adapted.messages[1].fields["tool_calls"]
    assert isinstance(calls, list)
    ids = [call["id"] for call in calls if isinstance(call, dict)]
    assert ids == [message.fields["tool_call_id"] for message in adapted.messages[2:]]
    assert ids[1] == "Fits12345"
    assert re.fullmatch("[A-Za-z0-9]{9}", str(ids[0]))


def test_a_conversation_whose_ids_fit_is_not_touched() -> None:
    written = request(*HELLO, ANSWERS[1])

    assert adapt(written, target("mistral:m")).request is written


def test_a_tool_without_parameters_is_given_the_schema_of_no_arguments() -> None:
    bare = Tool(name="now", definition={"type": "function", "function": {"name": "now"}})

    adapted = adapt(request(tools=(WEATHER, bare)), target("mistral:m")).request

    assert adapted.tools[0] is WEATHER
    assert adapted.tools[1].parameters == {"type": "object", "properties": {}}


@pytest.mark.parametrize("role", ["user", "system"])
def test_ollama_is_not_sent_a_name_that_it_would_ignore(role: str) -> None:
    adapted = adapt(request(Message(role=role, content="Hi.", fields={"name": "ann"})), target("ollama:m"))

    assert adapted.request.messages == (Message(role=role, content="Hi."),)
    assert [(notice.severity, notice.part) for notice in adapted.findings] == [("warning", "messages.name")]


@pytest.mark.parametrize("url", ["http://h/a.png", "https://h/a.png", "HTTPS://h/a.png"])
def test_ollama_refuses_the_address_of_an_image(url: str) -> None:
    adapted = adapt(request(*HELLO, image(url)), target("ollama:m"))

    (notice,) = adapted.findings
    assert notice.severity == "error"
    assert "message 2" in notice.message


def test_ollama_refuses_the_address_of_an_image_that_is_written_as_text() -> None:
    plain = Message(role="user", content=[{"type": "image_url", "image_url": "https://h/a.png"}])

    assert len(adapt(request(plain), target("ollama:m")).findings) == 1


def test_ollama_takes_an_image_as_data() -> None:
    assert adapt(request(image("data:image/png;base64,AA==")), target("ollama:m")).findings == ()


@pytest.mark.parametrize("provider", ["openai", "azure", "vllm", "localai", "lmstudio", "groq", "openrouter", "house"])
def test_the_others_are_sent_messages_as_they_are(provider: str) -> None:
    named = Message(role="user", content="Hi.", fields={"name": "ann", "unheard_of": 1})
    written = request(named, image("https://h/a.png"), CALLED, *ANSWERS, tools=(WEATHER,))

    adapted = adapt(written, target(f"{provider}:m"))

    assert adapted.request is written
    assert adapted.findings == ()


ids = st.one_of(st.text(), st.from_regex("[A-Za-z0-9]{9}", fullmatch=True), st.sampled_from(["", "0", "call_1"]))


@given(st.lists(ids))
def test_no_two_ids_become_the_same(written: list[str]) -> None:
    found = short_ids(written)

    assert set(found) == set(written)
    assert len(set(found.values())) == len(found)
    assert all(re.fullmatch("[A-Za-z0-9]{9}", each) for each in found.values())


@given(st.lists(ids))
def test_ids_that_were_changed_once_stay(written: list[str]) -> None:
    found = list(short_ids(written).values())

    assert short_ids(found) == {each: each for each in found}


@given(ids, st.lists(st.text(max_size=5)))
def test_an_id_becomes_the_same_in_every_conversation(one: str, others: list[str]) -> None:
    assert short_ids([*others, one])[one] == short_ids([one])[one]


def test_an_id_gives_way_to_one_that_is_there_already() -> None:
    taken = short_ids(["call_1"])["call_1"]

    found = short_ids(["call_1", taken])

    assert found[taken] == taken
    assert found["call_1"] != taken
