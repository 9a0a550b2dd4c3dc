"""Verdicts: what was judged of a trial and of a cell, and why."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from prompt_contracts.completion import Completion, ToolCall
from prompt_contracts.failure import Failure
from prompt_contracts.json_value import as_doubles
from prompt_contracts.message import Message
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.usage import Usage

Verdict = Literal["passed", "failed", "error"]
"""The contract holds; the model answered and the contract is broken; something else failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialResult:
    """One trial, judged."""

    trial: int
    verdict: Verdict
    failures: tuple[Failure, ...] = ()
    completion: Completion | None = None
    error: ProviderError | None = None
    usage: Usage
    cost: Decimal | None = None
    """US dollars; None is unknown."""
    cost_source: str | None = None
    prices_as_of: str | None = None
    """ISO date of the price data behind `cost`."""
    latency: float | None = None
    attempts: int | None = None
    recorded_at: str | None = None
    is_replayed: bool = False
    earlier: tuple[Completion, ...] = ()
    """The answers before the last one, in the order in which they came."""
    recovered: ProviderError | None = None
    """The last error that a retry got over."""
    passed_over: tuple[ProviderError, ...] = ()
    """The errors of turns after which the conversation went on."""
    handled: bool | None = None
    """Whether the application under test returned a reply; None without one."""
    output: str = ""
    """The end of what the application under test wrote beside its reply."""
    http_status: int | None = None
    """Of the last response; None when none came."""
    transcript: tuple[Message, ...] = ()
    """The whole conversation, where it is more than the case's messages and one answer."""
    raw: tuple[str, ...] = ()
    """The bodies of the responses as they came, on demand."""

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """Every call that was made, in order; of several choices the first counts."""
        answers = (*self.earlier, *(() if self.completion is None else (self.completion,)))
        return tuple(call for answer in answers for call in answer.choices[0].tool_calls)

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
        """Plain data; `from_json` reads it back."""
        return {
            "trial": self.trial,
            "verdict": self.verdict,
            "result": self._result(),
            "failures": [failure.to_json() for failure in self.failures],
            "completion": None if self.completion is None else self.completion.to_json(),
            "error": None if self.error is None else self.error.to_json(),
            "usage": self.usage.to_json(),
            "cost_usd": None if self.cost is None else format(self.cost, "f"),
            "cost_source": self.cost_source,
            "prices_as_of": self.prices_as_of,
            "latency": self.latency,
            "attempts": self.attempts,
            "recorded_at": self.recorded_at,
            "is_replayed": self.is_replayed,
            "earlier": [completion.to_json() for completion in self.earlier],
            "recovered": None if self.recovered is None else self.recovered.to_json(),
            "passed_over": [error.to_json() for error in self.passed_over],
            "handled": self.handled,
            "output": self.output,
            "http_status": self.http_status,
            "transcript": [message.to_json() for message in self.transcript],
            "raw": list(self.raw),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> TrialResult:
        """The result that `to_json` wrote."""
        data = {name: value for name, value in data.items() if name != "result"}
        recovered = data["recovered"]
        cost, completion, error = data.pop("cost_usd"), data["completion"], data["error"]
        return cls(
            **{
                **data,
                "failures": tuple(Failure.from_json(failure) for failure in data["failures"]),
                "completion": None if completion is None else Completion.from_json(completion),
                "error": None if error is None else ProviderError.from_json(error),
                "usage": Usage.from_json(data["usage"]),
                "earlier": tuple(Completion.from_json(answer) for answer in data["earlier"]),
                "recovered": None if recovered is None else ProviderError.from_json(recovered),
                "passed_over": tuple(ProviderError.from_json(error) for error in data["passed_over"]),
                "transcript": tuple(Message.from_json(message) for message in data["transcript"]),
                "raw": tuple(data["raw"]),
                "cost": None if cost is None else Decimal(cost),
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a cell, or a reply, could not be judged at all: no provider failed, but no answer can be had either."""

    code: str
    """A key of `diagnostic.CODES`; of a reply that somebody has already, a word such as `malformed`."""
    message: str

    def to_json(self) -> dict[str, str]:
        """Plain data."""
        return {"code": self.code, "message": self.message}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """One cell, judged over all its trials."""

    id: str
    """The pytest node id."""
    path: str
    case: str
    row: str | None
    provider: str
    model: str
    verdict: Verdict
    trials: tuple[TrialResult, ...] = ()
    requirement: str
    """What was asked of the trials, in words."""
    problem: Problem | None = None
    """Set on an `error` that no provider caused: a missing recording, a key that is not set."""
    cassette: str
    """Path of the recording, relative to the project root."""
    tags: tuple[str, ...] = ()
    endpoint: str = "chat"
    """The family of endpoints that was asked: `chat`, `responses` or `assistants`."""
    endpoint_reason: str | None = None
    """Why `endpoint: auto` did not take Chat Completions."""

    @property
    def model_id(self) -> str:
        """`provider:model`."""
        return f"{self.provider}:{self.model}"

    def to_json(self) -> dict[str, Any]:
        """Plain data; `from_json` reads it back."""
        return {
            "id": self.id,
            "path": self.path,
            "case": self.case,
            "row": self.row,
            "provider": self.provider,
            "model": self.model,
            "verdict": self.verdict,
            "trials": [trial.to_json() for trial in self.trials],
            "requirement": self.requirement,
            "problem": None if self.problem is None else self.problem.to_json(),
            "cassette": self.cassette,
            "tags": list(self.tags),
            "endpoint": self.endpoint,
            "endpoint_reason": self.endpoint_reason,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> CaseResult:
        """The result that `to_json` wrote."""
        problem = data["problem"]
        return cls(
            **{
                **data,
                "trials": tuple(TrialResult.from_json(trial) for trial in data["trials"]),
                "problem": None if problem is None else Problem(**problem),
                "tags": tuple(data["tags"]),
            }
        )
