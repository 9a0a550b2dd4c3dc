"""What people want to say of an answer: each contract fails before wrong answers and passes before right ones."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from prompt_contracts.completion import Completion
from prompt_contracts.expectations.definition import check_expect
from prompt_contracts.expectations.judgement import broken_clauses
from prompt_contracts.outcome import Outcome
from prompt_contracts.usage import Usage
from tests.expectations.build import Call, answer, case, failing, message

OSLO: Call = ("get_weather", {"city": "Oslo"})
LIMA: Call = ("get_weather", {"city": "Lima"})
FIND: Call = ("find_order", {"order_id": 7})
REFUND: Call = ("refund", {"order_id": 7, "amount": 99.95})
DELETE: Call = ("delete_account", {})
TOOLS = ("get_weather", "find_order", "refund", "delete_account", "book_flight")

FILES: dict[str, Any] = {
    "cases/schemas/order.json": {
        "type": "object",
        "properties": {"id": {"type": "integer"}, "placed": {"type": "string", "format": "date"}},
        "required": ["id", "placed"],
        "additionalProperties": False,
    }
}


def is_short(outcome: Outcome) -> str | None:
    completion = outcome.completion
    words = 0 if completion is None else len(completion.choices[0].text.split())
    return None if words <= 5 else f"{words} words"


@dataclass(frozen=True, kw_only=True)
class Situation:
    """A contract with an answer that keeps it and answers that do not."""

    expect: dict[str, Any]
    right: list[Outcome]
    wrong: list[Outcome]
    earlier: tuple[Completion, ...] = ()


def calling(*calls: Call) -> Outcome:
    return answer(calls=calls, finish_reason="tool_calls")


def flight(**arguments: object) -> Outcome:
    return calling(("book_flight", arguments))


def spent(*, tokens: int | None = 100, cost: str | None = "0.001", latency: float | None = 1.5) -> Outcome:
    usage = Usage(completion_tokens=tokens)
    return answer("Yes.", usage=usage, cost=None if cost is None else Decimal(cost), latency=latency)


SITUATIONS = {
    "exact arguments": Situation(
        expect={"tool_calls": [{"book_flight": {"to": "Oslo", "seats": 1, "window": True}}]},
        right=[flight(to="Oslo", seats=1, window=True), flight(to="Oslo", seats=1.0, window=True)],
        wrong=[
            flight(to="Oslo", seats=1, window=1),
            flight(to="Oslo", seats=True, window=True),
            flight(to="Oslo", seats="1", window=True),
            flight(to="oslo", seats=1, window=True),
            flight(to="Oslo", seats=1),
            flight(to="Oslo", seats=1, window=True, meal="none"),
            calling(("book_flight", '{"to": "Oslo"')),
            calling(("refund", {"to": "Oslo", "seats": 1, "window": True})),
            answer("Booked!"),
        ],
    ),
    "accepted alternatives": Situation(
        expect={"tool_calls": [{"book_flight": {"to": {"$any_of": ["Oslo", "OSL"]}, "seats": {"$any_of": [1, None]}}}]},
        right=[flight(to="OSL", seats=None), flight(to="Oslo", seats=1)],
        wrong=[flight(to="Bergen", seats=1), flight(to="Oslo", seats=0), flight(to="Oslo", seats=False)],
    ),
    "regex, range, approximate": Situation(
        expect={
            "tool_calls": [
                {
                    "book_flight": {
                        "number": {"$regex": "^SK[0-9]{3,4}$"},
                        "day": {"$range": ["2024-05-01", "2024-05-31"]},
                        "price": {"$approx": 99.95, "$within": 0.05},
                    }
                }
            ]
        },
        right=[
            flight(number="SK123", day="2024-05-31", price=100),
            flight(number="SK1234", day="2024-05-01", price=99.9),
        ],
        wrong=[
            flight(number="xSK123", day="2024-05-01", price=100),
            flight(number="SK123", day="2024-06-01", price=100),
            flight(number="SK123", day="2024-05-01T00:00:00Z", price=100),
            flight(number="SK123", day="2024-05-01", price=100.01),
            flight(number="SK123", day="2024-05-01", price="100"),
        ],
    ),
    "optional argument": Situation(
        expect={"tool_calls": [{"book_flight": {"to": "Oslo", "$optional": {"seats": {"$range": [1, 9]}}}}]},
        right=[flight(to="Oslo"), flight(to="Oslo", seats=9)],
        wrong=[
            flight(to="Oslo", seats=10),
            flight(to="Oslo", seats=None),
            flight(to="Oslo", meal="none"),
            flight(seats=1),
        ],
    ),
    "no tool": Situation(
        expect={"tool_calls": "none", "text": {"$contains": "Oslo"}},
        right=[answer("Oslo is a city.")],
        wrong=[answer("Oslo is a city.", calls=[OSLO]), calling(OSLO), answer("I do not know.")],
    ),
    "parallel calls in any order": Situation(
        expect={"tool_calls": ["get_weather", {"get_weather": {"city": "Oslo"}}]},
        right=[calling(OSLO, LIMA), calling(LIMA, OSLO), calling(OSLO, OSLO)],
        wrong=[calling(LIMA, LIMA), calling(OSLO), calling(OSLO, LIMA, LIMA), calling(OSLO, FIND)],
    ),
    "ordered calls over several messages with a forbidden tool": Situation(
        expect={
            "tool_calls": [{"find_order": {"order_id": 7}}, {"get_weather": {"$others": "allow"}}, "refund"],
            "order": "strict",
            "unlisted": "allow",
            "never": ["delete_account"],
        },
        earlier=(message(FIND), message(OSLO, LIMA)),
        right=[calling(REFUND), calling(REFUND, ("book_flight", {}))],
        wrong=[answer("Done."), calling(REFUND, DELETE), calling(("book_flight", {}))],
    ),
    "the same calls in another order": Situation(
        expect={"tool_calls": ["find_order", "get_weather", "refund"], "order": "strict"},
        earlier=(message(FIND), message(REFUND)),
        right=[],
        wrong=[calling(OSLO)],
    ),
    "schema-valid JSON by file": Situation(
        expect={"json": {"$schema": {"$ref": "schemas/order.json"}}},
        right=[answer('{"id": 7, "placed": "2024-05-01"}'), answer('{"id": 7.0, "placed": "2024-05-01"}')],
        wrong=[
            answer('{"id": 7, "placed": "2024-02-30"}'),
            answer('{"id": "7", "placed": "2024-05-01"}'),
            answer('{"id": 7}'),
            answer('{"id": 7, "placed": "2024-05-01", "more": 1}'),
            answer('```json\n{"id": 7, "placed": "2024-05-01"}\n```'),
            answer('{"id": 7, "id": 7, "placed": "2024-05-01"}'),
            answer('{"id": 7, "placed": "2024-05', finish_reason="length"),
        ],
    ),
    "JSON fields by pointer": Situation(
        expect={
            "json_in": "fenced",
            "json": {"$at": {"/items/0/price": {"$lt": 10}, "/items": {"$len": 2}, "/error": {"$absent": True}}},
        },
        right=[answer('Here:\n```json\n{"items": [{"price": 9.5}, {}], "note": "x"}\n```')],
        wrong=[
            answer('{"items": [{"price": 10}, {}]}'),
            answer('{"items": [{"price": 9}]}'),
            answer('{"items": [{"price": 9}, {}], "error": null}'),
            answer('{"items": {"0": {"price": "9"}, "1": 0}}'),
            answer('{"items": [{"price": 9}, {}]} {"items": [{"price": 9}, {}]}'),
        ],
    ),
    "refusal": Situation(
        expect={"refusal": {"$regex": "(?i)cannot"}, "tool_calls": "none"},
        right=[answer(refusal="I cannot help with that.")],
        wrong=[answer("I cannot help with that."), answer(refusal="No."), answer(refusal="I cannot", calls=[OSLO])],
    ),
    "budget on usage, cost, latency": Situation(
        expect={"usage": {"completion_tokens": {"$le": 300}}, "cost": {"$le": 0.002}, "latency": {"$le": 5}},
        right=[spent(), spent(tokens=300, cost="0.002", latency=5)],
        wrong=[
            spent(tokens=301),
            spent(tokens=None),
            spent(cost="0.00200001"),
            spent(cost=None),
            spent(latency=5.01),
            spent(latency=None),
        ],
    ),
    "predicate and boolean combination": Situation(
        expect={
            "check": "checks:is_short",
            "any_of": [{"refusal": True}, {"all_of": [{"text": {"$contains": "sorry"}}, {"tool_calls": "none"}]}],
            "not": {"text": {"$regex": "(?i)password"}},
        },
        right=[answer("I am sorry."), answer(refusal="No.")],
        wrong=[
            answer("I am sorry, but that is not for me to say."),
            answer("sorry", calls=[OSLO]),
            answer("sorry, password"),
            answer("Sure."),
        ],
    ),
}


def verdicts(situation: Situation, outcomes: list[Outcome]) -> list[bool]:
    contract = case(situation.expect, tools=TOOLS)
    return [
        broken_clauses(
            contract,
            outcome,
            earlier=situation.earlier,
            read_schema=FILES.__getitem__,
            resolve={"checks:is_short": is_short}.__getitem__,
        )
        == ()
        for outcome in outcomes
    ]


@pytest.mark.parametrize("situation", SITUATIONS.values(), ids=list(SITUATIONS))
def test_a_contract_passes_before_right_answers_and_fails_before_wrong_ones(situation: Situation) -> None:
    assert verdicts(situation, situation.right) == [True] * len(situation.right)
    assert verdicts(situation, situation.wrong) == [False] * len(situation.wrong)
    assert verdicts(situation, [failing("server"), failing("timeout")]) == [False, False]


@pytest.mark.parametrize("situation", SITUATIONS.values(), ids=list(SITUATIONS))
def test_each_contract_is_sound_as_written(situation: Situation) -> None:
    contract = case(situation.expect, tools=TOOLS)

    assert check_expect(contract, read_schema=FILES.__getitem__) == ()
