"""What a report says of one trial, column by column: the same for a spreadsheet, a data frame, and a page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from prompt_contracts.verdict import CaseResult, TrialResult

_OF_CELL: Mapping[str, Callable[[CaseResult], object]] = {
    "id": lambda cell: cell.id,
    "path": lambda cell: cell.path,
    "case": lambda cell: cell.case,
    "row": lambda cell: cell.row,
    "relation": lambda cell: cell.relation,
    "prompt": lambda cell: cell.prompt,
    "provider": lambda cell: cell.provider,
    "model": lambda cell: cell.model,
    "tags": lambda cell: " ".join(cell.tags),
    "cell_verdict": lambda cell: cell.verdict,
    "requirement": lambda cell: cell.requirement,
    "problem": lambda cell: cell.problem and f"{cell.problem.code} {cell.problem.message}",
    "cassette": lambda cell: cell.cassette,
}
_OF_TRIAL: Mapping[str, Callable[[TrialResult], object]] = {
    "trial": lambda trial: trial.trial,
    "verdict": lambda trial: trial.verdict,
    "failures": lambda trial: "\n".join(failure.headline for failure in trial.failures),
    "error": lambda trial: trial.error and f"{trial.error.kind}: {trial.error.message}",
    "answer": lambda trial: trial.completion and trial.completion.choices[0].text,
    "refusal": lambda trial: trial.completion and trial.completion.choices[0].refusal,
    "tool_calls": lambda trial: "\n".join(f"{call.name}({call.arguments})" for call in trial.tool_calls),
    "finish_reason": lambda trial: trial.completion and trial.completion.choices[0].finish_reason,
    "http_status": lambda trial: trial.http_status,
    "prompt_tokens": lambda trial: trial.usage.prompt_tokens,
    "cached_tokens": lambda trial: trial.usage.cached_tokens,
    "completion_tokens": lambda trial: trial.usage.completion_tokens,
    "reasoning_tokens": lambda trial: trial.usage.reasoning_tokens,
    "cost_usd": lambda trial: trial.cost and format(trial.cost, "f"),
    "prices_as_of": lambda trial: trial.prices_as_of,
    "latency": lambda trial: trial.latency,
    "attempts": lambda trial: trial.attempts,
    "retries": lambda trial: trial.retries,
    "recorded_at": lambda trial: trial.recorded_at,
    "is_replayed": lambda trial: trial.is_replayed,
}
REPORT_COLUMNS = (*_OF_CELL, *_OF_TRIAL)
"""In their order: those of the cell, the same in each of its rows, then those of the trial."""


def rows_of(results: Iterable[CaseResult], broken: Iterable[tuple[str, str]]) -> Iterator[dict[str, object]]:
    """A row for each trial; one for a cell or a case without any, so that no error is missing. Unknown is None.

    `broken` are the ids of cases that could not run, and why.
    """
    for cell in results:
        own = {column: value(cell) for column, value in _OF_CELL.items()}
        for trial in cell.trials:
            yield {**own, **{column: value(trial) for column, value in _OF_TRIAL.items()}}
        if not cell.trials:
            yield own
    for name, message in broken:
        yield {"id": name, "path": name.partition("::")[0], "cell_verdict": "error", "problem": message}
