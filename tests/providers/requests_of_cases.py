"""Requests for the tests of this room."""

from __future__ import annotations

from prompt_contracts.json_value import Json
from prompt_contracts.message import Message, Tool
from prompt_contracts.model_request import Endpoint, ModelRequest
from prompt_contracts.target import Target

HELLO = (Message(role="user", content="Hello."),)
WEATHER = Tool(
    name="get_weather",
    definition={
        "type": "function",
        "function": {
            "name": "get_weather",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
    },
)


def target(model: str, *, rules: str | None = None, known_as: str | None = None, version: str | None = None) -> Target:
    """A target of `provider:model`, with the rules of its provider unless told otherwise."""
    provider, _, name = model.partition(":")
    return Target(
        provider=provider,
        model=name,
        base_url="https://host/v1",
        rules=rules or provider,
        known_as=known_as,
        query={} if version is None else {"api-version": version},
    )


def request(
    *messages: Message, endpoint: Endpoint = "chat", tools: tuple[Tool, ...] = (), **parameters: Json
) -> ModelRequest:
    """A request with these parameters; it says hello unless told otherwise."""
    return ModelRequest(endpoint=endpoint, messages=messages or HELLO, tools=tools, parameters=parameters)
