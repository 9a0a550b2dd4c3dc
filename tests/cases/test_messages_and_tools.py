"""Messages and tools come out in OpenAI's own shape."""

from __future__ import annotations

from pathlib import Path

import pytest

from prompt_contracts.case import Case, Requirement
from prompt_contracts.message import Message, Tool
from tests.cases.case_files import good, load, mistakes

HEAD = (
    "version: 1\nmodels: [a:b]\ntools:\n"
    "  f: {name: f}\n  g: {type: function, function: {name: g, strict: true}}\ncases:\n"
)


def _case(root: Path, rest: str) -> Case:
    (case,) = good(root, f"{HEAD}- {{name: a, expect: {{text: a}}, {rest}}}\n")
    return case


@pytest.mark.parametrize(
    ("rest", "messages"),
    [
        ("user: hi", [("user", "hi")]),
        ("system: be", [("system", "be")]),
        ("user: hi, system: be", [("system", "be"), ("user", "hi")]),
        ("messages: [{role: assistant, content: a}, {role: user, content: b}]", [("assistant", "a"), ("user", "b")]),
        ("system: be, messages: [{role: user, content: b}]", [("system", "be"), ("user", "b")]),
    ],
)
def test_shorthands_and_messages_make_one_conversation(
    tmp_path: Path, rest: str, messages: list[tuple[str, str]]
) -> None:
    assert [(message.role, message.content) for message in _case(tmp_path, rest).messages] == messages


def test_a_conversation_with_calls_goes_over_the_wire_as_written(tmp_path: Path) -> None:
    call = "{id: c, type: function, function: {name: f, arguments: '{}'}}"
    rest = (
        f"messages: [{{role: user, content: [{{type: text, text: hi}}]}}, {{role: assistant, tool_calls: [{call}]}}, "
        "{role: tool, tool_call_id: c, content: done}]"
    )

    messages = _case(tmp_path, rest).messages

    assert [message.to_json() for message in messages] == [
        {"role": "user", "content": [{"type": "text", "text": "hi"}]},
        {
            "role": "assistant",
            "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "c", "content": "done"},
    ]
    assert messages[2] == Message(role="tool", content="done", fields={"tool_call_id": "c"})


def test_tools_come_in_the_full_form(tmp_path: Path) -> None:
    tools = _case(tmp_path, "user: x, tools: [f, {name: h}, g]").tools

    assert tools == (
        Tool(name="f", definition={"type": "function", "function": {"name": "f"}}),
        Tool(name="h", definition={"type": "function", "function": {"name": "h"}}),
        Tool(name="g", definition={"type": "function", "function": {"name": "g", "strict": True}}),
    )


@pytest.mark.parametrize(
    ("written", "requirement"),
    [
        ("all", Requirement()),
        ("9", Requirement(count=9)),
        ("{rate: 0.9}", Requirement(rate=0.9)),
        ("{rate: 1, confidence: 0.95, errors: 2}", Requirement(rate=1.0, confidence=0.95, errors=2)),
        ("{count: 3, errors: 1}", Requirement(count=3, errors=1)),
        ("{errors: 1}", Requirement(errors=1)),
    ],
)
def test_requirements_are_read(tmp_path: Path, written: str, requirement: Requirement) -> None:
    assert _case(tmp_path, f"user: x, trials: 10, require: {written}").require == requirement


def test_every_other_key_reaches_the_case(tmp_path: Path) -> None:
    rest = (
        "user: x, description: d, tags: [t], skip: s, xfail: f, timeout: 3.5, trials: 4, stop_early: true, "
        "endpoint: chat, request: {extra_body: {top_k: 4}, stop: [a]}"
    )

    case = _case(tmp_path, rest)

    found = (case.description, case.tags, case.skip, case.xfail, case.timeout, case.trials, case.stop_early)
    assert found == ("d", ("t",), "s", "f", 3.5, 4, True)
    assert case.request == {"extra_body": {"top_k": 4}, "stop": ["a"]}
    assert (case.path, str(case.location)) == ("cases.yaml", "cases.yaml:7:4")


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("tags: []", "7:4: PC105 case 'a' has no messages"),
        ("messages: []", "7:42: PC105 'messages' is empty, but must be a list of messages"),
        ("user: x, messages: [{role: user, content: x}]", "7:32: PC102 'user' and 'messages' stand in one case"),
        (
            "system: x, messages: [{role: developer, content: x}]",
            "7:61: PC102 'system' is given, and this message has the role developer too",
        ),
        ("messages: [{role: user}]", "7:43: PC105 message 1 has no content"),
        ("messages: [{role: user, content: null}]", "7:56: PC105 message 1 has no content"),
        ("messages: [{role: tool, content: x}]", "7:43: PC105 message 1 has the role tool but no 'tool_call_id'"),
        ("messages: [{content: x}]", "7:43: PC105 item 1 of 'messages' has no 'role'"),
        ("user: x, tools: [h]", "7:49: PC102 unknown tool 'h'"),
        ("user: x, tools: [f, {name: f}]", "7:52: PC103 the tool 'f' is offered twice"),
    ],
)
def test_conversations_and_tools_that_cannot_be_sent_are_refused(tmp_path: Path, rest: str, said: str) -> None:
    loaded = load(tmp_path, f"{HEAD}- {{name: a, expect: {{text: a}}, {rest}}}\n")

    assert [str(found) for found in mistakes(loaded)] == [f"cases.yaml:{said}"]


def test_a_prompt_cut_by_a_comment_is_a_warning(tmp_path: Path) -> None:
    text = HEAD + "- name: a\n  user: Ticket #5 or # 6?\n  expect:\n    text: a # fine\n"

    loaded = load(tmp_path, text)

    assert [(str(found), found.severity) for found in loaded.warnings] == [
        ("cases.yaml:8:9: PC114 this text ends where ' #' starts a comment", "warning")
    ]
    assert len(loaded.cases) == 1


def test_a_variable_that_no_template_names_is_a_warning(tmp_path: Path) -> None:
    text = HEAD.replace("tools:", "variables: {used: 1, unused: 2}\ntools:")

    loaded = load(tmp_path, text + "- {name: a, user: '{{ used }}', expect: {text: a}}\n")

    assert [str(found) for found in loaded.warnings] == ["cases.yaml:3:22: PC115 the variable 'unused' is never used"]
