"""What an operator of the pattern language is: how it is checked, matched and described. None is here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import field
from enum import Enum, auto
from typing import Protocol

from prompt_contracts.data_class import dataclass
from prompt_contracts.finding import Finding
from prompt_contracts.json_value import Json
from prompt_contracts.mismatch import Mismatch, Value
from prompt_contracts.patterns.subject import ANYTHING, Subject
from prompt_contracts.references import ReadSchema, Resolve
from prompt_contracts.truth import FALSE, Truth


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternContext:
    """What patterns may refer to outside themselves."""

    is_loose: bool = False
    """Whether texts that are literals compare loosely."""
    request_schema: Json = None
    """The JSON Schema of the case's own response format; None where it asks for none."""
    is_stand_in: bool = False
    """Whether the case itself is not known, only its expectations."""
    read_schema: ReadSchema | None = None
    resolve: Resolve | None = None
    # A function may take long or cost something; holds and explain both ask it.
    heard: dict[tuple[str, str], tuple[Complaint, ...]] = field(default_factory=dict, compare=False)
    """What functions said already, by their name and what they were asked about; grows while one case is judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """Why a function of the project does not hold."""

    text: str
    """Empty where it only said no."""
    truth: Truth = FALSE
    """`UNKNOWN` where it came to no judgement at all."""


class Grammar(Protocol):
    """The pattern language as operators see it: how to go on inside an operand."""

    @property
    def context(self) -> PatternContext:
        """What the patterns may refer to."""

    def holds(self, pattern: Json, value: Value) -> Truth:
        """Whether a value matches a pattern; words nothing."""

    def match(self, pattern: Json, value: Value) -> Iterator[Mismatch]:
        """Every place where a value differs from its pattern."""

    def check(self, pattern: Json, subject: Subject) -> Iterator[Finding]:
        """Everything wrong with a pattern as written."""

    def describe(self, pattern: Json, kinds: frozenset[str]) -> str:
        """A pattern in words, for a value that can have these JSON types."""

    def exact(self) -> Grammar:
        """The same language, where texts that are literals compare exactly."""


class OperandKind(Enum):
    """What stands under an operator."""

    LITERAL = auto()
    """A value in which nothing is an operator."""
    SAME = auto()
    """One or several patterns on the very value."""
    INSIDE = auto()
    """One or several patterns on parts of the value."""
    AMOUNT = auto()
    """A pattern on a number that the value has."""
    COUNT = auto()
    """An expression, and a pattern on how often it is found."""
    BOUND = auto()
    """A number or a date that the value is compared with."""
    BOUNDS = auto()
    """A list of two bounds."""
    NUMBER = auto()
    TEXT = auto()
    """A text that must say something, an expression among them."""
    WORD = auto()
    """A word of the language."""
    CODE = auto()
    """The name of a function: only running it tells anything."""
    SCHEMA = auto()
    """A JSON Schema, in which nothing is an operator; only asking it tells anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorRule:
    """What one operator means. Clauses are relative to the operand, places to the judged value."""

    check: Callable[[Json, Subject, Grammar], Iterator[Finding]]
    holds: Callable[[Json, Value, Grammar], Truth]
    """Whether it holds on a value. Words nothing: of many comparisons few are shown."""
    describe: Callable[[Json, frozenset[str], Grammar], str]
    """The operand in words, for a value that can have these JSON types."""
    explain: Callable[[Json, Value, Grammar], Iterator[Mismatch]] | None = None
    """Why it does not hold, place by place; None where its description and the value say it all."""
    operand: OperandKind
    kinds: frozenset[str] = ANYTHING.kinds
    """The JSON types that it can hold on."""
    takes_absent: bool = False
    """Whether it can be held against a key that is not there."""
    sibling: str | None = None
    """Another operator that belongs to it: its functions then get both, as a mapping by name."""
