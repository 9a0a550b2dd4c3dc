"""Words of other tools in expectations and patterns, and operators in the wrong place: what to write instead."""

from __future__ import annotations

from typing import Any

import pytest

from prompt_contracts.expectations.definition import check_expect
from prompt_contracts.expectations.facets import FACETS
from prompt_contracts.expectations.foreign_words import FOREIGN_FACETS, FOREIGN_OPERATORS
from prompt_contracts.expectations.operators import OPERATORS
from tests.expectations.build import case

WRONG = [
    ({"contains": "a"}, "contains", "write text: {$contains: ...}"),
    ({"not_contains": "a"}, "not_contains", "write text: {$not: {$contains: ...}}"),
    ({"equals": "a"}, "equals", "write text: the text"),
    ({"regex": "a"}, "regex", "write text: {$regex: ...}"),
    ({"is-json": True}, "is-json", "write json: {$schema: {}}"),
    ({"schema": {}}, "schema", "write json: {$schema: ...}"),
    ({"output": "a"}, "output", "write text: ..."),
    ({"tools_called": []}, "tools_called", "write tool_calls: ["),
    ({"tokens": 5}, "tokens", "write usage: {"),
    ({"max_cost": 5}, "max_cost", "write cost: {$le:"),
    ({"duration": 5}, "duration", "write latency: {$le: 5}"),
    ({"status": 429}, "status", "write error: {status: 429}"),
    ({"llm-rubric": "nice"}, "llm-rubric", "no model judges an answer here"),
    ({"temperature": 0}, "temperature", "write it in 'request'"),
    ({"trials": 5}, "trials", "write it in the case"),
    ({"zzz": 5}, "zzz", "a facet is one of: "),
    ({"text": {"$matches": "a"}}, "text/$matches", 'write {$regex: "..."}'),
    ({"text": {"$equals": "a"}}, "text/$equals", "write the value itself"),
    ({"text": {"$ne": "a"}}, "text/$ne", "write {$not: value}"),
    ({"text": {"$in": ["a"]}}, "text/$in", "write {$any_of: [a, b]}"),
    ({"text": {"$or": ["a"]}}, "text/$or", "write {$any_of: [a, b]}"),
    ({"text": {"$startsWith": "a"}}, "text/$startsWith", 'write {$regex: "^..."}'),
    ({"text": {"$icontains": "a"}}, "text/$icontains", 'write {$regex: "(?i)..."}'),
    ({"text": {"$length": 5}}, "text/$length", "write {$len: {$le: 10}}"),
    ({"json": {"a": {"$gte": 5}}}, "json/a/$gte", "write {$ge: number}"),
    ({"json": {"a": {"$exists": True}}}, "json/a/$exists", "{$absent: true} for none"),
    ({"json": {"a": {"$between": [1, 2]}}}, "json/a/$between", "write {$range: [low, high]}"),
    ({"json": {"a": {"$zzzzzz": 1}}}, "json/a/$zzzzzz", "an operator is one of: "),
    (
        {"text": {"$regex": ["a", "b"]}},
        "text/$regex",
        'write {"$any_of": [{"$regex": "a"}, {"$regex": "b"}]} for one of several',
    ),
    ({"text": {"$contains": ["a"]}}, "text/$contains", 'write {"$any_of": [{"$contains": "a"}]} for one of several'),
    ({"text": {"$loosely": ["a"]}}, "text/$loosely", 'write {"$any_of": [{"$loosely": "a"}]} for one of several'),
    ({"text": {"contains": "a"}}, "text", 'write {"$contains": "a"}'),
    ({"text": {"regex": "a", "len": 3}}, "text", 'write {"$regex": "a", "$len": 3}'),
    ({"text": {"matches": "a"}}, "text", 'write {$regex: "..."}'),
    ({"cost": {"le": 1}}, "cost", 'write {"$le": 1}'),
    ({"latency": {"$le": "5s"}}, "latency/$le", "write seconds as a number, such as 5"),
    ({"latency": {"$range": ["1s", 5]}}, "latency/$range/0", "write seconds as a number, such as 5"),
    ({"cost": {"$le": "1 cent"}}, "cost/$le", "write US dollars as a number, such as 5"),
    ({"tool_count": {"$le": "two"}}, "tool_count/$le", "write it as a number, such as 5"),
    ({"text": {"$regex": 5}}, "text/$regex", 'write "5", with quotes'),
    (
        {"json": {"$others": "allow", "$len": 2}},
        "json/$len",
        'write {"$all_of": [{"$others": "allow"}, {"$len": 2}]}, or give the operator a key of its own',
    ),
    (
        {"json": {"city": "Oslo", "$len": 2}},
        "json/$len",
        'write {"$all_of": [{"city": "Oslo"}, {"$len": 2}]}, or give the operator a key of its own',
    ),
    (
        {"tool_calls": [{"get_weather": {"city": "Oslo", "$times": 2}}]},
        "tool_calls/0/get_weather/$times",
        'write {"get_weather": {"city": "Oslo"}, "$times": 2}',
    ),
]


@pytest.mark.parametrize(("expect", "place", "words"), WRONG)
def test_what_to_write_instead_is_told(expect: dict[str, Any], place: str, words: str) -> None:
    contract = case(expect)
    facet, _, inside = place.partition("/")
    (where,) = [each.locate(f"/{inside}" if inside else "") for each in contract.expect if each.name == facet]

    told = [(one.location, one.help or "") for one in check_expect(contract)]

    assert [helped for at, helped in told if at == where and words in helped]


def test_no_word_of_the_language_is_foreign() -> None:
    assert FOREIGN_FACETS.keys().isdisjoint(FACETS)
    assert FOREIGN_OPERATORS.keys().isdisjoint((*OPERATORS, "$optional", "$others", "$times"))
