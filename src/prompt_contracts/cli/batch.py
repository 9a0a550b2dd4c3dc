"""`prompt-contracts batch`: cases -> the input file of a Batch API. Sends nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from prompt_contracts.cli.case_selection import Loaded, load_cases, say_what_is_wrong
from prompt_contracts.cli.output import counted, opened_output, say
from prompt_contracts.engine.replies import needs_flow
from prompt_contracts.exchange.batch_input import batch_address, batch_lines, is_streamed
from prompt_contracts.trial import Cell


def batch(cases: Sequence[str], *, model: str, out: str, root: Path | None, no_code: bool) -> int:
    """Write a line for each trial of each cell; 1, and nothing is written, when a case is broken."""
    loaded = load_cases(cases, root=root, models=(model,), no_code=no_code)
    say_what_is_wrong(loaded)
    if loaded.is_broken:
        say("nothing was written: correct the cases first")
        return 1
    cells = [cell for file in loaded.files for cell in file.cells]
    asked = [cell for cell in cells if cell.case.skip is None]
    refused = {cell.id: reason for cell in asked if (reason := needs_flow(cell.case)) is not None}
    if refused:
        for cell_id, reason in refused.items():
            say(f"{cell_id}: a case with {reason} takes more than one request, and no batch can hold it")
        say("nothing was written: leave these cases out")
        return 1
    repeated = [cell_id for cell_id, count in Counter(cell.id for cell in asked).items() if count > 1]
    if repeated:
        say(f"nothing was written: {repeated[0]} names a cell in more than one project; take them one by one")
        return 1
    lines = [line for cell in asked for line in batch_lines(cell)]
    if not lines:
        say("nothing was written: every case is skipped")
        return 1
    secret = _secret_in(loaded, lines)
    if secret is not None:
        say(f"nothing was written: PC203 line {secret} would hold the value of a key of the environment")
        return 1
    with opened_output(out) as target:
        target.writelines(f"{line}\n" for line in lines)
    _say_what_is_special(asked)
    skipped = f" · {counted(len(cells) - len(asked), 'cell')} skipped" if len(asked) < len(cells) else ""
    say(f"{counted(len(lines), 'request')} of {counted(len(asked), 'cell')}{skipped}")
    return 0


def _say_what_is_special(cells: Sequence[Cell]) -> None:
    """What the Batch API would refuse: streams, which were left out, and several endpoints in one file."""
    streamed = [cell for cell in cells if is_streamed(cell)]
    if streamed:
        say(f"'stream' of {counted(len(streamed), 'cell')} is left out: a batch brings every answer in one piece")
    addresses = Counter(map(batch_address, cells))
    if len(addresses) > 1:
        told = " and ".join(f"{count} for {address}" for address, count in sorted(addresses.items()))
        say(f"warning: a batch takes requests for one endpoint only, and these are {told}: split the file")


def _secret_in(loaded: Loaded, lines: Sequence[str]) -> int | None:
    """The number of the first line that holds a secret: what goes into a file must not."""
    return next((number for number, line in enumerate(lines, start=1) if loaded.projects.masked(line) != line), None)
