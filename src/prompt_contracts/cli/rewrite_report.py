"""`prompt-contracts report`: JSON reports, or the parts of one run -> another format, or the table. Runs nothing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from prompt_contracts.cli.output import is_coloured, print_painted, say, terminal_width
from prompt_contracts.errors import UsageError
from prompt_contracts.exchange.report_file import read_report
from prompt_contracts.renderers.inert_text import inert
from prompt_contracts.renderers.report_formats import REPORT_FORMATS, report_text
from prompt_contracts.report import Report
from prompt_contracts.results.report_parts import merge_reports
from prompt_contracts.transport.cassette_store import write_text


def rewrite_report(reports: Sequence[str], *, outs: Sequence[str] | None, has_matrix: bool) -> int:
    """Write each file of `--out`; without any, print the table that the run ended with."""
    for name in outs or ():
        _refuse(name, reports)
    read = [read_report(Path(name), shown=name) for name in reports]
    whole = merge_reports(read) if len(read) > 1 else read[0]
    for name in outs or ():
        _write(whole, Path(name))
    if not outs:
        _print(whole, has_matrix=has_matrix)
    return 0


def _refuse(name: str, reports: Sequence[str]) -> None:
    path = Path(name)
    if path.suffix not in REPORT_FORMATS:
        raise UsageError(f"--out {name}: this version writes {', '.join(REPORT_FORMATS)} reports only")
    if any(path.exists() and Path(each).exists() and path.samefile(each) for each in reports):
        raise UsageError(f"--out {name}: this is one of the reports that are read")


def _write(whole: Report, path: Path) -> None:
    try:
        write_text(path, report_text(whole, path.suffix))
    except OSError as error:
        raise UsageError(f"--out {path}: cannot be written: {error.strerror}") from None
    say(f"wrote {path}")


def _print(whole: Report, *, has_matrix: bool) -> None:
    from prompt_contracts.renderers.flaky_cells import flaky_lines
    from prompt_contracts.renderers.summary import summary_text

    width = terminal_width()
    flaky = "\n".join(flaky_lines(whole, width=width, has_all=True))
    table = summary_text(whole, width=width, has_matrix=has_matrix, is_coloured=is_coloured(os.environ))
    broken = "\n".join(inert(f"not loaded: {each.id}") for each in whole.broken)
    print_painted("\n\n".join(filter(None, (flaky, broken, table))))
