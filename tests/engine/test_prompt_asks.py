"""Several answers at once, for whoever waits for all of them."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable

import pytest

from prompt_contracts.engine.prompt_asks import ask_together


def nothing() -> None:
    """Nobody looks."""


@pytest.mark.parametrize(("count", "most", "together"), [(9, 4, 4), (3, 8, 3), (2, 1, 1)])
def test_as_many_are_asked_at_once_as_may_be(count: int, most: int, together: int) -> None:
    asked, meeting, pulses = list[int](), threading.Barrier(together), list[int]()

    def ask(number: int) -> None:
        if number <= together:
            meeting.wait(30)  # breaks, unless so many are there at once
        asked.append(number)

    ask_together(ask, range(1, count + 1), most=most, on_pulse=lambda: pulses.append(1))

    assert sorted(asked) == list(range(1, count + 1))
    assert pulses


def test_what_one_of_them_raises_is_raised_here_and_nothing_more_begins() -> None:
    asked = []

    def ask(number: int) -> None:
        asked.append(number)
        raise ValueError(number)

    with pytest.raises(ValueError, match="1"):
        ask_together(ask, [1, 2, 3], most=1, on_pulse=nothing)

    assert asked == [1]


def test_an_interruption_leaves_out_what_was_not_begun_and_waits_for_the_rest() -> None:
    begun, goes_on, asked = threading.Event(), threading.Event(), list[int]()

    def ask(number: int) -> None:
        begun.set()
        goes_on.wait(30)
        asked.append(number)

    with pytest.raises(KeyboardInterrupt):
        ask_together(ask, [1, 2, 3], most=1, on_pulse=interrupting(begun, goes_on))

    assert asked == [1]


def interrupting(begun: threading.Event, goes_on: threading.Event) -> Callable[[], None]:
    """What a person does who has waited long enough; the answer comes a moment later."""

    def pulse() -> None:
        assert begun.wait(30)
        threading.Timer(0.05, goes_on.set).start()
        signal.default_int_handler(signal.SIGINT, None)

    return pulse
