"""`prompt-contracts compare`: reports of runs -> what is different between them. Runs nothing, asks nobody."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, assert_never

from prompt_contracts.cli.output import is_coloured, opened_output, print_painted, print_text, say, terminal_width
from prompt_contracts.comparison import Comparison
from prompt_contracts.errors import UsageError
from prompt_contracts.exchange.report_file import read_report
from prompt_contracts.renderers.gate_text import broken_gate_text, gap_text
from prompt_contracts.renderers.inert_text import inert
from prompt_contracts.results.comparisons import LabelledReport, chosen, compare_runs, compare_within
from prompt_contracts.results.gates import broken_gates, gaps, read_gate

_STANDARD = "-"
_FILE_WIDTH = 120


def compare_reports(
    reports: Sequence[str],
    *,
    by: Literal["run", "model", "prompt"],
    base: str | None,
    form: Literal["text", "json", "markdown"],
    out: str,
    gates: Sequence[str] | None,
    may_lack_cells: bool,
) -> int:
    """Print the comparison; 1 when a gate does not hold."""
    wanted = [read_gate(text) for text in gates or ()]
    _refuse_overwriting(reports, out)
    read = [LabelledReport(label=label, report=read_report(Path(name), shown=name)) for label, name in _labels(reports)]
    comparison = _compared(reports, read, by, base)
    _write(_text(comparison, form, is_file=out != _STANDARD), out, form)
    broken = broken_gates(comparison, wanted)
    for each in broken:
        say(broken_gate_text(each, comparison))
    open_gaps = gaps(comparison, wanted, may_lack_cells=may_lack_cells)
    for gap in open_gaps:
        say(gap_text(gap))
    if wanted and not broken and not open_gaps:
        say(f"every gate holds: {', '.join(gate.text for gate in wanted)}")
    return int(bool(broken or open_gaps))


def _compared(
    names: Sequence[str], reports: Sequence[LabelledReport], by: Literal["run", "model", "prompt"], base: str | None
) -> Comparison:
    if by != "run":
        return compare_within(reports, by, base=base)
    if len(reports) < 2:
        raise UsageError("one report is nothing to compare: give another one, or --by model or --by prompt")
    labels = [each.label for each in reports]
    place = 0
    if base is not None:
        place = list(names).index(base) if base in names else labels.index(chosen(base, labels, "report"))
    return compare_runs(reports[place], [*reports[:place], *reports[place + 1 :]])


def _labels(names: Sequence[str]) -> list[tuple[str, str]]:
    """Each file with a short name that no other one has: its own, else its path, else its path and a number."""
    short = Counter(Path(name).stem for name in names)
    labels = [Path(name).stem if short[Path(name).stem] == 1 else name for name in names]
    seen: Counter[str] = Counter()
    found: list[tuple[str, str]] = []
    for label, name in zip(labels, names, strict=True):
        seen[label] += 1
        found.append((label if seen[label] == 1 else f"{label} ({seen[label]})", name))
    return found


def _refuse_overwriting(names: Sequence[str], out: str) -> None:
    target = Path(out)
    if out == _STANDARD or not target.exists():
        return
    for name in names:
        if Path(name).exists() and Path(name).samefile(target):
            raise UsageError(f"--out {out}: this is one of the reports")


def _text(comparison: Comparison, form: Literal["text", "json", "markdown"], *, is_file: bool) -> str:
    match form:
        case "json":
            return json.dumps(comparison.to_json(), indent=2, allow_nan=False) + "\n"
        case "markdown":
            from prompt_contracts.renderers.comparison_markdown import comparison_markdown

            return comparison_markdown(comparison)
        case "text":
            from prompt_contracts.renderers.comparison_text import comparison_text

            width = _FILE_WIDTH if is_file else terminal_width()
            return comparison_text(comparison, width=width, is_coloured=not is_file and is_coloured(os.environ)) + "\n"
        case _:
            assert_never(form)


def _write(text: str, out: str, form: str) -> None:
    if out == _STANDARD:
        show = print_painted if form == "text" else print_text
        show(text.removesuffix("\n"))
        return
    with opened_output(out) as target:
        target.write(inert(text))
