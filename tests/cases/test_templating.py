"""Templates are substitution only: once, with types kept, in the places that take them."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.cases.findings import Findings
from prompt_contracts.cases.node import Node, SourceText
from prompt_contracts.cases.templating import Filler, Variables
from prompt_contracts.json_value import Json
from tests.cases.case_files import good, load, load_text, mistakes

HEAD = "version: 1\nmodels: [openai:m]\n"


def _node(value: Json) -> Node:
    source = SourceText("x.yaml", Path(), str(value))
    if isinstance(value, dict):
        return Node(None, source, 1, 1, 1).with_members({key: _node(item) for key, item in value.items()})
    if isinstance(value, list):
        return Node(None, source, 1, 1, 1).with_items([_node(item) for item in value])
    return Node(value, source, 1, 1, 1, has_template=isinstance(value, str) and "{{" in value)


def _fill(text: str, variables: dict[str, Json], *, environ: dict[str, str] | None = None) -> Json:
    scope = Variables(variables={name: _node(value) for name, value in variables.items()}, environ=environ or {})
    findings = Findings()
    filled = Filler(scope, findings, allow_environment=True).fill(_node(text))
    assert findings.errors == ()
    return filled.value


@given(st.text("{} ab.\n", max_size=20))
def test_text_without_double_braces_stays(text: str) -> None:
    if re.search(r"\{\{.*\}\}", text, re.DOTALL) is None:
        assert _fill(text, {}) == text


@given(st.text("{} ab.|\n", max_size=20))
def test_every_text_in_double_braces_is_filled_in_or_refused(text: str) -> None:
    scope, findings = Variables(variables={"a": _node("-"), "b": _node("-"), "ab": _node("-")}, environ={}), Findings()
    filled = str(Filler(scope, findings, allow_environment=True).fill(_node(text)).value)

    if re.search(r"\{\{.*\}\}", text, re.DOTALL) is not None and "{{{{" not in text:
        assert findings.count or len(filled) < len(text)


BEFORE = st.text("{} 1").filter(lambda text: "{{" not in text and not text.endswith("{"))


@given(st.text(), BEFORE, BEFORE)
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
        ("{{{{ a | b }}}} {{{{}}}} {{{{ 1\n2 }}}}", "{{ a | b }} {{}} {{ 1\n2 }}"),
        ("{{{{{ a }}}}}", "{{{ a }}}"),
        ("}} {a} { {a} } }", "}} {a} { {a} } }"),
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


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "description: 'of {{ x }}'",
            "7:22: PC111 '{{ x }}' stands in 'description', where templates are not filled in",
        ),
        ("skip: 'for {{ x }}'", "7:16: PC111 '{{ x }}' stands in 'skip', where templates are not filled in"),
        ("xfail: '{{ x }}'", "7:13: PC111 '{{ x }}' stands in 'xfail', where templates are not filled in"),
        (
            "command: [node, 'bot-{{ x }}.js']",
            "7:26: PC111 '{{ x }}' stands in 'command', where templates are not filled in",
        ),
        ("handler: 'app:{{ x }}'", "7:*: PC1*"),
        ("model: 'house:{{ x }}'", "7:*: PC1*"),
        ("models: ['house:{{ x }}']", "7:*: PC1*"),
        ("endpoint: '{{ x }}'", "7:*: PC102 *"),
        ("timeout: '{{ x }}'", "7:*: PC102 *"),
        ("trials: '{{ x }}'", "7:*: PC102 *"),
        ("require: {rate: '{{ x }}'}", "7:*: PC102 *"),
        ("retry: {attempts: '{{ x }}'}", "7:*: PC102 *"),
        ("tags: ['{{ x }}']", "7:*: PC102 *"),
        ("overrides: {'openai:{{ x }}': {request: {seed: 1}}}", "7:*: PC111 '{{ x }}' stands in a key*"),
        # keys
        ("request: {metadata: {'{{ x }}': a}}", "7:26: PC111 '{{ x }}' stands in a key, and keys are never filled in"),
        ("request: {metadata: {'a{{ x }}': '{{ x }}'}}", "7:*: PC111 *"),
        ("request: {'{{ x }}': 1}", "7:*: PC111 *"),
        ("'{{ x }}': 1", "7:5: PC111 *"),
        ("tool_results: {'{{ x }}': 1}", "7:*: PC111 *"),
        ("tools: [{name: f, parameters: {properties: {'{{ x }}': {}}}}]", "7:*: PC111 *"),
        ("history: {messages: [{role: user, '{{ x }}': a}]}", "7:*: PC111 *"),
        ("defaults: 1", "7:*: PC101 *"),
        # no templates
        ("system: 'a {{ x | upper }}'", "7:16: PC111 '{{ x | upper }}' is no template*"),
        ("system: 'a {{ x y }}'", "7:16: PC111 '{{ x y }}' is no template*"),
        ("system: 'a {{ x.y() }}'", "7:16: PC111 '{{ x.y() }}' is no template*"),
        ("system: 'a {{}}'", "7:16: PC111 '{{}}' is no template*"),
        ("system: '{{ 1 }}'", "7:14: PC111 '{{ 1 }}' is no template*"),
        ("system: '{{ größe }}'", "7:14: PC111 '{{ größe }}' is no template*"),
        ("system: 'a {{{{ x }}'", "7:16: PC111 '{{{{ x }}' is no template*"),
        ("system: |\n      One\n      {{ x\n      }}", "9:7: PC111 '{{ x…' is no template*"),
        ("request: {seed: '{{ x | int }}'}", "7:22: PC111 '{{ x | int }}' is no template*"),
        ("tool_results: {f: [{a: '{{ x | y }}'}]}", "7:*: PC111 *"),
        ("fault: {status: 429, body: '{{ x | y }}'}", "7:*: PC111 *"),
    ],
)
def test_a_template_where_none_is_filled_in_or_that_is_none_is_an_error(tmp_path: Path, line: str, said: str) -> None:
    text = (
        HEAD
        + f"cases:\n  - name: a\n    user: hi {{{{ x }}}}\n    expect: {{text: a}}\n    {line}\n    rows: [{{x: b}}]\n"
    )

    found = [str(one) for one in mistakes(load_text(tmp_path, text))]

    assert len(found) == 1
    assert fnmatchcase(found[0].replace("[", "("), f"cases.yaml:{said}".replace("[", "("))


@pytest.mark.parametrize(
    ("expect", "said"),
    [
        ("{json: {'{{ x }}': {$absent: true}}}", "15: PC111 '{{ x }}' stands in a key, and keys are never filled in"),
        ("{json: {$at: {'/{{ x }}': 1}}}", "21: PC111 '{{ x }}' stands in a key, and keys are never filled in"),
        ("{json: {$optional: {'{{ x }}': 1}}}", "27: PC111 '{{ x }}' stands in a key, and keys are never filled in"),
        ("{tool_calls: [{'{{ x }}': {}}]}", "22: PC111 '{{ x }}' stands in a key, and keys are never filled in"),
        ("{'{{ x }}': 1}", "8: PC111 '{{ x }}' stands in a key, and keys are never filled in"),
        ("{text: '{{ x | upper }}'}", "15: PC111 '{{ x | upper }}' is no template*"),
        ("{text: {$contains: 'a {{ x y }}'}}", "29: PC111 '{{ x y }}' is no template*"),
        ("{text: '{{ env.A }}'}", "15: PC102 *"),
    ],
)
@pytest.mark.parametrize("is_in_turn", [False, True])
def test_a_template_in_a_key_of_a_pattern_is_an_error(
    tmp_path: Path, expect: str, said: str, *, is_in_turn: bool
) -> None:
    head, tail = HEAD + "cases:\n- name: a\n  rows: [{x: b}]\n", "  user: '{{ x }}'\n"
    if is_in_turn:
        head, tail = head + "  turns:\n", ""
        text = f"{head}  - expect: {expect}\n    user: '{{{{ x }}}}'\n"
        place = f"7:{int(said.partition(':')[0]) + 6}:{said.partition(':')[2]}"
    else:
        text = f"{head}{tail}  expect: {expect}\n"
        place = f"7:{int(said.partition(':')[0]) + 4}:{said.partition(':')[2]}"

    found = [str(one) for one in mistakes(load_text(tmp_path, text))]

    assert len(found) == 1
    assert fnmatchcase(found[0].replace("[", "("), f"cases.yaml:{place}".replace("[", "("))


def warned(root: Path, text: str, *, files: dict[str, str] | None = None) -> list[str]:
    loaded = load(root, text, files=files)
    assert mistakes(loaded) == []
    return [str(found) for found in loaded.warnings]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{% if x %}a{% endif %}", ["5:10: PC117 '{% if x %}' is sent as it is: there are no statements in templates"]),
        ("a {{ x }", ["5:9: PC117 '{{' is never closed, and is sent as it is"]),
        ("a {{ q }}", [
            "5:12: PC117 the value of 'q' holds '{{ }}', which stays as it is: inserted text is never filled in"
        ]),
        ("{{ q }}", [
            "5:10: PC117 the value of 'q' holds '{{ }}', which stays as it is: inserted text is never filled in"
        ]),
        ("{{ m.k }}", [
            "5:10: PC117 the value of 'm.k' holds '{{ }}', which stays as it is: inserted text is never filled in"
        ]),
        ("{{ m.ok }}", []),
        ("{{{{ q }}}}", []),
    ],
)  # fmt: skip
def test_what_is_sent_as_it_is_draws_a_warning(tmp_path: Path, text: str, said: list[str]) -> None:
    document = (
        "version: 1\nmodels: [openai:m]\nvariables: {q: {$file: q.md}, m: {k: 'a {{ b }}', ok: '{ {'}}\ncases:\n"
        f"- user: '{text}'\n  name: a\n  expect: {{text: a}}\n"
    )

    found = [line for line in warned(tmp_path, document, files={"q.md": "in {{ it }}"}) if "PC115" not in line]

    assert found == [f"cases.yaml:{line}" for line in said]


def test_a_cell_of_a_row_that_holds_braces_draws_one_warning_for_all_rows(tmp_path: Path) -> None:
    text = HEAD + (
        "cases:\n- name: a\n  rows: [{q: {$file: q.md}, r: 1}, {q: '{{ b }}', r: 2}]\n"
        "  user: '{{ q }} {{ r }}'\n  expect: {text: '{{ q }}'}\n"
    )

    found = warned(tmp_path, text, files={"q.md": "in {{ it }}"})

    assert [line.partition(": PC117")[0] for line in found] == ["cases.yaml:6:10", "cases.yaml:7:19"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("user: hi\n  rows: [{id: a, city: x}]", ["6:18: PC115 the column 'city' is never used"]),
        ("user: hi\n  matrix: {city: [x, y]}", ["6:12: PC115 the column 'city' is never used"]),
        ("user: '{{ city }}'\n  rows: [{id: a, city: x}]", []),
        ("user: hi\n  rows: [{city: x}]\n  templates: false", ["6:11: PC115 the column 'city' is never used"]),
        ("user: hi\n  rows: {$include: r.csv}", ["r.csv:2:1: PC115 the column 'town' is never used"]),
        # the file's variable of the same name is not what is used
        ("user: '{{ style }}'\n  rows: [{style: x}]", ["3:13: PC115 the variable 'style' is never used"]),
        # an override for a model that is not asked here
        ("user: hi\n  rows: [{t: 1}]\n  overrides: {'openai:*': {request: {seed: '{{ t }}'}}}", []),
        ("turns: [{user: '{{ city }}'}]\n  rows: [{city: x}]", []),
        ("tools: [f]\n  user: hi\n  rows: [{city: x}]", []),
        ("handler: 'app:f'\n  user: hi\n  rows: [{city: x}]", []),
        ("command: [node]\n  user: hi\n  rows: [{city: x}]", ["7:11: PC115 the column 'city' is never used"]),
    ],
)
def test_a_column_that_nothing_uses_draws_a_warning(tmp_path: Path, body: str, said: list[str]) -> None:
    text = (
        "version: 1\nmodels: [house:m, openai:x]\nvariables: {style: y}\ncases:\n"
        if "style" in body
        else ("version: 1\nmodels: [house:m, openai:x]\ntools: {f: {name: f, description: '{{ city }}'}}\ncases:\n")
    )
    loaded = load_text(
        tmp_path,
        f"{text}- {body}\n  name: a\n  expect: {{text: a}}\n",
        files={"r.csv": "id,town\na,b\n"},
        models=("house:m",) if "overrides" in body else None,
    )

    assert mistakes(loaded) == []
    assert loaded is not None
    found = [str(one) for one in loaded.warnings]
    assert found == [line if line.startswith("r.csv") else f"cases.yaml:{line}" for line in said]


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
