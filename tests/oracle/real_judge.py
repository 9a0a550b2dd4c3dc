"""The real judge behind the plain data of the oracle: a case file on disk, an `Outcome`, a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prompt_contracts.completion import Choice, Completion, ToolCall
from prompt_contracts.engine.judge import judge_trial
from prompt_contracts.engine.quick_verdict import QuickVerdict
from prompt_contracts.engine.run import Run
from prompt_contracts.engine.run_options import RunOptions
from prompt_contracts.interaction import ApiRequest, ApiResponse, Interaction
from prompt_contracts.json_value import parse_json
from prompt_contracts.outcome import Outcome
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.trial import Cell
from prompt_contracts.usage import Usage
from tests.oracle import callables
from tests.oracle.exact_json import write
from tests.oracle.observation import Answer, Call, Data, Failing, Observation, Setting
from tests.oracle.truth import Verdict


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A contract that is refused when it is loaded."""

    reasons: Sequence[str]


class RealProject:
    """A project of one case, written anew for each contract."""

    def __init__(self, root: Path) -> None:
        self._root = root
        source = Path(callables.__file__).read_text("utf-8")
        (root / "oracle_callables.py").write_text(source, "utf-8")
        self._options = RunOptions(
            root=root, cassettes=root / "cassettes", model_option="--model", is_model_needed=False
        )
        self._run = Run(self._options, environ={})

    def load(self, expect: Mapping[str, Data], setting: Setting, *, is_application: bool) -> Cell | Refused:
        """The case with this `expect`."""
        path = self._root / "case.yaml"
        # Some file systems wait for the disk where a file is cut short and written again.
        path.unlink(missing_ok=True)
        path.write_text(write(_file(expect, setting, is_application=is_application)), "utf-8")
        # A run keeps all that it ever loaded, and takes a path for the file that it read there first.
        self._run = Run(self._options, environ={})
        loaded = self._run.load(path, is_named=True)
        assert loaded is not None
        if loaded.broken:
            return Refused(reasons=[f"{one.code} {one.message}" for each in loaded.broken for one in each.diagnostics])
        return loaded.cells[0]

    @property
    def run(self) -> Run:
        """The run of the case that was loaded last."""
        return self._run

    def judge(self, cell: Cell, seen: Observation) -> Verdict:
        """The verdict of the real judge, which its quick brother shares."""
        outcome, references = outcome_of(seen), self._run.references
        verdict = judge_trial(cell, outcome, references=references).verdict
        assert QuickVerdict(cell, outcome, references=references).passes(outcome) is (verdict == "passed")
        return verdict


def _file(expect: Mapping[str, Data], setting: Setting, *, is_application: bool) -> dict[str, Any]:
    case: dict[str, Any] = {
        "name": "generated",
        "templates": False,
        "user": "Hi.",
        "tools": [_tool(name, schema) for name, schema in setting.tools.items()],
        "request": dict(setting.request),
        "expect": dict(expect),
    }
    if is_application:
        case["handler"] = "oracle_callables:reply"
    return {"version": 1, "cases": [case]}


def _tool(name: str, schema: Data) -> dict[str, Any]:
    return {"name": name, **({} if schema is None else {"parameters": schema})}


def outcome_of(seen: Observation) -> Outcome:
    """What came, as the real judge takes it."""
    error = None if seen.error is None else _error(seen.error)
    is_recovered = seen.error is not None and seen.error.is_recovered
    usage = Usage(**seen.usage)
    return Outcome(
        trial=1,
        completion=_completion(seen.choices, usage, seen.model) if seen.choices else None,
        error=None if is_recovered else error,
        recovered=error if is_recovered else None,
        earlier=tuple(_completion([Answer(calls=calls)], Usage(), None) for calls in seen.earlier),
        handled=seen.handled,
        interactions=tuple(_interactions(seen, error)),
        usage=usage,
        cost=seen.cost,
        latency=None if seen.latency is None else float(seen.latency),
        attempts=seen.attempts,
    )


def _error(failing: Failing) -> ProviderError:
    kind: Any = failing.kind
    return ProviderError(kind=kind, message=failing.message, status=failing.status, code=failing.code)


def _completion(choices: Sequence[Answer], usage: Usage, model: str | None) -> Completion:
    return Completion(choices=tuple(map(_choice, choices)), usage=usage, model=model)


def _choice(answer: Answer) -> Choice:
    return Choice(
        text=answer.text,
        tool_calls=tuple(map(_call, answer.calls)),
        refusal=answer.refusal,
        reasoning=answer.reasoning,
        finish_reason=answer.finish_reason,
        raw_finish_reason=answer.finish_reason,
    )


def _call(call: Call) -> ToolCall:
    return ToolCall(name=call.name, arguments=call.arguments)


def _interactions(seen: Observation, error: ProviderError | None) -> list[Interaction]:
    """One for each request; the last holds what a fault of the case made."""
    bodies: list[Any] = [parse_json(write(body)) for body in seen.requests]
    sent = [ApiRequest(method="POST", url="https://x.test/v1/chat/completions", body=body) for body in bodies]
    made = [Interaction(request=request, response=ApiResponse(status=200)) for request in sent]
    if seen.error is None or error is None or seen.error.is_recovered or not sent:
        return made
    failed = Interaction(request=sent[-1], failure=error, is_injected=seen.error.is_injected)
    return [*made[:-1], failed]
