"""Numbers as people read them: dollars, tokens, seconds, rates. Unknown is `?`, never 0."""

from __future__ import annotations

import math
from decimal import Decimal

from prompt_contracts.report import Bill, Interval

_MOST_PLACES = 10


def bill(sum_: Bill) -> str:
    """`$0.0034`, `≥ $0.0034` when something is left out, `?` when nothing is known."""
    if sum_.unpriced and sum_.usd == 0:
        return "?"
    return dollars(sum_.usd, is_lower_bound=not sum_.is_exact)


def dollars(amount: Decimal | None, *, is_lower_bound: bool = False) -> str:
    """`$0.0034`: four decimals, or as many as show two digits of a small amount."""
    if amount is None:
        return "?"
    if amount == 0:
        text = "$0"
    else:
        digits = max(4, 1 - amount.adjusted()) if amount < 1 else 2
        text = f"${amount:,.{digits}f}"
    return f"≥ {text}" if is_lower_bound else text


def count(number: int | None) -> str:
    """`5,088`."""
    return "?" if number is None else f"{number:,}"


def seconds(duration: float | None) -> str:
    """`388 ms` below a second, else `1.42 s`."""
    if duration is None:
        return "?"
    return f"{duration * 1000:.0f} ms" if duration < 1 else f"{duration:.2f} s"


def percent(rate: float | None, *, unlike: float = 1.0) -> str:
    """`92%`; between 0 and 1 it never reads as one of them, and below another rate never as if it had reached that."""
    if rate is None:
        return "–"
    texts = [f"{rate:.{places}%}" for places in range(_MOST_PLACES)]
    others = [(other, _side(rate, other)) for other in (0.0, 1.0, unlike)]
    fit = (text for text in texts if all(_side(float(text[:-1]) / 100, other) == side for other, side in others))
    return next(fit, texts[-1])


def _side(rate: float, other: float) -> int:
    return 0 if math.isclose(rate, other, abs_tol=1e-12) else -1 if rate < other else 1


def limit_percent(limit: float) -> str:
    """`79.96%`: a share that somebody wrote, whole."""
    return f"{limit * 100:.10g}%"


def interval_text(interval: Interval | None) -> str:
    """`86–100%`."""
    if interval is None:
        return "–"
    return f"{interval.low * 100:.0f}–{interval.high * 100:.0f}%"
