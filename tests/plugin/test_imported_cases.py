"""Cases that were imported, run against a provider: the verdicts are those that their old tool would give."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from prompt_contracts.cli import main
from tests.plugin.project import Project, completion
from tests.transport.loopback import Answer, Asked

CONFIGURATIONS = Path(__file__).parents[1] / "exchange" / "configurations"


def imported(project: Project, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The case file of a configuration alone, for the provider on the loopback."""
    monkeypatch.setenv("OPENAI_BASE_URL", project.server.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "not-a-key-of-anybody")
    monkeypatch.chdir(project.root)
    shutil.rmtree(project.root / "cases")
    main(["import", "promptfoo", str(CONFIGURATIONS / name / "promptfooconfig.yaml")])


def test_tables_and_lists_are_asked_and_judged_row_by_row(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    imported(project, "city_matrix", monkeypatch)
    asked: list[str] = []

    def answer(request: Asked) -> Answer:
        body = json.loads(request.body)
        asked.append(body["messages"][0]["content"])
        assert (body["temperature"], body["max_tokens"]) == (0, 1024)
        return completion(text="NO: Oslo lies by the sea, 12 km")

    project.answer(answer)

    report = project.report("--pc-live")

    # promptfoo: `no` and Oslo hold all three assertions, with either prompt; nothing else holds what it must.
    passed = [cell["id"].partition("::")[2] for cell in report["results"] if cell["verdict"] == "passed"]
    assert passed == [
        f"every_city_in_every_language[no_oslo-{prompt}-openai:gpt-4.1-mini]" for prompt in ("ask", "ask_2")
    ]
    assert len(report["results"]) == 14
    assert "In no: tell me of Oslo.\nUse numbers." in asked
    assert "Oslo? (no) Use numbers." in asked
    assert "yes? (on) " in asked


def test_weights_repeats_and_scenarios_are_judged_alike(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    imported(project, "house_rules", monkeypatch)
    project.answer_text("wet snow")

    report = project.report("--pc-live")

    # Of 5 in weights, calm (1) and wet (2) make 0.6. Snow is in two tests, and twelve words hold it.
    verdicts = {cell["case"]: cell["verdict"] for cell in report["results"]}
    assert verdicts == {
        "weighs_its_assertions": "passed",
        "is_graded_by_a_model": "passed",
        "topics": "passed",
        "topics_2": "passed",
        "topics_3": "failed",
        "topics_4": "passed",
    }
    assert {len(cell["trials"]) for cell in report["results"]} == {2}


def test_a_provider_in_trouble_is_an_error_and_no_pass(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    imported(project, "travel_tools", monkeypatch)
    project.answer(Answer(status=500, body=b"{}"))

    report = project.report("--pc-live")

    assert {cell["verdict"] for cell in report["results"]} == {"error"}
