"""Numbers and money on a command line, for argparse."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from decimal import Decimal

_AMOUNT = re.compile(r"\d+(?:\.\d+)?|\.\d+", re.ASCII)


def whole_number(text: str) -> int:
    """A number of 1 or more."""
    if not re.fullmatch(r"[1-9]\d*", text, re.ASCII):
        raise ArgumentTypeError(f"{text!r} is no whole number of 1 or more")
    return int(text)


def dollar_amount(text: str) -> Decimal:
    """US dollars, above 0."""
    amount = Decimal(text) if _AMOUNT.fullmatch(text) else Decimal(0)
    if amount <= 0:
        raise ArgumentTypeError(f"{text!r} is no amount of US dollars above 0, such as 0.50")
    return amount
