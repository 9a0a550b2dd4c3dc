"""`prompt-contracts cassettes prune`: what no cell uses goes, or is said to go."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from prompt_contracts.cli.output import counted, print_text, say
from prompt_contracts.cli.recordings_scope import RecordingsScope, open_scope, typed_path
from prompt_contracts.engine.projects import Project
from prompt_contracts.upkeep.inventory import Inventory
from prompt_contracts.upkeep.pruning import LeftAlone, Removal, plan_pruning, prune


def prune_cassettes(
    cases: Sequence[str],
    *,
    root: Path | None,
    no_code: bool,
    cassettes: str | None,
    models: Sequence[str] | None,
    trials: str | None,
    has_other_models: bool,
    is_applied: bool,
) -> int:
    """Say what goes, and remove it where `is_applied`; 1 when there is something to remove, or some of it stays."""
    scope = open_scope(cases, root=root, no_code=no_code, cassettes=cassettes, models=models, trials=trials)
    refusal = _refusal(scope, is_all=not cases, is_folder_typed=cassettes is not None)
    if refusal is not None:
        say(f"nothing was removed: {refusal}")
        return 1
    found = scope.inventories()
    plan = plan_pruning([inventory for _, inventory in found], has_other_models=has_other_models)
    problems = [
        f"{typed_path(inventory.folder)}: {problem}" for _, inventory in found for problem in inventory.problems
    ]
    failed = 0
    for removal in plan.removals:
        problem = prune(removal, places=_places(removal, found)) if is_applied else None
        failed += problem is not None
        _print(scope, _line(removal, is_applied=is_applied, problem=problem))
    for left in plan.left:
        _print(scope, _left_line(left))
    for line in problems:
        say(scope.loaded.projects.masked(line))
    say(_summary(plan.removals, is_applied=is_applied, failed=failed))
    is_open = bool(plan.removals) and not is_applied
    return int(is_open or failed > 0 or bool(problems))


def _refusal(scope: RecordingsScope, *, is_all: bool, is_folder_typed: bool) -> str | None:
    """Why nobody can tell what is used; None where it is certain."""
    files = scope.loaded.files
    if not files:
        return "there is no case file here, so nobody can tell what is used; give --root, or remove the folder yourself"
    if scope.loaded.is_broken:
        if is_all:
            return "what a case file with mistakes uses is not known: correct it, or name the case files that are sound"
        return "what a case file with mistakes uses is not known: correct it first"
    for project in scope.projects:
        folder = project.run.options.cassettes
        if not is_folder_typed and project.root not in folder.parents:
            return (
                f"{folder} lies outside of the project, and nobody knows who else uses it: "
                "if nobody does, name it with --cassettes"
            )
    return None


def _places(removal: Removal, found: Sequence[tuple[Project, Inventory]]) -> tuple[Path, ...]:
    return next(project.run.places for project, inventory in found if inventory.folder == removal.folder)


def _print(scope: RecordingsScope, line: str) -> None:
    print_text(scope.loaded.projects.masked(line))


def _line(removal: Removal, *, is_applied: bool, problem: str | None) -> str:
    known = removal.known
    path = typed_path(known.path)
    numbers = ", ".join(map(str, known.unused[:10])) + (", …" if len(known.unused) > 10 else "")
    what = path if removal.text is None else f"{path}: {counted(len(known.unused), 'interaction')} ({numbers})"
    if problem is not None:
        return f"NOT removed   {what}: {problem}"
    return f"{'removed' if is_applied else 'would remove':<13} {what}"


def _left_line(left: LeftAlone) -> str:
    return f"{'left alone':<13} {typed_path(left.known.path)}: {left.reason}"


def _summary(removals: Sequence[Removal], *, is_applied: bool, failed: int) -> str:
    if not removals:
        return "nothing to remove"
    files = sum(removal.text is None for removal in removals)
    inner = sum(len(removal.known.unused) for removal in removals if removal.text is not None)
    parts = [counted(files, "file")] if files else []
    parts += [f"{counted(inner, 'interaction')} of files in use"] if inner else []
    told = " and ".join(parts)
    if not is_applied:
        return f"{told} would go; --apply removes them"
    return f"{told} removed" if not failed else f"{told} were to go, and {counted(failed, 'file')} stayed as it was"
