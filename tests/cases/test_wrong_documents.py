"""What a person reads when a case file is wrong: one line for each mistake, at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases.case_files import load_text, mistakes

HEAD = "version: 1\nmodels: [a:b]\n"
GOOD = "cases:\n  - name: a\n    user: hi\n    expect: {text: a}\n"
CASE = HEAD + GOOD + "    "
"""A good case; what follows is line 7, from column 5 on."""

WRONG = [
    # the text
    (CASE + "tags: [a\n", ["7:12: PC100 not YAML: a ',' or ']' is missing here"]),
    (HEAD + "a: 'b\n" + GOOD, ["3:4: PC100 not YAML: a quotation mark is opened here and never closed"]),
    (HEAD + "a: b: c\n" + GOOD, ["3:5: PC100 not YAML: a ':' stands where no new key can start"]),
    (CASE + "xfail: x\n   skip: y\n", ["8:4: PC100 not YAML: this does not belong to what stands above it"]),
    (HEAD + GOOD + "\ttags: []\n", ["7:1: PC100 not YAML: a tab stands where YAML wants spaces"]),
    (CASE + "skip: `x`\n", ["7:11: PC100 not YAML: a text cannot start with '`' unless it is in quotes"]),
    (CASE + "skip: *x\n", ["7:11: PC100 the alias '*x' names no anchor above it"]),
    (HEAD + GOOD + "---\na: 1\n", ["7:1: PC100 a second document starts here: a file holds one"]),
    (HEAD + "a: \x07\n" + GOOD, ["3:4: PC100 the character U+0007 may not stand in YAML"]),
    (CASE + "skip: a\n    skip: b\n", ["8:5: PC106 repeated key 'skip', first given at line 7, column 5"]),
    (CASE + "skip: !!str a\n", ["7:11: PC107 the tag '!!str' is refused: a case file is plain data"]),
    (CASE + "stop_early: True\n", ["7:17: PC108 'True' is neither text nor JSON's true"]),
    (CASE + "skip: ~\n", ["7:11: PC108 '~' is neither text nor JSON's null"]),
    (CASE + "timeout: 1e400\n", ["7:14: PC108 the number 1e400 is beyond what a double can hold"]),
    # the file
    ("cases: []\n", ["1:1: PC109 'cases' without 'version': a case file needs both"]),
    ("# yaml-language-server: $schema=cases.schema.json\nversion: 1\n", [
        "2:1: PC109 'version' without 'cases': a case file needs both"
    ]),
    ("# yaml-language-server: $schema=cases.schema.json\na: 1\n", [
        "2:1: PC109 this is no case file: it has neither 'version' nor 'cases'"
    ]),
    (HEAD + "cases: []\n", ["3:1: PC109 the file has no cases"]),
    (HEAD + "cases:\n", ["3:1: PC109 the file has no cases"]),
    (HEAD + "cases: {a: 1}\n", ["3:8: PC102 'cases' must be a list of cases"]),
    ("version: 2\n" + GOOD, ["1:10: PC102 'version' must be 1, not the number 2"]),
    ("version: '1'\n" + GOOD, ["1:10: PC102 'version' must be 1, not the text \"1\""]),
    ("version: 1\nCases:\n" + GOOD.partition("\n")[2], [
        "2:1: PC109 'version' without 'cases': a case file needs both"
    ]),
    (HEAD + "varables: {}\n" + GOOD, ["3:1: PC101 unknown key 'varables' in the file"]),
    (HEAD + "variables: {a b: 1, env: 2}\n" + GOOD, [
        "3:13: PC102 'a b' is no name for a variable",
        "3:21: PC102 'env' cannot be a variable: templates read the environment by that name",
    ]),
    ("version: 1\nmodels: [gpt-5]\n" + GOOD, [
        '2:10: PC123 item 1 of \'models\' must be a model as provider:model, not the text "gpt-5"'
    ]),
    ("version: 1\nmodels: [a:b, a:b]\n" + GOOD, ["2:15: PC103 the model 'a:b' is listed twice"]),
    (HEAD + "tools: {f: {name: g}}\n" + GOOD, [
        "3:19: PC102 the tool 'f' of the library is named 'g' in its function"
    ]),
    (HEAD + "tools: {f: {name: f, paramters: {}}}\n" + GOOD, ["3:22: PC101 unknown key 'paramters' in the tool 'f'"]),
    # the case
    (CASE + "expcet: 1\n", ["7:5: PC101 unknown key 'expcet' in case 'a'"]),
    (CASE + "turns: []\n    history: {}\n", [
        "7:12: PC105 'turns' is empty, but must be a list of turns",
        "8:14: PC105 'history' has no 'messages'",
    ]),
    (CASE + "endpoint: other\n", [
        "7:15: PC102 'endpoint' must be 'auto', 'chat', 'responses' or 'assistants', not the text \"other\""
    ]),
    (CASE + "request: {stream: 1}\n", ["7:23: PC102 'stream' must be true or false, not the number 1"]),
    (CASE + "extract: {a: ''}\n", ["7:5: PC102 'extract' does not belong in case 'a'"]),
    (CASE + "request: {temprature: 0}\n", ["7:15: PC101 unknown parameter 'temprature' in 'request'"]),
    (CASE + "request: {model: x}\n", ["7:15: PC102 'model' does not belong in 'request'"]),
    (CASE + "request: {extra_body: {model: x, seed: 5, stream: true, extra_body: {}, top_k: 4}}\n", [
        "7:28: PC102 'model' does not belong in 'extra_body'",
        "7:38: PC102 'seed' does not belong in 'extra_body'",
        "7:47: PC102 'stream' does not belong in 'extra_body'",
        "7:61: PC102 'extra_body' does not belong in 'extra_body'",
    ]),
    (CASE + "request: {extra_body: '{{ x }}'}\n    rows: [{x: {seed: 5}}]\n", [
        "8:17: PC102 'seed' does not belong in 'extra_body'"
    ]),
    (CASE + "request: {seed: '5'}\n", ["7:21: PC102 'seed' must be an integer, not the text \"5\""]),
    (CASE + "request: {seed: '{{ x }}'}\n    rows: [{x: y}]\n", [
        "7:21: PC102 'seed' must be an integer, not the text \"y\""
    ]),
    (CASE + "system: {{ city }}\n    rows: [{city: x}]\n", [
        "7:13: PC102 YAML reads {{ city }} without quotes as a mapping"
    ]),
    (CASE + "system: 5\n", ["7:13: PC102 'system' must be text, not the number 5"]),
    (CASE + "model: '{{ m }}'\n", ["7:12: PC102 'model' must be a model as provider:model, not a template"]),
    (CASE + "model: 'a:b'\n    models: [a:c]\n", ["7:5: PC102 'model' and 'models' stand together"]),
    (CASE + "tags: [skip, a b]\n", [
        "7:12: PC102 item 1 of 'tags' must not be 'skip': that is a name that pytest and this plugin use themselves",
        "7:18: PC102 item 2 of 'tags' must be a tag (letters, digits and _), not the text \"a b\"",
    ]),
    (CASE + "skip: true\n", ["7:11: PC102 'skip' must be the reason as text, not true"]),
    (CASE + "xfail: ''\n", ["7:12: PC102 'xfail' must be the reason as text, and it is empty"]),
    (CASE + "system: !!str 17\n", ["7:13: PC107 the tag '!!str' is refused: a case file is plain data"]),
    (CASE + "system: !!int 17\n", ["7:13: PC107 the tag '!!int' is refused: a case file is plain data"]),
    (CASE + "model: !!str x\n", ["7:12: PC107 the tag '!!str' is refused: a case file is plain data"]),
    (CASE + "trials: 0\n", [
        "7:13: PC102 'trials' must be an integer from 1 to 10,000, the most trials of a cell, not the number 0"
    ]),
    (CASE + "trials: 1000000000\n", [
        "7:13: PC102 'trials' must be an integer from 1 to 10,000, the most trials of a cell, not the number 1000000000"
    ]),
    (CASE + "require: {rate: 2}\n", ["7:21: PC102 'rate' must be a number above 0 and up to 1, not the number 2"]),
    (CASE + "require: {confidence: 0.9}\n", ["7:15: PC102 'confidence' needs a 'rate'"]),
    (CASE + "require: {count: 1, rate: 0.5}\n", ["7:15: PC102 'require' has both 'count' and 'rate'"]),
    (CASE + "system: '{{ nope }}'\n", ["7:14: PC110 unknown variable 'nope'"]),
    (CASE + "system: {$file: nope.md}\n", ["7:21: PC112 there is no file 'nope.md'"]),
    (CASE + "rows: [{id: a, city: Oslo}, {id: b, ctiy: Lima}]\n    system: '{{ city }} {{ city }}'\n", [
        "7:33: PC113 row 2 has no column 'city', which row 1 has",
        "7:41: PC113 row 2 has a column 'ctiy' that row 1 does not have",
    ]),
    (CASE + "rows: [{id: a b, city: Oslo}]\n    system: '{{ town }}'\n", [
        '7:17: PC113 "a b" cannot be the id of a row',
        "8:14: PC110 unknown variable 'town'",
    ]),
    (CASE + "rows: [{id: a}, {id: A}]\n", ["7:26: PC113 row id 'A' is taken by the row at line 7"]),
    (HEAD + "cases:\n- user: x\n  expect: {text: a}\n", ["4:3: PC105 the case at line 4 has no 'name'"]),
    (HEAD + "cases:\n- {name: a b, user: x, expect: {text: a}}\n", [
        "4:10: PC102 'name' must be a name (letters, digits, _, . and -), not the text \"a b\""
    ]),
    (HEAD + "cases:\n- {name: '{{ a }}', user: x, expect: {text: a}}\n", [
        "4:10: PC102 'name' must be a name (letters, digits, _, . and -), not a template"
    ]),
    (HEAD + "cases:\n- {name: a, user: x}\n", ["4:4: PC105 case 'a' has no 'expect'"]),
    (HEAD + "cases:\n- name: a\n  user: x\n  expect:\n", ["6:3: PC105 case 'a' has an empty 'expect'"]),
    (HEAD + "cases:\n- {name: a, user: x, expect: []}\n", [
        "4:30: PC102 'expect' must be a mapping of expectations, not a list"
    ]),
    (HEAD + "cases:\n- {name: a, user: x, expect: {text: '{{ env.A }}'}}\n", [
        "4:38: PC102 '{{ env.A }}' may not stand in 'expect'"
    ]),
    (HEAD + "cases:\n- 5\n", ["4:3: PC102 the item at line 4 must be a case, not the number 5"]),
    (HEAD + GOOD + GOOD.partition("\n")[2].replace("a\n", "A\n", 1), [
        "7:11: PC103 the name 'A' is taken by the case at line 4"
    ]),
    (HEAD + "cases:\n- {name: a, expect: {text: a}, messages: [{role: usr, content: 5, user: u, x: 1}]}\n", [
        "4:50: PC102 'role' must be one of 'system', 'developer', 'user', 'assistant' or 'tool', not the text \"usr\"",
        "4:64: PC102 'content' must be text, a list of content parts, or null beside tool_calls, not the number 5",
        "4:76: PC101 unknown key 'x' in item 1 of 'messages'",
    ]),
    (HEAD + "cases:\n- name: a\n  expect: {text: a}\n  messages:\n  - role: user\n    content:\n"
     "    - {type: image_url, image_url: {url: cat.png}}\n", [
        "9:42: PC116 there is no file 'cat.png'"
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_every_mistake_is_named_at_its_place(tmp_path: Path, text: str, said: list[str]) -> None:
    found = mistakes(load_text(tmp_path, text))

    assert [str(one) for one in found] == [f"cases.yaml:{line}" for line in said]


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_every_mistake_shows_its_line_with_a_caret_inside(tmp_path: Path, text: str, said: list[str]) -> None:
    for found in mistakes(load_text(tmp_path, text)):
        assert found.source_line == text.split("\n")[found.location.line - 1]
        assert found.location.length >= 1
        assert found.location.column + found.location.length - 1 <= max(1, len(found.source_line))


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ("expcet: 1", "did you mean 'expect'?"),
        (
            "request: {temp: 0}",
            "did you mean 'temperature'? a parameter that only this provider knows goes under 'extra_body'",
        ),
        (
            "request: {top_k: 0}",
            "only some providers know it: write it under 'extra_body'",
        ),
        ("request: {messages: []}", "write messages in the case, beside 'request'"),
        ("request: {extra_body: {tools: []}}", "write tools in the case, beside 'request'"),
        ("request: {extra_body: {seed: 1}}", "write seed in 'request', beside 'extra_body'"),
        ("request: {extra_body: {extra_body: {}}}", "write what stands in it here"),
        ("require: {rate: 90%}", "write 0.9"),
        ("require: {rate: 99.5 %}", "write 0.995"),
        ("require: 90%", "write {rate: 0.9}"),
        ("skip: true", "write why, as in skip: the reason"),
        ("skip: false", "leave it out, or write why, as in skip: the reason"),
        ("xfail: ''", "write the text, or leave the key out"),
        ("system: {$file: no.md}", "create no.md, or correct the path: it starts from the folder of this file"),
        ("system: {{ city }}", 'put the text in quotes: "{{ city }}"'),
        ("system: 5", 'put it in quotes: "5"'),
        ("system: # 5", "'#' after a space starts a comment in YAML: put the text in quotes"),
        ("system:", "write a value, or leave the key out"),
        ("system: {Say: hello}", "': ' in unquoted text makes a mapping in YAML: put the text in quotes"),
        ("trials: '5'", "leave out the quotes"),
        ("stop_early: yes", "write true"),
        ("tags: smoke", "write it as a list: [smoke]"),
        ("tools: [wether]", "did you mean 'weather'? (the file's tools are weather)"),
        ("model: gpt-5", "put the provider before a colon, as in openai:gpt-5-mini"),
        ("templates: TRUE", 'write true, or "TRUE" in quotes if text is meant'),
    ],
)
def test_the_next_step_is_named(tmp_path: Path, line: str, advice: str) -> None:
    text = f"{HEAD}tools: {{weather: {{name: weather}}}}\n{GOOD}    {line}\n"

    assert mistakes(load_text(tmp_path, text))[0].help == advice


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("version: '1'\n" + GOOD, "write 1, without quotes"),
        ("version: 2\n" + GOOD, "this release reads version 1 of the case language"),
        ("version: 1\ncase:\n" + GOOD.partition("\n")[2], "did you mean 'cases'?"),
        ("# yaml-language-server: $schema=cases.schema.json\nversion: 1\ncass: 5\n", "did you mean 'cases'?"),
        ("# yaml-language-server: $schema=cases.schema.json\nversion: 1\n", "add 'cases' with at least one case"),
    ],
)
def test_the_next_step_for_a_file_is_named(tmp_path: Path, text: str, advice: str) -> None:
    (found,) = mistakes(load_text(tmp_path, text))

    assert found.help == advice


def word(line: str) -> str:
    """A case with one more line."""
    return f"{HEAD}{GOOD}    {line}\n"


def at_top(line: str) -> str:
    return f"{HEAD}{line}\n{GOOD}"


def in_turn(line: str) -> str:
    return f"{HEAD}cases:\n  - name: a\n    turns:\n      - user: hi\n        {line}\n"


def in_message(line: str) -> str:
    text = f"{HEAD}cases:\n  - name: a\n    expect: {{text: a}}\n    messages:\n      - role: user\n"
    return f"{text}        content: hi\n        {line}\n"


FOREIGN = [
    # the case
    (word("prompt: hi"), "7:5: PC101", "write user: the text"),
    (word("input: hi"), "7:5: PC101", "write user: the text"),
    (word("question: hi"), "7:5: PC101", "write user: the text"),
    (word("assert: []"), "7:5: PC101", "write expect: {"),
    (word("expected_output: hi"), "7:5: PC101", "write expect: {"),
    (word("expected_tools: []"), "7:5: PC101", "write expect: {tool_calls: ["),
    (word("output: hi"), "7:5: PC101", "write expect: {"),
    (word("vars: {city: Oslo}"), "7:5: PC101", "write rows: [{city: Oslo}]"),
    (word("variables: {city: Oslo}"), "7:5: PC101", "write variables at the top of the file"),
    (word("parametrize: []"), "7:5: PC101", "write rows: ["),
    (word("provider: openai"), "7:5: PC101", "write models: [provider:model]"),
    (word("providers: [openai]"), "7:5: PC101", "write models: [provider:model]"),
    (word("functions: []"), "7:5: PC101", "write tools: ["),
    (word("skipif: x"), "7:5: PC101", "write skip: the reason"),
    (word("repeat: 5"), "7:5: PC101", "write trials: 5"),
    (word("threshold: 0.9"), "7:5: PC101", "write require: {rate: 0.9}"),
    (word("retries: 3"), "7:5: PC101", "write retry: {attempts: 3}"),
    (word("markers: [a]"), "7:5: PC101", "write tags: [smoke]"),
    (word("schema: {}"), "7:5: PC101", "write expect: {json: {$schema: ...}}"),
    (word("mocks: {}"), "7:5: PC101", "write tool_results: {name: value}"),
    (word("steps: []"), "7:5: PC101", "write turns: [{user: ...}"),
    (word("temperature: 0"), "7:5: PC101", "write it in 'request', as in request: {temperature: ...}"),
    (word("stream: true"), "7:5: PC101", "write it in 'request', as in request: {stream: ...}"),
    (word("top_p: 1"), "7:5: PC101", "write it in 'request', as in request: {top_p: ...}"),
    (word("max_tokens: 5"), "7:5: PC101", "write it in 'request', as in request: {max_tokens: ...}"),
    (word("tool_choice: auto"), "7:5: PC101", "write it in 'request', as in request: {tool_choice: ...}"),
    (word("response_format: {}"), "7:5: PC101", "write it in 'request', as in request: {response_format: ...}"),
    (word("tool_calls: none"), "7:5: PC101", "write it in 'expect', as in expect: {tool_calls: ...}"),
    (word("json: {}"), "7:5: PC101", "write it in 'expect', as in expect: {json: ...}"),
    (word("rubric: nice"), "7:5: PC101", "no model judges an answer here"),
    (word("zzz: 1"), "7:5: PC101", "known here: name, "),
    (word("overrides: {'a:*': {temperature: 0}}"), "7:25: PC101", "write it in 'request'"),
    # the file
    (at_top("tests: []"), "3:1: PC101", "write cases: [...]"),
    (at_top("providers: []"), "3:1: PC101", "write models: [provider:model]"),
    (at_top("model: a:b"), "3:1: PC101", "write models: [provider:model]"),
    (at_top("vars: {}"), "3:1: PC101", "write variables: {name: value}"),
    (at_top("defaultTest: {}"), "3:1: PC101", "write defaults: {"),
    (at_top("description: x"), "3:1: PC101", "write it as a comment (#)"),
    (at_top("request: {}"), "3:1: PC101", "write it in a case, or in 'defaults' for all of them"),
    (at_top("defaults: {temperature: 0}"), "3:12: PC101", "write it in 'request'"),
    # the request
    (word("request: {maxTokens: 5}"), "7:15: PC101", "write max_completion_tokens"),
    (word("request: {functions: []}"), "7:15: PC101", "write tools in the case"),
    (word("request: {function_call: auto}"), "7:15: PC101", "write tool_choice"),
    (word("request: {json_mode: true}"), "7:15: PC101", "write response_format: {type: json_object}"),
    (word("request: {top_k: 5}"), "7:15: PC101", "write it under 'extra_body'"),
    (word("request: {user_id: 5}"), "7:15: PC101", "goes under 'extra_body'"),
    (word("request: {trials: 5}"), "7:15: PC101", "write it in the case, beside 'request'"),
    # the turn, the message
    (in_turn("role: user"), "7:9: PC101", "write user: the text, or messages"),
    (in_turn("assert: []"), "7:9: PC101", "write expect: {"),
    (in_turn("temperature: 0"), "7:9: PC101", "write it in 'request'"),
    (in_turn("text: hi"), "7:9: PC101", "write it in 'expect'"),
    (in_turn("trials: 2"), "7:9: PC101", "write it in the case"),
    (in_turn("store: {}"), "7:9: PC101", "write extract: {name: /pointer}"),
    (in_message("text: hi"), "9:9: PC101", "write content: the text"),
    (in_message("function_call: {}"), "9:9: PC101", "write tool_calls: ["),
]


@pytest.mark.parametrize(("text", "place", "words"), FOREIGN)
def test_a_word_of_another_tool_is_told_what_it_is_called_here(
    tmp_path: Path, text: str, place: str, words: str
) -> None:
    found = mistakes(load_text(tmp_path, text))[0]

    assert str(found).startswith(f"cases.yaml:{place} ")
    assert words in (found.help or "")


def test_a_file_that_cannot_be_included_is_the_only_mistake(tmp_path: Path) -> None:
    text = f"{HEAD}cases:\n- {{name: a, user: b, expect: {{json: {{$include: no.json}}}}}}\n"

    loaded = load_text(tmp_path, text)

    assert [found.code for found in mistakes(loaded)] == ["PC112"]
    assert loaded is not None
    assert loaded.broken[0].expect == ()
