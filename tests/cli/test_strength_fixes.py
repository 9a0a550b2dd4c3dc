"""Proposals of `prompt-contracts strength`: tried before they are shown, and written without touching another byte."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.replies import Folder, reply

HEAD = """\
version: 1
tools:
  get_weather: {name: get_weather, parameters: {type: object, properties: {city: {type: string}, unit: {type: string}}}}
"""
CASE = HEAD + "cases:\n  - name: weather\n    user: Will it rain?\n    tools: [get_weather]\n"
ARGUMENTS = {"city": "Oslo", "unit": "celsius"}
WEATHER = "cases/a.yaml::weather"


def answered(custom_id: str = WEATHER, **arguments: Any) -> dict[str, Any]:
    return reply(custom_id, calls=(("get_weather", {**ARGUMENTS, **arguments}),))


def run(folder: Folder, text: str, *options: str, replies: tuple[dict[str, Any], ...] = ()) -> tuple[int, str, str]:
    path = folder.path / "cases" / "a.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text.encode())
    folder.write("replies.jsonl", "".join(f"{json.dumps(one)}\n" for one in replies or (answered(),)))
    return folder.run("strength", "cases", "--replies", "replies.jsonl", *options)


def written(folder: Folder) -> str:
    return (folder.path / "cases" / "a.yaml").read_bytes().decode()


def expecting(arguments: str) -> str:
    return f"{CASE}    expect:\n      tool_calls:\n        - get_weather: {arguments}\n"


FLOW = expecting("{city: Oslo, unit: {$type: string}}")
WRITABLE = {
    "flow": (FLOW, "{$type: string}"),
    "flow with a comment": (f"{FLOW[:-1]}  # either\n", "{$type: string}"),
    "flow over two lines": (expecting("{city: Oslo,\n            unit: {$type: string}}"), "{$type: string}"),
    "flow with spaces": (expecting("{ city: Oslo , unit:   { $type:  string } }"), "{ $type:  string }"),
    "flow in quotes": (expecting('{"city": "Oslo", "unit": {"$regex": "^cel.*"}}'), '{"$regex": "^cel.*"}'),
    "block": (expecting("\n            city: Oslo\n            unit:\n              $type: string"), "$type: string"),
    "block with a comment behind": (
        expecting("\n            city: Oslo\n            unit:\n              $type: string  # why\n            # end"),
        "$type: string",
    ),
    "block, value on the line": (
        expecting("\n            unit: {$type: string}   # either\n\n            city: Oslo"),
        "{$type: string}",
    ),
    "line ends of Windows": (FLOW.replace("\n", "\r\n"), "{$type: string}"),
    "other scripts before it": (FLOW.replace("Will it rain?", "¿Lloverá mañana? 🌧"), "{$type: string}"),
    "no line end at the end": (FLOW.rstrip("\n"), "{$type: string}"),
    "under $optional": (expecting("{city: Oslo, $optional: {unit: {$type: string}}}"), "{$type: string}"),
    "two entries": (
        FLOW.replace("tool_calls:", "missing: allow\n      tool_calls:") + "        - get_weather: {city: Lima}\n",
        "{$type: string}",
    ),
    "with a tag of defaults beside": (
        FLOW.replace("cases:\n", "defaults: {tags: [smoke]}\ncases:\n", 1),
        "{$type: string}",
    ),
}


@pytest.mark.parametrize(("text", "old"), WRITABLE.values(), ids=WRITABLE)
def test_one_value_is_written_and_no_other_byte(folder: Folder, text: str, old: str) -> None:
    code, _, said = run(folder, text, "--fix", "get_weather/unit")

    assert (code, said) == (0, "cases/a.yaml: written\n")
    assert written(folder) == text.replace(old, "celsius")
    assert "unit of" not in run(folder, written(folder))[1]


REFUSED = {
    "an anchor of its own": (FLOW.replace("unit: {$type", "unit: &unit {$type"), "it has an anchor at line 10"),
    "an anchor around it": (
        FLOW.replace("expect:\n", "expect: &all\n")
        + "  - {name: other, user: Hi, tools: [get_weather], expect: *all}\n",
        "it has an anchor at line 8",
    ),
    "defaults": (
        HEAD
        + "defaults:\n  expect:\n    tool_calls: [{get_weather: {city: Oslo, unit: {$type: string}}}]\n"
        + "cases:\n  - {name: weather, user: Hi, tools: [get_weather]}\n",
        "it stands in 'defaults'",
    ),
    "a template": (
        expecting('{city: Oslo, unit: {$regex: "{{ unit }}"}}').replace(
            "cases:\n", "variables: {unit: ^c}\ncases:\n", 1
        ),
        "it is a template",
    ),
    "a comment inside": (
        expecting(
            "\n            city: Oslo\n            unit:\n              $regex: c\n"
            "              # so\n              $type: string"
        ),
        "a comment stands in it",
    ),
}


@pytest.mark.parametrize(("text", "why"), REFUSED.values(), ids=REFUSED)
def test_where_more_would_change_nothing_is_written_and_the_reason_is_told(folder: Folder, text: str, why: str) -> None:
    code, _, said = run(folder, text, "--fix", "get_weather/unit")

    assert code == 1
    assert f"get_weather/unit: not written: {why}" in said
    assert written(folder) == text


def test_an_alias_is_not_written(folder: Folder) -> None:
    text = FLOW.replace("unit: {$type", "unit: &unit {$type")
    other = "  - name: other\n    user: Hi\n    tools: [get_weather]\n"
    text += f"{other}    expect: {{tool_calls: [{{get_weather: {{city: Oslo, unit: *unit}}}}]}}\n"
    both = (answered(), answered("cases/a.yaml::other"))

    code, _, said = run(folder, text, "--fix", "other::get_weather/unit", replies=both)

    assert (code, written(folder)) == (1, text)
    assert "other::get_weather/unit: not written: it is an alias, and stands at line 10: write it in the case" in said


def test_an_include_is_not_written(folder: Folder) -> None:
    folder.write("parts/weather.yaml", "city: Oslo\nunit: {$type: string}\n")

    code, _, said = run(folder, expecting("{$include: ../parts/weather.yaml}"), "--fix", "get_weather/unit")

    assert code == 1
    assert "it stands in parts/weather.yaml:2:1, which may be included elsewhere" in said
    assert (folder.path / "parts/weather.yaml").read_text() == "city: Oslo\nunit: {$type: string}\n"


def test_a_proposal_is_shown_with_the_answers_that_it_was_tried_on(folder: Folder) -> None:
    _, out, _ = run(folder, FLOW)
    found = json.loads(run(folder, FLOW, "--format", "json")[1])["cases"][0]["places"]

    assert 'help: unit: "celsius"  (1 passing answer still passes)' in out
    assert [(place["proposal"], place["hindrance"]) for place in found] == [
        ({"pointer": "/tool_calls/0/get_weather/unit", "value": "celsius", "tried_on": 1}, "")
    ]


def test_several_recorded_values_become_alternatives(folder: Folder) -> None:
    two = (answered(f"{WEATHER}#1"), answered(f"{WEATHER}#2", unit="fahrenheit"))

    run(folder, FLOW.replace("user:", "trials: 2\n    user:"), "--fix", "get_weather/unit", replies=two)

    assert "unit: {$any_of: [celsius, fahrenheit]}" in written(folder)


def test_what_would_break_a_passing_answer_is_not_proposed(folder: Folder) -> None:
    many = tuple(answered(f"{WEATHER}#{number}", unit=f"unit {number}") for number in range(1, 6))

    code, out, said = run(
        folder, FLOW.replace("user:", "trials: 5\n    user:"), "--fix", "get_weather/unit", replies=many
    )

    assert (code, out) == (2, "")
    assert "nothing is proposed for that" in said


def test_what_leaves_the_place_open_is_not_proposed(folder: Folder) -> None:
    text = expecting("{city: Oslo, unit: {$type: string}}").replace("expect:\n", "expect:\n      unlisted: allow\n")
    two = reply(WEATHER, calls=(("get_weather", ARGUMENTS), ("get_weather", ARGUMENTS)))

    assert "help: unit" not in run(folder, text, replies=(two,))[1]


def test_a_diff_can_be_read_and_writes_nothing(folder: Folder) -> None:
    code, out, _ = run(folder, FLOW, "--diff")

    assert code == 0
    assert "--- a/cases/a.yaml\n+++ b/cases/a.yaml\n" in out
    assert "-        - get_weather: {city: Oslo, unit: {$type: string}}\n" in out
    assert "+        - get_weather: {city: Oslo, unit: celsius}\n" in out
    assert written(folder) == FLOW


def test_a_place_of_several_cases_is_named_with_its_case(folder: Folder) -> None:
    other = FLOW + FLOW.partition("cases:\n")[2].replace("name: weather", "name: other")
    both = (answered(), answered("cases/a.yaml::other"))

    code, _, said = run(folder, other, "--fix", "get_weather/unit", replies=both)
    fine, _, _ = run(folder, other, "--fix", "other::get_weather/unit", replies=both)

    assert code == 2
    assert "write one of weather::get_weather/unit, other::get_weather/unit" in said
    assert fine == 0
    assert written(folder) == "celsius".join(other.rsplit("{$type: string}", 1))


def test_two_values_of_one_line_are_written_together(folder: Folder) -> None:
    text = expecting("{city: {$regex: Os}, unit: {$type: string}}")

    run(folder, text, "--fix", "get_weather/unit", "--fix", "get_weather/city")

    assert "- get_weather: {city: Oslo, unit: celsius}\n" in written(folder)


def test_json_keys_are_proposed_too(folder: Folder) -> None:
    text = "version: 1\ncases:\n  - name: weather\n    user: Hi\n    expect: {json: {score: {$ge: 0}}}\n"

    run(folder, text, "--fix", "json/score", replies=(reply(WEATHER, '{"score": 3}'),))

    assert written(folder) == text.replace("{$ge: 0}", "3")


def test_a_link_out_of_the_project_is_not_written(folder: Folder, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "a.yaml"
    outside.write_text(FLOW, encoding="utf-8")
    (folder.path / "cases").mkdir()
    (folder.path / "cases" / "a.yaml").symlink_to(outside)
    folder.write("replies.jsonl", json.dumps(answered()) + "\n")

    code, _, said = folder.run("strength", "cases/a.yaml", "--replies", "replies.jsonl", "--fix", "get_weather/unit")

    assert code == 2
    assert "leads out of the project" in said
    assert outside.read_text(encoding="utf-8") == FLOW


# --- columns of rows, and why nothing is proposed

ORDERS = """\
version: 1
tools:
  find_order: {name: find_order, parameters: {type: object, properties: {order_id: {type: integer}}}}
cases:
  - name: order
    user: Where is order {{ number }}, to {{ town }}?  # both
    rows: [{id: small, number: 77, town: Oslo}, {id: large, number: 1042, town: Oslo}]
    tools: [find_order]
    expect:
      tool_calls:
        - find_order: {order_id: {$ge: 0}}
"""
SMALL, LARGE = "cases/a.yaml::order[small]", "cases/a.yaml::order[large]"


def ordered(custom_id: str, number: Any) -> dict[str, Any]:
    return reply(custom_id, calls=(("find_order", {"order_id": number}),))


def test_what_each_row_has_in_a_column_is_proposed_as_that_column(folder: Folder) -> None:
    answers = (ordered(SMALL, 77), ordered(LARGE, 1042))

    _, out, _ = run(folder, ORDERS, replies=answers)
    code, _, _ = run(folder, ORDERS, "--fix", "find_order/order_id", replies=answers)

    assert code == 0
    assert 'help: order_id: "{{ number }}"  (2 passing answers still pass)' in out
    assert written(folder) == ORDERS.replace("{$ge: 0}", '"{{ number }}"')
    assert "order_id of" not in run(folder, written(folder), replies=answers)[1]


def test_a_column_that_would_break_a_recorded_answer_is_not_proposed_and_that_is_told(folder: Folder) -> None:
    _, out, _ = run(folder, ORDERS, replies=(ordered(SMALL, 77), ordered(LARGE, 11)))

    assert 'no proposal: order_id: "{{ number }}" would break the recorded answer (11)' in out
    assert "help:" not in out


def test_what_all_rows_have_alike_is_proposed_as_it_is(folder: Folder) -> None:
    _, out, _ = run(folder, ORDERS, replies=(ordered(SMALL, 11), ordered(LARGE, 11)))

    assert "help: order_id: 11  (2 passing answers still pass)" in out


def test_a_value_that_only_looks_like_a_column_is_none(folder: Folder) -> None:
    text = ORDERS.replace("number: 77", "number: '77'").replace("number: 1042", "number: '1042'")

    _, out, _ = run(folder, text, replies=(ordered(SMALL, 77), ordered(LARGE, 1042)))

    assert 'no proposal: order_id: "{{ number }}" would break the recorded answer (77)' in out


def test_of_an_answer_to_one_row_alone_the_value_is_proposed(folder: Folder) -> None:
    _, out, _ = run(folder, ORDERS, replies=(ordered(SMALL, 77),))

    assert "help: order_id: 77  (1 passing answer still passes)" in out


def trials(folder: Folder, *units: str | None) -> str:
    """What is told of a weak unit of several trials."""
    arguments = [{"city": "Oslo", **({} if unit is None else {"unit": unit})} for unit in units]
    many = tuple(
        reply(f"{WEATHER}#{number}", calls=(("get_weather", each),)) for number, each in enumerate(arguments, start=1)
    )
    text = expecting("{city: Oslo, $optional: {unit: {$type: string}}}")
    return run(folder, text.replace("user:", f"trials: {len(units)}\n    user:"), replies=many)[1]


def test_why_nothing_is_proposed_is_told(folder: Folder) -> None:
    unnamed = expecting("{city: Oslo, $others: allow}")
    open_still = FLOW.replace("expect:\n", "expect:\n      unlisted: allow\n")
    two = reply(WEATHER, calls=(("get_weather", ARGUMENTS), ("get_weather", ARGUMENTS)))

    assert "no proposal: unit: 4 different values were recorded" in trials(folder, "a", "b", "c", "d")
    assert "help: unit" in trials(folder, "a", None)
    assert "no proposal: unit: the contract does not name it" in run(folder, unnamed, "-v")[1]
    assert 'no proposal: unit: "celsius" would not close it' in run(folder, open_still, "-v", replies=(two,))[1]


def test_where_no_value_could_stand_no_reason_is_given(folder: Folder) -> None:
    text = expecting("{city: Oslo, unit: celsius, $others: allow}")

    _, out, _ = run(folder, text, "-v")

    assert "get_weather/$others" in out
    assert "no proposal" not in out


@pytest.mark.parametrize(("text", "why"), REFUSED.values(), ids=REFUSED)
def test_the_help_says_where_a_value_stands_that_is_not_written(folder: Folder, text: str, why: str) -> None:
    _, out, _ = run(folder, text, "-v")

    assert 'help: unit: "celsius"  (1 passing answer still passes); not written by --fix: ' + why in out


# --- what a model said is never a template, an operator, a file or a secret of the file


def saying(value: Any, more: str = "") -> tuple[str, dict[str, Any]]:
    """A weak key of JSON, and an answer that has this value there."""
    text = (
        "version: 1\nvariables: {city: Lima}\ncases:\n"
        f'  - name: weather\n    user: "Hi from {{{{ city }}}}"\n{more}'
        "    expect: {json: {k: {$len: {$ge: 1}}}}\n"
    )
    return text, reply(WEATHER, json.dumps({"k": value}))


@pytest.mark.parametrize(
    ("value", "new"),
    [
        ("{{ city }}", '"{{{{ city }}}}"'),
        ("in {{ city }} and {{ town | upper }}", '"in {{{{ city }}}} and {{{{ town | upper }}}}"'),
        ("{{ env.HOME }}", '"{{{{ env.HOME }}}}"'),
        ({"a": ["{{ city }}"]}, '{a: ["{{{{ city }}}}"]}'),
        ({"$gt": 1}, "{$eq: {$gt: 1}}"),
        ({"a": {"$gt": "{{ city }}"}}, '{$eq: {a: {$gt: "{{{{ city }}}}"}}}'),
        ([{"$any_of": [1]}], "{$eq: [{$any_of: [1]}]}"),
        ("}}}} {{{ city }}", '"}}}} {{{{{ city }}}}"'),
        (["a } b {"], '["a } b {"]'),
    ],
    ids=str,
)
def test_what_was_recorded_is_written_so_that_it_means_itself(folder: Folder, value: Any, new: str) -> None:
    text, answer = saying(value)

    code, _, said = run(folder, text, "--fix", "json/k", replies=(answer,))

    assert (code, said) == (0, "cases/a.yaml: written\n")
    assert written(folder) == text.replace("{$len: {$ge: 1}}", new)
    assert folder.run("check", "cases", "--strict")[0] == 0
    assert [one["verdict"] for one in folder.judge(answer).lines] == ["passed"]


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("{{{{ city }}}}", "would be read as a template"),
        ("open {{ city", "would be read as a template"),
        ("{{ a }} {% if b %}", "would be read as a template"),
        ({"{{ city }}": 1}, "has double braces, which no key may have"),
        ({"a": {"$file": "a.yaml"}}, "has the key '$file', which a case file reads as its own"),
        ({"$python": "os:system"}, "has the key '$python', which a case file reads as its own"),
    ],
    ids=str,
)
def test_what_no_case_file_can_say_is_not_proposed_and_that_is_told(folder: Folder, value: Any, why: str) -> None:
    text, answer = saying(value)

    _, out, _ = run(folder, text, replies=(answer,))
    code, _, said = run(folder, text, "--fix", "json/k", replies=(answer,))

    assert "no proposal: k: " in out
    assert why in out
    assert "help:" not in out
    assert (code, written(folder)) == (2, text)
    assert "nothing is proposed for that" in said


def test_without_templates_braces_are_written_as_they_are(folder: Folder) -> None:
    text, answer = saying("{{ city }}", "    templates: false\n")
    text = text.replace("variables: {city: Lima}\n", "")

    run(folder, text, "--fix", "json/k", replies=(answer,))

    assert written(folder) == text.replace("{$len: {$ge: 1}}", '"{{ city }}"')
    assert [one["verdict"] for one in folder.judge(answer).lines] == ["passed"]


def test_a_character_that_yaml_does_not_take_is_not_written(folder: Folder) -> None:
    text, answer = saying("a\x7fb")

    code, _, said = run(folder, text, "--fix", "json/k", replies=(answer,))

    assert (code, written(folder)) == (1, text)
    assert "not written: it would be read as another value" in said


SECRET = "mysecretvalue-1234567890abcdef"


@pytest.mark.parametrize("value", [SECRET, f"it is {SECRET}.", {"a": [SECRET]}, {SECRET: 1}, [1, SECRET]], ids=str)
def test_a_secret_is_neither_proposed_nor_written(folder: Folder, monkeypatch: pytest.MonkeyPatch, value: Any) -> None:
    monkeypatch.setenv("OTHER_API_KEY", SECRET)
    text, answer = saying(value)

    _, out, _ = run(folder, text, replies=(answer,))
    _, diff, _ = run(folder, text, "--diff", replies=(answer,))
    code, _, said = run(folder, text, "--fix", "weather::json/k", replies=(answer,))

    assert "no proposal: k: the recorded value holds a secret" in out
    assert diff == ""
    assert (code, written(folder)) == (2, text)
    assert SECRET not in out + said


def test_a_secret_among_several_values_or_in_an_argument_is_not_proposed_either(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTHER_API_KEY", SECRET)

    out = trials(folder, "celsius", SECRET)

    assert "no proposal: unit: the recorded value holds a secret" in out
    assert "help:" not in out
