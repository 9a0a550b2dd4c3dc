"""Tests that state a contract, run several times for one verdict: each trial with fixtures, one cell in the report."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count

import pytest

from tests.plugin.project import Project, completion, provider_error
from tests.plugin.test_contract_fixture import record, run, write_tests
from tests.transport.loopback import Answer, Asked

GREETS = """
@pytest.fixture
def fresh(request):
    print("FRESH")
    yield []
    print("GONE")

@pytest.mark.prompt_contract(trials=4, require={require})
def test_greets(prompt_contract, fresh):
    assert fresh == []
    fresh.append(prompt_contract.trial)
    with prompt_contract.provider("house:small") as provider:
        ask(provider.base_url, "Hi")
    prompt_contract.expect(provider, text="Hello.")
"""


def alternating(*texts: str) -> Callable[[Asked], Answer]:
    numbers = count()
    return lambda _asked: completion(text=texts[next(numbers) % len(texts)])


@pytest.fixture
def tests(project: Project) -> Project:
    for path in (project.root / "cases").iterdir():
        path.unlink()
    write_tests(project, GREETS.replace("{require}", "{'rate': 0.5}"))
    return project


def test_each_trial_has_its_own_fixtures_and_all_have_one_report(tests: Project) -> None:
    tests.answer(alternating("Hello.", "Bye."))

    result = run(tests, "--pc-record=once", "--pc-report=report.json", "-s")

    result.assert_outcomes(passed=1)
    assert result.stdout.str().count("FRESH") == result.stdout.str().count("GONE") == 4
    (cell,) = json.loads((tests.root / "report.json").read_text())["results"]
    assert cell["id"] == "tests/test_bot.py::test_greets"
    assert [trial["verdict"] for trial in cell["trials"]] == ["passed", "failed", "passed", "failed"]
    assert cell["verdict"] == "passed"
    assert tests.cassettes == ["tests/test_bot/test_greets/house/small.yaml"]
    tests.answer(provider_error(500))
    run(tests).assert_outcomes(passed=1)


def test_too_few_trials_that_hold_are_a_failure(tests: Project) -> None:
    write_tests(tests, GREETS.replace("{require}", "3"))
    tests.answer(alternating("Hello.", "Bye."))

    result = run(tests, "--pc-record=once")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*2 of 4*", "*again      pytest tests/test_bot.py::test_greets"])


def test_a_requirement_that_can_never_hold_is_told(tests: Project) -> None:
    write_tests(tests, GREETS.replace("{require}", "9"))

    result = run(tests, "--pc-record=once")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*PC122*"])


def test_a_trial_in_error_makes_the_cell_one_unless_some_are_tolerated(tests: Project) -> None:
    answers = [completion(text="Hello."), provider_error(500), completion(text="Hello."), completion(text="Hello.")]
    numbers = count()
    tests.answer(lambda _asked: answers[next(numbers) % 4])

    result = run(tests, "--pc-live", "--pc-report=report.json")

    result.assert_outcomes(failed=1)
    (cell,) = json.loads((tests.root / "report.json").read_text())["results"]
    assert [trial["verdict"] for trial in cell["trials"]] == ["passed", "error", "passed", "passed"]
    assert cell["verdict"] == "error"
    write_tests(tests, GREETS.replace("{require}", "{'rate': 0.5, 'errors': 1}"))
    run(tests, "--pc-live").assert_outcomes(passed=1)


def test_what_a_trial_itself_finds_wrong_fails_the_test_with_its_traceback(tests: Project) -> None:
    tests.answer(completion(text="Hello."))
    write_tests(tests, GREETS.replace("{require}", "1") + "    assert prompt_contract.trial != 3, 'not the third'\n")

    result = run(tests, "--pc-record=once")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *not the third*"])


def test_a_missing_trial_is_told_with_the_command_that_records_it(tests: Project) -> None:
    result = run(tests)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*PC201*", "  record  pytest tests/test_bot.py::test_greets --pc-record=rewrite"])


def test_the_run_may_say_how_many_trials(tests: Project) -> None:
    write_tests(
        tests,
        """
        @pytest.mark.parametrize("word", ["a", "b"])
        def test_greets(prompt_contract, word):
            with prompt_contract.provider("house:small") as provider:
                ask(provider.base_url, word)
            prompt_contract.expect(provider, text="Hello.")
        """,
    )
    tests.answer(completion(text="Hello."))

    result = run(tests, "--pc-record=once", "--pc-trials=3", "--pc-report=report.json", "-v")

    result.assert_outcomes(passed=2)
    cells = json.loads((tests.root / "report.json").read_text())["results"]
    assert [(cell["id"], len(cell["trials"])) for cell in cells] == [
        ("tests/test_bot.py::test_greets[a]", 3),
        ("tests/test_bot.py::test_greets[b]", 3),
    ]
    run(tests, "--pc-trials=3", "-n", "2").assert_outcomes(passed=2)


def test_a_skipped_test_is_skipped_once(tests: Project) -> None:
    write_tests(
        tests, GREETS.replace("{require}", "1").replace("@pytest.mark.prompt", "@pytest.mark.skip\n@pytest.mark.prompt")
    )

    run(tests).assert_outcomes(skipped=1)


def test_trials_with_models_and_rows_keep_the_ids_of_cells(tests: Project) -> None:
    write_tests(
        tests,
        """
        @pytest.mark.prompt_contract(model="house:small", rows=[{"id": "x", "word": "Hi"}], trials=2)
        def test_greets(prompt_contract):
            with prompt_contract.provider() as provider:
                ask(provider.base_url, prompt_contract.row["word"])
            prompt_contract.expect(provider, text="Hello.")
        """,
    )
    tests.answer(completion(text="Hello."))
    record(tests)

    result = tests.pytester.runpytest("tests/test_bot.py::test_greets[x-house:small]")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["house:small*1/1*"])


@pytest.mark.parametrize("option", ["--setup-only", "--setup-plan", "--collect-only"])
def test_a_rehearsal_asks_nobody(tests: Project, option: str) -> None:
    asked: list[Asked] = []

    def answer(one: Asked) -> Answer:
        asked.append(one)
        return completion(text="Hello.")

    tests.answer(answer)

    run(tests, "--pc-record=once", option)

    assert asked == []
    assert tests.cassettes == []
