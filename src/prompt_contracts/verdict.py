"""Verdicts: what was judged of a trial and of a cell, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from decimal import Decimal
from typing import Any, Literal, Self

from prompt_contracts.changed_fields import replace
from prompt_contracts.completion import Choice, ToolCall
from prompt_contracts.data_class import dataclass
from prompt_contracts.failure import Failure
from prompt_contracts.json_value import Json, as_doubles
from prompt_contracts.message import Message
from prompt_contracts.outcome import TrialFacts
from prompt_contracts.plain_data import PlainData
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.recording_outcome import RecordingOutcome

VerdictWord = Literal["passed", "failed", "error"]
"""The contract holds; the model answered and the contract is broken; something else failed."""

_ORDER = (
    *("trial", "verdict", "result", "failures", "completion", "error", "usage", "cost_usd", "cost_source"),
    *("prices_as_of", "latency", "attempts", "retries", "recorded_at", "is_replayed", "earlier", "recovered"),
    *("passed_over", "handled", "output", "http_status", "transcript", "raw"),
)
"""Of a trial in the report; what is not named here comes last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was judged of one answer; true where its contract holds.

    >>> from prompt_contracts import judge
    >>> verdict = judge("It will snow.", {"text": {"$contains": "rain"}})
    >>> bool(verdict), verdict.word, len(verdict.failures)
    (False, 'failed', 1)
    """

    word: VerdictWord
    failures: tuple[Failure, ...] = ()
    """Every clause that does not certainly hold."""
    error: ProviderError | None = None
    """With the word `error`, how the provider failed; None where a limit of ours left the contract open."""
    text: str = ""
    """All that a person needs where the contract does not hold; else empty."""

    def __bool__(self) -> bool:
        return self.word == "passed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RawExchange(PlainData):
    """One request of a trial and what came back, as text for a person who reads what was really sent."""

    method: str
    url: str = field(repr=False)
    request: str | None = None
    """The JSON body, indented; None where the request has none."""
    status: int | None = None
    response: str | None = None
    """The body as it came; None with `status` where no response came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialResult(TrialFacts, PlainData):
    """One trial, judged."""

    verdict: VerdictWord
    failures: tuple[Failure, ...] = ()
    cost_source: str | None = None
    prices_as_of: str | None = None
    """ISO date of the price data behind `cost`."""
    recorded_at: str | None = None
    is_replayed: bool = False
    http_status: int | None = None
    """Of the last response; None when none came."""
    raw: tuple[RawExchange, ...] = ()
    """The requests and responses, on demand."""

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """Every call that was made, in order; of several choices the first counts."""
        answers = (*self.earlier, *(() if self.completion is None else (self.completion,)))
        return tuple(call for answer in answers for call in answer.choices[0].tool_calls)

    def without_answers(self) -> Self:
        """The same trial without any text of its answers: what is counted of it stays."""
        completion = self.completion and replace(self.completion, choices=_UNTOLD)
        return replace(self, completion=completion, earlier=(), transcript=(), output="", raw=())

    def _result(self) -> dict[str, Any]:
        """What most readers of a report look for, worked out of the rest."""
        choice = None if self.completion is None else self.completion.choices[0]
        return {
            "content": None if choice is None else choice.text,
            "tool_names": [call.name for call in self.tool_calls],
            "tool_calls": [
                {**call.to_json(), "parsed_arguments": as_doubles(call.parsed_arguments())} for call in self.tool_calls
            ],
            "tool_call_count": len(self.tool_calls),
            "finish_reason": None if choice is None else choice.finish_reason,
            "http_status": self.http_status,
            **self.usage.to_json(),
        }

    def to_json(self) -> dict[str, Any]:
        """Plain data; `from_json` reads it back, all but the `result`."""
        data = {**PlainData.to_json(self), "result": self._result()}
        return {key: data[key] for key in dict.fromkeys((*_ORDER, *data))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem(PlainData):
    """Why a cell, or a reply, could not be judged at all: no provider failed, but no answer can be had either."""

    code: str
    """A key of `diagnostic.CODES`; of a reply that somebody has already, a word such as `malformed`."""
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeats(PlainData):
    """What several trials of the same say of asking more than once; unbiased, and averaged over cells."""

    k: int
    """How many trials were planned."""
    pass_at_k: float | None
    """The chance that at least one of `k` trials passes; None when fewer were judged."""
    pass_all_k: float | None
    """The chance that all `k` pass, also written pass^k; None when fewer were judged."""
    cells: int = 1
    """How many cells this was taken from: those with fewer judged trials than `k` are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sameness(PlainData):
    """How many answers under a change equal those of the case as it is written, and how many of these each other."""

    equal: int
    compared: int
    """Trials that have an answer on both sides."""
    base_equal: int
    """The control: in how many pairs of its own trials the base equals itself."""
    base_compared: int


_UNTOLD = (Choice(),)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult(PlainData):
    """One cell, judged over all its trials.

    >>> from prompt_contracts import run
    >>> (result,) = run("cases/greets.yaml").results
    >>> result.verdict, result.model_id, result.trials[0].completion.choices[0].text
    ('passed', 'house:small', 'Hello.')
    """

    id: str
    """The pytest node id."""
    path: str
    case: str
    row: str | None
    relation: str | None = None
    """Id of the change under which it was asked; None where it was asked as it is written."""
    prompt: str | None = None
    provider: str
    model: str
    verdict: VerdictWord
    trials: tuple[TrialResult, ...] = ()
    requirement: str
    """What was asked of the trials, in words."""
    repeats: Repeats | None = None
    """None for a cell of one trial."""
    same: Sameness | None = None
    """Of a cell under a change, where the case says `same`."""
    problem: Problem | None = None
    """Set on an `error` that no provider caused: a missing recording, a key that is not set."""
    cassette: str
    """Path of the recording, relative to the project root."""
    tags: tuple[str, ...] = ()
    endpoint: str = "chat"
    """The family of endpoints that was asked: `chat`, `responses` or `assistants`."""
    endpoint_reason: str | None = None
    """Why `endpoint: auto` did not take Chat Completions."""
    recording: RecordingOutcome | None = None
    """What became of its recording; None where the run records nothing."""
    place: int = 0
    """Where the cell stands among all that came of its case file, from 0: results of several runs are put in order
    by it."""
    line: int | None = None
    """Where the case starts in `path`, from 1."""
    description: str | None = None
    xfail: str | None = None
    """Why its contract is expected to be broken; None where it is not."""
    shrunk: str | None = None
    """What became of looking for the smallest generated row that fails as this one; None where nobody looked."""
    shrunk_recordings: tuple[str, ...] = ()
    """The new recordings of that row, as paths relative to the project root."""
    messages: tuple[Message, ...] = ()
    """What was sent first; kept where a report is to tell."""
    expect: Mapping[str, Json] = field(default_factory=dict)
    """The facets of the contract, by name; kept where a report is to tell."""

    def without_answers(self, *, place: int) -> Self:
        """The same result without any text of its answers: enough for a summary, and a fraction of the memory."""
        trials = tuple(trial.without_answers() for trial in self.trials)
        return replace(self, trials=trials, messages=(), expect={}, place=place)

    @property
    def has_own_contract(self) -> bool:
        """Whether something else holds under its change than in the case as it is written."""
        return self.relation is not None and self.relation.startswith("without_tool.")

    @property
    def cost(self) -> Decimal | None:
        """US dollars over the trials whose cost is known; None when none is."""
        known = [trial.cost for trial in self.trials if trial.cost is not None]
        return sum(known, Decimal(0)) if known else None

    @property
    def unpriced(self) -> int:
        """Trials whose cost is unknown: above 0 makes `cost` a lower bound."""
        return sum(trial.cost is None for trial in self.trials)

    @property
    def is_broken(self) -> bool:
        """Whether its contract is broken though nobody expects that."""
        return self.verdict == "failed" and self.xfail is None

    @property
    def is_kept_unexpectedly(self) -> bool:
        """Whether it passed though it is expected to break its contract: to pytest, a failure."""
        return self.verdict == "passed" and self.xfail is not None

    @property
    def is_flaky(self) -> bool:
        """Whether it passed though not in all of its trials."""
        return self.verdict == "passed" and any(trial.verdict != "passed" for trial in self.trials)

    @property
    def model_id(self) -> str:
        """`provider:model`."""
        return f"{self.provider}:{self.model}"
