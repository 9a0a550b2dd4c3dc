"""What is wrong with `given` and `assume` as they are written, told in every run. Makes no value."""

from __future__ import annotations

from collections.abc import Iterator

from prompt_contracts.diagnostic import Diagnostic
from prompt_contracts.engine.properties.operands import operand_findings
from prompt_contracts.errors import CodeRefused
from prompt_contracts.finding import Clause, Finding, suggest
from prompt_contracts.given import Generator, Given
from prompt_contracts.json_value import Json, pointer
from prompt_contracts.location import Location
from prompt_contracts.patterns.operator_rule import PatternContext
from prompt_contracts.patterns.pattern import OBJECT_KEYS, Language, is_operators
from prompt_contracts.patterns.subject import Subject
from prompt_contracts.references import References

_VARIABLES = Subject(name="the object of all variables", kinds=frozenset({"object"}))


def given_problems(given: Given, references: References) -> tuple[Diagnostic, ...]:
    """Everything wrong with it, each at its place."""
    found = [
        finding.at(generator.place_of(finding.clause))
        for name, generator in given.variables.items()
        for finding in _of_generator(name, generator, references)
    ]
    found += [finding.at(_place(given, finding.clause)) for finding in _of_assumption(given, references)]
    return tuple(found)


def _of_generator(name: str, generator: Generator, references: References) -> Iterator[Finding]:
    findings = tuple(operand_findings(generator))
    yield from findings
    if findings or generator.kind != "python":
        return
    try:
        reason = references.missing(str(generator.operand))
    except CodeRefused as refused:
        yield Finding(code=refused.code, message=f"'{name}': {refused}", help=refused.help)
    else:
        if reason is not None:
            help_text = "name a strategy of hypothesis, or a function that returns one, as package.module:name"
            yield Finding(code="PC120", message=f"'{generator.operand}' cannot be imported: {reason}", help=help_text)


def _of_assumption(given: Given, references: References) -> Iterator[Finding]:
    assume = given.assume
    if assume is None:
        return
    findings = tuple(Language(context=PatternContext(resolve=references.resolve)).check(assume, _VARIABLES))
    yield from findings
    if findings or not isinstance(assume, dict) or is_operators(assume):
        return
    named = _named(assume)
    for name in named:
        if name not in given.variables:
            yield Finding(
                code="PC110",
                message=f"'{name}' in 'assume' is no variable of 'given'",
                clause=(name,),
                help=suggest(name, given.variables, "variables are"),
            )
    left_out = [name for name in given.variables if name not in named]
    if left_out and assume.get("$others") != "allow":
        yield Finding(
            code="PC120",
            message=f"'assume' says nothing of '{left_out[0]}', and an object pattern allows no other keys",
            help="add $others: allow",
        )


def _named(assume: dict[str, Json]) -> list[str]:
    optional = assume.get("$optional")
    return [key for key in assume if key not in OBJECT_KEYS] + list(optional if isinstance(optional, dict) else ())


def _place(given: Given, clause: Clause) -> Location:
    for end in range(len(clause), -1, -1):
        found = given.assume_places.get(pointer(*clause[:end]))
        if found is not None:
            return found
    return given.location
