"""YAML is read as JSON's values with places, alike with and without libyaml."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.cases.node import SourceText
from prompt_contracts.cases.yaml_reader import HAS_LIBYAML
from prompt_contracts.json_value import Json, equal
from tests.cases.case_files import flat, read

READERS = [False, pytest.param(True, marks=pytest.mark.skipif(not HAS_LIBYAML, reason="PyYAML without libyaml"))]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
PIECES = [
    *("a", "b c", "key: ", "- ", "{", "}", "[", "]", ", ", '"', "'", "# x", "\n", "\n  ", "\n    ", " ", "?"),
    *(": ", ":", "|\n", ">\n", "|-\n  ", "&a ", "*a ", "!t ", "%", "@", "\t", "5", "true", "~", "\\n", "---\n"),
    *("...\n", "<<: ", "é", "😀", "\u2028", "\r\n", "-", "a:b", "a#b", "\x85", "\\ud83d", "$include: ", " # c\n"),
]


@pytest.mark.parametrize("use_libyaml", READERS)
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("", None),
        ("0", 0),
        ("-7", -7),
        ("5.0", 5.0),
        ("1e3", 1000.0),
        ("-1.5E-2", -0.015),
        *((text, text) for text in ("no", "on", "yes", "NO", "12:30", "12:30:45", "2024-05-01", "0123", "1_000")),
        *((text, text) for text in ("0x1F", "0o7", "+1", ".5", "1.", ".inf", ".nan", "-.inf", "=", "nULL", "y")),
        ('"true"', "true"),
        ("'5'", "5"),
    ],
)
def test_an_unquoted_scalar_is_json_or_text(text: str, value: Json, use_libyaml: bool) -> None:
    node, problems = read(f"key: {text}\n", use_libyaml=use_libyaml)

    assert problems == ()
    assert node is not None
    assert isinstance(node.value, dict)
    assert type(node.value["key"]) is type(value)
    assert node.value["key"] == value


@pytest.mark.parametrize("use_libyaml", READERS)
@pytest.mark.parametrize("text", ["1", "true", "null", "0x1F", "True", "2024-05-01"])
def test_a_key_is_the_text_as_written(text: str, use_libyaml: bool) -> None:
    node, problems = read(f"{text}: x\n", use_libyaml=use_libyaml)

    assert problems == ()
    assert node is not None
    assert node.value == {text: "x"}


@given(JSON_VALUES, st.sampled_from([True, False]))
def test_dumped_json_comes_back_unchanged(value: Json, use_libyaml: bool) -> None:
    node, problems = read(json.dumps(value), use_libyaml=use_libyaml and HAS_LIBYAML)

    assert problems == ()
    assert node is not None
    assert equal(node.value, value)


@given(JSON_VALUES, st.sampled_from([True, False, None]), st.sampled_from([True, False]))
def test_dumped_yaml_comes_back_unchanged(value: Json, flow: bool | None, use_libyaml: bool) -> None:
    text = yaml.safe_dump(value, default_flow_style=flow)

    node, problems = read(text, use_libyaml=use_libyaml and HAS_LIBYAML)

    assert problems == ()
    assert equal(None if node is None else node.value, value)


@pytest.mark.skipif(not HAS_LIBYAML, reason="PyYAML without libyaml")
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_both_parsers_read_the_same_tree_places_and_mistakes(text: str) -> None:
    node, problems = read(text, use_libyaml=True)
    other_node, other_problems = read(text, use_libyaml=False)

    assert flat(node) == flat(other_node)
    assert problems == other_problems


BRACES = ["{", "{{", "}}", "{%", "\\x7b", "\\u007B", "\\\n", "$inclu", "de: ", "$file: ", "\\x24python: ", "a: ", "''"]


def flags(value: Json) -> tuple[bool, bool]:
    """Whether a template, and whether an include, is somewhere in a value."""
    if isinstance(value, str):
        return "{{" in value or "{%" in value, False
    keys = list(value) if isinstance(value, dict) else []
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    found = [flags(each) for each in (*keys, *inner)]
    has_include = not {"$include", "$file", "$python"}.isdisjoint(keys)
    return any(one for one, _ in found), has_include or any(one for _, one in found)


@given(st.lists(st.sampled_from([*PIECES, *BRACES, *BRACES]), max_size=14).map("".join), st.sampled_from(["", '- "']))
def test_templates_and_includes_are_noticed_however_they_are_written(text: str, start: str) -> None:
    for whole in (text, f'{start}{text}"', f"'{text}'", f"k: {{{text}}}"):
        node, _ = read(whole, use_libyaml=HAS_LIBYAML)
        waiting = [] if node is None else [node]
        while waiting:
            node = waiting.pop()
            assert (node.has_template, node.has_include) == flags(node.value)
            waiting += (*(node.items or ()), *(node.members or {}).values())


@pytest.mark.parametrize("use_libyaml", READERS)
def test_keys_and_values_know_their_places(use_libyaml: bool) -> None:
    node, _ = read("a: 1\nbc:\n  - 'x y'\n  - {d: [5]}\n", use_libyaml=use_libyaml)

    assert node is not None
    places = {at: node.descend(at) for at in ("/a", "/bc/0", "/bc/1", "/bc/1/d/0")}
    assert {at: (one.line, one.column, one.length) for at, one in places.items() if one} == {
        "/a": (1, 4, 1),
        "/bc/0": (3, 5, 5),
        "/bc/1": (4, 5, 8),
        "/bc/1/d/0": (4, 10, 1),
    }
    assert (node.key("bc").line, node.key("bc").column, node.key("bc").length) == (2, 1, 2)


@pytest.mark.parametrize("use_libyaml", READERS)
def test_anchors_and_merge_keys_work(use_libyaml: bool) -> None:
    text = "base: &base {a: 1, b: 2}\nlist: [&x 5, *x]\none: {<<: *base, b: 3}\ntwo:\n  <<: [{b: 9}, *base]\n"

    node, problems = read(text, use_libyaml=use_libyaml)

    assert problems == ()
    assert node is not None
    assert node.value == {
        "base": {"a": 1, "b": 2},
        "list": [5, 5],
        "one": {"b": 3, "a": 1},
        "two": {"b": 9, "a": 1},
    }


@pytest.mark.parametrize("use_libyaml", READERS)
def test_an_alias_bomb_is_refused(use_libyaml: bool) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]

    node, problems = read("\n".join(lines), use_libyaml=use_libyaml)

    assert node is None
    assert [problem.code for problem in problems] == ["PC100"]


@pytest.mark.parametrize("use_libyaml", READERS)
@pytest.mark.parametrize("text", ["[" * 5000, "- " * 5000, "{a: " * 5000, "[" * 5000 + "]" * 5000])
def test_deep_nesting_is_refused(text: str, use_libyaml: bool) -> None:
    node, problems = read(text, use_libyaml=use_libyaml)

    assert node is None
    assert [problem.message for problem in problems] == ["nested more than 100 levels deep"]


@pytest.mark.parametrize("use_libyaml", READERS)
def test_unquoted_text_that_a_comment_ends_is_marked(use_libyaml: bool) -> None:
    node, _ = read("a: x # y\nb: x#y\nc: 'x' # y\nd: x\n# y\n", use_libyaml=use_libyaml)

    assert node is not None
    assert [key for key, member in (node.members or {}).items() if member.is_cut] == ["a"]


@pytest.mark.parametrize("code", range(0x20, 0x100))
def test_a_text_may_hold_what_yaml_can_print(code: int) -> None:
    _, problems = read(f"key: 'a{chr(code)}b'\n" if chr(code) != "'" else "key: a'b\n")

    is_printable = code < 0x7F or code == 0x85 or code >= 0xA0
    assert [found.code for found in problems] == ([] if is_printable else ["PC100"])


@pytest.mark.parametrize("code", [code for code in range(0x20) if chr(code) not in "\t\n\r"])
def test_a_text_may_hold_no_control_character(code: int) -> None:
    _, problems = read(f"key: 'a{chr(code)}b'\n")

    assert [found.message for found in problems] == [f"the character U+{code:04X} may not stand in YAML"]


@given(st.lists(st.sampled_from(["a", "\n", "\r", "\r\n", "\x85", "\u2028", "\u2029", "\x0b", "\f", "é"])).map("".join))
def test_lines_end_where_yaml_ends_them(text: str) -> None:
    source = SourceText("x.yaml", Path(), text)

    assert source.lines == re.split("\r\n|[\n\r\x85\u2028\u2029]", text)
