"""Turns: what each says and asks for, what stands around them, and what is wrong with them."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tests.cases.case_files import good, load, load_text, mistakes
from tests.cases.conversations import HEAD, expected, talk, text_of

# what a turn is


def test_turns_come_after_the_messages_of_the_case(tmp_path: Path) -> None:
    case = talk(tmp_path, "{messages: [{role: user, content: Bye}]}", case="  system: Be brief.\n")

    assert [message.role for message in case.messages] == ["system"]
    assert [turn.number for turn in case.turns] == [1, 2]
    assert [turn.fill({}).messages[0].content for turn in case.turns] == ["How much?", "Bye"]
    assert [str(turn.location) for turn in case.turns] == ["cases.yaml:7:5", "cases.yaml:8:5"]


def test_turns_need_nothing_else_to_be_said(tmp_path: Path) -> None:
    assert talk(tmp_path, "{user: Bye}").messages == ()


def test_the_request_of_a_turn_lies_over_that_of_the_case(tmp_path: Path) -> None:
    request = "  request: {seed: 5, temperature: 0, metadata: {a: x, b: y}}\n"

    case = talk(tmp_path, "{user: Bye, request: {seed: null, n: 2, metadata: {b: z}}}", case=request)

    assert case.turns[0].fill({}).request == {"seed": 5, "temperature": 0, "metadata": {"a": "x", "b": "y"}}
    assert case.turns[1].fill({}).request == {"temperature": 0, "metadata": {"a": "x", "b": "z"}, "n": 2}


def test_what_the_case_says_of_faults_and_errors_holds_for_turns_that_say_nothing(tmp_path: Path) -> None:
    case = talk(tmp_path, "{user: Bye}", case="  on_error: continue\n  fault: {timeout: read}\n")

    assert [turn.on_error for turn in case.turns] == ["continue", "continue"]
    assert [turn.fault for turn in case.turns] == [case.fault, case.fault]


def test_a_turn_may_say_otherwise(tmp_path: Path) -> None:
    case = talk(tmp_path, "{user: Bye, fault: null, on_error: fail}", case="  fault: {timeout: read}\n")

    assert case.turns[1].fault is None
    assert case.turns[1].on_error == "fail"


def test_one_turn_with_an_expectation_is_enough(tmp_path: Path) -> None:
    case = talk(tmp_path, "{user: Bye}")

    assert case.expect == ()
    assert [len(turn.preview.expect) for turn in case.turns] == [1, 0]


def test_expectations_of_the_case_stay_with_the_case(tmp_path: Path) -> None:
    case = talk(tmp_path, "{user: Bye, expect: {text: b}}", case="  expect: {text: a}\n")

    assert [facet.value for facet in case.expect] == ["a"]
    assert expected(case.turns[1].preview) == {"text": "b"}


def test_a_user_field_of_a_message_goes_into_the_request_of_its_turn(tmp_path: Path) -> None:
    case = talk(tmp_path, "{messages: [{role: user, content: Bye, user: ada}]}")

    assert [dict(turn.preview.request) for turn in case.turns] == [{}, {"user": "ada"}]


def test_a_user_field_before_the_turns_goes_into_all_of_their_requests(tmp_path: Path) -> None:
    messages = "  messages: [{role: user, content: Hi, user: ada}, {role: assistant, content: Ho}]\n"

    case = talk(tmp_path, "{user: Bye}", case=messages)

    assert [dict(turn.preview.request) for turn in case.turns] == [{"user": "ada"}, {"user": "ada"}]


def test_included_turns_are_turns(tmp_path: Path) -> None:
    files = {"turn.yaml": "user: Bye {{ name }}\nexpect: {text: '{{ name }}'}\n"}
    text = HEAD + "variables: {name: Ada}\ncases: [{name: a, turns: [{$include: turn.yaml}]}]\n"

    (case,) = good(tmp_path, text, files=files)

    assert case.turns[0].preview.messages[0].content == "Bye Ada"


# what goes wrong


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ("{user: '{{ totl }}'}", "7:13: PC110 unknown variable 'totl'"),
        (
            "{user: a, extract: {x: /a}, expect: {json: {a: '{{ x }}'}}}",
            ("7:53: PC110 the variable 'x' is not known here: turn 2 gives it"),
        ),
        (
            "{user: '{{ error.knd }}'}",
            "7:13: PC110 unknown variable 'error.knd': 'error' has kind, message, status, body",
        ),
        ("{user: '{{ error.kind.x }}'}", "7:13: PC110 unknown variable 'error.kind.x': 'error' has *"),
        (
            "{user: a, expect: {check: '{{ total }}'}}",
            ("7:32: PC102 '{{ total }}' comes from an answer, and this is a word of the language, *"),
        ),
        ("{user: a, expect: {json: {$check: '{{ total }}'}}}", "7:40: PC102 *a word of the language*"),
        (
            "{user: a, expect: {json: {$schema: {type: '{{ total }}'}}}}",
            "7:48: PC102 *a JSON Schema, in which an answer *",
        ),
        ("{user: a, expect: '{{ total }}'}", "7:24: PC102 *an expectation, which an answer cannot give as a whole"),
        ("{user: a, expect: {tool_calls: ['{{ total }}']}}", "7:38: PC102 *an expected call, whose name an answer *"),
        ("{user: a, expect: {never: ['{{ total }}']}}", "7:33: PC102 *a word of the language*"),
        ("{messages: '{{ total }}'}", "7:17: PC102 *the messages of a turn, which an answer cannot give as a whole"),
        ("{messages: [{role: '{{ total }}', content: a}]}", "7:24: PC102 'role' must be one of *"),
        ("{user: a, on_error: '{{ total }}'}", "7:25: PC102 'on_error' must be 'fail' or 'continue', not *"),
        ("{user: a, fault: {status: '{{ total }}'}}", "7:32: PC102 *a word of the language*"),
        (
            "{messages: [{role: user, content: [{type: image_url, image_url: {url: '{{ total }}'}}]}]}",
            ("7:76: PC102 '{{ total }}' comes from an answer, which cannot say what is read or sent as a file"),
        ),
        (
            "{messages: [{role: user, content: [{type: file, file: {file_data: 'a.{{ total }}'}}]}]}",
            ("7:74: PC102 *which cannot say what is read or sent as a file"),
        ),
        ("{user: a, messages: [{role: user, content: b}]}", "7:6: PC102 'user' and 'messages' stand in turn 2"),
        ("{expect: {text: a}}", "7:5: PC105 turn 2 has no 'user'"),
        ("{user: a, expect: {}}", "7:15: PC105 turn 2 has an empty 'expect'"),
        (
            "{user: a, extract: {env: /a}}",
            "7:25: PC102 'env' cannot be extracted: templates read the environment by that name",
        ),
        ("{user: a, extract: {error: /a}}", "7:25: PC102 'error' cannot be extracted: *"),
        ("{user: a, extract: {x: a/b}}", "7:28: PC102 'x' must be a JSON pointer such as /order/total, *"),
        ("{user: a, extract: {x: /a~2}}", "7:28: PC102 'x' must be a JSON pointer *"),
        ("{user: a, extract: {1x: /a}}", "7:25: PC102 '1x' is no name for a variable"),
        ("{user: a, expct: {text: a}}", "7:15: PC101 unknown key 'expct' in item 2 of 'turns'"),
        ("{user: a, tools: [f]}", "7:15: PC102 'tools' does not belong in item 2 of 'turns'"),
        ("{user: a, request: {seed: x}}", "7:31: PC102 'seed' must be an integer, not the text \"x\""),
    ],
)
def test_a_mistake_in_a_turn_is_named_at_its_place(tmp_path: Path, second: str, said: str) -> None:
    (found,) = mistakes(load_text(tmp_path, text_of(second)))

    assert fnmatchcase(str(found).replace("[", "("), f"cases.yaml:{said}".replace("[", "(")), str(found)


def test_what_a_misspelt_name_of_an_answer_may_mean_is_said(tmp_path: Path) -> None:
    (found,) = mistakes(load_text(tmp_path, text_of("{user: '{{ error.knd }}'}")))

    assert found.help == "did you mean 'kind'?"


@pytest.mark.parametrize("where", ["system: '{{ total }}'", "expect: {text: '{{ total }}'}"])
def test_outside_of_later_turns_nothing_of_an_answer_is_known(tmp_path: Path, where: str) -> None:
    (found,) = mistakes(load_text(tmp_path, text_of("{user: '{{ total }}'}", case=f"  {where}\n")))

    assert (found.code, found.message) == ("PC110", "the variable 'total' is not known here: turn 1 gives it")


def test_the_first_turn_comes_after_no_error(tmp_path: Path) -> None:
    text = HEAD + "cases: [{name: a, turns: [{user: '{{ error.kind }}', expect: {text: a}}]}]\n"

    (found,) = mistakes(load_text(tmp_path, text))

    assert found.message == "the variable 'error' is not known here: the first turn comes after no other"


@pytest.mark.parametrize(("case", "variables"), [("  rows: [{total: 1}]\n", ""), ("", "variables: {total: 1}\n")])
def test_a_variable_has_one_source(tmp_path: Path, case: str, variables: str) -> None:
    found = mistakes(load_text(tmp_path, text_of("{user: '{{ total }}'}", case=case, variables=variables)))

    assert [(one.code, one.message) for one in found] == [
        ("PC103", "the variable 'total' is a variable of the file or a column of the row already")
    ]


def test_a_column_cannot_hide_the_error_of_the_turn_before(tmp_path: Path) -> None:
    found = mistakes(load_text(tmp_path, text_of("{user: '{{ error }}'}", case="  rows: [{error: 1}]\n")))

    assert [one.code for one in found] == ["PC103"]


def test_a_variable_that_no_later_turn_names_is_a_warning(tmp_path: Path) -> None:
    loaded = load(tmp_path, text_of("{user: '{{ total }}'}"))

    assert [(one.code, one.message) for one in loaded.warnings] == [
        ("PC115", "the variable 'said' is never used: no later turn names it")
    ]


def test_a_case_and_turns_that_expect_nothing_are_refused(tmp_path: Path) -> None:
    (found,) = mistakes(load_text(tmp_path, HEAD + "cases: [{name: a, turns: [{user: b}]}]\n"))

    assert (found.code, found.message) == ("PC105", "case 'a' has no 'expect'")


def test_without_templates_turns_are_as_written(tmp_path: Path) -> None:
    case = talk(tmp_path, "{user: '{{ total }}'}", case="  templates: false\n")

    assert case.turns[1].fill({"total": 5}).messages[0].content == "{{ total }}"
    assert case.turns[1].needs == frozenset()
