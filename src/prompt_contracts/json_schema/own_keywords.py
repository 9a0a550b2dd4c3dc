"""Keywords of JSON Schema decided here, so that every validator says the same: `pattern`, `format`, `multipleOf`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from prompt_contracts.json_number import Number, exact, is_number
from prompt_contracts.json_schema.keywords import FORMATS
from prompt_contracts.json_schema.regular_expression import is_found

if TYPE_CHECKING:
    import jsonschema_rs


def conforms(name: str, text: str) -> bool:
    """Whether a text has a format; of a format that nobody knows, every text has it.

    A format means the same in every dialect, also in those that came before it.
    """
    if name not in FORMATS:
        return True
    try:
        return _validator(name).is_valid(text)
    except ValueError:  # half of a surrogate pair: no text of Unicode, and so none of any format
        return False


@lru_cache(maxsize=len(FORMATS))
def _validator(name: str) -> jsonschema_rs.Validator:
    import jsonschema_rs

    return jsonschema_rs.Draft202012Validator({"format": name}, **format_options())


def format_options() -> dict[str, Any]:
    """How the fast validator is to take formats."""
    import jsonschema_rs

    # In 2020-12 a format is an annotation unless one asks (validation, 7.2).
    # An address alone: `Ola <ola@example.org>` is a header of a mail.
    return {"validate_formats": True, "email_options": jsonschema_rs.EmailOptions(allow_display_text=False)}


def is_multiple(number: Number, of: Number) -> bool:
    """Whether a number is a whole multiple of another, which is not 0. `ValueError` for an infinite one."""
    dividend, divisor = _parts(number), _parts(of)
    power = dividend.power - divisor.power
    if power >= 0:
        # By the remainder: 1e999999999 is never written out.
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
    # The first comparison keeps 10**count small: a number has fewer decimal digits than bits.
    return digits == 0 or (count < digits.bit_length() and digits % 10**count == 0)


IsKept = Callable[[Any, Any], bool]
"""Whether a keyword's value, given first, takes an instance."""


def _keeps_pattern(pattern: Any, instance: Any) -> bool:
    return not isinstance(instance, str) or is_found(pattern, instance)


def _keeps_format(name: Any, instance: Any) -> bool:
    return not isinstance(instance, str) or conforms(name, instance)


def _keeps_multiple(of: Any, instance: Any) -> bool:
    return not is_number(instance) or is_multiple(instance, of)


OWN_KEYWORDS: Mapping[str, IsKept] = MappingProxyType(
    {"format": _keeps_format, "multipleOf": _keeps_multiple, "pattern": _keeps_pattern}
)
"""A regular expression may raise what the search for it raises."""
