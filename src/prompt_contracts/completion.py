"""What a model answered, the same for every API family."""

from __future__ import annotations

from dataclasses import field
from decimal import Decimal

from prompt_contracts.data_class import dataclass
from prompt_contracts.json_value import Json, NotJsonError, parse_json
from prompt_contracts.plain_data import PlainData
from prompt_contracts.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall(PlainData):
    """One call that the model asks for.

    >>> from prompt_contracts import ToolCall
    >>> ToolCall(name="get_weather", arguments='{"city": "Oslo"}').parsed_arguments()
    {'city': 'Oslo'}
    """

    id: str | None = None
    name: str
    arguments: str
    """The arguments as the model wrote them; may be empty or no JSON at all."""

    def parsed_arguments(self) -> dict[str, Json] | None:
        """The arguments as an object, `{}` for an empty text, None when they are no JSON object."""
        if not self.arguments.strip():
            return {}
        try:
            value = parse_json(self.arguments)
        except NotJsonError:
            return None
        return value if isinstance(value, dict) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(PlainData):
    """One of the answers to a request; there is one unless the request asked for more."""

    text: str = ""
    """The answer's text; a null content is empty."""
    tool_calls: tuple[ToolCall, ...] = ()
    refusal: str | None = None
    reasoning: str | None = None
    """Reasoning text, which is no part of the answer; None where the provider shows none."""
    finish_reason: str | None = None
    """`stop`, `length`, `tool_calls` or `content_filter`; another provider's word as it is."""
    raw_finish_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion(PlainData):
    """A provider's whole answer to one request.

    >>> from prompt_contracts import Completion, judge
    >>> answer = Completion.from_json({"model": "small", "choices": [{"text": "It will rain."}], "usage": {}})
    >>> judge(answer, {"text": {"$contains": "rain"}, "model": "small"}).word
    'passed'
    """

    id: str | None = None
    model: str | None = None
    """The model that really answered, as the provider names it."""
    choices: tuple[Choice, ...]
    """At least one."""
    usage: Usage
    service_tier: str | None = None
    """The tier that served the answer, by the provider's word; None where it does not say."""
    charged: Decimal | None = field(default=None, metadata={"key": "charged_usd"})
    """US dollars that the provider itself says it charged; None where it does not say."""
