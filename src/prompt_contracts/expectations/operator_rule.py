"""What an operator of the pattern language is: how it is checked, matched and described. None is here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from prompt_contracts.expectations.flaw import ANYTHING, Flaw, Subject
from prompt_contracts.expectations.mismatch import Mismatch, Value
from prompt_contracts.json_value import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Grammar:
    """The pattern language as operators see it: how to go on inside an operand."""

    match: Callable[[Json, Value], Iterator[Mismatch]]
    check: Callable[[Json, Subject], Iterator[Flaw]]
    describe: Callable[[Json, frozenset[str]], str]
    """In words, for a value that can have these JSON types."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorRule:
    """What one operator means. Clauses are relative to the operand, places to the judged value."""

    check: Callable[[Json, Subject, Grammar], Iterator[Flaw]]
    match: Callable[[Json, Value, Grammar], Iterator[Mismatch]]
    describe: Callable[[Json, frozenset[str], Grammar], str]
    """The operand in words, for a value that can have these JSON types."""
    kinds: frozenset[str] = ANYTHING.kinds
    """The JSON types that it can hold on."""
