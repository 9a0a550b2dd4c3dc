"""A value held against a JSON Schema. No network; a hostile schema or value never raises.

Two validators share the work. On ordinary schemas both say the same, and the fast one decides; the other one has the
last word on the rest, and explains what is wrong. It takes long to import: a yes never loads it.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from prompt_contracts.json_number import read_float
from prompt_contracts.json_schema.fragment import surely
from prompt_contracts.json_schema.known_schema import known
from prompt_contracts.json_schema.reference_validator import DanglingReferenceError, Files, find_errors, says_valid
from prompt_contracts.json_schema.regular_expression import InvalidRegexError
from prompt_contracts.json_value import Json
from prompt_contracts.mismatch import Absence, Mismatch, Value, show_value
from prompt_contracts.truth import LIMITED, UNKNOWN, Truth

SHOWN_VIOLATIONS = 20
"""How many violations are told one by one."""

_EXPECTED = "a value that is valid by the JSON Schema"


class UnusableError(Exception):
    """A value cannot be held against a schema at all: neither yes nor no. The message says why."""

    def __init__(self, why: str, *, truth: Truth = UNKNOWN) -> None:
        super().__init__(why)
        self.truth = truth
        """`LIMITED` where a limit of our own is the reason."""


def is_valid(schema: Json, value: Value, *, files: Files = ()) -> bool:
    """Whether a value is valid; words nothing, which is cheap.

    Raises `UnusableError` where that cannot be told, and what the search for a regular expression raises.
    """
    instance = _instance(schema, value)
    text = known(schema).text
    try:
        sure = surely(text, instance)
        return says_valid(text, instance, files) if sure is None else sure
    except (RecursionError, ArithmeticError, ValueError, LookupError) as error:
        raise _unusable_error(error) from None


def violations(schema: Json, value: Value, *, files: Files = ()) -> Iterator[Mismatch]:
    """Each way in which a value breaks a JSON Schema, at most `SHOWN` of them and then their number."""
    try:
        instance = _instance(schema, value)
        found = _find(known(schema).text, instance, files)
    except UnusableError as error:
        yield unusable(str(error), truth=error.truth)
        return
    yield from found[:SHOWN_VIOLATIONS]
    if len(found) > SHOWN_VIOLATIONS:
        yield Mismatch(reason="$schema", expected=_EXPECTED, got=f"{len(found) - SHOWN_VIOLATIONS} more violations")


def unusable(why: str, *, truth: Truth = UNKNOWN) -> Mismatch:
    """The mismatch of a value that cannot be checked at all."""
    got = "a value that cannot be checked"
    return Mismatch(reason="$schema", expected=_EXPECTED, got=got, message=why, truth=truth)


def _instance(schema: Json, value: Value) -> Json:
    """The value as the validators take it; `UnusableError` where it or the schema is none that they take."""
    if isinstance(value, Absence):
        raise UnusableError("there is no value")
    if not isinstance(schema, (dict, bool)) or known(schema).dialect is None:
        raise UnusableError("this is not a JSON Schema that can be used")
    if known(schema).is_too_deep:
        raise UnusableError("the schema is nested too deeply")
    # An amount of money is a number of JSON like any other.
    return read_float(str(value)) if isinstance(value, Decimal) else value


def _find(text: str, instance: Json, files: Files) -> list[Mismatch]:
    sure: bool | None = None
    try:
        sure = surely(text, instance)
        # Importing jsonschema takes 75 to 155 ms: a yes must not load it.
        if sure is True:
            return []
        from prompt_contracts.json_schema.violation import explain

        return [mismatch for error in find_errors(text, instance, files) for mismatch in explain(error)]
    except (RecursionError, ArithmeticError, ValueError, LookupError) as error:
        if sure is False:
            # It is wrong beyond doubt; only where and how could not be told.
            return [Mismatch(reason="$schema", expected=_EXPECTED, got=show_value(instance))]
        raise _unusable_error(error) from None


def _unusable_error(error: Exception) -> UnusableError:
    if isinstance(error, RecursionError):
        why = "the answer is nested too deeply, or the schema refers to itself without end"
        return UnusableError(why, truth=LIMITED)
    if isinstance(error, (InvalidRegexError, DanglingReferenceError)):
        return UnusableError(str(error)[:200])
    # Numbers beyond all limits: such an answer cannot be called valid.
    return UnusableError(f"{type(error).__name__}: {error}"[:200])
