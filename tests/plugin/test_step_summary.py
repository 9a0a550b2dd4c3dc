"""The summary of a step on GitHub: added to what is there, and never more than GitHub shows."""

from __future__ import annotations

import pytest

from tests.plugin.project import Project, completion


@pytest.fixture
def summary(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project whose runs GitHub shows."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(project.root / "summary.md"))
    return project


def shown(project: Project) -> str:
    return (project.root / "summary.md").read_text("utf-8")


def test_each_run_adds_its_report(summary: Project) -> None:
    (summary.root / "summary.md").write_text("# What another tool said\n", encoding="utf-8")
    summary.record()
    summary.answer(completion(text="<script>alert(1)</script>"))

    summary.run("--pc-live")

    text = shown(summary)
    assert text.startswith("# What another tool said\n## ✓ Prompt contracts: All 2 cells keep their contracts.\n")
    assert "## ✗ Prompt contracts: 2 of 2 cells broke their contract" in text
    assert "```text\n<script>alert(1)</script>\n```" in text


def test_workers_add_one_report(summary: Project) -> None:
    summary.run("-n2", "--pc-live")

    assert shown(summary).count("## ") == 1


def test_a_run_without_a_cell_adds_nothing(summary: Project) -> None:
    summary.run("-k", "nothing")

    assert not (summary.root / "summary.md").exists()


def test_it_stays_below_the_limit(summary: Project) -> None:
    (summary.root / "summary.md").write_text("x" * (900 * 1024 - 700), encoding="utf-8")
    summary.answer(completion(text="ü" * 5000))

    result = summary.run("--pc-live")

    assert (summary.root / "summary.md").stat().st_size <= 900 * 1024
    result.assert_outcomes(failed=2)


def test_a_file_that_cannot_be_written_is_told_and_changes_no_verdict(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(project.root / "none/summary.md"))

    result = project.run("--pc-live")

    assert result.ret == 0
    result.stdout.fnmatch_lines(["*GITHUB_STEP_SUMMARY: *none/summary.md cannot be written: No such file or directory"])
