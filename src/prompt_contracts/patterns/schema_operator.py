"""The operator `$schema`: a value that satisfies a JSON Schema, written here or asked for in the request."""

from __future__ import annotations

from collections.abc import Iterator

from prompt_contracts.finding import Finding
from prompt_contracts.json_schema import soundness as schema_definition
from prompt_contracts.json_schema import validation as json_schema
from prompt_contracts.json_schema.files import collect_files
from prompt_contracts.json_schema.regular_expression import SlowRegexError
from prompt_contracts.json_value import Json, pointer
from prompt_contracts.mismatch import Mismatch, Value
from prompt_contracts.patterns.operator_rule import Grammar
from prompt_contracts.patterns.subject import Subject
from prompt_contracts.truth import LIMITED, UNKNOWN, Truth, truth_of

_NO_SCHEMA = "the request asks for no JSON Schema: it has no response_format of the type json_schema"


def check_schema_operand(operand: Json, _subject: Subject, grammar: Grammar) -> Iterator[Finding]:
    """A JSON Schema that is one, or `request` in a case whose request holds one."""
    context = grammar.context
    if operand == "request":
        if context.request_schema is None:
            if not context.is_stand_in:
                hint = "write the schema here, or give the request a response_format"
                yield Finding(code="PC120", message=_NO_SCHEMA, help=hint)
            return
        for finding in schema_definition.check_schema(context.request_schema, read=context.read_schema):
            # The schema stands elsewhere in the file: no clause below this operand leads there.
            at = f" at {pointer(*finding.clause)}" if finding.clause else ""
            yield Finding(
                code=finding.code, message=f"in the response_format: {finding.message}{at}", help=finding.help
            )
    else:
        yield from schema_definition.check_schema(operand, read=context.read_schema)


def schema_holds(operand: Json, value: Value, grammar: Grammar) -> Truth:
    """The value is valid by the schema."""
    context = grammar.context
    schema = context.request_schema if operand == "request" else operand
    if schema is None:
        return UNKNOWN
    files = collect_files(schema, context.read_schema).texts
    try:
        return truth_of(json_schema.is_valid(schema, value, files=files))
    except json_schema.UnusableError as error:
        return error.truth
    except SlowRegexError:
        return LIMITED


def explain_schema(operand: Json, value: Value, grammar: Grammar) -> Iterator[Mismatch]:
    """Every violation of the schema."""
    context = grammar.context
    schema = context.request_schema if operand == "request" else operand
    if schema is None:
        yield json_schema.unusable(_NO_SCHEMA)
        return
    files = collect_files(schema, context.read_schema).texts
    try:
        yield from tuple(json_schema.violations(schema, value, files=files))
    except SlowRegexError as error:
        yield json_schema.unusable(str(error), truth=LIMITED)


def describe_schema(_operand: Json, _kinds: frozenset[str], _grammar: Grammar) -> str:
    """That there is a schema."""
    return "a value that is valid by the JSON Schema"
