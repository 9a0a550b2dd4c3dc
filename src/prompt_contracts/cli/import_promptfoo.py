"""`prompt-contracts import promptfoo`: a configuration -> a case file. Runs nothing of it, and asks nobody."""

from __future__ import annotations

from pathlib import Path

from prompt_contracts.cli.imported_file import cases_of, put_in_place, sound, tell_of_losses
from prompt_contracts.cli.output import counted, say
from prompt_contracts.errors import UsageError
from prompt_contracts.exchange.case_text import case_text
from prompt_contracts.exchange.promptfoo.carrying_over import carried_over
from prompt_contracts.exchange.promptfoo.foreign_values import NotCarriedError, slug

_STEM = "promptfooconfig"


def import_promptfoo(*, file: str, out: str, is_forced: bool) -> int:
    """Write the case file; 1 where something could not be carried over."""
    source = Path(file)
    if not source.is_file():
        raise UsageError(f"there is no file {file}")
    try:
        carried = carried_over(source)
    except NotCarriedError as error:
        raise UsageError(f"{file}: {error}") from None
    dropped = list(carried.dropped)
    tree = sound(carried.tree, dropped) if carried.tree else {}
    if tree:
        target = Path(out) / f"{_stem(source)}.yaml"
        put_in_place(target, case_text(tree, head=carried.head), source, is_forced=is_forced)
        say(f"wrote {target}: {counted(len(cases_of(tree)), 'case')}")
    tell_of_losses(dropped, carried.differences, is_written=bool(tree))
    return int(bool(dropped) or not tree)


def _stem(source: Path) -> str:
    stem = source.name.partition(".")[0]
    named = source.resolve().parent.name if stem == _STEM else stem
    return slug(named) or "imported"
