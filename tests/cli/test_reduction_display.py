"""What a person sees while a prompt is reduced."""

from __future__ import annotations

import io
from collections.abc import Mapping
from decimal import Decimal

import pytest

from prompt_contracts.cli.reduction_display import ReductionDisplay
from prompt_contracts.progress import ReductionProgress
from prompt_contracts.provider_status import ProviderStatus
from prompt_contracts.renderers.progress_text import reduction_text
from prompt_contracts.report import Bill

PROGRESS = ReductionProgress(
    calls=34,
    most_calls=250,
    pieces=40,
    kept=12,
    tried=8,
    spent=Bill(usd=Decimal("0.0012")),
    budget=Decimal(1),
    providers=(ProviderStatus(provider="openai", in_flight=2, limit=8, waiting=None, cause=None, throttled=0),),
)
WHOLE = " 34/250 calls │ 12 of 40 pieces left, trying 8 │ $0.0012 of $1.00 │ openai 2/8"


class Stream(io.StringIO):
    """Standard error, on a terminal or not."""

    encoding = "utf-8"

    def __init__(self, *, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


def shown(*, is_terminal: bool, environ: Mapping[str, str], moments: list[float]) -> tuple[str, int]:
    """What is written when it is shown at these moments, and how often the facts were asked for."""
    stream, asked = Stream(is_terminal=is_terminal), 0
    clock = iter([0.0, *moments])
    display = ReductionDisplay(stream, environ={"COLUMNS": "100", **environ}, monotonic=lambda: next(clock))

    def facts() -> ReductionProgress:
        nonlocal asked
        asked += 1
        return PROGRESS

    for _ in moments:
        display.show(facts)
    return stream.getvalue(), asked


@pytest.mark.parametrize(
    ("width", "text"),
    [
        (None, WHOLE),
        (len(WHOLE), WHOLE),
        (len(WHOLE) - 1, " 34/250 calls │ 12 of 40 pieces left, trying 8 │ $0.0012 of $1.00"),
        (50, " 34/250 calls │ 12 of 40 pieces left, trying 8"),
        (45, " 34/250 calls │ 12 of 40 pieces left"),
        (8, " 34/250 "),
    ],
)
def test_the_line_is_no_wider_than_the_terminal(width: int | None, text: str) -> None:
    assert reduction_text(PROGRESS, width=width) == text


@pytest.mark.skipif("os.name == 'nt'")
def test_on_a_terminal_one_line_is_redrawn_five_times_a_second() -> None:
    written, asked = shown(
        is_terminal=True, environ={"TERM": "xterm", "NO_COLOR": "1"}, moments=[0.0, 0.1, 0.19, 0.21, 0.3]
    )

    assert asked == 2
    assert written.count("\r") == 2
    assert "34/250 calls" in written
    assert "\n" not in written


def test_in_ci_a_plain_line_is_told_every_half_minute(capsys: pytest.CaptureFixture[str]) -> None:
    written, asked = shown(is_terminal=True, environ={"CI": "true"}, moments=[1.0, 29.0, 30.0, 31.0, 61.0])

    assert asked == 2
    assert written == ""
    assert capsys.readouterr().err == f"{WHOLE.strip()}\n" * 2


@pytest.mark.parametrize("environ", [{"TERM": "dumb"}, {}])
def test_a_pipe_and_a_dumb_terminal_see_none_of_it(environ: Mapping[str, str]) -> None:
    assert shown(is_terminal="TERM" in environ, environ=environ, moments=[0.0, 100.0]) == ("", 0)
