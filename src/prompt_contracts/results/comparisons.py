"""Reports -> a comparison: of runs, or of the models or prompts within them. Words it nowhere, renders nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Literal

from prompt_contracts.comparison import Comparison, Contrast
from prompt_contracts.data_class import dataclass
from prompt_contracts.errors import UsageError
from prompt_contracts.report import Report
from prompt_contracts.results.cell_pairs import (
    SideCells,
    cell_key,
    is_across_models,
    model_free_key,
    pair_cells,
    prompt_free_key,
    trial_rate,
)
from prompt_contracts.results.contrast import contrast_of
from prompt_contracts.results.paired_statistics import holm
from prompt_contracts.verdict import CaseResult


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledReport:
    """A report, and the name under which it is told of."""

    label: str
    report: Report

    @property
    def models(self) -> tuple[str, ...]:
        """In the order of the cells."""
        return tuple(dict.fromkeys(result.model_id for result in self.report.results))


def compare_runs(base: LabelledReport, others: Sequence[LabelledReport]) -> Comparison:
    """Other runs against one, for each model that both have; `UsageError` where no cell is in both.

    Where each of two runs has one model alone, and not the same, cells are paired without it.
    """
    contrasts: list[Contrast] = []
    left_out: dict[str, None] = {}
    missing: dict[str, None] = {}
    unproved: dict[str, None] = {}
    for other in others:
        found = list(_contrasts_of_runs(base, other))
        if not any(each.pairs for each in found):
            raise UsageError(_why_nothing_is_paired(base, other))
        contrasts += found
        left_out |= dict.fromkeys(_cells_of_one_alone(base, other))
        missing |= dict.fromkeys(_missing(base, other, found))
        unproved |= dict.fromkeys(_unproved(base, other))
    return Comparison(
        by="run",
        contrasts=_corrected(contrasts),
        left_out=tuple(left_out),
        missing=tuple(missing),
        unproved=tuple(unproved),
    )


def _contrasts_of_runs(base: LabelledReport, other: LabelledReport) -> Iterator[Contrast]:
    if is_across_models(base.models, other.models):
        sides = pair_cells(_side(base), _side(other), model_free_key)
        yield contrast_of(sides, is_across_models=True)
    elif base.models == other.models and len(base.models) == 1:
        yield contrast_of(pair_cells(_side(base), _side(other), cell_key))
    else:
        for model in base.models:
            if model in other.models:
                yield contrast_of(pair_cells(_side(base, model), _side(other, model), cell_key), model=model)


def _side(run: LabelledReport, model: str | None = None) -> SideCells:
    cells = [result for result in run.report.results if model in (None, result.model_id)]
    return SideCells(label=run.label, cells=cells, broken=[broken.id for broken in run.report.broken])


def _missing(base: LabelledReport, other: LabelledReport, found: Sequence[Contrast]) -> Iterator[str]:
    """What the base has and the other run has not, also of models that it did not ask."""
    for contrast in found:
        yield from contrast.base.alone
    if not is_across_models(base.models, other.models):
        yield from (result.id for result in base.report.results if result.model_id not in other.models)


def _unproved(base: LabelledReport, other: LabelledReport) -> Iterator[str]:
    """What did not pass in the other run, while the base does not tell whether it did there."""
    judged = {cell_key(result) for result in base.report.results if trial_rate(result) is not None}
    is_across = is_across_models(base.models, other.models)
    for result in other.report.results:
        key = (*model_free_key(result), base.models[0]) if is_across else cell_key(result)
        if key not in judged and (result.is_broken or result.verdict == "error"):
            yield result.id


def _cells_of_one_alone(base: LabelledReport, other: LabelledReport) -> Iterator[str]:
    if is_across_models(base.models, other.models):
        return
    for run, models in ((base, other.models), (other, base.models)):
        yield from (result.id for result in run.report.results if result.model_id not in models)


def _why_nothing_is_paired(base: LabelledReport, other: LabelledReport) -> str:
    for run in (base, other):
        if not run.report.results:
            return f"nothing can be compared: {run.label} holds no cell"
    start = f"nothing can be compared: no cell is in both {base.label} and {other.label}"
    if not set(base.models) & set(other.models) and not is_across_models(base.models, other.models):
        models = f"{_listed(base.models)} and {_listed(other.models)}"
        return f"{start}, which have no model in common ({models}); --by model compares models"
    first, second = base.report.results[0].id, other.report.results[0].id
    return f"{start}; the first one is {first} there and {second} here"


def compare_within(
    reports: Sequence[LabelledReport], by: Literal["model", "prompt"], *, base: str | None = None
) -> Comparison:
    """The models, or the prompts, of all reports together: each against `base`, or else against the first one.

    `UsageError` where there are not two of them, `base` is none of them, or no cell is of two of them.
    """
    named = " and ".join(each.label for each in reports)
    groups: dict[str, list[CaseResult]] = {}
    left_out = [broken.id for each in reports for broken in each.report.broken]
    for result in (result for each in reports for result in each.report.results):
        name = result.model_id if by == "model" else result.prompt
        if name is None:
            left_out.append(result.id)
        else:
            groups.setdefault(name, []).append(result)
    if len(groups) < 2:
        raise UsageError(_why_there_is_one(named, by, list(groups)))
    first = next(iter(groups)) if base is None else chosen(base, groups, by)
    key = model_free_key if by == "model" else prompt_free_key
    sides = {name: SideCells(label=name, cells=cells) for name, cells in groups.items()}
    found = [contrast_of(pair_cells(sides[first], sides[name], key)) for name in groups if name != first]
    if not any(each.pairs for each in found):
        raise UsageError(f"nothing can be compared: no case of {named} ran with {first} and with another {by}")
    return Comparison(by=by, contrasts=_corrected(found), left_out=tuple(left_out))


def chosen(name: str, names: Iterable[str], noun: str) -> str:
    """The base that was named; `UsageError` where there is none of that name."""
    known = list(names)
    if name in known:
        return name
    near = get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise UsageError(f"--base {name}: there is no such {noun}, there are {_listed(known)}{hint}")


def _why_there_is_one(named: str, by: str, found: Sequence[str]) -> str:
    if found:
        return f"nothing can be compared: {named} has one {by} alone, {found[0]}; --by {by} takes two at least"
    why = "no case of it has prompts" if by == "prompt" else "it holds no cell"
    return f"nothing can be compared by {by}: {named}: {why}"


def _corrected(contrasts: Sequence[Contrast]) -> tuple[Contrast, ...]:
    """With p-values that hold for all of them together."""
    tested = [(place, each.p_value) for place, each in enumerate(contrasts) if each.p_value is not None]
    adjusted = dict(zip((place for place, _ in tested), holm([p for _, p in tested]), strict=True))
    return tuple(replace(each, p_adjusted=adjusted.get(place)) for place, each in enumerate(contrasts))


def _listed(names: Sequence[str]) -> str:
    most = 6
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"
