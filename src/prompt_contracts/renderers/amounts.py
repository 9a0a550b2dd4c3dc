"""Numbers as people read them: dollars, tokens, seconds, rates. Unknown is `?`, never 0."""

from __future__ import annotations

from decimal import Decimal

from prompt_contracts.report import Bill, Interval


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


def percent(rate: float | None) -> str:
    """`92%`; a rate short of 1 never reads 100%, one above 0 never reads 0%."""
    if rate is None:
        return "–"
    whole = round(rate * 100)
    if (whole == 100 and rate < 1) or (whole == 0 and rate > 0):
        return f"{rate:.1%}"
    return f"{whole}%"


def interval_text(interval: Interval | None) -> str:
    """`86–100%`."""
    if interval is None:
        return "–"
    return f"{interval.low * 100:.0f}–{interval.high * 100:.0f}%"
