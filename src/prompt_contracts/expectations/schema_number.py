"""Multiples of numbers by their exact decimal value. No exponent is ever written out."""

from __future__ import annotations

from typing import NamedTuple

from prompt_contracts.json_number import Number, exact


def is_multiple(number: Number, of: Number) -> bool:
    """Whether a number is a whole multiple of another, which is not 0. `ValueError` for an infinite one."""
    dividend, divisor = _parts(number), _parts(of)
    power = dividend.power - divisor.power
    if power >= 0:
        return dividend.digits * pow(10, power, divisor.digits) % divisor.digits == 0
    return _ends_in_zeros(dividend.digits, -power) and dividend.digits // 10**-power % divisor.digits == 0


class _Parts(NamedTuple):
    """The size of a number, as `digits * 10 ** power`."""

    digits: int
    power: int


def _parts(number: Number) -> _Parts:
    if isinstance(number, int):
        return _Parts(digits=abs(number), power=0)
    written = exact(number).as_tuple()
    return _Parts(digits=int("".join(map(str, written.digits))), power=int(written.exponent))


def _ends_in_zeros(digits: int, count: int) -> bool:
    """Whether the last digits, this many, are all zero: fewer digits than that only where there is nothing else."""
    return digits == 0 or (count < digits.bit_length() and digits % 10**count == 0)
