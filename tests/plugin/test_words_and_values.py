"""`json: none` is a word where it is written, and a text where a variable, a row or an answer put it."""

from __future__ import annotations

import json

import pytest

from tests.plugin.project import Project, completion

CASES = """
version: 1
models: [house:small]
variables: {word: none, part: on}
cases:
  - name: asks
    user: "{{ word }} {{ part }}"
    expect: %s
"""
BY_AN_ANSWER = """
version: 1
models: [house:small]
cases:
  - name: asks
    turns:
      - {user: Which word, extract: {word: ""}, expect: {text: none}}
      - user: And now
        expect: %s
"""


@pytest.mark.parametrize(
    ("expect", "answer", "outcome"),
    [
        ("{json: none}", "prose", "passed"),
        ("{json: none}", '"none"', "failed"),
        ('{json: "{{ word }}"}', "prose", "failed"),
        ('{json: "{{ word }}"}', '"none"', "passed"),
        ('{json: "n{{ part }}e"}', '"none"', "passed"),
        ('{any_of: [{json: "{{ word }}"}, {finish_reason: length}]}', "prose", "failed"),
        ('{not: {json: "n{{ part }}e"}}', '"other"', "passed"),
        ("{not: {json: none}}", '"other"', "passed"),
        ("{json: {$eq: none}}", '"none"', "passed"),
    ],
)
def test_none_is_a_word_where_it_is_written(project: Project, expect: str, answer: str, outcome: str) -> None:
    project.write(weather=CASES % expect)
    project.answer_text(answer)

    project.run("--pc-live").assert_outcomes(**{outcome: 1})


@pytest.mark.parametrize(("second", "outcome"), [('"none"', "passed"), ("prose", "failed")])
def test_what_an_answer_gave_is_a_text(project: Project, second: str, outcome: str) -> None:
    project.write(weather=BY_AN_ANSWER % '{json: "{{ word }}"}')
    project.answer(lambda asked: completion(text="none" if len(json.loads(asked.body)["messages"]) == 1 else second))

    project.run("--pc-live").assert_outcomes(**{outcome: 1})
