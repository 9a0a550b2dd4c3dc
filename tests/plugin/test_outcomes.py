"""What pytest says of cells: passed, failed, error, and nothing in between."""

from __future__ import annotations

import json

import pytest

from tests.plugin.project import KEY, WEATHER, Project, completion, provider_error
from tests.transport.loopback import Answer


def test_a_recorded_contract_passes_without_network_and_key(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.record()
    monkeypatch.delenv("HOUSE_KEY")
    project.server.close()

    result = project.run()

    result.assert_outcomes(passed=2)
    assert len(project.server.asked) == 2


def test_a_broken_contract_is_a_failure_with_the_verdict_on_its_first_line(project: Project) -> None:
    project.answer(completion(calls=(("search_flights", {"to": "Oslo"}),)))

    result = project.run("--pc-record=rewrite")

    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        [
            "cases/weather.yaml:15  tool_calls[[]0].name: expected get_weather, got search_flights",
            "*messages sent",
            "*Will it rain in Oslo?",
            "*in 20*out 5*$*",
            "*again      pytest 'cases/weather.yaml::picks_weather[[]oslo-house:small]'",
        ]
    )


def test_a_broken_contract_is_recorded_all_the_same(project: Project) -> None:
    project.answer(completion(text="No idea."))
    project.run("--pc-record=rewrite")

    result = project.run()

    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*replayed   cassettes/weather/picks_weather/oslo/house/small.yaml (*)"])


def test_a_failing_provider_is_an_error_and_no_failure(project: Project) -> None:
    project.answer(provider_error(503))

    result = project.run("--pc-record=rewrite")

    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["cases/weather.yaml:8  overloaded (HTTP 503): no"])
    assert project.cassettes == []


def test_a_failing_provider_leaves_the_old_recording(project: Project) -> None:
    project.record()
    project.answer(provider_error(500))
    project.run("--pc-record=rewrite")

    project.run().assert_outcomes(passed=2)


def test_an_unreachable_provider_is_an_error(project: Project) -> None:
    project.server.close()

    result = project.run("--pc-record=rewrite")

    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["cases/weather.yaml:8  connection: *"])


def test_an_expected_error_passes_and_is_replayed(project: Project) -> None:
    project.write(
        weather="""
        version: 1
        models: [house:small]
        cases:
          - name: wrong_key
            user: Hi
            expect:
              error: {kind: auth, status: 401}
        """
    )
    project.answer(provider_error(401, code="invalid_api_key"))
    project.record()
    project.server.close()

    project.run().assert_outcomes(passed=1)


def test_an_answer_where_an_error_was_expected_is_a_failure(project: Project) -> None:
    project.write(
        weather="""
        version: 1
        models: [house:small]
        cases:
          - {name: wrong_key, user: Hi, expect: {error: {kind: auth}}}
        """
    )
    project.answer(completion(text="Hello"))

    project.run("--pc-record=rewrite").assert_outcomes(failed=1)


def test_a_missing_recording_is_an_error_with_the_command_that_makes_it(project: Project) -> None:
    result = project.run()

    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(
        [
            "cases/weather.yaml:8  PC201 *",
            "*pytest 'cases/weather.yaml::picks_weather[[]oslo-house:small]' --pc-record=rewrite",
        ]
    )
    assert project.server.asked == []


def test_a_changed_prompt_makes_the_replay_an_error_that_shows_the_change(project: Project) -> None:
    project.record()
    project.write(weather=WEATHER.replace("Will it rain in", "Will it snow in"))
    asked = len(project.server.asked)

    result = project.run()

    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*PC202*", "*/messages/0/content*rain*snow*"])
    assert len(project.server.asked) == asked


def test_a_key_that_is_not_set_stops_a_recording_before_it_starts(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HOUSE_KEY")

    result = project.run("--pc-record=rewrite")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*PC301 key not set: HOUSE_KEY*"])
    assert project.server.asked == []


def test_a_key_may_stand_in_the_env_file(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOUSE_KEY")
    (project.root / ".env").write_text("HOUSE_KEY=from-the-env-file\n")

    project.record()

    assert project.server.asked[0].headers["authorization"] == "Bearer from-the-env-file"


def test_a_refused_key_is_named_and_never_shown(project: Project) -> None:
    project.answer(provider_error(401, code="invalid_api_key"))

    result = project.run("--pc-record=rewrite")

    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*PC302 key refused*HOUSE_KEY*"])
    assert KEY not in result.stdout.str()


def test_a_response_that_echoes_the_key_is_neither_written_nor_shown(project: Project) -> None:
    project.answer(completion(text=f"Your key is {KEY}."))

    result = project.run("--pc-record=rewrite", "--pc-report=report.json")

    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*PC203*HOUSE_KEY*"])
    assert project.cassettes == []
    assert KEY not in result.stdout.str() + (project.root / "report.json").read_text("utf-8")


def test_a_live_answer_that_echoes_the_key_is_shown_without_it(project: Project) -> None:
    project.answer(completion(text=f"Your key is {KEY}."))

    result = project.run("--pc-live", "--pc-report=report.json")

    result.assert_outcomes(failed=2)
    assert KEY not in result.stdout.str() + (project.root / "report.json").read_text("utf-8")


def test_a_live_run_neither_reads_nor_writes_recordings(project: Project) -> None:
    project.record()
    before = {name: (project.root / "cassettes" / name).read_bytes() for name in project.cassettes}
    asked = len(project.server.asked)

    project.run("--pc-live").assert_outcomes(passed=2)

    assert len(project.server.asked) == asked + 2
    assert {name: (project.root / "cassettes" / name).read_bytes() for name in project.cassettes} == before


def test_escape_sequences_of_an_answer_do_not_reach_the_terminal(project: Project) -> None:
    project.answer(completion(text="\x1b[2J\x1b]0;owned\x07 \u202egnp.exe"))

    result = project.run("--pc-record=rewrite", "--color=no")

    result.assert_outcomes(failed=2)
    assert "\x1b" not in result.stdout.str()
    assert "\u202e" not in result.stdout.str()


def test_an_xfail_accepts_a_broken_contract_and_no_provider_error(project: Project) -> None:
    project.write(weather=WEATHER.replace("    tags: [smoke]", "    xfail: the model is small"))
    project.answer(completion(text="No idea."))
    project.run("--pc-record=rewrite").assert_outcomes(xfailed=2)

    project.answer(provider_error(500))
    project.run("--pc-record=rewrite").assert_outcomes(errors=2)


def test_an_xfail_that_holds_is_a_failure(project: Project) -> None:
    project.write(weather=WEATHER.replace("    tags: [smoke]", "    xfail: the model is small"))

    project.run("--pc-record=rewrite").assert_outcomes(failed=2)


def test_a_skipped_case_is_not_asked(project: Project) -> None:
    project.write(weather=WEATHER.replace("    tags: [smoke]", "    skip: not now"))

    project.run("--pc-record=rewrite").assert_outcomes(skipped=2)
    assert project.server.asked == []


TRIALS = """
version: 1
models: [house:small]
cases:
  - name: coin
    user: Heads or tails?
    request: {seed: 1}
    trials: 4
    require: 2
    expect: {text: heads}
"""


def tossing(*faces: str) -> object:
    sides = iter(faces)
    return lambda asked: completion(text=next(sides))


def test_trials_pass_when_enough_of_them_do(project: Project) -> None:
    project.write(weather=TRIALS)
    project.answer(tossing("heads", "tails", "tails", "heads"))  # type: ignore[arg-type]
    project.record("--pc-concurrency=1")

    report = project.report()

    assert [trial["verdict"] for trial in report["results"][0]["trials"]] == [
        "passed",
        "failed",
        "failed",
        "passed",
    ]
    assert [json.loads(asked.body)["seed"] for asked in project.server.asked] == [1, 2, 3, 4]


def test_trials_fail_when_too_few_of_them_pass(project: Project) -> None:
    project.write(weather=TRIALS)
    project.answer(tossing("heads", "tails", "tails", "tails"))  # type: ignore[arg-type]

    result = project.run("--pc-record=rewrite", "--pc-concurrency=1")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*1 of 4 trials passed; required: 2 of the trials", "*(trial 2 is shown below)"])


def test_trials_stop_early_when_the_verdict_is_settled(project: Project) -> None:
    project.write(weather=TRIALS.replace("require: 2", "require: 2\n    stop_early: true"))
    project.answer(tossing("heads", "heads", "tails", "tails"))  # type: ignore[arg-type]
    project.record()

    assert len(project.server.asked) == 2
    project.run().assert_outcomes(passed=1)


COUNTED = """
from pathlib import Path
from time import thread_time

def noted(text):
    with Path("judged.txt").open("a") as file:
        file.write("x")
    return True

def slow(text):
    end = thread_time() + 0.3
    while thread_time() < end:
        pass
    return noted(text)
"""


@pytest.mark.parametrize("is_stopped", ["true", "false"])
def test_each_trial_is_judged_once(project: Project, is_stopped: str) -> None:
    (project.root / "once_judged.py").write_text(COUNTED, encoding="utf-8")
    own = f"require: {{rate: 1}}\n    stop_early: {is_stopped}"
    project.write(
        weather=TRIALS.replace("require: 2", own).replace("text: heads", "text: {$check: 'once_judged:noted'}")
    )
    project.answer_text("heads")
    project.record()
    (project.root / "judged.txt").unlink()

    project.run().assert_outcomes(passed=1)

    assert (project.root / "judged.txt").read_text() == "x" * 4


@pytest.mark.parametrize("is_stopped", ["true", "false"])
def test_the_time_for_patterns_is_that_of_all_trials_also_when_they_may_stop_early(
    project: Project, is_stopped: str
) -> None:
    (project.root / "slowly_judged.py").write_text(COUNTED, encoding="utf-8")
    own = f"require: {{rate: 0.25, errors: 3}}\n    stop_early: {is_stopped}"
    check = "text: {$all_of: [{$check: 'slowly_judged:slow'}, {$regex: heads}]}"
    project.write(weather=TRIALS.replace("require: 2", own).replace("text: heads", check).replace("0.25", "1"))
    project.answer_text("heads")

    report = project.report("--pc-record=rewrite", "--pc-pattern-timeout=0.75")

    verdicts = [trial["verdict"] for trial in report["results"][0]["trials"]]
    assert verdicts == ["passed", "passed", "error", "error"]


def test_one_trial_in_error_makes_the_cell_an_error_and_hides_no_other(project: Project) -> None:
    project.write(weather=TRIALS.replace("    require: 2\n", "    require: {rate: 0.5}\n"))
    answers = iter([completion(text="heads"), provider_error(500), completion(text="heads"), completion(text="tails")])
    project.answer(lambda asked: next(answers))

    report = project.report("--pc-record=rewrite", "--pc-concurrency=1")

    assert report["results"][0]["verdict"] == "error"
    assert [trial["verdict"] for trial in report["results"][0]["trials"]] == [
        "passed",
        "error",
        "passed",
        "failed",
    ]


def test_the_number_of_trials_may_be_given_for_a_run(project: Project) -> None:
    project.record("--pc-trials=3")

    assert len(project.server.asked) == 6


def test_a_huge_answer_is_no_crash_and_no_pass(project: Project) -> None:
    project.answer(Answer(body=b"x" * (40 * 1024 * 1024)))

    result = project.run("--pc-record=rewrite", "-k", "oslo")

    result.assert_outcomes(errors=1, deselected=1)
    result.stdout.fnmatch_lines(["*malformed_response*"])


def test_nobody_is_asked_when_a_recording_could_not_be_written(project: Project) -> None:
    (project.root / "cassettes").write_text("no folder")

    result = project.run("--pc-record=rewrite")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*cassettes/weather/*.yaml cannot be written: cassettes is a file and no folder*"])
    assert project.server.asked == []


def test_nobody_is_asked_when_a_report_could_not_be_written(project: Project) -> None:
    (project.root / "report.json").mkdir()

    result = project.run("--pc-record=rewrite", "--pc-report=report.json")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--pc-report *report.json: cannot be written: it is a folder*"])
    assert project.server.asked == []
