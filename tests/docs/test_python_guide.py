"""The page about tests in Python: each example is a test file of its own, run as the page says."""

from __future__ import annotations

import doctest

import pytest

from prompt_contracts.api import judging, pattern_values
from tests.docs.markdown import ROOT, Block, Page, read_page

PAGE = read_page(ROOT / "docs" / "how-to" / "test-in-python.md")
EXAMPLES = [block for block in PAGE.blocks if block.language == "python"]


@pytest.mark.parametrize("block", EXAMPLES, ids=[f"line-{block.line}" for block in EXAMPLES])
def test_an_example_does_what_the_page_says(block: Block, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_example=block.text)

    result = pytester.runpytest("-p", "no:randomly", "-p", "no:cacheprovider")

    outcomes = result.parseoutcomes()
    assert list(outcomes) == [block.note("run")]
    if (said := block.note("says")) is not None:
        result.stdout.fnmatch_lines([f"*{said.replace('[', '[[]')}*"])


@pytest.mark.parametrize("module", [judging, pattern_values], ids=lambda module: module.__name__)
def test_the_examples_of_the_reference_are_true(module: object) -> None:
    found = doctest.testmod(module)  # type: ignore[arg-type] # a module

    assert found.attempted
    assert not found.failed


def test_the_page_is_read() -> None:
    assert isinstance(PAGE, Page)
    assert len(EXAMPLES) >= 5
