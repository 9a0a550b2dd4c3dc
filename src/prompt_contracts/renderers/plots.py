"""Plots of a report, as SVG where vl-convert-python is installed; each has a table that says the same."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from decimal import Decimal
from importlib.util import find_spec

from markupsafe import Markup

from prompt_contracts.comparison import Comparison, Contrast
from prompt_contracts.data_class import dataclass
from prompt_contracts.renderers.amounts import dollars, interval_text, percent, seconds
from prompt_contracts.renderers.comparison_words import contrast_facts, contrast_name, least_points
from prompt_contracts.renderers.inert_text import inert
from prompt_contracts.renderers.plot_specs import Span, Spec, Spot, Spread, costs_spec, latencies_spec, rates_spec
from prompt_contracts.report import Interval, Report, Summary

_LONGEST_LABEL = 40
_MOST_LINES = 40
_MOST_STROKES = 120
VEGA_LITE = "5.21"
"""Which Vega-Lite draws: the newest one that every version of vl-convert since 1.8 has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One plot and its table."""

    name: str
    title: str
    note: str
    svg: Markup | None
    """None where nothing can draw it."""
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def can_draw() -> bool:
    """Whether the package that draws is installed."""
    return find_spec("vl_convert") is not None


def figures(report: Report) -> tuple[Figure, ...]:
    """The plots of a run; none of them where nothing was judged."""
    return tuple(_figures(report))


def _figures(report: Report) -> Iterator[Figure]:
    rated = [row for row in report.models if row.rate is not None]
    if rated:
        yield _rates("rates", "Pass rate of each model", rated)
    prompts = [row for row in report.prompts if row.rate is not None]
    if prompts:
        yield _rates("prompt-rates", "Pass rate of each prompt", prompts)
    offers = _offers(rated)
    if len(offers) > 1:
        yield _costs(offers, len(report.models) - len(offers))
    yield from _latencies(report)


def change_figures(comparison: Comparison) -> tuple[Figure, ...]:
    """What changed against the base of a comparison; nothing where no cell was judged on both sides."""
    contrasts = [each for each in comparison.contrasts if each.difference is not None and each.interval is not None]
    if not contrasts:
        return ()
    spans = [
        Span(
            label=_short(contrast_name(comparison, each)),
            value_label=f"{_points(each.difference)} points  ({_span(each.interval)})",
            value=each.difference,
            low=each.interval.low,
            high=each.interval.high,
        )
        for each in contrasts
        if each.difference is not None and each.interval is not None
    ]
    widest = max(0.05, *(abs(end) for span in spans for end in (span.low, span.high)))
    figure = Figure(
        name="changes",
        title=f"Change against {inert(contrasts[0].base.label)}",
        note="Points of the pass rate, over cells judged on both sides; the bar is the 95 % interval.",
        svg=_drawn(rates_spec(spans[:_MOST_LINES], domain=(-widest * 1.05, widest * 1.05), zero=True)),
        header=(
            "",
            "cells",
            "worse",
            "better",
            "error now",
            "judged now",
            "points",
            "95 % CI",
            "p (McNemar)",
            "could show",
            *_RATIOS,
        ),
        rows=tuple(_change_row(comparison, each) for each in contrasts),
    )
    return (figure,)


_RATIOS = ("cost", "tokens in", "tokens out", "latency")


def _change_row(comparison: Comparison, contrast: Contrast) -> tuple[str, ...]:
    counts = (contrast.judged, contrast.worse, contrast.better, contrast.lost, contrast.found)
    span, chance = contrast.interval, contrast.p_adjusted
    least = least_points(contrast)
    changed = {fact.name: fact.change for fact in contrast_facts(contrast)}
    return (
        contrast_name(comparison, contrast),
        *(f"{number:,}" for number in counts),
        _points(contrast.difference),
        "–" if span is None else _span(span),
        "–" if chance is None else f"{chance:.2f}" if chance >= 0.01 else "< 0.01",
        "–" if least is None else f"> {least} points",
        *(changed[name] for name in _RATIOS),
    )


def _span(interval: Interval) -> str:
    return f"{_points(interval.low)} to {_points(interval.high)}"


def _points(share: float | None) -> str:
    if share is None:
        return "–"
    text = f"{share * 100:+.0f}".replace("-", "−")
    return "0" if text in ("+0", "−0") else text


def name_of(row: Summary) -> str:
    """`provider:model`, and before it the prompt where the summary is of one."""
    return inert(row.id if row.prompt is None else f"{row.prompt} · {row.id}")


def _rates(name: str, title: str, rows: Sequence[Summary]) -> Figure:
    spans = [
        Span(
            label=_short(name_of(row)),
            value_label=f"{percent(row.rate)}  ({interval_text(row.interval)})",
            value=row.rate,
            low=row.interval.low,
            high=row.interval.high,
        )
        for row in rows
        if row.rate is not None and row.interval is not None
    ]
    return Figure(
        name=name,
        title=title,
        note="Passed trials over judged ones; the bar is the 95 % interval, which counts trials of one case as alike.",
        svg=_drawn(rates_spec(spans[:_MOST_LINES])),
        header=("", "passed", "judged", "rate", "95 % CI"),
        rows=tuple(
            (
                name_of(row),
                f"{row.trials.passed:,}",
                f"{row.trials.scored:,}",
                percent(row.rate),
                interval_text(row.interval),
            )
            for row in rows
        ),
    )


def _cost_of_a_trial(row: Summary) -> Decimal | None:
    """Over the trials whose cost is known."""
    known = row.trials.scored + row.trials.errors - row.unpriced
    return None if row.cost is None or known <= 0 else row.cost / known


@dataclass(frozen=True, slots=True, kw_only=True)
class _Offer:
    """What a model asks and what it gives."""

    row: Summary
    cost: Decimal
    rate: float

    def beats(self, other: _Offer) -> bool:
        """Whether it is as cheap and as good, and better in one of the two."""
        return (
            self.cost <= other.cost and self.rate >= other.rate and (self.cost, self.rate) != (other.cost, other.rate)
        )


def _offers(rows: Sequence[Summary]) -> list[_Offer]:
    found = [(row, _cost_of_a_trial(row)) for row in rows]
    return [_Offer(row=row, cost=cost, rate=row.rate or 0.0) for row, cost in found if cost is not None]


def _costs(offers: Sequence[_Offer], left_out: int) -> Figure:
    spots = [
        Spot(
            label=_short(name_of(offer.row)),
            cost=float(offer.cost),
            rate=offer.rate,
            is_on_front=not any(other.beats(offer) for other in offers),
        )
        for offer in offers
    ]
    missing = f" Left out, without a known cost or a verdict: {left_out}." if left_out else ""
    return Figure(
        name="costs",
        title="Cost against pass rate",
        note="Filled: no other model is both as cheap and as good. "
        f"Cost of a trial, of those whose cost is known.{missing}",
        svg=_drawn(costs_spec(spots[:_MOST_LINES])),
        header=("", "per trial", "rate", "unbeaten"),
        rows=tuple(
            (name_of(offer.row), dollars(offer.cost), percent(offer.rate), "yes" if spot.is_on_front else "no")
            for offer, spot in zip(offers, spots, strict=True)
        ),
    )


def _latencies(report: Report) -> Iterator[Figure]:
    found: dict[str, list[float]] = {}
    for result in report.results:
        known = [trial.latency for trial in result.trials if trial.latency is not None]
        found.setdefault(result.model_id, []).extend(known)
    lines = {inert(model): sorted(values) for model, values in sorted(found.items()) if values}
    if not lines:
        return
    spreads = [
        Spread(
            label=_short(model),
            value_label=f"median {seconds(_ranked(values, 0.5))}, p95 {seconds(_ranked(values, 0.95))}",
            values=_thinned(values),
            median=_ranked(values, 0.5),
        )
        for model, values in lines.items()
    ]
    yield Figure(
        name="latencies",
        title="Latency of each model",
        note=f"A stroke for each trial, {_MOST_STROKES} at most, evenly chosen; the triangle is the median.",
        svg=_drawn(latencies_spec(spreads[:_MOST_LINES])),
        header=("", "trials", *_SHARES),
        rows=tuple(
            (model, f"{len(values):,}", *(seconds(_ranked(values, share)) for share in _SHARES.values()))
            for model, values in lines.items()
        ),
    )


_SHARES = {"least": 0.0, "p25": 0.25, "median": 0.5, "p75": 0.75, "p95": 0.95, "most": 1.0}


def _ranked(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile of sorted values: always one of them."""
    return values[max(1, math.ceil(share * len(values))) - 1]


def _thinned(values: Sequence[float]) -> tuple[float, ...]:
    if len(values) <= _MOST_STROKES:
        return tuple(values)
    return tuple(_ranked(values, step / (_MOST_STROKES - 1)) for step in range(_MOST_STROKES))


def _short(label: str) -> str:
    half = (_LONGEST_LABEL - 1) // 2
    return label if len(label) <= _LONGEST_LABEL else f"{label[:half]}…{label[-half:]}"


def _drawn(spec: Spec) -> Markup | None:
    if not can_draw():
        return None
    from vl_convert import vegalite_to_svg

    # Safe: text is escaped by the one who draws, and a plot has no links, styles or scripts.
    return Markup(vegalite_to_svg(spec, vl_version=VEGA_LITE, allowed_base_urls=[]))  # noqa: S704
