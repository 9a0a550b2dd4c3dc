"""The guide about comparisons runs as it is shown."""

from __future__ import annotations

import pytest

from tests.docs.markdown import ROOT, read_page
from tests.docs.shown_runs import reading

GUIDE = read_page(ROOT / "docs/how-to/compare-models-and-prompts.md")


def test_the_outputs_of_the_guide_are_printed(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    with reading(pytester, monkeypatch) as reader:
        runs = [run for section in GUIDE.sections for run in reader.follow(section)]

    assert len(runs) == 5
    for run in runs:
        assert run.first_chunk_not_printed is None, "\n".join(run.printed)
