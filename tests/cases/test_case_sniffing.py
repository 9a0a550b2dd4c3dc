"""Whether a text may be a case file is seen cheaply and never wrongly denied."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.cases.sniffing import looks_like_case_file

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    "text",
    [
        "version: 1\ncases:\n- a\n",
        '"cases": []\n',
        "'cases' : []\n",
        '{"version": 1, "cases": []}',
        "{version: 1, cases: []}",
        "---\n{cases: []}",
        "  version: 1\n  cases: []\n",
        "? cases\n: []\n",
        "&anchor cases: []\n",
        '{"cases"\n: []}',
        "# yaml-language-server: $schema=../.prompt-contracts/cases.schema.json\n",
        "version: 1\ncase:\n- a\n",
        "Cases:\n- a\nversion: 1 # ours\n",
        "#  yaml-language-server:  $schema=https://x.org/prompt_contracts/cases/schema.json\n",
    ],
)
def test_every_spelling_of_a_case_file_is_seen(text: str) -> None:
    assert looks_like_case_file(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a: 1\n",
        "test-cases: []\n",
        "casesX: 1\n",
        "# cases\n",
        "# yaml-language-server: $schema=other.json\n",
        "version: 1\nservices: {}\n",
        "version: 1\nclasses: []\n",
        "a:\n- expect: 1\n",
        "- case: 1\n",
    ],
)
def test_other_yaml_is_told_apart(text: str) -> None:
    assert not looks_like_case_file(text)


@given(st.dictionaries(st.text(max_size=8), VALUES, max_size=3), VALUES, st.sampled_from([True, False, None]))
def test_no_dumped_case_file_is_missed(others: dict[str, object], cases: object, flow: bool | None) -> None:
    document = {**others, "cases": cases}

    assert looks_like_case_file(json.dumps(document))
    assert looks_like_case_file(yaml.safe_dump(document, default_flow_style=flow))


def test_looking_imports_no_yaml() -> None:
    code = "import sys, prompt_contracts.cases.sniffing; print('yaml' in sys.modules)"

    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert said.stdout.strip() == "False"
