"""Request -> the most that it can cost. A bound is one or is none: what nobody can bound has no amount here.

A token stands for one byte of text at least, so a prompt has no more tokens than its request has bytes; what a chat
template writes around it is allowed for.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from urllib.parse import urlsplit

from prompt_contracts.interaction import ApiRequest
from prompt_contracts.json_value import Json
from prompt_contracts.providers.pricing import most_cost
from prompt_contracts.target import Target
from prompt_contracts.usage import CostBound

_LIMITS = {"/chat/completions": ("max_completion_tokens", "max_tokens"), "/responses": ("max_output_tokens",)}
"""End of an address -> the parameters that limit its answers."""

# Templates write more than they are given: harmony's system message has some 70 tokens, Llama's 25; with tools
# Anthropic documents 346 (530 for older models).
_TEMPLATE = 256
_TEMPLATE_OF_TOOLS = 1024

_TEXT_PARTS = frozenset({"text", "input_text", "output_text", "refusal", "summary_text", "reasoning_text"})
_TEXT_ITEMS = frozenset({"message", "function_call", "function_call_output", "reasoning", "function", "custom"})
_CUSTOM_ITEMS = frozenset({"custom_tool_call", "custom_tool_call_output"})
_FREE = frozenset({"threads", "messages", "assistants", "cancel"})
"""Ends of addresses below which something is only stored."""
_ELSEWHERE = ("previous_response_id", "conversation", "prompt", "audio", "prediction", "web_search_options", "plugins")
"""Parameters whose tokens, or whose price, stand in no body."""


def cost_bound(target: Target, request: ApiRequest, *, size: int, at: datetime) -> CostBound:
    """The most that a request whose body has `size` bytes can cost at the prices of a moment."""
    path = urlsplit(request.url).path
    if request.method != "POST" or (target.self_hosted and target.price is None):
        return CostBound(usd=Decimal(0))
    names = next((names for end, names in _LIMITS.items() if path.endswith(end)), None)
    if names is None:
        if path.rpartition("/")[2] in _FREE:
            return CostBound(usd=Decimal(0))
        return _unknown(f"nothing bounds the cost of {path.rpartition('/')[2] or path}", "run it without a budget")
    body = request.body if isinstance(request.body, dict) else {}
    limit, unbounded = _limit(body, names), next(_unbounded(body), None)
    template = _TEMPLATE_OF_TOOLS if body.get("tools") else _TEMPLATE
    # Reasoning that the server keeps goes in again, and had room in the limit of an earlier answer.
    prompt = size + template + (limit or 0) * _kept_reasoning(body)
    usd = most_cost(target, prompt_tokens=prompt, completion_tokens=(limit or 0) * _choices(body), at=at)
    if usd is None:
        return _unknown("no price", "declare it under prices in the configuration")
    if limit is None:
        return _unknown("no limit on its answers", f"limit them in 'request', such as {names[0]}: 1000")
    if unbounded is not None:
        return _unknown(f"{unbounded} has no known bound", "run it without a budget")
    return CostBound(usd=usd)


def _unknown(why: str, advice: str) -> CostBound:
    return CostBound(usd=None, unknown=why, help=advice)


def _limit(body: dict[str, Json], names: tuple[str, ...]) -> int | None:
    """The highest of the limits that are given: nobody knows which of two a server takes."""
    given = [body[name] for name in names if body.get(name) is not None]
    found = [value for value in given if isinstance(value, int) and not isinstance(value, bool) and value > 0]
    return max(found) if found and len(found) == len(given) else None


def _choices(body: dict[str, Json]) -> int:
    asked = body.get("n")
    return asked if isinstance(asked, int) and asked > 1 else 1


def _unbounded(body: dict[str, Json]) -> Iterator[str]:
    """What is in a request, or is meant by it, and has more tokens than bytes, or a price of its own."""
    yield from (f"'{name}'" for name in _ELSEWHERE if body.get(name) not in (None, False))
    tools = body.get("tools")
    for tool in tools if isinstance(tools, list) else []:
        kind = tool.get("type", "function") if isinstance(tool, dict) else None
        if kind not in ("function", "custom"):
            yield f"the tool {kind}"
    for item in [*_items(body.get("messages")), *_items(body.get("input"))]:
        kind = item.get("type", "message")
        if kind not in (*_TEXT_ITEMS, *_CUSTOM_ITEMS):
            yield f"an item {kind}"
        for name in ("content", "output"):
            for part in _items(item.get(name)):
                if part.get("type") not in _TEXT_PARTS:
                    yield f"a part {part.get('type')}"


def _items(value: Json) -> list[dict[str, Json]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _kept_reasoning(body: dict[str, Json]) -> int:
    items = _items(body.get("input"))
    return sum(item.get("type") == "reasoning" and not item.get("encrypted_content") for item in items)
