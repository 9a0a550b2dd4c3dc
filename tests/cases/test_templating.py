"""Templates are substitution only: once, with types kept, in the places that take them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.cases.findings import Findings
from prompt_contracts.cases.node import Node, Source
from prompt_contracts.cases.templating import Filler, Scope
from prompt_contracts.json_value import Json
from tests.cases.case_files import good, load_text, mistakes

HEAD = "version: 1\nmodels: [openai:m]\n"


def _node(value: Json) -> Node:
    source = Source("x.yaml", Path(), str(value))
    if isinstance(value, dict):
        return Node(None, source, 1, 1, 1).with_members({key: _node(item) for key, item in value.items()})
    if isinstance(value, list):
        return Node(None, source, 1, 1, 1).with_items([_node(item) for item in value])
    return Node(value, source, 1, 1, 1, has_template=isinstance(value, str) and "{{" in value)


def _fill(text: str, variables: dict[str, Json], *, environ: dict[str, str] | None = None) -> Json:
    scope = Scope(variables={name: _node(value) for name, value in variables.items()}, environ=environ or {})
    findings = Findings()
    filled = Filler(scope, findings, allow_environment=True).fill(_node(text))
    assert findings.errors == ()
    return filled.value


@given(st.text("{} ab.\n", max_size=20))
def test_text_without_a_template_stays(text: str) -> None:
    if re.search(r"\{\{[ \t]*[ab][ab.]*[ \t]*\}\}", text) is None:
        assert _fill(text, {}) == text


@given(st.text(), st.text("{} 1"), st.text("{} 1"))
def test_inserted_text_is_never_scanned_again(value: str, before: str, after: str) -> None:
    text = f"{before}|{{{{ a }}}}|{after}"

    assert _fill(text, {"a": value}) == f"{before}|{value}|{after}"


@pytest.mark.parametrize("value", [5, 5.0, True, None, "text", [1], {"$any_of": ["a"]}])
def test_a_whole_template_keeps_the_type(value: Json) -> None:
    filled = _fill("{{ a }}", {"a": value})

    assert filled == value
    assert type(filled) is type(value)


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{{a}} {{  a  }}", "x x"),
        ("{{ b.c }}", 7),
        ("{{ b.d.1 }}", "two"),
        ("n={{ b.c }} t={{ t }} l={{ b.d }}", 'n=7 t=true l=["one", "two"]'),
        ("{{{{ a }}}}", "{{ a }}"),
        ("{{{{ nobody }}}} {{ a }}", "{{ nobody }} x"),
        ("{{{ a }}}", "{x}"),
        ("{{ a b }} {{}} {{ 1 }} }}", "{{ a b }} {{}} {{ 1 }} }}"),
        ("{{ env.HOME }}", "/h"),
    ],
)
def test_templates_of_every_form(text: str, filled: Json) -> None:
    variables: dict[str, Json] = {"a": "x", "b": {"c": 7, "d": ["one", "two"]}, "t": True}

    assert _fill(text, variables, environ={"HOME": "/h"}) == filled


def test_row_columns_win_over_the_files_variables(tmp_path: Path) -> None:
    text = HEAD + (
        "variables: {city: Rome, style: short}\n"
        "cases:\n"
        "- name: a\n"
        "  user: '{{ city }} {{ style }}'\n"
        "  rows: [{city: Oslo}]\n"
        "  expect: {text: '{{ city }}'}\n"
    )

    (case,) = good(tmp_path, text)

    assert case.messages[0].content == "Oslo short"
    assert case.expect[0].value == "Oslo"


def test_templates_are_filled_in_tools_request_and_included_prompts(tmp_path: Path) -> None:
    text = HEAD + (
        "variables: {city: Oslo, t: 0.5, system: {$file: p.md}}\n"
        "tools: {f: {name: f, description: 'of {{ city }}'}}\n"
        "cases:\n"
        "- name: a\n"
        "  system: {$file: p.md}\n"
        "  messages: {$include: m.yaml}\n"
        "  tools: [f]\n"
        "  request: {temperature: '{{ t }}'}\n"
        "  expect: {text: x}\n"
    )
    files = {"p.md": "In {{ city }}\n", "m.yaml": "- {role: user, content: 'At {{ city }}'}\n"}

    (case,) = good(tmp_path, text, files=files)

    assert [message.content for message in case.messages] == ["In Oslo\n", "At Oslo"]
    assert case.request == {"temperature": 0.5}
    assert case.tools[0].definition["function"] == {"name": "f", "description": "of Oslo"}


def test_templates_can_be_turned_off(tmp_path: Path) -> None:
    text = HEAD + "cases:\n- {name: a, user: '{{ x }}', templates: false, expect: {text: '{{ y }}'}}\n"

    (case,) = good(tmp_path, text)

    assert case.messages[0].content == "{{ x }}"
    assert case.expect[0].value == "{{ y }}"


def test_a_variable_may_hold_a_pattern(tmp_path: Path) -> None:
    text = HEAD + (
        "variables: {unit: {$any_of: [c, f]}}\n"
        "cases:\n- {name: a, user: x, expect: {tool_calls: [{f: {unit: '{{ unit }}'}}]}}\n"
    )

    (case,) = good(tmp_path, text)

    assert case.expect[0].value == [{"f": {"unit": {"$any_of": ["c", "f"]}}}]
    assert str(case.expect[0].locate("/0/f/unit/$any_of/1")) == "cases.yaml:3:33"
    assert str(case.expect[0].locate("/0/f/unit")) == "cases.yaml:5:49"


def test_a_number_becomes_the_text_of_a_message(tmp_path: Path) -> None:
    text = HEAD + "variables: {n: 5}\ncases:\n- {name: a, user: '{{ n }}', expect: {text: '{{ n }}'}}\n"

    (case,) = good(tmp_path, text)

    assert case.messages[0].content == "5"
    assert case.expect[0].value == 5


def test_other_keys_are_plain_text(tmp_path: Path) -> None:
    text = HEAD + "cases:\n- {name: a, description: 'of {{ x }}', user: x, expect: {text: a}}\n"

    (case,) = good(tmp_path, text)

    assert case.description == "of {{ x }}"


def test_an_environment_variable_is_read_from_what_was_given(tmp_path: Path) -> None:
    text = HEAD + "cases:\n- {name: a, user: 'hi {{ env.WHO }}', expect: {text: a}}\n"

    loaded = load_text(tmp_path, text, environ={"WHO": "Ada"})

    assert loaded is not None
    assert loaded.cases[0].messages[0].content == "hi Ada"


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("user: 'hi {{ cty }}'", "5:15: PC110 unknown variable 'cty'"),
        ("user: 'hi {{ place.twon }}'", "5:15: PC110 unknown variable 'place.twon': 'place' has no 'twon'"),
        ("user: 'hi {{ env.WHO }}'", "5:15: PC110 the environment variable 'WHO' is not set"),
        ("user: |\n      two\n      {{ cty }}", "7:7: PC110 unknown variable 'cty'"),
        ("user: {$file: p.md}", "p.md:2:4: PC110 unknown variable 'cty'"),
        ("user: hi\n    system: '{{ env.A }}{{ cty }}'", "6:14: PC110 the environment variable 'A' is not set"),
    ],
)
def test_an_unknown_name_is_shown_where_the_template_stands(tmp_path: Path, case: str, said: str) -> None:
    variables = "variables: {city: Oslo, place: {town: x}}"
    text = f"{HEAD}{variables}\ncases:\n  - {case}\n    name: a\n    expect: {{text: x}}\n"

    loaded = load_text(tmp_path, text, files={"p.md": "One\nIn {{ cty }}\n"})

    expected = said if said.startswith("p.md") else f"cases.yaml:{said}"
    assert str(mistakes(loaded)[0]) == expected


def test_one_wrong_name_in_many_rows_and_models_is_said_once(tmp_path: Path) -> None:
    head = "version: 1\nmodels: [a:b, c:d]\ncases:\n"
    text = head + "- {name: a, user: '{{ x }}', rows: [{y: 1}, {y: 2}], expect: {text: b}}\n"

    assert [found.code for found in mistakes(load_text(tmp_path, text))] == ["PC110"]


def test_a_misspelt_variable_is_recognised(tmp_path: Path) -> None:
    text = (
        HEAD + "variables: {city: x, unit: c}\ncases:\n- {name: a, user: '{{ cty }}', expect: {text: '{{ unit }}'}}\n"
    )

    (found,) = mistakes(load_text(tmp_path, text))

    assert found.help == "did you mean 'city'? (known here: city, unit)"


def test_a_template_may_stand_for_a_list_or_a_mapping(tmp_path: Path) -> None:
    text = HEAD + (
        "variables:\n  all: [{role: user, content: hi}]\n  one: {role: user, content: ho}\n  wanted: {text: a}\n"
        "cases:\n"
        "- {name: a, messages: '{{ all }}', expect: '{{ wanted }}'}\n"
        "- {name: b, messages: ['{{ one }}'], expect: {text: a}}\n"
    )

    cases = good(tmp_path, text)

    assert [(case.messages[0].content, case.expect[0].value) for case in cases] == [("hi", "a"), ("ho", "a")]
