"""What an answer costs, and when nobody knows."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.providers.pricing import known_cost, table_cost
from prompt_contracts.target import Price, Target
from prompt_contracts.usage import Usage

TARGET = Target(provider="openai", model="gpt-4o-mini", base_url="https://x", price_id=("openai", "gpt-4o-mini"))
USAGE = Usage(prompt_tokens=1_000_000, completion_tokens=500_000, cached_tokens=400_000)
PRICE = Price(input=Decimal(1), cached_input=Decimal("0.1"), output=Decimal(4))
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def test_a_declared_price_wins_over_what_the_provider_charged() -> None:
    cost = known_cost(replace(TARGET, price=PRICE), USAGE, charged=Decimal(9), source="pyproject.toml")

    assert cost is not None
    assert (cost.usd, cost.source) == (Decimal("2.64"), "pyproject.toml")


def test_cached_tokens_cost_the_full_price_where_no_other_is_declared() -> None:
    price = replace(PRICE, cached_input=None)

    cost = known_cost(replace(TARGET, price=price), USAGE, charged=None, source="pyproject.toml")

    assert cost is not None
    assert cost.usd == Decimal(3)


def test_the_provider_s_own_figure_comes_next() -> None:
    cost = known_cost(TARGET, USAGE, charged=Decimal("0.002"), source="pyproject.toml")

    assert cost is not None
    assert (cost.usd, cost.source) == (Decimal("0.002"), "provider")


def test_a_self_hosted_server_costs_exactly_nothing() -> None:
    cost = known_cost(replace(TARGET, self_hosted=True), USAGE, charged=None, source="pyproject.toml")

    assert cost is not None
    assert (cost.usd, cost.source) == (Decimal(0), "self-hosted")


@pytest.mark.parametrize(
    "usage",
    [
        Usage(),
        Usage(prompt_tokens=5),
        Usage(completion_tokens=5),
        Usage(prompt_tokens=5, completion_tokens=1, cached_tokens=6),
    ],
)
def test_a_declared_price_of_an_unknown_usage_is_unknown(usage: Usage) -> None:
    assert known_cost(replace(TARGET, price=PRICE), usage, charged=None, source="x") is None
    assert table_cost(TARGET, usage, at=NOW) is None


def test_the_price_table_knows_a_well_known_model() -> None:
    cost = table_cost(TARGET, Usage(prompt_tokens=1000, completion_tokens=100, cached_tokens=200), at=NOW)

    assert cost is not None
    assert cost.usd == Decimal("0.000195")
    assert cost.source.startswith("genai-prices ")
    assert cost.as_of == "2026-11-01"


@pytest.mark.parametrize(
    "target", [replace(TARGET, price_id=None), replace(TARGET, price_id=("openai", "no-such-model"))]
)
def test_a_model_that_the_table_lacks_has_no_price(target: Target) -> None:
    assert table_cost(target, USAGE, at=NOW) is None


def test_an_answer_without_usage_has_no_price() -> None:
    assert table_cost(TARGET, Usage(), at=NOW) is None


def test_a_usage_without_cached_count_can_be_priced() -> None:
    cost = table_cost(TARGET, Usage(prompt_tokens=1000, completion_tokens=100), at=NOW)

    assert cost is not None
    assert cost.usd == Decimal("0.00021")


def test_the_price_table_is_not_loaded_before_it_is_asked() -> None:
    code = "import sys, prompt_contracts.providers.pricing; print('genai_prices' in sys.modules)"

    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert printed.strip() == "False"


MINI = replace(TARGET, price_id=("openai", "gpt-5-mini"))
ANSWERED = Usage(prompt_tokens=1000, completion_tokens=100)


@pytest.mark.parametrize(
    ("tier", "usd"),
    [
        (None, "0.00045"),
        ("auto", "0.00045"),
        ("default", "0.00045"),
        ("flex", "0.000225"),
        ("priority", "0.00081"),
        ("fast", "0.00081"),
    ],
)
def test_openai_s_service_tier_changes_the_price(tier: str | None, usd: str) -> None:
    cost = table_cost(MINI, ANSWERED, at=NOW, service_tier=tier)

    assert cost is not None
    assert cost.usd == Decimal(usd)


def test_a_tier_that_the_table_does_not_know_has_no_price() -> None:
    assert table_cost(MINI, ANSWERED, at=NOW, service_tier="scale") is None


def test_a_tier_of_another_provider_changes_nothing() -> None:
    groq = replace(TARGET, price_id=("groq", "llama-3.3-70b-versatile"))

    cost = table_cost(groq, ANSWERED, at=NOW, service_tier="on_demand")

    assert cost is not None
    assert cost == table_cost(groq, ANSWERED, at=NOW)


def test_together_s_answers_have_a_price() -> None:
    together = replace(TARGET, price_id=("together", "meta-llama/Llama-3.3-70B-Instruct-Turbo"))

    assert table_cost(together, ANSWERED, at=NOW) is not None


def test_a_long_prompt_costs_more_where_the_table_says_so() -> None:
    sol = replace(TARGET, price_id=("openai", "gpt-5.6-sol"))

    short = table_cost(sol, Usage(prompt_tokens=1_000, completion_tokens=0), at=NOW)
    long = table_cost(sol, Usage(prompt_tokens=300_000, completion_tokens=0), at=NOW)

    assert short is not None
    assert long is not None
    assert long.usd == 2 * 300 * short.usd


def test_an_answer_is_priced_at_the_prices_of_its_time() -> None:
    o3 = replace(TARGET, price_id=("openai", "o3"))

    then = table_cost(o3, ANSWERED, at=datetime(2024, 1, 1, tzinfo=UTC))
    now = table_cost(o3, ANSWERED, at=NOW)

    assert then is not None
    assert now is not None
    assert then.usd > now.usd


tokens = st.integers(min_value=0, max_value=10**7)


@given(prompt=tokens, completion=tokens, share=st.floats(min_value=0, max_value=1))
def test_more_cached_tokens_never_cost_more(prompt: int, completion: int, share: float) -> None:
    target = replace(TARGET, price=PRICE)
    usage = Usage(prompt_tokens=prompt, completion_tokens=completion, cached_tokens=int(prompt * share))

    cached = known_cost(target, usage, charged=None, source="x")
    uncached = known_cost(target, replace(usage, cached_tokens=0), charged=None, source="x")

    assert cached is not None
    assert uncached is not None
    assert 0 <= cached.usd <= uncached.usd
