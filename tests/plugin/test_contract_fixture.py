"""The fixture `prompt_contract`: contracts of ordinary tests, recorded, replayed and reported as those of YAML."""

from __future__ import annotations

import json
from textwrap import dedent

import pytest

from tests.plugin.project import Project, completion, provider_error

BOT = """
import json, urllib.request

def ask(base_url, question, model="small"):
    body = json.dumps({"model": model, "messages": [{"role": "user", "content": question}]}).encode()
    request = urllib.request.Request(base_url + "/chat/completions", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as response:
        message = json.load(response)["choices"][0]["message"]
    calls = message.get("tool_calls") or []
    return message["content"] or f"{len(calls)} calls"
"""
HEAD = "from bot import ask\nimport pytest\n"
ASKS = """
def test_weather(prompt_contract):
    with prompt_contract.provider("house:small") as provider:
        reply = ask(provider.base_url, "Will it rain in Oslo?")
    prompt_contract.expect(provider, tool_calls=[{"get_weather": {"city": "Oslo"}}])
"""


def write_tests(project: Project, text: str, *, name: str = "test_bot") -> None:
    """A module of tests beside a bot."""
    (project.root / "bot.py").write_text(BOT)
    (project.root / "conftest.py").write_text(
        "import sys, pathlib\nsys.path.insert(0, str(pathlib.Path(__file__).parent))\n"
    )
    folder = project.root / "tests"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.py").write_text(HEAD + dedent(text))


@pytest.fixture
def tests(project: Project) -> Project:
    """A project with tests in Python only."""
    for path in (project.root / "cases").iterdir():
        path.unlink()
    write_tests(project, ASKS)
    return project


def run(project: Project, *arguments: str) -> pytest.RunResult:
    return project.pytester.runpytest("tests", *arguments)


def record(project: Project) -> None:
    result = run(project, "--pc-record=rewrite")
    assert result.ret == 0, result.stdout.str()


def test_a_test_is_recorded_and_replayed_without_asking_anybody(tests: Project) -> None:
    record(tests)
    assert tests.cassettes == ["tests/test_bot/test_weather/house/small.yaml"]
    tests.answer(provider_error(500))

    result = run(tests)

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["prompt-contracts: replay*", "house:small * 1/1 *"])


def test_a_broken_contract_is_a_failure_with_the_text_of_a_cell(tests: Project) -> None:
    record(tests)
    write_tests(tests, ASKS.replace('{"city": "Oslo"}', '{"city": "Lima"}'))

    result = run(tests, "--pc-report=report.json")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            'tests/test_bot.py:7  tool_calls[[]0].arguments.city: expected "Lima", got "Oslo"',
            "*replayed   cassettes/tests/test_bot/test_weather/house/small.yaml*",
            "*again      pytest tests/test_bot.py::test_weather",
            "FAILED tests/test_bot.py::test_weather - tool_calls*",
        ]
    )
    assert "Traceback" not in result.stdout.str()
    report = json.loads((tests.root / "report.json").read_text())
    (cell,) = report["results"]
    assert (cell["id"], cell["verdict"]) == ("tests/test_bot.py::test_weather", "failed")
    assert cell["trials"][0]["failures"][0]["location"]["line"] == 7


def test_a_missing_recording_is_told_whatever_the_application_made_of_it(tests: Project) -> None:
    write_tests(
        tests,
        """
        def test_bot(prompt_contract):
            with prompt_contract.provider("house:small") as provider:
                try:
                    ask(provider.base_url, "Hi")
                except Exception:
                    pass
            prompt_contract.expect(provider, text="a fallback")

        def test_crashing_bot(prompt_contract):
            with prompt_contract.provider("house:small") as provider:
                ask(provider.base_url, "Hi")
        """,
    )

    result = run(tests, "--pc-report=report.json")

    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        [
            "*PC201*",
            "  record  pytest tests/test_bot.py::test_bot --pc-record=rewrite",
            "  record  pytest tests/test_bot.py::test_crashing_bot --pc-record=rewrite",
        ]
    )
    cells = json.loads((tests.root / "report.json").read_text())["results"]
    assert [(cell["verdict"], cell["problem"]["code"]) for cell in cells] == [("error", "PC201")] * 2


def test_a_changed_question_is_a_stale_recording(tests: Project) -> None:
    record(tests)
    write_tests(tests, ASKS.replace("Oslo?", "Lima?"))

    result = run(tests)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*PC202*"])


def test_a_contract_that_is_never_stated_fails_the_test(tests: Project) -> None:
    write_tests(
        tests,
        """
        def test_asks(prompt_contract):
            with prompt_contract.provider("house:small") as provider:
                ask(provider.base_url, "Hi")

        def test_nothing(prompt_contract):
            pass
        """,
    )

    result = run(tests, "--pc-record=once", "--pc-report=report.json")

    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*the test states no contract: it never calls prompt_contract.expect*"])
    report = json.loads((tests.root / "report.json").read_text())
    assert [(cell["verdict"], cell["problem"]["code"]) for cell in report["results"]] == [("error", "unstated")]
    assert len(report["broken"]) == 1


def test_a_provider_that_was_never_asked_is_an_error_unless_the_test_says_so(tests: Project) -> None:
    write_tests(
        tests,
        """
        def test_idle(prompt_contract):
            with prompt_contract.provider("house:small") as provider:
                pass
            prompt_contract.expect(provider, reply="cached", text="cached")

        def test_idle_on_purpose(prompt_contract):
            with prompt_contract.provider("house:small") as provider:
                pass
            prompt_contract.expect(provider, reply="cached", text="cached", requests=[])
        """,
    )

    result = run(tests)

    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["*the provider was never asked*", "FAILED tests/test_bot.py::test_idle *"])


def test_a_failing_provider_is_an_error_in_the_report_and_is_not_recorded(tests: Project) -> None:
    tests.answer(provider_error(500))

    result = run(tests, "--pc-record=once", "--pc-report=report.json")

    result.assert_outcomes(failed=1)
    (cell,) = json.loads((tests.root / "report.json").read_text())["results"]
    assert (cell["verdict"], cell["trials"][0]["error"]["kind"]) == ("error", "server")
    assert tests.cassettes == []


def test_a_fault_is_injected_and_an_expected_error_is_judged(tests: Project) -> None:
    record(tests)
    write_tests(
        tests,
        """
        def test_weather(prompt_contract):
            with prompt_contract.provider("house:small", fault={"status": 429, "times": 1}) as provider:
                with pytest.raises(Exception, match="429"):
                    ask(provider.base_url, "Will it rain in Oslo?")
                ask(provider.base_url, "Will it rain in Oslo?")
            prompt_contract.expect(provider, error={"kind": "rate_limit", "outcome": "recovered"}, requests={"$len": 2})

        def test_surfaced(prompt_contract):
            with prompt_contract.provider("house:small", fault={"status": 429}) as provider:
                with pytest.raises(Exception, match="429"):
                    ask(provider.base_url, "Hi")
            prompt_contract.expect(provider, error={"kind": "rate_limit"})
        """,
    )

    result = run(tests)

    result.assert_outcomes(passed=2)


def test_a_reply_of_the_application_is_judged_in_place_of_the_answer(tests: Project) -> None:
    text = ASKS.replace("provider, tool_calls", "provider, reply=reply, text={'$contains': '1 calls'}, tool_calls")
    write_tests(tests, text)

    record(tests)


def test_a_typing_mistake_is_told_with_its_place(tests: Project) -> None:
    write_tests(tests, ASKS.replace("tool_calls=", "tool_cals="))

    result = run(tests, "--pc-record=once")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["tests/test_bot.py:7:* PC101 unknown facet 'tool_cals'", "help: did you mean 'tool_calls'?"]
    )


def test_mistakes_in_how_the_fixture_is_used_are_told(tests: Project) -> None:
    write_tests(
        tests,
        """
        def test_no_model(prompt_contract):
            prompt_contract.provider()

        def test_unknown_provider(prompt_contract):
            prompt_contract.provider("hause:small")

        def test_two(prompt_contract):
            prompt_contract.provider("house:small")
            prompt_contract.provider("house:small")

        def test_wrong_fault(prompt_contract):
            prompt_contract.provider("house:small", fault={"stats": 429})

        def test_late(prompt_contract):
            with prompt_contract.provider("house:small") as provider:
                ask(provider.base_url, "Hi")
                prompt_contract.expect(provider, tool_calls="some")
                ask(provider.base_url, "Hi again")
        """,
    )

    result = run(tests, "--pc-record=once")

    result.assert_outcomes(failed=5)
    result.stdout.fnmatch_lines(
        [
            "*no model: give provider('provider:model')*",
            "*PC123*",
            "*this test has a provider already*",
            "*PC101*'stats'*",
            "*the provider was asked 1 more time after the last contract was stated*",
        ]
    )


def test_what_the_test_itself_finds_wrong_makes_its_cell_no_pass(tests: Project) -> None:
    write_tests(tests, ASKS + "    assert reply == 'sunny'\n")

    result = run(tests, "--pc-record=once", "--pc-report=report.json")

    result.assert_outcomes(failed=1)
    (cell,) = json.loads((tests.root / "report.json").read_text())["results"]
    assert (cell["verdict"], cell["problem"]["code"]) == ("error", "test_failed")
    assert len(tests.cassettes) == 1


def test_a_broken_contract_that_a_test_swallows_fails_it_all_the_same(tests: Project) -> None:
    write_tests(
        tests,
        """
        def test_weather(prompt_contract):
            with prompt_contract.provider("house:small") as provider:
                ask(provider.base_url, "Will it rain in Oslo?")
            with pytest.raises(AssertionError):
                prompt_contract.expect(provider, tool_calls="none")
        """,
    )

    run(tests, "--pc-record=once").assert_outcomes(failed=1)


def test_a_contract_that_holds_does_not_make_good_a_broken_one_that_was_swallowed(tests: Project) -> None:
    write_tests(
        tests,
        """
        def test_weather(prompt_contract):
            with prompt_contract.provider("house:small") as provider:
                ask(provider.base_url, "Rain?")
            try:
                prompt_contract.expect(provider, tool_calls="none")
            except AssertionError:
                pass
            prompt_contract.expect(provider, tool_calls="some")
        """,
    )

    result = run(tests, "--pc-record=once")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["tests/test_bot.py:*tool_calls: expected *"])


def test_a_recording_run_does_not_say_that_tests_in_python_ask_nothing(tests: Project) -> None:
    result = run(tests, "--pc-record=once")

    result.stdout.fnmatch_lines(["prompt-contracts: record (once); what 1 test in Python may ask, only its run tells"])


def test_a_mark_makes_a_cell_of_each_row_and_model(tests: Project) -> None:
    write_tests(
        tests,
        """
        @pytest.mark.prompt_contract(
            model=["house:small", "house:large"], rows=[{"id": "oslo", "city": "Oslo"}, {"id": "lima", "city": "Lima"}]
        )
        def test_weather(prompt_contract):
            with prompt_contract.provider() as provider:
                ask(provider.base_url, f"Will it rain in {prompt_contract.row['city']}?", model=provider.model)
            prompt_contract.expect(provider, tool_calls=[{"get_weather": {"city": prompt_contract.row["city"]}}])
        """,
    )
    record(tests)
    assert tests.cassettes == [
        f"tests/test_bot/test_weather/{city}/house/{size}.yaml"
        for city in ("lima", "oslo")
        for size in ("large", "small")
    ]

    result = run(tests, "-v", "--pc-report=report.json")

    ids = [
        f"tests/test_bot.py::test_weather[{city}-house:{size}]"
        for city in ("oslo", "lima")
        for size in ("small", "large")
    ]
    assert [cell["id"] for cell in json.loads((tests.root / "report.json").read_text())["results"]] == ids
    result.stdout.fnmatch_lines([f"{one.replace('[', '[[]')} PASSED*" for one in ids])
    tests.pytester.runpytest(ids[2]).assert_outcomes(passed=1)
    run(tests, "-m", "model(id='house:large')").assert_outcomes(passed=2, deselected=2)
    run(tests, "-k", "oslo and small").assert_outcomes(passed=1, deselected=3)
    run(tests, "--pc-model=house:small").assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("mark", "words"),
    [
        ("models=['house:small']", "unknown argument 'models'"),
        ("'house:small'", "its arguments are given by name"),
        ("model=5", "'model' takes 'provider:model' or a list of them, not 5"),
        ("rows=[{'id': 'a b'}]", "the id 'a b' of a row may hold"),
        ("rows=[{'id': 'a'}, {'id': 'a'}]", "two rows have the id 'a'"),
        ("rows=[{'a': 1}, {'b': 1}]", "all rows have the same keys"),
    ],
)
def test_a_wrong_mark_is_told_when_tests_are_collected(tests: Project, mark: str, words: str) -> None:
    write_tests(tests, f"@pytest.mark.prompt_contract({mark})\ndef test_a(prompt_contract): pass\n")

    result = run(tests)

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*{words.replace('[', '[[]')}*"])


def test_a_mark_without_the_fixture_is_told(tests: Project) -> None:
    write_tests(tests, "@pytest.mark.prompt_contract(model='house:small')\ndef test_a(): pass\n")

    run(tests).stdout.fnmatch_lines(["*is for tests that take the fixture prompt_contract*"])


def test_cells_of_tests_stand_beside_those_of_case_files(tests: Project) -> None:
    tests.write(
        greets="version: 1\nmodels: [house:small]\ncases: [{name: greets, user: 'Oslo?', expect: {tool_calls: some}}]"
    )
    everything = ("tests", "cases")
    assert tests.pytester.runpytest(*everything, "--pc-record=rewrite").ret == 0

    result = tests.pytester.runpytest(*everything, "-n", "2")

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["house:small * 2/2 *"])


def test_what_failed_is_run_again_by_pytest_s_own_options(tests: Project) -> None:
    record(tests)
    write_tests(tests, ASKS.replace('"Oslo"}', '"Lima"}') + ASKS.replace("test_weather", "test_other"))
    run(tests, "--pc-record=once")

    result = run(tests, "--lf")

    result.assert_outcomes(failed=1)


def test_live_neither_reads_nor_writes(tests: Project) -> None:
    result = run(tests, "--pc-live")

    result.assert_outcomes(passed=1)
    assert tests.cassettes == []


def test_properties_are_told_to_junit(tests: Project) -> None:
    record(tests)

    run(tests, "--junitxml=junit.xml")

    text = (tests.root / "junit.xml").read_text()
    assert '<property name="pc.model" value="small"' in text
    assert text.count("pc.cassette") == 1


def test_no_key_is_needed_to_replay_and_none_is_shown(tests: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    record(tests)
    monkeypatch.delenv("HOUSE_KEY")

    run(tests).assert_outcomes(passed=1)
    result = run(tests, "--pc-record=rewrite")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*PC301 key not set: HOUSE_KEY*"])


def test_the_recordings_of_tests_are_nobody_else_s(tests: Project) -> None:
    record(tests)
    tests.write(
        greets="""
        version: 1
        models: [house:small]
        cases: [{name: greets, user: "Will it rain in Oslo?", expect: {tool_calls: some}}]
        """
    )

    result = tests.run()

    result.stdout.fnmatch_lines(["*PC201*"])
    assert "move it" not in result.stdout.str()


def test_an_answer_is_recorded_though_its_contract_is_broken(tests: Project) -> None:
    tests.answer(completion(text="Sun."))

    run(tests, "--pc-record=once").assert_outcomes(failed=1)

    assert len(tests.cassettes) == 1


def test_an_agent_may_ask_several_models_of_its_provider(tests: Project) -> None:
    write_tests(
        tests,
        """
        def test_agent(prompt_contract):
            with prompt_contract.provider("house:small") as provider:
                plan = ask(provider.base_url, "Plan.", model="large")
                ask(provider.base_url, plan)
            prompt_contract.expect(
                provider, requests=[{"model": name, "messages": {"$len": 1}} for name in ("large", "small")]
            )
        """,
    )
    tests.answer(completion(text="Hello."))
    record(tests)

    run(tests).assert_outcomes(passed=1)


def test_a_second_provider_in_a_test_is_told_what_to_do_instead(tests: Project) -> None:
    write_tests(
        tests,
        """
        def test_two(prompt_contract):
            with prompt_contract.provider("house:small") as small, prompt_contract.provider("house:large") as large:
                ask(small.base_url, "Hi")
        """,
    )

    result = run(tests)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["tests/test_bot.py:5  this test has a provider already: *To compare models, name them *"]
    )
