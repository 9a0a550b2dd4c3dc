"""Usage -> cost in US dollars. An unknown price is None, and never 0."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType

from prompt_contracts.target import Price, Target
from prompt_contracts.usage import Cost, Usage

_PER_MILLION = Decimal(1_000_000)


def known_cost(target: Target, usage: Usage, *, charged: Decimal | None, source: str) -> Cost | None:
    """The cost as far as it needs no price table.

    In this order: the price that the user declared (`source` names where), the amount that the provider
    itself says it charged, and 0 for a self-hosted server. None when none of these is there.
    """
    if target.price is not None:
        return _declared(target.price, usage, source)
    # What was charged is surer than what a table says. OpenRouter's `usage.cost` of a recorded answer was equal to the
    # computed price to the last digit.
    if charged is not None:
        return Cost(usd=charged, source="provider")
    # Nobody is paid: that is a price of zero, and not an unknown one.
    if target.self_hosted:
        return Cost(usd=Decimal(0), source="self-hosted")
    return None


_TABLE_TIERS = MappingProxyType(
    {None: None, "auto": None, "default": None, "flex": "flex", "priority": "priority", "fast": "priority"}
)
"""OpenAI's service tier -> its name in the price table; None is the standard price. The table prices a tier that
it does not know as standard, without a word."""
_DEAREST_TIERS = ("default", "priority")
"""No other costs more than these."""


def table_cost(target: Target, usage: Usage, *, at: datetime, service_tier: str | None = None) -> Cost | None:
    """The cost by the price table that genai-prices brings, at the prices of the time of the answer.

    `service_tier` is what the answer says of itself; at OpenAI it changes the price. None for what nobody knows.
    Importing the table takes a noticeable fraction of a second: call it for new answers only.
    """
    if target.price_id is None or not _is_priceable(usage):
        return None
    if target.price_id[0] == "openai" and service_tier not in _TABLE_TIERS:
        return None
    provider, model = target.price_id
    tier = _TABLE_TIERS.get(service_tier) if provider == "openai" else None
    return _looked_up(provider, model, usage, at, tier)


# An answer is priced twice, for the sum of the run and for its trial, and a look-up takes a quarter of a millisecond.
@lru_cache(maxsize=1024)
def _looked_up(provider: str, model: str, usage: Usage, at: datetime, tier: str | None) -> Cost | None:
    # 0.4 to 0.8 s (genai-prices 0.2.3, with the pydantic and httpx2 that it brings).
    import genai_prices

    counts = genai_prices.Usage(
        input_tokens=usage.prompt_tokens,
        # Reasoning tokens are part of these, and cached ones of the input, with every provider that counts them.
        output_tokens=usage.completion_tokens,
        cache_read_tokens=usage.cached_tokens,
    )
    try:
        price = genai_prices.calc_price(
            counts,
            model,
            provider_id=provider,
            # Prices fall: those of o3 differ by a factor of 4.6 between January 2024 and November 2026 in the table.
            genai_request_timestamp=at,
            price_context=None if tier is None else {"service_tier": tier},
        )
    except (LookupError, ValueError):  # a model or a kind of usage that the table does not know
        return None
    source = f"genai-prices {genai_prices.__version__}"
    return Cost(usd=price.total_price, source=source, as_of=at.date().isoformat())


def most_cost(target: Target, *, prompt_tokens: int, completion_tokens: int, at: datetime) -> Decimal | None:
    """The most that so many tokens can cost, in US dollars: nothing cached, the dearest tier; None without a price."""
    price = target.price
    if price is not None:
        dearest = max(price.input, price.cached_input or price.input)
        return (prompt_tokens * dearest + completion_tokens * price.output) / _PER_MILLION
    if target.self_hosted:
        return Decimal(0)
    usage = Usage(prompt_tokens=prompt_tokens, completion_tokens=completion_tokens)
    # A project can have a tier of its own, which no request tells: the answer does, when it is paid.
    tiers = _DEAREST_TIERS if target.price_id is not None and target.price_id[0] == "openai" else (None,)
    costs = [table_cost(target, usage, at=at, service_tier=tier) for tier in tiers]
    known = [cost.usd for cost in costs if cost is not None]
    return max(known) if known and len(known) == len(costs) else None


def _is_priceable(usage: Usage) -> bool:
    """Whether the counts are there and make sense: more cached tokens than tokens would cost less than nothing."""
    if usage.prompt_tokens is None or usage.completion_tokens is None:
        return False
    return (usage.cached_tokens or 0) <= usage.prompt_tokens


def _declared(price: Price, usage: Usage, source: str) -> Cost | None:
    if usage.prompt_tokens is None or usage.completion_tokens is None or not _is_priceable(usage):
        return None
    # A provider that has no prompt cache reports no cached count: then all input is at the full price.
    cached = usage.cached_tokens or 0
    cached_price = price.input if price.cached_input is None else price.cached_input
    total = (
        (usage.prompt_tokens - cached) * price.input + cached * cached_price + usage.completion_tokens * price.output
    )
    return Cost(usd=total / _PER_MILLION, source=source)
