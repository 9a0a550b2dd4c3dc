"""The facet `tool_calls` and its switches: which tools are called, and with what. Pairing is optimal, never greedy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count

from prompt_contracts.completion import Choice, ToolCall
from prompt_contracts.expectations.call_pairing import (
    ONE,
    TOO_MANY_WAYS,
    UP_TO_ONE,
    CallComparison,
    Closeness,
    Demand,
    Pairing,
    rough_pairing,
)
from prompt_contracts.expectations.called_tools import calls_by_message
from prompt_contracts.expectations.expected_call import (
    ExpectedCall,
    MadeCall,
    Unread,
    call_truth,
    call_words,
    check_entry,
    compare_call,
    read_calls,
    read_entry,
)
from prompt_contracts.expectations.facet_rule import FacetContext
from prompt_contracts.finding import Finding, suggest
from prompt_contracts.json_schema.time_limit import OutOfTimeError
from prompt_contracts.json_value import Json, show
from prompt_contracts.mismatch import MISSING, Mismatch, cut
from prompt_contracts.patterns.pairing import MOST_COMPARED
from prompt_contracts.truth import TRUE, Truth, all_hold, one_holds, truth_of


def check_tool_calls(expected: Json, scope: FacetContext) -> Iterator[Finding]:
    """`none`, `some`, or a list of names and of names with patterns on the arguments."""
    if isinstance(expected, list):
        if not expected:
            text = "an empty list of calls expects nothing"
            yield Finding(code="PC120", message=text, help="write none to forbid calls, or leave the facet out")
        for index, entry in enumerate(expected):
            yield from (finding.inside(index) for finding in check_entry(entry, scope))
        has_times = any(isinstance(entry, dict) and "$times" in entry for entry in expected)
        if expected and not has_times and _allows("unlisted", scope) and _allows("missing", scope):
            text = "with both 'unlisted: allow' and 'missing: allow' any calls will do"
            yield Finding(code="PC120", message=text, help="leave one of the two out")
    elif expected not in ("none", "some"):
        text = f"'tool_calls' takes none, some, or a list of calls, not {show(expected, limit=80)}"
        yield Finding(code="PC102", message=text, help=_list_help(expected))


def _allows(name: str, scope: FacetContext) -> bool:
    return scope.switches.get(name) == "allow"


def _list_help(expected: Json) -> str:
    if isinstance(expected, str):
        return suggest(expected, ("none", "some"), f"write [{expected}] for one call; or one of")
    if isinstance(expected, dict) and expected:
        return "put a dash before each call: a list may hold several of one name"
    return "write none to forbid calls, or leave the facet out"


def judge_tool_calls(expected: Json, choice: Choice, scope: FacetContext) -> Iterator[Mismatch]:
    """Each call has one entry and each entry its calls; on a mismatch the closest pairing is told."""
    messages = calls_by_message(choice, scope)
    calls = read_calls([call for group in messages for call in group])
    if isinstance(expected, list):
        entries = [read_entry(index, entry) for index, entry in enumerate(expected)]
        comparison = _comparison(entries, calls, scope, written=expected)
        yield from _judge_list(comparison, entries, calls, messages, choice, scope)
    elif expected == "none":
        if calls:
            words = cut(", ".join(call_words(made.call) for made in calls))
            yield Mismatch(reason="unexpected", path="tool_calls", expected="no call", got=words)
    elif not calls:
        yield Mismatch(reason="missing", path="tool_calls", expected="a call", got="no call", message=_instead(choice))
    else:
        yield from _judge_some(calls)


def tool_calls_truth(expected: Json, choice: Choice, scope: FacetContext) -> Truth:
    """As `judge_tool_calls`, and words nothing."""
    messages = calls_by_message(choice, scope)
    calls = read_calls(call for group in messages for call in group)
    if not isinstance(expected, list):
        if expected == "none":
            return truth_of(not calls)
        unread = [made.arguments for made in calls if isinstance(made.arguments, Unread)]
        if len(unread) < len(calls):
            return TRUE
        return one_holds(each.truth for each in unread)
    entries = [read_entry(index, entry) for index, entry in enumerate(expected)]
    comparison = _comparison(entries, calls, scope, written=expected)
    truth = comparison.fits()
    if scope.switches.get("order") == "strict" and not truth.is_refuted:
        numbers = count()
        truth = all_hold((truth, comparison.fits(messages=[[next(numbers) for _ in group] for group in messages])))
    return truth


def _comparison(
    entries: list[ExpectedCall], calls: list[MadeCall], scope: FacetContext, *, written: list[Json]
) -> CallComparison:
    return CallComparison(
        truths=[
            [_call_truth(entry, made, scope, written=by) for made in calls]
            for entry, by in zip(entries, written, strict=True)
        ],
        demands=[_demand(entry, len(calls), scope) for entry in entries],
        calls=len(calls),
        allows_unlisted=_allows("unlisted", scope),
    )


def _call_truth(entry: ExpectedCall, made: MadeCall, scope: FacetContext, *, written: Json) -> Truth:
    """Whether a call is one that the entry describes; asked once, where outcomes share calls."""
    if scope.compared is None:
        return call_truth(entry, made, scope.language)
    # The entry of one contract is one object as long as that is judged.
    key = (id(written), made.call.name, made.call.arguments)
    known = scope.compared.get(key)
    if known is None:
        known = scope.compared[key] = call_truth(entry, made, scope.language)
    return known


def _judge_some(calls: Sequence[MadeCall]) -> Iterator[Mismatch]:
    """At least one of the calls can be made: its arguments are an object."""
    unread = [made.arguments for made in calls if isinstance(made.arguments, Unread)]
    if len(unread) == len(calls):
        words = cut(", ".join(call_words(made.call) for made in calls))
        why, truth = unread[0].why, one_holds(each.truth for each in unread)
        yield Mismatch(reason="arguments", path="tool_calls", expected="a call", got=words, message=why, truth=truth)


def _judge_list(
    comparison: CallComparison,
    entries: list[ExpectedCall],
    calls: list[MadeCall],
    messages: Sequence[Sequence[ToolCall]],
    choice: Choice,
    scope: FacetContext,
) -> Iterator[Mismatch]:
    truth = comparison.fits()
    if not truth.is_certain:
        note = "" if comparison.reads_all_ways else TOO_MANY_WAYS
        try:
            found = list(_explain(comparison, entries, calls, choice, scope))
        except OutOfTimeError as error:
            found, note = [], str(error)
        yield from (replace(one, truth=truth, message=one.message or note) for one in found or [_no_pairing()])
    # Where nobody can tell whether the calls match, they may still surely be in the wrong order.
    if scope.switches.get("order") == "strict" and not truth.is_refuted:
        yield from (found for found in _judge_order(comparison, entries, messages) if found.truth != truth)


def _explain(
    comparison: CallComparison, entries: list[ExpectedCall], calls: list[MadeCall], choice: Choice, scope: FacetContext
) -> Iterator[Mismatch]:
    pairing = _closest(comparison, entries, calls, scope)
    yield from _tell(pairing, comparison, entries, calls, scope)
    for entry in pairing.unfilled:
        if not entries[entry].has_times:
            yield _missing(entries[entry], choice, scope, has_calls=bool(calls))


def _judge_order(
    comparison: CallComparison, entries: list[ExpectedCall], messages: Sequence[Sequence[ToolCall]]
) -> Iterator[Mismatch]:
    numbers = count()
    truth = comparison.fits(messages=[[next(numbers) for _ in group] for group in messages])
    if not truth.is_certain:
        wanted = cut(", then ".join(entry.name for entry in entries))
        got = cut(", then ".join(" with ".join(call.name for call in group) for group in messages))
        yield Mismatch(reason="order", path="tool_calls", expected=wanted, got=got, truth=truth)


def _closest(
    comparison: CallComparison, entries: list[ExpectedCall], calls: list[MadeCall], scope: FacetContext
) -> Pairing:
    if len(entries) * len(calls) > MOST_COMPARED:
        names, called = [entry.name for entry in entries], [made.call.name for made in calls]
        return rough_pairing(comparison.truths, comparison.demands, names, called)
    closeness = Closeness(
        truths=comparison.truths,
        mismatches=[[tuple(compare_call(entry, made, scope.language)) for made in calls] for entry in entries],
        demands=comparison.demands,
        can_leave=[_can_leave(comparison, at) for at in range(len(calls))],
        allows_unlisted=comparison.allows_unlisted,
    )
    return closeness.closest()


def _can_leave(comparison: CallComparison, call: int) -> bool:
    wanted = zip(comparison.truths, comparison.demands, strict=True)
    is_counted = any(demand.is_exact and row[call].is_certain for row, demand in wanted)
    return comparison.allows_unlisted and not is_counted


def _no_pairing() -> Mismatch:
    return Mismatch(reason="pairing", path="tool_calls", expected="a way to pair the calls", got="none")


def _demand(entry: ExpectedCall, calls: int, scope: FacetContext) -> Demand:
    if not entry.has_times:
        return UP_TO_ONE if _allows("missing", scope) else ONE
    # The pattern is asked about each number that there can be: it may have gaps, such as 1 or 3.
    right = {number for number in range(calls + 1) if scope.language.holds(entry.times, number).is_certain}
    return Demand(counts=frozenset(right | {0} if _allows("missing", scope) else right), is_exact=True)


def _tell(
    pairing: Pairing,
    comparison: CallComparison,
    entries: list[ExpectedCall],
    calls: list[MadeCall],
    scope: FacetContext,
) -> Iterator[Mismatch]:
    """The mismatches of the closest pairing."""
    truths = comparison.truths
    for entry, call in pairing.given:
        yield from compare_call(entries[entry], calls[call], scope.language)
    taken = {call for _, call in pairing.given}
    left = [at for at in range(len(calls)) if at not in taken]
    counted = [entry for entry, demand in enumerate(comparison.demands) if demand.is_exact]
    for entry in counted:
        own = [call for by, call in pairing.given if by == entry]
        fitting = [at for at in left if truths[entry][at].is_certain]
        found = sum(1 for call in own if not truths[entry][call].is_refuted) + len(fitting)
        if found not in comparison.demands[entry].counts:
            yield _wrong_number(entries[entry], found, scope)
    if not comparison.allows_unlisted:
        for at in left:
            if not any(truths[entry][at].is_certain for entry in counted):
                path, got = calls[at].path, call_words(calls[at].call)
                yield Mismatch(reason="unexpected", path=path, expected="no further call", got=got)


def _wrong_number(entry: ExpectedCall, found: int, scope: FacetContext) -> Mismatch:
    wanted = scope.language.describe(entry.times, frozenset({"number"}))
    return Mismatch(
        reason="$times",
        path="tool_calls",
        expected=f"{wanted} calls like {entry.words(scope.language)}",
        got=f"{found} call{'' if found == 1 else 's'}",
        clause=(entry.clause[0], "$times"),
    )


def _missing(entry: ExpectedCall, choice: Choice, scope: FacetContext, *, has_calls: bool) -> Mismatch:
    got, note = (MISSING, "") if has_calls else ("no call", _instead(choice))
    wanted = entry.words(scope.language)
    return Mismatch(reason="missing", path="tool_calls", expected=wanted, got=got, clause=entry.clause, message=note)


def _instead(choice: Choice) -> str:
    return f"the answer says {show(choice.text, limit=80)}" if choice.text else ""
