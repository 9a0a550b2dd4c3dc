"""After which failures a request is sent again, how often, and how long it waits in between."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal

import pytest

from prompt_contracts.errors import RecordingMissing
from prompt_contracts.fault import Fault, FaultPlan, RetryPolicy
from prompt_contracts.interaction import ApiResponse, Interaction
from prompt_contracts.provider_error import ErrorKind, ProviderError
from prompt_contracts.transport.cassette_file import read_entries
from prompt_contracts.transport.retry import RetryRules
from prompt_contracts.usage import Cost
from tests.transport.loopback import Answer, Asked, Loopback, Workshop

QUOTA = b'{"error": {"code": "insufficient_quota", "type": "insufficient_quota", "message": "pay"}}'


def script(*answers: Answer | int | None) -> Callable[[Asked], Answer]:
    """One answer after the other: a status, a whole answer, or None for a connection that breaks."""
    waiting = list(answers)

    def answer(asked: Asked) -> Answer:
        item = waiting.pop(0)
        if item is None:
            raise ConnectionAbortedError
        return Answer(status=item) if isinstance(item, int) else item

    return answer


def refusal(status: int = 429, **headers: str) -> Answer:
    """An error answer with headers, their underscores read as hyphens."""
    return Answer(status=status, headers=tuple((name.replace("_", "-"), value) for name, value in headers.items()))


def outcomes(interaction: Interaction) -> list[int | str]:
    """Status or kind of failure of every attempt, in order."""
    return [
        step.response.status if step.response is not None else step.failure.kind if step.failure else "nothing"
        for step in (*interaction.earlier, interaction)
    ]


def test_a_failing_request_is_sent_again_until_it_is_answered(workshop: Workshop, server: Loopback) -> None:
    server.answer = script(429, 503, 200)

    interaction = workshop.open("live").send(workshop.request(), trial=1)

    assert outcomes(interaction) == [429, 503, 200]
    assert len(server.asked) == 3


def test_it_is_sent_three_times_at_most_by_default(workshop: Workshop, server: Loopback) -> None:
    server.answer = script(500, 500, 500, 200)

    interaction = workshop.open("live").send(workshop.request(), trial=1)

    assert outcomes(interaction) == [500, 500, 500]


@pytest.mark.parametrize(("retries", "attempts", "expected"), [(0, None, 1), (1, None, 2), (0, 4, 4), (5, 1, 1)])
def test_a_case_s_attempts_count_before_those_of_the_run(
    workshop: Workshop, server: Loopback, retries: int, attempts: int | None, expected: int
) -> None:
    server.answer = lambda asked: Answer(status=500)
    cell = workshop.cell(retry=RetryPolicy(attempts=attempts))

    workshop.transport("live", max_retries=retries).open(cell).send(workshop.request(), trial=1)

    assert len(server.asked) == expected


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504, 529])
def test_what_may_pass_is_sent_again(workshop: Workshop, server: Loopback, status: int) -> None:
    server.answer = script(status, 200)

    assert outcomes(workshop.open("live").send(workshop.request(), trial=1)) == [status, 200]


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422, 498])
def test_what_stays_wrong_is_not_sent_again(workshop: Workshop, server: Loopback, status: int) -> None:
    server.answer = script(status, 200)

    assert outcomes(workshop.open("live").send(workshop.request(), trial=1)) == [status]


@pytest.mark.parametrize("header", ["true", "false", None])
def test_an_empty_account_is_never_sent_again(workshop: Workshop, server: Loopback, header: str | None) -> None:
    headers = () if header is None else (("x-should-retry", header),)
    server.answer = script(Answer(status=429, headers=headers, body=QUOTA), 200)

    assert outcomes(workshop.open("live").send(workshop.request(), trial=1)) == [429]


@pytest.mark.parametrize(
    ("status", "header", "expected"),
    [(500, "false", [500]), (429, "False", [429]), (400, "true", [400, 200]), (500, "maybe", [500, 200])],
)
def test_the_provider_s_own_word_on_retries_counts(
    workshop: Workshop, server: Loopback, status: int, header: str, expected: list[int]
) -> None:
    server.answer = script(refusal(status, x_should_retry=header), 200)

    assert outcomes(workshop.open("live").send(workshop.request(), trial=1)) == expected


def test_a_broken_connection_is_sent_again(workshop: Workshop, server: Loopback) -> None:
    server.answer = script(None, 200)

    assert outcomes(workshop.open("live").send(workshop.request(), trial=1)) == ["connection", 200]


@pytest.mark.parametrize(("kinds", "expected"), [(("server",), [500, 429]), (("rate_limit",), [500]), ((), [500])])
def test_a_case_may_narrow_the_kinds(
    workshop: Workshop, server: Loopback, kinds: tuple[str, ...], expected: list[int]
) -> None:
    server.answer = script(500, 429, 200)
    cell = workshop.transport("live").open(workshop.cell(retry=RetryPolicy(kinds=kinds)))

    assert outcomes(cell.send(workshop.request(), trial=1)) == expected


def test_a_part_of_a_stream_is_never_sent_again(workshop: Workshop, server: Loopback) -> None:
    stream = (("Content-Type", "text/event-stream"), ("x-should-retry", "true"))
    body = b'data: {"error": {"code": "server_is_overloaded"}}\n\n'
    server.answer = script(Answer(headers=stream, body=body, promised=1000), 200)

    assert outcomes(workshop.open("live").send(workshop.request(), trial=1)) == [200]
    assert len(server.asked) == 1


def test_an_error_inside_a_good_status_is_sent_again(workshop: Workshop, server: Loopback) -> None:
    server.answer = script(Answer(body=b'{"error": {"code": "server_is_overloaded"}}'), 200)

    assert outcomes(workshop.open("live").send(workshop.request(), trial=1)) == [200, 200]
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"retry-after": "2"}, 2.0),
        ({"retry-after-ms": "150"}, 0.15),
        ({"retry-after-ms": "150", "retry-after": "9"}, 0.15),
        ({}, 0.5),
    ],
)
def test_the_wait_is_the_one_that_the_provider_asks_for(
    workshop: Workshop, server: Loopback, headers: dict[str, str], expected: float
) -> None:
    server.answer = script(Answer(status=429, headers=tuple(headers.items())), 200)

    interaction = workshop.open("live").send(workshop.request(), trial=1)

    assert workshop.slept == [expected]
    assert interaction.waited == expected


def test_without_one_it_doubles_up_to_eight_seconds(workshop: Workshop, server: Loopback) -> None:
    server.answer = lambda asked: Answer(status=500)
    cell = workshop.cell(retry=RetryPolicy(attempts=8))

    workshop.transport("live").open(cell).send(workshop.request(), trial=1)

    assert workshop.slept == [0.5, 1, 2, 4, 8, 8, 8]


def test_chance_takes_up_to_a_quarter_of_a_wait_away(workshop: Workshop, server: Loopback) -> None:
    server.answer = script(500, 200)

    workshop.transport("live", random=lambda: 1.0).open(workshop.cell()).send(workshop.request(), trial=1)

    assert workshop.slept == [0.375]


def test_all_waits_together_stay_within_the_limit(workshop: Workshop, server: Loopback) -> None:
    server.answer = lambda asked: Answer(status=500)
    cell = workshop.cell(retry=RetryPolicy(attempts=5, max_wait=2))

    interaction = workshop.transport("live").open(cell).send(workshop.request(), trial=1)

    assert workshop.slept == [0.5, 1, 0.5]
    assert (interaction.waited, len(server.asked)) == (2, 5)


@pytest.mark.parametrize(
    ("policy", "asked", "reason"),
    [
        (RetryPolicy(), "3600", "asks to wait 3600 s, more than the 60 s that may be waited"),
        (RetryPolicy(), "45", "asks to wait 45 s, more than the 30 s of one wait"),
        (RetryPolicy(max_wait=0.5), "1", "asks to wait 1 s, more than the 0.5 s that may be waited"),
    ],
)
def test_a_provider_that_asks_for_too_long_a_wait_is_not_asked_again(
    workshop: Workshop, server: Loopback, policy: RetryPolicy, asked: str, reason: str
) -> None:
    server.answer = script(refusal(retry_after=asked), 200)

    interaction = workshop.transport("live").open(workshop.cell(retry=policy)).send(workshop.request(), trial=1)

    assert outcomes(interaction) == [429]
    assert interaction.given_up == reason
    assert workshop.slept == []


def test_the_reason_tells_what_was_waited_before(workshop: Workshop, server: Loopback) -> None:
    server.answer = script(refusal(retry_after="20"), refusal(retry_after="29.5"), refusal(retry_after="25"), 200)
    cell = workshop.cell(retry=RetryPolicy(attempts=4))

    interaction = workshop.transport("live").open(cell).send(workshop.request(), trial=1)

    assert interaction.given_up == (
        "asks to wait 25 s, more than the 60 s that may be waited in all, of which 49.5 s are spent"
    )


def test_no_wait_is_the_reason_after_the_last_attempt(workshop: Workshop, server: Loopback) -> None:
    server.answer = script(429, 429, refusal(retry_after="3600"))

    interaction = workshop.open("live").send(workshop.request(), trial=1)

    assert interaction.given_up is None
    assert len(server.asked) == 3


def test_a_case_that_says_how_long_it_may_wait_is_taken_at_its_word(workshop: Workshop, server: Loopback) -> None:
    server.answer = script(refusal(retry_after="90"), 200)
    cell = workshop.cell(retry=RetryPolicy(max_wait=120))

    workshop.transport("live").open(cell).send(workshop.request(), trial=1)

    assert workshop.slept == [90]


def test_every_wait_is_told_before_it_begins(workshop: Workshop, server: Loopback) -> None:
    server.answer = script(None, refusal(retry_after="12"), 200)
    told: list[object] = []
    transport = workshop.transport("live", on_wait=told.append, sleep=lambda seconds: told.append(f"slept {seconds}"))

    transport.open(workshop.cell()).send(workshop.request(), trial=1)

    assert list(map(str, told)) == [
        "house: waiting 0.5 s (connection, attempt 2 of 3)",
        "slept 0.5",
        "house: waiting 12 s (429 rate_limit, attempt 3 of 3)",
        "slept 12.0",
    ]


def test_an_application_that_retries_by_itself_is_not_helped(workshop: Workshop, server: Loopback) -> None:
    server.answer = script(500, 200)
    cell = workshop.open("live")

    sends = [cell.send(workshop.request(), trial=1, attempt=number, is_retried=False) for number in (1, 2)]

    assert [outcomes(interaction) for interaction in sends] == [[500], [200]]
    assert workshop.slept == []


def test_every_attempt_with_an_answer_is_recorded_and_replayed_in_order(workshop: Workshop, server: Loopback) -> None:
    server.answer = script(429, refusal(retry_after="3"), 200, 200)
    cell = workshop.open("once")
    for trial in (1, 2):
        cell.send(workshop.request(), trial=trial)
    cell.save()
    workshop.slept.clear()

    replay = workshop.open()
    second, first = (replay.send(workshop.request(), trial=trial) for trial in (2, 1))

    assert [entry.status for entry in read_entries(workshop.text)] == [429, 429, 200, 200]
    assert (outcomes(first), outcomes(second)) == ([429, 429, 200], [200])
    assert all(step.is_replayed for step in (*first.earlier, first))


def test_a_replay_counts_its_waits_and_takes_no_time_for_them(workshop: Workshop, server: Loopback) -> None:
    server.answer = script(refusal(retry_after="3"), 500, 200)
    workshop.record()
    workshop.slept.clear()
    workshop.told.clear()

    interaction = workshop.open().send(workshop.request(), trial=1)

    assert interaction.waited == 4
    assert (workshop.slept, workshop.told) == ([], [])


def test_attempts_without_an_answer_are_counted_by_the_next_entry(workshop: Workshop, server: Loopback) -> None:
    server.answer = script(None, None, 200)
    cell = workshop.open("once")
    live = cell.send(workshop.request(), trial=1)
    cell.save()

    replayed = workshop.open().send(workshop.request(), trial=1)

    assert outcomes(live) == ["connection", "connection", 200]
    assert outcomes(replayed) == ["connection", "connection", 200]
    assert [step.failure for step in replayed.earlier] == [step.failure for step in live.earlier]
    assert replayed.recorded.attempts == 3 == sum(step.recorded.attempts or 0 for step in (*live.earlier, live))
    assert replayed.recorded.latency == pytest.approx(
        sum(step.recorded.latency or 0 for step in (*live.earlier, live)), abs=1e-3
    )


def test_an_attempt_of_one_trial_is_not_counted_for_another(workshop: Workshop, server: Loopback) -> None:
    server.answer = script(None, 200)
    cell = workshop.transport("once", max_retries=0).open(workshop.cell())
    for trial in (1, 2):
        cell.send(workshop.request(), trial=trial)
    cell.save()

    assert [entry.recorded.attempts for entry in read_entries(workshop.text)] == [1]


def test_a_recording_that_ends_in_an_error_ends_there_again(workshop: Workshop, server: Loopback) -> None:
    server.answer = script(500)
    cell = workshop.transport("once", max_retries=0).open(workshop.cell())
    cell.send(workshop.request(), trial=1)
    cell.save()

    interaction = workshop.open().send(workshop.request(), trial=1)

    assert outcomes(interaction) == [500]
    assert interaction.is_replayed


def test_an_attempt_that_was_never_recorded_is_missing_after_a_fault(workshop: Workshop) -> None:
    plan = FaultPlan(attempts=(Fault(kind="status", detail=429),))

    with pytest.raises(RecordingMissing):
        workshop.open().send(workshop.request(), trial=1, fault=plan)


def test_recording_again_replaces_all_attempts(workshop: Workshop, server: Loopback) -> None:
    server.answer = script(429, 429, 200, 200)
    workshop.record()
    workshop.record(mode="all")

    assert [entry.status for entry in read_entries(workshop.text)] == [200]


def test_attempts_that_the_recording_lacks_are_asked_and_added(workshop: Workshop, server: Loopback) -> None:
    server.answer = script(500, 200)
    cell = workshop.transport("once", max_retries=0).open(workshop.cell())
    cell.send(workshop.request(), trial=1)
    cell.save()

    cell = workshop.open("new_episodes")
    answered = cell.send(workshop.request(), trial=1)
    cell.save()

    assert [step.is_replayed for step in (*answered.earlier, answered)] == [True, False]
    assert outcomes(workshop.open().send(workshop.request(), trial=1)) == [500, 200]


def test_a_price_is_noted_for_the_attempt_that_it_belongs_to(workshop: Workshop, server: Loopback) -> None:
    server.answer = script(429, 200)
    cell = workshop.open("once")
    interaction = cell.send(workshop.request(), trial=1)
    cell.note_cost(interaction, Cost(usd=Decimal(2), source="provider"))
    cell.note_cost(interaction.earlier[0], Cost(usd=Decimal(0), source="refused request"))
    cell.save()

    costs = [entry.recorded.cost for entry in read_entries(workshop.text)]

    assert [cost.usd for cost in costs if cost] == [0, 2]


def test_polling_gets_the_answers_in_the_order_of_the_file(workshop: Workshop, server: Loopback) -> None:
    words = ["queued", "in_progress", "completed"]
    server.answer = script(*(Answer(body=json.dumps({"status": word}).encode()) for word in words * 2))
    poll = workshop.request(method="GET", path="/threads/t/runs/r")
    cell = workshop.open("once")
    for trial in (1, 1, 1, 2, 2, 2):
        cell.send(poll, trial=trial)
        cell.pause(0.25)
    cell.save()

    replay = workshop.open()
    answers = {trial: [replay.send(poll, trial=trial).response for _ in words] for trial in (2, 1)}

    assert workshop.slept == [0.25] * 6
    assert {
        trial: [json.loads(answer.body)["status"] for answer in found if answer] for trial, found in answers.items()
    } == {
        1: words,
        2: words,
    }


def test_a_pause_takes_time_only_after_an_answer_from_the_network(workshop: Workshop) -> None:
    workshop.record()
    replay = workshop.open()
    replay.pause(1)
    replay.send(workshop.request(), trial=1)
    replay.pause(1)

    assert workshop.slept == []


def test_tenacity_is_imported_when_a_first_attempt_has_failed(workshop: Workshop, server: Loopback) -> None:
    server.answer = script(200, 429, 200)
    workshop.record(workshop.request("good"), workshop.request("bad"))
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "sys.path[:0] = sys.argv[2:]\n"
        "from tests.transport.loopback import Workshop\n"
        f"workshop = Workshop(root=Path(sys.argv[1]), base_url={workshop.base_url!r})\n"
        "cell = workshop.open()\n"
        "for trial, word in enumerate(['good', 'bad'], 1):\n"
        "    cell.send(workshop.request(word), trial=trial)\n"
        "    print(sorted({'httpx', 'tenacity', 'vcr'} & sys.modules.keys()))\n"
    )

    run = subprocess.run(
        [sys.executable, "-c", program, str(workshop.root), *sys.path], capture_output=True, text=True, check=True
    )

    assert run.stdout.splitlines() == ["[]", "['tenacity']"]


EVENTS = (("content-type", "text/event-stream"),)


@pytest.mark.parametrize(
    ("status", "kind", "headers", "is_sent_again"),
    [
        (200, "overloaded", (), True),
        (399, "server", (), True),
        (400, "server", (), False),
        (400, "overloaded", (("x-should-retry", "true"),), True),
        (409, "invalid_request", (), True),
        (500, "server", (("x-should-retry", " FALSE "),), False),
        (200, "server", EVENTS, False),
        (299, "server", EVENTS, False),
        (300, "server", EVENTS, True),
        (500, "server", EVENTS, True),
        (500, "quota", (), False),
    ],
)
def test_by_status_kind_and_the_provider_s_word_an_answer_is_asked_for_again(
    status: int, kind: ErrorKind, headers: tuple[tuple[str, str], ...], *, is_sent_again: bool
) -> None:
    response = ApiResponse(status=status, headers=headers, body=b"data: x\n\n" if headers == EVENTS else b"{}")

    assert RetryRules().allow(ProviderError(kind=kind, message="no"), response) == is_sent_again
