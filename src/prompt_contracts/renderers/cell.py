"""Why one cell is not green: the verdict first, then what was asked, what came, what to do next."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from shlex import quote

from prompt_contracts.case import Case
from prompt_contracts.completion import Completion
from prompt_contracts.diagnostic import CODES
from prompt_contracts.errors import RecordingError
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.renderers.amounts import count, dollars, seconds
from prompt_contracts.renderers.bad_news import BadNews, Cause, bad_news
from prompt_contracts.renderers.conversation import answer_lines, message_lines
from prompt_contracts.renderers.failure_table import failure_table
from prompt_contracts.renderers.inert_text import inert, one_line
from prompt_contracts.renderers.trial_strip import trial_count, trial_lines
from prompt_contracts.renderers.wrapping import indented_json, wrapped
from prompt_contracts.verdict import CaseResult, Problem, TrialResult

_MOST_LINES = 20
_MOST_RAW_LINES = 400
USUAL_WIDTH = 80
"""Columns of a terminal that does not tell."""

SHOWN = ("diff", "messages", "raw")
"""What may be shown of a cell beside its verdict: what was expected and came, the conversation, the bodies."""


def broken_contract_news(
    result: CaseResult,
    case: Case,
    *,
    command: str | None,
    again: str | None = None,
    can_record: bool = True,
    show: Collection[str] = ("diff", "messages"),
    width: int = USUAL_WIDTH,
) -> BadNews:
    """Of a cell whose contract is broken; its text has the verdict on its first line.

    `command` runs the cell again, with the options that this run was given; None where nothing does. `again` is what
    people are told to run where that is more. `can_record` is false where that run judges replies of somebody else.
    `show` is any of `SHOWN`.
    """
    trial = next((trial for trial in result.trials if trial.verdict == "failed"), None)
    if trial is None:
        # No trial failed, but too few passed: those in error left the requirement out of reach.
        reason = f"require: {trial_count(result)}"
        lines = [inert(f"{case.location.short}  {reason}"), *trial_lines(result, width=width)]
        lines += [] if command is None else [f"  again      {again or command}"]
        return bad_news(reason, "\n".join(lines), place=case.location)
    first = trial.failures[0]
    lines = [inert(f"{first.location.short}  {first.headline}")]
    if len(result.trials) > 1:
        lines += trial_lines(result, shown=trial, width=width)
    if "diff" in show:
        lines += ["", *failure_table(trial.failures, width=width), *answer_lines(trial, width=width)]
    lines += [*_shown(trial, case, show, width), *_facts(trial, result)]
    lines += [] if result.shrunk is None else [f"  smallest   {inert(result.shrunk)}"]
    lines += _next_steps(result, trial, command, again=again or command, can_record=can_record)
    return bad_news(first.headline, "\n".join(lines), place=first.location)


def no_verdict_news(
    result: CaseResult,
    case: Case,
    *,
    command: str | None,
    again: str | None = None,
    advice: str | None = None,
    can_record: bool = True,
    show: Collection[str] = ("diff", "messages"),
    width: int = USUAL_WIDTH,
) -> BadNews:
    """Of a cell without a verdict on the model: its provider failed, or its answer cannot be decided on.

    The options are those of `broken_contract_news`.
    """
    if result.problem is not None:
        lines = [] if command is None else [f"  again      {again or command}"]
        return _problem_news(result.problem, case, *lines)
    trial = next(trial for trial in result.trials if trial.verdict == "error")
    reason = _no_verdict_reason(trial)
    lines = [inert(f"{case.location.short}  {reason}")]
    if trial.error is not None:
        failed = "application" if trial.error.kind == "application" else "provider"
        lines.append(f"  the {failed} failed in a way that the case does not expect, so the contract was not judged")
    if advice:
        lines.append(f"  help: {inert(advice)}")
    if len(result.trials) > 1:
        lines += trial_lines(result, shown=trial, width=width)
    steps = _next_steps(result, trial, command, again=again or command, can_record=can_record)
    text = "\n".join([*lines, *_shown(trial, case, show, width), *_facts(trial, result), *steps])
    return bad_news(reason, text, place=case.location)


def no_base_news(problem: Problem, case: Case, *, record: str | None, again: str) -> BadNews:
    """Of a cell whose answers are to equal those of another one, of which nobody knows any; `record` asks for them."""
    recording = [] if record is None else [f"  record     {record}"]
    return _problem_news(problem, case, *recording, f"  again      {again}")


def _problem_news(problem: Problem, case: Case, *steps: str) -> BadNews:
    reason = f"{problem.code} {one_line(problem.message, 300)}"
    text = f"{case.location.short}  {problem.code} {problem.message}"
    return bad_news(reason, "\n".join([inert(text), *steps]), place=case.location)


def _no_verdict_reason(trial: TrialResult) -> str:
    if trial.error is None:
        return trial.failures[0].headline
    return _error_words(trial.error)


def _error_words(error: ProviderError) -> str:
    told = [] if error.status is None else [f"HTTP {error.status}"]
    if error.kind == "run_failed" and error.code is not None:  # its kind says nothing of why
        told.append(f"code {one_line(error.code, 60)}")
    place = f" ({', '.join(told)})" if told else ""
    return f"{error.kind}{place}: {one_line(error.message, 300)}"


def recording_error_news(
    error: RecordingError, case: Case, *, command: str, moved: tuple[str, str] | None = None
) -> BadNews:
    """Of a cell whose recording is missing, stale, unreadable, or may not be written.

    `moved` tells from where to where something should move that no cell uses and that holds what is missing, both
    as paths from the working directory.
    """
    first, *rest = inert(error.message).splitlines() or [""]
    lines = [inert(f"{case.location.short}  {error.code} {first}"), *rest]
    if moved is not None:
        lines.append(
            f"help: {inert(moved[0])} holds the same request, and no cell uses it: move it, or record the cell"
        )
        lines.append(f"  move    {_move(*moved)}")
    elif error.help:
        lines.append(f"help: {inert(error.help)}")
    lines.append(f"  record  {command} --pc-record=rewrite")
    news = bad_news(f"{error.code} {first}", "\n".join(lines), place=case.location)
    if error.cause is None:
        return news
    cause = Cause(
        identity=f"{error.code} {moved or error.cause}",
        title=f"{case.location.short}  {error.code} {CODES[error.code]}",
        text=news.text,
        recording="once" if error.cause == "no file" else "stale",
    )
    return replace(news, causes=(cause,))


def _move(old: str, new: str) -> str:
    """The command; a file may need a folder that is not there yet, and a folder is renamed where it lies."""
    folder = f"mkdir -p {quote(str(PurePosixPath(new).parent))} && " if new.endswith(".yaml") else ""
    return inert(f"{folder}mv {quote(old)} {quote(new)}")


def _shown(trial: TrialResult, case: Case, show: Collection[str], width: int) -> Iterator[str]:
    if "messages" in show and (trial.transcript or case.messages):
        yield "  conversation" if trial.transcript else "  messages sent"
        yield from message_lines(trial.transcript or case.messages, width=width)
        if case.relation is not None and case.tools:
            offered = ", ".join(tool.name for tool in case.tools)
            yield from wrapped(f"  tools     {inert(offered)}", width=width, most=_MOST_LINES)
    if trial.output:
        yield "  the application wrote"
        end = "\n".join(trial.output.splitlines()[-_MOST_LINES:])
        yield from (f"    {line}" for line in wrapped(end, width=width - 4, most=2 * _MOST_LINES))
    if "raw" in show:
        answers = [each.response for each in trial.raw if each.response is not None]
        for number, body in enumerate(answers, start=1):
            yield f"  raw answer {number} of {len(answers)}"
            yield from (f"    {line}" for line in wrapped(indented_json(body), width=width - 4, most=_MOST_RAW_LINES))


def _facts(trial: TrialResult, result: CaseResult) -> Iterator[str]:
    usage = trial.usage
    cached = f" (cached {count(usage.cached_tokens)})" if usage.cached_tokens else ""
    hidden = f" (reasoning {count(usage.reasoning_tokens)})" if usage.reasoning_tokens else ""
    parts = [
        f"in {count(usage.prompt_tokens)}{cached}",
        f"out {count(usage.completion_tokens)}{hidden}",
        dollars(trial.cost),
        seconds(trial.latency),
    ]
    if reason := _finish_reason(trial.completion):
        parts.append(f"finish_reason {reason}")
    if trial.attempts is not None and trial.attempts > 1:
        parts.append(f"{trial.attempts} requests sent")
    if result.cassette or any(not part.endswith("?") for part in parts):
        yield f"  {' · '.join(parts)}"
    if trial.recovered is not None:
        yield f"  recovered  {_error_words(trial.recovered)}"
    for error in trial.passed_over:
        yield f"  passed over {_error_words(error)}"
    if trial.handled is not None:
        yield f"  application {'replied' if trial.handled else 'gave no reply'}"
    if result.endpoint_reason is not None:
        yield f"  endpoint   {result.endpoint}: {inert(result.endpoint_reason)}"


def _finish_reason(completion: Completion | None) -> str | None:
    reason = completion.choices[0].finish_reason if completion and completion.choices else None
    return None if reason is None else one_line(reason, 40)


def _next_steps(
    result: CaseResult, trial: TrialResult, command: str | None, *, again: str | None, can_record: bool
) -> Iterator[str]:
    if command is None:
        return
    if not can_record:
        yield f"  replies    {result.cassette}"
        yield f"  again      {again}"
        return
    if trial.is_replayed:
        date = f" ({trial.recorded_at[:10]})" if trial.recorded_at else ""
        yield f"  replayed   {result.cassette}{inert(date)}"
    yield f"  again      {again}"
    if trial.is_replayed:
        yield f"  re-record  {command} --pc-record=rewrite"
