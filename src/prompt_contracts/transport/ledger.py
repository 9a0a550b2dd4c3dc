"""The money of one run: what is spent, what is held for requests on their way, and what may never be passed.

Knows no prices and no requests: whoever asks says how much it could be, and afterwards how much it was.
"""

from __future__ import annotations

from decimal import Decimal
from threading import Condition
from typing import Literal

from prompt_contracts.data_class import dataclass
from prompt_contracts.errors import RunStopped
from prompt_contracts.report import Bill
from prompt_contracts.usage import Cost, CostBound

_LOOK_AGAIN = 1.0
"""Seconds: on Windows no Ctrl-C ends a wait that has no end of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a request may not be sent."""

    bound: CostBound
    budget: Decimal
    spent: Decimal
    """US dollars that count as spent."""
    assumed: Decimal
    """The part of them that nobody knows, counted with the most that it can be."""


class Reservation:
    """Money that is held for one request on its way."""

    def __init__(self, held: Decimal) -> None:
        """Made by `Ledger.reserve`."""
        self.held = held
        self.is_settled = False


class Ledger:
    """Thread-safe. Without a budget it counts and holds nobody."""

    def __init__(self, budget: Decimal | None = None) -> None:
        self.budget = budget
        self._changed = Condition()
        self._is_stopped = False
        self._known = Decimal(0)
        self._assumed = Decimal(0)
        self._held = Decimal(0)
        self._unknown = 0
        self._on_their_way = 0

    def reserve(self, bound: CostBound) -> Reservation | Refusal:
        """Hold what a request can cost, or say why it may not be sent.

        Waits as long as only what is held for others stands in the way. `RunStopped` after `stop`.
        """
        with self._changed:
            while True:
                if self._is_stopped:
                    raise RunStopped
                match self._verdict(bound):
                    case "refused":
                        return self._refusal(bound)
                    case "granted":
                        held = bound.usd or Decimal(0)
                        self._held += held
                        self._on_their_way += 1
                        return Reservation(held)
                    case "waits":
                        self._changed.wait(_LOOK_AGAIN)

    def settle(self, reservation: Reservation, cost: Cost | None) -> None:
        """Put what a request did cost in the place of what was held for it; a second time does nothing.

        A cost that nobody knows counts as all that was held.
        """
        with self._changed:
            if reservation.is_settled:
                return
            reservation.is_settled = True
            self._held -= reservation.held
            self._on_their_way -= 1
            if cost is None:
                self._unknown += 1
                self._assumed += reservation.held
            else:
                self._known += cost.usd
            self._changed.notify_all()

    def stop(self) -> None:
        """Nothing more is sent: who waits, and who comes later, is told so by `RunStopped`."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()

    @property
    def spent(self) -> Bill:
        """What is known to be spent; what is still on its way is unknown."""
        with self._changed:
            return Bill(usd=self._known, unpriced=self._unknown + self._on_their_way)

    @property
    def settled(self) -> Bill:
        """What was spent for requests that have ended; what is still on its way is left out."""
        with self._changed:
            return Bill(usd=self._known, unpriced=self._unknown)

    def _verdict(self, bound: CostBound) -> Literal["granted", "waits", "refused"]:
        if self.budget is None or bound.usd == 0:
            return "granted"
        if bound.usd is None or self._known + self._assumed + bound.usd > self.budget:
            return "refused"
        return "waits" if self._known + self._assumed + self._held + bound.usd > self.budget else "granted"

    def _refusal(self, bound: CostBound) -> Refusal:
        return Refusal(
            bound=bound,
            budget=self.budget or Decimal(0),
            spent=self._known + self._assumed,
            assumed=self._assumed,
        )
