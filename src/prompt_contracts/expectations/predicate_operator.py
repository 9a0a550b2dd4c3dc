"""The operator `$check`: a function of the project on the value."""

from __future__ import annotations

from collections.abc import Iterator

from prompt_contracts.expectations.flaw import Flaw, Subject
from prompt_contracts.expectations.mismatch import Mismatch, Value, show_value
from prompt_contracts.expectations.operator_rule import Grammar
from prompt_contracts.expectations.predicate import check_name, complaints, said
from prompt_contracts.expectations.truth import Truth, all_hold
from prompt_contracts.json_value import Json


def check_predicate(operand: Json, _subject: Subject, grammar: Grammar) -> Iterator[Flaw]:
    """The name of a function that can be imported."""
    yield from check_name("$check", operand, grammar.surroundings)


def predicate_holds(operand: Json, value: Value, grammar: Grammar) -> Truth:
    """The function says nothing against the value."""
    return all_hold(one.truth for one in complaints(operand, value, grammar.surroundings))


def explain_predicate(operand: Json, value: Value, grammar: Grammar) -> Iterator[Mismatch]:
    """What the function says."""
    for complaint in complaints(operand, value, grammar.surroundings):
        yield Mismatch(
            reason="$check",
            expected=f"what {said(operand)} accepts",
            got=show_value(value),
            message=complaint.text,
            truth=complaint.truth,
        )


def describe_predicate(operand: Json, _kinds: frozenset[str], _grammar: Grammar) -> str:
    """The name of the function."""
    return f"what {said(operand)} accepts"
