"""The fixture `prompt_contract` beside other plugins and kinds of tests. What is not installed is skipped."""

from __future__ import annotations

import json

import pytest

from tests.plugin.project import Project, completion
from tests.plugin.test_contract_fixture import run, write_tests

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
