"""The most that a request can cost: a bound that is one, or none."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.interaction import ApiRequest
from prompt_contracts.providers.cost_bound import cost_bound
from prompt_contracts.providers.pricing import known_cost, most_cost, table_cost
from prompt_contracts.target import Price, Target
from prompt_contracts.usage import CostBound, Usage

NOW = datetime(2026, 11, 20, tzinfo=UTC)
HOUSE = Target(
    provider="house", model="small", base_url="http://h/v1", price=Price(input=Decimal(1), output=Decimal(2))
)
OPENAI = Target(provider="openai", model="gpt-5-mini", base_url="http://o/v1", price_id=("openai", "gpt-5-mini"))
FREE = Target(provider="ollama", model="small", base_url="http://o/v1", self_hosted=True)
HI = {"messages": [{"role": "user", "content": "Hi"}]}


def bound(
    body: dict[str, Any], *, target: Target = HOUSE, path: str = "/chat/completions", method: str = "POST"
) -> CostBound:
    request = ApiRequest(method=method, url=f"{target.base_url}{path}", body=body)
    return cost_bound(target, request, size=len(json.dumps(body)), at=NOW)


def test_a_token_for_each_byte_a_template_and_the_limit() -> None:
    body = {**HI, "max_tokens": 100}

    assert bound(body).usd == Decimal(len(json.dumps(body)) + 256 + 2 * 100) / 1_000_000


@pytest.mark.parametrize(
    ("body", "path", "tokens"),
    [
        ({"max_tokens": 10, "max_completion_tokens": 30}, "/chat/completions", 256 + 60),
        ({"max_tokens": 10, "n": 3}, "/chat/completions", 256 + 60),
        ({"max_tokens": 10, "n": None}, "/chat/completions", 256 + 20),
        ({"max_tokens": 10, "tools": [{"type": "function"}]}, "/chat/completions", 1024 + 20),
        ({"max_output_tokens": 10, "input": "Hi"}, "/responses", 256 + 20),
        ({"max_output_tokens": 10, "input": [{"type": "reasoning", "id": "rs_1"}]}, "/responses", 256 + 10 + 20),
        (
            {"max_output_tokens": 10, "input": [{"type": "reasoning", "encrypted_content": "x"}]},
            "/responses",
            256 + 20,
        ),
    ],
)
def test_what_a_request_allows(body: dict[str, Any], path: str, tokens: int) -> None:
    assert bound(body, path=path).usd == Decimal(len(json.dumps(body)) + tokens) / 1_000_000


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"max_tokens": None}, "no limit on its answers"),
        ({"max_tokens": "100"}, "no limit on its answers"),
        ({"max_tokens": True}, "no limit on its answers"),
        ({"max_tokens": 100, "max_completion_tokens": "many"}, "no limit on its answers"),
        ({"max_output_tokens": 100, "max_tokens": None}, "no limit on its answers"),
        ({"previous_response_id": "r"}, "'previous_response_id' has no known bound"),
        ({"web_search_options": {}}, "'web_search_options' has no known bound"),
        ({"tools": [{"type": "web_search"}]}, "the tool web_search has no known bound"),
        ({"tools": ["web_search"]}, "the tool None has no known bound"),
        ({"input": [{"type": "item_reference", "id": "i"}]}, "an item item_reference has no known bound"),
        ({"input": [{"role": "user", "content": [{"type": "input_file"}]}]}, "a part input_file has no known bound"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "a part image_url has no known bound"),
        ({"messages": [{"role": "tool", "content": [{"type": "text", "text": "a"}]}]}, ""),
    ],
)
def test_what_has_no_bound_is_told(more: dict[str, Any], why: str) -> None:
    found = bound({**HI, "max_tokens": 100, **more})

    assert (found.usd is None, found.unknown) == (bool(why), why)


def test_a_model_without_a_price_has_none() -> None:
    unpriced = Target(provider="house", model="small", base_url="http://h/v1")
    strange = Target(provider="openai", model="x", base_url="http://o/v1", price_id=("openai", "gpt-nobody-knows"))

    assert bound({**HI, "max_tokens": 1}, target=unpriced).unknown == "no price"
    assert bound({**HI, "max_tokens": 1}, target=strange).unknown == "no price"


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/threads/t/runs/r"), ("DELETE", "/assistants/a"), ("POST", "/threads/t/messages")]
)
def test_what_generates_nothing_costs_nothing(method: str, path: str) -> None:
    assert bound({}, method=method, path=path).usd == 0


@pytest.mark.parametrize("path", ["/embeddings", "/threads/t/runs", "/threads/runs", "/images/generations", "/other"])
def test_what_nobody_can_bound_has_no_amount(path: str) -> None:
    assert bound({**HI, "max_tokens": 1}, path=path).usd is None
    assert bound({**HI, "max_tokens": 1}, path=path, target=FREE).usd == 0


@given(
    body_tokens=st.integers(0, 300),
    output=st.integers(0, 200),
    cached=st.integers(0, 300),
    tier=st.sampled_from([None, "default", "flex", "priority"]),
    price=st.none()
    | st.builds(Price, input=st.decimals(0, 50), output=st.decimals(0, 50), cached_input=st.decimals(0, 99)),
)
def test_no_answer_within_its_limits_costs_more(
    body_tokens: int, output: int, cached: int, tier: str | None, price: Price | None
) -> None:
    target = OPENAI if price is None else Target(provider="house", model="m", base_url="http://h/v1", price=price)
    body = {"messages": [{"role": "user", "content": "x" * 300}], "max_completion_tokens": 200}
    usage = Usage(prompt_tokens=body_tokens, completion_tokens=output, cached_tokens=min(cached, body_tokens))

    cost = known_cost(target, usage, charged=None, source="test") or table_cost(
        target, usage, at=NOW, service_tier=tier
    )

    most = bound(body, target=target).usd
    assert cost is not None
    assert most is not None
    assert cost.usd <= most


def test_the_dearest_tier_counts() -> None:
    usage = Usage(prompt_tokens=1000, completion_tokens=1000)
    priority = table_cost(OPENAI, usage, at=NOW, service_tier="priority")

    assert priority is not None
    assert most_cost(OPENAI, prompt_tokens=1000, completion_tokens=1000, at=NOW) == priority.usd
