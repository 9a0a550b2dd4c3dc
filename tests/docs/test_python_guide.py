"""The page about tests in Python: each example is a test file of its own, run as the page says."""

from __future__ import annotations

import pytest

from tests.docs.example_server import says
from tests.docs.markdown import ROOT, Block, Page, read_page
from tests.transport.loopback import Loopback

PAGE = read_page(ROOT / "docs" / "how-to" / "test-in-python.md")
EXAMPLES = [block for block in PAGE.blocks if block.language == "python"]


@pytest.mark.parametrize("block", EXAMPLES, ids=[f"line-{block.line}" for block in EXAMPLES])
def test_an_example_does_what_the_page_says(block: Block, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_example=block.text)
    for earlier in PAGE.blocks:
        if (name := earlier.note("file")) is not None and earlier.line < block.line:
            path = pytester.path / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(earlier.text, "utf-8")
    said = block.note("server")
    if said is not None:
        record(pytester, said)

    result = pytester.runpytest("test_example.py", "-p", "no:randomly", "-p", "no:cacheprovider")

    assert list(result.parseoutcomes()) == [block.note("run")]
    if (said := block.note("says")) is not None:
        result.stdout.fnmatch_lines([f"*{said.replace('[', '[[]')}*"])


def record(pytester: pytest.Pytester, said: str) -> None:
    """What the provider of an example answers is recorded first: the example itself is a replay."""
    server = Loopback()
    pytester.makepyprojecttoml(f"[tool.prompt_contracts.providers.house]\nbase_url = '{server.base_url}'\n")
    server.answer = says(said)
    try:
        result = pytester.runpytest("-p", "no:randomly", "-p", "no:cacheprovider", "--pc-record=once")
    finally:
        server.close()
    assert result.ret == 0


def test_the_page_is_read() -> None:
    assert isinstance(PAGE, Page)
    assert len(EXAMPLES) >= 5
