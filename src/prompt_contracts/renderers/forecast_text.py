"""What a run is going to cost, in one line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prompt_contracts.forecast import ModelForecast, Share
from prompt_contracts.renderers.amounts import count, dollars
from prompt_contracts.renderers.inert_text import inert


def forecast_text(forecasts: Sequence[ModelForecast]) -> str:
    """`120 calls: openai:gpt-5-mini 80 ~ $0.031 (recorded before), groq:llama 40 ≤ $0.012`."""
    calls = sum(each.calls for each in forecasts)
    if not calls:
        return "nothing to ask"
    noun = "call" if calls == 1 else "calls"
    more = " or more" if any(each.is_open for each in forecasts) else ""
    return inert(f"{count(calls)} {noun}{more}: {', '.join(map(_model, forecasts))}")


def _model(forecast: ModelForecast) -> str:
    return f"{forecast.model} {' + '.join(_parts(forecast))}"


def _parts(forecast: ModelForecast) -> Iterator[str]:
    recorded, bounded = forecast.recorded, forecast.bounded
    if recorded.calls:
        yield f"{count(recorded.calls)} ~ {dollars(recorded.usd)} (recorded before{_sample(recorded)})"
    if bounded.calls and bounded.is_sampled:
        # A part of them bounds nothing.
        yield f"{count(bounded.calls)} ~ {dollars(bounded.usd)} (at most{_sample(bounded)})"
    elif bounded.calls:
        sign = "" if bounded.usd == 0 else "≤ "
        yield f"{count(bounded.calls)} {sign}{dollars(bounded.usd)}"
    if forecast.unknown.calls:
        yield f"{count(forecast.unknown.calls)} ?"


def _sample(share: Share) -> str:
    return f"; {count(share.looked_at)} of {count(share.cells)} cells looked at" if share.is_sampled else ""
