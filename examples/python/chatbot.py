"""A travel assistant around the official `openai` package: it looks at the weather before it answers."""

from __future__ import annotations

import json
from typing import Literal

from openai import APIStatusError, AsyncOpenAI, OpenAI
from openai.types.chat import ChatCompletion, ChatCompletionMessageParam, ChatCompletionToolParam
from pydantic import BaseModel, ConfigDict

City = Literal["Oslo", "Lima", "Paris"]
BUSY = "I cannot look at the weather right now. Please ask me again in a minute."
GET_WEATHER: ChatCompletionToolParam = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of tomorrow",
        "parameters": {
            "type": "object",
            "properties": {"city": {"enum": ["Oslo", "Lima", "Paris"]}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}


class Forecast(BaseModel):
    """The weather of some days."""

    model_config = ConfigDict(extra="forbid")

    city: City
    days: Literal[1, 2, 3]


def get_weather(city: City) -> str:
    """The weather of tomorrow."""
    return {"Oslo": "rain", "Lima": "fog", "Paris": "sun"}[city]


def opening(question: str) -> list[ChatCompletionMessageParam]:
    """What the model is told first."""
    return [
        {"role": "system", "content": "You are a travel assistant. Look at the weather before you answer."},
        {"role": "user", "content": question},
    ]


def continued(messages: list[ChatCompletionMessageParam], answer: ChatCompletion) -> list[ChatCompletionMessageParam]:
    """The conversation with the calls of an answer and what they gave."""
    calls = [call for call in answer.choices[0].message.tool_calls or [] if call.type == "function"]
    said: list[ChatCompletionMessageParam] = [
        {
            "role": "assistant",
            "content": answer.choices[0].message.content,
            "tool_calls": [
                {
                    "id": f"call_{number}",
                    "type": "function",
                    "function": {"name": call.function.name, "arguments": call.function.arguments},
                }
                for number, call in enumerate(calls)
            ],
        }
    ]
    for number, call in enumerate(calls):
        weather = get_weather(json.loads(call.function.arguments)["city"])
        said.append({"role": "tool", "tool_call_id": f"call_{number}", "content": weather})
    return [*messages, *said]


class ChatBot:
    """The assistant, for callers that wait."""

    def __init__(self, *, base_url: str, api_key: str, model: str) -> None:
        """`base_url` is where the provider is found."""
        self.base_url, self.api_key, self.model = base_url, api_key, model

    def ask(self, question: str) -> str:
        """The answer to one question."""
        with OpenAI(base_url=self.base_url, api_key=self.api_key, max_retries=1) as client:
            try:
                return self._answer(client, opening(question))
            except APIStatusError:
                return BUSY

    def _answer(self, client: OpenAI, messages: list[ChatCompletionMessageParam]) -> str:
        called = client.chat.completions.create(
            model=self.model,
            messages=messages,
            tools=[GET_WEATHER],
            tool_choice="required",
            parallel_tool_calls=False,
            temperature=0,
            max_tokens=400,
        )
        answer = client.chat.completions.create(
            model=self.model, messages=continued(messages, called), temperature=0, max_tokens=40
        )
        return answer.choices[0].message.content or ""


class AsyncChatBot:
    """The same assistant for callers with a loop of their own; it answers in one go."""

    def __init__(self, *, base_url: str, api_key: str, model: str) -> None:
        """`base_url` is where the provider is found."""
        self.base_url, self.api_key, self.model = base_url, api_key, model

    async def ask(self, question: str) -> str:
        """The answer to one question."""
        async with AsyncOpenAI(base_url=self.base_url, api_key=self.api_key, max_retries=1) as client:
            answer = await client.chat.completions.create(
                model=self.model, messages=opening(question), temperature=0, max_tokens=40
            )
        return answer.choices[0].message.content or ""
