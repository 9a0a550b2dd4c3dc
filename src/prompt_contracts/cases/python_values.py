"""Values of a Python program -> nodes as a case file has them, at the places where they are written. Judges nothing.

What is no JSON and has an `==` of its own becomes a `$check` by that `==`, and a function under `check` or `$check`
its name: both are lent, and the caller knows to whom.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from inspect import isroutine

from prompt_contracts.cases.findings import Findings
from prompt_contracts.cases.node import INCLUDE_KEYS, Node
from prompt_contracts.cases.python_call import SourceSpot, WrittenCall, spot_of
from prompt_contracts.cases.python_types import NoSchemaError, is_schema_type, schema_of_type, tool_of_function
from prompt_contracts.data_class import dataclass
from prompt_contracts.errors import CaseError
from prompt_contracts.json_number import read_float, read_int
from prompt_contracts.json_value import MAX_DEPTH, Json

Lend = Callable[[object], str]
"""Gives a Python object a name under which `$check` finds it."""

_CHECKS = ("check", "$check")


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenArgument:
    """One argument: its value, how it is written, and where."""

    value: object
    expression: ast.expr | None = None
    spot: SourceSpot | None = None
    """Of its key; None takes the call's."""


class ValueReader:
    """Reads the values of one call."""

    def __init__(self, call: WrittenCall, *, lend: Lend) -> None:
        self._call = call
        self._lend = lend
        self.findings = Findings()

    def case_file(self, case: Mapping[str, WrittenArgument]) -> Node:
        """The nodes of a case file with this one case; `CaseError` with every value that cannot stand in one."""
        spots = {name: given.spot or self._call.spot for name, given in case.items()}
        members = {
            name: self._read(given.value, given.expression, _inner(given, self._call, spots[name]), key=name)
            for name, given in case.items()
        }
        if self.findings.count:
            raise CaseError(self.findings.errors)
        one = self._mapping(members, {name: self._leaf(name, spot) for name, spot in spots.items()}, self._call.spot)
        cases = self._sequence([one], self._call.spot)
        file = {"version": self._leaf(1, self._call.spot), "cases": cases}
        return self._mapping(file, dict.fromkeys(file, self._leaf("", self._call.spot)), self._call.spot)

    def _read(
        self, value: object, expression: ast.expr | None, spot: SourceSpot, *, key: str = "", depth: int = 0
    ) -> Node:
        if depth > MAX_DEPTH:
            return self._refused(f"nested more than {MAX_DEPTH} levels deep", spot)
        if isinstance(value, Mapping):
            return self._read_mapping(value, expression, spot, depth)
        if isinstance(value, (list, tuple)):
            return self._read_list(value, expression, spot, key, depth)
        if isinstance(value, Enum):
            value = value.value
        if value is None or isinstance(value, (bool, str, int, float, Decimal)):
            return self._scalar(value, spot)
        if key in _CHECKS and callable(value):
            return self._leaf(self._lend(value), spot)
        if key == "tools" and isroutine(value):
            return self._tool_of(value, spot)
        return self._foreign(value, spot, key=key)

    def _scalar(self, value: str | float | Decimal | None, spot: SourceSpot) -> Node:
        if value is None or isinstance(value, bool):
            return self._leaf(value, spot)
        # A class that extends one of these may compare as it likes: what JSON would hold is what is meant.
        if isinstance(value, str):
            return self._leaf(str.__str__(value), spot)
        if isinstance(value, int):
            return self._leaf(int(value), spot)
        if not (value.is_finite() if isinstance(value, Decimal) else math.isfinite(value)):
            return self._refused(f"{value} is no number of JSON", spot)
        if isinstance(value, Decimal):
            # As if it had been written in a case file.
            text = str(value)
            return self._leaf(read_int(text) if text.lstrip("-").isdigit() else read_float(text), spot)
        return self._leaf(value, spot)

    def _foreign(self, value: object, spot: SourceSpot, *, key: str) -> Node:
        kind = type(value).__name__
        if is_schema_type(value):
            return self._schema_of(value, spot, is_pattern=key != "$schema")
        if isinstance(value, re.Pattern):
            return self._refused("a compiled expression is no pattern", spot, advice="write regex(...) with its text")
        is_plain = type(value).__eq__ is object.__eq__
        if isroutine(value) or (callable(value) and is_plain and not isinstance(value, type)):
            return self._refused("a function is no pattern", spot, advice="write checked_by(function)")
        if isinstance(value, (set, frozenset, bytes, bytearray, type)) or is_plain:
            advice = "give a value of JSON, a pattern, or an object with an == of its own"
            return self._refused(f"{kind} is no value of JSON", spot, advice=advice)
        name = self._leaf(self._lend(Equality(value)), spot)
        return self._mapping({"$check": name}, {"$check": name}, spot)

    def _schema_of(self, kind: object, spot: SourceSpot, *, is_pattern: bool) -> Node:
        try:
            schema = schema_of_type(kind)
        except NoSchemaError as error:
            return self._refused(str(error), spot)
        return self._read({"$schema": schema} if is_pattern else schema, None, spot)

    def _tool_of(self, function: Callable[..., object], spot: SourceSpot) -> Node:
        try:
            return self._read(tool_of_function(function), None, spot)
        except NoSchemaError as error:
            return self._refused(str(error), spot)

    def _read_mapping(
        self, value: Mapping[object, object], expression: ast.expr | None, spot: SourceSpot, depth: int
    ) -> Node:
        written = _written_members(expression, value)
        members: dict[str, Node] = {}
        keys: dict[str, Node] = {}
        for key, inner in value.items():
            place, inside = written.get(key, (None, None)) if isinstance(key, str) else (None, None)
            at = spot if place is None else spot_of(place, self._call.source, length=_key_length(place))
            if not isinstance(key, str):
                return self._refused(f"a key must be a text, not {type(key).__name__}", spot)
            keys[key] = self._leaf(key, at)
            here = at if inside is None else spot_of(inside, self._call.source)
            members[key] = self._read(inner, inside, here, key=key, depth=depth + 1)
        return self._mapping(members, keys, spot)

    def _read_list(
        self, value: Sequence[object], expression: ast.expr | None, spot: SourceSpot, key: str, depth: int
    ) -> Node:
        written = _written_items(expression, len(value))
        items = []
        for inner, inside in zip(value, written, strict=True):
            at = spot if inside is None else spot_of(inside, self._call.source)
            items.append(self._read(inner, inside, at, key=key, depth=depth + 1))
        return self._sequence(items, spot)

    def _leaf(self, value: Json, spot: SourceSpot) -> Node:
        return Node(value, self._call.source, spot.line, spot.column, spot.length)

    def _mapping(self, members: dict[str, Node], keys: dict[str, Node], spot: SourceSpot) -> Node:
        value: Json = {name: member.value for name, member in members.items()}
        node = Node(value, self._call.source, spot.line, spot.column, spot.length, members=members, keys=keys)
        node.has_include = any(name in members for name in INCLUDE_KEYS) or any(
            member.has_include for member in members.values()
        )
        return node

    def _sequence(self, items: list[Node], spot: SourceSpot) -> Node:
        value: Json = [item.value for item in items]
        node = Node(value, self._call.source, spot.line, spot.column, spot.length, items=items)
        node.has_include = any(item.has_include for item in items)
        return node

    def _refused(self, message: str, spot: SourceSpot, *, advice: str | None = None) -> Node:
        node = self._leaf(None, spot)
        self.findings.error("PC102", message, node, advice=advice)
        return node


class Equality:
    """Whether a value equals an object, by whatever `==` means to that."""

    def __init__(self, thing: object) -> None:
        """`thing` has an `==` of its own."""
        self.thing = thing

    def __call__(self, value: object) -> bool:
        """What `==` says."""
        return bool(value == self.thing)

    def __repr__(self) -> str:
        return repr(self.thing)


def _inner(given: WrittenArgument, call: WrittenCall, spot: SourceSpot) -> SourceSpot:
    return spot if given.expression is None else spot_of(given.expression, call.source)


_Pairs = dict[str, tuple[ast.expr | ast.keyword, ast.expr]]


def _written_members(expression: ast.expr | None, value: Mapping[object, object]) -> _Pairs:
    """The expressions of a mapping's keys and values, where a literal or `dict(...)` says all that there is."""
    found: _Pairs = {}
    if isinstance(expression, ast.Dict):
        for key, inner in zip(expression.keys, expression.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                found[key.value] = (key, inner)
    elif isinstance(expression, ast.Call) and isinstance(expression.func, ast.Name) and expression.func.id == "dict":
        found = {each.arg: (each, each.value) for each in expression.keywords if each.arg is not None}
    elif isinstance(expression, ast.Call) and len(value) == 1:
        # A pattern made by a function, such as contains("rain"): what it says stands there.
        (name,) = value
        if isinstance(name, str) and len(expression.args) == 1 and not isinstance(expression.args[0], ast.Starred):
            found = {name: (expression, expression.args[0])}
    return found


def _written_items(expression: ast.expr | None, count: int) -> Sequence[ast.expr | None]:
    items = expression.elts if isinstance(expression, (ast.List, ast.Tuple)) else []
    if len(items) != count or any(isinstance(item, ast.Starred) for item in items):
        return [None] * count
    return items


def _key_length(place: ast.expr | ast.keyword) -> int | None:
    return len(place.arg) if isinstance(place, ast.keyword) and place.arg else None
