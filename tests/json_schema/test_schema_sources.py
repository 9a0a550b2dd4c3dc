"""JSON Schemas from elsewhere: the request's own, and files by `$ref`. Nothing is fetched."""

from __future__ import annotations

import json
import socket
from typing import Any, NoReturn

import pytest

from prompt_contracts.expectations.definition import check_expect
from prompt_contracts.expectations.judgement import broken_clauses
from prompt_contracts.json_value import parse_json
from tests.expectations.build import answer, case

FILES: dict[str, Any] = {
    "cases/city.json": {"type": "object", "properties": {"city": {"$ref": "types/name.json#/$defs/name"}}},
    "cases/types/name.json": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": {"name": {"type": "string", "pattern": "^[A-Z]", "maxLength": 20}, "self": {"$ref": "#/$defs/name"}},
    },
    "cases/loop.json": {"type": "array", "items": {"$ref": "loop.json"}},
    "cases/bad.json": {"type": "strin"},
    "cases/net.json": {"$ref": "http://example.org/schema.json"},
    "cases/list.json": [],
    "cases/number.json": parse_json(
        '{"exclusiveMaximum": 9007199254740993.5, "not": {"const": 0.10000000000000000001}}'
    ),
}


def read(path: str) -> Any:
    if path not in FILES:
        raise FileNotFoundError(f"there is no file {path}")
    return FILES[path]


def told(schema: Any, value: Any) -> list[str]:
    contract = case({"json": {"$schema": schema}})
    assert check_expect(contract, read_schema=read) == ()
    return [failure.headline for failure in broken_clauses(contract, answer(json.dumps(value)), read_schema=read)]


def mistakes(schema: Any) -> list[tuple[str, str]]:
    contract = case({"json": {"$schema": schema}})
    return [(found.code, found.message) for found in check_expect(contract, read_schema=read)]


def test_a_reference_is_followed_from_file_to_file_relative_to_each() -> None:
    schema = {"$ref": "city.json"}

    assert told(schema, {"city": "Oslo"}) == []
    assert told(schema, {"city": "oslo"}) != []
    assert told(schema, {"city": 5}) == ["json/city: expected a string, got 5"]


@pytest.mark.parametrize(
    "schema",
    [
        {"items": {"$ref": "types/name.json#/$defs/self"}},
        {"items": {"$ref": "./types/../types/name.json#/$defs/name"}},
        {"$defs": {"n": {"$ref": "types/name.json#/$defs/name"}}, "items": {"$ref": "#/$defs/n"}},
    ],
)
def test_a_reference_may_go_through_others(schema: Any) -> None:
    assert told(schema, ["Oslo"]) == []
    assert told(schema, ["oslo"]) != []


@pytest.mark.parametrize(
    ("text", "is_right"),
    [
        ("9007199254740993", True),
        ("9007199254740993.5", False),
        ("0.1", True),
        ("0.10000000000000000001", False),
    ],
)
def test_numbers_of_a_file_count_with_all_their_digits(text: str, *, is_right: bool) -> None:
    contract = case({"json": {"$schema": {"$ref": "number.json"}}})

    assert (broken_clauses(contract, answer(text), read_schema=read) == ()) is is_right


def test_a_file_that_refers_to_itself_is_fine() -> None:
    assert told({"$ref": "loop.json"}, [[], [[]]]) == []
    assert told({"$ref": "loop.json"}, [[5]]) != []


def test_a_slow_pattern_in_a_file_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    from prompt_contracts.json_schema import regular_expression

    monkeypatch.setattr(regular_expression, "REGEX_SECONDS", 0.05)
    monkeypatch.setitem(FILES, "cases/slow.json", {"pattern": "^(a|aa)+$"})

    (failure,) = told({"$ref": "slow.json"}, "a" * 80 + "b")

    assert "the pattern took longer than" in failure


@pytest.mark.parametrize(
    ("schema", "code", "words"),
    [
        ({"$ref": "none.json"}, "PC112", "cases/none.json, which cannot be read: there is no file cases/none.json"),
        ({"$ref": "../../etc/x.json"}, "PC112", "cannot be read: it lies outside the project"),
        ({"$ref": "bad.json"}, "PC120", "cases/bad.json: the JSON Schema is not valid"),
        ({"$ref": "list.json"}, "PC120", "cases/list.json: this is no JSON Schema"),
        ({"$ref": "types/name.json#/$defs/x"}, "PC120", "points to nothing in the file"),
        ({"$ref": "net.json"}, "PC120", "leads out of the project, and a schema is never fetched"),
        ({"$ref": "http://example.org/s.json"}, "PC120", "'$ref: http://example.org/s.json' leads out of the project"),
        ({"items": {"$ref": "https://example.org/s"}}, "PC120", "a schema is never fetched"),
        ({"$ref": "file:///etc/passwd"}, "PC120", "leads out of the project"),
        ({"$ref": "/etc/passwd"}, "PC120", "leads out of the project"),
        ({"$id": "http://example.org/a", "items": {"$ref": "b"}}, "PC120", "a schema is never fetched"),
    ],
)
def test_a_reference_that_leads_nowhere_is_told_at_load(schema: Any, code: str, words: str) -> None:
    found = mistakes(schema)

    assert any(one == code and words in message for one, message in found), found


@pytest.mark.parametrize("schema", [{"$ref": "http://localhost/s.json"}, {"$ref": "net.json"}])
def test_an_address_of_the_network_opens_no_socket(schema: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    contract = case({"json": {"$schema": schema}})

    assert check_expect(contract, read_schema=read)
    assert broken_clauses(contract, answer("5"), read_schema=read)


def test_what_a_schema_calls_itself_is_known() -> None:
    schema = {"$id": "http://example.org/a", "items": {"$ref": "b"}, "$defs": {"b": {"$id": "b", "type": "string"}}}

    assert told(schema, ["x"]) == []
    assert told(schema, [5]) != []


def test_data_that_looks_like_a_reference_is_none() -> None:
    assert told({"enum": [{"$ref": "none.json"}]}, {"$ref": "none.json"}) == []


REQUEST = {
    "response_format": {
        "type": "json_schema",
        "json_schema": {"name": "city", "schema": {"type": "object", "required": ["city"]}},
    }
}


def test_the_schema_of_the_request_judges_the_answer() -> None:
    contract = case({"json": {"$schema": "request"}}, request=REQUEST)

    assert check_expect(contract) == ()
    assert broken_clauses(contract, answer('{"city": 1}')) == ()
    assert [failure.headline for failure in broken_clauses(contract, answer("{}"))] == [
        "json/city: expected a required key, got (missing)"
    ]


def test_the_schema_of_the_request_is_found_under_its_name_in_responses() -> None:
    text = {"format": {"type": "json_schema", "name": "n", "schema": {"type": "integer"}}, "verbosity": "low"}
    contract = case({"json": {"$schema": "request"}}, request={"text": text})

    assert check_expect(contract) == ()
    assert broken_clauses(contract, answer("3")) == ()
    assert broken_clauses(contract, answer('"3"')) != ()


@pytest.mark.parametrize("request_body", [{}, {"response_format": {"type": "json_object"}}, {"text": {}}])
def test_a_request_without_a_schema_is_told_at_load_and_never_a_pass(request_body: Any) -> None:
    contract = case({"json": {"$schema": "request"}}, request=request_body)

    (found,) = check_expect(contract)

    assert found.message.startswith("the request asks for no JSON Schema")
    assert broken_clauses(contract, answer("{}"))


def test_a_schema_of_the_request_that_is_none_is_told_at_the_expectation() -> None:
    broken = {"response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "strin"}}}}

    (found,) = check_expect(case({"json": {"$schema": "request"}}, request=broken))

    assert found.message.startswith("in the response_format: the JSON Schema is not valid")
