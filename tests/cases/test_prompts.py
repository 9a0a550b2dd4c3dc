"""Prompts are an axis like rows and models: each is laid over the case, under the overrides."""

from __future__ import annotations

import math
from itertools import product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prompt_contracts.case import Case
from prompt_contracts.transport.cassette_paths import cassette_path
from tests.cases.case_files import good, load, load_text, mistakes

HEAD = "version: 1\nmodels: [openai:m]\ncases:\n- name: a\n"


def _cells(root: Path, rest: str) -> dict[str | None, Case]:
    """Prompt -> its cell, of a case with one row and one model."""
    return {case.prompt: case for case in good(root, f"{HEAD}  {rest}\n  expect: {{text: a}}\n")}


def _said(case: Case) -> list[tuple[str, object]]:
    return [(message.role, message.content) for message in case.messages]


def _warnings(root: Path, text: str) -> list[str]:
    loaded = load(root, text)
    assert mistakes(loaded) == []
    return [str(warning).removeprefix("cases.yaml:") for warning in loaded.warnings]


def _errors(root: Path, rest: str) -> list[str]:
    found = mistakes(load(root, f"{HEAD}  {rest}\n  expect: {{text: a}}\n"))
    return [str(mistake).removeprefix("cases.yaml:") for mistake in found]


def test_rows_stand_outside_prompts_inside_and_models_innermost(tmp_path: Path) -> None:
    text = """
version: 1
models: [a:b, c:d]
cases:
- name: n
  user: "{{ x }}"
  rows: [{id: one, x: 1}, {id: two, x: 2}]
  prompts: {short: {system: brief}, long: {system: "at length about {{ x }}"}}
  expect: {text: a}
"""

    cells = good(tmp_path, text)

    assert [case.id for case in cells] == [
        "cases.yaml::n[one-short-a:b]",
        "cases.yaml::n[one-short-c:d]",
        "cases.yaml::n[one-long-a:b]",
        "cases.yaml::n[one-long-c:d]",
        "cases.yaml::n[two-short-a:b]",
        "cases.yaml::n[two-short-c:d]",
        "cases.yaml::n[two-long-a:b]",
        "cases.yaml::n[two-long-c:d]",
    ]
    assert cassette_path(cells[0]) == "cases/n/one/short/a/b.yaml"
    assert _said(cells[-1]) == [("system", "at length about 2"), ("user", "2")]


def test_a_case_without_prompts_has_none(tmp_path: Path) -> None:
    assert list(_cells(tmp_path, "user: x")) == [None]


def test_an_empty_prompt_is_the_case_as_it_is(tmp_path: Path) -> None:
    cells = _cells(tmp_path, "user: x\n  system: kind\n  prompts: {plain: {}, curt: {system: curt}}")

    assert _said(cells["plain"]) == [("system", "kind"), ("user", "x")]
    assert _said(cells["curt"]) == [("system", "curt"), ("user", "x")]


MESSAGES = "messages: [{role: system, content: old}, {role: user, content: question, name: ann}]"


@pytest.mark.parametrize(
    ("case", "prompt", "said"),
    [
        ("user: question", "{system: new}", [("system", "new"), ("user", "question")]),
        ("user: question", "{user: other}", [("user", "other")]),
        ("system: old\n  user: question", "{system: new}", [("system", "new"), ("user", "question")]),
        (MESSAGES, "{system: new}", [("system", "new"), ("user", "question")]),
        (MESSAGES, "{user: other}", [("system", "old"), ("user", "other")]),
        (MESSAGES, "{system: new, user: other}", [("system", "new"), ("user", "other")]),
        (
            "messages: [{role: developer, content: old}, {role: user, content: question}]",
            "{system: new}",
            [("developer", "new"), ("user", "question")],
        ),
        (
            "messages: [{role: user, content: question}]",
            "{system: new}",
            [("system", "new"), ("user", "question")],
        ),
        ("messages: [{role: system, content: old}]", "{user: other}", [("system", "old"), ("user", "other")]),
        (
            "messages: [{role: user, content: q}, {role: assistant, content: a}, {role: user, content: r}]",
            "{system: new}",
            [("system", "new"), ("user", "q"), ("assistant", "a"), ("user", "r")],
        ),
        (
            "system: old\n  user: question",
            "{messages: [{role: user, content: m}, {role: assistant, content: n}]}",
            [("system", "old"), ("user", "m"), ("assistant", "n")],
        ),
        (
            "system: old\n  user: question",
            "{messages: [{role: system, content: new}, {role: user, content: m}]}",
            [("system", "new"), ("user", "m")],
        ),
        (MESSAGES, "{messages: [{role: user, content: m}]}", [("user", "m")]),
        (
            MESSAGES,
            "{system: new, messages: [{role: user, content: m}]}",
            [("system", "new"), ("user", "m")],
        ),
    ],
)
def test_a_prompt_takes_the_place_of_what_the_case_says(
    tmp_path: Path, case: str, prompt: str, said: list[tuple[str, object]]
) -> None:
    cells = _cells(tmp_path, f"{case}\n  prompts: {{p: {prompt}, q: {{request: {{seed: 1}}}}}}")

    assert _said(cells["p"]) == said


def test_what_else_a_message_of_the_case_says_stays(tmp_path: Path) -> None:
    cells = _cells(tmp_path, f"{MESSAGES}\n  prompts: {{p: {{user: other}}}}")

    assert cells["p"].messages[-1].fields == {"name": "ann"}


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        (
            (
                "messages: [{role: user, content: a}, {role: assistant, content: b}, {role: user, content: c}]\n"
                "  prompts: {p: {user: x}}"
            ),
            (
                "6:17: PC102 'user' of the prompt 'p' has no one message to take the place of: "
                "the case has 2 user messages"
            ),
        ),
        (
            (
                "messages: [{role: system, content: a}, {role: developer, content: b}, {role: user, content: c}]\n"
                "  prompts: {p: {system: x}}"
            ),
            (
                "6:17: PC102 'system' of the prompt 'p' has no one message to take the place of: "
                "the case has 2 system messages"
            ),
        ),
        (
            "messages: [{role: user, content: [{type: text, text: a}]}]\n  prompts: {p: {user: x}}",
            (
                "6:17: PC102 'user' of the prompt 'p' has no one message to take the place of: "
                "the user message of the case has parts"
            ),
        ),
        (
            "messages: '{{ all }}'\n  rows: [{all: [{role: user, content: a}]}]\n  prompts: {p: {user: x}}",
            (
                "7:17: PC102 'user' of the prompt 'p' has no one message to take the place of: "
                "a template gives the messages of the case"
            ),
        ),
        (
            "messages: '{{ all }}'\n  rows: [{all: [{role: system, content: a}]}]\n  prompts: {p: {system: x}}",
            "6:24: PC102 'system' is given, and this message has the role system too",
        ),
        (
            "user: x\n  prompts: {p: {user: y, messages: [{role: user, content: z}]}}",
            "6:17: PC102 'user' and 'messages' stand in the prompt 'p'",
        ),
        (
            "prompts: {p: {user: y}, q: {request: {seed: 1}}}",
            "5:27: PC105 case 'a' with the prompt 'q' has no messages",
        ),
        (
            "prompts: {p: {system: y, messages: [{role: system, content: z}]}}",
            "5:46: PC102 'system' is given, and this message has the role system too",
        ),
    ],
)
def test_what_could_be_meant_in_two_ways_is_refused(tmp_path: Path, rest: str, said: str) -> None:
    assert _errors(tmp_path, rest) == [said]


@pytest.mark.parametrize(
    ("prompts", "said"),
    [
        ("[a, b]", "6:12: PC102 'prompts' must be a mapping from names to prompts, not a list"),
        ("{}", "6:12: PC105 'prompts' is empty, but must be a mapping from names to prompts"),
        ("", "6:3: PC102 'prompts' must be a mapping from names to prompts, not empty"),
        (
            "{p: , q: {}}",
            "6:13: PC102 the prompt 'p' must be a mapping with system, user, messages or request, not empty",
        ),
        (
            "{p: Be brief.}",
            (
                "6:16: PC102 the prompt 'p' must be a mapping with system, user, messages or request, "
                'not the text "Be brief."'
            ),
        ),
        ("{p: {sytem: x}}", "6:17: PC101 unknown key 'sytem' in the prompt 'p'"),
        ("{p: {expect: {text: a}}}", "6:17: PC101 unknown key 'expect' in the prompt 'p'"),
        ("{p: {temperature: 0}}", "6:17: PC101 unknown key 'temperature' in the prompt 'p'"),
        ("{p: {request: {temprature: 0}}}", "6:27: PC101 unknown parameter 'temprature' in 'request'"),
        ("{p: {system: }}", "6:17: PC102 'system' must be text, not empty"),
        ("{a b: {}}", '6:13: PC113 "a b" cannot be the name of a prompt'),
        ("{'..': {}}", '6:13: PC113 ".." cannot be the name of a prompt'),
        ("{p: {system: x}, P: {system: y}}", "6:29: PC113 the name 'P' is taken by the prompt at line 6"),
        ("{'{{ x }}': {}}", "6:13: PC111 '{{ x }}' stands in a key, and keys are never filled in"),
        ("{p: {system: '{{ nope }}'}}", "6:26: PC110 unknown variable 'nope'"),
        ("{p: {system: {$file: nope.md}}}", "6:33: PC112 there is no file 'nope.md'"),
        ("{p: {$include: nope.yaml}}", "6:27: PC112 there is no file 'nope.yaml'"),
        ("{$include: nope.yaml}", "6:23: PC112 there is no file 'nope.yaml'"),
    ],
)
def test_a_mistake_in_prompts_is_named_at_its_place(tmp_path: Path, prompts: str, said: str) -> None:
    found = _errors(tmp_path, f"user: x\n  prompts: {prompts}")

    assert [text.partition(": ")[0] for text in found] == [said.partition(": ")[0]]
    assert found == [said]


def test_every_mistake_of_all_prompts_is_named_in_one_run(tmp_path: Path) -> None:
    prompts = "{p: {system: '{{ one }}'}, q: {user: '{{ two }}', sytem: x}, r: {request: {seed: '{{ three }}'}}}"

    found = _errors(tmp_path, f"user: x\n  rows: [{{z: 1}}]\n  prompts: {prompts}")

    assert [text.partition(": ")[2] for text in found] == [
        "PC110 unknown variable 'one'",
        "PC110 unknown variable 'two'",
        "PC101 unknown key 'sytem' in the prompt 'q'",
        "PC110 unknown variable 'three'",
    ]


def test_a_request_of_a_prompt_is_laid_deeply_over_that_of_the_case(tmp_path: Path) -> None:
    case = "user: x\n  request: {temperature: 0, seed: 7, metadata: {a: '1', b: '2'}}"

    cells = _cells(
        tmp_path, f"{case}\n  prompts: {{p: {{request: {{seed: null, metadata: {{b: null, c: '3'}}}}}}, q: {{}}}}"
    )

    assert cells["p"].request == {"temperature": 0, "metadata": {"a": "1", "c": "3"}}
    assert cells["q"].request == {"temperature": 0, "seed": 7, "metadata": {"a": "1", "b": "2"}}


def test_overrides_are_laid_over_prompts(tmp_path: Path) -> None:
    text = """
version: 1
models: [a:b, c:d]
cases:
- name: n
  user: x
  prompts:
    cold: {system: brief, request: {temperature: 0, seed: 1}}
    warm: {system: gay, request: {temperature: 1, seed: 1}}
  overrides: {"c:*": {request: {seed: null, top_p: 0.5}}}
  expect: {text: a}
"""

    found = {(case.prompt, case.model): case.request for case in good(tmp_path, text)}

    assert found["cold", "a:b"] == {"temperature": 0, "seed": 1}
    assert found["cold", "c:d"] == {"temperature": 0, "top_p": 0.5}
    assert found["warm", "c:d"] == {"temperature": 1, "top_p": 0.5}


def test_prompts_of_the_defaults_are_for_all_cases_but_those_with_their_own(tmp_path: Path) -> None:
    text = """
version: 1
models: [a:b]
defaults: {system: kind, prompts: {plain: {}, curt: {system: curt, user: "{{ q }}?"}}}
cases:
- {name: one, messages: [{role: user, content: old}], rows: [{q: who}], expect: {text: a}}
- {name: two, user: x, prompts: {own: {system: own}}, expect: {text: a}}
"""

    cells = good(tmp_path, text)

    assert [case.item_name for case in cells] == ["one[1-plain-a:b]", "one[1-curt-a:b]", "two[own-a:b]"]
    assert _said(cells[1]) == [("system", "curt"), ("user", "who?")]
    assert _said(cells[2]) == [("system", "own"), ("user", "x")]


def test_prompts_come_from_files(tmp_path: Path) -> None:
    files = {
        "prompts.yaml": "short: {system: {$file: short.md}}\nlong: {$include: long.yaml}\n",
        "short.md": "Be brief about {{ x }}.",
        "long.yaml": "messages: [{role: user, content: 'All of {{ x }}'}]\n",
    }
    text = f"{HEAD}  user: x\n  rows: [{{x: rain}}]\n  prompts: {{$include: prompts.yaml}}\n  expect: {{text: a}}\n"

    cells = {case.prompt: case for case in good(tmp_path, text, files=files)}

    assert _said(cells["short"]) == [("system", "Be brief about rain."), ("user", "x")]
    assert _said(cells["long"]) == [("user", "All of rain")]


def test_models_of_the_command_line_are_asked_with_every_prompt(tmp_path: Path) -> None:
    text = f"{HEAD}  user: x\n  prompts: {{p: {{system: y}}, q: {{}}}}\n  expect: {{text: a}}\n"

    loaded = load_text(tmp_path, text, models=("c:d",))

    assert loaded is not None
    assert [case.item_name for case in loaded.cases] == ["a[p-c:d]", "a[q-c:d]"]


def test_what_one_prompt_names_is_used(tmp_path: Path) -> None:
    text = """
version: 1
models: [a:b]
variables: {style: short, mood: good}
cases:
- name: n
  user: x
  rows: [{q: 1, r: 2}]
  prompts: {p: {system: "{{ style }} {{ q }}"}, q: {}}
  expect: {text: a}
"""

    assert _warnings(tmp_path, text) == [
        "4:27: PC115 the variable 'mood' is never used",
        "8:17: PC115 the column 'r' is never used",
    ]


def test_templates_stay_text_in_prompts_of_a_case_without_templates(tmp_path: Path) -> None:
    cells = _cells(tmp_path, "user: x\n  templates: false\n  prompts: {p: {system: '{{ city }}'}, q: {}}")

    assert _said(cells["p"])[0] == ("system", "{{ city }}")


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        (
            "user: x\n  prompts: {p: {system: y}, q: {system: z}, r: {system: y}}",
            ["6:45: PC147 the prompts 'p' and 'r' ask the same"],
        ),
        ("user: x\n  prompts: {p: {}, q: {user: x}}", ["6:20: PC147 the prompts 'p' and 'q' ask the same"]),
        (
            "user: x\n  prompts: {p: {system: y}, q: {system: z}}\n  overrides: {'openai:*': {system: z}}",
            ["6:29: PC147 the prompts 'p' and 'q' ask the same of openai:m"],
        ),
        (
            "user: x\n  system: w\n  prompts: {p: {system: y, user: a}, q: {messages: [{role: system, content: z}]}}",
            [
                "5:3: PC146 'user' of the case has no effect: every prompt writes its own",
                "6:3: PC146 'system' of the case has no effect: every prompt writes its own",
            ],
        ),
        (
            "user: x\n  prompts:\n    p: {system: y}\n    q:\n      system: z # z",
            ["9:15: PC114 this text ends where ' #' starts a comment"],
        ),
    ],
)
def test_what_is_surely_not_meant_is_a_warning(tmp_path: Path, rest: str, said: list[str]) -> None:
    assert _warnings(tmp_path, f"{HEAD}  {rest}\n  expect: {{text: a}}\n") == said


def test_prompts_that_differ_in_one_row_are_not_the_same(tmp_path: Path) -> None:
    prompts = "prompts: {p: {system: '1'}, q: {system: '{{ x }}'}}"

    assert (
        _warnings(tmp_path, f"{HEAD}  user: q\n  rows: [{{x: 1}}, {{x: 2}}]\n  {prompts}\n  expect: {{text: a}}\n")
        == []
    )


def test_places_of_what_a_prompt_says_are_those_in_the_prompt(tmp_path: Path) -> None:
    cells = _cells(
        tmp_path,
        "messages: [{role: system, content: s}, {role: user, content: u}]\n"
        "  request: {seed: 1}\n"
        "  prompts:\n"
        "    p: {system: new, request: {temperature: 1}}\n"
        "    q: {}",
    )

    places = {key: str(place) for key, place in cells["p"].places.items()}
    assert places["/prompt"] == "cases.yaml:8:5"
    assert places["/messages/0/content"] == "cases.yaml:8:9"
    assert places["/messages/1/content"] == "cases.yaml:5:55"
    assert places["/request/temperature"] == "cases.yaml:8:32"
    assert places["/request/seed"] == "cases.yaml:6:13"
    assert "/prompt" not in cells["q"].places


NAMES = st.lists(
    st.text("abAB.-_1", min_size=1, max_size=4).filter(lambda name: name not in (".", "..")),
    min_size=1,
    max_size=4,
    unique_by=str.casefold,
)
MODELS = st.lists(st.sampled_from(["a:b", "a:b-c", "a-b:c", "b:a", "c:a/b"]), min_size=1, max_size=3, unique=True)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=NAMES, prompts=NAMES, models=MODELS)
def test_every_row_is_asked_with_every_prompt_of_every_model(
    tmp_path: Path, rows: list[str], prompts: list[str], models: list[str]
) -> None:
    listed = ", ".join(f'{{id: "{row}"}}' for row in rows)
    named = ", ".join(f'"{name}": {{system: "{number}"}}' for number, name in enumerate(prompts))
    axes = f"rows: [{listed}]\n  prompts: {{{named}}}"
    text = f"version: 1\nmodels: {models}\ncases:\n- name: n\n  user: x\n  {axes}\n  expect: {{text: a}}\n"

    cells = good(tmp_path, text)

    assert [(case.row, case.prompt, case.model) for case in cells] == list(product(rows, prompts, models))
    assert len({cassette_path(case) for case in cells}) == math.prod(map(len, (rows, prompts, models)))
    assert [case.messages[0].content for case in cells] == [str(prompts.index(str(case.prompt))) for case in cells]
