"""Why one cell is not green: the verdict first, then what was asked, what came, what to do next."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from shlex import quote

from prompt_contracts.case import Case
from prompt_contracts.completion import Completion
from prompt_contracts.diagnostic import CODES
from prompt_contracts.errors import RecordingError
from prompt_contracts.failure import Failure
from prompt_contracts.message import Message
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.renderers.amounts import count, dollars, seconds
from prompt_contracts.renderers.bad_news import BadNews, Cause, bad_news
from prompt_contracts.renderers.inert_text import inert, one_line
from prompt_contracts.verdict import CaseResult, TrialResult

_TEXT_LIMIT = 400
_MOST_MESSAGES = 24


def message_lines(messages: Sequence[Message]) -> Iterator[str]:
    """A line for each message, and for each call in it."""
    half = _MOST_MESSAGES // 2
    hidden = len(messages) - _MOST_MESSAGES
    for message in messages if hidden <= 0 else messages[:half]:
        yield from _lines(message)
    if hidden > 0:
        yield f"    … {hidden} more messages …"
        for message in messages[-half:]:
            yield from _lines(message)


def _lines(message: Message) -> Iterator[str]:
    calls = message.fields.get("tool_calls")
    if message.text or not calls:
        yield f"    {one_line(message.role, 20):<9} {one_line(message.text, _TEXT_LIMIT)}{_media(message)}"
    for call in calls if isinstance(calls, list) else []:
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict):
            name, arguments = str(function.get("name")), str(function.get("arguments"))
            yield f"    {'calls':<9} {one_line(name, 80)}({one_line(arguments, _TEXT_LIMIT)})"


def _media(message: Message) -> str:
    """The parts that are no text, by their type: an image is not for a terminal."""
    parts = message.content if isinstance(message.content, list) else []
    kinds = [str(part.get("type")) for part in parts if isinstance(part, dict) and part.get("type") != "text"]
    return f" [{one_line(', '.join(kinds), 60)}]" if kinds else ""


_CELL_WIDTH = 48
_TEXT_LIMIT = 400
_RAW_LIMIT = 20_000
_MOST_LINES = 20
_MOST_FAILURES = 20


SHOWN = ("diff", "messages", "raw")
"""What may be shown of a cell beside its verdict: what was expected and came, the conversation, the bodies."""


def broken_contract_news(
    result: CaseResult,
    case: Case,
    *,
    command: str,
    can_record: bool = True,
    show: Collection[str] = ("diff", "messages"),
) -> BadNews:
    """Of a cell whose contract is broken; its text has the verdict on its first line.

    `command` runs the cell again, with the options that this run was given; `can_record` is false where that
    run judges replies of somebody else. `show` is any of `SHOWN`.
    """
    trial = next((trial for trial in result.trials if trial.verdict == "failed"), None)
    if trial is None:
        # No trial failed, but too few passed: those in error left the requirement out of reach.
        reason = f"require: {_count_of_trials(result)}"
        text = inert(f"{case.location.short}  {reason}") + f"\n  again      {command}"
        return bad_news(reason, text, place=case.location)
    first = trial.failures[0]
    lines = [inert(f"{first.location.short}  {first.headline}")]
    if len(result.trials) > 1:
        lines.append(_trials_line(result, trial))
    if "diff" in show:
        lines += ["", *_failure_table(trial.failures), *_answer(trial)]
    lines += [*_shown(trial, case, show), *_facts(trial, result)]
    lines += _next_steps(result, trial, command, can_record=can_record)
    return bad_news(first.headline, "\n".join(lines), place=first.location)


def no_verdict_news(
    result: CaseResult,
    case: Case,
    *,
    command: str,
    advice: str | None = None,
    can_record: bool = True,
    show: Collection[str] = ("diff", "messages"),
) -> BadNews:
    """Of a cell without a verdict on the model: its provider failed, or its answer cannot be decided on."""
    trial = next(trial for trial in result.trials if trial.verdict == "error")
    reason = _no_verdict_reason(trial)
    lines = [inert(f"{case.location.short}  {reason}")]
    if trial.error is not None:
        failed = "application" if trial.error.kind == "application" else "provider"
        lines.append(f"  the {failed} failed in a way that the case does not expect, so the contract was not judged")
    if advice:
        lines.append(f"  help: {inert(advice)}")
    if len(result.trials) > 1:
        lines.append(_trials_line(result, trial))
    steps = _next_steps(result, trial, command, can_record=can_record)
    text = "\n".join([*lines, *_shown(trial, case, show), *_facts(trial, result), *steps])
    return bad_news(reason, text, place=case.location)


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
        recording="once" if error.cause == "no file" else "rewrite",
    )
    return replace(news, causes=(cause,))


def _move(old: str, new: str) -> str:
    """The command; a file may need a folder that is not there yet, and a folder is renamed where it lies."""
    folder = f"mkdir -p {quote(str(PurePosixPath(new).parent))} && " if new.endswith(".yaml") else ""
    return inert(f"{folder}mv {quote(old)} {quote(new)}")


def _trials_line(result: CaseResult, shown: TrialResult) -> str:
    return f"  {_count_of_trials(result)}; shown is trial {shown.trial}"


def _count_of_trials(result: CaseResult) -> str:
    verdicts = [trial.verdict for trial in result.trials]
    parts = [f"{verdicts.count('passed')} of {len(verdicts)} trials passed"]
    if errors := verdicts.count("error"):
        parts.append(f"{errors} in error")
    return f"{', '.join(parts)}; required: {result.requirement}"


def _failure_table(failures: Sequence[Failure]) -> Iterator[str]:
    # The whole of rich's table takes 2 ms for one of ours and breaks places in two where the terminal is narrow.
    from rich.cells import cell_len, set_cell_size

    rows = [
        (
            one_line(failure.path, _CELL_WIDTH),
            one_line(failure.expected, _CELL_WIDTH),
            one_line(failure.got, _CELL_WIDTH),
        )
        for failure in failures[:_MOST_FAILURES]
    ]
    header = ("", "expected", "got")
    widths = [max(cell_len(row[column]) for row in (header, *rows)) for column in range(3)]
    for row, failure in zip([header, *rows], [None, *failures], strict=False):
        cells = "  ".join(set_cell_size(cell, width) for cell, width in zip(row, widths, strict=True))
        yield f"  {cells}  ✗ {failure.location.short}" if failure else f"  {cells.rstrip()}"
        if failure is not None and failure.message:
            yield f"    {one_line(failure.message, 200)}"
    if len(failures) > _MOST_FAILURES:
        yield f"  and {len(failures) - _MOST_FAILURES} more"


def _answer(trial: TrialResult) -> Iterator[str]:
    if trial.error is not None:
        yield "  answer"
        yield f"    error   {trial.error.kind}: {one_line(trial.error.message, _TEXT_LIMIT)}"
    for choice in trial.completion.choices if trial.completion else ():
        yield "  answer"
        for call in choice.tool_calls:
            yield f"    call    {one_line(call.name, 80)}({one_line(call.arguments, _TEXT_LIMIT)})"
        if choice.refusal:
            yield f"    refusal {one_line(choice.refusal, _TEXT_LIMIT)}"
        if choice.text or not (choice.tool_calls or choice.refusal):
            yield f"    text    {one_line(choice.text, _TEXT_LIMIT) or '(empty)'}"


def _shown(trial: TrialResult, case: Case, show: Collection[str]) -> Iterator[str]:
    if "messages" in show:
        yield "  conversation" if trial.transcript else "  messages sent"
        yield from message_lines(trial.transcript or case.messages)
    if trial.output:
        yield "  the application wrote"
        yield from (f"    {one_line(line, _TEXT_LIMIT)}" for line in trial.output.splitlines()[-_MOST_LINES:])
    if "raw" in show:
        answers = [each.response for each in trial.raw if each.response is not None]
        for number, body in enumerate(answers, start=1):
            yield f"  raw answer {number} of {len(answers)}"
            yield f"    {one_line(body, _RAW_LIMIT)}"


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


def _next_steps(result: CaseResult, trial: TrialResult, command: str, *, can_record: bool) -> Iterator[str]:
    if not can_record:
        yield f"  replies    {result.cassette}"
        yield f"  again      {command}"
        return
    if trial.is_replayed:
        date = f" ({trial.recorded_at[:10]})" if trial.recorded_at else ""
        yield f"  replayed   {result.cassette}{inert(date)}"
    yield f"  again      {command}"
    if trial.is_replayed:
        yield f"  re-record  {command} --pc-record=rewrite"
