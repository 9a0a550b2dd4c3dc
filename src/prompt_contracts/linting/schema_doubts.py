"""JSON Schemas with words that check nothing, where that is no error: those that judge, and those only sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from prompt_contracts.case import Case
from prompt_contracts.data_class import dataclass
from prompt_contracts.expectations.definition import request_schema
from prompt_contracts.finding import Finding
from prompt_contracts.json_schema.soundness import misspelt, schema_doubts
from prompt_contracts.json_value import Json, is_deeper_than, pointer

_MOST_DEPTH = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """Which schemas of a request judge the answer too, so that their mistakes are errors."""

    are_tools: bool
    is_request: bool


def judging_schemas(case: Case) -> Judging:
    """Which schemas of its request a case judges by."""
    operands = [schema for facet in case.expect for _, schema in _schemas(facet.value)]
    are_tools = any(facet.name == "arguments_valid" and facet.value is True for facet in case.expect)
    return Judging(are_tools=are_tools, is_request="request" in operands)


def judging_schema_findings(case: Case) -> Iterator[Finding]:
    """What is legal in a schema that judges and checks nothing; clauses start with the facet's name."""
    for facet in case.expect:
        for clause, schema in _schemas(facet.value):
            if schema == "request":
                for finding in schema_doubts(request_schema(case.request)):
                    text = f"in the response_format{_at(finding)}: {finding.message}"
                    yield replace(finding, message=text, clause=(facet.name, *clause))
            else:
                yield from (finding.inside(facet.name, *clause) for finding in schema_doubts(schema))
        if facet.name == "arguments_valid" and facet.value is True:
            for tool in case.tools:
                for finding in schema_doubts(tool.parameters):
                    text = f"in the parameters of '{tool.name}'{_at(finding)}: {finding.message}"
                    yield replace(finding, message=text, clause=(facet.name,))


def _schemas(pattern: Json) -> Iterator[tuple[tuple[str | int, ...], Json]]:
    """Every operand of `$schema` in a facet's value, and where it stands. Never recurses; what is too deep is quiet."""
    waiting: list[tuple[tuple[str | int, ...], Json]] = []
    if not is_deeper_than(pattern, _MOST_DEPTH):
        waiting.append(((), pattern))
    while waiting:
        clause, value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(((*clause, index), item) for index, item in enumerate(value))
        elif isinstance(value, dict):
            for key, item in value.items():
                if key == "$schema":
                    yield (*clause, key), item
                elif key != "$eq":
                    waiting.append(((*clause, key), item))


def sent_schema_findings(owner: str, schema: Json, *, code: str, is_strict: bool) -> Iterator[Finding]:
    """What surely was meant otherwise in a schema that is only sent; what strict mode says of it is left out."""
    for finding in misspelt(schema):
        if not (is_strict and finding.clause[-1:] in (("type",), ("format",))):
            yield Finding(code=code, message=f"{owner}{_at(finding)}: {finding.message}", help=finding.help)


def _at(finding: Finding) -> str:
    return f" at {pointer(*finding.clause)}" if finding.clause else ""
