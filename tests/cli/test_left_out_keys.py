"""`prompt-contracts import`: every key that nothing is made of is told, with its place, and each kind once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.replies import Folder
from tests.cli.test_import_openai_logs import HELLO
from tests.cli.test_import_openai_logs import imported as imported_log
from tests.cli.test_import_promptfoo import small

HEAD = "prompts: [Say it.]\nproviders: [openai:gpt-4.1-mini]\n"
IS_JSON = "assert: [{type: is-json}]"
FINE = f"tests: [{{{IS_JSON}}}]"

DROPPED = [
    # configuration, what is said of it
    (f"{HEAD}tests: [{{{IS_JSON}, varz: {{a: b}}}}]", "test 1: varz: it is not known here; did you mean 'vars'?"),
    (f"{HEAD}tests: [{{{IS_JSON}, provider: openai:gpt-4o}}]", "test 1: provider: a test names no model of its own"),
    (f"{HEAD}tests: [{{{IS_JSON}, providerOutput: yes}}]", "test 1: providerOutput: an answer that is written down"),
    (f"{HEAD}tests: [{{assert: file://asserts.yaml}}]", "test 1: assert: it is no list"),
    (f"{HEAD}tests: [{{{IS_JSON}, options: [a]}}]", "test 1: options: it is no mapping"),
    (f"{HEAD}tests: [{{{IS_JSON}, options: {{prefix: 5}}}}]", "test 1: option prefix: it is no text"),
    (f"{HEAD}tests: [{{{IS_JSON}, options: {{sufix: x}}}}]", "test 1: option sufix: it is no parameter"),
    (f"{HEAD}tests: [{{{IS_JSON}, prompts: Say it.}}]", "test 1: prompts: it is no list"),
    (f"{HEAD}tests: [{{{IS_JSON}, threshold: half}}]", 'its threshold "half" is no number'),
    (f"{HEAD}tests: [{{{IS_JSON}, vars: 5}}]", "test 1: its vars hold 5, which names no variables"),
    (f"{HEAD}tests: [{{{IS_JSON}, providers: [other]}}]", "test 1: none of the providers and prompts that it names"),
    (f"{HEAD}tests: {{path: file://rows.yaml, config: {{a: 1}}}}", 'tests "file://rows.yaml": config: it is not known'),
    (f"{HEAD}tests: file://rows.csv", "test 1: __colour: it is not known here"),
    (f"{HEAD}tests: file://rows.csv", "test 1: __beyond the last column: it is not known here"),
    (
        f"{HEAD}tests: file://twins.csv",
        "tests file://twins.csv: __expected: it stands over several columns, of which the last is read",
    ),
    (f"{HEAD}defaultTest: {{threshhold: 1}}\n{FINE}", "defaultTest: threshhold: it is not known here; did you mean"),
    (f"{HEAD}defaultTest: [x]\n{FINE}", "defaultTest: it is no mapping"),
    (
        f"{HEAD}defaultTest: {{assert: [{{type: contains, value: x, loud: 1}}]}}\n{FINE}",
        "defaultTest: contains: loud: it is not known here",
    ),
    (f"{HEAD}scenarios: [5]\n{FINE}", "scenarios: 5 is no scenario"),
    (f"{HEAD}scenarios: [{{config: [{{}}], tests: [{{{IS_JSON}}}], colour: 1}}]", "scenarios: colour: it is not known"),
    (f"{HEAD}scenarios: [{{config: [{{}}], tests: [{{{IS_JSON}, varz: 1}}]}}]", "test 1: varz: it is not known"),
    (
        f"{HEAD}tests: [{{assert: [{{type: contains, value: x, ignoreCase: true}}]}}]",
        "test 1: contains: ignoreCase: it is not known here",
    ),
    (
        f"{HEAD}tests: [{{assert: [{{type: contains, value: x, config: {{}}}}]}}]",
        "contains: config: an assertion has no",
    ),
    (f"{HEAD}tests: [{{assert: [{{type: contains, value: x, weight: '2'}}]}}]", 'its weight "2" is no number'),
    (f"{HEAD}tests: [{{assert: [{{type: latency, threshold: '2'}}]}}]", 'its threshold "2" is no number'),
    (
        f"{HEAD}tests: [{{assert: [{{type: assert-set, assert: [{{type: is-json}}], treshold: 1}}]}}]",
        "assert-set: treshold: it is not known here; did you mean 'threshold'?",
    ),
    (
        f"{HEAD}tests: [{{assert: [{{type: assert-set, assert: [{{type: is-json, a: 1}}]}}]}}]",
        "test 1: is-json: a: it is not known here",
    ),
    (f"{HEAD}tests: [{{assert: [{{type: assert-set, assert: x}}]}}]", "an assert-set without a list of assertions"),
    (f"{HEAD}tests: [{{assert: [{{type: word-count, value: {{min: '2', max: 5}}}}]}}]", "a number, or min and max"),
    (
        f"prompts: [{{raw: Say it., lable: x}}]\nproviders: [openai:gpt-4o]\n{FINE}",
        "prompt \"Say it.\": lable: it is not known here; did you mean 'label'?",
    ),
    (f"prompts: [{{raw: Say it., config: [x]}}]\nproviders: [openai:gpt-4o]\n{FINE}", "config: it is no mapping"),
    (f"prompts: [file://prompts.csv]\nproviders: [openai:gpt-4o]\n{FINE}", "prompts.csv: columns after the second"),
    (
        f"prompts: [Say it.]\nproviders: [{{id: openai:gpt-4o, temperature: 1}}]\n{FINE}",
        "provider openai:gpt-4o: temperature: it stands beside config, and is read in it alone",
    ),
    (
        f"prompts: [Say it.]\nproviders: [{{openai:gpt-4o: {{label: mine, colour: 1}}}}]\n{FINE}",
        "provider mine: colour: it is not known here",
    ),
    (f"prompts: [Say it.]\nproviders: [openai:gpt-4o: yes]\n{FINE}", "provider openai:gpt-4o: its options are no"),
    (f"prompts: [Say it.]\nproviders: [{{id: openai:gpt-4o, config: x}}]\n{FINE}", "config: it is no mapping"),
    (f"prompts: [Say it.]\nproviders: [{{id: openai:gpt-4o, prompts: x}}]\n{FINE}", "prompts: it is no list"),
    (
        f"prompts: [Say it.]\nproviders: [openai:gpt-4.1, {{id: openai:gpt-4o, prompts: [other]}}]\n{FINE}",
        "provider openai:gpt-4o: none of the prompts that it names is carried over",
    ),
    (
        f"prompts: [Say it.]\nproviders: [{{id: openai:gpt-4o, config: {{tools: [{{name: a, colour: 1}}]}}}}]\n{FINE}",
        "provider openai:gpt-4o: tools: colour: it is not known here",
    ),
    (f"{HEAD}targets: [openai:gpt-4o]\n{FINE}", "targets: providers stand beside them"),
    (f"{HEAD}evaluateOptions: {{repeats: 2}}\n{FINE}", "evaluateOptions.repeats: it is not known here; did you mean"),
    (f"{HEAD}evaluateOptions: {{repeat: many}}\n{FINE}", "evaluateOptions.repeat: it is no number of trials"),
    (f"{HEAD}evaluateOptions: [x]\n{FINE}", "evaluateOptions: it is no mapping"),
    (f"{HEAD}commandLineOptions: {{promptPrefix: Please}}\n{FINE}", "commandLineOptions.promptPrefix: write it in"),
    (
        f"{HEAD}commandLineOptions: {{filterPattern: a, filterSample: 5}}\n{FINE}",
        "commandLineOptions.filterPattern, filterSample: all tests are carried over",
    ),
]


@pytest.mark.parametrize(("config", "said_of_it"), DROPPED, ids=[row[1][:60] for row in DROPPED])
def test_what_nothing_is_made_of_is_told_with_its_place(folder: Folder, config: str, said_of_it: str) -> None:
    folder.write("their/rows.yaml", f"[{{{IS_JSON}}}]\n")
    folder.write("their/rows.csv", "a,__colour,__expected\nx,red,is-json,beyond\n")
    folder.write("their/twins.csv", "a,__expected,b,__expected,b,,\nx,contains:a,same,is-json,same,,\n\ny,,,is-json\n")
    folder.write("their/prompts.csv", "prompt,label,note\nSay it.,one,two\n")

    code, text, said = small(folder, config)

    assert code == 1
    assert [line for line in said.splitlines() if said_of_it in line and line.startswith("not carried over: ")], said
    if text:
        assert "not carried over" in text
        assert folder.run("check", "cases")[0] == 0


def test_columns_of_one_name_that_hold_the_same_are_not_told(folder: Folder) -> None:
    folder.write("their/rows.csv", "a,__expected,a,__expected,,\nx,is-json,x,is-json,,\n\ny,,y,is-json\n")

    code, _, said = small(folder, f"{HEAD}tests: file://rows.csv")

    assert code == 0, said
    assert "several columns" not in said


HARMLESS = [
    (f"{HEAD}tests: [{{{IS_JSON}, metadata: {{a: b}}}}]", "differs: test 1: metadata: it names results"),
    (f"{HEAD}tests: [{{assert: [{{type: is-json, metric: shape}}]}}]", "differs: test 1: is-json: metric: it names"),
    (f"{HEAD}tests: [{{assert: [{{type: is-json, threshold: 1}}]}}]", "is-json: threshold: this type reads none"),
    (f"{HEAD}tests: [{{{IS_JSON}, options: {{rubricPrompt: x}}}}]", "option rubricPrompt: it is for assertions that"),
    (f"{HEAD}outputPath: a.json\nsharing: true\n{FINE}", "differs: outputPath: where results go is said by a run"),
    (f"{HEAD}commandLineOptions: {{table: true, verbose: true}}\n{FINE}", "commandLineOptions.table, verbose: what"),
]


@pytest.mark.parametrize(("config", "said_of_it"), HARMLESS, ids=[row[1][:60] for row in HARMLESS])
def test_what_no_verdict_rests_on_is_told_and_is_no_loss(folder: Folder, config: str, said_of_it: str) -> None:
    code, text, said = small(folder, config)

    assert (code, "not carried over: " in said) == (0, False), said
    assert said_of_it in said
    assert "# differs: " in text


def test_each_kind_is_told_once_and_stands_at_every_case(folder: Folder) -> None:
    tests = [
        {
            "description": f"Case {number}",
            "colour": number,
            "metadata": {"n": number},
            "assert": [{"type": "contains", "value": str(number), "loud": True}] * 2,
        }
        for number in range(40)
    ]

    code, text, said = small(folder, json.dumps({"prompts": ["Hi"], "providers": ["openai:gpt-4o"], "tests": tests}))

    assert code == 1
    assert said.splitlines()[1:] == [
        "not carried over: test 1 (Case 0) and 39 more: colour: it is not known here",
        "not carried over: test 1 (Case 0) and 39 more: contains: loud: it is not known here",
        (
            "differs: test 1 (Case 0) and 39 more: metadata: it names results for filters and pages, and no verdict "
            "rests on it"
        ),
        "2 parts not carried over; prompt-contracts check tells whether the rest is sound",
    ]
    assert text.count("# not carried over: colour: it is not known here") == 40
    assert text.count("metadata") == 1


LOST = [
    (
        {"messages": [{"role": "user", "content": "Hi", "cache_control": {"type": "ephemeral"}}]},
        "messages.cache_control",
    ),
    ({"messages": HELLO["messages"], "input": "Hi"}, "input"),
    ({"messages": HELLO["messages"], "tools": [{"name": "walk", "examples": [1]}]}, "tools.examples"),
    (
        {"messages": HELLO["messages"], "tools": [{"type": "function", "function": {"name": "walk"}, "cached": True}]},
        "tools.cached",
    ),
    ({"input": [{"role": "user", "content": "Hi", "phase": "first"}]}, "input.phase"),
    ({"input": [{"type": "reasoning", "id": "r"}, {"role": "user", "content": "Hi"}]}, "input: an item of the type"),
    ({"input": [{"role": "user", "content": [{"type": "input_text", "text": "Hi", "rank": 1}]}]}, "input.content.rank"),
    ({"item": {"input": HELLO["messages"], "wanted": "Hello"}, "sample": {}}, "item.wanted"),
]


def test_a_key_of_several_providers_and_prompts_is_told_once(folder: Folder) -> None:
    config = {
        "prompts": [{"raw": f"Hi {name}", "config": {"colour": 1}} for name in "abc"],
        "providers": [{"id": "openai:gpt-4o", "label": name, "config": {"colour": 1, "cost": 2}} for name in "abcd"],
        "tests": [{"assert": [{"type": "is-json"}]}],
    }

    code, _, said = small(folder, json.dumps(config))

    assert code == 1
    assert [line for line in said.splitlines() if "provider a" in line or "prompt " in line] == [
        "not carried over: provider a and 3 more: colour: it is no parameter of a request here",
        'not carried over: prompt "Hi a" and 2 more: colour: it is no parameter of a request here',
        'differs: provider a and 3 more: cost: declare it: [tool.prompt_contracts.prices."provider:model"]',
    ]


@pytest.mark.parametrize(("line", "key"), LOST, ids=[row[1] for row in LOST])
def test_what_a_case_cannot_ask_of_a_logged_request_is_told_once(
    folder: Folder, line: dict[str, Any], key: str
) -> None:
    code, file, said = imported_log(folder, HELLO, "", {"model": "m", **line}, {"model": "n", **line})

    text = (folder.path / "cases/log.yaml").read_text("utf-8")
    assert (code, said.count("not in it: ")) == (1, 1), said
    assert f"not in it: line 3 and 1 more: {key}" in said
    assert f"# not in it: {key}" in text
    assert len(file["cases"]) >= 1
    assert folder.run("check", "cases", "--strict")[0] == 0


ANSWERED = [
    {"choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}}], "usage": {}, "id": "x"},
    {"response": {"choices": [{"message": {"content": "Hello"}}]}},
    {"output": "Hello"},
]


@pytest.mark.parametrize("answer", ANSWERED)
def test_an_answer_that_stands_beside_its_request_is_not_sent(folder: Folder, answer: dict[str, Any]) -> None:
    code, file, said = imported_log(folder, {**HELLO, **answer, "theirs": 1})

    assert code == 0, said
    assert file["cases"][0]["request"] == {"extra_body": {"theirs": 1}}
    assert "answered: Hello" in (folder.path / "cases/log.yaml").read_text("utf-8")


def test_halves_of_surrogate_pairs_are_told_with_their_lines(folder: Folder) -> None:
    half = "\ud800"
    lines = [
        {**HELLO, "messages": [{"role": "user", "content": f"Hi {half}"}]},
        {**HELLO, "messages": [{"role": f"user{half}", "content": "Hi"}]},
        {**HELLO, f"a{half}": half},
        {**HELLO, "temperature": half},
        {**HELLO, "model": half},
        {**HELLO, "metadata": {"a": "\N{GRINNING FACE}"}},
        "{nonsense",
    ]

    code, file, said = imported_log(folder, HELLO, "", *lines)

    told = [line.removeprefix("not in it: ") for line in said.splitlines()[1:]]
    assert (code, len(file["cases"])) == (1, 4)
    assert told[0].startswith("line 3 and 1 more: halves of surrogate pairs")
    assert told[1:4] == [
        "line 4: it holds half of a surrogate pair: no character can be made of it",
        "line 6: it holds half of a surrogate pair: no character can be made of it",
        r'line 7: "\ud800" is no name of a model',
    ]
    assert told[4].startswith("line 9: it is no JSON: ")
    assert "(column 2)" in told[4]
    assert folder.run("check", "cases", "--strict")[0] == 0


def test_a_kind_of_loss_is_shown_however_many_lines_are_no_requests(folder: Folder) -> None:
    lost = {**HELLO, "messages": [{"role": "user", "content": "Hi", "cache_control": {"type": "ephemeral"}}]}

    _, _, said = imported_log(folder, *["no json"] * 40, lost)

    assert "not in it: line 41: messages.cache_control" in said
    assert "and 21 more lines" in said


def test_only_a_line_feed_ends_a_line_of_json_lines(folder: Folder) -> None:
    row = json.dumps({"vars": {"a": "one\u2028two\x85three"}, "assert": [{"type": "is-json"}]}, ensure_ascii=False)
    folder.write("their/rows.jsonl", f"{row}\n\n{row}\n")

    code, text, said = small(folder, "prompts: ['{{a}}']\nproviders: [openai:gpt-4o]\ntests: file://rows.jsonl\n")

    assert code == 0, said
    assert text.count("three") == 2
