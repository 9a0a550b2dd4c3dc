"""The layer that counts what a run spends, and sends nothing that could pass its budget.

Knows no prices: what a request can cost, and what it did cost, is told by functions that are handed in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from decimal import Decimal

from prompt_contracts.data_class import dataclass
from prompt_contracts.errors import RunStopped, UsageError
from prompt_contracts.interaction import ApiRequest, Interaction, Recorded
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.target import Target
from prompt_contracts.transport.body_bytes import encode_body
from prompt_contracts.transport.ledger import Ledger, Refusal
from prompt_contracts.transport.sender import Sender, Sending
from prompt_contracts.usage import Cost, CostBound

_NOTHING = Cost(usd=Decimal(0), source="request that was not sent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Billing:
    """How the money of a run is counted."""

    ledger: Ledger
    """One for all projects of a run."""
    bound: Callable[[Target, ApiRequest, int], CostBound]
    """The most that a request can cost whose body has so many bytes."""
    price: Callable[[Target, Interaction], Cost | None]
    """What a request did cost, from what came back; None is unknown."""
    option: str = "--pc-budget"
    """What the budget was given by, for messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetSender:
    """Asks the layer below as long as there is money for it. Thread-safe."""

    inner: Sender
    target: Target
    billing: Billing = field(repr=False)

    def send(self, request: ApiRequest, *, sending: Sending) -> Interaction:
        """The answer of the layer below; an error of the kind `budget` for what may not be sent.

        Waits for others where only they stand in the way. `RunStopped` when the run ends meanwhile.
        """
        ledger = self.billing.ledger
        granted = ledger.reserve(self._bound(request))
        if isinstance(granted, Refusal):
            failure = ProviderError(kind="budget", message=_told(granted, self.target, self.billing.option))
            recorded = Recorded(attempts=0, trial=sending.trial, cost=_NOTHING)
            return Interaction(request=request, failure=failure, recorded=recorded, is_unsent=True)
        cost: Cost | None = None
        try:
            interaction = self.inner.send(request, sending=sending)
            cost = self.billing.price(self.target, interaction)
        except (UsageError, RunStopped):
            cost = _NOTHING  # no key, no address, no proxy, no more connections: it reached nobody
            raise
        finally:
            # Whatever else ends it, a Ctrl-C for one, may have been billed: then it stays unknown.
            ledger.settle(granted, cost)
        return interaction

    def _bound(self, request: ApiRequest) -> CostBound:
        if self.billing.ledger.budget is None:
            return CostBound(usd=None)
        size = 0 if request.body is None else len(encode_body(request.body))
        return self.billing.bound(self.target, request, size)


def _told(refusal: Refusal, target: Target, option: str) -> str:
    bound = refusal.bound
    if bound.usd is None:
        return (
            f"PC320 not sent: what it could cost is not known ({target.id}: {bound.unknown}), and {option} is "
            f"{_dollars(refusal.budget)}; {bound.help}"
        )
    if not refusal.budget:
        return "PC310 not sent: this process has no share of the budget, for it takes the place of one that died"
    assumed = f", {_dollars(refusal.assumed)} of it counted in full since nobody knows what it cost"
    return (
        f"PC310 not sent: {_dollars(refusal.spent)} of {_dollars(refusal.budget)} is spent"
        f"{assumed if refusal.assumed else ''}, and this request could cost {_dollars(bound.usd)}"
    )


def _dollars(amount: Decimal) -> str:
    """All digits but trailing zeros: rounded, a sum that is almost spent would look like one that is."""
    text = format(amount, "f")
    return f"${text.rstrip('0').rstrip('.') if '.' in text else text}"
