"""What may be true together of one value: atoms of patterns that no value satisfies at once go no further."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from functools import reduce
from types import MappingProxyType

from prompt_contracts.data_class import dataclass
from prompt_contracts.json_value import Json
from prompt_contracts.mismatch import ABSENT, Value
from prompt_contracts.patterns.number_extent import ALL, Numbers, numbers_from, numbers_of
from prompt_contracts.patterns.order import compare
from prompt_contracts.patterns.pattern_formula import LITERAL, Atom, Formula, formula_of

_EMPTY: Mapping[str, Json] = MappingProxyType({"string": "", "array": [], "object": {}})
"""The one value of a type that has the length 0."""
_OPPOSITES = {"$lt": "$ge", "$le": "$gt", "$gt": "$le", "$ge": "$lt"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """The values of one JSON type that are looked at."""

    kind: str
    least: int | None = None
    """The number below which none is; None where any may come."""
    is_whole: bool = False

    @property
    def numbers(self) -> Numbers:
        """Those of them that are numbers."""
        return self.fitting(ALL)

    def fitting(self, numbers: Numbers) -> Numbers:
        """The numbers of a set that are in the domain."""
        inside = numbers.both(numbers_from(self.least))
        return inside.whole if self.is_whole else inside


AMOUNT = Domain(kind="number", least=0, is_whole=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Truths of some atoms about one value, and what they leave of it."""

    domain: Domain
    value: Value = ABSENT
    """The value, where only one is left."""
    numbers: Numbers = ALL
    lengths: Numbers = field(default_factory=lambda: AMOUNT.numbers)
    words: Numbers = field(default_factory=lambda: AMOUNT.numbers)
    lows: tuple[tuple[str, str], ...] = ()
    """Dates that the value is not before, each with its operator."""
    highs: tuple[tuple[str, str], ...] = ()
    told: tuple[tuple[Atom, int], ...] = ()

    def assuming(self, atom: Atom, truth: int) -> World | None:
        """The world in which an atom is so true as well; None where there is none."""
        if not self._agrees(atom, truth):
            return None
        world: World | None = replace(self, told=(*self.told, (atom, truth)))
        for narrow in (_narrow_numbers, _narrow_amounts, _narrow_dates, _fix_value):
            world = None if world is None else narrow(world, atom, truth)
        return world

    def _agrees(self, atom: Atom, truth: int) -> bool:
        if self.value is ABSENT or atom.is_opaque:
            return True
        actual = atom.grammar.holds(atom.pattern, self.value)
        return actual.least <= truth <= actual.most

    def fixed(self, value: Value) -> World | None:
        """The world with this value, where all that is assumed agrees with it."""
        world = replace(self, value=value)
        return world if all(world._agrees(atom, truth) for atom, truth in self.told) else None  # noqa: SLF001 # its own


def _narrow_numbers(world: World, atom: Atom, truth: int) -> World | None:
    # An undecided atom leaves every number where it is.
    if world.domain.kind != "number" or truth == 1:
        return world
    domain = replace(world.domain, is_whole=True) if truth == 2 and _asks_whole(atom) else world.domain
    found = _numbers_of(atom)
    narrowed = world.numbers if found is None else world.numbers.both(found if truth == 2 else found.others)
    left = domain.fitting(narrowed)
    return None if left.is_empty else replace(world, domain=domain, numbers=left)


def _asks_whole(atom: Atom) -> bool:
    return atom.name == "$type" and atom.operand in ("integer", ["integer"])


def _narrow_amounts(world: World, atom: Atom, truth: int) -> World | None:
    if truth == 1 or atom.name not in ("$len", "$words") or world.domain.kind not in _EMPTY:
        return world
    found = extent(formula_of(atom.operand, atom.grammar))
    if found is None:
        return world
    is_length = atom.name == "$len"
    left = AMOUNT.fitting((world.lengths if is_length else world.words).both(found if truth == 2 else found.others))
    if left.is_empty:
        return None
    return replace(world, lengths=left) if is_length else replace(world, words=left)


def _narrow_dates(world: World, atom: Atom, truth: int) -> World | None:
    """Bounds that cross, or have no common order: of no text are both known to hold."""
    if world.domain.kind != "string" or truth == 1:
        return world
    lows, highs = world.lows, world.highs
    for name, end in _edges(atom, truth):
        if name in ("$gt", "$ge"):
            lows = (*lows, (name, end))
        else:
            highs = (*highs, (name, end))
    are_crossed = any(_is_crossed(low, high) for low in lows for high in highs)
    return None if are_crossed else replace(world, lows=lows, highs=highs)


def _edges(atom: Atom, truth: int) -> Iterable[tuple[str, str]]:
    if atom.name in _OPPOSITES and isinstance(atom.operand, str):
        return [(atom.name if truth == 2 else _OPPOSITES[atom.name], atom.operand)]
    if atom.name == "$range" and truth == 2 and isinstance(atom.operand, list) and len(atom.operand) == 2:
        return [(name, end) for name, end in zip(("$ge", "$le"), atom.operand, strict=True) if isinstance(end, str)]
    return ()


def _is_crossed(low: tuple[str, str], high: tuple[str, str]) -> bool:
    order = compare(low[1], high[1])
    return order is None or order > 0 or (order == 0 and (low[0], high[0]) != ("$ge", "$le"))


def _fix_value(world: World, atom: Atom, truth: int) -> World | None:
    """Where one value alone is left, it tells of all the rest."""
    if world.value is not ABSENT:
        return world
    if truth == 2 and _names_value(atom):
        return world.fixed(atom.operand)
    if world.domain.kind in _EMPTY and world.lengths.is_only(0):
        return world.fixed(_EMPTY[world.domain.kind])
    return world


def _names_value(atom: Atom) -> bool:
    """Whether an atom holds of one value only."""
    if atom.name not in (LITERAL, "$eq"):
        return False
    if isinstance(atom.operand, (dict, list)):
        return not atom.operand
    return not (isinstance(atom.operand, str) and atom.grammar.context.is_loose)


def _numbers_of(atom: Atom) -> Numbers | None:
    return numbers_of("$eq" if atom.name == LITERAL else atom.name, atom.operand)


def extent(formula: Formula) -> Numbers | None:
    """The numbers of which a formula holds, where it does not hold of all others; None where that is not known."""
    if formula.atom is not None:
        return _numbers_of(formula.atom)
    inner = [extent(part) for part in formula.parts]
    known = [one for one in inner if one is not None]
    if len(known) < len(inner) or not known:
        return None
    if formula.link == "one":
        return reduce(Numbers.both, (one.others for one in known)).others
    return known[0].others if formula.link == "not" else reduce(Numbers.both, known)
