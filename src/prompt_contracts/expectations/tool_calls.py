"""The facet `tool_calls`: which tools one answer calls, and with what. Pairing is optimal, never greedy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from prompt_contracts.case import Case
from prompt_contracts.completion import Choice, ToolCall
from prompt_contracts.expectations import pattern
from prompt_contracts.expectations.facet_rule import Breach, breach, dotted
from prompt_contracts.expectations.flaw import Flaw, Subject, suggest, unknown_name
from prompt_contracts.expectations.mismatch import MISSING, cut
from prompt_contracts.expectations.pairing import cheapest_pairing
from prompt_contracts.json_value import Json, NotJsonError, json_type, parse_json, show

_ARGUMENTS = Subject(name="the arguments of a call", kinds=frozenset({"object"}))

ENTRY_KEYS_NOT_YET = ("$times",)
"""What may stand beside a tool's name in the language, and not in this version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One expected call."""

    name: str
    arguments: Json
    clause: tuple[str | int, ...]
    """From the facet's value to the name."""
    takes_any: bool
    """A bare name: any object of arguments will do."""

    def __str__(self) -> str:
        words = "" if self.takes_any else f" with {pattern.describe(self.arguments)}"
        return f"a call of {self.name}{words}"


def check_tool_calls(expected: Json, case: Case) -> Iterator[Flaw]:
    """`none`, `some`, or a list of names and of names with patterns on the arguments."""
    if isinstance(expected, list):
        if not expected:
            text = "an empty list of calls expects nothing"
            yield Flaw(code="PC120", message=text, help="write none to forbid calls, or leave the facet out")
        for index, entry in enumerate(expected):
            yield from (flaw.inside(index) for flaw in _check_entry(entry, case))
    elif expected not in ("none", "some"):
        text = f"'tool_calls' takes none, some, or a list of calls, not {show(expected, limit=80)}"
        yield Flaw(code="PC102", message=text, help=_list_help(expected))


def _list_help(expected: Json) -> str:
    if isinstance(expected, str):
        return suggest(expected, ("none", "some"), f"write [{expected}] for one call; or one of")
    if isinstance(expected, dict) and expected:
        return "put a dash before each call: a list may hold several of one name"
    return "write none to forbid calls, or leave the facet out"


def _check_entry(entry: Json, case: Case) -> Iterator[Flaw]:
    if isinstance(entry, str):
        yield from _check_name(entry, case)
        return
    if not isinstance(entry, dict):
        text = f"an expected call is a tool's name or {{name: arguments}}, not {show(entry, limit=80)}"
        yield Flaw(code="PC102", message=text)
        return
    names = [key for key in entry if not key.startswith("$")]
    for key in entry:
        if key.startswith("$"):
            yield unknown_name("key", key, known=(), not_yet=ENTRY_KEYS_NOT_YET).inside(key)
    if len(names) != 1:
        said = ", ".join(names) or "none"
        text = f"an expected call names one tool, here: {said}"
        yield Flaw(code="PC102", message=text, help="put a dash before each call")
    for name in names:
        yield from (flaw.inside(name) for flaw in _check_call(name, entry[name], case))


def _check_call(name: str, arguments: Json, case: Case) -> Iterator[Flaw]:
    yield from _check_name(name, case)
    if arguments is None:
        hint = f"write '- {name}' for any arguments, '- {name}: {{}}' for none"
        yield Flaw(code="PC102", message=f"'{name}:' has no value", help=hint)
    else:
        yield from pattern.check(arguments, _ARGUMENTS)


def _check_name(name: str, case: Case) -> Iterator[Flaw]:
    offered = tuple(tool.name for tool in case.tools)
    if name in offered:
        return
    hint = "give the case 'tools' that hold it"
    if offered:
        near = suggest(name, offered, "offered")
        hint = (
            f"{near} (offered: {', '.join(offered)})"
            if near.startswith("did")
            else f"the case offers: {', '.join(offered)}"
        )
    yield Flaw(code="PC121", message=f"the expected tool '{name}' is not offered by the case", help=hint)


def judge_tool_calls(expected: Json, choice: Choice) -> Iterator[Breach]:
    """Each call has one entry and each entry one call; on a mismatch the closest pairing is told."""
    calls = choice.tool_calls
    if isinstance(expected, list):
        entries = [_read_entry(index, entry) for index, entry in enumerate(expected)]
        yield from _judge_list(entries, choice)
    elif expected == "none":
        if calls:
            words = cut(", ".join(map(_call_words, calls)))
            yield Breach(reason="unexpected", path="tool_calls", expected="no call", got=words)
    elif not calls:
        yield Breach(reason="missing", path="tool_calls", expected="a call", got="no call", message=_instead(choice))


def _read_entry(index: int, entry: Json) -> _Entry:
    if isinstance(entry, dict):
        name = next((key for key in entry if not key.startswith("$")), "")
        return _Entry(name=name, arguments=entry.get(name), clause=(index, name), takes_any=False)
    return _Entry(name=str(entry), arguments=None, clause=(index,), takes_any=True)


def _judge_list(entries: list[_Entry], choice: Choice) -> Iterator[Breach]:
    calls = choice.tool_calls
    breaches = [[tuple(_compare(entry, call, at)) for at, call in enumerate(calls)] for entry in entries]
    pairs = cheapest_pairing(_costs(breaches))
    for pair in pairs:
        yield from breaches[pair.row][pair.column]
    paired_entries, paired_calls = {pair.row for pair in pairs}, {pair.column for pair in pairs}
    for row, entry in enumerate(entries):
        if row not in paired_entries:
            got, note = (MISSING, "") if calls else ("no call", _instead(choice))
            yield Breach(
                reason="missing",
                path="tool_calls",
                expected=str(entry),
                got=got,
                clause=entry.clause,
                message=note,
            )
    for at, call in enumerate(calls):
        if at not in paired_calls:
            path, got = f"tool_calls[{at}]", _call_words(call)
            yield Breach(reason="unexpected", path=path, expected="no further call", got=got)


def _compare(entry: _Entry, call: ToolCall, at: int) -> Iterator[Breach]:
    path = f"tool_calls[{at}]"
    has_name = entry.name == call.name
    if not has_name:
        yield Breach(reason="name", path=f"{path}.name", expected=entry.name, got=call.name, clause=entry.clause)
    arguments = call.parsed_arguments()
    if arguments is None:
        yield Breach(
            reason="arguments",
            path=f"{path}.arguments",
            expected="a JSON object",
            got=show(call.arguments),
            clause=entry.clause,
            message=_why_no_object(call.arguments),
        )
    elif not entry.takes_any:
        for found in pattern.match(entry.arguments, arguments):
            # The arguments of another tool are all strange; only what was asked for says something.
            if has_name or found.reason != "unexpected":
                inner = breach(found.inside(clause=entry.clause), dotted(f"{path}.arguments", found.place))
                yield replace(inner, reason="arguments")


def _why_no_object(text: str) -> str:
    try:
        return f"it is {json_type(parse_json(text))}, not an object"
    except NotJsonError as error:
        return f"not JSON: {error}"


def _costs(breaches: list[list[tuple[Breach, ...]]]) -> list[list[int]]:
    """What each pair costs: exact pairs first, then names, then differing places, then the order."""
    size = max(len(breaches), max((len(row) for row in breaches), default=0))
    by_place = size * size + 1
    most_places = max((len(found) for row in breaches for found in row), default=0)
    by_name = by_place * (size * most_places + 1)
    inexact = by_name * (size + 1)
    return [
        [
            bool(found) * inexact
            + any(one.reason == "name" for one in found) * by_name
            + len(found) * by_place
            + abs(row_index - at)
            for at, found in enumerate(row)
        ]
        for row_index, row in enumerate(breaches)
    ]


def _call_words(call: ToolCall) -> str:
    return f"{call.name}({call.arguments.strip() or '{}'})" if len(call.arguments) <= 100 else f"{call.name}(…)"


def _instead(choice: Choice) -> str:
    return f"the answer says {show(choice.text, limit=80)}" if choice.text else ""
