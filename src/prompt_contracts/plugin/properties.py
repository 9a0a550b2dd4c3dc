"""A cell's result as JUnit properties: flat, and all text."""

from __future__ import annotations

from prompt_contracts.usage import Usage
from prompt_contracts.verdict import CaseResult


def properties_of(result: CaseResult) -> list[tuple[str, object]]:
    """`(name, text)` pairs; what is unknown is left out."""
    usage = Usage.total(trial.usage for trial in result.trials)
    costs = [trial.cost for trial in result.trials]
    latencies = [trial.latency for trial in result.trials if trial.latency is not None]
    known = [cost for cost in costs if cost is not None]
    values: dict[str, object | None] = {
        "pc.provider": result.provider,
        "pc.model": result.model,
        "pc.tokens.input": usage.prompt_tokens,
        "pc.tokens.cached": usage.cached_tokens,
        "pc.tokens.output": usage.completion_tokens,
        "pc.tokens.reasoning": usage.reasoning_tokens,
        "pc.cost_usd": format(sum(known), "f") if known and len(known) == len(costs) else None,
        "pc.latency_ms": round(1000 * sum(latencies)) if latencies else None,
        "pc.cassette": result.cassette,
        "pc.trials": len(result.trials),
    }
    return [(name, str(value)) for name, value in values.items() if value is not None]
