"""`prompt-contracts reduce`: the smallest prompt of a cell that still fails, or still passes. Asks the provider."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from prompt_contracts.case import Case, Requirement
from prompt_contracts.cli.case_selection import is_code_refused_here
from prompt_contracts.cli.output import counted, print_text, say
from prompt_contracts.cli.reduction_display import ReductionDisplay
from prompt_contracts.cli.reduction_place import RECORDINGS, file_name, head, reduction_folder, sealed
from prompt_contracts.engine.loading import LoadedFile
from prompt_contracts.engine.money import budget_problem
from prompt_contracts.engine.projects import Project, Projects
from prompt_contracts.engine.prompt_pieces import Piece
from prompt_contracts.engine.reducing import FIRST_ASKS, Asked, Keep, Reduced, Reducer
from prompt_contracts.engine.run_options import RunOptions
from prompt_contracts.errors import UsageError
from prompt_contracts.exchange.written_case import written_case
from prompt_contracts.renderers.amounts import count, dollars, percent
from prompt_contracts.results.statistics import is_lower
from prompt_contracts.scaffold.planned_file import Folder
from prompt_contracts.secret import Environment
from prompt_contracts.spelling import nearest
from prompt_contracts.transport.cassette_store import read_text
from prompt_contracts.trial import Cell

_ASKED = "asked"
_SHOWN_PIECES = 20
_SHOWN_TEXT = 76


def reduce_case(
    cell: str, *, keep: Keep, calls: int, budget: Decimal | None, out: Path | None, trials: int | None
) -> int:
    """Reduce one cell, and write it beside its recordings; 1 where it ended before every piece had been tried."""
    path, _, name = cell.partition("::")
    if trials not in (None, 1):
        raise UsageError(f"--trials {trials}: how often a prompt is asked goes by its answers; 1 asks each once")
    if calls < _first(trials):
        raise UsageError(
            f"--calls {calls}: the prompt as it is takes {_first(trials)} of them; give {_first(trials)} or more"
        )
    if not name:
        raise UsageError(f"{cell}: name the cell as pytest does, such as cases/weather.yaml::asks[openai:gpt-5-mini]")
    projects = _projects(budget, cassettes=Path(RECORDINGS), mode="none")
    project, found = _found(projects, Path(path), name)
    _refuse_others(found)
    folder = reduction_folder(project, out, found)
    display = ReductionDisplay(sys.stderr)
    asking = _projects(budget, cassettes=folder / _ASKED, mode="once")
    try:
        asked_project, started = _found(asking, Path(path), name)
        _check(asked_project, started)
        reducer = Reducer(
            asked_project.run,
            started,
            keep=keep,
            calls=calls,
            is_repeating=trials != 1,
            tell=lambda text: display.tell(asking.masked(text)),
            show=display.show,
        )
        say(f"reducing {found.id}: at most {counted(calls, 'call')}, {_first(trials)} of them for the prompt as it is")
        reduced = reducer.reduce()
    finally:
        display.clear()
        asking.close()
    file = _written(project, folder, found, reduced, keep)
    _tell(asking, found, reduced, keep)
    _tell_where(file, folder)
    return int(reduced.stopped is not None)


def _first(trials: int | None) -> int:
    return 1 if trials == 1 else FIRST_ASKS


def _projects(budget: Decimal | None, *, cassettes: Path, mode: str) -> Projects:
    here = Path.cwd()
    options = RunOptions(
        root=here,
        cassettes=here / cassettes,
        shown_from=here,
        budget=budget,
        is_folder_named=True,
        is_code_refused=is_code_refused_here(),
    )
    if mode == "once":
        options = replace(options, mode="once")
    return Projects(options, environ=Environment(os.environ), cassettes=cassettes)


def _found(projects: Projects, path: Path, name: str) -> tuple[Project, Cell]:
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file")
    project = projects.of(path)
    loaded: LoadedFile | None = project.load(path, is_named=True)
    cells = {cell.case.item_name: cell for cell in (() if loaded is None else loaded.cells)}
    chosen = [
        cell for item, cell in cells.items() if name == item or (name == cell.case.name and not cell.case.relation)
    ]
    if len(chosen) == 1:
        return project, chosen[0]
    if chosen:
        raise UsageError(f"{path}::{name} has {len(chosen)} cells: name one, such as {chosen[0].case.item_name}")
    if loaded is not None and any(broken.name in (name, name.partition("[")[0]) for broken in loaded.broken):
        raise UsageError(f"{path}::{name} cannot run as it is written: prompt-contracts check {path} says why")
    near = nearest(name, cells)
    hint = f"did you mean {near}?" if near else f"it has {', '.join(list(cells)[:5]) or 'no cell that can run'}"
    raise UsageError(f"{path} has no cell {name}: {hint}")


def _refuse_others(cell: Cell) -> None:
    case = cell.case
    reasons = {
        "it drives an application, whose prompt is not in the case": case.is_application,
        "it has turns, of which each depends on what was answered before": bool(case.turns),
        "it has a fault, which no prompt causes": case.fault is not None,
        "its prompt lies at the provider, with the assistant": cell.endpoint == "assistants",
    }
    for reason, holds in reasons.items():
        if holds:
            raise UsageError(f"{case.id} cannot be reduced: {reason}")


def _check(project: Project, cell: Cell) -> None:
    """What would keep the first request from being sent, or the first answer from being kept."""
    unset = project.run.unset_keys([cell])
    if unset:
        raise UsageError(f"key not set: {', '.join(unset)}; set it in the environment or in .env", code="PC301")
    if project.run.options.budget is not None:
        problem = budget_problem(list(project.run.unbounded([cell])), option="--budget")
        if problem is not None:
            raise UsageError(problem, code="PC320")
    project.run.check_network([cell])
    project.run.check_places([cell])


def _written(project: Project, folder: Path, cell: Cell, reduced: Reduced, keep: Keep) -> Path:
    """The case file and its recording; both are files of this command's own."""
    there = Folder(root=project.root.resolve())
    name = (folder.relative_to(project.root) / file_name(cell)).as_posix()
    did = "failed in the same way" if keep == "failing" else "passed"
    told = f"It {did} in {_of_answers(reduced.end)}, and the whole prompt in {_of_answers(reduced.start)}."
    case = _as_measured(reduced.end, keep)
    there.write(name, sealed(written_case(case, name=cell.case.name, path=name, head=[head(cell), told])))
    file = folder / file_name(cell)
    projects = _projects(None, cassettes=folder / RECORDINGS, mode="none")
    try:
        loaded = projects.of(file).load(file, is_named=True)
    finally:
        projects.close()
    recorded = read_text(folder / _ASKED / reduced.end.cell.cassette)
    if loaded is None or not loaded.cells or recorded is None:
        raise UsageError(f"{file} was written and cannot be run: prompt-contracts check {file} says why")
    recording = (folder / RECORDINGS / loaded.cells[0].cassette).relative_to(project.root)
    there.write(recording.as_posix(), recorded)
    return file


def _as_measured(end: Asked, keep: Keep) -> Case:
    """The case that its recording replays as it was measured: by one answer, or where they differ by all of them."""
    number = len(end.results)
    if end.wanted == number:
        return replace(end.cell.case, trials=1)
    require = Requirement(count=end.wanted) if keep == "passing" else Requirement()
    return replace(end.cell.case, trials=number, require=require)


def _tell(projects: Projects, cell: Cell, reduced: Reduced, keep: Keep) -> None:
    lines = [f"{cell.id}", f"  before  {_asked(reduced.start, keep)}", f"  after   {_asked(reduced.end, keep)}"]
    if (seldomer := _seldomer(reduced)) is not None:
        lines.append(f"          {seldomer}")
    if keep == "passing":
        lines.append(f"  {_saved(reduced)}")
    cost = "cost unknown" if reduced.cost is None else dollars(reduced.cost)
    lines.append(f"  {counted(reduced.calls, 'call')}, {cost}, those of earlier runs of this command included")
    left = f"{len(reduced.kept)} of {counted(reduced.pieces, 'piece')} left"
    ends = "; nothing else of it can go" if reduced.stopped is None else ", and more may be able to go"
    same = "the same without any of them" if seldomer is None else "so without any of them, but less often"
    lines.append(f"  {left}{ends}:" if reduced.kept else f"  {left}: it does {same}")
    shown = _shown(reduced.kept)
    for piece in shown[:_SHOWN_PIECES]:
        text = " ".join(piece.text.split())
        lines.append(f"    {piece.kind:8}  {text if len(text) <= _SHOWN_TEXT else text[: _SHOWN_TEXT - 1] + '…'}")
    if len(shown) > _SHOWN_PIECES:
        lines.append(f"    … {len(shown) - _SHOWN_PIECES} more")
    if reduced.stopped is not None:
        lines.append(f"  stopped: {reduced.stopped}")
        lines.append("  the same command goes on from here, and asks nothing twice")
    print_text(projects.masked("\n".join(lines)))


def _shown(kept: Sequence[Piece]) -> list[Piece]:
    """What is left; a message that was cut is told by its sentences."""
    cut = {piece.place[0] for piece in kept if piece.kind == "sentence"}
    return [
        replace(piece, text=f"{piece.text.partition(':')[0]}, cut to the sentences below")
        if piece.kind == "message" and piece.place[0] in cut
        else piece
        for piece in kept
    ]


def _asked(asked: Asked, keep: Keep) -> str:
    done = "fails in the same way" if keep == "failing" else "passes"
    return f"{done} in {_of_answers(asked)} ({percent(asked.rate)}); {count(asked.prompt_tokens)} tokens of prompt"


def _of_answers(asked: Asked) -> str:
    return f"{asked.wanted} of {counted(len(asked.results), 'answer')}"


def _seldomer(reduced: Reduced) -> str | None:
    """That the shorter prompt does it less often than the whole one, where it does."""
    start, end = reduced.start, reduced.end
    if end.rate >= start.rate:
        return None
    is_sure = is_lower((end.wanted, len(end.results)), (start.wanted, len(start.results)))
    why = "more than luck would make it" if is_sure else "which may be luck"
    unsettled = (
        "" if end.is_settled else f"; {counted(len(end.results), 'answer')} did not settle whether it still does"
    )
    rates = f"{percent(end.rate, unlike=start.rate)} against {percent(start.rate, unlike=end.rate)}"
    return f"less often than before ({rates}), {why}{unsettled}"


def _saved(reduced: Reduced) -> str:
    before, after = reduced.start.prompt_tokens, reduced.end.prompt_tokens
    if before is None or after is None:
        return "saves      tokens that nobody knows: the provider counts none"
    of = f" ({percent((before - after) / before)})" if before else ""
    return f"saves   {before - after:,} of {before:,} tokens of prompt{of}"


def _tell_where(file: Path, folder: Path) -> None:
    here = Path.cwd()
    shown = [each.relative_to(here) if each.is_relative_to(here) else each for each in (file, folder / RECORDINGS)]
    print_text(f"wrote {shown[0]}\nreplay it with  pytest {shown[0]} --pc-cassettes={shown[1]}")
