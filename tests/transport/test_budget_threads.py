"""Sixty-four threads over a real connection each: what the server bills stays within the budget."""

from __future__ import annotations

import json
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from threading import Lock

from prompt_contracts.engine.money import Money
from prompt_contracts.interaction import Interaction
from prompt_contracts.target import Price
from prompt_contracts.transport.ledger import Ledger
from tests.transport.loopback import Answer, Asked, Loopback, Workshop

PRICE = Price(input=Decimal(1), output=Decimal(2))
LIMIT = 300


def test_sixty_four_threads_never_spend_more_than_the_budget(workshop: Workshop, server: Loopback) -> None:
    chance, lock = random.Random(7), Lock()
    billed = [Decimal(0)]

    def answer(asked: Asked) -> Answer:
        with lock:
            used_in, used_out = chance.randint(1, len(asked.body)), chance.randint(0, LIMIT)
            fate = chance.choice(["told", "told", "told", "untold", "server"])
            billed[0] += (used_in * PRICE.input + used_out * PRICE.output) / 1_000_000
        if fate == "server":
            return Answer(status=500, body=b'{"error": {"message": "no"}}')
        usage = {"prompt_tokens": used_in, "completion_tokens": used_out, "total_tokens": used_in + used_out}
        message = {"role": "assistant", "content": "fine"}
        body = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
        return Answer(body=json.dumps(body | ({"usage": usage} if fate == "told" else {})).encode())

    server.answer = answer
    budget = Decimal("0.05")
    ledger = Ledger(budget)
    billing = Money(source="test", now=lambda: datetime.now(UTC)).billing(ledger)
    transport = workshop.transport("live", billing=billing)
    cell = transport.open(workshop.cell(price=PRICE))

    def ask(number: int) -> Interaction:
        request = workshop.request("x" * (number % 50), max_tokens=LIMIT)
        return cell.send(request, trial=number, is_retried=False)

    with ThreadPoolExecutor(64) as pool:
        found = list(pool.map(ask, range(1, 257)))

    refused = [each for each in found if each.failure is not None and each.failure.kind == "budget"]
    assert billed[0] <= budget
    assert ledger.spent.usd <= billed[0]
    assert len(server.asked) == len(found) - len(refused)
    assert 0 < len(refused) < len(found)
    assert all(each.is_unsent and each.recorded.attempts == 0 for each in refused)
