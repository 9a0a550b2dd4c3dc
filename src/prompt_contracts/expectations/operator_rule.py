"""What an operator of the pattern language is: how it is checked, matched and described. None is here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from prompt_contracts.expectations.flaw import KIND_WORDS, Flaw, Subject
from prompt_contracts.expectations.mismatch import Mismatch, Value
from prompt_contracts.json_value import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Grammar:
    """The pattern language as operators see it: how to go on inside an operand."""

    match: Callable[[Json, Value], Iterator[Mismatch]]
    check: Callable[[Json, Subject], Iterator[Flaw]]
    describe: Callable[[Json], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorRule:
    """What one operator means. Clauses are relative to the operand, places to the judged value."""

    check: Callable[[Json, Subject, Grammar], Iterator[Flaw]]
    match: Callable[[Json, Value, Grammar], Iterator[Mismatch]]
    describe: Callable[[Json, Grammar], str]
    kinds: frozenset[str] = frozenset(KIND_WORDS)
    """The JSON types that it can hold on."""
