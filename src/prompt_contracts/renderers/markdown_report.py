"""The Markdown report, for pull requests and for the summary of a step on GitHub. What models wrote is code, always."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from prompt_contracts.comparison import Comparison
from prompt_contracts.renderers.amounts import bill, count, dollars, interval_text, percent, seconds
from prompt_contracts.renderers.comparison_markdown import contrasts_markdown
from prompt_contracts.renderers.conversation import answer_in_short
from prompt_contracts.renderers.inert_markdown import fenced_markdown, markdown_field, plain_markdown
from prompt_contracts.renderers.trial_strip import trial_count, trial_strip
from prompt_contracts.renderers.verdict_words import VERDICT_SIGNS, verdict_sentence
from prompt_contracts.report import Report, Summary
from prompt_contracts.verdict import CaseResult

MARKDOWN_LIMIT = 60_000
"""Characters: GitHub takes 65,536 in a comment or the text of a pull request."""
_RESERVE = 400
"""Characters for saying what was cut."""
_MOST_ANSWER = 1_500
_MOST_FAILURES = 8

_COLUMNS: tuple[tuple[str, Callable[[Summary], str]], ...] = (
    ("pass", lambda row: f"{row.cells.passed}/{row.cells.scored}"),
    ("errors", lambda row: str(row.cells.errors)),
    ("trials", lambda row: f"{row.trials.passed}/{row.trials.scored}"),
    ("rate", lambda row: percent(row.rate)),
    ("95% CI", lambda row: interval_text(row.interval)),
    ("in", lambda row: count(row.prompt_tokens)),
    ("out", lambda row: count(row.completion_tokens)),
    ("cost", lambda row: dollars(row.cost, is_lower_bound=row.unpriced > 0)),
    ("p95", lambda row: seconds(row.latency_p95)),
    ("retries", lambda row: count(row.retries)),
)


def markdown_report(report: Report, *, comparison: Comparison | str | None = None, limit: int = MARKDOWN_LIMIT) -> str:
    """At most `limit` characters: what has no room is counted in the last lines.

    `comparison` is of this run with another one, or says why there is none.
    """
    blocks = [_Block("", [_head(report), *([_table(report)] if report.models else []), _money(report)])]
    if report.relations:
        blocks.append(_Block("", [_relations(report)]))
    if comparison is not None:
        told = f"{plain_markdown(comparison)}\n" if isinstance(comparison, str) else contrasts_markdown(comparison)
        blocks.append(_Block("", [told]))
    blocks += _cells_blocks(report)
    return _fitted(blocks, limit)


class _Block:
    """Pieces under a heading that folds; without a title they stand open."""

    def __init__(self, title: str, pieces: Sequence[str], *, noun: str = "") -> None:
        self.title = title
        self.pieces = pieces
        self.noun = noun

    def text(self, pieces: Sequence[str]) -> str:
        inside = "\n".join(pieces)
        if not self.title:
            return f"{inside}\n"
        return f"<details><summary>{self.title}</summary>\n\n{inside}\n</details>\n\n"


def _fitted(blocks: Sequence[_Block], limit: int) -> str:
    made, room, cut = [], limit - _RESERVE, []
    for block in blocks:
        kept: list[str] = []
        room -= len(block.text([]))
        for piece in block.pieces:
            if len(piece) + 1 > room:
                break
            room -= len(piece) + 1
            kept.append(piece)
        if kept:
            made.append(block.text(kept))
        if len(kept) < len(block.pieces):
            cut.append(f"{len(block.pieces) - len(kept)} of {_counted(len(block.pieces), block.noun or 'parts')}")
    if cut:
        made.append(f"Cut for want of room: {', '.join(cut)}. The JSON and HTML reports have them all.\n")
    return "".join(made).rstrip("\n") + "\n"


def _head(report: Report) -> str:
    is_bad = any(each.is_broken or each.is_kept_unexpectedly or each.verdict == "error" for each in report.results)
    is_missed = bool(report.missed_rates or report.missed_strength)
    sign = "✗" if is_bad or is_missed or report.broken or report.not_run or not report.results else "✓"
    return f"## {sign} Prompt contracts: {verdict_sentence(report)}\n"


def _table(report: Report) -> str:
    rows: list[tuple[str, Summary]] = []
    for model in report.models:
        rows.append((markdown_field(model.id), model))
        rows += (
            (f"– {markdown_field(prompt.prompt or '')}", prompt) for prompt in report.prompts if prompt.id == model.id
        )
    shown = [(title, value) for title, value in _COLUMNS if _is_wanted(title, report)]
    lines = [
        f"| model | {' | '.join(title for title, _ in shown)} |",
        f"|---|{'---:|' * len(shown)}",
        *(f"| {name} | {' | '.join(value(row) for _, value in shown)} |" for name, row in rows),
    ]
    return "\n".join([*lines, ""])


def _relations(report: Report) -> str:
    """How the changes did under which contracts must hold."""
    from prompt_contracts.renderers.relation_words import correction_words, relation_rows

    correction = correction_words(report)
    title = f"passed ({correction})" if correction else "passed"
    rows = [" | ".join(map(markdown_field, row)) for row in relation_rows(report)]
    return "\n".join([f"| under the change | model | {title} |", "|---|---|---|", *(f"| {row} |" for row in rows), ""])


def _is_wanted(title: str, report: Report) -> bool:
    if title == "errors":
        return any(row.cells.errors for row in report.models)
    if title == "retries":
        return any(row.retries for row in report.models)
    if title == "trials":
        return any(row.trials.scored != row.cells.scored for row in report.models)
    return True


def _money(report: Report) -> str:
    parts = [f"spent now {bill(report.spent)}"]
    if any(trial.is_replayed for result in report.results for trial in result.trials):
        parts.append(f"recorded {bill(report.recorded)}")
    if report.prices_as_of:
        parts.append(f"prices as of {plain_markdown(report.prices_as_of)}")
    if report.created_at:
        parts.append(f"run at {plain_markdown(report.created_at)}")
    return f"{' · '.join(parts)}\n"


def _cells_blocks(report: Report) -> Iterator[_Block]:
    for noun, belongs in _KINDS.items():
        found = [result for result in report.results if belongs(result)]
        if found:
            yield _Block(_counted(len(found), noun), [_cell(result) for result in found], noun=noun)
    if report.broken:
        noun = "case/cases that could not be loaded"
        pieces = [
            f"**{plain_markdown(each.id)}**\n\n{fenced_markdown(each.message, limit=_MOST_ANSWER)}"
            for each in report.broken
        ]
        yield _Block(_counted(len(pieces), noun), pieces, noun=noun)
    flaky = [result for result in report.results if result.is_flaky]
    if flaky:
        title = f"{_counted(len(flaky), 'flaky cell/cells')}: passed, though not in every trial"
        yield _Block(title, [_cell(result) for result in flaky], noun="flaky cell/cells")
    if report.results:
        yield _Block(
            f"all {_counted(len(report.results), 'cell/cells')}", list(_list(report.results)), noun="cells in the list"
        )


_KINDS: dict[str, Callable[[CaseResult], bool]] = {
    "broken contract/contracts": lambda result: result.is_broken,
    "cell/cells without a verdict": lambda result: result.verdict == "error",
    "cell/cells that kept what was expected to break": lambda result: result.is_kept_unexpectedly,
    "contract/contracts that broke as expected": lambda result: result.verdict == "failed" and not result.is_broken,
}


def _counted(number: int, noun: str) -> str:
    """`1 broken contract`, `2 broken contracts` of `broken contract/contracts`."""
    words = noun.split(" ")
    return " ".join([f"{number}", *(word.split("/")[0 if number == 1 else -1] for word in words)])


def _cell(result: CaseResult) -> str:
    lines = [f"**{VERDICT_SIGNS[result.verdict]} {plain_markdown(result.id)}**\n"]
    if len(result.trials) > 1:
        lines.append(f"`{trial_strip(result.trials)}` {plain_markdown(trial_count(result))}\n")
    if result.problem is not None:
        lines.append(fenced_markdown(f"{result.problem.code} {result.problem.message}", limit=_MOST_ANSWER))
    if result.shrunk is not None:
        lines.append(f"smallest: {plain_markdown(result.shrunk)}\n")
    trial = next((each for each in result.trials if each.verdict != "passed"), None)
    if trial is not None:
        if trial.failures:
            lines += ["| where | expected | got |", "|---|---|---|"]
            lines += (
                f"| {markdown_field(each.path)} | {markdown_field(each.expected)} | {markdown_field(each.got)} |"
                for each in trial.failures[:_MOST_FAILURES]
            )
            if len(trial.failures) > _MOST_FAILURES:
                lines.append(f"\nand {len(trial.failures) - _MOST_FAILURES} more")
            lines.append("")
        lines.append(fenced_markdown(answer_in_short(trial, limit=4 * _MOST_ANSWER), limit=_MOST_ANSWER))
    return "\n".join(lines)


def _list(results: Sequence[CaseResult]) -> Iterator[str]:
    """The rows of one table, the head with the first of them."""
    for number, result in enumerate(results):
        head = "| | cell | trials | cost |\n|---|---|---:|---:|\n" if number == 0 else ""
        verdicts = [trial.verdict for trial in result.trials]
        cost = dollars(result.cost, is_lower_bound=result.unpriced > 0)
        passed = f"{verdicts.count('passed')}/{len(verdicts) - verdicts.count('error')}"
        yield f"{head}| {VERDICT_SIGNS[result.verdict]} | {markdown_field(result.id)} | {passed} | {cost} |"
