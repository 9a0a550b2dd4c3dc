"""`tool_results`: every form is taken as it is, and what no tool could give is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prompt_contracts.case import Case
from prompt_contracts.json_value import Json
from tests.cases.case_files import good, load_text, mistakes

HEAD = "version: 1\nmodels: [a:b]\ntools: {find: {name: find}}\ncases:\n- name: a\n  user: b\n  expect: {text: a}\n"
TOOLS = "  tools: [find, {name: other}]\n"


def loaded(root: Path, results: str, *, more: str = TOOLS) -> Case:
    (case,) = good(root, f"{HEAD}{more}  tool_results: {results}\n")
    return case


@pytest.mark.parametrize(
    "result",
    [
        *("text", "5", "null", "true", "[1, {a: b}]", "{}", "{a: {b: 1}}"),
        *("{$sequence: [1, {$error: no}, {a: 1}]}", "{$error: it broke}", "{$call: 'shop.tools:find'}"),
        "{$cases: [{when: {id: 5}, return: x}, {when: {$others: allow}, return: {$error: unknown}}]}",
        "{$sequence: [{$cases: [{when: {}, return: {$call: 'a:b'}}]}]}",
    ],
)
def test_a_result_is_kept_as_it_is_written(tmp_path: Path, result: str) -> None:
    case = loaded(tmp_path, f"{{find: {result}}}")

    from tests.cases.case_files import read

    node, _ = read(f"find: {result}\n")
    assert node is not None
    assert case.tool_results == node.value


def test_without_results_there_are_none(tmp_path: Path) -> None:
    (case,) = good(tmp_path, HEAD)

    assert case.tool_results is None
    assert case.max_turns == 8


def test_the_number_of_answers_may_be_set(tmp_path: Path) -> None:
    (case,) = good(tmp_path, f"{HEAD}  max_turns: 3\n")

    assert case.max_turns == 3


def test_results_are_filled_in(tmp_path: Path) -> None:
    rows = f"{TOOLS}  rows: [{{city: Oslo, days: 5}}]\n"

    case = loaded(tmp_path, "{find: {$sequence: ['{{ days }}', 'in {{ city }}']}}", more=rows)

    assert case.tool_results == {"find": {"$sequence": [5, "in Oslo"]}}


def test_results_come_from_a_file(tmp_path: Path) -> None:
    text = f"{HEAD}{TOOLS}  tool_results: {{find: {{$include: order.json}}}}\n"

    (case,) = good(tmp_path, text, files={"order.json": '{"id": 5}'})

    assert case.tool_results == {"find": {"id": 5}}


def test_the_results_of_the_case_replace_those_of_its_defaults(tmp_path: Path) -> None:
    text = (
        "version: 1\nmodels: [a:b]\ntools: {f: {name: f}}\ndefaults: {tools: [f], tool_results: {f: 1}}\n"
        "cases: [{name: a, user: b, expect: {text: a}}, {name: c, user: b, tool_results: {f: 2}, expect: {text: a}}]\n"
    )

    assert [case.tool_results for case in good(tmp_path, text)] == [{"f": 1}, {"f": 2}]


@pytest.mark.parametrize(
    ("results", "said", "advice"),
    [
        (
            "{fnd: 1}",
            "9:18: PC102 'tool_results' names the tool 'fnd', which the case does not have",
            "did you mean 'find'?",
        ),
        ("{zzz: 1}", "9:18: PC102 'tool_results' names the tool 'zzz', which *", "the case has find, other"),
        (
            "{find: {$sequnce: []}}",
            "9:25: PC101 unknown key '$sequnce' in a tool's result",
            "did you mean '$sequence'?",
        ),
        (
            "{find: {$zzz: []}}",
            "9:25: PC101 unknown key '$zzz' in a tool's result",
            "there are $sequence, $error, $cases, $call;",
        ),
        (
            "{find: {$error: a, b: 1}}",
            "9:36: PC102 '$error' stands alone in its mapping, but 'b' stands beside it",
            "keep one",
        ),
        (
            "{find: {a: 1, $error: b}}",
            "9:25: PC102 '$error' stands alone in its mapping, but 'a' stands beside it",
            "keep one",
        ),
        ("{find: {$sequence: []}}", "9:36: PC102 '$sequence' takes a list, not an empty list", "list the values"),
        ("{find: {$sequence: a}}", "9:36: PC102 '$sequence' takes a list, not the text \"a\"", "list the values"),
        (
            "{find: {$sequence: [{$sequence: [1]}]}}",
            "9:49: PC102 '$sequence' stands inside another form: *",
            "write it directly",
        ),
        (
            "{find: {$error: 5}}",
            "9:33: PC102 '$error' takes the text that the model is told, not the number 5",
            "write $error",
        ),
        (
            "{find: {$call: shop.find}}",
            "9:32: PC102 '$call' takes a function as package.module:function, not *",
            "write it as in",
        ),
        ("{find: {$cases: [{when: {}}]}}", "9:34: PC105 an entry of '$cases' has no 'return'", "add 'return'"),
        (
            "{find: {$cases: [{wen: {}, when: {}, return: 1}]}}",
            "9:35: PC101 unknown key 'wen' in an entry *",
            "did you mean 'when'?",
        ),
        (
            "{find: {$cases: [5]}}",
            "9:34: PC102 an entry of '$cases' is {when: pattern, return: value}, not the number 5",
            None,
        ),
        ("[find]", "9:17: PC102 'tool_results' must be a mapping from tools to results, not a list", None),
    ],
)
def test_a_result_that_no_tool_could_give_is_named_at_its_place(
    tmp_path: Path, results: str, said: str, advice: str | None
) -> None:
    found = mistakes(load_text(tmp_path, f"{HEAD}{TOOLS}  tool_results: {results}\n"))

    assert str(found[0]).startswith(f"cases.yaml:{said}".rstrip("*"))
    assert len(found) == 1
    if advice is not None:
        assert (found[0].help or "").startswith(advice)


def test_without_tools_there_is_none_that_could_have_a_result(tmp_path: Path) -> None:
    (found,) = mistakes(load_text(tmp_path, f"{HEAD}  tool_results: {{find: 1}}\n"))

    assert found.help == "the case has no tools"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=60)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(alphabet="ab$ ", max_size=4),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet="ab", max_size=2), inner, max_size=3)
        ),
        max_leaves=8,
    )
)
def test_a_plain_value_of_any_type_is_returned_as_it_is(tmp_path: Path, value: Json) -> None:
    assert loaded(tmp_path, json.dumps({"find": value})).tool_results == {"find": value}
