"""How far a run has come, in one line of any width."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from prompt_contracts.progress import Progress
from prompt_contracts.provider_status import ProviderStatus
from prompt_contracts.renderers.progress_text import progress_text
from prompt_contracts.report import Bill

COLOURS = re.compile(r"\x1b\[[0-9;]*m")
OPENAI = ProviderStatus(provider="openai", in_flight=8, limit=8, waiting=None, cause=None, throttled=0)
GROQ = ProviderStatus(provider="groq", in_flight=0, limit=4, waiting=11.2, cause=None, throttled=3)
IDLE = ProviderStatus(provider="idle", in_flight=0, limit=8, waiting=None, cause=None, throttled=0)


def progress(**more: object) -> Progress:
    facts: dict[str, object] = {
        "total": 120,
        "passed": 55,
        "failed": 4,
        "errors": 2,
        "elapsed": 103.0,
        "spent": Bill(usd=Decimal("0.31")),
        "budget": Decimal(2),
        "providers": (OPENAI, GROQ),
    }
    return Progress(**{**facts, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (
            None,
            " 61/120  ✓ 55  ✗ 4  E 2 │ $0.31 of $2.00 │ eta 1m40s │ openai 8/8 · groq waiting 12s (429 ×3)",
        ),
        (79, " 61/120  ✓ 55  ✗ 4  E 2 │ $0.31 of $2.00 │ eta 1m40s │ groq waiting 12s"),
        (68, " 61/120  ✓ 55  ✗ 4  E 2 │ $0.31 of $2.00 │ groq waiting 12s (429 ×3)"),
        (59, " 61/120  ✓ 55  ✗ 4  E 2 │ $0.31 of $2.00 │ groq waiting 12s"),
        (58, " 61/120  ✓ 55  ✗ 4  E 2 │ $0.31 of $2.00 │ eta 1m40s"),
        (45, " 61/120  ✓ 55  ✗ 4  E 2 │ $0.31 of $2.00"),
        (30, " 61/120  ✓ 55  ✗ 4  E 2"),
        (10, " 61/120"),
        (4, " 61/"),
        (0, ""),
    ],
)
def test_parts_are_dropped_from_the_right_and_a_wait_last_of_what_providers_do(width: int | None, line: str) -> None:
    assert progress_text(progress(), width=width) == line


def test_who_has_nothing_to_do_is_dropped_before_who_is_asked() -> None:
    assert progress_text(progress(providers=(IDLE, OPENAI)), width=70).endswith("│ openai 8/8")


@pytest.mark.parametrize(
    ("facts", "part"),
    [
        ({"budget": None}, "│ $0.31 │"),
        ({"spent": Bill(usd=Decimal("0.31"), unpriced=1)}, "│ ≥ $0.31 of $2.00 │"),
        ({"spent": Bill(usd=Decimal(0), unpriced=1), "budget": None}, "│ $? │"),
        ({"spent": Bill(usd=Decimal(0))}, "│ $0 of $2.00 │"),
        ({"spent": Bill(usd=Decimal("0.00042"))}, "│ $0.00042 of $2.00 │"),
        ({"failed": 0, "errors": 0, "skipped": 3, "xfailed": 1}, " 59/120  ✓ 55  s 3  x 1 │"),
        ({"elapsed": 0.05}, "│ eta 1s │"),
        ({"elapsed": 9000.0}, "│ eta 2h25m │"),
        ({"providers": (GROQ,)}, "│ groq waiting 12s (429 ×3)"),
    ],
)
def test_each_part_says_what_is_known(facts: dict[str, object], part: str) -> None:
    assert part in progress_text(progress(**facts))


@pytest.mark.parametrize(
    "facts", [{"passed": 0, "failed": 0, "errors": 0}, {"elapsed": 0.0}, {"total": 61}, {"total": 60}]
)
def test_nothing_is_estimated_without_a_basis_or_at_the_end(facts: dict[str, object]) -> None:
    assert "eta" not in progress_text(progress(**facts))


@pytest.mark.parametrize(
    ("waiting", "cause", "throttled", "text"),
    [
        (12.0, "requests per minute", 0, "house waiting 12s (requests per minute)"),
        (12.0, "tokens per minute", 2, "house waiting 12s (tokens per minute, 429 ×2)"),
        (0.2, "500 server", 0, "house waiting 1s (500 server)"),
        (None, "500 server", 0, "house 1/8 (500 server)"),
        (None, None, 2, "house 1/8 (429 ×2)"),
    ],
)
def test_a_provider_that_waits_says_for_how_long_and_why(
    waiting: float | None, cause: str | None, throttled: int, text: str
) -> None:
    status = ProviderStatus(provider="house", in_flight=1, limit=8, waiting=waiting, cause=cause, throttled=throttled)

    assert progress_text(progress(providers=(status,))).endswith(f"│ {text}")


def test_colours_add_nothing_but_colour() -> None:
    coloured = progress_text(progress(), is_coloured=True)

    assert "\x1b[32m  ✓ 55\x1b[0m" in coloured
    assert COLOURS.sub("", coloured) == progress_text(progress())


def test_a_terminal_without_our_signs_gets_others() -> None:
    line = progress_text(progress(), encoding="ascii")

    assert line == " 61/120  + 55  x 4  E 2 | $0.31 of $2.00 | eta 1m40s | openai 8/8 | groq waiting 12s (429 x3)"


statuses = st.builds(
    ProviderStatus,
    provider=st.text(min_size=1),
    in_flight=st.integers(0, 999),
    limit=st.integers(1, 999),
    waiting=st.none() | st.floats(0, 1e6),
    cause=st.none() | st.just("requests per minute"),
    throttled=st.integers(0, 9999),
)
numbers = st.integers(0, 100_000)


@given(
    facts=st.builds(
        Progress,
        total=numbers,
        passed=numbers,
        failed=numbers,
        errors=numbers,
        skipped=numbers,
        xfailed=numbers,
        elapsed=st.floats(0, 1e6),
        spent=st.builds(Bill, usd=st.decimals(0, 10_000, places=6), unpriced=st.integers(0, 3)),
        budget=st.none() | st.decimals(0, 10_000, places=2),
        providers=st.lists(statuses, max_size=4).map(tuple),
    ),
    width=st.integers(0, 200),
    encoding=st.sampled_from(["utf-8", "ascii", "cp1252"]),
)
def test_it_is_never_wider_than_there_is_room_for_and_stays_one_line(
    facts: Progress, width: int, encoding: str
) -> None:
    plain = progress_text(facts, width=width, encoding=encoding)

    assert cell_len(plain) <= width
    assert not re.search(r"[\x00-\x1f\x7f-\x9f]", plain)
    plain.encode(encoding)
    assert COLOURS.sub("", progress_text(facts, width=width, is_coloured=True, encoding=encoding)) == plain
    assert facts.remaining is None or facts.remaining >= 0
