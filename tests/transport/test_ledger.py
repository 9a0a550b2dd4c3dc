"""The ledger of a run: what may never be passed, who waits, and what stays unknown."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from threading import Barrier, Event, Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prompt_contracts.errors import RunStopped
from prompt_contracts.report import Bill
from prompt_contracts.transport.ledger import Ledger, Refusal, Reservation
from prompt_contracts.usage import Cost, CostBound

amounts = st.decimals(min_value=0, max_value=10, places=6)


def bound(usd: str | Decimal | None) -> CostBound:
    return CostBound(usd=None if usd is None else Decimal(usd))


def cost(usd: str | Decimal) -> Cost:
    return Cost(usd=Decimal(usd), source="test")


def granted(ledger: Ledger, usd: str) -> Reservation:
    found = ledger.reserve(bound(usd))
    assert isinstance(found, Reservation)
    return found


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request: the most that it could cost, what it truly does, and whether anybody learns of that."""

    most: Decimal
    truly: Decimal
    is_known: bool


@st.composite
def calls(draw: st.DrawFn) -> Call:
    price_in, price_out = draw(amounts), draw(amounts)
    tokens_in, limit = draw(st.integers(0, 5000)), draw(st.integers(0, 5000))
    used_in, used_out = draw(st.integers(0, tokens_in)), draw(st.integers(0, limit))
    return Call(
        most=(tokens_in * price_in + limit * price_out) / 1_000_000,
        truly=(used_in * price_in + used_out * price_out) / 1_000_000,
        is_known=draw(st.booleans()),
    )


@settings(max_examples=25, deadline=None)
@given(
    budget=st.decimals(min_value="0.000001", max_value="0.5", places=6),
    asked=st.lists(calls(), min_size=64, max_size=160),
)
def test_sixty_four_threads_never_pass_the_budget(budget: Decimal, asked: list[Call]) -> None:
    ledger = Ledger(budget)
    start = Barrier(64)
    spent: list[Decimal] = []
    refused: list[Refusal] = []

    def work(mine: list[Call]) -> None:
        start.wait()
        for call in mine:
            found = ledger.reserve(bound(call.most))
            if isinstance(found, Refusal):
                refused.append(found)
                continue
            spent.append(call.truly)
            ledger.settle(found, cost(call.truly) if call.is_known else None)

    with ThreadPoolExecutor(64) as pool:
        for future in [pool.submit(work, asked[number::64]) for number in range(64)]:
            future.result()

    assert sum(spent) <= budget
    assert len(spent) + len(refused) == len(asked)
    # Nobody is refused for what others only hold.
    assert all(each.bound.usd is not None and each.spent + each.bound.usd > budget for each in refused)


def test_a_request_that_could_pass_the_sum_is_refused_with_the_reason() -> None:
    ledger = Ledger(Decimal(1))
    ledger.settle(granted(ledger, "0.6"), cost("0.5"))

    found = ledger.reserve(bound("0.6"))

    assert found == Refusal(bound=bound("0.6"), budget=Decimal(1), spent=Decimal("0.5"), assumed=Decimal(0))


def test_a_request_may_take_all_that_is_left() -> None:
    ledger = Ledger(Decimal(1))
    ledger.settle(granted(ledger, "0.6"), cost("0.6"))

    assert isinstance(ledger.reserve(bound("0.4")), Reservation)


def test_an_unknown_cost_counts_as_all_that_was_held() -> None:
    ledger = Ledger(Decimal(1))
    ledger.settle(granted(ledger, "0.6"), None)

    found = ledger.reserve(bound("0.5"))

    assert isinstance(found, Refusal)
    assert (found.spent, found.assumed) == (Decimal("0.6"), Decimal("0.6"))
    assert ledger.spent == Bill(usd=Decimal(0), unpriced=1)


def test_an_unknown_bound_is_refused_only_where_there_is_a_budget() -> None:
    assert isinstance(Ledger(Decimal(1)).reserve(bound(None)), Refusal)
    assert isinstance(Ledger().reserve(bound(None)), Reservation)


def test_what_costs_nothing_is_never_held_back() -> None:
    assert isinstance(Ledger(Decimal(0)).reserve(bound("0")), Reservation)


def test_a_second_settlement_changes_nothing() -> None:
    ledger = Ledger(Decimal(1))
    reservation = granted(ledger, "0.5")

    ledger.settle(reservation, cost("0.25"))
    ledger.settle(reservation, cost("0.25"))
    ledger.settle(reservation, None)

    assert ledger.spent == Bill(usd=Decimal("0.25"))


def test_more_than_was_held_counts_as_it_is() -> None:
    ledger = Ledger(Decimal(1))
    ledger.settle(granted(ledger, "0.5"), cost("1.5"))

    assert ledger.spent == Bill(usd=Decimal("1.5"))
    assert isinstance(ledger.reserve(bound("0.000001")), Refusal)


def test_what_is_on_its_way_is_spent_nobody_knows_how_much() -> None:
    ledger = Ledger()
    granted(ledger, "0.5")

    assert ledger.spent == Bill(usd=Decimal(0), unpriced=1)


def in_thread(work: Callable[[], object]) -> tuple[Thread, list[object]]:
    """A thread at work, and what it ends with."""
    ends: list[object] = []
    begun = Event()

    def run() -> None:
        begun.set()
        try:
            ends.append(work())
        except RunStopped as stopped:
            ends.append(stopped)

    thread = Thread(target=run, daemon=True)
    thread.start()
    assert begun.wait(60)
    return thread, ends


@pytest.mark.parametrize(("came", "expected"), [("0.1", Reservation), ("0.9", Refusal)])
def test_who_is_held_up_by_others_alone_waits_for_them(came: str, expected: type) -> None:
    ledger = Ledger(Decimal(1))
    first = granted(ledger, "0.9")
    thread, ends = in_thread(lambda: ledger.reserve(bound("0.5")))

    ledger.settle(first, cost(came))

    thread.join(60)
    assert [type(end) for end in ends] == [expected]


def test_a_stop_wakes_who_waits_and_refuses_who_comes_later() -> None:
    ledger = Ledger(Decimal(1))
    granted(ledger, "0.9")
    thread, ends = in_thread(lambda: ledger.reserve(bound("0.5")))

    ledger.stop()

    thread.join(60)
    assert [type(end) for end in ends] == [RunStopped]
    with pytest.raises(RunStopped, match="the run was stopped"):
        ledger.reserve(bound("0"))


def test_what_is_on_its_way_is_unknown_but_no_part_of_what_is_settled() -> None:
    ledger = Ledger()
    first, second, _third = granted(ledger, "1"), granted(ledger, "1"), granted(ledger, "1")
    ledger.settle(first, cost("0.25"))
    ledger.settle(second, None)

    assert ledger.settled == Bill(usd=Decimal("0.25"), unpriced=1)
    assert ledger.spent == Bill(usd=Decimal("0.25"), unpriced=2)
