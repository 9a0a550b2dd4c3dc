"""Rows and columns on a terminal, in its width, in colour where it has any."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO

from prompt_contracts.data_class import dataclass
from prompt_contracts.renderers.inert_text import inert

_NARROWEST = 20
_GAP = 2


@dataclass(frozen=True, slots=True)
class Field:
    """What stands in one row and column; the style adds nothing that the text does not say."""

    text: str
    style: str = ""
    """A colour by rich's name, such as `red`; empty for none."""


@dataclass(frozen=True, slots=True)
class GridColumn:
    """A column; one that folds breaks its texts into several lines where there is no room."""

    title: str
    is_folding: bool = False


def grid_width(columns: Sequence[GridColumn], rows: Sequence[Sequence[Field]]) -> int:
    """How wide a grid is with nothing folded, in cells of a terminal."""
    from rich.cells import cell_len

    widths = (
        max([cell_len(column.title), *(cell_len(inert(row[place].text)) for row in rows)])
        for place, column in enumerate(columns)
    )
    return sum(widths) + _GAP * (len(columns) - 1)


def grid(
    columns: Sequence[GridColumn], rows: Sequence[Sequence[Field]], *, width: int, is_coloured: bool = False
) -> str:
    """The lines of a grid; what folds stands left, all else right and whole."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold" if is_coloured else "")
    for column in columns:
        table.add_column(
            inert(column.title),
            justify="left" if column.is_folding else "right",
            no_wrap=not column.is_folding,
            overflow="fold" if column.is_folding else "crop",
        )
    for row in rows:
        table.add_row(*(Text(inert(field.text), style=field.style) for field in row))
    sink = StringIO()
    Console(
        file=sink,
        width=max(width, _NARROWEST),
        color_system="standard" if is_coloured else None,
        force_terminal=is_coloured,
        legacy_windows=False,
    ).print(table)
    return "\n".join(line.rstrip() for line in sink.getvalue().rstrip("\n").splitlines())
