"""Cases and outcomes for tests, as short as they can be said. Asserts nothing."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from prompt_contracts.case import Case
from prompt_contracts.completion import Choice, Completion, ToolCall
from prompt_contracts.interaction import ApiRequest, ApiResponse, Interaction
from prompt_contracts.json_value import pointer
from prompt_contracts.location import Location
from prompt_contracts.message import Message, Tool
from prompt_contracts.outcome import Outcome
from prompt_contracts.provider_error import ErrorKind, ProviderError
from prompt_contracts.turn import Facet
from prompt_contracts.usage import Usage

Call = tuple[str, object]
"""A tool's name and its arguments: an object, or the text that the model wrote."""


def case(
    expect: Mapping[str, Any],
    *,
    tools: Sequence[str | Tool] = ("get_weather", "book_flight"),
    request: Mapping[str, Any] | None = None,
) -> Case:
    """A case with these facets; every key and item of `expect` stands on a line of its own."""
    lines = itertools.count(10)
    return Case(
        path="cases/travel.yaml",
        name="a_case",
        location=_place(1),
        messages=(Message(role="user", content="Will it rain?"),),
        tools=tuple(_tool(tool) for tool in tools),
        request=request or {},
        expect=tuple(_facet(name, value, lines) for name, value in expect.items()),
    )


def answer(
    text: str = "",
    *,
    calls: Sequence[Call] = (),
    finish_reason: str | None = "stop",
    raw_finish_reason: str | None = None,
    usage: Usage | None = None,
    cost: Decimal | None = None,
    latency: float | None = None,
    refusal: str | None = None,
    reasoning: str | None = None,
    model: str | None = None,
    requests: Sequence[Any] = (),
) -> Outcome:
    """An outcome with one answer."""
    choice = Choice(
        text=text,
        refusal=refusal,
        reasoning=reasoning,
        tool_calls=tuple(_call(*call) for call in calls),
        finish_reason=finish_reason,
        raw_finish_reason=raw_finish_reason,
    )
    plain = answers(choice, usage=usage, cost=cost, latency=latency)
    completion = None if plain.completion is None else replace(plain.completion, model=model)
    return replace(plain, completion=completion, interactions=_sent(*requests))


def answers(
    *choices: Choice, usage: Usage | None = None, cost: Decimal | None = None, latency: float | None = None
) -> Outcome:
    """An outcome with several answers to one request."""
    counts = usage or Usage()
    completion = Completion(choices=choices, usage=counts)
    return Outcome(trial=1, completion=completion, usage=counts, cost=cost, latency=latency)


def failing(
    kind: ErrorKind,
    *,
    message: str = "It failed.",
    status: int | None = None,
    code: str | None = None,
    attempts: int | None = 1,
) -> Outcome:
    """An outcome with an error of the provider."""
    error = ProviderError(kind=kind, message=message, status=status, code=code)
    return Outcome(trial=1, error=error, usage=Usage(), cost=None, latency=None, attempts=attempts)


def tool(name: str, parameters: Any) -> Tool:
    """A tool with the JSON Schema of its arguments."""
    definition: dict[str, Any] = {"type": "function", "function": {"name": name, "parameters": parameters}}
    return Tool(name=name, definition=definition)


def message(*calls: Call) -> Completion:
    """An earlier answer that made these calls."""
    return Completion(choices=(Choice(tool_calls=tuple(_call(*call) for call in calls)),), usage=Usage())


def _sent(*bodies: Any) -> tuple[Interaction, ...]:
    """Requests with these bodies, each of them answered."""
    return tuple(
        Interaction(
            request=ApiRequest(method="POST", url="https://x/v1/chat/completions", body=body),
            response=ApiResponse(status=200),
        )
        for body in bodies
    )


def _tool(written: str | Tool) -> Tool:
    return written if isinstance(written, Tool) else Tool(name=written, definition={"type": "function"})


def _call(name: str, arguments: object) -> ToolCall:
    return ToolCall(name=name, arguments=arguments if isinstance(arguments, str) else json.dumps(arguments))


def _facet(name: str, value: Any, lines: Iterator[int]) -> Facet:
    location = _place(next(lines))
    return Facet(name=name, value=value, location=location, locations=dict(_places(value, "", lines)))


def _places(value: Any, at: str, lines: Iterator[int]) -> Iterator[tuple[str, Location]]:
    members = value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ())
    for key, inner in members:
        inside = at + pointer(key)
        yield inside, _place(next(lines))
        yield from _places(inner, inside, lines)


def _place(line: int) -> Location:
    return Location(path="cases/travel.yaml", line=line, column=5)
