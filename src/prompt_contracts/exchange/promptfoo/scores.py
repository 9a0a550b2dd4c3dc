"""Weights, thresholds and sets of assertions -> which of them must hold, written out as alternatives.

promptfoo adds up weighted scores. Every assertion that is carried over scores 0 or 1, so that a threshold comes to the
smallest sets of assertions that reach it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from prompt_contracts.data_class import dataclass
from prompt_contracts.exchange.case_text import Tree
from prompt_contracts.exchange.promptfoo.assertions import Surroundings, number_of, read_assertion
from prompt_contracts.exchange.promptfoo.combined_facets import (
    Expectation,
    combined,
    is_denial,
    says_nothing_of_the_answer,
)
from prompt_contracts.exchange.promptfoo.foreign_values import NotCarriedError
from prompt_contracts.json_value import Json, show

_MOST_LEAVES = 10
_MOST_ALTERNATIVES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Required:
    """What must hold of a test."""

    expect: Expectation
    """Empty where nothing could be carried over, and where nothing was asserted."""
    dropped: tuple[str, ...]
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Leaf:
    written: Mapping[str, Json]
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """A test with its assertions, or an `assert-set` in it."""

    parts: tuple[_Leaf | _Group, ...]
    threshold: float | None
    weight: float = 1


def requirement_of(assertions: Sequence[Json], *, threshold: Json, around: Surroundings) -> Required:
    """The expectation of a test with these assertions."""
    reader = _Reader(around)
    try:
        whole = _Group(parts=tuple(map(_part, assertions)), threshold=number_of(threshold, "threshold"))
        reader.read(whole, "its threshold")
    except NotCarriedError as error:
        reader.dropped.append(f"its assertions: {error}")
        reader.parts.clear()
    parts, differences = reader.parts, reader.differences
    if any(map(is_denial, parts)) and all(is_denial(each) or says_nothing_of_the_answer(each) for each in parts):
        parts = [*parts, {"refusal": False}]
        differences.append("refusal: false is added, for a refusal keeps a contract of nothing but negations")
    return Required(expect=combined(parts), dropped=tuple(reader.dropped), differences=tuple(differences))


def _part(written: Json) -> _Leaf | _Group:
    if not isinstance(written, dict):
        raise NotCarriedError(f"{show(written, limit=60)} is no assertion")
    weight = number_of(written.get("weight"), "weight")
    weight = 1 if weight is None else weight
    if weight < 0:
        raise NotCarriedError("a negative weight")
    if written.get("type") != "assert-set":
        return _Leaf(written=written, weight=weight)
    inner = written.get("assert")
    if not isinstance(inner, list):
        raise NotCarriedError("an assert-set without a list of assertions")
    threshold = number_of(written.get("threshold"), "threshold")
    return _Group(parts=tuple(map(_part, inner)), threshold=threshold, weight=weight)


class _Reader:
    """Reads the assertions of one test, and notes what becomes of each."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self.parts: list[Expectation] = []
        self.dropped: list[str] = []
        self.differences: list[str] = []

    def read(self, group: _Group, subject: str) -> None:
        if group.threshold is not None:
            self._read_scored(group, subject)
            return
        for part in group.parts:
            if isinstance(part, _Group):
                self.read(part, "the threshold of an assert-set")
            elif part.weight == 0:
                self.differences.append(
                    f"{_told(part.written)}: its weight is 0, so it decides nothing and is left out"
                )
            else:
                self._read_leaf(part)

    def _read_leaf(self, leaf: _Leaf) -> None:
        try:
            self.parts.append(read_assertion(leaf.written, self._around))
        except NotCarriedError as error:
            self.dropped.append(f"{_told(leaf.written)}: {error}")
        else:
            self.differences += _difference(leaf.written, self._around)

    def _read_scored(self, group: _Group, subject: str) -> None:
        """All or nothing: with one assertion missing, nobody can tell whether the others reach the threshold."""
        leaves = list(_leaves(group))
        facets: dict[int, Expectation] = {}
        reasons: list[str] = []
        for leaf in leaves:
            try:
                facets[id(leaf)] = _read_whole(leaf.written, self._around)
                self.differences += _difference(leaf.written, self._around)
            except NotCarriedError as error:
                reasons.append(f"{_told(leaf.written)}: {error}")
        if reasons:
            self.dropped += reasons
            rest = len(leaves) - len(reasons)
            self.dropped += [f"{subject} {group.threshold:g} and the {rest} assertions that it weighs"] if rest else []
            return
        try:
            self._add_alternatives(group, leaves, facets)
        except NotCarriedError as error:
            self.dropped.append(f"{subject} {group.threshold:g}: {error}")

    def _add_alternatives(self, group: _Group, leaves: list[_Leaf], facets: Mapping[int, Expectation]) -> None:
        sets = _smallest_sets(group, leaves)
        if sets == [()]:
            self.differences.append(f"the threshold {group.threshold:g} is reached by every answer, and is left out")
            return
        alternatives = [combined([facets[id(leaf)] for leaf in chosen]) for chosen in sets]
        self.parts.append(alternatives[0] if len(alternatives) == 1 else {"any_of": list[Tree](alternatives)})


def _read_whole(written: Mapping[str, Json], around: Surroundings) -> Expectation:
    if written.get("type") in ("tool-call-f1", "not-tool-call-f1"):
        raise NotCarriedError("its score is a fraction, which a threshold cannot be written out for")
    return read_assertion(written, around)


_OF_TEXT = ("equals", "contains", "icontains", "starts-with", "regex", "word-count")


def _difference(written: Mapping[str, Json], around: Surroundings) -> list[str]:
    kind = str(written.get("type")).removeprefix("not-")
    if around.tools and kind.removesuffix("-all").removesuffix("-any") in _OF_TEXT:
        return ["assertions on the text look at the text alone; of a call promptfoo takes its JSON for the text"]
    if written.get("type") == "contains-json":
        return [
            "contains-json: where a text holds several blocks of JSON, promptfoo takes any of them, and here none is"
        ]
    return []


def _told(written: Mapping[str, Json]) -> str:
    value = written.get("value")
    shown = "" if value is None else f" {show(value, limit=80)}"
    return f"{show(written.get('type'), limit=60).strip(chr(34))}{shown}"


def _leaves(group: _Group) -> Iterator[_Leaf]:
    for part in group.parts:
        if isinstance(part, _Group):
            yield from _leaves(part)
        else:
            yield part


def _smallest_sets(group: _Group, leaves: list[_Leaf]) -> list[tuple[_Leaf, ...]]:
    if len(leaves) > _MOST_LEAVES:
        raise NotCarriedError(f"it weighs more than {_MOST_LEAVES} assertions")
    found: list[tuple[_Leaf, ...]] = []
    for count in range(len(leaves) + 1):
        for chosen in combinations(leaves, count):
            ids = {id(leaf) for leaf in chosen}
            if not any({id(leaf) for leaf in each} <= ids for each in found) and _result(group, ids)[0]:
                found.append(chosen)
    if not found:
        raise NotCarriedError("no answer reaches it")
    if len(found) > _MOST_ALTERNATIVES:
        raise NotCarriedError(f"it comes to more than {_MOST_ALTERNATIVES} alternatives")
    return found


def _result(group: _Group, holding: set[int]) -> tuple[bool, float]:
    """Whether a group passes, and its score, when these leaves hold."""
    total = weights = 0.0
    is_whole = True
    for part in group.parts:
        if isinstance(part, _Group):
            passes, score = _result(part, holding)
        else:
            score = float(id(part) in holding)
            passes = bool(score) or part.weight == 0
        total += score * part.weight
        weights += part.weight
        is_whole = is_whole and passes
    score = total / weights if weights else 0.0
    return (is_whole if group.threshold is None else score >= group.threshold), score
