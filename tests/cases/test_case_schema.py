"""The shipped schema is valid, explains itself, and agrees with the loader."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prompt_contracts.cases.explanation import Explainer
from prompt_contracts.cases.findings import Findings
from prompt_contracts.cases.mistaken_keys import MISPLACED
from prompt_contracts.cases.node import Node
from prompt_contracts.cases.structure import filled_schema, is_valid_case, load_schema
from prompt_contracts.diagnostic import CODES
from prompt_contracts.json_value import Json, pointer
from tests.cases.case_files import load_text, mistakes, read

SCHEMA: dict[str, Any] = dict(load_schema())
KEYWORDS = {
    *("$schema", "$defs", "$ref", "title", "description", "examples", "type", "enum", "anyOf", "not", "pattern"),
    *("properties", "additionalProperties", "patternProperties", "propertyNames", "required", "items"),
    *("minLength", "minItems", "minProperties", "maxProperties", "minimum", "maximum"),
    *("exclusiveMinimum", "exclusiveMaximum"),
}

EXAMPLES = [
    """
# yaml-language-server: $schema=../.prompt-contracts/cases.schema.json
version: 1
models: [openai:gpt-5-mini, groq:openai/gpt-oss-20b]
defaults:
  request: {temperature: 0}
variables: {style: short}
tools:
  get_weather: {$include: tools/get_weather.json}
cases:
  - name: picks_weather_tool
    messages:
      - {role: system, content: You are a travel assistant.}
      - role: user
        content: Will it rain in {{ city }} tomorrow?
    rows: [{id: oslo, city: Oslo}, {id: lima, city: Lima}]
    tools: [get_weather]
    expect:
      tool_calls:
        - get_weather: {city: "{{ city }}"}
""",
    """
version: 1
cases:
  - name: schema
    system: {$file: prompts/system.md}
    user: Give me the forecast as JSON.
    request: {response_format: {$include: schemas/forecast.json}, temperature: "{{ t }}"}
    overrides: {"mistral:*": {request: {seed: null}, expect: {finish_reason: stop}}}
    trials: 10
    require: {rate: 0.9, confidence: 0.95}
    matrix: {city: [Oslo, Lima], unit: [c, f]}
    expect:
      json: {$schema: request}
      usage: {completion_tokens: {$le: 300}, cached_tokens: {$ge: 1}}
      cost: {$le: 0.002}
      latency: {$le: 5}
  - name: error
    user: hi
    tools: [{name: f, parameters: {type: object}}]
    expect: {error: {kind: auth, status: 401, message: {$contains: key}}}
  - name: patterns
    user: hi
    rows: {$include: rows.csv}
    expect:
      text: {$regex: "^a", $contains: b}
      tool_calls:
        - f: {a: 1, $optional: {b: {$any_of: [c, null]}}, $others: allow}
        - g
""",
    """
version: 1
defaults: {endpoint: responses, retry: {attempts: 3}, on_error: continue, fault: null, max_turns: 3}
cases:
  - name: talk
    system: Be brief.
    history: {messages: [{role: user, content: hi, session_start: true, user: ada}], use: session}
    request: {stream: true, max_output_tokens: 50, reasoning: {effort: low}, text: "{{ t }}"}
    tool_results: {f: {$sequence: [1, {$error: no}]}, g: {a: [1]}}
    fault: [{status: "{{ s }}", headers: {retry-after: 1}, body: {a: 1}}, null, {stream: {cut_after: 3}}]
    turns:
      - {user: "{{ a }}", extract: {total: /a, said: ""}, expect: {json: {a: "{{ a }}"}}}
      - {messages: [{role: user, content: b}], request: {seed: null}, fault: {timeout: read, times: 2}}
      - {$include: turn.yaml}
  - name: threads
    endpoint: assistants
    assistant: {id: asst_1, thread: {id: t}, run: {instructions: a}, poll: {interval: 1, timeout: 5}}
    expect: {error: {outcome: recovered}}
  - {name: python, handler: "shop.bot:reply", user: a, expect: {error: {handled: true}}}
  - {name: node, command: [node, bot.js], user: a, expect: {text: a}}
  - name: compared
    user: "{{ a }}"
    prompts:
      plain: {}
      short: {system: {$file: short.md}, request: {seed: null}}
      shown: {messages: [{role: user, content: a}]}
      from_elsewhere: {$include: prompt.yaml}
    expect: {text: a}
  - {name: included, user: a, prompts: {$include: prompts.yaml}, expect: {text: a}}
""",
]


def _schemas(schema: Any, at: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema inside a schema; not what stands in examples."""
    if not isinstance(schema, dict):
        return
    yield at, schema
    for key in ("properties", "$defs", "patternProperties"):
        for name, inner in schema.get(key, {}).items():
            yield from _schemas(inner, at + pointer(key, name))
    for key in ("additionalProperties", "items", "propertyNames", "not"):
        yield from _schemas(schema.get(key), at + pointer(key))
    for index, inner in enumerate(schema.get("anyOf", ())):
        yield from _schemas(inner, at + pointer("anyOf", index))


def _explained(schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    return {**SCHEMA["$defs"].get(name, {}), **schema}


PROPERTIES = [
    (f"{at}{pointer('properties', name)}", inner)
    for at, schema in _schemas(SCHEMA)
    for name, inner in schema.get("properties", {}).items()
]


def test_it_is_a_valid_schema_of_its_draft() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)

    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize(("at", "schema"), PROPERTIES, ids=[at for at, _ in PROPERTIES])
def test_every_property_has_a_description_and_valid_examples(at: str, schema: dict[str, Any]) -> None:
    whole = _explained(schema)
    validator = jsonschema.Draft202012Validator({**schema, "$defs": SCHEMA["$defs"]})

    assert whole["description"].strip()
    assert whole["examples"]
    assert [example for example in whole["examples"] if not validator.is_valid(example)] == []


def test_it_uses_only_keywords_that_mistakes_are_explained_for() -> None:
    used = {keyword for _, schema in _schemas(SCHEMA) for keyword in schema}

    assert used - KEYWORDS == set()


def test_no_value_of_a_key_is_defined_twice() -> None:
    places: dict[str, list[str]] = {}
    for at, schema in PROPERTIES:
        value = {key: said for key, said in schema.items() if key not in ("description", "examples")}
        if "$ref" not in value and not at.endswith(("/unlisted", "/missing")):  # two switches with the same words
            places.setdefault(json.dumps(value, sort_keys=True), []).append(at)

    assert [found for value, found in places.items() if len(found) > 1 and len(value) > 60] == []


@pytest.mark.parametrize("text", EXAMPLES)
def test_what_people_write_is_valid_before_anything_is_read_or_filled_in(text: str) -> None:
    errors = jsonschema.Draft202012Validator(SCHEMA).iter_errors(yaml.safe_load(text))

    assert [error.message for error in errors] == []


def test_no_key_belongs_elsewhere_and_here() -> None:
    titled: dict[str, list[dict[str, Any]]] = {}
    for _, schema in _schemas(SCHEMA):
        if "title" in schema and not {"properties", "propertyNames"}.isdisjoint(schema):
            titled.setdefault(schema["title"], []).append(schema)

    idle = {
        (title, key)
        for title, keys in MISPLACED.items()
        for key in keys
        if all(key in schema.get("properties", {}) for schema in titled.get(title, ()))
    }

    assert idle == set()


def test_extra_body_refuses_every_parameter_that_has_a_place_of_its_own() -> None:
    request = SCHEMA["$defs"]["request"]["anyOf"][0]["properties"]

    refused = request["extra_body"]["anyOf"][0]["propertyNames"]["not"]["enum"]

    assert set(refused) == {*request, "model", "messages", "tools"}


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(-2, 2)
    | st.sampled_from(
        [
            "",
            "a",
            "a b",
            "all",
            "last",
            "fail",
            "read",
            "html",
            "responses",
            "/a",
            "a:b",
            "user",
            "assistant",
            "text",
            "function",
            "{{ x }}",
            "http://x",
            "a:b",
            "auto",
            "skip",
        ]
    )
)
KEYS = st.sampled_from(
    [
        *("name", "user", "system", "messages", "role", "content", "type", "text", "image_url", "url", "tools"),
        *("function", "parameters", "request", "temperature", "n", "stop", "stream", "trials", "require", "rate"),
        *("count", "tags", "rows", "id", "matrix", "model", "models", "overrides", "timeout", "skip", "other"),
        *("extra_body", "seed", "endpoint", "history", "use", "session_start", "turns", "extract", "on_error"),
        *("tool_results", "max_turns", "assistant", "thread", "run", "poll", "interval", "handler", "command"),
        *(
            "prompts",
            "retry",
            "attempts",
            "kinds",
            "fault",
            "status",
            "headers",
            "corrupt",
            "times",
            "detail",
            "reasoning",
        ),
    ]
)
VALUES: st.SearchStrategy[Json] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=10,
)


def _node(value: Json) -> Node:
    node, problems = read(json.dumps(value))
    assert node is not None
    assert problems == ()
    return node


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(KEYS, VALUES, max_size=6))
def test_mistakes_are_explained_exactly_where_the_validator_says_no(members: dict[str, Json]) -> None:
    case: Json = {"name": "a", **members}
    findings = Findings()

    Explainer(filled_schema(), findings).explain(_node(case), "case", "case 'a'")

    assert (findings.count == 0) == is_valid_case(case)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_no_case_whatever_makes_the_loader_raise(tmp_path: Path, members: dict[str, Json]) -> None:
    case = {"name": "a", "user": "x", "expect": {"text": "a"}, **members}

    loaded = load_text(tmp_path, json.dumps({"version": 1, "cases": [case]}))

    assert loaded is not None
    assert {found.code for found in mistakes(loaded)} <= CODES.keys()
    assert loaded.cases or loaded.broken
