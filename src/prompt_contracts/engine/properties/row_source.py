"""Where the rows of a case come from: its generators, what they name, and what `assume` takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from prompt_contracts.data_class import dataclass
from prompt_contracts.engine.properties.strategies import Find, row_strategy, wrong
from prompt_contracts.errors import CaseError
from prompt_contracts.given import Generator, Given
from prompt_contracts.json_number import is_finite_double
from prompt_contracts.json_value import MAX_DEPTH, Json, is_deeper_than, show

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def _takes_all(_: Mapping[str, Json]) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSource:
    """The generators of one case, with all that is needed to make rows of them."""

    given: Given
    find: Find
    """See there: where a strategy of the author's comes from."""
    admits: Callable[[Mapping[str, Json]], bool] = _takes_all
    """Whether `assume` takes a row."""

    def strategy(self) -> SearchStrategy[dict[str, Json]]:
        """The rows, without a look at `assume`. Raises `CaseError` for a generator that can make none."""
        return row_strategy(self.given, find=self.find)


def not_json(given: Given, row: Mapping[str, object]) -> CaseError | None:
    """The error of a row in which a strategy of the author's made a value that is no JSON."""
    for name, value in row.items():
        why = _why_no_json(value)
        if why is not None:
            generator = given.variables[name]
            text = f"{shown_generator(generator)} made a value for '{name}' that is not JSON: {why}"
            hint = "a row is data: texts, numbers, true, false, null, lists, and mappings with texts as keys"
            return wrong(generator, text, code="PC102", help=hint)
    return None


def _why_no_json(value: object) -> str | None:
    match value:
        case None | bool():
            return None
        case int() if type(value) is int:
            return None if value.bit_length() < 1024 else f"a whole number of {value.bit_length()} bits"
        case float() if type(value) is float:
            return None if is_finite_double(value) else f"the number {value}"
        case str() if type(value) is str:
            return None if value.isprintable() or _isshown_generator(value) else "a text with half of a surrogate pair"
        case list() if type(value) is list and not is_deeper_than(value, MAX_DEPTH):
            return next((why for each in value if (why := _why_no_json(each)) is not None), None)
        case dict() if type(value) is dict and not is_deeper_than(value, MAX_DEPTH):
            parts = (_why_no_json(key) if isinstance(key, str) else _kind_of(key) for key in value)
            inner = (_why_no_json(each) for each in value.values())
            return next((why for why in (*parts, *inner) if why is not None), None)
    return _kind_of(value)


def _isshown_generator(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _kind_of(value: object) -> str:
    return f"{type(value).__name__} {show(repr(value), limit=60)[1:-1]}"


def shown_generator(generator: Generator) -> str:
    """A generator as it is written, cut where it is long."""
    return f"{{${generator.kind}: {show(generator.operand, limit=80)}}}"
