"""What was expected and what came, clause by clause, in the width that there is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prompt_contracts.failure import Failure
from prompt_contracts.renderers.conversation import labelled
from prompt_contracts.renderers.inert_text import one_line

_MOST_FAILURES = 20
_LONGEST = 2_000
"""Characters of a value; the answer itself stands below."""
_GAP = "  "


def failure_table(failures: Sequence[Failure], *, width: int) -> Iterator[str]:
    """A line for each broken clause where they all fit; else each value on lines of its own, in full."""
    shown = failures[:_MOST_FAILURES]
    yield from _table(shown, width) or _blocks(shown, width)
    if len(failures) > _MOST_FAILURES:
        yield f"  and {len(failures) - _MOST_FAILURES} more"


def _table(failures: Sequence[Failure], width: int) -> list[str] | None:
    # rich's own table takes 2 ms for one of ours and breaks places in two where the terminal is narrow.
    from rich.cells import cell_len, set_cell_size

    rows = [_cells(failure) for failure in failures]
    header = ("", "expected", "got", "")
    columns = list(zip(header, *rows, strict=True))
    widths = [max(map(cell_len, column)) for column in columns]
    if len(_GAP) * 4 + sum(widths) > width:
        return None
    lines = []
    for row, failure in zip((header, *rows), (None, *failures), strict=True):
        cells = _GAP.join(set_cell_size(cell, size) for cell, size in zip(row, widths, strict=True))
        lines.append(f"{_GAP}{cells.rstrip()}")
        if failure is not None:
            lines += _message(failure, width)
    return lines


def _cells(failure: Failure) -> tuple[str, str, str, str]:
    return (
        one_line(failure.path, _LONGEST),
        one_line(failure.expected, _LONGEST),
        one_line(failure.got, _LONGEST),
        f"✗ {failure.location.short}",
    )


def _blocks(failures: Sequence[Failure], width: int) -> Iterator[str]:
    for failure in failures:
        yield f"  ✗ {one_line(failure.path, _LONGEST)}  {failure.location.short}"
        yield from labelled("expected", failure.expected[:_LONGEST], width=width)
        yield from labelled("got", failure.got[:_LONGEST], width=width)
        yield from _message(failure, width)


def _message(failure: Failure, width: int) -> Iterator[str]:
    if failure.message:
        yield from labelled("", failure.message, width=width, column=0)
