"""`--pc-replies`: cells judged by replies that somebody already has, with the network and the recordings left alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.replies import line, reply, weather
from tests.plugin.project import WEATHER, Project, completion

OSLO = "cases/weather.yaml::picks_weather[oslo-house:small]"
LIMA = "cases/weather.yaml::picks_weather[lima-house:small]"


def judge(project: Project, *replies: dict[str, Any], options: tuple[str, ...] = ()) -> pytest.RunResult:
    """Run the cases on replies."""
    text = "".join(json.dumps(one) + "\n" for one in replies)
    (project.root / "replies.jsonl").write_text(text, encoding="utf-8")
    return project.run("--pc-replies=replies.jsonl", *options)


def test_cells_pass_and_fail_by_their_replies_and_nobody_is_asked(project: Project) -> None:
    result = judge(project, weather(OSLO, "Oslo"), weather(LIMA, "Oslo"))

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "prompt-contracts: replies of replies.jsonl; nobody is asked",
            '*expected "Lima", got "Oslo"',
            "  replies    replies.jsonl",
            "  again      pytest *--pc-replies=replies.jsonl",
        ]
    )
    assert project.server.asked == []
    assert project.cassettes == []


def test_a_recording_plays_no_part(project: Project) -> None:
    project.record()

    judge(project, weather(OSLO, "Lima"), weather(LIMA, "Lima")).assert_outcomes(passed=1, failed=1)


def test_a_cell_without_a_reply_is_skipped(project: Project) -> None:
    result = judge(project, weather(OSLO, "Oslo"), options=("-rs",))

    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED*no reply"])


def test_a_row_without_a_model_answers_for_every_model(project: Project) -> None:
    project.write(weather=WEATHER.replace("[house:small]", "[house:small, house:big]"))

    result = judge(project, weather(OSLO.replace("-house:small", ""), "Oslo"))

    result.assert_outcomes(passed=2, skipped=2)


def test_every_reply_of_a_cell_must_hold_whatever_the_case_requires(project: Project) -> None:
    project.write(weather=WEATHER + "    trials: 3\n    require: 1\n")

    result = judge(project, weather(f"{OSLO}#1", "Oslo"), weather(f"{OSLO}#2", "Lima"))

    result.assert_outcomes(failed=1, skipped=1)


def test_a_provider_that_failed_is_an_error(project: Project) -> None:
    result = judge(project, line(OSLO, error={"code": "batch_expired", "message": "too late"}))

    result.assert_outcomes(errors=1, skipped=1)
    result.stdout.fnmatch_lines(["*unknown: too late"])


def test_a_broken_contract_counts_more_than_a_provider_that_failed_too(project: Project) -> None:
    result = judge(project, line(OSLO, error={"message": "x"}), weather(f"{OSLO}#2", "Lima"))

    result.assert_outcomes(failed=1, skipped=1)


def test_lines_that_are_for_no_cell_fail_the_run(project: Project) -> None:
    result = judge(project, weather(OSLO, "Oslo"), weather(LIMA, "Lima"), reply(f"{OSLO}x"), weather(OSLO, "Oslo"))

    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        [
            f"replies.jsonl, line 3: '{OSLO}x': *; did you mean '{OSLO}'?".replace("[", "[[]"),
            "replies.jsonl, line 4:*an earlier line has the same id",
            "FAILED replies.jsonl::replies*",
        ]
    )
    assert result.ret == 1


def test_a_file_without_replies_fails_the_run(project: Project) -> None:
    result = judge(project)

    result.assert_outcomes(failed=1, skipped=2)
    result.stdout.fnmatch_lines(["replies.jsonl holds no reply*"])


def test_replies_to_deselected_cells_are_known_and_not_judged(project: Project) -> None:
    result = judge(project, weather(OSLO, "Oslo"), weather(LIMA, "wrong"), options=("-k", "oslo"))

    result.assert_outcomes(passed=1, deselected=1)


def test_a_case_needs_no_model_and_takes_a_reply_of_any(project: Project) -> None:
    project.write(weather=WEATHER.replace("models: [house:small]\n", ""))

    result = judge(project, weather(OSLO.replace("house:small", "openai:x"), "Oslo"))

    result.assert_outcomes(passed=1, skipped=1)


def test_a_reply_of_a_model_that_the_run_does_not_have_says_which_option_is_missing(project: Project) -> None:
    other = weather(OSLO.replace("house:small", "openai:x"), "Oslo")

    judge(project, other).stdout.fnmatch_lines(["*give --pc-model=openai:x too"])
    judge(project, other, options=("--pc-model=openai:x",)).assert_outcomes(passed=1, skipped=1)


def test_nothing_is_spent_on_replies(project: Project) -> None:
    usage = {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25}
    calls = (("get_weather", {"city": "Oslo"}),)

    judge(project, reply(OSLO, calls=calls, usage=usage), options=("--pc-report=report.json",))

    report = json.loads((project.root / "report.json").read_text("utf-8"))
    assert (report["mode"], report["spent"]["usd"], report["recorded"]["usd"]) == ("replies", "0", "0.00003")
    assert report["results"][0]["cassette"] == "replies.jsonl"


def test_workers_judge_alike(project: Project) -> None:
    pytest.importorskip("xdist")

    result = judge(project, weather(OSLO, "Oslo"), weather(LIMA, "Oslo"), reply("x"), options=("-n", "2"))

    result.assert_outcomes(passed=1, failed=2)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--pc-replies=none.jsonl",), "there is no file"),
        (("--pc-replies=replies.jsonl", "--pc-record=all"), "--pc-replies and --pc-record=all exclude each other"),
        (("--pc-replies=replies.jsonl", "--pc-live"), "--pc-replies and --pc-live exclude each other"),
    ],
)
def test_a_wrong_combination_of_options_is_refused(project: Project, options: tuple[str, ...], told: str) -> None:
    (project.root / "replies.jsonl").write_text("", encoding="utf-8")

    result = project.run(*options)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert told in result.stderr.str()


def test_a_live_environment_is_overruled_by_replies(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMPT_CONTRACTS_LIVE", "1")
    project.answer(completion(text="no"))

    judge(project, weather(OSLO, "Oslo")).assert_outcomes(passed=1, skipped=1)


def test_collecting_only_reads_no_replies(project: Project) -> None:
    result = judge(project, reply("x"), options=("--collect-only", "-q"))

    assert result.ret == 0
    result.stdout.no_fnmatch_line("replies.jsonl::*")


FLOWS = """
version: 1
models: [house:small]
tools:
  f: {name: f, parameters: {type: object, properties: {}}}
cases:
  - name: turns
    turns: [{user: Hi, expect: {text: other}}, {user: Bye, expect: {text: other}}]
  - name: tool_results
    user: Hi
    tools: [f]
    tool_results: {f: 1}
    expect: {text: hello}
  - name: assistants
    endpoint: assistants
    user: Hi
    expect: {text: hello}
"""


@pytest.mark.parametrize("name", ["turns", "tool_results", "assistants"])
def test_a_case_of_more_than_one_answer_has_no_verdict_on_one_reply(project: Project, name: str) -> None:
    project.write(weather=FLOWS)

    result = judge(project, reply(f"cases/weather.yaml::{name}[house:small]", "hello"))

    result.assert_outcomes(skipped=3, failed=1)
    result.stdout.fnmatch_lines([f"*line 1:*a case with '*{name}' cannot be judged by one reply*"])
