"""Verdicts are counted and waits gathered, on a clock that the tests move."""

from __future__ import annotations

from decimal import Decimal

import pytest

from prompt_contracts.engine.run_progress import RunProgress
from prompt_contracts.progress import Progress
from prompt_contracts.provider_status import ProviderStatus
from prompt_contracts.report import Bill
from prompt_contracts.wait import Wait


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def run(clock: Clock) -> RunProgress:
    return RunProgress(4, budget=None, monotonic=clock)


def status(
    provider: str = "house", *, in_flight: int = 0, waiting: float | None = None, throttled: int = 0
) -> ProviderStatus:
    cause = None if waiting is None else "requests per minute"
    return ProviderStatus(
        provider=provider, in_flight=in_flight, limit=8, waiting=waiting, cause=cause, throttled=throttled
    )


def facts(run: RunProgress, *statuses: ProviderStatus) -> Progress:
    return run.facts(spent=Bill(usd=Decimal(0)), statuses=statuses)


def wait(seconds: float, reason: str = "500 server") -> Wait:
    return Wait(provider="house", seconds=seconds, reason=reason, attempt=2, attempts=3)


def test_of_a_cell_that_was_run_again_the_last_word_counts(run: RunProgress) -> None:
    run.note("a", "failed")
    run.note("a", "passed")
    run.note("b", "error")

    found = facts(run)

    assert (found.done, found.passed, found.failed, found.errors) == (2, 1, 0, 1)


def test_the_rest_is_estimated_from_what_is_done(run: RunProgress, clock: Clock) -> None:
    assert facts(run).remaining is None
    clock.now += 6
    assert facts(run).remaining is None

    run.note("a", "passed")

    assert facts(run).remaining == pytest.approx(18)
    for name in "bcd":
        run.note(name, "passed")
    assert facts(run).remaining is None


def test_a_provider_waits_where_all_wait_for_another_attempt(run: RunProgress, clock: Clock) -> None:
    run.note_wait(wait(5))
    run.note_wait(wait(3, "connection"))
    clock.now += 1

    [found] = facts(run, status()).providers

    assert found.waiting == pytest.approx(2)
    assert found.cause == "connection"


def test_while_others_are_on_their_way_only_the_reason_is_told(run: RunProgress) -> None:
    run.note_wait(wait(5))

    [found] = facts(run, status(in_flight=2)).providers

    assert (found.waiting, found.cause) == (None, "500 server")


def test_a_wait_that_is_over_says_nothing(run: RunProgress, clock: Clock) -> None:
    run.note_wait(wait(5))
    clock.now += 5

    assert facts(run, status()).providers == (status(),)


def test_a_wait_of_the_whole_provider_comes_first(run: RunProgress) -> None:
    run.note_wait(wait(5))

    assert facts(run, status(waiting=12.0)).providers == (status(waiting=12.0),)


def test_too_many_requests_are_counted_and_not_told_twice(run: RunProgress) -> None:
    run.note_wait(wait(5, "429 rate_limit"))

    [found] = facts(run, status(throttled=1)).providers

    assert found.waiting == pytest.approx(5)
    assert found.cause is None


def test_a_provider_at_several_addresses_is_told_once(run: RunProgress) -> None:
    found = facts(run, status(in_flight=2, throttled=1), status("other"), status(in_flight=1, waiting=9.0)).providers

    assert [(each.provider, each.in_flight, each.limit, each.waiting, each.throttled) for each in found] == [
        ("house", 3, 16, 9.0, 1),
        ("other", 0, 8, None, 0),
    ]
