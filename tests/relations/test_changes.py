"""Each change as a pure function: what it changes, what it leaves alone, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from prompt_contracts.case import Case
from prompt_contracts.case_file import CaseFile
from prompt_contracts.cases.loader import load_case_file
from prompt_contracts.relations.expansion import ExpandedCase, expand

HEAD = """\
version: 1
models: [openai:gpt-5-mini]
tools:
  a: {name: a, parameters: {type: object, properties: {x: {type: string}}}}
  b:
    name: b
    parameters:
      type: object
      required: [x, y]
      properties:
        x: {type: object, properties: {one: {enum: [first, second]}, two: {type: string}}}
        y: {type: string}
  c: {name: c, parameters: {type: object, properties: {x: {type: string}}}}
  d: {name: d, parameters: {type: object, properties: {x: {type: string}}}}
cases:
  - name: one
"""
TOOLS = "tools: [a, b, c]"
NEEDS_B = "expect: {tool_calls: [b]}"


def _file(tmp_path: Path, *lines: str) -> CaseFile:
    (tmp_path / "one.yaml").write_text(HEAD + "".join(f"    {line}\n" for line in lines), encoding="utf-8")
    loaded = load_case_file(tmp_path / "one.yaml", root=tmp_path, environ={})
    assert loaded is not None
    return loaded


def _expanded(tmp_path: Path, *lines: str) -> list[ExpandedCase]:
    loaded = _file(tmp_path, *lines)
    assert [each.diagnostics for each in loaded.broken] == []
    return list(expand(loaded.cases))


def _changed(tmp_path: Path, *lines: str) -> dict[str, Case]:
    found = _expanded(tmp_path, *lines)
    assert [each.findings for each in found if each.findings] == []
    return {str(each.case.relation): each.case for each in found if each.case.relation is not None}


def _messages(tmp_path: Path, *lines: str) -> list[str]:
    return [finding.message for each in _expanded(tmp_path, *lines) for finding in each.findings]


def _names(case: Case) -> str:
    return "".join(tool.name for tool in case.tools)


@pytest.mark.parametrize(
    ("expect", "orders"),
    [
        ("tool_calls: [b]", {"first": "bac", "last": "acb", "reversed": "cba"}),
        ("tool_calls: [c, a]", {"first": "acb", "middle": "acb", "last": "bac", "reversed": "cba"}),
        ("tool_calls: none, never: [a]", {"middle": "bac", "last": "bca", "reversed": "cba"}),
        ("any_of: [{tool_calls: [c]}, {tool_calls: [{b: {x: 1}}]}]", {"first": "bca", "reversed": "cba"}),
    ],
)
def test_named_tools_are_put_in_one_block(tmp_path: Path, expect: str, orders: dict[str, str]) -> None:
    wanted = f"holds_under: {{tool_order: [{', '.join(orders)}]}}"

    found = list(_expanded(tmp_path, "user: Hi", TOOLS, f"expect: {{{expect}}}", wanted))

    cells = {each.case.relation: _names(each.case) for each in found if each.is_cell and each.case.relation}
    twins = {order: names for order, names in orders.items() if f"tool_order.{order}" not in cells}
    assert {f"tool_order.{order}": names for order, names in orders.items() if order not in twins} == cells
    assert all(names in cells.values() for names in twins.values())


def test_properties_are_turned_at_any_depth_and_nothing_else(tmp_path: Path) -> None:
    cells = _changed(tmp_path, "user: Hi", "tools: [b]", NEEDS_B, "holds_under: {key_order: reversed}")

    assert cells["key_order.reversed"].tools[0].parameters == {
        "type": "object",
        "required": ["x", "y"],
        "properties": {
            "y": {"type": "string"},
            "x": {"type": "object", "properties": {"two": {"type": "string"}, "one": {"enum": ["first", "second"]}}},
        },
    }
    text = json.dumps(cells["key_order.reversed"].tools[0].parameters)
    assert text.index('"y": {') < text.index('"x": {')
    assert text.index('"two": {') < text.index('"one": {')


def test_more_tools_come_after_those_of_the_case(tmp_path: Path) -> None:
    cells = _changed(tmp_path, "user: Hi", "tools: [a, b]", NEEDS_B, "holds_under: {more_tools: [d, c]}")

    assert _names(cells["more_tools"]) == "abdc"


def test_without_a_tool_something_else_holds(tmp_path: Path) -> None:
    cells = _changed(
        tmp_path,
        "user: Hi",
        TOOLS,
        "tool_results: {a: 1, b: 2}",
        NEEDS_B,
        "holds_under: {without_tool: {b: {tool_calls: none, text: {$contains: sorry}}}}",
    )

    case = cells["without_tool.b"]
    assert (_names(case), case.tool_results) == ("ac", {"a": 1})
    assert case.facets == {"tool_calls": "none", "text": {"$contains": "sorry"}}


def test_the_last_tool_takes_what_is_said_of_tools_with_it(tmp_path: Path) -> None:
    cells = _changed(
        tmp_path,
        "user: Hi",
        "tools: [b]",
        "request: {parallel_tool_calls: false, tool_choice: auto, temperature: 0}",
        NEEDS_B,
        "holds_under: {without_tool: {b: {tool_calls: none}}}",
    )

    assert cells["without_tool.b"].request == {"temperature": 0}


TEXT = 'Would JANE please look at {{ place }} for 12kg of \\"red apples\\" tomorrow?'


@pytest.mark.parametrize(
    ("way", "text"),
    [
        ("lower_case", 'would JANE please look at São PAULO {{ x }} for 12kg of "red apples" tomorrow?'),
        ("spaces", 'Would  JANE  please  look  at  São PAULO {{ x }}  for  12kg  of  "red apples"  tomorrow?'),
        ("no_stop", 'Would JANE please look at São PAULO {{ x }} for 12kg of "red apples" tomorrow'),
    ],
)
def test_what_carries_meaning_is_never_misspelt(tmp_path: Path, way: str, text: str) -> None:
    cells = _changed(
        tmp_path,
        "system: Be Kind.",
        f'user: "{TEXT}"',
        'rows: [{id: one, place: "São PAULO {{ x }}"}]',
        "expect: {text: {$any_of: [jane, the JANE-sort]}}",
        f"holds_under: {{spelling: [{way}]}}",
    )

    [case] = cells.values()
    assert [message.text for message in case.messages] == ["Be Kind.", text]


KEPT = (
    "https://Example.com/Some/Path?Query=Value",
    "<HTTP://Example.com/Path>",
    "www.Example.com",
    "Ada.Lovelace@Example.com,",
    "(Ada@Example.com).",
    "/Users/Ada/Notes",
    "~/Notes/Draft.md",
    "./Script.SH",
    ".Hidden",
    r"C:\Users\Ada",
    "src/Main.java:Line",
    "Main.java",
    "```Python\nDef Main():\n    Return Some\n\n  More  Some\n```",
    "~~~\nSome Code\n```\nSome Code\n~~~",
    "> ```\n> Some Code\n> ```",
    "  ````\nSome Code\n```\nSome Code\n  ````",
    "``Some ` Code``",
    "```Some Code```",
)


@pytest.mark.parametrize("way", ["lower_case", "spaces", "no_stop", "typos: {count: 20}"])
@pytest.mark.parametrize("kept", KEPT)
def test_addresses_paths_and_code_are_never_misspelt(tmp_path: Path, kept: str, way: str) -> None:
    text = json.dumps(f"Please Look at\n{kept}\nand Tell what stands There.")

    [case] = _changed(
        tmp_path, f"user: {text}", "expect: {refusal: false}", f"holds_under: {{spelling: [{way}]}}"
    ).values()

    assert f"\n{kept}\n" in case.messages[0].text


@pytest.mark.parametrize("text", ["see https://Example.com/Path", "run:\n```\nSome Code. Then More?", "/Users/Ada"])
def test_a_text_of_addresses_and_code_alone_has_no_other_spelling(tmp_path: Path, text: str) -> None:
    found = _messages(
        tmp_path,
        f"user: {json.dumps(text)}",
        "expect: {refusal: false}",
        "holds_under: {spelling: [lower_case, no_stop]}",
    )

    assert found == [
        "'spelling.lower_case' changes nothing: no cell is made of it",
        "'spelling.no_stop' changes nothing: no cell is made of it",
    ]


def test_a_stop_behind_an_address_is_left_out_as_any_other(tmp_path: Path) -> None:
    [case] = _changed(
        tmp_path,
        "user: Read https://Example.com/Path.",
        "expect: {refusal: false}",
        "holds_under: {spelling: [no_stop]}",
    ).values()

    assert case.messages[0].text == "Read https://Example.com/Path"


@pytest.mark.parametrize("seed", range(20))
def test_typos_are_the_same_every_time_and_leave_what_carries_meaning(tmp_path: Path, seed: int) -> None:
    lines = (
        f'user: "{TEXT}"',
        "rows: [{id: one, place: Oslo}]",
        "expect: {text: jane}",
        f"holds_under: {{spelling: [typos: {{count: 3, seed: {seed}}}]}}",
    )
    [case], [again] = _changed(tmp_path, *lines).values(), _changed(tmp_path, *lines).values()

    before = ["Would", "JANE", "please", "look", "at", "Oslo", "for", "12kg", "of", '"red', 'apples"', "tomorrow?"]
    after = case.messages[0].text.split()
    changed = [old for old, new in zip(before, after, strict=True) if old != new]
    assert case.messages == again.messages
    assert len(changed) == 3
    assert set(changed) <= {"Would", "please", "look", "tomorrow?"}


def test_a_picture_stays_beside_the_text_that_is_changed(tmp_path: Path) -> None:
    picture = "{type: image_url, image_url: {url: 'https://example.com/a.png'}}"
    [case] = _changed(
        tmp_path,
        f"messages: [{{role: user, content: [{{type: text, text: 'What is this?'}}, {picture}]}}]",
        "expect: {text: cat}",
        "holds_under: {said_as: {curt: 'What?'}}",
    ).values()

    assert case.messages[0].content == [
        {"type": "text", "text": "What?"},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
    ]


def test_the_exchange_before_stands_behind_the_instructions_and_before_the_history(tmp_path: Path) -> None:
    cells = _changed(
        tmp_path,
        "system: Be kind.",
        "history: {messages: [{role: user, content: Old}, {role: assistant, content: Yes}]}",
        "user: New",
        "expect: {text: cat}",
        "holds_under: {after: {weather: [{role: user, content: Rain}, {role: assistant, content: No}]}}",
    )

    [case] = cells.values()
    assert [message.text for message in case.messages] == ["Be kind.", "Rain", "No", "Old", "Yes", "New"]


@pytest.mark.parametrize(
    ("relation", "lines", "why"),
    [
        (
            "{tool_order: [last]}",
            ("user: Hi", "expect: {text: a}"),
            "'tool_order.last' cannot be: the case offers no tools",
        ),
        (
            "{tool_order: [last]}",
            ("user: Hi", TOOLS, "expect: {text: a}"),
            "'tool_order.last' cannot be: 'expect' names none of the tools",
        ),
        (
            "{key_order: reversed}",
            ("user: Hi", TOOLS, NEEDS_B, "handler: bot:answer"),
            "'key_order.reversed' cannot be: the application writes its own requests, and offers its own tools",
        ),
        (
            "{more_tools: [d]}",
            ("user: Hi", TOOLS, NEEDS_B, "command: [node, bot.mjs]"),
            "'more_tools' cannot be: the application writes its own requests, and offers its own tools",
        ),
        (
            "{tool_order: [last]}",
            (
                "user: Hi",
                "endpoint: assistants",
                "assistant: {tools: [{type: code_interpreter}]}",
                TOOLS,
                NEEDS_B,
            ),
            "'tool_order.last' cannot be: 'assistant' brings tools of its own",
        ),
        ("{more_tools: [a]}", ("user: Hi", TOOLS, NEEDS_B), "'more_tools' cannot be: the case offers a already"),
        (
            "{without_tool: {d: {tool_calls: none}}}",
            ("user: Hi", TOOLS, NEEDS_B),
            "'without_tool.d' cannot be: the case offers no tool d",
        ),
        (
            "{without_tool: {b: {tool_calls: none}}}",
            ("user: Hi", "tools: [b]", "request: {tool_choice: required}", NEEDS_B),
            "'without_tool.b' cannot be: 'tool_choice' asks for a call, and no tool is left",
        ),
        (
            "{without_tool: {b: {tool_calls: none}}}",
            (
                "user: Hi",
                TOOLS,
                "request: {tool_choice: {type: function, function: {name: b}}}",
                NEEDS_B,
            ),
            "'without_tool.b' cannot be: 'tool_choice' names b",
        ),
        (
            "{without_tool: {b: {tool_calls: none}}}",
            (TOOLS, "turns: [{user: Hi, expect: {tool_calls: [b]}}]"),
            "'without_tool.b' cannot be: turns of the case expect something of their own",
        ),
        (
            "{spelling: [lower_case]}",
            ("turns: [{user: Hi, expect: {text: a}}]",),
            "'spelling.lower_case' cannot be: the case has turns, and so no one message of the user",
        ),
        (
            "{spelling: [lower_case]}",
            ("system: Say something.", "expect: {text: a}"),
            "'spelling.lower_case' cannot be: the case has no message of the user",
        ),
        (
            "{said_as: {x: Hey}}",
            (
                "messages: [{role: user, content: [{type: text, text: a}, {type: text, text: b}]}]",
                "expect: {text: a}",
            ),
            "'said_as.x' cannot be: the last message of the user has 2 parts of text",
        ),
        (
            "{after: {x: [{role: system, content: Be rude.}]}}",
            ("user: Hi", "expect: {text: a}"),
            "'after.x' cannot be: it holds a message with the role system, and what was talked of before holds none",
        ),
    ],
)
def test_what_cannot_be_is_refused_by_name(tmp_path: Path, relation: str, lines: tuple[str, ...], why: str) -> None:
    found = [each for each in _expanded(tmp_path, *lines, f"holds_under: {relation}") if each.findings]

    assert [(one.code, one.message, one.severity) for each in found for one in each.findings] == [
        ("PC148", why, "error")
    ]
    assert [each.is_cell for each in found] == [False]


def test_a_change_that_changes_nothing_in_some_rows_is_made_in_the_others(tmp_path: Path) -> None:
    cells = _expanded(
        tmp_path,
        "user: Hi {{ n.0 }}",
        "rows: [{id: front, n: [a]}, {id: back, n: [c]}]",
        TOOLS,
        'expect: {tool_calls: "{{ n }}"}',
        "holds_under: {tool_order: [first, last]}",
    )

    assert [each.findings for each in cells if each.findings] == []
    assert [(each.case.row, each.case.relation) for each in cells if each.case.relation] == [
        ("front", "tool_order.last"),
        ("back", "tool_order.first"),
    ]


def test_a_change_that_changes_nothing_anywhere_is_warned_of(tmp_path: Path) -> None:
    found = _messages(
        tmp_path, "user: say hi", "tools: [a, b]", NEEDS_B, "holds_under: {tool_order: [first, last, reversed]}"
    )

    assert found == [
        "'tool_order.last' changes nothing: no cell is made of it",
        "'tool_order.reversed' asks the same as 'tool_order.first': no cell is made of it",
    ]


@pytest.mark.parametrize(
    ("relation", "said"),
    [
        ("{shuffled: 3}", "PC101 unknown key 'shuffled'"),
        ("{tool_order: [random]}", "PC102"),
        ("{tool_order: []}", "PC105 "),
        ("{more_tools: [z]}", "PC102 unknown tool 'z'"),
        ("{spelling: [typo]}", "PC102"),
        ("{spelling: [typos, typos: {count: 1}]}", "PC103 'spelling' names 'typos' twice"),
        ("{spelling: [typos: {count: 0}]}", "PC102"),
        ("{said_as: {a b: Hey}}", 'PC113 "a b" cannot be an id'),
        ("{said_as: {x: '{{ nobody }}'}}", "PC110 unknown variable 'nobody'"),
        ("{said_as: {x: ''}}", "PC105 'said_as.x' is empty"),
        ("{said_as: {x: ' '}}", "PC105 'said_as.x' is empty"),
        ("{after: {x: []}}", "PC105 "),
        ("{without_tool: {a: }}", "PC105 'without_tool.a' does not say what holds then"),
        ("{without_tool: {a: {text: '{{ env.HOME }}'}}}", "PC102 '{{ env.HOME }}' may not stand in 'expect'"),
    ],
)
def test_a_relation_that_is_written_wrongly_is_named(tmp_path: Path, relation: str, said: str) -> None:
    loaded = _file(tmp_path, "user: Hi there.", TOOLS, NEEDS_B, f"holds_under: {relation}")

    [broken] = loaded.broken
    assert any(f" {said}" in str(each) for each in broken.diagnostics), list(map(str, broken.diagnostics))


def test_templates_are_filled_in_with_the_row(tmp_path: Path) -> None:
    cells = _changed(
        tmp_path,
        "user: Is it {{ x }}?",
        "rows: [{id: one, x: 1}]",
        TOOLS,
        "expect: {text: {$contains: '{{ x }}'}}",
        "holds_under:",
        "  said_as: {bare: '{{ x }}'}",
        "  after: {x: [{role: user, content: '{{ x }}!'}, {role: assistant, content: Yes}]}",
        "  without_tool: {a: {text: {$contains: '{{ x }}.'}}}",
    )

    assert cells["said_as.bare"].messages[-1].content == "1"
    assert cells["after.x"].messages[0].content == "1!"
    assert cells["without_tool.a"].facets == {"text": {"$contains": "1."}}


def test_a_conversation_can_be_asked_with_other_tools_and_after_another_one(tmp_path: Path) -> None:
    cells = _changed(
        tmp_path,
        "system: Be kind.",
        TOOLS,
        "turns: [{user: Hi, expect: {tool_calls: [c]}}, {user: Ho}]",
        "holds_under:",
        "  tool_order: [first]",
        "  after: {hello: [{role: user, content: Old}, {role: assistant, content: Yes}]}",
    )

    assert _names(cells["tool_order.first"]) == "cab"
    assert [message.text for message in cells["after.hello"].messages] == ["Be kind.", "Old", "Yes"]


def test_an_application_is_asked_in_other_words(tmp_path: Path) -> None:
    cells = _changed(
        tmp_path,
        "user: Hi There",
        "handler: bot:answer",
        "expect: {text: a}",
        "holds_under: {spelling: [lower_case], said_as: {curt: Yo}}",
    )

    assert [case.messages[-1].text for case in cells.values()] == ["hi there", "Yo"]


def test_a_paraphrase_is_linted_like_any_message(tmp_path: Path) -> None:
    found = _expanded(
        tmp_path,
        "user: Give me JSON.",
        "expect: {text: a}",
        "holds_under: {spelling: [lower_case], said_as: {curt: Give me data.}}",
    )

    assert [(each.case.relation, each.is_new) for each in found] == [
        (None, True),
        ("spelling.lower_case", False),
        ("said_as.curt", True),
    ]


def test_an_empty_text_is_wrong_wherever_it_comes_from(tmp_path: Path) -> None:
    rows = "rows: [{id: a, said: Hey}, {id: b, said: ''}]"
    loaded = _file(tmp_path, "user: Hi there.", rows, "expect: {text: a}", 'holds_under: {said_as: {x: "{{ said }}"}}')

    [broken] = loaded.broken
    [found] = broken.diagnostics
    assert (found.code, found.message) == ("PC105", "'said_as.x' is empty")
    assert (found.location.line, found.location.column) == (_line_of(tmp_path, "holds_under"), 32)


def test_a_facet_that_must_be_the_same_is_named_once(tmp_path: Path) -> None:
    changes = "holds_under: {spelling: [lower_case]}"
    loaded = _file(tmp_path, "user: Hi.", "expect: {text: a}", "trials: 2", changes, "same: [json, tool_calls, json]")

    [broken] = loaded.broken
    [found] = broken.diagnostics
    assert (found.code, found.message, found.help) == ("PC103", "'same' names 'json' twice", "name it once")
    assert (found.location.line, found.location.column) == (_line_of(tmp_path, "same"), 30)


def _line_of(tmp_path: Path, key: str) -> int:
    lines = (tmp_path / "one.yaml").read_text("utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if line.strip().startswith(f"{key}:"))
