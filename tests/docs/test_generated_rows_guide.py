"""The guide to generated rows, held to its word: its commands print what it shows."""

from __future__ import annotations

import pytest

from tests.docs.markdown import ROOT, read_page
from tests.docs.shown_runs import reading

PAGE = read_page(ROOT / "docs/how-to/beyond-five-examples.md")


def test_the_outputs_that_it_shows_are_printed(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    with reading(pytester, monkeypatch) as reader:
        shown = [section for section in PAGE.sections if any(block.language == "console" for block in section.blocks)]
        runs = [run for section in shown for run in reader.follow(section)]

    assert len(runs) == 2
    for run in runs:
        assert run.timeless().first_chunk_not_printed is None, "\n".join(run.printed)
