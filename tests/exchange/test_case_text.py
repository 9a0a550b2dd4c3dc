"""What is written as a case file is read as the same data, whatever it holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from prompt_contracts.cases.findings import Findings
from prompt_contracts.cases.node import SourceText
from prompt_contracts.cases.yaml_reader import read_yaml_nodes
from prompt_contracts.exchange.case_text import Remarked, Tree, bare, case_text

TRICKY = (
    *("true", "no", "~", "null", "1", "0x1f", "{{ a }}", "a: b", "- x", "#x", "a #b", "<<", "=", "---", "..."),
    *("\n", "\n\n a\n", "  a\nb\n\n", "a\nb", "a \nb ", "a\tb\n", "--- a", "a\r\nb", "\u2028", "\x1b[31m", "\u202e"),
)
TEXTS = st.one_of(
    st.text(alphabet=st.characters(exclude_categories=["Cs"])),
    st.text(alphabet="a b:#-{}[]\n'\"|>&*!%@`,?$~ \t=.0e\\"),
    st.sampled_from(TRICKY),
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**12), 10**12),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXTS,
)


def remarked(value: Tree) -> Remarked:
    return Remarked(value=value, remarks=("a remark\nof two lines: {x",))


def containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4), st.builds(remarked, inner))


@settings(max_examples=300)
@given(st.dictionaries(TEXTS, st.recursive(SCALARS, containers, max_leaves=12), min_size=1, max_size=4))
def test_the_text_reads_as_the_data_it_was_made_of(tree: dict[str, Any]) -> None:
    text = case_text(tree, head=("a head",))

    findings = Findings()
    node = read_yaml_nodes(SourceText(path="x", folder=Path(), text=text), findings)

    assert findings.errors == ()
    assert node is not None
    assert node.value == bare(tree)


def test_texts_of_several_lines_stand_line_by_line() -> None:
    text = case_text({"user": "One.\n\nTwo: {x}\n"})

    assert text == "user: |\n  One.\n\n  Two: {x}\n"


def test_a_remark_stands_before_its_key_and_before_the_dash() -> None:
    text = case_text({"cases": [{"name": Remarked(value="a", remarks=("why",)), "long": "x" * 80}]})

    assert text.splitlines()[:3] == ["cases:", "  # why", "  - name: a"]


def test_a_remark_cannot_become_anything_but_a_comment() -> None:
    text = case_text({"a": Remarked(value=1, remarks=("x\ncases: []\r\x1b[2J\u2028b: 2",))})

    assert [line[0] for line in text.splitlines()] == ["#", "#", "a"]
    assert "\x1b" not in text
