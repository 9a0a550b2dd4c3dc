"""What earlier turns give to a turn: filled in once, always a literal, and a stand-in before the run."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prompt_contracts.expectations.definition import check_expect
from prompt_contracts.json_value import Json
from prompt_contracts.patterns.pattern import match
from prompt_contracts.turn import UNKNOWN_VALUE, UnfillableError
from tests.cases.conversations import expected, filled, talk

ERROR: dict[str, Json] = {"kind": "server", "message": "oh", "status": 500, "body": "{{ total }}"}


# what earlier turns give


def test_values_of_earlier_turns_are_filled_in(tmp_path: Path) -> None:
    second = (
        "{user: 'Is {{ total }} {{ unit }} right? {{ error.kind }}{{ error.status }}', request: {seed: '{{ total }}'}}"
    )
    values: dict[str, Json] = {"total": 5, "said": "x", "error": ERROR}

    turn = filled(tmp_path, second, values, variables="variables: {unit: kr}\n")

    assert turn.messages[0].content == "Is 5 kr right? server500"
    assert turn.request == {"seed": 5}


def test_a_turn_says_which_variables_it_needs(tmp_path: Path) -> None:
    case = talk(tmp_path, "{user: '{{ total }} {{ error.kind }}'}")

    assert [turn.needs for turn in case.turns] == [frozenset(), frozenset({"total"})]


def test_without_an_error_its_fields_are_empty(tmp_path: Path) -> None:
    turn = filled(tmp_path, "{user: '[{{ error.kind }}{{ error.message }}{{ error.status }}{{ error.body }}]'}", {})

    assert turn.messages[0].content == "[]"


def test_a_value_that_is_no_text_is_said_as_json(tmp_path: Path) -> None:
    assert filled(tmp_path, "{user: '{{ total }}'}", {"total": {"a": [1]}}).messages[0].content == '{"a": [1]}'


def test_a_part_of_a_value_may_be_named(tmp_path: Path) -> None:
    turn = filled(tmp_path, "{user: '{{ total.items.1 }}'}", {"total": {"items": ["a", "b"]}})

    assert turn.messages[0].content == "b"


def test_a_text_of_an_answer_is_never_a_template(tmp_path: Path) -> None:
    variables = "variables: {secret: s3cret}\n"
    values: dict[str, Json] = {"total": "{{ secret }}", "said": "{{ env.HOME }} {{{{ said }}}}", "error": ERROR}
    second = "{user: '{{ total }} {{ said }} {{ error.body }}', expect: {text: '{{ total }}', json: '{{ secret }}'}}"

    turn = filled(tmp_path, second, values, variables=variables)

    assert turn.messages[0].content == "{{ secret }} {{ env.HOME }} {{{{ said }}}} {{ total }}"
    assert expected(turn) == {"text": "{{ secret }}", "json": "s3cret"}


def test_a_variable_of_the_file_does_not_turn_into_a_variable_of_the_run(tmp_path: Path) -> None:
    rows = '  rows: [{quoted: "{{ total }}"}]\n'

    turn = filled(tmp_path, "{user: '{{ quoted }} {{ total }}'}", {"total": 5}, case=rows)

    assert turn.messages[0].content == "{{ total }} 5"


@pytest.mark.parametrize(
    ("written", "value", "made"),
    [
        ("json: '{{ total }}'", {"$ne": 1}, {"json": {"$eq": {"$ne": 1}}}),
        ("json: '{{ total }}'", [{"$any_of": []}], {"json": {"$eq": [{"$any_of": []}]}}),
        ("json: {a: '{{ total }}'}", "x", {"json": {"a": "x"}}),
        ("json: {$eq: {a: '{{ total }}'}}", {"$b": 1}, {"json": {"$eq": {"a": {"$b": 1}}}}),
        ("json: {$unordered: '{{ total }}'}", [{"$b": 1}, 2], {"json": {"$unordered": [{"$eq": {"$b": 1}}, 2]}}),
        ("json: {$each: {$ge: '{{ total }}'}}", 5, {"json": {"$each": {"$ge": 5}}}),
        ("json: {$range: ['{{ total }}', 9]}", 5, {"json": {"$range": [5, 9]}}),
        ("json: {$schema: {const: '{{ total }}'}}", {"a": 1}, {"json": {"$schema": {"const": {"a": 1}}}}),
        ("json: {$at: {/a: '{{ total }}'}}", {}, {"json": {"$at": {"/a": {"$eq": {}}}}}),
        ("text: {$regex: '^{{ total }}$'}", "1.5 (a)", {"text": {"$regex": "^1\\.5\\ \\(a\\)$"}}),
        ("text: {$regex: '{{ total }}'}", "a|b", {"text": {"$regex": "a\\|b"}}),
        ("text: {$count: {of: '{{ total }}', is: 1}}", ".", {"text": {"$count": {"of": "\\.", "is": 1}}}),
        ("text: {$contains: '{{ total }}'}", 5, {"text": {"$contains": "5"}}),
        ("text: {$contains: 'is {{ total }}'}", 5, {"text": {"$contains": "is 5"}}),
        ("text: '{{ total }}'", True, {"text": "true"}),
        ("text: {$len: '{{ total }}'}", 5, {"text": {"$len": 5}}),
        ("refusal: '{{ total }}'", True, {"refusal": "true"}),
        ("cost: {$le: '{{ total }}'}", 0.5, {"cost": {"$le": 0.5}}),
        ("error: {message: '{{ total }}'}", "x", {"error": {"message": "x"}}),
    ],
)
def test_inside_expect_a_value_of_an_answer_is_a_literal(
    tmp_path: Path, written: str, value: Json, made: dict[str, Json]
) -> None:
    assert expected(filled(tmp_path, f"{{user: a, expect: {{{written}}}}}", {"total": value})) == made


def test_inside_calls_a_value_of_an_answer_is_a_literal(tmp_path: Path) -> None:
    tools = "  tools: [{name: f}]\n"
    second = "{user: a, expect: {tool_calls: [{f: {id: '{{ total }}'}, $times: '{{ total }}'}]}}"

    assert expected(filled(tmp_path, second, {"total": 2}, case=tools)) == {
        "tool_calls": [{"f": {"id": 2}, "$times": 2}]
    }


ANSWERS: st.SearchStrategy[Json] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.sampled_from(["", "a", "{{ total }}", "{{ name }}", "{{{{ name }}}}", "{{ env.HOME }}", ".*", "(", "$eq"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "$eq", "$any_of", "$others", "$file", "$include"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=60)
@given(value=ANSWERS, other=ANSWERS)
def test_only_the_value_itself_satisfies_a_pattern_made_of_it(tmp_path: Path, value: Json, other: Json) -> None:
    second = "{user: '{{ total }}', expect: {json: {x: '{{ total }}'}}}"

    turn = filled(tmp_path, second, {"total": value})

    pattern = expected(turn)["json"]
    assert not any(match(pattern, {"x": value}))
    is_same = json.dumps(value, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert any(match(pattern, {"x": other})) != is_same or value == other
    assert turn.messages[0].content == (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=60)
@given(text=st.text(max_size=20) | st.sampled_from(["{{ name }}", "a{{ said }}b", "{{{{ name }}}}", "^a+$"]))
def test_a_text_put_into_another_is_itself_and_nothing_else(tmp_path: Path, text: str) -> None:
    second = "{user: 'say {{ said }}, {{ name }}', expect: {text: {$regex: '^<{{ said }}>$'}}}"

    turn = filled(tmp_path, second, {"said": text}, variables="variables: {name: Ada}\n")

    assert turn.messages[0].content == f"say {text}, Ada"
    wanted: Any = expected(turn)["text"]
    assert re.search(wanted["$regex"].removesuffix("$") + r"\Z", f"<{text}>")


# before the run


@pytest.mark.parametrize(
    "expect",
    [
        *("text: '{{ total }}'", "text: {$contains: '{{ total }}', $eq: b}", "text: {$regex: 'a{{ total }}'}"),
        *("cost: '{{ total }}'", "cost: {$ge: '{{ total }}', $le: 1}", "latency: {$not: '{{ total }}'}"),
        *("usage: {total_tokens: {$range: [5, '{{ total }}']}}", "model: {$any_of: ['{{ total }}', x]}"),
        *("error: {kind: '{{ error.kind }}', status: '{{ total }}'}", "finish_reason: '{{ total }}'"),
        *(
            "json: {a: {$approx: '{{ total }}', $within: 1}}",
            "json: {$contains: '{{ total }}'}",
            "tool_count: '{{ total }}'",
        ),
        *(
            "json: {$any_of: '{{ total }}'}",
            "requests: {$len: '{{ total }}'}",
            "json: {$schema: {enum: ['{{ total }}']}}",
        ),
        *("any_of: [{text: '{{ total }}'}, {refusal: '{{ total }}'}]", "not: {text: {$loosely: '{{ total }}'}}"),
        *("tool_calls: [{f: '{{ total }}'}]", "tool_calls: [{f: {a: {$lt: '{{ total }}'}}, $times: '{{ total }}'}]"),
    ],
)
def test_a_preview_has_nothing_that_could_be_wrong(tmp_path: Path, expect: str) -> None:
    case = talk(tmp_path, f"{{user: a, expect: {{{expect}}}}}", case="  tools: [{name: f}]\n")
    turn = case.turns[1]

    found = check_expect(replace(case, expect=turn.preview.expect))

    assert [str(one) for one in found] == []
    assert "total" in turn.needs or "error" in expect


def test_the_rest_of_a_preview_is_as_written(tmp_path: Path) -> None:
    second = (
        "{user: 'Is {{ total }}?', request: {seed: '{{ total }}', n: 2}, expect: {text: {$len: 5, $eq: '{{ said }}'}}}"
    )

    preview = talk(tmp_path, second).turns[1].preview

    assert preview.messages[0].content == "Is (total)?"
    assert preview.request == {"n": 2}
    assert expected(preview) == {"text": {"$len": 5, **UNKNOWN_VALUE}}


@pytest.mark.parametrize(
    ("second", "values", "said"),
    [
        ("{user: '{{ total }}'}", {}, "cases.yaml:7:13: expected a value for 'total', got none: no turn gave it"),
        (
            "{user: '{{ total.a }}'}",
            {"total": 5},
            "cases.yaml:7:13: expected 'a' in what 'total' holds, got 5 for 'total'",
        ),
        (
            "{user: a, expect: {cost: {$le: '{{ total }}'}}}",
            {"total": None},
            ("cases.yaml:7:37: expected a number or a text, got null for 'total'"),
        ),
        (
            "{user: a, expect: {json: {$any_of: '{{ total }}'}}}",
            {"total": 5},
            ("cases.yaml:7:41: expected a list, got 5 for 'total'"),
        ),
        (
            "{user: a, request: {seed: '{{ total }}'}}",
            {"total": "x"},
            (
                "cases.yaml:7:31: expected values that fit into turn 2, "
                "got 'seed' must be an integer, not the text \"x\""
            ),
        ),
    ],
)
def test_a_value_that_does_not_fit_is_said_where_it_is_named(
    tmp_path: Path, second: str, values: dict[str, Json], said: str
) -> None:
    with pytest.raises(UnfillableError) as raised:
        filled(tmp_path, second, values)

    assert str(raised.value) == said
