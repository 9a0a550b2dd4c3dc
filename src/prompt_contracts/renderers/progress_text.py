"""How far a run, or the search for a smaller prompt, has come -> one line, as wide as there is room for."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from prompt_contracts.progress import Progress, ReductionProgress
from prompt_contracts.provider_status import ProviderStatus
from prompt_contracts.renderers.amounts import dollars
from prompt_contracts.renderers.inert_text import encodable, one_line
from prompt_contracts.report import Bill

_Piece = tuple[str, str]
"""Text, and its style in the words of rich."""
_LONGEST_NAME = 24
_CENTS = Decimal("0.1")
"""US dollars from which cents say enough."""


def progress_text(
    progress: Progress, *, width: int | None = None, is_coloured: bool = False, encoding: str = "utf-8"
) -> str:
    """One line, no wider than `width` columns; None is as wide as it likes.

    Where it is narrow, parts are dropped from the right. Then, of the providers, those that wait come first and those
    that have nothing to do last; and a wait is told before the estimate of what is left.
    """
    return _fitting(_variants(progress), width=width, is_coloured=is_coloured, encoding=encoding)


def reduction_text(
    progress: ReductionProgress, *, width: int | None = None, is_coloured: bool = False, encoding: str = "utf-8"
) -> str:
    """The same of the search for a smaller prompt."""
    calls: list[_Piece] = [(f"{progress.calls:,}/{progress.most_calls:,} calls", "bold")]
    tried = "as it is" if progress.tried is None else f"trying {progress.tried:,}"
    left: list[_Piece] = [(f"{progress.kept:,} of {progress.pieces:,} pieces left", "green"), (f", {tried}", "")]
    money, providers = _money(progress.spent, progress.budget), _providers(progress.providers)
    variants = [[calls, left, money, providers], [calls, left, money], [calls, left], [calls, left[:1]], [calls]]
    return _fitting(variants, width=width, is_coloured=is_coloured, encoding=encoding)


def _fitting(
    variants: Iterable[Sequence[Sequence[_Piece]]], *, width: int | None, is_coloured: bool, encoding: str
) -> str:
    """The first of the variants for which there is room; else what there is room for of the last one."""
    from rich.cells import cell_len, set_cell_size

    pieces: list[_Piece] = []
    for variant in variants:
        pieces = [(encodable(text, encoding), style) for text, style in _joined(variant)]
        if width is None or sum(cell_len(text) for text, _ in pieces) <= width:
            return "".join(_styled(*piece) for piece in pieces) if is_coloured else "".join(text for text, _ in pieces)
    return set_cell_size("".join(text for text, _ in pieces), max(width or 0, 0))


def _variants(progress: Progress) -> Iterator[list[list[_Piece]]]:
    """The parts of the line, fewer and fewer of them."""
    counts, money, left = _counts(progress), _money(progress.spent, progress.budget), _left(progress)
    yield [counts, money, *left, _providers(progress.providers)]
    waiting = [each for each in progress.providers if each.waiting is not None]
    ordered = sorted(progress.providers, key=lambda each: (each.waiting is None, not each.in_flight))
    for number in range(len(ordered), 0, -1):
        yield [counts, money, *left, _providers(ordered[:number])]
    if waiting:
        yield [counts, money, *left, _provider(waiting[0], is_brief=True)]
        yield [counts, money, _provider(waiting[0])]
        yield [counts, money, _provider(waiting[0], is_brief=True)]
    yield [counts, money, *left]
    yield [counts, money]
    yield [counts]
    yield [counts[:1]]


def _joined(parts: Sequence[Sequence[_Piece]]) -> Iterator[_Piece]:
    yield " ", ""
    for number, part in enumerate(filter(None, parts)):
        if number:
            yield " │ ", "dim"
        yield from part


def _styled(text: str, style: str) -> str:
    from rich.color import ColorSystem
    from rich.style import Style

    return Style.parse(style).render(text, color_system=ColorSystem.STANDARD) if style else text


def _counts(progress: Progress) -> list[_Piece]:
    pieces = [(f"{progress.done}/{progress.total}", "bold"), (f"  ✓ {progress.passed}", "green")]
    others = (
        ("✗", progress.failed, "red"),
        ("E", progress.errors, "bold red"),
        ("s", progress.skipped, "yellow"),
        ("x", progress.xfailed, "yellow"),
    )
    return [*pieces, *((f"  {sign} {number}", style) for sign, number, style in others if number)]


def _money(spent: Bill, budget: Decimal | None) -> list[_Piece]:
    bound = "" if spent.is_exact else "≥ "
    text = "$?" if bound and spent.usd == 0 else f"{bound}{_dollars(spent.usd)}"
    return [(text if budget is None else f"{text} of {_dollars(budget)}", "")]


def _dollars(amount: Decimal) -> str:
    return f"${amount:,.2f}" if amount >= _CENTS else dollars(amount)


def _left(progress: Progress) -> list[list[_Piece]]:
    remaining = progress.remaining
    return [] if remaining is None else [[(f"eta {_duration(remaining)}", "cyan")]]


def _providers(statuses: Sequence[ProviderStatus]) -> list[_Piece]:
    pieces: list[_Piece] = []
    for number, status in enumerate(statuses):
        pieces += [*([(" · ", "dim")] if number else []), *_provider(status)]
    return pieces


def _provider(status: ProviderStatus, *, is_brief: bool = False) -> list[_Piece]:
    name = one_line(status.provider, _LONGEST_NAME)
    if status.waiting is None:
        text = f"{name} {status.in_flight}/{status.limit}"
    else:
        text = f"{name} waiting {_duration(status.waiting)}"
    refused = [f"429 ×{status.throttled}"] if status.throttled else []
    reasons = ", ".join([*([] if status.cause is None else [status.cause]), *refused])
    style = "" if status.waiting is None else "yellow"
    return [(text if is_brief or not reasons else f"{text} ({reasons})", style)]


def _duration(seconds: float) -> str:
    """`12s`, `1m40s`, `2h05m`; never less than a second."""
    whole = max(math.ceil(seconds), 1)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02}s"
    return f"{whole // 3600:,}h{whole % 3600 // 60:02}m"
