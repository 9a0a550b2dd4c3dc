"""Pieces × yes or no -> the fewest pieces that still say yes. Pure: whoever runs it asks.

After A. Zeller and R. Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002; only what is left without
a chunk is tried, and never a chunk alone.
"""

from __future__ import annotations

from collections.abc import Generator, Hashable, Sequence
from typing import TypeVar

_Piece = TypeVar("_Piece", bound=Hashable)


def smallest(levels: Sequence[Sequence[_Piece]]) -> Generator[frozenset[_Piece], bool, frozenset[_Piece]]:
    """Yields sets of pieces, is sent whether each still says yes, and returns one that loses it without any piece.

    All pieces together say yes, and are not asked. Levels are reduced in their order, from chunks of half of one down
    to one piece; then piece by piece over all levels until none can go. No set is yielded twice.
    """
    kept = frozenset(piece for level in levels for piece in level)
    known: dict[frozenset[_Piece], bool] = {kept: True}
    for level in levels:
        for size in _chunk_sizes(len(level)):
            rest = [piece for piece in level if piece in kept]
            for start in range(0, len(rest), size):
                kept = yield from _without(rest[start : start + size], kept, known)
    while True:
        before = kept
        for piece in (piece for level in levels for piece in level):
            if piece in kept:
                kept = yield from _without([piece], kept, known)
        if kept == before:
            return kept


def _chunk_sizes(length: int) -> list[int]:
    sizes = [-(-length // 2)] if length else []
    while sizes and sizes[-1] > 1:
        sizes.append(-(-sizes[-1] // 2))
    return sizes


def _without(
    chunk: Sequence[_Piece], kept: frozenset[_Piece], known: dict[frozenset[_Piece], bool]
) -> Generator[frozenset[_Piece], bool, frozenset[_Piece]]:
    """What is kept after trying to do without a chunk."""
    rest = kept.difference(chunk)
    if rest not in known:
        known[rest] = yield rest
    return rest if known[rest] else kept
