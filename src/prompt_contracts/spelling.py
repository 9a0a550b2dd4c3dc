"""Words that were probably meant: which known name a misspelt one is near to. Knows no word of the language."""

from __future__ import annotations

from collections.abc import Iterable

_LENGTHS = (3, 7, 12)
"""From each of these lengths on, a name may have one slip more and still be near."""


def edits(left: str, right: str) -> int:
    """How many letters are added, left out, replaced, or swapped with their neighbour between two words."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for index, letter in enumerate(left, start=1):
        before, last, row = row, before, [index]
        for column, other in enumerate(right, start=1):
            cost = min(before[column] + 1, row[column - 1] + 1, before[column - 1] + (letter != other))
            if index > 1 and column > 1 and letter == right[column - 2] and left[index - 2] == other:
                cost = min(cost, last[column - 2] + 1)
            row.append(cost)
    return row[-1]


def is_one_slip_away(name: str, known: str) -> bool:
    """Whether a word differs from a known one in letter case, or in one edit; not whether it is the same."""
    return name != known and abs(len(name) - len(known)) <= 1 and edits(name.casefold(), known.casefold()) <= 1


def is_slip_of(name: str, known: str) -> bool:
    """Whether a word is a known one misspelt, beyond doubt: one slip away, or two or three in a long word."""
    if name == known:
        return False
    allowed = 1 + (len(name) >= 8) + (len(name) >= 12)  # letters of a long word, and of a very long one
    return abs(len(name) - len(known)) <= allowed and edits(name.casefold(), known.casefold()) <= allowed


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that a misspelt one most probably means; None when none is really near.

    Near is: the same but for letter case, its beginning, or a few slips, the fewer the shorter the name is.
    """
    names: dict[str, str] = {}
    for one in known:
        names.setdefault(one.casefold(), one)
    written = name.casefold()
    if written in names:
        return names[written]
    longer = [one for one in names if len(name) > 2 and one.startswith(written)]
    if longer:
        return names[longer[0]]
    allowed = sum(len(name) >= length for length in _LENGTHS)
    near = [
        (edits(written, one), index, one) for index, one in enumerate(names) if abs(len(one) - len(name)) <= allowed
    ]
    slips, _, found = min(near, default=(allowed + 1, 0, ""))
    return names[found] if slips <= allowed else None
