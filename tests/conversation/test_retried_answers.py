"""Random faults before the answers of a tool loop: bounded attempts and waits, and no answer counted twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.engine.run import Run
from prompt_contracts.engine.run_options import RunOptions
from prompt_contracts.fault import Fault, FaultPlan, RetryPolicy
from prompt_contracts.trial import Cell
from tests.plugin.project import completion
from tests.transport.loopback import Answer, Asked, Loopback

CASE = """
version: 1
models: [house:small]
cases:
  - name: loops
    user: Will it rain?
    tools: [{name: get_weather}]
    tool_results: {get_weather: wet}
    expect: {text: It will.}
"""
CONFIGURATION = """
[tool.prompt_contracts.providers.house]
base_url = "{base_url}"
[tool.prompt_contracts.prices."house:small"]
input = 1.0
output = 2.0
"""
TOKENS = (20 + 20, 5 + 5)
COST = Decimal("0.00006")

RETRIED = (
    Fault(kind="status", detail=429),
    Fault(kind="status", detail=503, headers={"retry-after": "2"}),
    Fault(kind="status", detail=500),
    Fault(kind="timeout", detail="read"),
    Fault(kind="connection", detail="reset"),
)
FINAL = (
    Fault(kind="status", detail=400),
    Fault(kind="status", detail=429, body={"error": {"message": "gone", "code": "insufficient_quota"}}),
    Fault(kind="status", detail=429, headers={"retry-after": "3600"}),
    Fault(kind="corrupt", detail="truncated"),
)


class Recorded:
    """A run over one recorded tool loop."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.slept: list[float] = []
        server = Loopback()
        server.answer = _answer
        (root / "pyproject.toml").write_text(CONFIGURATION.format(base_url=server.base_url))
        file = root / "a.yaml"
        file.write_text(CASE)
        recording = Run(RunOptions(root=root, mode="rewrite", cassettes=root / "cassettes"), environ={})
        loaded = recording.load(file, is_named=True)
        assert loaded is not None
        (self.cell,) = loaded.cells
        assert recording.exchange(self.cell).error is None
        recording.close()
        server.close()
        self.run = Run(RunOptions(root=root, cassettes=root / "cassettes"), environ={}, sleep=self.slept.append)

    def with_faults(self, plan: FaultPlan, policy: RetryPolicy) -> Cell:
        return replace(self.cell, case=replace(self.cell.case, fault=plan, retry=policy))


def _answer(asked: Asked) -> Answer:
    is_told = json.loads(asked.body)["messages"][-1]["role"] == "tool"
    return completion(text="It will.") if is_told else completion(calls=(("get_weather", {}),))


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorded]:
    """The recorded loop; each exchange opens its recording anew."""
    found = Recorded(tmp_path_factory.mktemp("project"))
    yield found
    found.run.close()


@given(
    faults=st.lists(st.sampled_from(RETRIED), max_size=6),
    attempts=st.integers(1, 5),
    max_wait=st.sampled_from([0.0, 1.0, 5.0, 60.0]),
    request=st.sampled_from([None, 1, 2]),
)
def test_answers_that_come_in_the_end_are_counted_once(
    recorded: Recorded, faults: list[Fault], attempts: int, max_wait: float, request: int | None
) -> None:
    plan = FaultPlan(attempts=tuple(faults), request=request)
    cell = recorded.with_faults(plan, RetryPolicy(attempts=attempts, max_wait=max_wait))

    exchange = recorded.run.exchange(cell)

    assert exchange.error is None
    (outcome,) = exchange.outcomes
    requests = {None: (1, 2), 1: (1,), 2: (2,)}[request]
    assert outcome.attempts is not None
    assert outcome.attempts <= 2 * attempts
    assert sum(each.waited for each in outcome.interactions) <= 2 * max_wait
    assert recorded.slept == []
    if outcome.error is None:
        assert outcome.attempts == 2 + len(faults) * len(requests)
        assert (outcome.usage.prompt_tokens, outcome.usage.completion_tokens) == TOKENS
        assert outcome.cost == COST
    else:
        assert len(faults) >= attempts or max_wait < 60
        assert outcome.completion is None
        assert len(outcome.earlier) == min(requests) - 1


@given(before=st.lists(st.sampled_from(RETRIED), max_size=2), last=st.sampled_from(FINAL))
def test_nothing_is_asked_again_after_a_failure_that_no_retry_helps(
    recorded: Recorded, before: list[Fault], last: Fault
) -> None:
    plan = FaultPlan(attempts=(*before, last, None))

    (outcome,) = recorded.run.exchange(recorded.with_faults(plan, RetryPolicy(attempts=5))).outcomes

    assert outcome.error is not None
    assert outcome.attempts == len(before) + 1
    assert outcome.recovered is None
