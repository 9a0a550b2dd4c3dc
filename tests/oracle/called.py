"""Whether the calls of a case are the expected ones: every way to pair them is tried."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

from tests.oracle.exact_json import LimitError, NoJsonError, read
from tests.oracle.observation import Call, Data
from tests.oracle.pattern import holds
from tests.oracle.schema import satisfies
from tests.oracle.truth import FALSE, LIMIT, UNDECIDED, Truth, every, known, opposite, some

_ANY = object()
_UNLISTED = -1


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry of the list under `tool_calls`."""

    name: str
    arguments: Data
    times: Data
    """None takes one call."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """One call, and which of the assistant's messages made it."""

    call: Call
    message: int


def entry(written: Data) -> Entry:
    """An entry as it stands in the list."""
    if isinstance(written, str):
        return Entry(name=written, arguments=_ANY, times=None)
    (name,) = (key for key in written if key != "$times")
    return Entry(name=name, arguments=written[name], times=written.get("$times"))


def are_expected(entries: Sequence[Entry], made: Sequence[Made], switches: Mapping[str, str]) -> Truth:
    """One-to-one, but that an entry with `$times` takes several; the best of all ways counts."""
    loose = switches["strings"] == "loose"
    matches = [[_matches(one, each.call, is_loose=loose) for one in entries] for each in made]
    ways = product(range(_UNLISTED, len(entries)), repeat=len(made))
    return some(every(_conditions(way, entries, made, matches, switches)) for way in ways)


def _conditions(
    way: Sequence[int],
    entries: Sequence[Entry],
    made: Sequence[Made],
    matches: Sequence[Sequence[Truth]],
    switches: Mapping[str, str],
) -> Iterator[Truth]:
    for number, one in enumerate(entries):
        yield _is_often_enough(one, way.count(number), is_optional=switches["missing"] == "allow")
    if switches["order"] == "strict":
        taken = sorted((each.message, number) for each, number in zip(made, way, strict=True) if number != _UNLISTED)
        yield known(is_true=_is_in_order(taken))
    for row, number in enumerate(way):
        if number != _UNLISTED:
            yield matches[row][number]
            continue
        yield known(is_true=switches["unlisted"] == "allow")
        # An entry with `$times` takes every call that matches it.
        for column, one in enumerate(entries):
            if one.times is not None:
                yield opposite(matches[row][column])


def _is_often_enough(one: Entry, count: int, *, is_optional: bool) -> Truth:
    if count == 0 and is_optional:
        return known(is_true=True)
    if one.times is None:
        return known(is_true=count == 1)
    return holds(one.times, Decimal(count), is_loose=False)


def _is_in_order(taken: Sequence[tuple[int, int]]) -> bool:
    """No call of a later message belongs to an earlier entry; `taken` are messages and entries."""
    return not any(message < later and number > other for message, number in taken for later, other in taken)


def _matches(one: Entry, call: Call, *, is_loose: bool) -> Truth:
    if one.name != call.name:
        return FALSE
    try:
        arguments = _arguments(call)
    except NoJsonError:
        return UNDECIDED
    except LimitError:
        return LIMIT
    return known(is_true=True) if one.arguments is _ANY else holds(one.arguments, arguments, is_loose=is_loose)


def _arguments(call: Call) -> Data:
    """Empty ones are `{}`."""
    arguments = read(call.arguments) if call.arguments.strip() else {}
    if not isinstance(arguments, dict):
        raise NoJsonError
    return arguments


def are_some(made: Sequence[Made]) -> Truth:
    """Whether there is a call; of one whose arguments are no object nobody can tell that it is one."""
    anything = [Entry(name=each.call.name, arguments=_ANY, times=None) for each in made]
    return some(_matches(one, each.call, is_loose=False) for one, each in zip(anything, made, strict=True))


def are_valid(made: Sequence[Made], tools: Mapping[str, Data]) -> Truth:
    """Whether the arguments of every call satisfy the schema of its tool."""
    return every(_is_valid(each.call, tools) for each in made)


def _is_valid(call: Call, tools: Mapping[str, Data]) -> Truth:
    if call.name not in tools:
        return FALSE
    try:
        arguments = _arguments(call)
    except NoJsonError:
        return UNDECIDED
    except LimitError:
        return LIMIT
    schema = tools[call.name]
    return known(is_true=arguments == {} if schema is None else satisfies(arguments, schema))
