"""What each provider is really sent: one rich case, from YAML over the real client to a server that records it.

`PROMPT_CONTRACTS_REWRITE=1` writes the expectation files anew; read the difference before you keep it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.dialects.chat import ChatDialogue
from prompt_contracts.engine.run import Run
from prompt_contracts.engine.run_options import RunOptions
from prompt_contracts.interaction import ApiRequest
from prompt_contracts.model_request import ModelRequest
from prompt_contracts.providers.adaptation import adapt
from prompt_contracts.providers.catalog import CATALOG
from prompt_contracts.target import Target
from tests.dialects.responses_generation import CHAT, MESSAGES, SHARED, TOOLS, parameters
from tests.openapi import SKIP_REASON, find_openapi, violations
from tests.plugin.project import completion
from tests.transport.loopback import Answer, Asked, Loopback

BODIES = Path(__file__).with_name("bodies")
REWRITES = bool(os.environ.get("PROMPT_CONTRACTS_REWRITE"))
PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg"
    "=="
)

RICH = """
version: 1
cases:
  - name: rich
    messages:
      - {role: developer, content: Answer in JSON.}
      - {role: user, content: "What is the weather in Paris?"}
      - role: assistant
        tool_calls:
          - {id: call_12345, type: function, function: {name: get_weather, arguments: '{"city": "Paris"}'}}
      - {role: tool, tool_call_id: call_12345, content: '{"sky": "rain"}'}
      - role: user
        content:
          - {type: text, text: "And here?"}
          - {type: image_url, image_url: {url: "PIXEL", detail: low}}
    tools:
      - name: get_weather
        description: The weather of a city
        parameters: {type: object, properties: {city: {type: string}}, required: [city]}
    request:
      temperature: 0.2
      top_p: 0.9
      frequency_penalty: 0.1
      presence_penalty: 0.1
      max_tokens: 100
      max_completion_tokens: 200
      stop: END
      seed: 7
      n: 1
      tool_choice: required
      parallel_tool_calls: false
      response_format:
        type: json_schema
        json_schema:
          name: weather
          strict: true
          schema:
            type: object
            properties: {city: {type: string}}
            required: [city]
            additionalProperties: false
      stream: true
      metadata: {team: search}
      store: false
      service_tier: auto
      user: u1
      prompt_cache_key: k1
    expect: {text: hello}
""".replace("PIXEL", PIXEL)

_PART = {"type": "output_text", "text": "hello", "annotations": []}
_OUTPUT = [{"type": "message", "id": "m1", "role": "assistant", "status": "completed", "content": [_PART]}]
SAID = Answer(body=json.dumps({"object": "response", "status": "completed", "output": _OUTPUT}).encode())


@pytest.fixture
def server() -> Iterator[Loopback]:
    """A provider that answers hello to everything."""
    server = Loopback()
    server.answer = lambda asked: SAID if asked.path.endswith("/responses") else completion(text="hello")
    yield server
    server.close()


def environment(server: Loopback) -> dict[str, str]:
    """A key for every provider, and the address of those whose address the environment may give."""
    host = server.base_url.removesuffix("/v1")
    keys = {row.api_key_env: f"key-of-{name}" for name, row in CATALOG.items() if row.api_key_env}
    return {**keys, "AZURE_OPENAI_ENDPOINT": host, "OPENAI_ORG_ID": "org-1", "OPENAI_PROJECT_ID": "proj-1"}


def ask(root: Path, server: Loopback, provider: str, *, case: str = RICH, **more: str) -> Asked:
    """Run the case against a provider whose address leads to the server; what came there."""
    if provider != "azure":
        path = urlsplit(CATALOG[provider].base_url or "").path
        base = server.base_url.removesuffix("/v1") + path
        (root / "pyproject.toml").write_text(f'[tool.prompt_contracts.providers.{provider}]\nbase_url = "{base}"\n')
    file = root / "cases" / "rich.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(case)
    options = RunOptions(
        root=root, mode="live", cassettes=root / "cassettes", models=(f"{provider}:gpt-4.1",), max_retries=0
    )
    run = Run(options, environ={**environment(server), **more})
    loaded = run.load(file, is_named=True)
    assert loaded is not None
    assert not loaded.broken, loaded.broken
    (cell,) = loaded.cells
    result = run.judge(cell, run.exchange(cell))
    run.close()
    assert result.verdict == "passed", result
    return server.asked[-1]


def shown(asked: Asked) -> Mapping[str, Any]:
    """A request as the expectation files have it."""
    names = ("authorization", "api-key", "openai-organization", "openai-project", "openai-beta")
    headers = {name: asked.headers[name] for name in names if name in asked.headers}
    return {"method": asked.method, "path": asked.path, "headers": headers, "body": json.loads(asked.body)}


@pytest.mark.parametrize("provider", sorted(CATALOG))
def test_each_provider_is_sent_what_it_takes(tmp_path: Path, server: Loopback, provider: str) -> None:
    file = BODIES / f"{provider}.json"

    came = shown(ask(tmp_path, server, provider))

    if REWRITES:
        file.write_text(json.dumps(came, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    assert came == json.loads(file.read_text("utf-8"))


def test_a_classic_deployment_of_azure_has_its_name_in_the_path_and_a_version(tmp_path: Path, server: Loopback) -> None:
    came = ask(tmp_path, server, "azure", OPENAI_API_VERSION="2025-04-01-preview")

    assert came.path == "/openai/deployments/gpt-4.1/chat/completions?api-version=2025-04-01-preview"
    assert came.headers["api-key"] == "key-of-azure"


def test_the_token_of_entra_goes_out_as_a_bearer(tmp_path: Path, server: Loopback) -> None:
    came = ask(tmp_path, server, "azure", AZURE_OPENAI_API_KEY="", AZURE_OPENAI_AD_TOKEN="entra-token")

    assert came.headers["authorization"] == "Bearer entra-token"
    assert "api-key" not in came.headers


@pytest.mark.skipif(find_openapi() is None, reason=SKIP_REASON)
@pytest.mark.parametrize("provider", ["openai", "azure"])
@pytest.mark.parametrize("endpoint", ["chat", "responses"])
def test_the_rich_body_is_valid_by_the_official_schema(
    tmp_path: Path, server: Loopback, provider: str, endpoint: str
) -> None:
    case = RICH
    if endpoint == "responses":
        for line in ("frequency_penalty: 0.1", "presence_penalty: 0.1", "stop: END", "seed: 7"):
            case = case.replace(f"      {line}\n", "")
        case = case.replace("    messages:\n", "    endpoint: responses\n    messages:\n", 1)

    came = ask(tmp_path, server, provider, case=case)

    assert came.path.endswith("/responses" if endpoint == "responses" else "/chat/completions")
    assert violations("responses" if endpoint == "responses" else "chat.completions", json.loads(came.body)) == []


CHAT_ALONE: dict[str, st.SearchStrategy[Any]] = {
    "frequency_penalty": st.sampled_from([-2, 0.5, 2]),
    "presence_penalty": st.sampled_from([-2, 0.5, 2]),
    "seed": st.integers(-5, 5),
    "stop": st.text(max_size=5) | st.lists(st.text(max_size=5), min_size=1, max_size=4),
    "n": st.integers(1, 8),
    "logit_bias": st.dictionaries(st.sampled_from(["1", "50256"]), st.integers(-100, 100), max_size=2),
    "prediction": st.fixed_dictionaries({"type": st.just("content"), "content": st.text(max_size=5)}),
}


@pytest.mark.skipif(find_openapi() is None, reason=SKIP_REASON)
@pytest.mark.parametrize("provider", ["openai", "azure"])
@given(data=st.data(), model=st.sampled_from(["gpt-4.1", "gpt-5-mini", "o3", "gpt-5.1", "gpt-5.5"]))
def test_any_request_that_no_rule_refuses_is_valid_by_the_official_schema(
    provider: str, data: st.DataObject, model: str
) -> None:
    target = Target(provider=provider, model=model, base_url="https://host/v1", rules=provider)
    request = ModelRequest(
        messages=data.draw(MESSAGES),
        tools=data.draw(TOOLS),
        parameters=data.draw(parameters(SHARED, CHAT, CHAT_ALONE)),
    )

    asked = next(ChatDialogue(target).ask(adapt(request, target).request))

    assert isinstance(asked, ApiRequest)
    assert violations("chat.completions", asked.body) == []
