"""Puts values that answers gave into a turn: always literals, never templates, operators, files or functions.

Before the run stand-ins take their place, so that the rest of the turn can be checked. One pass over the turn as
it was written; what is put in is never looked at again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from prompt_contracts.cases.answer_slots import CLOSED_SLOTS, Slot, inside, item_of
from prompt_contracts.cases.findings import Findings, did_you_mean
from prompt_contracts.cases.node import Node
from prompt_contracts.cases.template_text import (
    check_keys,
    paths_in,
    template_place,
    text_operands,
    what_is_left,
    whole_path,
)
from prompt_contracts.cases.templating import Filler, Variables
from prompt_contracts.data_class import dataclass
from prompt_contracts.json_value import Json, resolve, show
from prompt_contracts.json_value import pointer as join
from prompt_contracts.turn import NO_ERROR, UNKNOWN_VALUE, UnfillableError

ERROR = "error"
"""The variable that holds the error of the turn before."""

_ANYTHING: dict[str, Json] = {name: dict(schema) for name, schema in UNKNOWN_VALUE.items()}
# A value under these is dropped with the operator whose operand it is.
_OPERANDS = frozenset(
    {
        *(Slot.VALUE, Slot.OPERAND, Slot.REGEX, Slot.LIST, Slot.COUNT, Slot.CONTAINED),
        *(Slot.SAYINGS, Slot.TOLD, Slot.LOOSE),
    }
)
_APPROXIMATION = frozenset({"$approx", "$within"})
"""Two operators that are nothing without each other."""
_OF_OBJECTS = frozenset({"$optional", "$others"})
_PATTERNS = frozenset({Slot.PATTERN, Slot.SAID})


class Insert(Protocol):
    """How the values of answers are put in."""

    def whole(self, path: str, place: Slot, at: Node) -> Node | None:
        """What takes the place of a text that only names a value; None leaves it out."""
        ...

    def part(self, path: str, place: Slot, at: Node) -> str | None:
        """What is put into a longer text; None leaves the whole text out."""
        ...


class AnswerFiller:
    """Fills one turn in from what is known at load and from what answers gave."""

    def __init__(self, scope: Variables, names: frozenset[str], insert: Insert, findings: Findings) -> None:
        """`names` are the variables that answers give to this turn."""
        self._fillers = {allow: Filler(scope, findings, allow_environment=allow) for allow in (True, False)}
        self._names = names
        self._insert = insert
        self._findings = findings
        self._allow_environment = True
        self.used: set[str] = set()
        """Which of the names the turn uses; grows while it is filled in."""

    def fill(self, turn: Node) -> Node:
        """The turn with everything filled in."""
        return self._fill(turn, Slot.TURN) or turn

    def _fill(self, node: Node, place: Slot) -> Node | None:
        if not node.has_template:
            return node
        if isinstance(node.value, str):
            return self._text(node, node.value, place)
        if node.items is not None:
            items = [self._fill(item, item_of(place)) for item in node.items]
            kept = [item for item in items if item is not None]
            # Bounds and literals are nothing without one of their parts.
            is_whole = len(kept) == len(items) or place not in _OPERANDS
            return node.with_items(kept) if is_whole else None
        return self._mapping(node, place)

    def _mapping(self, node: Node, place: Slot) -> Node | None:
        check_keys(node, self._findings)
        members: dict[str, Node] = {}
        for name, member in (node.members or {}).items():
            outside = self._allow_environment
            self._allow_environment = outside and not (place is Slot.TURN and name == "expect")
            # The environment may not stand in `expect`: a contract is the same on every machine.
            filled = self._fill(member, inside(place, name))
            self._allow_environment = outside
            if filled is not None:
                members[name] = filled
                self._refuse_emptied(name, member, filled)
        self._fillers[True].check_emptied(node, members)
        is_whole = len(members) == len(node.members or {})
        if not is_whole and not members.keys() >= _APPROXIMATION:
            members = {name: member for name, member in members.items() if name not in _APPROXIMATION}
        if not is_whole and place in (Slot.VALUE, Slot.COUNT):
            return None
        if not is_whole and not members and place in _PATTERNS | {Slot.CONTAINED}:
            return _anything(node)
        if not is_whole and place in _PATTERNS and not members.keys() & _OF_OBJECTS:
            # What is left says less, and under `$not` more: so much is not known.
            members.setdefault("$schema", _leaf(node, _ANYTHING["$schema"]))
        return node.with_members(members)

    def _refuse_emptied(self, name: str, written: Node, filled: Node) -> None:
        """Raises for an operator that a value of an answer has left with nothing to say."""
        for operator, operand in text_operands(name, filled):
            text = written.member("of") if operand is not filled else written
            if text is None or text is operand or not isinstance(operand.value, str):
                continue
            given = [path for path in paths_in(str(text.value)) if path.partition(".")[0] in self._names]
            is_any_empty = "" in [self._insert.part(path, Slot.TEXT, text) for path in given]
            left = what_is_left(operator, operand.value, is_any_empty=is_any_empty) if given else None
            if left is not None:
                got = f"{show(operand.value, limit=80)}, with which '{operator}' {left}"
                place = template_place(text, given[0]).location
                raise UnfillableError(
                    expected=f"a text for '{given[0]}' that leaves '{operator}' something to say",
                    got=got,
                    location=place,
                    is_empty=True,
                )

    def _text(self, node: Node, text: str, place: Slot) -> Node | None:
        filler = self._fillers[self._allow_environment]
        given = [path for path in dict.fromkeys(paths_in(text)) if path.partition(".")[0] in self._names]
        if not given:
            return filler.fill(node)
        self.used.update(path.partition(".")[0] for path in given)
        if not self._are_allowed(given, node, text, place):
            return node
        if (whole := whole_path(text)) is not None:
            return self._insert.whole(whole, place, node)
        parts = {path: self._insert.part(path, place, node) for path in given}
        filled = filler.fill_text(node, text, given={path: part or "" for path, part in parts.items()})
        if None not in parts.values():
            return filled
        return _anything(node) if place in _PATTERNS else None

    def _are_allowed(self, given: list[str], node: Node, text: str, place: Slot) -> bool:
        path = given[0]
        before = self._findings.count
        if place in CLOSED_SLOTS:
            message = f"'{{{{ {path} }}}}' comes from an answer, and this is {CLOSED_SLOTS[place]}"
            self._findings.error("PC102", message, template_place(node, path), advice="write the value itself")
        elif place is Slot.ADDRESS and re.match("https?://", text) is None:
            message = f"'{{{{ {path} }}}}' comes from an answer, which cannot say what is read or sent as a file"
            advice = "start the address with http:// or https://"
            self._findings.error("PC102", message, template_place(node, path), advice=advice)
        for one in given:
            self._check_error_field(one, node)
        return self._findings.count == before

    def _check_error_field(self, path: str, node: Node) -> None:
        first, *rest = path.split(".")
        if first == ERROR and rest and (len(rest) > 1 or rest[0] not in NO_ERROR):
            known = ", ".join(NO_ERROR)
            near = did_you_mean(rest[0], NO_ERROR) if len(rest) == 1 else None
            message = f"unknown variable '{path}': 'error' has {known}"
            self._findings.error("PC110", message, template_place(node, path), advice=near)


def _anything(at: Node) -> Node:
    return replace(at, value=_ANYTHING, items=None, members=None, keys={}, has_template=False)


def _leaf(at: Node, value: Json) -> Node:
    return replace(at, value=value, items=None, members=None, keys={}, has_template=False, is_inserted=True)


class StandIns:
    """Before the run: texts for texts, patterns that anything satisfies, and else nothing."""

    def whole(self, path: str, place: Slot, at: Node) -> Node | None:
        """A stand-in for a whole value."""
        if place in _PATTERNS:
            return _anything(at)
        if place in (Slot.TEXT, Slot.CONTENT):
            return _leaf(at, f"({path})")
        return None

    def part(self, path: str, place: Slot, at: Node) -> str | None:  # noqa: ARG002 - what an insert is given
        """A stand-in inside a longer text."""
        if place in (Slot.TEXT, Slot.CONTENT, Slot.FREE, Slot.ADDRESS):
            return f"({path})"
        return None


@dataclass(frozen=True, slots=True)
class GivenByAnswers:
    """During the run: the values themselves. `UnfillableError` where one is missing or does not fit."""

    values: Mapping[str, Json]
    """Variable -> what an answer gave for it."""

    def whole(self, path: str, place: Slot, at: Node) -> Node | None:
        """The value, in the form in which the place takes it as a literal."""
        value = self._value(path, at)
        match place:
            case Slot.REGEX | Slot.TOLD | Slot.LOOSE if value is None or isinstance(value, (dict, list)):
                raise _unfillable("a text or a number", path, value, at)
            case Slot.TEXT | Slot.CONTENT:
                return _leaf(at, _text(value))
            # Above the patterns: a number from an answer is compared with a text as the text that it is written with.
            case Slot.SAID | Slot.TOLD if not isinstance(value, (dict, list)):
                return _leaf(at, _text(value))
            case Slot.LOOSE:
                return _leaf(at, _text(value))
            case Slot.REGEX:
                # What an answer gave is looked for as it is: it must not be able to write `.*`.
                return _leaf(at, re.escape(_text(value)))
            case Slot.OPERAND if not isinstance(value, (str, int, float)) or isinstance(value, bool):
                raise _unfillable("a number or a text", path, value, at)
            case Slot.LIST | Slot.SAYINGS if isinstance(value, list):
                return _leaf(at, [_literal(item) for item in value])
            case Slot.LIST | Slot.SAYINGS:
                raise _unfillable("a list", path, value, at)
            case Slot.PATTERN | Slot.SAID | Slot.CONTAINED:
                return _leaf(at, _literal(value))
            case _:
                return _leaf(at, value)

    def part(self, path: str, place: Slot, at: Node) -> str | None:
        """The value as text."""
        value = self._value(path, at)
        if place in (Slot.REGEX, Slot.TOLD, Slot.LOOSE) and (value is None or isinstance(value, (dict, list))):
            raise _unfillable("a text or a number", path, value, at)
        text = _text(value)
        return re.escape(text) if place is Slot.REGEX else text

    def _value(self, path: str, at: Node) -> Json:
        first, *rest = path.split(".")
        # After a turn without an error `error` is there all the same, and says that there was none.
        known = self.values if first in self.values else {ERROR: dict(NO_ERROR)}
        if first not in known:
            place = template_place(at, path).location
            raise UnfillableError(expected=f"a value for '{first}'", got="none: no turn gave it", location=place)
        try:
            return resolve(known[first], join(*rest))
        except LookupError:
            expected = f"'{rest[-1]}' in what '{'.'.join((first, *rest[:-1]))}' holds"
            raise _unfillable(expected, first, known[first], at, named=path) from None


def _unfillable(expected: str, path: str, value: Json, at: Node, *, named: str | None = None) -> UnfillableError:
    place = template_place(at, named or path).location
    return UnfillableError(expected=expected, got=f"{show(value, limit=80)} for '{path}'", location=place)


def _literal(value: Json) -> Json:
    """A pattern that only this value satisfies, whatever its keys look like."""
    return {"$eq": value} if isinstance(value, (dict, list)) else value


def _text(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
