"""Cases by models, or by the prompts of one model: verdict, trials that passed, and cost of each cell."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from prompt_contracts.renderers.amounts import dollars
from prompt_contracts.renderers.grid import Field, GridColumn, grid, grid_width
from prompt_contracts.renderers.verdict_words import VERDICT_SIGNS
from prompt_contracts.report import Report
from prompt_contracts.verdict import CaseResult, VerdictWord

_STYLES: dict[VerdictWord, str] = {"passed": "green", "failed": "red", "error": "yellow"}
_LABEL_WIDTH = 28
"""What the names of cells get at least, before anything of the cells is left out."""

_Content = Callable[[CaseResult], str]


def matrix_text(report: Report, *, width: int, is_coloured: bool = False) -> str:
    """The matrix in a width: where there is no room, models become numbers with a legend, then costs are left out,
    then the models are spread over several tables.
    """
    matrix = _Matrix(report)
    legend = [f"  {number}  {name}" for number, name in enumerate(matrix.names, start=1)]
    numbers = [str(number) for number in range(1, len(matrix.names) + 1)]
    for titles, above in ((matrix.names, []), (numbers, legend)):
        for content in (_in_full, _without_cost):
            if matrix.width(titles, content) <= width:
                return "\n".join([*above, matrix.grid(titles, content, width=width, is_coloured=is_coloured)])
    return "\n".join([*legend, *matrix.pieces(numbers, width=width, is_coloured=is_coloured)])


class _Matrix:
    def __init__(self, report: Report) -> None:
        models = list(dict.fromkeys(result.model_id for result in report.results))
        prompts = list(dict.fromkeys(result.prompt for result in report.results if result.prompt is not None))
        # Of one model, it is the prompts that are compared.
        self._is_by_prompt = len(models) == 1 and len(prompts) > 1
        is_mixed = any(result.prompt is None for result in report.results)
        self.names = [*prompts, *(["no prompt"] if is_mixed else [])] if self._is_by_prompt else models
        self._cells: dict[tuple[str, str], dict[str, CaseResult]] = {}
        for result in report.results:
            self._cells.setdefault((result.path, self._label(result)), {})[self._name(result)] = result

    def _name(self, result: CaseResult) -> str:
        return (result.prompt or "no prompt") if self._is_by_prompt else result.model_id

    def _label(self, result: CaseResult) -> str:
        axes = [result.row, result.relation, None if self._is_by_prompt else result.prompt]
        inside = "-".join(axis for axis in axes if axis is not None)
        return f"{result.case}[{inside}]" if inside else result.case

    def width(self, titles: Sequence[str], content: _Content) -> int:
        """What a table takes, with as much room for the names of cells as they need at least."""
        rows = list(self._rows(self.names, content))
        label = max(len(row[0].text) for row in rows)
        return grid_width(_columns(titles), rows) - label + min(label, _LABEL_WIDTH)

    def grid(self, titles: Sequence[str], content: _Content, *, width: int, is_coloured: bool) -> str:
        return grid(_columns(titles), list(self._rows(self.names, content)), width=width, is_coloured=is_coloured)

    def pieces(self, titles: Sequence[str], *, width: int, is_coloured: bool) -> Iterator[str]:
        """Several tables, each with as many models as fit."""
        own = max(len(_without_cost(cell)) for row in self._cells.values() for cell in row.values())
        each = max(own, *map(len, titles)) + 2
        many = max(1, (width - _LABEL_WIDTH) // each)
        for start in range(0, len(titles), many):
            rows = list(self._rows(self.names[start : start + many], _without_cost))
            yield grid(_columns(titles[start : start + many]), rows, width=width, is_coloured=is_coloured)

    def _rows(self, names: Sequence[str], content: _Content) -> Iterator[list[Field]]:
        paths = {path for path, _ in self._cells}
        last = None
        for (path, label), cells in self._cells.items():
            if len(paths) > 1 and path != last:
                yield [Field(path, "bold"), *(Field("") for _ in names)]
                last = path
            found = [cells.get(name) for name in names]
            yield [
                Field(f"  {label}" if len(paths) > 1 else label),
                *(Field("–") if cell is None else Field(content(cell), _STYLES[cell.verdict]) for cell in found),
            ]
        yield [Field("passed"), *(Field(self._total(name)) for name in names)]

    def _total(self, name: str) -> str:
        verdicts = [cells[name].verdict for cells in self._cells.values() if name in cells]
        scored = len(verdicts) - verdicts.count("error")
        return f"{verdicts.count('passed')}/{scored}"


def _columns(titles: Sequence[str]) -> list[GridColumn]:
    return [GridColumn("case", is_folding=True), *(GridColumn(title) for title in titles)]


def _in_full(cell: CaseResult) -> str:
    return f"{_without_cost(cell)}  {dollars(cell.cost, is_lower_bound=cell.unpriced > 0)}"


def _without_cost(cell: CaseResult) -> str:
    verdicts = [trial.verdict for trial in cell.trials]
    if len(verdicts) < 2:
        return VERDICT_SIGNS[cell.verdict]
    return f"{VERDICT_SIGNS[cell.verdict]} {verdicts.count('passed')}/{len(verdicts) - verdicts.count('error')}"
