"""A recorded conversation: which part of it is sent, and where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cases.case_files import good, load_text, mistakes

HEAD = "version: 1\nmodels: [a:b]\ncases:\n"
LOG = """
      - {role: user, content: one}
      - {role: assistant, content: two}
      - {role: user, content: three, session_start: true}
      - {role: assistant, content: four}
      - {role: user, content: five}
      - {role: assistant, content: six}
"""


def case(use: str, *, log: str = LOG, said: str = "  user: now\n") -> str:
    return f"{HEAD}- name: a\n  expect: {{text: a}}\n{said}  history:\n    {use}\n    messages: {log}"


def contents(root: Path, text: str) -> list[Any]:
    (found,) = good(root, text)
    return [message.content for message in found.messages]


@pytest.mark.parametrize(
    ("use", "sent"),
    [
        ("use: all", ["one", "two", "three", "four", "five", "six"]),
        ("", ["one", "two", "three", "four", "five", "six"]),
        ("use: session", ["three", "four", "five", "six"]),
        ("use: last", ["five"]),
        ("use: none", []),
    ],
)
def test_a_part_of_the_history_is_sent(tmp_path: Path, use: str, sent: list[str]) -> None:
    assert contents(tmp_path, case(use)) == [*sent, "now"]


def test_the_last_of_several_marks_starts_the_session(tmp_path: Path) -> None:
    log = "[{role: user, content: a, session_start: true}, {role: user, content: b, session_start: true}]"

    assert contents(tmp_path, case("use: session", log=log)) == ["b", "now"]


def test_a_mark_that_says_false_is_none(tmp_path: Path) -> None:
    log = "[{role: user, content: a, session_start: true}, {role: user, content: b, session_start: false}]"

    assert contents(tmp_path, case("use: session", log=log)) == ["a", "b", "now"]


def test_the_mark_is_not_sent(tmp_path: Path) -> None:
    (found,) = good(tmp_path, case("use: session"))

    assert found.messages[0].to_json() == {"role": "user", "content": "three"}


def test_leading_system_messages_come_first(tmp_path: Path) -> None:
    said = """  messages:
    - {role: system, content: s}
    - {role: developer, content: d}
    - {role: user, content: u}
    - {role: system, content: later}
"""

    assert contents(tmp_path, case("use: last", said=said)) == ["s", "d", "five", "u", "later"]


def test_the_short_system_message_comes_first(tmp_path: Path) -> None:
    assert contents(tmp_path, case("use: last", said="  system: s\n  user: now\n")) == ["s", "five", "now"]


def test_a_history_may_be_all_there_is(tmp_path: Path) -> None:
    assert contents(tmp_path, case("use: last", said="")) == ["five"]


def test_a_history_comes_before_the_turns(tmp_path: Path) -> None:
    (found,) = good(tmp_path, case("use: last", said="  turns: [{user: now}]\n"))

    assert [message.content for message in found.messages] == ["five"]


def test_a_history_comes_from_a_file_and_from_variables(tmp_path: Path) -> None:
    text = (
        HEAD
        + "- {name: a, user: now, rows: [{who: Ada, use: last}], expect: {text: a}, history: {$include: log.json}}\n"
    )
    log = '{"use": "{{ use }}", "messages": [{"role": "user", "content": "I am {{ who }}"}]}'

    (found,) = good(tmp_path, text, files={"log.json": log})

    assert [message.content for message in found.messages] == ["I am Ada", "now"]


def test_a_case_may_have_the_history_of_its_defaults(tmp_path: Path) -> None:
    text = (
        "version: 1\nmodels: [a:b]\ndefaults: {history: {messages: [{role: user, content: a}]}}\n"
        "cases: [{name: a, user: b, expect: {text: a}}]\n"
    )

    assert contents(tmp_path, text) == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            case("use: session", log="[{role: user, content: a}]"),
            "cases.yaml:8:10: PC102 'use: session' needs a mark: no message of the history has 'session_start: true'",
        ),
        (
            case("use: last", log="[{role: assistant, content: a}]"),
            "cases.yaml:8:10: PC102 'use: last' takes the last message of the user, and the history has none",
        ),
        (
            case("use: none", said=""),
            "cases.yaml:4:3: PC105 case 'a' uses nothing of its history and has no messages of its own",
        ),
        (
            case("use: al"),
            "cases.yaml:8:10: PC102 'use' must be 'all', 'session', 'last' or 'none', not the text \"al\"",
        ),
        (case("uses: all"), "cases.yaml:8:5: PC101 unknown key 'uses' in 'history'"),
        (case("use: all", log="[]"), "cases.yaml:9:15: PC105 'messages' is empty, but must be a list of messages"),
        (
            case("use: all", log="[{role: system, content: s}]", said="  system: t\n"),
            "cases.yaml:9:23: PC102 'system' is given, and this message has the role system too",
        ),
        (
            case("use: last", said="  messages: [{role: user, content: a, session_start: true}]\n"),
            "cases.yaml:6:39: PC102 'session_start' marks a message of a history, and this is none",
        ),
        (
            case("use: last", log="[{role: user, content: a, session_start: yes}]"),
            "cases.yaml:9:56: PC102 'session_start' must be true or false, not the text \"yes\"",
        ),
    ],
)
def test_a_mistake_in_a_history_is_named_at_its_place(tmp_path: Path, text: str, said: str) -> None:
    assert [str(found) for found in mistakes(load_text(tmp_path, text))] == [said]


ROLES = st.sampled_from(["user", "assistant"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=60)
@given(
    log=st.lists(st.tuples(ROLES, st.booleans()), min_size=1, max_size=6),
    use=st.sampled_from(["all", "session", "last", "none"]),
)
def test_what_is_sent_is_always_a_stretch_of_the_history(tmp_path: Path, log: list[tuple[str, bool]], use: str) -> None:
    lines = "".join(
        f"\n      - {{role: {role}, content: '{number}', session_start: {str(mark).lower()}}}"
        for number, (role, mark) in enumerate(log)
    )
    text = case(f"use: {use}", log=lines + "\n")
    marks = [number for number, (_, mark) in enumerate(log) if mark]
    users = [number for number, (role, _) in enumerate(log) if role == "user"]

    if (use == "session" and not marks) or (use == "last" and not users):
        assert [found.code for found in mistakes(load_text(tmp_path, text))] == ["PC102"]
        return
    start = {"all": 0, "session": marks[-1] if marks else 0, "last": users[-1] if users else 0, "none": len(log)}[use]
    end = start + 1 if use == "last" else len(log)
    assert contents(tmp_path, text) == [*map(str, range(start, end)), "now"]
