"""The retry layer under random faults and answers, on a clock that nobody waits for."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from prompt_contracts.fault import Fault, FaultPlan, RetryPolicy
from prompt_contracts.interaction import ApiRequest, ApiResponse, Interaction, Recorded
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.transport.faults import FaultSender
from prompt_contracts.transport.retry import RetryRules, RetrySender, RetrySetting
from prompt_contracts.transport.sender import Sending
from prompt_contracts.wait import Wait
from tests.transport.loopback import Answer, Asked, Loopback, Workshop, classify

REQUEST = ApiRequest(method="POST", url="http://127.0.0.1:1/v1/chat/completions", body={"model": "tiny"})
KINDS = ["timeout", "connection", "rate_limit", "server", "invalid_request"]

statuses = st.sampled_from([200, 200, 400, 401, 408, 409, 429, 500, 503])
retry_headers = st.dictionaries(
    st.sampled_from(["retry-after", "retry-after-ms"]), st.sampled_from(["0", "1", "7", "29", "45", "3600"]), max_size=1
) | st.just({"x-should-retry": "true"})
faults = st.one_of(
    st.builds(Fault, kind=st.just("timeout"), detail=st.sampled_from(["read", "connect"])),
    st.builds(Fault, kind=st.just("connection"), detail=st.sampled_from(["reset", "refused"])),
    st.builds(Fault, kind=st.just("status"), detail=statuses, headers=retry_headers),
    st.builds(Fault, kind=st.just("corrupt"), detail=st.sampled_from(["truncated", "html", "empty", "not_json"])),
)
plans = st.none() | st.builds(
    FaultPlan,
    attempts=st.lists(st.none() | faults, max_size=4).map(tuple),
    repeats=st.booleans(),
    request=st.sampled_from([None, 1, 2]),
)
policies = st.builds(
    RetryPolicy,
    attempts=st.none() | st.integers(1, 6),
    max_wait=st.none() | st.sampled_from([0.0, 0.4, 3.0, 100.0]),
    kinds=st.none() | st.lists(st.sampled_from(KINDS), max_size=3).map(tuple),
)
answers = st.one_of(
    st.builds(
        ApiResponse,
        status=statuses,
        headers=retry_headers.map(lambda headers: tuple(headers.items())),
        body=st.just(b"{}"),
    ),
    st.sampled_from(["timeout", "connection", "malformed_response"]),
)


class Provider:
    """The layer below: answers from a script, each answer with a number of its own."""

    def __init__(self) -> None:
        self.script: list[tuple[ApiResponse | str, bool]] = []
        self.given: list[Interaction] = []
        self.attempts: list[int] = []

    def send(self, request: ApiRequest, *, sending: Sending) -> Interaction:
        answer, is_replayed = self.script.pop(0) if self.script else (ApiResponse(status=200, body=b"{}"), True)
        self.attempts.append(sending.attempt)
        recorded = Recorded(attempts=1, trial=len(self.given) + 1)
        failure = ProviderError(kind=answer, message="no") if isinstance(answer, str) else None  # type: ignore[arg-type]
        response = None if isinstance(answer, str) else answer
        made = Interaction(
            request=request, response=response, failure=failure, recorded=recorded, is_replayed=is_replayed
        )
        self.given.append(made)
        return made


class Retries(RuleBasedStateMachine):
    """Requests in any order, with any policy, any faults, any answers."""

    def __init__(self) -> None:
        super().__init__()
        self.provider = Provider()
        self.now = 0.0
        self.told = 0
        self.returned: list[Interaction] = []

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        assert self.told == 1
        self.told = 0
        self.now += seconds

    def on_wait(self, wait: Wait) -> None:
        assert str(wait).startswith("house: waiting ")
        self.told += 1

    @rule(
        policy=policies,
        plan=plans,
        script=st.lists(st.tuples(answers, st.booleans()), max_size=6),
        number=st.integers(1, 2),
        chance=st.floats(0, 1),
        max_retries=st.integers(0, 3),
    )
    def ask(
        self,
        policy: RetryPolicy,
        plan: FaultPlan | None,
        script: Sequence[tuple[ApiResponse | str, bool]],
        number: int,
        chance: float,
        max_retries: int,
    ) -> None:
        rules = RetryRules.of(policy, max_retries=max_retries, max_wait=60)
        self.provider.script = list(script)
        before, asked_before = self.now, len(self.provider.given)
        setting = RetrySetting(
            max_retries=max_retries,
            max_wait=60,
            classify=classify,
            sleep=self.sleep,
            random=lambda: chance,
            on_wait=self.on_wait,
        )
        layer = RetrySender(FaultSender(self.provider, hastens=True), setting, policy=policy, provider="house")

        interaction = layer.send(REQUEST, sending=Sending(trial=1, timeout=10, number=number, fault=plan))

        steps = (*interaction.earlier, interaction)
        self.returned.extend(steps)
        self.check_bounds(interaction, rules, slept=self.now - before)
        self.check_order(steps, plan, number, self.provider.given[asked_before:])
        self.check_end(interaction, layer)

    def check_bounds(self, interaction: Interaction, rules: RetryRules, *, slept: float) -> None:
        assert 1 <= len(interaction.earlier) + 1 <= rules.attempts
        assert 0 <= interaction.waited <= rules.max_wait + 1e-9
        assert slept <= interaction.waited + 1e-9
        if all(step.is_replayed or step.is_injected for step in interaction.earlier):
            assert slept == 0

    def check_order(
        self, steps: Sequence[Interaction], plan: FaultPlan | None, number: int, given_now: Sequence[Interaction]
    ) -> None:
        """Every attempt is there once: injected as planned, or the layer below's next answer."""
        waiting = list(given_now)
        for attempt, step in enumerate(steps, 1):
            fault = None if plan is None else plan.fault_of(request=number, attempt=attempt)
            assert step.earlier == () or attempt == len(steps)
            if fault is not None and fault.kind != "corrupt":
                assert step.is_injected
                continue
            below = waiting.pop(0)
            assert step.recorded.trial == below.recorded.trial
            assert step.is_injected == (fault is not None and below.response is not None)
        assert waiting == []

    def check_end(self, interaction: Interaction, layer: RetrySender) -> None:
        """Whatever was sent again had failed in a way that allows it; what ended had a reason to."""
        for step in interaction.earlier:
            error = layer.error_of(step)
            assert error is not None
            assert layer.rules.allow(error, step.response)
        error = layer.error_of(interaction)
        may_go_on = error is not None and layer.rules.allow(error, interaction.response)
        has_room = len(interaction.earlier) + 1 < layer.rules.attempts
        assert (interaction.given_up is not None) == (may_go_on and has_room)

    @invariant()
    def no_answer_is_counted_twice(self) -> None:
        below = Counter(
            step.recorded.trial for step in self.returned if not step.is_injected or step.recorded.latency is None
        )
        assert all(count == 1 for count in below.values())
        assert len(below) == len(self.provider.given)


TestRetries = Retries.TestCase
TestRetries.settings = settings(max_examples=60, stateful_step_count=12, deadline=None)


def steps_of(interaction: Interaction) -> list[tuple[int, bytes]]:
    return [
        (step.response.status, step.response.body)
        for step in (*interaction.earlier, interaction)
        if step.response is not None
    ]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.lists(st.sampled_from([429, 500, 503, None]), max_size=2), min_size=1, max_size=3))
def test_what_is_recorded_is_replayed_attempt_by_attempt(trials: list[list[int | None]]) -> None:
    """Per trial the failures before its answer; None breaks the connection."""
    script = [item for failures in trials for item in (*failures, 200)]
    server = Loopback()

    def answer(asked: Asked) -> Answer:
        item = script.pop(0)
        if item is None:
            raise ConnectionAbortedError
        # A connection that is closed after each answer cannot go stale in the client's pool.
        headers = (("Content-Type", "application/json"), ("Connection", "close"))
        return Answer(status=item, headers=headers, body=f'{{\n  "left": {len(script)}\n}}'.encode())

    server.answer = answer
    numbers = range(1, len(trials) + 1)
    with tempfile.TemporaryDirectory() as folder:
        workshop = Workshop(root=Path(folder), base_url=server.base_url)
        try:
            cell = workshop.open("once")
            live = [cell.send(workshop.request(), trial=number) for number in numbers]
            cell.save()
            replay = workshop.open()
            replayed = [replay.send(workshop.request(), trial=number) for number in numbers]
        finally:
            workshop.close()
            server.close()

    assert [steps_of(interaction) for interaction in live] == [steps_of(interaction) for interaction in replayed]
    assert [attempts_of(interaction) for interaction in live] == [attempts_of(interaction) for interaction in replayed]


def attempts_of(interaction: Interaction) -> int:
    return sum(step.recorded.attempts or 0 for step in (*interaction.earlier, interaction))
