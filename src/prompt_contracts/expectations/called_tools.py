"""The facets on all calls of a case: `never`, `tool_count` and `arguments_valid`. No pairing here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from prompt_contracts.completion import Choice, ToolCall
from prompt_contracts.expectations.expected_call import (
    MadeCall,
    Unread,
    call_words,
    check_tool_name,
    read_calls,
    unread_arguments,
)
from prompt_contracts.expectations.facet_rule import FacetContext, dotted
from prompt_contracts.finding import Finding
from prompt_contracts.json_schema import soundness as schema_definition
from prompt_contracts.json_value import Json, pointer, show
from prompt_contracts.mismatch import Mismatch, cut
from prompt_contracts.patterns.satisfiability import check_not_vacuous
from prompt_contracts.patterns.schema_operator import explain_schema, schema_holds
from prompt_contracts.patterns.subject import Subject
from prompt_contracts.truth import FALSE, TRUE, Truth, all_hold

_COUNT = Subject(name="the number of calls", kinds=frozenset({"number"}), least=0, is_whole=True)


def calls_by_message(choice: Choice, scope: FacetContext) -> tuple[tuple[ToolCall, ...], ...]:
    """The calls of a case, one group for each assistant message that makes any, in their order.

    Where an earlier answer had several choices, the conversation went on with the first.
    """
    # Grouped by message, since calls of one message are parallel.
    earlier = [completion.choices[0].tool_calls for completion in scope.earlier if completion.choices]
    return tuple([calls for calls in (*earlier, choice.tool_calls) if calls])


def all_calls(choice: Choice, scope: FacetContext) -> tuple[ToolCall, ...]:
    """Every call of a case, in order."""
    return tuple(call for calls in calls_by_message(choice, scope) for call in calls)


def check_never(expected: Json, scope: FacetContext) -> Iterator[Finding]:
    """A list of names of tools, each of which the case offers and does not ask for."""
    if not isinstance(expected, list):
        text = f"'never' takes a list of names, not {show(expected, limit=80)}"
        hint = f"write [{expected}]" if isinstance(expected, str) else "write never: [delete_account]"
        yield Finding(code="PC102", message=text, help=hint)
        return
    if not expected:
        yield Finding(code="PC120", message="'never' with an empty list forbids nothing", help="leave 'never' out")
    for index, name in enumerate(expected):
        if not isinstance(name, str):
            text = f"'never' takes names of tools, not {show(name, limit=80)}"
            yield Finding(code="PC102", message=text, clause=(index,), help="forbid the tool whatever its arguments")
        else:
            yield from (finding.inside(index) for finding in check_tool_name(name, scope, what="forbidden"))
            yield from (finding.inside(index) for finding in _check_not_wanted(name, scope))


def _check_not_wanted(name: str, scope: FacetContext) -> Iterator[Finding]:
    entries = scope.expect.get("tool_calls")
    wanted = [key for entry in (entries if isinstance(entries, list) else []) for key in _names(entry)]
    if name in wanted and scope.switches.get("missing") != "allow":
        text = f"'{name}' is expected by 'tool_calls' and forbidden by 'never'"
        yield Finding(code="PC120", message=text, help="keep one of the two")


def _names(entry: Json) -> list[str]:
    if isinstance(entry, dict):
        return [] if "$times" in entry else [key for key in entry if not key.startswith("$")]
    return [entry] if isinstance(entry, str) else []


def judge_never(expected: Json, choice: Choice, scope: FacetContext) -> Iterator[Mismatch]:
    """None of the names is called."""
    names = expected if isinstance(expected, list) else []
    for at, call in enumerate(all_calls(choice, scope)):
        if call.name in names:
            wanted, clause = f"no call of {call.name}", (names.index(call.name),)
            path = f"tool_calls[{at}]"
            yield Mismatch(reason="called", path=path, expected=wanted, got=call_words(call), clause=clause)


def check_tool_count(expected: Json, scope: FacetContext) -> Iterator[Finding]:
    """A pattern on a whole number that agrees with what `tool_calls` fixes."""
    findings = tuple(scope.language.check(expected, _COUNT)) or tuple(
        check_not_vacuous(expected, _COUNT, scope.language)
    )
    yield from findings
    fixed = _fixed_count(scope)
    if not findings and fixed is not None:
        broken = next((one for one in scope.language.judge(expected, fixed) if one.truth.is_refuted), None)
        if broken is not None:
            text = f"'tool_calls' wants {_count_words(fixed)}, 'tool_count' {broken.expected}"
            yield Finding(code="PC120", message=text, help="leave 'tool_count' out: the list says how many")


def _fixed_count(scope: FacetContext) -> int | None:
    entries = scope.expect.get("tool_calls")
    if entries == "none":
        return 0
    is_open = any(scope.switches.get(name) == "allow" for name in ("unlisted", "missing"))
    if not isinstance(entries, list) or is_open or any(isinstance(one, dict) and "$times" in one for one in entries):
        return None
    return len(entries)


def _count_words(count: int) -> str:
    return f"{count} call{'' if count == 1 else 's'}"


def judge_tool_count(expected: Json, choice: Choice, scope: FacetContext) -> Iterator[Mismatch]:
    """The number of calls must match."""
    calls = all_calls(choice, scope)
    names = cut(", ".join(call.name for call in calls))
    for found in scope.language.judge(expected, len(calls)):
        inner = found.told_at("tool_count")
        yield replace(inner, message=inner.message or names)


def check_arguments_valid(expected: Json, scope: FacetContext) -> Iterator[Finding]:
    """`true` or `false`; the schemas of the tools can be used."""
    if not isinstance(expected, bool):
        text = f"'arguments_valid' takes true or false, not {show(expected, limit=80)}"
        yield Finding(code="PC102", message=text)
    elif expected:
        if not scope.case.tools and not scope.language.context.is_stand_in:
            text = "'arguments_valid' has nothing to check: the case offers no tools"
            yield Finding(code="PC120", message=text, help="give the case 'tools'")
        for tool in scope.case.tools:
            found = () if tool.parameters is None else tuple(schema_definition.check_schema(tool.parameters))
            for finding in found:
                at = f" at {pointer(*finding.clause)}" if finding.clause else ""
                text = f"the arguments of '{tool.name}' cannot be checked: {finding.message}{at}"
                yield Finding(code=finding.code, message=text, help=finding.help or "mend the tool's parameters")


def judge_arguments_valid(expected: Json, choice: Choice, scope: FacetContext) -> Iterator[Mismatch]:
    """Each call's arguments satisfy the JSON Schema of its tool."""
    # Off unless asked for: of 95 calls that break their own schema, the references of the Berkeley leaderboard (BFCL)
    # accept 10.
    if expected is not True:
        return
    schemas = {tool.name: tool.parameters for tool in scope.case.tools}
    for made in read_calls(all_calls(choice, scope)):
        name, arguments = made.call.name, made.arguments
        if name not in schemas:
            wanted = f"one of the tools that are offered: {', '.join(schemas)}"
            yield Mismatch(reason="name", path=f"{made.path}.name", expected=wanted, got=name)
        elif isinstance(arguments, Unread):
            yield unread_arguments(made, arguments)
        else:
            yield from _judge_arguments(schemas[name], arguments, made, scope)


def arguments_truth(expected: Json, choice: Choice, scope: FacetContext) -> Truth:
    """As `judge_arguments_valid`, and words nothing: the validator that explains is not asked."""
    if expected is not True:
        return TRUE
    schemas = {tool.name: tool.parameters for tool in scope.case.tools}
    return all_hold(_call_is_valid(made, schemas, scope) for made in read_calls(all_calls(choice, scope)))


def _call_is_valid(made: MadeCall, schemas: Mapping[str, Json], scope: FacetContext) -> Truth:
    if made.call.name not in schemas:
        return FALSE
    if isinstance(made.arguments, Unread):
        return made.arguments.truth
    return schema_holds(_whole_schema(schemas[made.call.name]), made.arguments, scope.language)


def _whole_schema(parameters: Json) -> Json:
    # A function without parameters takes none.
    return {"type": "object", "maxProperties": 0} if parameters is None else parameters


def _judge_arguments(
    parameters: Json, arguments: dict[str, Json], made: MadeCall, scope: FacetContext
) -> Iterator[Mismatch]:
    for found in explain_schema(_whole_schema(parameters), arguments, scope.language):
        # Its clause is a place in the tool's schema, and none below this facet.
        inner = replace(found, clause=()).told_at(dotted(f"{made.path}.arguments", found.place))
        yield replace(inner, reason="arguments")
