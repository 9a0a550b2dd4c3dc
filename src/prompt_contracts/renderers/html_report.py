"""The HTML report: one file that loads nothing, works without scripts, and shows what a model said as text alone."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator
from functools import cache
from hashlib import sha256
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from prompt_contracts.comparison import CellChange, Comparison
from prompt_contracts.renderers.amounts import bill, count, dollars, interval_text, percent, seconds
from prompt_contracts.renderers.comparison_words import comparison_notes, contrast_notes
from prompt_contracts.renderers.html_cell import shown_cell, tokens
from prompt_contracts.renderers.html_matrix import build_matrix, index_of
from prompt_contracts.renderers.html_text import PictureAllowance, attribute, laid_out, shown
from prompt_contracts.renderers.plots import change_figures, figures
from prompt_contracts.renderers.relation_words import correction_words, relation_rows
from prompt_contracts.renderers.verdict_words import change_sentence, models_sentence, verdict_sentence
from prompt_contracts.report import Report
from prompt_contracts.verdict import VerdictWord

_PAGE = "report_page"
_STYLES = ("page.css", "cell.css")
_SCRIPTS = ("matrix.js", "drawer.js", "keys.js")


def html_report(report: Report, *, comparison: Comparison | str | None = None) -> str:
    """The page, with a final line feed; the same text for the same report.

    `comparison` is of this run with another one: its changes stand in the matrix, and what was before in the cells.
    """
    said: tuple[str, ...] = ()
    if isinstance(comparison, str):
        said, comparison = (comparison,), None
    changes = {} if comparison is None or comparison.by != "run" else _changes(comparison)
    style, script = _joined(_STYLES), _joined(_SCRIPTS)
    matrix = build_matrix(report.results, {cell: change.kind for cell, change in changes.items()})
    allowance = PictureAllowance()
    return (
        _environment()
        .get_template("page.html")
        .render(
            policy=_policy(style, script),
            style=Markup(style),  # noqa: S704 - a file of this package
            script=Markup(script),  # noqa: S704 - a file of this package
            report=report,
            verdict=verdict_sentence(report),
            tone=_tone(report),
            models=models_sentence(report),
            relations=tuple(relation_rows(report)),
            correction=correction_words(report),
            changes=said if comparison is None else tuple(_sentences(comparison)),
            figures=(*(() if comparison is None else change_figures(comparison)), *figures(report)),
            matrix=matrix,
            index=index_of(matrix),
            cells=(
                shown_cell(number, result, allowance, before=changes.get(result.id))
                for number, result in enumerate(report.results, start=1)
            ),
        )
    )


def _sentences(comparison: Comparison) -> Iterator[str]:
    for contrast in comparison.contrasts:
        yield f"{change_sentence(comparison, contrast)} {'; '.join(contrast_notes(contrast))}."
    yield from (f"{note}." for note in comparison_notes(comparison))


def _changes(comparison: Comparison) -> dict[str, CellChange]:
    return {change.other.id: change for contrast in comparison.contrasts for change in contrast.changes}


def _tone(report: Report) -> VerdictWord:
    verdicts = {result.verdict for result in report.results}
    is_missed = bool(report.missed_rates or report.missed_strength)
    if is_missed or any(result.is_broken or result.is_kept_unexpectedly for result in report.results):
        return "failed"
    return "error" if "error" in verdicts or report.broken or report.not_run or not verdicts else "passed"


def _policy(style: str, script: str) -> str:
    """What the page may do: its own style, its own script, and pictures that stand in it."""
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src '{_hash(style)}'",
            f"script-src '{_hash(script)}'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


@cache
def _joined(names: Iterable[str]) -> str:
    folder = files("prompt_contracts.renderers").joinpath(_PAGE)
    return "\n".join(folder.joinpath(name).read_text("utf-8") for name in names)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("prompt_contracts.renderers", _PAGE),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=attribute,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        shown=shown, dollars=dollars, seconds=seconds, count=count, percent=percent, bill=bill, tokens=tokens,
        interval=interval_text, json=laid_out,
    )  # fmt: skip
    return environment
