"""What an application's own retries took, from the times at which its attempts arrived."""

from __future__ import annotations

from prompt_contracts.application.own_retries import Asking, own_retries


def asking(number: int, attempt: int, since: float, at: float) -> Asking:
    return Asking(number=number, attempt=attempt, since=since, at=at)


def test_requests_that_were_asked_once_are_no_retries() -> None:
    assert own_retries([asking(1, 1, 0, 0), asking(2, 1, 7, 7)]) is None


def test_the_time_goes_from_the_first_attempt_to_the_last() -> None:
    found = own_retries([asking(1, 1, 0, 0), asking(2, 5, 3, 28)])

    assert str(found) == "the application's own retries: 5 requests within 25 s"
    assert found is not None
    assert found.is_long


def test_one_that_was_stopped_had_waited_up_to_then() -> None:
    found = own_retries([asking(1, 3, 1, 2.5)], until=4.26)

    assert str(found) == "the application's own retries: 3 requests within 3.3 s"


def test_several_requests_that_were_asked_again_are_told_together() -> None:
    found = own_retries([asking(1, 2, 0, 0.001), asking(2, 3, 0.002, 0.014)])

    assert str(found) == "the application's own retries: 5 requests within 0.01 s"
    assert found is not None
    assert not found.is_long
