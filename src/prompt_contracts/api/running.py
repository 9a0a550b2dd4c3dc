"""`load` and `run`: what `pytest cases/` does, as two calls. Threads ask a network ahead; nothing is printed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from decimal import Decimal
from pathlib import Path
from typing import Literal, TypeAlias

from prompt_contracts.changed_fields import replace
from prompt_contracts.data_class import dataclass
from prompt_contracts.engine.lookahead import Lookahead
from prompt_contracts.engine.money import budget_problem
from prompt_contracts.engine.projects import Project, Projects
from prompt_contracts.engine.run_options import RunOptions
from prompt_contracts.engine.selection import load_selected
from prompt_contracts.engine.trials import Exchange
from prompt_contracts.errors import UsageError
from prompt_contracts.renderers.diagnostics import diagnostics_text
from prompt_contracts.report import BrokenResult, Report
from prompt_contracts.secret import Environment
from prompt_contracts.transport.limits import DEFAULT_CONCURRENCY
from prompt_contracts.trial import Cell
from prompt_contracts.verdict import CaseResult

CasePath: TypeAlias = "str | os.PathLike[str]"
RecordMode = Literal["none", "once", "new_episodes", "all", "rewrite", "live"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """Case files that were loaded: what `run` takes."""

    paths: tuple[str, ...]
    """The files and folders that were named."""
    ids: tuple[str, ...] = ()
    """The cells, by the ids that pytest gives them from this folder."""
    broken: Mapping[str, str] = field(default_factory=dict)
    """The cases that cannot run -> what is wrong with them, and where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStep:
    """One cell of a run that has its result."""

    result: CaseResult
    done: int
    """Cells that have one by now, this one included."""
    total: int


@dataclass(slots=True, kw_only=True, eq=False)
class _Planned:
    """One cell that is to run, known by its identity."""

    project: Project
    cell: Cell


def load(*paths: CasePath) -> Cases:
    """Read case files, folders of them, or patterns such as `cases/*.yaml`; nobody is asked.

    Mistakes in cases come back under `broken`. `UsageError` is raised for a path that selects no case file.

    >>> from prompt_contracts import load
    >>> load("cases").ids
    ('cases/greets.yaml::greets[house:small]',)
    """
    names = tuple(str(path) for path in paths)
    with _projects(names, RunOptions(root=Path.cwd(), cassettes=_FOLDER)) as projects:
        ids = tuple(_seen_from_here(each).id for each in _planned(projects))
        return Cases(paths=names, ids=ids, broken={one.id: one.message for one in _broken(projects)})


def run(
    cases: Cases | CasePath,
    *,
    record: RecordMode = "none",
    models: tuple[str, ...] | list[str] | None = None,
    trials: int | None = None,
    budget: Decimal | float | str | None = None,
    concurrency: int = DEFAULT_CONCURRENCY,
    is_code_refused: bool = False,
    on_progress: Callable[[RunStep], object] | None = None,
) -> Report:
    """Run cases and say what came of them, as `pytest` does on the same files and recordings.

    By default everything is replayed, and nobody is asked. `record` is what `--pc-record` takes, or `live`, and the
    other arguments are the options of their names; `is_code_refused` is `--pc-no-code`. `on_progress` is called after
    each cell. What is wrong with the options, keys or budget is raised as `UsageError`; what is wrong with a case, a
    recording or a provider stands in the report.

    >>> from prompt_contracts import run
    >>> report = run("cases", on_progress=lambda step: print(f"{step.done} of {step.total}"))
    1 of 1
    >>> [result.verdict for result in report.results]
    ['passed']
    """
    options = RunOptions(
        root=Path.cwd(),
        mode=record,
        cassettes=_FOLDER,
        models=None if models is None else tuple(models),
        model_option="models",
        trials=trials,
        budget=None if budget is None else Decimal(str(budget)),
        concurrency=concurrency,
        is_code_refused=is_code_refused,
        has_full_results=True,
    )
    paths = cases.paths if isinstance(cases, Cases) else (str(cases),)
    with _projects(paths, options) as projects:
        planned = [each for each in _planned(projects) if each.cell.case.skip is None]
        _check(projects, planned)
        results: list[CaseResult] = []
        for place, (each, exchange) in enumerate(_asked(projects, planned)):
            own = each.project.run
            result = own.masked_result(_placed(each.project, own.judge(each.cell, exchange)))
            results.append(replace(result, place=place))
            if on_progress is not None:
                on_progress(RunStep(result=results[-1], done=len(results), total=len(planned)))
        return projects.report(results, broken=tuple(_broken(projects)))


_FOLDER = Path("cassettes")


@contextmanager
def _projects(paths: tuple[str, ...], options: RunOptions) -> Iterator[Projects]:
    here = Path.cwd()
    own = replace(options, root=here, cassettes=here / _FOLDER, shown_from=here)
    projects = Projects(own, environ=Environment(os.environ), cassettes=_FOLDER)
    try:
        load_selected(projects, paths, folder=here)
        yield projects
    finally:
        projects.close()


def _planned(projects: Projects) -> Iterator[_Planned]:
    for project in projects.found:
        for file in project.files.values():
            yield from (_Planned(project=project, cell=cell) for cell in file.cells)


def _broken(projects: Projects) -> Iterator[BrokenResult]:
    for project in projects.found:
        placement = project.seen_from(Path.cwd())
        for file in project.files.values():
            for place, case in enumerate(file.broken, start=len(file.cells)):
                text = diagnostics_text(map(placement.diagnostic, case.diagnostics))
                name = f"{placement.path(file.path)}::{case.name}"
                yield BrokenResult(id=name, place=place, message=project.run.masked(text))


def _check(projects: Projects, planned: list[_Planned]) -> None:
    """Refuse what could not be paid, asked or kept, while nobody was asked."""
    if projects.options.mode == "none":
        return
    unset: dict[str, None] = {}
    for project in projects.found:
        own = [each.cell for each in planned if each.project is project]
        unset |= dict.fromkeys(project.run.unset_keys(own))
    if unset:
        raise UsageError(f"key not set: {', '.join(unset)}; set it in the environment or in .env", code="PC301")
    for project in projects.found:
        own = [each.cell for each in planned if each.project is project]
        if projects.options.budget is not None:
            problem = budget_problem(list(project.run.unbounded(own)))
            if problem is not None:
                raise UsageError(problem, code="PC320")
        project.run.check_network(own)
        project.run.check_places(own)


def _asked(projects: Projects, planned: list[_Planned]) -> Iterator[tuple[_Planned, Exchange]]:
    """What came of each cell, in order; those that wait for a network are asked ahead by threads."""
    ahead = Lookahead(concurrency=projects.options.concurrency, on_news=lambda _news: None, on_stop=projects.stop)
    ahead.cpu.leave()
    waiting = [each for each in planned if each.project.run.is_worth_asking_ahead(each.cell)]
    try:
        for each in waiting:
            ahead.start(each, each.project.run.begin)
        started = set(waiting)
        for each in planned:
            yield each, ahead.take(each) if each in started else each.project.run.exchange(each.cell)
    finally:
        ahead.stop()


def _placed(project: Project, result: CaseResult) -> CaseResult:
    return project.seen_from(Path.cwd()).result(result)


def _seen_from_here(planned: _Planned) -> Cell:
    placement = planned.project.seen_from(Path.cwd())
    case = planned.cell.case
    return replace(planned.cell, case=replace(case, path=placement.path(case.path)))
