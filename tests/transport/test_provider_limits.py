"""What all cells together ask of one provider: how many at once, when it asks to wait, and when the run is stopped."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from threading import Event, Lock, Thread

import pytest

from prompt_contracts.dialects.error_response import classify
from prompt_contracts.errors import RunStopped
from prompt_contracts.interaction import Interaction
from prompt_contracts.settings import ProviderRates
from prompt_contracts.transport.cell_transport import Mode
from prompt_contracts.transport.limits import Limits
from tests.transport.loopback import Answer, Asked, Loopback, Workshop

BUSY = Answer(status=429, headers=(("retry-after-ms", "1"),), body=b'{"error": {"message": "busy"}}')


def content_of(asked: Asked) -> str:
    return str(json.loads(asked.body)["messages"][-1]["content"])


def stormy() -> Callable[[Asked], Answer]:
    """Half of all answers say that there are too many requests: a rule decides by the request and how often it came."""
    lock = Lock()
    came: Counter[str] = Counter()

    def answer(asked: Asked) -> Answer:
        content = content_of(asked)
        with lock:
            came[content] += 1
            number = came[content]
        return BUSY if is_refused(content, number) else Answer()

    return answer


def is_refused(content: str, number: int) -> bool:
    return random.Random(f"{content}, {number}").random() < 0.5


def needed(content: str) -> int:
    """How often a request must be sent until it is answered."""
    return next(number for number in range(1, 100) if not is_refused(content, number))


@pytest.mark.parametrize("retries", [2, 20])
def test_a_storm_of_refusals_ends_with_every_request_sent_as_often_as_the_rules_allow(
    workshop: Workshop, server: Loopback, retries: int
) -> None:
    server.answer = stormy()
    contents = [f"question {number}" for number in range(120)]
    limits = Limits(64)
    cell = workshop.transport("live", limits=limits, max_retries=retries).open(workshop.cell())

    with ThreadPoolExecutor(64) as pool:
        found = list(pool.map(lambda content: cell.send(workshop.request(content), trial=1), contents))

    assert Counter(map(content_of, server.asked)) == {each: min(needed(each), retries + 1) for each in contents}
    statuses = [each.response.status for each in found if each.response is not None]
    assert statuses == [200 if needed(each) <= retries + 1 else 429 for each in contents]
    [status] = limits.status()
    assert (status.in_flight, status.throttled) == (0, sum(min(needed(each) - 1, retries + 1) for each in contents))


@pytest.mark.parametrize("concurrency", [1, 5])
def test_no_more_requests_are_on_their_way_at_once_than_was_asked_for(
    workshop: Workshop, server: Loopback, concurrency: int
) -> None:
    lock = Lock()
    here = 0
    seen: list[int] = []

    def answer(asked: Asked) -> Answer:
        nonlocal here
        with lock:
            here += 1
            seen.append(here)
        time.sleep(0.01)
        with lock:
            here -= 1
        return Answer()

    server.answer = answer
    transport = workshop.transport("live", limits=Limits(concurrency))
    cells = [transport.open(workshop.cell(cassette=f"{number}.yaml")) for number in range(40)]

    with ThreadPoolExecutor(len(cells)) as pool:
        found = list(pool.map(lambda cell: cell.send(workshop.request(), trial=1), cells))

    assert all(each.response is not None for each in found)
    assert max(seen) <= concurrency


@pytest.mark.parametrize("headers", [(("Retry-After", "1"),), (("retry-after-ms", "1000"),)], ids=str)
def test_a_provider_that_asks_to_wait_is_asked_by_nobody_until_then(
    workshop: Workshop, server: Loopback, headers: tuple[tuple[str, str], ...]
) -> None:
    times: list[float] = []

    def answer(asked: Asked) -> Answer:
        times.append(time.monotonic())
        return Answer(status=429, headers=headers) if len(times) == 1 else Answer()

    server.answer = answer
    transport = workshop.transport("live", limits=Limits(8))
    transport.open(workshop.cell()).send(workshop.request(), trial=1, is_retried=False)

    with ThreadPoolExecutor(6) as pool:
        cells = [transport.open(workshop.cell(cassette=f"{number}.yaml")) for number in range(6)]
        found = list(pool.map(lambda cell: cell.send(workshop.request(), trial=1), cells))

    assert [each.response.status for each in found if each.response is not None] == [200] * 6
    assert all(later - times[0] >= 0.95 for later in times[1:])


QUOTA = b'{"error": {"message": "no money", "code": "insufficient_quota", "type": "insufficient_quota"}}'


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (Answer(), None),
        (Answer(status=429), None),
        (Answer(status=429, headers=(("Retry-After", "7"),)), 7),
        (Answer(status=429, headers=(("Retry-After", "7"), ("retry-after-ms", "500"))), 0.5),
        (Answer(status=503, headers=(("Retry-After", "3"),)), 3),
        (Answer(status=400, headers=(("Retry-After", "3"),)), None),
        (Answer(status=429, headers=(("Retry-After", "3600"),)), None),
        (Answer(status=429, headers=(("Retry-After", "7"),), body=QUOTA), None),
        (Answer(headers=(("x-ratelimit-remaining-tokens", "0"), ("x-ratelimit-reset-tokens", "12.5s"))), 12.5),
        (Answer(headers=(("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "6m0s"))), None),
        (
            Answer(
                status=429, headers=(("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "120ms"))
            ),
            0.12,
        ),
    ],
    ids=str,
)
def test_everybody_waits_as_long_as_an_answer_says(
    workshop: Workshop, server: Loopback, answer: Answer, seconds: float | None
) -> None:
    limits = workshop.limits()
    server.answer = lambda asked: answer
    transport = workshop.transport("live", limits=limits, classify=classify)
    transport.open(workshop.cell()).send(workshop.request(), trial=1, is_retried=False)
    [status] = limits.status()
    assert status.waiting == (None if seconds is None else pytest.approx(seconds))

    transport.open(workshop.cell(cassette="other.yaml")).send(workshop.request(), trial=1, is_retried=False)
    assert workshop.elapsed == pytest.approx(status.waiting or 0)


def test_a_moment_until_which_to_wait_counts_from_that_of_the_answer(workshop: Workshop, server: Loopback) -> None:
    def answer(asked: Asked) -> Answer:
        moment = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
        return Answer(status=429, headers=(("Retry-After", moment),))

    server.answer = answer
    limits = workshop.limits()
    cell = workshop.transport("live", limits=limits, classify=classify).open(workshop.cell())
    cell.send(workshop.request(), trial=1, is_retried=False)

    assert limits.status()[0].waiting == pytest.approx(20, abs=2)


def test_waiting_for_a_provider_is_no_part_of_the_latency_and_takes_nothing_of_the_timeout(
    workshop: Workshop, server: Loopback
) -> None:
    limits = workshop.limits()
    transport = workshop.transport("live", limits=limits, monotonic=lambda: workshop.elapsed)
    cell = transport.open(workshop.cell())
    server.answer = lambda asked: Answer(status=429, headers=(("Retry-After", "12"),))
    cell.send(workshop.request(), trial=1, is_retried=False)
    server.answer = lambda asked: Answer()

    interaction = cell.send(workshop.request(), trial=2, timeout=5)

    assert workshop.elapsed == pytest.approx(12)
    assert interaction.response is not None
    assert interaction.recorded.latency == 0


def test_the_requests_of_a_minute_are_counted_over_all_cells(workshop: Workshop, server: Loopback) -> None:
    transport = workshop.transport("live", rates={"house": ProviderRates(requests_per_minute=2)})
    for number in range(5):
        transport.open(workshop.cell(cassette=f"{number}.yaml")).send(workshop.request(), trial=1)

    assert workshop.elapsed == pytest.approx(120)


def test_the_tokens_of_a_minute_are_those_of_the_answers_and_what_may_still_come(workshop: Workshop) -> None:
    cell = workshop.transport(
        "live", rates={"house": ProviderRates(tokens_per_minute=1000)}, answer_tokens=lambda url, response: 400
    ).open(workshop.cell())
    for trial in (1, 2):
        cell.send(workshop.request(max_tokens=500), trial=trial)
    assert workshop.elapsed == 0

    cell.send(workshop.request(max_tokens=500), trial=3)
    assert workshop.elapsed == pytest.approx(60)


def test_other_addresses_and_providers_are_limited_by_themselves(workshop: Workshop, server: Loopback) -> None:
    limits = workshop.limits()
    transport = workshop.transport("live", limits=limits)
    server.answer = lambda asked: Answer(status=429, headers=(("Retry-After", "12"),))
    transport.open(workshop.cell()).send(workshop.request(), trial=1, is_retried=False)
    server.answer = lambda asked: Answer()

    elsewhere = workshop.cell(base_url=f"{server.base_url}/other")
    for cell in (elsewhere, workshop.cell(provider="garden")):
        transport.open(cell).send(workshop.request(), trial=1)

    assert workshop.elapsed == 0
    assert [(each.provider, each.throttled) for each in limits.status()] == [("house", 1), ("house", 0), ("garden", 0)]


def caught(work: Callable[[], Interaction]) -> tuple[Thread, list[object]]:
    """A thread at work, and what comes of it."""
    found: list[object] = []

    def run() -> None:
        try:
            found.append(work())
        except RunStopped as stopped:
            found.append(stopped)

    thread = Thread(target=run, daemon=True)
    thread.start()
    return thread, found


def test_whoever_waits_when_the_run_is_stopped_is_not_sent_and_what_is_on_its_way_is_answered(
    workshop: Workshop, server: Loopback
) -> None:
    came, released = Event(), Event()

    def answer(asked: Asked) -> Answer:
        came.set()
        released.wait(60)
        return Answer()

    server.answer = answer
    limits = Limits(1)
    cell = workshop.transport("live", limits=limits).open(workshop.cell())
    first, answered = caught(lambda: cell.send(workshop.request(), trial=1))
    came.wait(30)
    waiting = [caught(lambda: cell.send(workshop.request(), trial=2)) for _ in range(5)]

    limits.stop()
    for thread, _ in waiting:
        thread.join(30)
    released.set()
    first.join(30)

    assert [type(each) for each in answered] == [Interaction]
    assert [type(each) for _, found in waiting for each in found] == [RunStopped] * 5
    assert len(server.asked) == 1
    with pytest.raises(RunStopped):
        cell.send(workshop.request(), trial=3)


def test_a_wait_before_another_attempt_ends_when_the_run_is_stopped(workshop: Workshop, server: Loopback) -> None:
    server.answer = lambda asked: Answer(status=429, headers=(("Retry-After", "29"),))
    limits, told = Limits(1), Event()
    cell = workshop.transport("live", limits=limits, sleep=None, on_wait=lambda line: told.set()).open(workshop.cell())
    thread, found = caught(lambda: cell.send(workshop.request(), trial=1))
    told.wait(30)

    limits.stop()
    thread.join(20)

    assert [type(each) for each in found] == [RunStopped]
    assert len(server.asked) == 1


@pytest.mark.parametrize("mode", ["none", "once", "new_episodes"])
def test_what_is_replayed_waits_for_nobody(workshop: Workshop, mode: Mode) -> None:
    workshop.record()
    limits = workshop.limits(1)
    limits.stop()

    assert workshop.transport(mode, limits=limits).open(workshop.cell()).send(workshop.request(), trial=1).is_replayed
    assert limits.status() == ()
