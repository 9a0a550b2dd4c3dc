"""An empty value never empties a pattern: of an answer it stops the conversation, of a row it is a mistake at load."""

from __future__ import annotations

from pathlib import Path

import pytest

from prompt_contracts.cases.template_text import IGNORED_LOOSELY
from prompt_contracts.json_value import Json
from prompt_contracts.patterns.loose_text import loosened
from prompt_contracts.turn import UnfillableError
from tests.cases.case_files import load_text, mistakes
from tests.cases.conversations import expected, filled

HEAD = "version: 1\nmodels: [a:b]\n"

EMPTIED = [
    ("$contains: '{{ total }}'", ""),
    ("$contains: '{{ total }}'", " \n"),
    ("$contains: '{{ total }}{{ total }}'", ""),
    ("$regex: '{{ total }}'", ""),
    ("$regex: '(?i){{ total }}'", ""),
    ("$regex: '\\b{{ total }}\\b'", ""),
    ("$regex: '^{{ total }}'", ""),
    ("$regex: '.*{{ total }}.*'", ""),
    ("$loosely: '{{ total }}'", ""),
    ("$loosely: '{{ total }}'", " - "),
    ("$loosely: '{{ total }}-{{ total }}'", "./_"),
    ("$count: {of: '{{ total }}', is: 0}", ""),
]
SOUND = [
    ("$contains: 'a{{ total }}'", ""),
    ("$contains: '{{ total }}'", "a"),
    ("$regex: '^{{ total }}$'", ""),
    ("$regex: 'total: {{ total }}'", ""),
    ("$regex: '^(?=.*{{ total }})'", "x"),
    ("$loosely: 'a {{ total }}'", ""),
    ("$eq: '{{ total }}'", ""),
    ("$any_of: ['{{ total }}', x]", ""),
]
WRAPPED = [
    "text: {%s}",
    "text: {$not: {%s}}",
    "text: {$any_of: [a, {%s}]}",
    "text: {$all_of: [{%s}]}",
    "json: {a: {%s}}",
    "json: [{$optional: {a: {%s}}}]",
    "json: {$at: {/a: {%s}}}",
    "json: {$each: {%s}}",
    "json: {$contains: {%s}}",
    "not: {text: {%s}}",
    "any_of: [{text: {%s}}]",
    "tool_calls: [{f: {a: {%s}}}]",
    "error: {message: {%s}}",
    "requests: {$each: {model: {%s}}}",
]


@pytest.mark.parametrize("expect", WRAPPED)
@pytest.mark.parametrize(("operator", "value"), EMPTIED)
def test_an_empty_value_of_an_answer_leaves_no_pattern(tmp_path: Path, expect: str, operator: str, value: str) -> None:
    second = f"{{user: a, expect: {{{expect % operator}}}}}"

    with pytest.raises(UnfillableError) as raised:
        filled(tmp_path, second, {"total": value}, case="  tools: [{name: f}]\n")

    assert raised.value.is_empty
    assert "a text for 'total' that leaves '$" in raised.value.expected


@pytest.mark.parametrize(("operator", "value"), SOUND)
def test_an_empty_value_beside_something_else_is_a_value(tmp_path: Path, operator: str, value: str) -> None:
    filled(tmp_path, f"{{user: a, expect: {{text: {{{operator}}}}}}}", {"total": value})


@pytest.mark.parametrize("operator", ["$contains", "$regex", "$loosely"])
def test_no_error_leaves_no_pattern_either(tmp_path: Path, operator: str) -> None:
    with pytest.raises(UnfillableError):
        filled(tmp_path, f"{{user: a, expect: {{text: {{{operator}: '{{{{ error.kind }}}}'}}}}}}", {})


def test_an_empty_text_is_a_literal_like_any_other(tmp_path: Path) -> None:
    assert expected(filled(tmp_path, "{user: a, expect: {text: '{{ total }}'}}", {"total": ""})) == {"text": ""}


@pytest.mark.parametrize("value", [None, [], ["a"], {}, {"a": 1}])
@pytest.mark.parametrize("operator", ["$contains", "$regex", "$loosely"])
def test_what_is_no_text_is_none_for_an_operator_on_text(tmp_path: Path, operator: str, value: Json) -> None:
    with pytest.raises(UnfillableError, match="expected a text or a number"):
        filled(tmp_path, f"{{user: a, expect: {{text: {{{operator}: '{{{{ total }}}}'}}}}}}", {"total": value})
    with pytest.raises(UnfillableError, match="expected a text or a number"):
        filled(tmp_path, f"{{user: a, expect: {{text: {{{operator}: 'is {{{{ total }}}}'}}}}}}", {"total": value})


def test_a_number_is_compared_loosely_as_its_text(tmp_path: Path) -> None:
    turn = filled(tmp_path, "{user: a, expect: {json: {a: {$loosely: '{{ total }}'}}}}", {"total": 5})

    assert expected(turn) == {"json": {"a": {"$loosely": "5"}}}


@pytest.mark.parametrize("expect", WRAPPED)
@pytest.mark.parametrize(("operator", "value"), EMPTIED)
@pytest.mark.parametrize("source", ["row", "variable"])
def test_an_empty_cell_or_variable_under_such_an_operator_is_an_error_at_load(
    tmp_path: Path, expect: str, operator: str, value: str, source: str
) -> None:
    written = value.replace("\n", "\\n")
    head = f'variables: {{total: "{written}"}}\n' if source == "variable" else ""
    rows = f'  rows: [{{total: b}}, {{total: "{written}"}}]\n' if source == "row" else ""
    text = (
        f"{HEAD}{head}cases:\n- name: a\n  user: hi\n{rows}  tools: [{{name: f}}]\n  expect: {{{expect % operator}}}\n"
    )

    (found,) = mistakes(load_text(tmp_path, text))

    place = "cases.yaml:6:30" if source == "row" else "cases.yaml:3:20"
    assert found.code == "PC120"
    assert found.message.startswith(f"'{{{{ total }}}}' is empty at {place}, and so '{operator.partition(':')[0]}' ")
    assert found.help == "give it a text there, or leave the row out"


@pytest.mark.parametrize(("operator", "value"), SOUND)
def test_an_empty_cell_beside_something_else_is_sound(tmp_path: Path, operator: str, value: str) -> None:
    text = f'{HEAD}cases:\n- name: a\n  user: hi\n  rows: [{{total: "{value}"}}]\n  expect: {{text: {{{operator}}}}}\n'

    assert mistakes(load_text(tmp_path, text)) == []


@pytest.mark.parametrize("turn", ["{user: b, expect: {text: {$contains: '{{ total }}'}}}"])
def test_an_empty_cell_in_a_turn_is_an_error_at_load(tmp_path: Path, turn: str) -> None:
    text = f"{HEAD}cases:\n- name: a\n  rows: [{{total: ''}}]\n  turns:\n  - {turn}\n"

    (found,) = mistakes(load_text(tmp_path, text))

    assert found.code == "PC120"


def test_the_characters_that_do_not_count_are_those_of_the_judge() -> None:
    every = map(chr, range(0x3000))

    assert sorted(IGNORED_LOOSELY) == sorted(letter for letter in every if not loosened(letter))
