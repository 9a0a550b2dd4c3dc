"""Vega-Lite specifications of the plots of a report: plain data in, plain data out.

Colours are those of the light page; `report_page/page.css` replaces each of them, so that a plot follows the page into
the dark. Nothing here depends on the width of a letter: fonts differ between machines, a report must not.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, log10
from typing import Any

from prompt_contracts.data_class import dataclass

INK, MUTED, GRID, SERIES, FAINT = "#1d1f23", "#5b6069", "#e2e4e8", "#2b59c3", "#7391dc"
COLOURS = (INK, MUTED, GRID, SERIES, FAINT)
"""All that a plot may use."""

WIDTH = 400
_STEP = 42
_LOW = 7
"""Pixels from the middle of a line to its data: the label stands above."""
_LETTER = 6.2
"""Pixels, generously, of a letter of the labels."""
_LINE = 14

Spec = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One line of a plot of rates: a point within its interval."""

    label: str
    value_label: str
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """One line of a plot of latencies, in seconds, sorted."""

    label: str
    value_label: str
    values: tuple[float, ...]
    median: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """One point of cost against pass rate."""

    label: str
    cost: float
    rate: float
    is_on_front: bool


def rates_spec(spans: Sequence[Span], *, domain: tuple[float, float] = (0.0, 1.0), zero: bool = False) -> Spec:
    """A line for each: the interval, and the point in it; `zero` draws the line of no difference."""
    rows = [
        {"y": place, "label": span.label, "told": span.value_label, "v": span.value, "lo": span.low, "hi": span.high}
        for place, span in enumerate(spans)
    ]
    x = {"type": "quantitative", "scale": {"domain": list(domain), "nice": False}, "axis": _axis("%", ticks=5)}
    nought: list[Spec] = [{"mark": {"type": "rule", "color": MUTED}, "encoding": {"x": {"datum": 0}}}] if zero else []
    layers = [
        *nought,
        {
            "mark": {"type": "rule", "color": FAINT, "strokeWidth": 5, "strokeCap": "round", "yOffset": _LOW},
            "encoding": {"x": {"field": "lo", **x}, "x2": {"field": "hi"}},
        },
        {
            "mark": {"type": "point", "filled": True, "color": SERIES, "size": 70, "opacity": 1, "yOffset": _LOW},
            "encoding": {"x": {"field": "v", **x}},
        },
    ]
    return _lines(rows, layers)


def latencies_spec(spreads: Sequence[Spread]) -> Spec:
    """A line for each: a stroke for every value, and a mark at the median."""
    values = [value for spread in spreads for value in spread.values]
    scale = _positive_scale(values)
    rows = [{"y": place, "label": each.label, "told": each.value_label} for place, each in enumerate(spreads)]
    axis = {**_axis(None, ticks=4, label=_DURATION), **_log_ticks(scale)}
    x = {"type": "quantitative", "scale": scale, "axis": axis}
    strokes = [{"y": place, "v": value} for place, each in enumerate(spreads) for value in each.values]
    medians = [{"y": place, "v": each.median} for place, each in enumerate(spreads)]
    layers = [
        {
            "data": {"values": strokes},
            "mark": {"type": "tick", "color": SERIES, "opacity": 0.45, "thickness": 1.5, "size": 12,
                     "yOffset": _LOW - 2},
            "encoding": {"x": {"field": "v", **x}},
        },
        {
            "data": {"values": medians},
            "mark": {"type": "point", "shape": "triangle-up", "filled": True, "color": INK, "size": 40, "opacity": 1,
                     "yOffset": _LOW + 9},
            "encoding": {"x": {"field": "v", **x}},
        },
    ]  # fmt: skip
    return _lines(rows, layers)


_DURATION = "datum.value < 1 ? format(datum.value * 1000, '.3~g') + ' ms' : format(datum.value, '.3~g') + ' s'"
_MONEY = "'$' + format(datum.value, '.2~g')"
_SMALL_MONEY = "datum.value == 0 ? '$0' : '$' + format(datum.value, '~f')"


def costs_spec(spots: Sequence[Spot]) -> Spec:
    """A point for each, its name beside it; a line joins those that nobody beats in both."""
    height = 210
    scale = _positive_scale([spot.cost for spot in spots])
    lowest = max(0.0, min(spot.rate for spot in spots) - 0.1)
    x = {"field": "cost", "type": "quantitative", "scale": scale,
         "axis": {**_axis(None, ticks=4, label=_SMALL_MONEY), **_log_ticks(scale),
                  "title": "US dollars for each trial"}}  # fmt: skip
    y = {"field": "rate", "type": "quantitative", "scale": {"domain": [lowest, 1], "nice": False},
         "axis": {**_axis("%", ticks=4), "title": None, "minExtent": 36, "maxExtent": 36}}  # fmt: skip
    labels = _placed_labels(spots, scale, lowest, height)
    front = sorted((spot for spot in spots if spot.is_on_front), key=lambda spot: (spot.cost, spot.rate))
    layers = [
        {
            "data": {"values": [{"cost": spot.cost, "rate": spot.rate} for spot in front]},
            "mark": {"type": "line", "interpolate": "step-after", "color": FAINT, "strokeWidth": 2},
            "encoding": {"x": x, "y": y, "order": {"field": "cost"}},
        },
        *(_points(spots, x, y, is_on_front=is_on_front) for is_on_front in (False, True)),
        *(
            {
                "data": {"values": [label for label in labels if label["align"] == align]},
                "mark": {"type": "text", "align": align, "baseline": "middle", "color": INK, "fontSize": 11},
                "encoding": {
                    "x": {"field": "x", "type": "quantitative", "scale": None},
                    "y": {"field": "y", "type": "quantitative", "scale": None},
                    "text": {"field": "label", "type": "nominal"},
                },
            }
            for align in ("left", "right")
        ),
    ]
    return {**_frame(height, left=44, bottom=44), "width": WIDTH - 46, "layer": layers}


def _points(spots: Sequence[Spot], x: Spec, y: Spec, *, is_on_front: bool) -> Spec:
    mark = {"type": "point", "size": 80, "opacity": 1, "color": SERIES, "filled": is_on_front}
    rows = [{"cost": spot.cost, "rate": spot.rate} for spot in spots if spot.is_on_front == is_on_front]
    return {"data": {"values": rows}, "mark": mark, "encoding": {"x": x, "y": y}}


def _placed_labels(spots: Sequence[Spot], scale: Spec, lowest: float, height: int) -> list[dict[str, Any]]:
    """Each name beside its point, moved down or up until it covers no other."""
    width = WIDTH - 46
    low, high = scale["domain"]
    places = {}
    for spot in spots:
        share = (
            log10(spot.cost / low) / log10(high / low) if scale["type"] == "log" else (spot.cost - low) / (high - low)
        )
        places[spot] = (share * width, (1 - spot.rate) / (1 - lowest) * height)
    taken = [(x - 6, x + 6, y) for x, y in places.values()]
    placed = []
    for spot, (x, y) in sorted(places.items(), key=lambda place: (place[1][1], place[1][0], place[0].label)):
        is_left = x <= width / 2
        length = len(spot.label) * _LETTER
        start, end = (x + 9, x + 9 + length) if is_left else (x - 9 - length, x - 9)
        row = y
        while any(abs(row - other) < _LINE and start < right and left < end for left, right, other in taken):
            row += 2
        taken.append((start, end, row))
        placed.append({"x": round(x + (9 if is_left else -9), 2), "y": round(row, 2), "label": spot.label,
                       "align": "left" if is_left else "right"})  # fmt: skip
    return placed


def _positive_scale(values: Sequence[float]) -> Spec:
    """From 0, or by powers of ten where the values are very far apart."""
    least, most = min(values), max(values)
    if least > 0 and most / least > 40:
        return {"type": "log", "domain": [least / 1.3, most * 1.3], "nice": False}
    return {"type": "linear", "domain": [0, most * 1.08 or 1.0], "nice": False}


_MOST_TICKS = 6


def _log_ticks(scale: Spec) -> Spec:
    """On a scale of powers no number of ticks is heeded: few values, so that no label covers another."""
    if scale["type"] != "log":
        return {}
    low, high = scale["domain"]
    powers = range(floor(log10(low)), ceil(log10(high)) + 1)
    within: list[float] = []
    for steps, stride in (((1, 2, 5), 1), ((1, 3), 1), ((1,), 1), ((1,), 2), ((1,), 3)):
        ticks = [float(f"{step}e{power}") for power in powers if power % stride == 0 for step in steps]
        within = [tick for tick in ticks if low <= tick <= high]
        if len(within) <= _MOST_TICKS:
            break
    return {"values": within[:: ceil(len(within) / _MOST_TICKS) or 1]}


def _lines(rows: list[dict[str, Any]], layers: list[Spec]) -> Spec:
    """A line for each row, its label above it, so that long names leave room for the data."""
    text = {"type": "text", "baseline": "bottom", "dy": -4, "fontSize": 11, "color": INK}
    y = {"field": "y", "type": "ordinal", "axis": None, "sort": None, "scale": {"paddingInner": 0, "paddingOuter": 0}}
    labels = [
        {"mark": {**text, "align": "left"}, "encoding": {"x": {"value": 0}, "text": {"field": "label"}}},
        {
            "mark": {**text, "align": "right", "color": MUTED},
            "encoding": {"x": {"value": WIDTH}, "text": {"field": "told"}},
        },
    ]
    return {
        **_frame({"step": _STEP}),
        "data": {"values": rows},
        "encoding": {"y": y},
        "layer": [*layers, *labels],
    }


def _axis(form: str | None, *, ticks: int, label: str | None = None) -> Spec:
    axis: Spec = {"title": None, "tickCount": ticks, "grid": True, "labelFlush": True, "labelOverlap": False}
    return {**axis, **({"format": form} if form else {}), **({"labelExpr": label} if label else {})}


def _frame(height: int | Spec, *, left: int = 8, bottom: int = 26) -> Spec:
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": WIDTH,
        "height": height,
        "autosize": "none",
        "padding": {"left": left, "right": 10, "top": 8, "bottom": bottom},
        "background": None,
        "config": {
            "aria": False,
            "font": "Liberation Sans",
            "view": {"stroke": None},
            "axis": {
                "domain": False, "ticks": False, "gridColor": GRID, "labelColor": MUTED, "titleColor": MUTED,
                "labelFontSize": 11, "titleFontSize": 11, "titleFontWeight": "normal", "labelPadding": 6,
            },
        },
    }  # fmt: skip
