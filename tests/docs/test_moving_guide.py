"""The page about moving from promptfoo does what it shows."""

from __future__ import annotations

import pytest

from tests.docs.markdown import Block, read_page
from tests.docs.shown_runs import reading
from tests.house.test_house import ROOT

PAGE = read_page(ROOT / "docs/how-to/move-from-promptfoo.md")


def test_the_command_says_and_writes_what_the_page_shows(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    [section] = [each for each in PAGE.sections if each.title == "The command"]
    shown = {part.note("file"): part.text for part in section.parts if isinstance(part, Block)}
    written: str | None = None

    with reading(pytester, monkeypatch) as reader:
        for run in reader.follow(section):
            assert run.first_chunk_not_printed is None, "\n".join(run.printed)
            written = (pytester.path / "cases/support.yaml").read_text("utf-8")

    assert written == shown["cases/support.yaml"]
