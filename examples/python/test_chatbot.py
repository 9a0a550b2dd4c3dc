"""Contracts of the assistant. Recorded from llama.cpp's llama-server with a small random model: it says gibberish."""

from __future__ import annotations

import asyncio

import pytest

from examples.python.chatbot import BUSY, GET_WEATHER, AsyncChatBot, ChatBot
from prompt_contracts import PromptContract, any_of, assert_contract, each, length, partial, regex

CITIES = [{"id": "oslo", "city": "Oslo"}, {"id": "paris", "city": "Paris"}]


@pytest.mark.prompt_contract(model="tiny-a:tiny", rows=CITIES)
def test_looks_at_the_weather_before_it_answers(prompt_contract: PromptContract) -> None:
    with prompt_contract.provider() as provider:
        bot = ChatBot(base_url=provider.base_url, api_key=provider.api_key, model=provider.model)
        reply = bot.ask(f"Will it rain in {prompt_contract.row['city']} tomorrow?")
    prompt_contract.expect(
        provider,
        reply=reply,
        tools=[dict(GET_WEATHER)],
        tool_calls=[{"get_weather": {"city": any_of("Oslo", "Lima", "Paris")}}],
        arguments_valid=True,
        text=regex(r"\w"),
        requests=each(partial({"model": "tiny", "temperature": 0})),
    )


def test_gets_over_one_busy_moment(prompt_contract: PromptContract) -> None:
    with prompt_contract.provider("tiny-a:tiny", fault={"status": 429, "times": 1}) as provider:
        bot = ChatBot(base_url=provider.base_url, api_key=provider.api_key, model=provider.model)
        reply = bot.ask("Will it rain in Oslo tomorrow?")
    prompt_contract.expect(
        provider, reply=reply, text=regex(r"\w"), error={"kind": "rate_limit", "outcome": "recovered"}
    )


def test_says_that_it_is_busy(prompt_contract: PromptContract) -> None:
    with prompt_contract.provider("tiny-a:tiny", fault={"status": 429}) as provider:
        bot = ChatBot(base_url=provider.base_url, api_key=provider.api_key, model=provider.model)
        reply = bot.ask("Will it rain in Oslo tomorrow?")
    prompt_contract.expect(provider, reply=reply, text=BUSY, error={"kind": "rate_limit", "handled": True})


@pytest.mark.prompt_contract(model="tiny-a:tiny", trials=3, require={"rate": 0.6})
def test_answers_in_a_loop(prompt_contract: PromptContract) -> None:
    async def ask(base_url: str, api_key: str, model: str) -> list[str]:
        bot = AsyncChatBot(base_url=base_url, api_key=api_key, model=model)
        return await asyncio.gather(*(bot.ask(f"Tell me about {city}.") for city in ("Oslo", "Lima")))

    with prompt_contract.provider() as provider:
        replies = asyncio.run(ask(provider.base_url, provider.api_key, provider.model))
    prompt_contract.expect(provider, reply=replies, json=each(regex(r"\w")), requests=length(2))


@pytest.mark.anyio
async def test_is_asked_from_an_async_test(prompt_contract: PromptContract) -> None:
    with prompt_contract.provider("tiny-a:tiny") as provider:
        bot = AsyncChatBot(base_url=provider.base_url, api_key=provider.api_key, model=provider.model)
        reply = await bot.ask("Tell me about Paris.")
    prompt_contract.expect(provider, reply=reply, text=regex(r"\w"), finish_reason=any_of("stop", "length"))


@pytest.fixture
def anyio_backend() -> str:
    """The loop of the test above."""
    return "asyncio"


def test_an_answer_that_is_there_already() -> None:
    assert_contract('{"city": "Oslo", "days": [1, 2]}', {"json": partial({"city": "Oslo", "days": length(2)})})
