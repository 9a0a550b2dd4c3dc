"""The fixture `prompt_contract` beside other plugins and kinds of tests. What is not installed is skipped."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.plugin.project import Project, completion
from tests.plugin.test_contract_fixture import run, write_tests
from tests.plugin.test_workers import KILLER

ASYNC = """
import asyncio

{mark}
{trials}
async def test_greets(prompt_contract):
    with prompt_contract.provider("house:small") as provider:
        replies = await asyncio.gather(*(asyncio.to_thread(ask, provider.base_url, word) for word in ("a", "b")))
    prompt_contract.expect(provider, text="Hello.", requests={{"$len": 2}})
"""
GREETS = """
    with prompt_contract.provider("house:small") as provider:
        ask(provider.base_url, "Hi")
    prompt_contract.expect(provider, text="Hello.")
"""


@pytest.fixture
def tests(project: Project) -> Project:
    for path in (project.root / "cases").iterdir():
        path.unlink()
    project.answer(completion(text="Hello."))
    return project


def verdicts(project: Project, *arguments: str) -> list[tuple[str, str]]:
    run(project, "--pc-report=report.json", *arguments)
    results = json.loads((project.root / "report.json").read_text())["results"]
    return [(cell["id"].partition("::")[2], cell["verdict"]) for cell in results]


@pytest.mark.parametrize("trials", ["", "@pytest.mark.prompt_contract(trials=2)"], ids=["once", "twice"])
@pytest.mark.parametrize(
    ("plugin", "mark"),
    [("anyio", "@pytest.mark.anyio"), ("pytest_asyncio", "@pytest.mark.asyncio")],
    ids=["anyio", "asyncio"],
)
def test_an_async_test_asks_from_its_loop(tests: Project, plugin: str, mark: str, trials: str) -> None:
    pytest.importorskip(plugin)
    switch = ("-p", plugin.removeprefix("pytest_"))
    backend = '@pytest.fixture\ndef anyio_backend():\n    return "asyncio"\n'
    write_tests(tests, backend + ASYNC.format(mark=mark, trials=trials))

    assert run(tests, "--pc-record=once", *switch).ret == 0

    assert verdicts(tests, *switch) == [("test_greets", "passed")]


def test_a_parametrized_test_has_a_cell_and_a_recording_for_each_parameter(tests: Project) -> None:
    write_tests(
        tests,
        """
        @pytest.mark.parametrize("word", ["a", "b/c"])
        @pytest.mark.prompt_contract(model="house:small")
        def test_greets(prompt_contract, word):
            with prompt_contract.provider() as provider:
                ask(provider.base_url, word)
            prompt_contract.expect(provider, text="Hello.")
        """,
    )
    run(tests, "--pc-record=once")

    assert verdicts(tests) == [(f"test_greets[{word}-house:small]", "passed") for word in ("a", "b/c")]
    assert tests.cassettes == [f"tests/test_bot/test_greets/{word}/house/small.yaml" for word in ("a", "b__c")]


def test_methods_of_classes_and_their_fixtures(tests: Project) -> None:
    write_tests(
        tests,
        f"""
class TestBot:
    @pytest.fixture(scope="class")
    def word(self):
        return "Hi"

    @pytest.fixture
    def provider(self, prompt_contract):
        with prompt_contract.provider("house:small") as provider:
            yield provider

    def test_greets(self, prompt_contract, provider, word):
        ask(provider.base_url, word)
        prompt_contract.expect(provider, text="Hello.")

    class TestInner:
        def test_greets(self, prompt_contract):
{GREETS.replace(chr(10) + "    ", chr(10) + "            ")}
""",
    )
    run(tests, "--pc-record=once")

    assert verdicts(tests) == [("TestBot::test_greets", "passed"), ("TestBot::TestInner::test_greets", "passed")]
    assert tests.cassettes == [f"tests/test_bot/{name}/house/small.yaml" for name in CLASS_FOLDERS]


CLASS_FOLDERS = ("TestBot__TestInner__test_greets", "TestBot__test_greets")


def test_a_unittest_case_takes_it_by_a_fixture_of_its_own(tests: Project) -> None:
    write_tests(
        tests,
        """
        import unittest

        class TestBot(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def contract(self, prompt_contract):
                self.prompt_contract = prompt_contract

            def test_greets(self):
                with self.prompt_contract.provider("house:small") as provider:
                    ask(provider.base_url, "Hi")
                self.prompt_contract.expect(provider, text="Hello.")

            def test_says_nothing(self):
                pass
        """,
    )

    result = run(tests, "--pc-record=once")

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*FAILED *TestBot::test_says_nothing*states no contract*"])


def test_a_subtest_that_breaks_its_contract_breaks_the_cell(tests: Project) -> None:
    if not hasattr(pytest, "Subtests"):
        pytest.skip("this pytest has no subtests of its own")
    write_tests(
        tests,
        """
        def test_greets(prompt_contract, subtests):
            with prompt_contract.provider("house:small") as provider:
                ask(provider.base_url, "Hi")
            for text in ("Hello.", "Bye."):
                with subtests.test(text=text):
                    prompt_contract.expect(provider, text=text)
        """,
    )

    run(tests, "--pc-record=once")

    assert verdicts(tests) == [("test_greets", "failed")]
    assert run(tests).ret == 1


def test_a_rerun_replaces_what_came_before(tests: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pytest_rerunfailures")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:hypothesispytest -p no:randomly")
    write_tests(
        tests, f"TRIES = []\ndef test_greets(prompt_contract):{GREETS}    TRIES.append(1)\n    assert len(TRIES) > 1\n"
    )

    run(tests, "--pc-record=once", "--reruns=1").assert_outcomes(passed=1)

    assert verdicts(tests, "--reruns=2") == [("test_greets", "passed")]


def test_a_random_order_changes_neither_ids_nor_recordings(tests: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pytest_randomly")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:hypothesispytest")
    names = [f"test_{number}" for number in range(6)]
    write_tests(tests, "".join(f"def {name}(prompt_contract):{GREETS}\n" for name in names))
    run(tests, "--pc-record=once", "-p", "no:randomly")

    assert sorted(verdicts(tests, "--randomly-seed=3")) == [(name, "passed") for name in names]


def test_an_expected_failure_is_told_as_such(tests: Project) -> None:
    write_tests(
        tests,
        f"@pytest.mark.xfail(reason='not yet')\ndef test_greets(prompt_contract):{GREETS}".replace("Hello", "Bye"),
    )

    result = run(tests, "--pc-record=once", "--pc-report=report.json")

    result.assert_outcomes(xfailed=1)
    (cell,) = json.loads((tests.root / "report.json").read_text())["results"]
    assert (cell["verdict"], cell["xfail"]) == ("failed", "not yet")


LOST = f"""
@pytest.mark.prompt_contract(model="house:small", rows=[{{"id": "a"}}, {{"id": "b"}}])
def test_marked(prompt_contract):
    with prompt_contract.provider() as provider:
        ask(provider.base_url, prompt_contract.row["id"])
    prompt_contract.expect(provider, text="Hello.")

def test_unmarked(prompt_contract):{GREETS}

@pytest.mark.prompt_contract(model="house:small", trials=2)
def test_again(prompt_contract):{GREETS}

def test_other():
    pass
"""


@pytest.mark.parametrize(
    ("hook", "name", "lost"),
    [
        ("runtest_call", "test_marked[b-", "test_marked[b-house:small]"),
        ("runtest_call", "test_again[house:small#2]", "test_again[house:small]"),
    ],
    ids=["cell", "trials"],
)
def test_the_cell_of_a_test_whose_worker_dies_is_an_error(tests: Project, hook: str, name: str, lost: str) -> None:
    write_tests(tests, LOST)
    run(tests, "--pc-record=once", "-n0")
    whole = {cell["id"]: cell for cell in report_of(tests, "-n0")["results"]}
    with (tests.root / "conftest.py").open("a") as file:
        file.write(KILLER.format(hook=hook, name=name))

    result = run(tests, "-n2", "--pc-report=report.json")

    result.assert_outcomes(passed=4, errors=1)
    found = {cell["id"]: cell for cell in json.loads((tests.root / "report.json").read_text())["results"]}
    id_ = f"tests/test_bot.py::{lost}"
    told = ("id", "path", "case", "row", "provider", "model", "cassette", "requirement", "place")
    assert list(found) == list(whole)
    assert {key: found[id_][key] for key in told} == {key: whole[id_][key] for key in told}
    assert (found[id_]["verdict"], found[id_]["problem"]["code"]) == ("error", "PC340")
    assert {cell["verdict"] for key, cell in found.items() if key != id_} == {"passed"}
    shown = lost.replace("[", "[[]")
    result.stdout.fnmatch_lines(
        [
            "tests/test_bot.py:*  PC340 the worker died while this test ran, so there is no verdict on the model",
            f"  again      pytest *{shown}*",
            f"ERROR tests/test_bot.py::{shown} - PC340 *",
        ]
    )


@pytest.mark.parametrize("hook", ["runtest_call", "runtest_setup"])
def test_a_test_whose_worker_dies_is_never_a_gap_though_nobody_knows_its_model(tests: Project, hook: str) -> None:
    write_tests(tests, LOST)
    run(tests, "--pc-record=once", "-n0")
    with (tests.root / "conftest.py").open("a") as file:
        file.write(KILLER.format(hook=hook, name="test_unmarked"))

    run(tests, "-n2", "--pc-report=report.json").assert_outcomes(passed=4, errors=1)

    report = json.loads((tests.root / "report.json").read_text())
    assert [one["id"] for one in report["broken"]] == ["tests/test_bot.py::test_unmarked"]
    assert "the worker died" in report["broken"][0]["message"]
    assert len(report["results"]) == 3


def test_other_tests_whose_worker_dies_are_none_of_ours(tests: Project) -> None:
    write_tests(tests, LOST)
    run(tests, "--pc-record=once", "-n0")
    with (tests.root / "conftest.py").open("a") as file:
        file.write(KILLER.format(hook="runtest_call", name="test_other"))

    run(tests, "-n2", "--pc-report=report.json").assert_outcomes(passed=4, failed=1)

    report = json.loads((tests.root / "report.json").read_text())
    assert (report["broken"], len(report["results"])) == ([], 4)


def report_of(project: Project, *arguments: str) -> dict[str, Any]:
    run(project, "--pc-report=report.json", *arguments)
    report: dict[str, Any] = json.loads((project.root / "report.json").read_text())
    return report


def test_a_fixture_of_a_class_is_made_once_for_all_trials(tests: Project) -> None:
    write_tests(
        tests,
        """
        class TestBot:
            @pytest.fixture(scope="class")
            def numbers(self):
                return []

            @pytest.mark.prompt_contract(model="house:small", trials=3)
            def test_greets(self, prompt_contract, numbers):
                numbers.append(prompt_contract.trial)
                with prompt_contract.provider() as provider:
                    ask(provider.base_url, "Hi")
                prompt_contract.expect(provider, text="Hello.")

            def test_was_asked(self, numbers):
                assert numbers == [1, 2, 3]
        """,
    )

    run(tests, "--pc-record=once").assert_outcomes(passed=2)


def test_a_test_of_several_trials_is_not_run_again(tests: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pytest_rerunfailures")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:hypothesispytest -p no:randomly")
    mark = "@pytest.mark.prompt_contract(trials=2)"
    body = f"{GREETS}    TRIES.append(1)\n    assert 0\n"
    count = "def test_tries():\n    assert len(TRIES) == 2\n"
    write_tests(tests, f"TRIES = []\n{mark}\ndef test_greets(prompt_contract):{body}\n{count}")

    run(tests, "--pc-record=once", "--reruns=2").assert_outcomes(passed=1, failed=1)
