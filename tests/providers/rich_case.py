"""One request with nearly everything in it, and what each provider is sent of it.

`python -m tests.providers.rich_case` writes the expectation files anew; read the difference before you keep it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from prompt_contracts.json_value import Json
from prompt_contracts.message import Message, Tool
from prompt_contracts.model_request import ModelRequest
from prompt_contracts.providers.adaptation import adapt
from prompt_contracts.providers.catalog import CATALOG
from tests.providers.requests_of_cases import WEATHER, target

FOLDER = Path(__file__).with_name("expected")
PROVIDERS = (*CATALOG, "compatible")

_CALL: Json = {
    "id": "call_12345",
    "type": "function",
    "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'},
}
_PICTURE: list[Json] = [
    {"type": "text", "text": "What is the weather like here?"},
    {"type": "image_url", "image_url": {"url": "https://example.org/a.png", "detail": "low"}},
    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA==", "detail": "auto"}},
]
_FORMAT: Json = {
    "type": "json_schema",
    "json_schema": {
        "name": "weather",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}

RICH = ModelRequest(
    messages=(
        Message(role="developer", content="Answer in JSON."),
        Message(role="user", content="Hello.", fields={"name": "ann"}),
        Message(role="assistant", fields={"tool_calls": [_CALL]}),
        Message(role="tool", content='{"sky": "rain"}', fields={"tool_call_id": "call_12345"}),
        Message(role="user", content=_PICTURE),
    ),
    tools=(WEATHER, Tool(name="now", definition={"type": "function", "function": {"name": "now"}})),
    parameters={
        "temperature": 0.2,
        "top_p": 0.9,
        "frequency_penalty": 0.1,
        "presence_penalty": 0.1,
        "max_tokens": 100,
        "max_completion_tokens": 200,
        "reasoning_effort": "low",
        "response_format": _FORMAT,
        "tool_choice": "required",
        "parallel_tool_calls": False,
        "seed": 7,
        "stop": "END",
        "n": 2,
        "logprobs": True,
        "top_logprobs": 2,
        "logit_bias": {"50256": -100},
        "stream": True,
        "metadata": {"team": "search"},
        "store": False,
        "service_tier": "auto",
        "user": "u1",
        "safety_identifier": "s1",
        "prompt_cache_key": "k1",
        "prediction": {"type": "content", "content": "a"},
        "verbosity": "low",
    },
    extra_body={"only_here": True},
)


def adapted_for(provider: str) -> Mapping[str, Json]:
    """What a provider is sent of the rich case, and what is told about it."""
    adapted = adapt(RICH, target(f"{provider}:some-model"))
    return {
        "parameters": dict(adapted.request.parameters),
        "messages": [message.to_json() for message in adapted.request.messages],
        "tools": [dict(tool.definition) for tool in adapted.request.tools],
        "extra_body": dict(adapted.request.extra_body),
        "notices": [
            {"severity": found.severity, "parameter": found.part, "message": found.message, "help": found.help}
            for found in adapted.findings
        ],
    }


def text_for(provider: str) -> str:
    """The content of a provider's expectation file."""
    return json.dumps(adapted_for(provider), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for each in PROVIDERS:
        (FOLDER / f"{each}.json").write_text(text_for(each), encoding="utf-8")
