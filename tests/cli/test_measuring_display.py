"""The line of `strength` while it measures: on a terminal alone, and gone in the end."""

from __future__ import annotations

from io import StringIO

import pytest

from prompt_contracts.cli.measuring_display import MeasuringDisplay


class Stream(StringIO):
    """A stream that may be a terminal."""

    def __init__(self, *, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


def written(*, is_terminal: bool, environ: dict[str, str], clock: list[float]) -> str:
    stream, times = Stream(is_terminal=is_terminal), iter(clock)
    display = MeasuringDisplay(stream, total=3, environ=environ, monotonic=lambda: next(times))
    display.begin()
    for _ in range(3):
        display.advance()
    display.close()
    return stream.getvalue()


def test_a_terminal_is_told_which_case_is_measured_now_and_then() -> None:
    clock = [0.0, 0.1, 0.3, 0.9]

    shown = written(is_terminal=True, environ={"TERM": "xterm"}, clock=clock)

    assert shown == "\rmeasuring case 1 of 3\x1b[K\rmeasuring case 3 of 3\x1b[K\r\x1b[K"


@pytest.mark.parametrize(("is_terminal", "term"), [(False, "xterm"), (True, "dumb")])
def test_nothing_is_written_anywhere_else(term: str, *, is_terminal: bool) -> None:
    assert written(is_terminal=is_terminal, environ={"TERM": term}, clock=[0.0, 1.0, 2.0, 3.0]) == ""
