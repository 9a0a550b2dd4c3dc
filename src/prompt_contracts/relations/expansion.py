"""The cases of a file -> the same cases, each followed by those under the changes that it names. Plans nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from itertools import groupby

from prompt_contracts.case import Case
from prompt_contracts.data_class import dataclass
from prompt_contracts.diagnostic import Diagnostic
from prompt_contracts.finding import Finding
from prompt_contracts.json_value import pointer, pointer_parts
from prompt_contracts.location import Location
from prompt_contracts.relation import Relation, RelationKind
from prompt_contracts.relations.relation_table import RELATIONS
from prompt_contracts.relations.spoken_changes import with_typos

_BRINGING: frozenset[RelationKind] = frozenset({"more_tools", "said_as", "after", "without_tool"})
"""The kinds that bring tools, words or expectations which the case as it is written does not have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpandedCase:
    """A case, and what is wrong with the change that made it, or would have."""

    case: Case
    findings: tuple[Diagnostic, ...] = ()
    is_cell: bool = True
    """Whether it is asked; where it is not, only its findings are of interest."""
    is_new: bool = True
    """Whether it says something that was not checked yet in the case as it is written."""


@dataclass(slots=True)
class _Uses:
    """What became of one relation in all cells of its case."""

    relation: Relation
    made: int = 0
    idle: list[str] = field(default_factory=list)
    """Why no cell was made, in words."""


TYPOS = "spelling.typos"
"""The one change whose outcome is stored."""
StoredText = Callable[[str, str, str, str], str]
"""Case file, case, hash of what a text with typos is made from, the text as it is made now -> the text to be asked."""


def expand(cases: Iterable[Case], *, texts: StoredText | None = None) -> Iterator[ExpandedCase]:
    """The cases in their order; those of one row first as they are written, then under each change."""
    for _, group in groupby(cases, key=lambda case: case.name):
        own = list(group)
        if not any(case.holds_under for case in own):
            yield from (ExpandedCase(case=case) for case in own)
            continue
        uses: dict[Location, _Uses] = {}
        for _, row in groupby(own, key=lambda case: case.row):
            yield from _of_row(list(row), uses, texts)
        yield from (_idle(own[0], each) for each in uses.values() if not each.made and each.idle)


def _of_row(bases: Sequence[Case], uses: dict[Location, _Uses], texts: StoredText | None) -> Iterator[ExpandedCase]:
    yield from (ExpandedCase(case=base) for base in bases)
    made: dict[int, list[Case]] = {}
    for at in range(max(len(base.holds_under) for base in bases)):
        for number, base in enumerate(bases):
            if at < len(base.holds_under):
                relation = base.holds_under[at]
                use = uses.setdefault(relation.location, _Uses(relation))
                yield from _changed(base, _with_stored(base, relation, texts), use, made.setdefault(number, []))


def _changed(base: Case, relation: Relation, use: _Uses, made: list[Case]) -> Iterator[ExpandedCase]:
    found = RELATIONS[relation.kind](base, relation)
    if isinstance(found, Finding):
        use.made += 1  # it is told of already
        yield ExpandedCase(case=base, findings=(found.at(relation.location),), is_cell=False, is_new=False)
        return
    if found is base:
        use.idle.append("changes nothing")
        return
    twin = next((other for other in made if _asks_the_same(found, other)), None)
    if twin is not None:
        use.idle.append(f"asks the same as '{twin.relation}'")
        return
    use.made += 1
    places = MovedPlaces(base, found, relation.location)
    case = replace(found, relation=relation.id, holds_under=(), places=places)
    made.append(case)
    yield ExpandedCase(case=case, is_new=relation.kind in _BRINGING)


def _with_stored(base: Case, relation: Relation, texts: StoredText | None) -> Relation:
    """Typos as they were stored when they were recorded."""
    if texts is None or relation.id != TYPOS:
        return relation
    found = with_typos(base, relation)
    return relation if found is None else replace(relation, text=texts(base.path, base.name, *found))


def _asks_the_same(one: Case, other: Case) -> bool:
    """Whether two changes came out alike; the order of keys, which equality does not see, is changed by one alone."""
    return (
        one.messages == other.messages
        and len(one.tools) == len(other.tools)
        and all(mine is theirs for mine, theirs in zip(one.tools, other.tools, strict=True))
        and one.expect == other.expect
    )


def _idle(case: Case, use: _Uses) -> ExpandedCase:
    words = use.idle[0] if len(set(use.idle)) == 1 else "changes nothing, or asks the same as another"
    found = Finding(code="PC149", message=f"'{use.relation.id}' {words}: no cell is made of it", help="leave it out")
    return ExpandedCase(
        case=case, findings=(found.at(use.relation.location, severity="warning"),), is_cell=False, is_new=False
    )


class MovedPlaces(Mapping[str, Location]):
    """The places in a changed case: what it shares with the base stands where it stood, what is new at the relation."""

    __slots__ = ("_from", "_otherwise", "_places")

    def __init__(self, base: Case, changed: Case, otherwise: Location) -> None:
        self._places = base.places
        self._otherwise = otherwise
        self._from = {
            "messages": _moves(base.messages, changed.messages),
            "tools": _moves(base.tools, changed.tools),
        }

    def __getitem__(self, key: str) -> Location:
        part, *rest = pointer_parts(key) or ("",)
        if not rest or part not in self._from or not rest[0].isdecimal():
            return self._places[key]
        moves, at = self._from[part], int(rest[0])
        before = moves[at] if at < len(moves) else None
        return self._otherwise if before is None else self._places[pointer(part, before, *rest[1:])]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def _moves(before: Sequence[object], after: Sequence[object]) -> list[int | None]:
    """For each place afterwards, which one it was before; None for what was not there."""
    known = {id(each): at for at, each in enumerate(before)}
    return [known.get(id(each)) for each in after]
