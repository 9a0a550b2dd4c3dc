"""What one JSON value may have become: another type, another value, cut, empty. Each function yields it, or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from prompt_contracts.json_number import is_finite_double
from prompt_contracts.json_value import Json, equal, spell
from prompt_contracts.mutation.schema_shape import Shape, is_enumerated

OTHER_TEXT = "banana"
_MOST_BITS = 10_000
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DIGITS = re.compile(r"\d{1,15}", re.ASCII)
_WORD = re.compile(r"[^\W\d_]+")
_UNIT_PAIRS = (
    ("celsius", "fahrenheit"),
    ("metric", "imperial"),
    ("km", "miles"),
    ("kilometers", "miles"),
    ("kilometres", "miles"),
    ("meters", "feet"),
    ("metres", "feet"),
    ("cm", "inches"),
    ("kg", "pounds"),
    ("grams", "ounces"),
    ("liters", "gallons"),
    ("litres", "gallons"),
    ("hours", "minutes"),
    ("seconds", "minutes"),
    ("eur", "usd"),
    ("gbp", "usd"),
)
# The first pair that has a word tells its partner.
_PARTNERS = {other: one for one, other in reversed(_UNIT_PAIRS)} | dict(reversed(_UNIT_PAIRS))


def null(value: Json, _shape: Shape) -> Iterator[Json]:
    """Null."""
    if value is not None:
        yield None


def another_type(value: Json, _shape: Shape) -> Iterator[Json]:
    """The same thing as another JSON type: a number as text, one value as a list, a list as its first item."""
    match value:
        case str():
            yield [value]
        case list():
            yield value[0] if value and not isinstance(value[0], list) else spell(value)
        case _:
            yield spell(value)


def other_member(value: Json, shape: Shape) -> Iterator[Json]:
    """Another member of the enumeration."""
    if is_enumerated(shape, value):
        yield from shape.other_member(value)


def no_member(value: Json, shape: Shape) -> Iterator[Json]:
    """A text that is no member of the enumeration."""
    if is_enumerated(shape, value):
        text = "other"
        while text in shape.enum or text == value:
            text += "_"
        yield text


def plus_one(value: Json, shape: Shape) -> Iterator[Json]:
    """A number, and one more."""
    for number in _numbers(value, shape):
        yield from _finite(number + 1, unlike=number)


def other_sign(value: Json, shape: Shape) -> Iterator[Json]:
    """A number with the other sign."""
    for number in _numbers(value, shape):
        yield from _finite(-number, unlike=number)


def tenfold(value: Json, shape: Shape) -> Iterator[Json]:
    """A number, ten times as large."""
    for number in _numbers(value, shape):
        yield from _finite(number * 10, unlike=number)


def flipped(value: Json, shape: Shape) -> Iterator[Json]:
    """The other of true and false."""
    if isinstance(value, bool) and not shape.enum:
        yield not value


def day_on(value: Json, shape: Shape) -> Iterator[Json]:
    """A date, one day on."""
    if isinstance(value, str) and not is_enumerated(shape, value) and (found := _DATE.match(value)):
        try:
            following = date.fromisoformat(found[0]) + timedelta(days=1)
        except (ValueError, OverflowError):
            return
        yield following.isoformat() + value[found.end() :]


def other_text(value: Json, shape: Shape) -> Iterator[Json]:
    """A text of nothing that was asked."""
    if _is_free_text(value, shape):
        yield OTHER_TEXT if value != OTHER_TEXT else f"{OTHER_TEXT}s"


def empty_text(value: Json, shape: Shape) -> Iterator[Json]:
    """The empty text."""
    if _is_free_text(value, shape):
        yield ""


def cut_text(value: Json, shape: Shape) -> Iterator[Json]:
    """The first half of a text."""
    if _is_free_text(value, shape) and isinstance(value, str) and len(value) > 1:
        yield value[: len(value) // 2]


def other_number_in_text(value: Json, shape: Shape) -> Iterator[Json]:
    """A text in which the first number is one more; a date has a way of its own."""
    if _is_free_text(value, shape) and isinstance(value, str) and not _DATE.match(value):
        yield from next_number(value)


def next_number(text: str) -> Iterator[str]:
    """The text, its first number one more; nothing where it has none."""
    if found := _DIGITS.search(text):
        yield f"{text[: found.start()]}{int(found[0]) + 1}{text[found.end() :]}"


def other_unit(value: Json, shape: Shape) -> Iterator[Json]:
    """A text with the other unit of a pair, such as fahrenheit for celsius."""
    if _is_free_text(value, shape) and isinstance(value, str):
        if _PARTNERS.keys().isdisjoint(_WORD.findall(value.lower())):
            return  # found out for a long text at once, and not word by word
        for found in _WORD.finditer(value):
            partner = _PARTNERS.get(found[0].lower())
            if partner is not None:
                yield f"{value[: found.start()]}{partner}{value[found.end() :]}"
                return


def empty_list(value: Json, _shape: Shape) -> Iterator[Json]:
    """The empty list."""
    if isinstance(value, list) and value:
        yield []


def longer_list(value: Json, _shape: Shape) -> Iterator[Json]:
    """A list with its last item twice."""
    if isinstance(value, list):
        yield [*value, value[-1] if value else OTHER_TEXT]


def shorter_list(value: Json, _shape: Shape) -> Iterator[Json]:
    """A list without its last item."""
    if isinstance(value, list) and len(value) > 1:
        yield value[:-1]


def other_last_item(value: Json, _shape: Shape) -> Iterator[Json]:
    """A list whose last item is another one."""
    if isinstance(value, list) and value:
        yield [*value[:-1], _other(value[-1])]


def letter_case(value: Json, shape: Shape) -> Iterator[Json]:
    """A text in the other letter case."""
    if isinstance(value, str) and not shape.enum and value.swapcase() != value:
        yield value.swapcase()


def surrounding_space(value: Json, shape: Shape) -> Iterator[Json]:
    """A text between spaces."""
    if _is_free_text(value, shape):
        yield f" {value} "


def reversed_list(value: Json, _shape: Shape) -> Iterator[Json]:
    """A list the other way round."""
    if isinstance(value, list) and not equal(value, value[::-1]):
        yield value[::-1]


def _is_free_text(value: Json, shape: Shape) -> bool:
    return isinstance(value, str) and value != "" and not shape.enum


def _numbers(value: Json, shape: Shape) -> Iterator[int | float]:
    """The value where it is a number that may be any."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and not shape.enum:
        yield value


def _finite(number: int | float, *, unlike: Json) -> Iterator[Json]:
    # Beyond 2**53 one more may be the same double, and beyond so many digits no number is read.
    is_fine = number.bit_length() < _MOST_BITS if isinstance(number, int) else is_finite_double(number)
    if is_fine and number != unlike:
        yield number


def _other(item: Json) -> Json:
    """Another item of the same type."""
    match item:
        case bool():
            return not item
        case int() | float():
            return next(_finite(item + 1, unlike=item), 0)
        case str():
            return OTHER_TEXT if item != OTHER_TEXT else f"{OTHER_TEXT}s"
        case list():
            return [*item, OTHER_TEXT]
        case dict() if item:
            first = next(iter(item))
            return {**item, first: _other(item[first])}
        case _:
            return OTHER_TEXT
