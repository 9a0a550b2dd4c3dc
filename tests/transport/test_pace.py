"""The pace of a provider, on a clock that the tests move."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from prompt_contracts.interaction import ApiResponse
from prompt_contracts.settings import ProviderRates
from prompt_contracts.transport.pace import Pace, Reaction, Ticket
from prompt_contracts.transport.rate_headers import exhausted_for, read_duration

ANSWER = Reaction(is_answered=True)
THROTTLED = Reaction(is_throttled=True)


def filled(pace: Pace, *, now: float = 0.0) -> list[Ticket]:
    """As many requests as may be sent."""
    tickets = []
    while pace.delay(0, now=now) == 0:
        tickets.append(pace.start(0, now=now))
    return tickets


def test_a_burst_of_refusals_lowers_the_limit_once() -> None:
    pace = Pace(8)
    for ticket in filled(pace):
        pace.finish(ticket, THROTTLED, now=1.0)

    assert (pace.limit, pace.throttled) == (4, 8)


@pytest.mark.parametrize(
    ("rates", "reaction", "cause"),
    [
        (ProviderRates(), ANSWER, None),
        (ProviderRates(), Reaction(is_answered=True, hold=5.0), "as it asked"),
        (ProviderRates(), Reaction(is_throttled=True, hold=5.0), None),
        (ProviderRates(requests_per_minute=1), ANSWER, "requests per minute"),
        (ProviderRates(tokens_per_minute=10), Reaction(is_answered=True, tokens=10), "tokens per minute"),
        (ProviderRates(requests_per_minute=1), Reaction(is_throttled=True, hold=5.0), "requests per minute"),
        (ProviderRates(requests_per_minute=1), Reaction(is_answered=True, hold=90.0), "as it asked"),
    ],
)
def test_a_pause_says_why(rates: ProviderRates, reaction: Reaction, cause: str | None) -> None:
    pace = Pace(8, rates=rates)
    pace.finish(pace.start(10, now=0), reaction, now=0)

    assert pace.cause(10, now=1) == cause


def test_the_limit_never_falls_below_one() -> None:
    pace = Pace(2)
    for now in range(5):
        pace.finish(pace.start(0, now=now), THROTTLED, now=now)

    assert pace.limit == 1


def test_answers_let_the_limit_grow_up_to_the_ceiling_one_after_another() -> None:
    pace = Pace(4)
    pace.finish(pace.start(0, now=0), THROTTLED, now=0)
    limits = []
    for now in range(1, 12):
        pace.finish(pace.start(0, now=now), ANSWER, now=now)
        limits.append(pace.limit)

    assert limits == [2, 2, 3, 3, 3, 4, 4, 4, 4, 4, 4]


def test_answers_to_what_was_sent_before_the_limit_fell_do_not_raise_it() -> None:
    pace = Pace(4)
    first, *others = filled(pace)
    pace.finish(first, THROTTLED, now=0)
    for ticket in others:
        pace.finish(ticket, ANSWER, now=0)

    assert pace.limit == 2


def test_a_failing_server_keeps_the_limit_from_growing_and_does_not_lower_it() -> None:
    pace = Pace(4)
    pace.finish(pace.start(0, now=0), THROTTLED, now=0)
    pace.finish(pace.start(0, now=0), Reaction(is_failing=True), now=0)
    for now in (1, 2, 3, 4, 5):
        pace.finish(pace.start(0, now=now), ANSWER, now=now)
    assert pace.limit == 2

    for now in (11, 12, 13, 14, 15):
        pace.finish(pace.start(0, now=now), ANSWER, now=now)
    assert pace.limit == 3


def test_a_hold_is_for_everybody_and_the_longest_one_counts() -> None:
    pace = Pace(8)
    one, two = pace.start(0, now=0), pace.start(0, now=0)
    pace.finish(one, Reaction(hold=20.0), now=1)
    pace.finish(two, Reaction(hold=5.0), now=2)

    assert pace.delay(0, now=2) == 19.0
    assert pace.delay(0, now=21) == 0


def test_no_minute_holds_more_requests_than_its_ceiling() -> None:
    pace = Pace(100, rates=ProviderRates(requests_per_minute=3))
    for now in (0, 10, 20):
        pace.finish(pace.start(0, now=now), ANSWER, now=now)

    assert pace.delay(0, now=30) == 30
    assert pace.delay(0, now=60) == 0


def test_tokens_count_as_expected_until_the_answer_says_how_many_there_were() -> None:
    pace = Pace(100, rates=ProviderRates(tokens_per_minute=1000))
    ticket = pace.start(800, now=0)
    assert pace.delay(300, now=1) == 59

    pace.finish(ticket, Reaction(is_answered=True, tokens=50), now=2)
    assert pace.delay(300, now=2) == 0


def test_what_reached_nobody_takes_nothing_of_the_minute() -> None:
    pace = Pace(8, rates=ProviderRates(requests_per_minute=1, tokens_per_minute=10))
    for now in (0, 1, 2):
        pace.finish(pace.start(9, now=now), Reaction(is_unsent=True), now=now)

    assert pace.delay(9, now=3) == 0


def test_a_request_larger_than_a_minute_is_sent_when_nothing_else_counts() -> None:
    pace = Pace(100, rates=ProviderRates(tokens_per_minute=1000))
    pace.finish(pace.start(10, now=0), ANSWER, now=0)

    assert pace.delay(5000, now=0) == 60
    assert pace.delay(5000, now=60) == 0


def test_the_lower_one_of_two_ceilings_holds() -> None:
    pace = Pace(8, rates=ProviderRates(requests_per_minute=5))
    pace.tighten(ProviderRates(requests_per_minute=1, tokens_per_minute=100))
    pace.tighten(ProviderRates(requests_per_minute=7))
    pace.start(0, now=0)

    assert pace.delay(0, now=0) == 60
    assert pace.counts_tokens


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("6m0s", 360.0),
        ("1s", 1.0),
        ("12ms", 0.012),
        ("7.66s", 7.66),
        ("1h2m3s", 3723.0),
        ("2m59.56s", 179.56),
        ("30", 30.0),
        ("-1", None),
        ("0", 0.0),
        ("", None),
        (None, None),
        ("soon", None),
        ("1s later", None),
        ("9" * 400, None),
    ],
)
def test_durations_are_read_as_providers_write_them(text: str | None, seconds: float | None) -> None:
    assert read_duration(text) == (None if seconds is None else pytest.approx(seconds))


@given(st.text())
def test_no_text_is_too_strange_for_a_duration(text: str) -> None:
    found = read_duration(text)

    assert found is None or found >= 0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"remaining-requests": "0", "reset-requests": "8s"}, 8.0),
        ({"remaining-requests": "0", "reset-requests": "8s", "remaining-tokens": "0", "reset-tokens": "12s"}, 12.0),
        ({"remaining-requests": "1", "reset-requests": "8s"}, None),
        ({"remaining-tokens": "0"}, None),
        ({"remaining-tokens": "-1", "reset-tokens": "8"}, None),
        ({"remaining-tokens": "0", "reset-tokens": "-1"}, None),
        ({}, None),
    ],
    ids=str,
)
def test_what_is_exhausted_is_held_until_its_reset(headers: dict[str, str], seconds: float | None) -> None:
    response = ApiResponse(status=200, headers=tuple((f"x-ratelimit-{name}", text) for name, text in headers.items()))

    assert exhausted_for(response) == seconds


class PaceMachine(RuleBasedStateMachine):
    """Requests come, are let through when the pace says so, and end in every way, while a clock runs."""

    @initialize(
        ceiling=st.integers(1, 6),
        requests=st.none() | st.integers(1, 5),
        tokens=st.none() | st.integers(1, 500),
    )
    def begin(self, ceiling: int, requests: int | None, tokens: int | None) -> None:
        self.ceiling = ceiling
        self.requests = requests
        self.pace = Pace(ceiling, rates=ProviderRates(requests_per_minute=requests, tokens_per_minute=tokens))
        self.now = 0.0
        self.waiting: list[int] = []
        self.sent: list[Ticket] = []
        self.times: list[float] = []

    @rule(tokens=st.integers(0, 600))
    def come(self, tokens: int) -> None:
        self.waiting.append(tokens)
        self.let_through()

    @rule(seconds=st.floats(0, 100))
    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.let_through()

    @precondition(lambda self: self.sent)
    @rule(
        data=st.data(),
        kind=st.sampled_from(["answer", "throttled", "failing", "nothing"]),
        hold=st.none() | st.floats(0, 30),
        tokens=st.none() | st.integers(0, 900),
    )
    def end(self, data: st.DataObject, kind: str, hold: float | None, tokens: int | None) -> None:
        ticket = self.sent.pop(data.draw(st.integers(0, len(self.sent) - 1)))
        before = self.pace.limit
        reaction = Reaction(
            is_answered=kind == "answer",
            is_throttled=kind == "throttled",
            is_failing=kind == "failing",
            hold=hold,
            tokens=tokens,
        )
        self.pace.finish(ticket, reaction, now=self.now)
        if kind != "throttled":
            assert self.pace.limit >= before
        if kind != "answer":
            assert self.pace.limit <= before
        self.let_through()

    def let_through(self) -> None:
        while self.waiting and self.pace.delay(self.waiting[0], now=self.now) == 0:
            # A limit that has just fallen lets those on their way end, and sends no others.
            assert self.pace.in_flight < self.pace.limit
            self.sent.append(self.pace.start(self.waiting.pop(0), now=self.now))
            self.times.append(self.now)

    @invariant()
    def the_limits_hold(self) -> None:
        assert self.pace.in_flight == len(self.sent) <= self.ceiling
        assert 1 <= self.pace.limit <= self.ceiling
        if self.requests is not None:
            recent = [time for time in self.times if time > self.now - 60]
            assert len(recent) <= self.requests

    def teardown(self) -> None:
        """Nobody is forgotten: once all have ended, each wait that is told is long enough, or leads to the next."""
        if not hasattr(self, "pace"):
            return
        for _ in range(4 * len(self.waiting) + 4):
            while self.sent:
                self.pace.finish(self.sent.pop(), ANSWER, now=self.now)
            self.let_through()
            if not self.waiting:
                break
            delay = self.pace.delay(self.waiting[0], now=self.now)
            if delay is not None:
                self.now += max(delay, 0.001)
        assert not self.waiting


TestPaceMachine = PaceMachine.TestCase
