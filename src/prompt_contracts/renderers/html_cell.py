"""A cell as a page tells of it: what is wrong, what was said, what it took, what to do. No markup, no arithmetic."""

from __future__ import annotations

import json
from collections.abc import Iterator
from shlex import quote

from prompt_contracts.comparison import CellChange
from prompt_contracts.data_class import dataclass
from prompt_contracts.failure import Failure
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.renderers.amounts import count, dollars, seconds
from prompt_contracts.renderers.html_conversation import Speech, answers, conversation, spoken
from prompt_contracts.renderers.html_text import Difference, PictureAllowance, difference
from prompt_contracts.renderers.inert_text import one_line
from prompt_contracts.trial_group import TrialGroup, group_trials
from prompt_contracts.usage import Usage
from prompt_contracts.verdict import CaseResult, TrialResult

_MOST_FAILURES = 40
_LONGEST_REASON = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFailure:
    """One row of the table of what was expected and what came."""

    failure: Failure
    difference: Difference


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownTrial:
    """One trial in full, and the numbers of those that came to the same."""

    trial: TrialResult
    alike: tuple[int, ...]
    failures: tuple[ShownFailure, ...]
    more_failures: int
    errors: tuple[tuple[str, str], ...]
    """What each error was to the trial, and its words."""
    reason: str
    """Why it did not pass, in one line; empty of one that did."""
    speeches: tuple[Speech, ...]
    is_whole: bool
    """Whether `speeches` is the whole conversation: of later trials with one question, the answer is enough."""
    facts: tuple[tuple[str, str], ...]

    @property
    def title(self) -> str:
        """`Trial 3`, `Trials 3, 6 and 7`."""
        *others, last = map(str, self.alike)
        return f"Trials {', '.join(others)} and {last}" if others else f"Trial {last}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """A cell that changed, as the other run had it."""

    result: CaseResult
    reason: str
    speeches: tuple[Speech, ...]
    """The answer of a trial with its verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCell:
    """One cell."""

    number: int
    """From 1, in the order of the report: its name within the page."""
    result: CaseResult
    trials: tuple[ShownTrial, ...]
    """One of each kind, the worst first."""
    asked: tuple[Speech, ...]
    """What would be sent, of a cell without a trial."""
    before: Before | None
    """Of a cell that changed: what it was."""
    contract: str
    facts: tuple[tuple[str, str], ...]
    commands: tuple[tuple[str, str], ...]
    """What each does, and the command."""


def shown_cell(
    number: int, result: CaseResult, allowance: PictureAllowance, *, before: CellChange | None = None
) -> ShownCell:
    """All that a page tells of a cell; `before` is how it changed against another run."""
    return ShownCell(
        number=number,
        result=result,
        trials=tuple(_shown_trial(result, group, allowance) for group in group_trials(result.trials)),
        asked=() if result.trials else spoken(result.messages, allowance),
        before=None if before is None else _before(before.base),
        contract=json.dumps(dict(result.expect), indent=2, ensure_ascii=False) if result.expect else "",
        facts=tuple(_facts(result)),
        commands=tuple(_commands(result)),
    )


def _before(result: CaseResult) -> Before:
    trial = next((trial for trial in result.trials if trial.verdict == result.verdict), None)
    speeches = () if trial is None else answers(trial)
    return Before(result=result, reason=one_line(reason(result), _LONGEST_REASON), speeches=speeches)


def reason(result: CaseResult) -> str:
    """Why a cell is not green, in one line; empty of one that is."""
    if result.verdict == "passed":
        return ""
    if result.problem is not None:
        return f"{result.problem.code} {result.problem.message.partition(chr(10))[0]}"
    told = (_trial_reason(trial) for trial in result.trials if trial.verdict == result.verdict)
    return next(told, "") or f"required: {result.requirement}"


def _trial_reason(trial: TrialResult) -> str:
    if trial.verdict == "error" and trial.error is not None:
        return told_error(trial.error)
    return trial.failures[0].headline if trial.failures else ""


def told_error(error: ProviderError) -> str:
    """`rate_limit (HTTP 429): Slow down.`"""
    told = [] if error.status is None else [f"HTTP {error.status}"]
    if error.code is not None:
        told.append(f"code {error.code}")
    place = f" ({', '.join(told)})" if told else ""
    return f"{error.kind}{place}: {error.message}"


def _shown_trial(result: CaseResult, group: TrialGroup, allowance: PictureAllowance) -> ShownTrial:
    trial = group.shown
    failures = trial.failures[:_MOST_FAILURES]
    is_whole = bool(trial.transcript) or trial is result.trials[0]
    return ShownTrial(
        trial=trial,
        alike=tuple(each.trial for each in group.trials),
        failures=tuple(ShownFailure(failure=one, difference=difference(one.expected, one.got)) for one in failures),
        more_failures=len(trial.failures) - len(failures),
        errors=tuple(_errors(trial)),
        reason=one_line(_trial_reason(trial), _LONGEST_REASON),
        speeches=conversation(result, trial, allowance) if is_whole else answers(trial),
        is_whole=is_whole,
        facts=tuple(_trial_facts(trial)),
    )


def _errors(trial: TrialResult) -> Iterator[tuple[str, str]]:
    if trial.error is not None:
        meaning = "the contract was not judged" if trial.verdict == "error" else "judged by the contract"
        yield f"error, {meaning}", told_error(trial.error)
    if trial.recovered is not None:
        how = "got over: the application asked something else" if trial.retries == 0 else "got over by a retry"
        yield how, told_error(trial.recovered)
    for error in trial.passed_over:
        yield "passed over, the conversation went on", told_error(error)


def _trial_facts(trial: TrialResult) -> Iterator[tuple[str, str]]:
    yield "tokens", tokens(trial.usage)
    source = f" ({trial.cost_source})" if trial.cost_source else ""
    yield "cost", f"{dollars(trial.cost)}{source}"
    yield "latency", seconds(trial.latency)
    if trial.completion is not None:
        yield from _answer_facts(trial)
    if trial.http_status is not None:
        yield "HTTP status", str(trial.http_status)
    if trial.attempts is not None and trial.attempts > 1:
        yield "requests sent", count(trial.attempts)
    if trial.handled is not None:
        yield "application", "replied" if trial.handled else "gave no reply"
    if trial.recorded_at is not None:
        yield "recorded", trial.recorded_at[:10]


def _answer_facts(trial: TrialResult) -> Iterator[tuple[str, str]]:
    answer = trial.completion
    if answer is not None and answer.choices[0].finish_reason is not None:
        yield "finish reason", answer.choices[0].finish_reason
    if answer is not None and answer.model is not None:
        yield "answered by", answer.model


def tokens(usage: Usage) -> str:
    """`212 in (128 cached) · 31 out (12 reasoning)`."""
    cached = f" ({count(usage.cached_tokens)} cached)" if usage.cached_tokens else ""
    hidden = f" ({count(usage.reasoning_tokens)} reasoning)" if usage.reasoning_tokens else ""
    return f"{count(usage.prompt_tokens)} in{cached} · {count(usage.completion_tokens)} out{hidden}"


def _facts(result: CaseResult) -> Iterator[tuple[str, str]]:
    place = result.path if result.line is None else f"{result.path}:{result.line}"
    yield "case", place
    if len(result.trials) > 1:
        yield "required", result.requirement
    if result.endpoint != "chat" or result.endpoint_reason is not None:
        why = f" ({result.endpoint_reason})" if result.endpoint_reason else ""
        yield "endpoint", f"{result.endpoint}{why}"
    if result.tags:
        yield "tags", ", ".join(result.tags)
    yield "recording", result.cassette
    if result.recording is not None:
        why = f": {result.recording.reason}" if result.recording.reason else ""
        yield "this run", f"{result.recording.status.replace('_', ' ')}{why}"


def _commands(result: CaseResult) -> Iterator[tuple[str, str]]:
    command = f"pytest {quote(result.id)}"
    yield "run again", command
    yield "re-record", f"{command} --pc-record=rewrite"
