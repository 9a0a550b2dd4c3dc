"""Verdicts on real and spoiled answers of real models, beside those of the leaderboard's own checker."""

from __future__ import annotations

import json
from typing import Any

import pytest

from prompt_contracts.cli import main
from tests import bfcl

OUTPUTS = bfcl.read_lines("outputs.jsonl")
pytestmark = pytest.mark.skipif(not OUTPUTS, reason=f"the leaderboard's data is not at {bfcl.FOLDER.name}/")


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """One verdict for each record, in their order, by the command that users have."""
    root = tmp_path_factory.mktemp("bfcl")
    cases, lines, out = root / "bfcl.yaml", root / "replies.jsonl", root / "verdicts.jsonl"
    cases.write_text(json.dumps(bfcl.case_file(bfcl.read_lines("tasks.jsonl")), indent=1), encoding="utf-8")
    lines.write_text("\n".join(bfcl.replies(OUTPUTS, path="bfcl.yaml")) + "\n", encoding="utf-8")
    code = main(["judge", str(cases), "--replies", str(lines), "--out", str(out), "--root", str(root)])
    assert code == 1  # some are wrong, and none of them is a usage error
    return [json.loads(line) for line in out.read_text("utf-8").splitlines()]


def disagreements(verdicts: list[dict[str, Any]], *, synthetic: bool) -> list[str]:
    """The records without a known peculiarity on which the two checkers differ."""
    return [
        f"{record['id']}: {verdict['verdict']}, by the leaderboard {record['bfcl_valid']}"
        for record, verdict in zip(OUTPUTS, verdicts, strict=True)
        if record["quirk"] is None
        and (record["model"] == "synthetic") is synthetic
        and (verdict["verdict"] == "passed") is not record["bfcl_valid"]
    ]


def test_every_record_gets_a_verdict(verdicts: list[dict[str, Any]]) -> None:
    assert len(verdicts) == len(OUTPUTS)


def test_only_a_task_that_accepts_no_value_at_all_is_refused(verdicts: list[dict[str, Any]]) -> None:
    refused = {record["id"] for record, verdict in zip(OUTPUTS, verdicts, strict=True) if verdict["verdict"] == "error"}

    unsatisfiable = {task["id"] for task in bfcl.read_lines("tasks.jsonl") if bfcl.accepts_nothing(task)}
    assert refused == unsatisfiable


@pytest.mark.parametrize("synthetic", [False, True], ids=["real models", "spoiled answers"])
def test_the_verdicts_are_those_of_the_leaderboard(verdicts: list[dict[str, Any]], synthetic: bool) -> None:
    assert disagreements(verdicts, synthetic=synthetic) == []


def test_real_models_are_judged_alike_even_with_the_peculiarities_counted(verdicts: list[dict[str, Any]]) -> None:
    pairs = [
        (verdict["verdict"] == "passed") is record["bfcl_valid"]
        for record, verdict in zip(OUTPUTS, verdicts, strict=True)
        if record["model"] != "synthetic"
    ]

    assert sum(pairs) / len(pairs) >= 0.998


def test_every_failure_names_its_place(verdicts: list[dict[str, Any]]) -> None:
    failed = [verdict for verdict in verdicts if verdict["verdict"] == "failed"]
    failures = [failure for verdict in failed for failure in verdict["failures"]]

    assert failures
    assert all(failure["location"].startswith("bfcl.yaml:") for failure in failures)
    assert all(failure["path"] and failure["expected"] and failure["got"] for failure in failures)
