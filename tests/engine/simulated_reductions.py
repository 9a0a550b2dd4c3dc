"""Models with a planted cause, and searches for it that are counted; no prompt is written and nobody is asked."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from prompt_contracts.engine.reduction import smallest
from prompt_contracts.results.sequential_test import SequentialTest

Piece = tuple[str, int]
SaysYes = Callable[[frozenset[Piece]], bool]

LEVELS: Sequence[Sequence[Piece]] = [
    [(kind, number) for number in range(size)] for kind, size in (("message", 10), ("tool", 30), ("sentence", 60))
]
PIECES: Sequence[Piece] = [piece for level in LEVELS for piece in level]
FIRST_ASKS = 10
_P = TypeVar("_P", bound=Hashable)


@dataclass(frozen=True, kw_only=True)
class Searched:
    """What a search came to."""

    left: frozenset[Piece]
    asks: int


def planted(chance: random.Random, size: int) -> frozenset[Piece]:
    """A cause: of two pieces a tool and a sentence, else any."""
    if size == 2:
        return frozenset([chance.choice(LEVELS[1]), chance.choice(LEVELS[2])])
    return frozenset(chance.sample(PIECES, size))


def searched(levels: Sequence[Sequence[Piece]], says_yes: SaysYes) -> tuple[frozenset[Piece], list[frozenset[Piece]]]:
    """What our search leaves, and every set that it asked about."""
    asked: list[frozenset[Piece]] = []
    search = smallest(levels)
    try:
        candidate = next(search)
        while True:
            asked.append(candidate)
            candidate = search.send(says_yes(candidate))
    except StopIteration as end:
        return end.value, asked


def searched_with_repeats(seed: int, *, size: int, rate: float, other: float) -> tuple[Searched, bool]:
    """Our search of a model that differs from itself, as the command asks it; whether it found the cause exactly.

    The prompt does it at a rate, and without any piece of the cause at the other one.
    """
    chance = random.Random(seed)
    cause = planted(chance, size)
    # The whole prompt, whose rate is taken as known.
    asks, yes, told = FIRST_ASKS, rate * FIRST_ASKS, float(FIRST_ASKS)

    def holds(kept: frozenset[Piece]) -> bool:
        nonlocal asks, yes, told
        test = SequentialTest((yes + 2) / (told + 4))
        happened: list[bool] = []
        settled = None
        while settled is None:
            happened.append(chance.random() < (rate if cause <= kept else other))
            settled = test.note(happened=happened[-1])
        asks += len(happened)
        if settled:
            yes, told = yes + sum(happened), told + len(happened)
        return settled

    left, _ = searched(LEVELS, holds)
    return Searched(left=left, asks=asks), left == cause


def delta_debugged(says_yes: SaysYes) -> tuple[Searched, int]:
    """The plain algorithm ddmin, and how many of its questions were different ones.

    A. Zeller and R. Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002, figure 4.
    """
    kept, parts, asks = list(PIECES), 2, 0
    known: dict[frozenset[Piece], bool] = {}

    def ask(pieces: Sequence[Piece]) -> bool:
        nonlocal asks
        asks += 1
        return known.setdefault(frozenset(pieces), says_yes(frozenset(pieces)))

    while len(kept) >= 2:
        chunks = _chunks(kept, parts)
        chunk = next((chunk for chunk in chunks if ask(chunk)), None)
        if chunk is not None:
            kept, parts = chunk, 2
            continue
        rests = ([piece for piece in kept if piece not in chunk] for chunk in chunks)
        rest = next((rest for rest in rests if parts > 2 and ask(rest)), None)
        if rest is not None:
            kept, parts = rest, max(parts - 1, 2)
        elif parts < len(kept):
            parts = min(len(kept), 2 * parts)
        else:
            break
    return Searched(left=frozenset(kept), asks=asks), len(known)


def removed_at_random(says_yes: SaysYes, chance: random.Random, *, asks: int) -> Searched:
    """Every piece goes with a chance of one half; what does the same is kept."""
    kept = list(PIECES)
    for _ in range(asks):
        rest = [piece for piece in kept if chance.random() < 0.5]
        if says_yes(frozenset(rest)):
            kept = rest
    return Searched(left=frozenset(kept), asks=asks)


def _chunks(pieces: list[_P], parts: int) -> list[list[_P]]:
    ends = [len(pieces) * number // parts for number in range(parts + 1)]
    return [pieces[start:end] for start, end in itertools.pairwise(ends)]
