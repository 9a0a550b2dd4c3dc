"""What cells can cost and did cost, by the prices of their project; and whether a budget can be kept at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from decimal import Decimal

from prompt_contracts.conversation.model_responder import open_dialogue
from prompt_contracts.conversation.request import sent_request, written_request
from prompt_contracts.data_class import dataclass
from prompt_contracts.interaction import ApiRequest, Interaction
from prompt_contracts.providers.pricing import most_cost
from prompt_contracts.target import Target
from prompt_contracts.transport.body_bytes import encode_body
from prompt_contracts.transport.budget import Billing
from prompt_contracts.transport.ledger import Ledger
from prompt_contracts.trial import Cell
from prompt_contracts.usage import Cost, CostBound


@dataclass(frozen=True, slots=True, kw_only=True)
class Unbounded:
    """A cell that no budget can be kept for."""

    cell: Cell
    bound: CostBound
    """Of its first request whose cost nobody can bound."""


class Money:
    """The prices of one project."""

    def __init__(self, *, source: str, now: Callable[[], datetime]) -> None:
        """`source` names the file that declares the user's prices."""
        self._source = source
        self._now = now

    def billing(self, ledger: Ledger) -> Billing:
        """How the transport counts."""
        return Billing(ledger=ledger, bound=self._bound, price=self.price)

    def price(self, target: Target, interaction: Interaction) -> Cost | None:
        """What a request did cost; None is unknown."""
        from prompt_contracts.conversation.billing import interaction_cost

        return interaction_cost(interaction, target, source=self._source)

    def bounds(self, cell: Cell) -> tuple[CostBound, ...]:
        """The most that each question of one trial can cost, as far as that is told by the case alone.

        What answers and results of tools add to later requests is no part of it. Of an application, which asks what
        it wants, there is only whether it has a price.
        """
        if _is_free(cell.target):
            return (CostBound(usd=Decimal(0)),) * max(len(cell.case.turns), 1)
        if cell.case.is_application:
            return (self._priced(cell.target),)
        if cell.endpoint == "assistants":
            unknown = "nothing bounds what a run of an assistant reads"
            return (CostBound(usd=None, unknown=unknown, help="run it without a budget"),)
        return tuple(self._request_bound(cell, request) for request in _questions(cell))

    def unbounded(self, cells: Iterable[Cell]) -> Iterator[Unbounded]:
        """The cells that no budget can be kept for."""
        for cell in cells:
            bound = next((bound for bound in self.bounds(cell) if _is_unknown(cell, bound)), None)
            if bound is not None:
                yield Unbounded(cell=cell, bound=bound)

    def _bound(self, target: Target, request: ApiRequest, size: int) -> CostBound:
        from prompt_contracts.conversation.billing import asked_target
        from prompt_contracts.providers.cost_bound import cost_bound

        return cost_bound(asked_target(target, request), request, size=size, at=self._now())

    def _request_bound(self, cell: Cell, request: ApiRequest) -> CostBound:
        size = 0 if request.body is None else len(encode_body(request.body))
        return self._bound(cell.target, request, size)

    def _priced(self, target: Target) -> CostBound:
        if most_cost(target, prompt_tokens=0, completion_tokens=0, at=self._now()) is None:
            return CostBound(usd=None, unknown="no price", help="declare it under prices in the configuration")
        return CostBound(usd=None)


def _is_unknown(cell: Cell, bound: CostBound) -> bool:
    # What an application will ask is told when it asks.
    return bound.usd is None and not (cell.case.is_application and not bound.unknown)


def _is_free(target: Target) -> bool:
    return target.self_hosted and target.price is None


def _questions(cell: Cell) -> Iterator[ApiRequest]:
    """The first request, or that of each turn by itself."""
    case = cell.case
    asked = [(turn.preview.messages, turn.preview.request) for turn in case.turns] or [((), case.request)]
    for messages, parameters in asked:
        written = written_request(
            case, endpoint=cell.endpoint, messages=[*case.messages, *messages], parameters=parameters
        )
        step = open_dialogue(cell).ask(sent_request(written, cell))
        found = next(step, None)
        step.close()
        if isinstance(found, ApiRequest):
            yield found


def budget_problem(unbounded: Iterable[Unbounded], *, option: str = "--pc-budget") -> str | None:
    """Why a budget cannot be kept, for all models at once; None when it can."""
    groups: dict[tuple[str, str, str], list[Cell]] = {}
    for found in unbounded:
        key = (found.cell.target.id, found.bound.unknown, found.bound.help)
        groups.setdefault(key, []).append(found.cell)
    if not groups:
        return None
    parts = [f"{model}: {why} ({_cells(cells)}; {advice})" for (model, why, advice), cells in groups.items()]
    return f"with {option} nothing is sent that could cost nobody knows what: {'; '.join(parts)}"


def _cells(cells: list[Cell]) -> str:
    return cells[0].id if len(cells) == 1 else f"{cells[0].id} and {len(cells) - 1} more"
