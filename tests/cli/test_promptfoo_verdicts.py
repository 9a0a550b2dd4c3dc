"""An assertion of promptfoo and what it becomes here pass on the same answers.

What promptfoo says was read off its sources (`src/assertions`, 2026): the last column is its verdict.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from prompt_contracts.cases.foreign_yaml import read_foreign_yaml
from tests.cli.replies import Folder, body, line

SOUP = {"dish": "soup", "count": 2}
SCHEMA = "{type: object, required: [count], properties: {count: {type: integer}}}"

VERDICTS = [
    # assertion, answers that pass, answers that do not
    ("{type: equals, value: Paris}", ["Paris"], ["paris", "Paris.", " Paris", ""]),
    ("{type: equals, value: 4}", ["4"], ["4.0", "5"]),
    ("{type: equals, value: true}", ["true"], ["True", "yes"]),
    ("{type: equals, value: no}", ["no"], ["false", "No"]),
    ("{type: equals, value: {dish: soup, count: 2}}", [json.dumps(SOUP), '{"count":2.0,"dish":"soup"}'], ["{}", "x"]),
    ("{type: equals, value: {$ref: x}}", ['{"$ref": "x"}'], ['{"$ref": "y"}', "{}"]),
    ("{type: equals, value: [1, {$any_of: []}]}", ['[1, {"$any_of": []}]'], ["[1]"]),
    ("{type: not-equals, value: Paris}", ["paris", ""], ["Paris"]),
    ("{type: not-equals, value: {a: 1}}", ["no JSON", '{"a": 2}', "[]"], ['{"a": 1}']),
    ("{type: contains, value: 'a.b'}", ["xa.bx"], ["aXb", "A.B", ""]),
    ("{type: contains, value: 0}", ["10"], ["1"]),
    ("{type: icontains, value: 'A.b (c)'}", ["xa.B (C)x"], ["aXb (c)", ""]),
    ("{type: not-icontains, value: sorry}", ["fine"], ["Sorry"]),
    ("{type: contains-all, value: [a, b]}", ["ba"], ["a", ""]),
    ("{type: contains-all, value: 'a, \"b, c\"'}", ["b, c and a"], ["a b c"]),
    ("{type: contains-any, value: [a, b]}", ["b"], ["c"]),
    ("{type: not-contains-any, value: [a, b]}", ["c"], ["b"]),
    ("{type: not-contains-all, value: [a, b]}", ["a"], ["ab"]),
    ("{type: icontains-all, value: [A, B]}", ["ab"], ["a"]),
    ("{type: icontains-any, value: [A, B]}", ["b"], ["c"]),
    ("{type: starts-with, value: 'Yes.'}", ["Yes. No"], ["yes.", " Yes.", "Yesx", "a\nYes."]),
    ("{type: not-starts-with, value: 'Yes'}", ["No"], ["Yes"]),
    ("{type: regex, value: '^\\d{2}$'}", ["12"], ["١٢", "12\n", "123"]),
    ("{type: regex, value: '(?<y>a)\\k<y>'}", ["aa"], ["a"]),
    ("{type: regex, value: 'a{b}[^]'}", ["a{b}\n"], ["a{b}"]),
    ("{type: not-regex, value: 'x+'}", ["y"], ["xx"]),
    ("{type: is-json}", ["1", '{"a": 1}', "[]"], ["a", "", "```json\n{}\n```"]),
    ("{type: not-is-json}", ["a"], ["1"]),
    (f"{{type: is-json, value: {SCHEMA}}}", ['{"count": 1}'], ['{"count": "1"}', "{}", "x"]),
    (f"{{type: not-is-json, value: {SCHEMA}}}", ['{"count": "1"}', "x"], ['{"count": 1}']),
    ("{type: is-json, value: 'type: object'}", ["{}"], ["[]"]),
    ("{type: is-json, value: {items: [{type: string}, {type: number}]}}", ['["a", 1]'], ['["a", "b"]']),
    (f"{{type: contains-json, value: {SCHEMA}}}", ['So: {"count": 1}.', '```json\n{"count": 1}\n```'], ["none", "{}"]),
    ("{type: word-count, value: 2}", ["one two"], ["one", "a b c"]),
    ("{type: word-count, value: {min: 2, max: 3}}", ["a b", " a b c "], ["a", "a b c d"]),
    ("{type: not-word-count, value: {max: 1}}", ["a b"], ["a"]),
    ("{type: finish-reason, value: STOP}", ["a"], []),
    ("{type: finish-reason, value: length}", [], ["a"]),
    ("[{type: contains, value: a}, {type: contains, value: b}]", ["ab"], ["a", "b"]),
    (
        "{type: assert-set, threshold: 0.5, assert: [{type: contains, value: a}, {type: contains, value: b}]}",
        ["a"],
        [""],
    ),
    ("{type: assert-set, assert: [{type: contains, value: a}, {type: contains, value: b}]}", ["ab"], ["a"]),
    ("[{type: equals, value: x}, {type: contains, value: '}}', weight: 0}]", ["x"], ["y}}"]),
    ("{type: contains, value: '{% raw %}{{ a }}{% endraw %}'}", ["x {{ a }} y"], ["a"]),
    ("{type: contains, value: '{{ city | upper }}'}", ["BERN!"], ["Bern"]),
    ("{type: contains, value: '{{ nobody }}x'}", ["x"], ["y"]),
    ("{type: icontains, value: '{{ odd }}'}", ["A+B (C"], ["aab (c"]),
    ("{type: regex, value: '{{ city }}$'}", ["in Bern"], ["Bern."]),
    ("{type: starts-with, value: '{{ braces }}'}", ["{{ x }} y"], ["x"]),
]

B_AND_C = "[{type: contains, value: b}, {type: contains, value: c}]"
SCORED = [
    # threshold, assertions, passing, failing
    (0.5, "[{type: contains, value: a, weight: 2}, {type: contains, value: b}]", ["a", "ab"], ["b", ""]),
    (0.6, "[{type: contains, value: a}, {type: contains, value: b}, {type: contains, value: c}]", ["ab", "bc"], ["a"]),
    (1, "[{type: contains, value: a}, {type: contains, value: b, weight: 0}]", ["a"], ["b"]),
    (
        0.75,
        f"[{{type: contains, value: a}}, {{type: assert-set, threshold: 0.1, assert: {B_AND_C}}}]",
        ["ab", "ac", "abc"],
        ["a", "bc"],
    ),
]

CALLS = [
    ("{type: is-json}", [[("walk", {"to": "x"})]], [[]]),
    ("{type: not-is-json}", [[]], [[("walk", {"to": "x"})]]),
    ("[{type: is-json}, {type: is-valid-openai-tools-call}]", [[("walk", {"to": "x"})]], [[], [("walk", {})]]),
    # assertion, sets of calls that pass, sets that do not
    ("{type: is-valid-openai-tools-call}", [[("walk", {"to": "x"})]], [[], [("walk", {"to": 1})], [("fly", {})]]),
    (
        "{type: tool-call-f1, value: [walk]}",
        [[("walk", {"to": "x"})], [("walk", {}), ("walk", {})]],
        [[], [("rest", {})]],
    ),
    ("{type: tool-call-f1, value: 'walk, rest', threshold: 0.6}", [[("walk", {})], [("walk", {}), ("rest", {})]], [[]]),
    ("{type: not-tool-call-f1, value: walk}", [[], [("rest", {})]], [[("walk", {})]]),
]

TOOLS = """
      tools:
        - name: walk
          parameters: {type: object, properties: {to: {type: string}}, required: [to]}
        - {type: function, function: {name: rest}}
"""


def verdicts(folder: Folder, test: dict[str, Any], replies: list[dict[str, Any]], *, tools: str = "") -> list[str]:
    """Import a configuration of one test, and judge the replies by what came of it."""
    variables = {"city": "Bern", "odd": "a+b (c", "braces": "{{ x }}"} if "{{" in json.dumps(test) else {}
    config = f"prompts: [Say it.]\nproviders:\n  - id: openai:gpt-4.1-mini\n    config: {{}}\n{tools}"
    if tools:
        config = config.replace("    config: {}\n\n", "    config:\n")
    folder.write("their/config.yaml", config + "tests: " + json.dumps([{"vars": variables, **test}]) + "\n")
    code, _, said = folder.run("import", "promptfoo", "their/config.yaml")
    assert code == 0, said
    written = (folder.path / "cases/config.yaml").read_text("utf-8")
    code, out, said = folder.run("check", "cases", "--format", "json")
    assert json.loads(out) == [], written
    _, batch, _ = folder.run("batch", "cases", "--model", "openai:gpt-4.1-mini")
    [request] = [json.loads(one) for one in batch.splitlines()]
    lines = [
        line(f"{request['custom_id']}#{number}", response={"status_code": 200, "body": each})
        for number, each in enumerate(replies, start=1)
    ]
    return folder.judge(*lines).verdicts


def listed(assertions: str) -> list[Any]:
    found: Any = read_foreign_yaml(assertions)
    return found if isinstance(found, list) else [found]


@pytest.mark.parametrize(("assertion", "passing", "failing"), VERDICTS, ids=[row[0] for row in VERDICTS])
def test_an_assertion_passes_on_the_same_answers(
    folder: Folder, assertion: str, passing: list[str], failing: list[str]
) -> None:
    replies = [body(text) for text in (*passing, *failing)]

    found = verdicts(folder, {"assert": listed(assertion)}, replies)

    assert found == ["passed"] * len(passing) + ["failed"] * len(failing)


@pytest.mark.parametrize(("threshold", "assertions", "passing", "failing"), SCORED)
def test_a_threshold_passes_on_the_same_answers(
    folder: Folder, threshold: float, assertions: str, passing: list[str], failing: list[str]
) -> None:
    replies = [body(text) for text in (*passing, *failing)]

    found = verdicts(folder, {"threshold": threshold, "assert": listed(assertions)}, replies)

    assert found == ["passed"] * len(passing) + ["failed"] * len(failing)


@pytest.mark.parametrize(("assertion", "passing", "failing"), CALLS, ids=[row[0] for row in CALLS])
def test_calls_of_tools_pass_alike(folder: Folder, assertion: str, passing: list[Any], failing: list[Any]) -> None:
    replies = [body(None if calls else "hello", calls=tuple(calls)) for calls in (*passing, *failing)]

    found = verdicts(folder, {"assert": listed(assertion)}, replies, tools=TOOLS)

    assert found == ["passed"] * len(passing) + ["failed"] * len(failing)


def test_a_written_case_is_plain_yaml_for_every_other_reader_too(folder: Folder) -> None:
    verdicts(folder, {"assert": listed("{type: equals, value: off}")}, [body("off")])

    [case] = yaml.safe_load((folder.path / Path("cases/config.yaml")).read_text("utf-8"))["cases"]

    assert case["expect"] == {"text": "off"}
