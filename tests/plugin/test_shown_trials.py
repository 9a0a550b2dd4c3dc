"""What a run shows of trials: a strip, equal answers told once, and the cells that passed by luck."""

from __future__ import annotations

import pytest

from tests.plugin.project import Project, completion

COIN = """
version: 1
models: [house:small]
cases:
  - name: coin
    user: Toss a coin.
    trials: 6
    require: {required}
    expect: {{text: heads}}
"""
ANSWERS = ("heads", "tails", "heads", "edge", "tails", "heads")


@pytest.fixture
def tossed(project: Project) -> Project:
    """A coin that fell on three sides; what is required is up to the test."""
    project.write(weather=COIN.format(required=3))
    answers = iter(ANSWERS)
    project.answer(lambda asked: completion(text=next(answers)))
    project.record("--pc-concurrency=1")
    return project


def test_a_failing_cell_shows_its_trials_and_each_answer_once(tossed: Project) -> None:
    tossed.write(weather=COIN.format(required=4))

    result = tossed.run()

    result.stdout.fnmatch_lines(
        [
            '*text: expected "heads", got "tails"*',
            "  trials     .F.FF.  3 of 6 trials passed; required: 4 of the trials",
            "      2 × failed  tails  (trial 2 is shown below)",
            "      1 × failed  edge  (trial 4)",
            "      3 × passed  heads  (trials 1, 3, 6)",
        ]
    )


def test_a_cell_that_passed_in_some_trials_only_is_told_of(tossed: Project) -> None:
    result = tossed.run()

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            "flaky: 1 cell passed, though not in every trial",
            "  cases/weather.yaml::coin[[]house:small]",
            "    trials     .F.FF.  3 of 6 trials passed; required: 3 of the trials",
            "        2 × failed  tails  (trials 2, 5)",
            "        1 × failed  edge  (trial 4)",
            "        3 × passed  heads  (trials 1, 3, 6)",
            '      text: expected "heads", got "tails"',
            "*model *pass *trials *rate *95% CI*",
            "*house:small *1/1 *3/6 *50% *19–81%*",
        ]
    )


def test_workers_tell_of_it_too(tossed: Project) -> None:
    result = tossed.run("-n1")

    result.stdout.fnmatch_lines(["flaky: 1 cell passed*", "*2 × failed  tails  (trials 2, 5)"])


def test_cells_of_one_trial_have_no_such_column_and_nothing_flaky(project: Project) -> None:
    result = project.run("--pc-live")

    result.assert_outcomes(passed=2)
    result.stdout.no_fnmatch_line("flaky:*")
    result.stdout.no_fnmatch_line("*trials*")


def test_the_matrix_has_each_case_by_each_model(tossed: Project) -> None:
    result = tossed.run("--pc-table=matrix")

    result.stdout.fnmatch_lines(["case * house:small", "coin *✓ 3/6 *$0.0*", "passed * 1/1", "", "model *pass*"])


def test_a_table_that_there_is_not_is_refused(project: Project) -> None:
    result = project.run("--pc-table=martix")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--pc-table martix: 'martix' is none of models, matrix"])


LONG = """
version: 1
models: [house:small]
cases:
  - name: long
    system: |
      You are a travel assistant for people who walk, cycle and sail. Never guess the weather of a place.
      Answer in one sentence.
    user: As JSON, please.
    expect: {json: {temperature: 4}}
"""


@pytest.mark.parametrize("width", ["60", "100"])
@pytest.mark.parametrize("workers", ["-n0", "-n1"])
def test_prompts_and_json_are_wrapped_to_the_terminal(
    project: Project, monkeypatch: pytest.MonkeyPatch, width: str, workers: str
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    project.write(weather=LONG)
    answer = '{"city": "Oslo", "temperature": "four", "summary": "Cold and clear. Take a coat, and a hat, and gloves."}'
    project.answer_text(answer)

    result = project.run("--pc-live", workers)

    shown = result.stdout.str()
    assert '              "temperature": "four",\n' in shown
    assert "⏎" not in shown.partition("messages sent")[2].partition("\n  in ")[0]
    told = shown.partition("  messages sent\n")[2].partition("\n  in ")[0].splitlines()
    assert all(len(line) <= int(width) for line in told)
    assert " ".join(" ".join(told).split()).startswith(
        "system You are a travel assistant for people who walk, cycle and sail. Never guess the weather of a place."
    )


def test_colour_takes_nothing_away_and_stays_out_of_other_reports(
    tossed: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    tossed.write(weather=COIN.format(required=4))

    plain = tossed.run("--color=no")
    coloured = tossed.run("--color=yes", "--junitxml=junit.xml")

    assert "\x1b[32mhead" not in plain.stdout.str()
    assert "\x1b[31m1m" not in coloured.stdout.str()
    coloured.stdout.fnmatch_lines(["*\x1b[31m*text: expected*\x1b[0m", "*\x1b[1m  trials\x1b[0m     .F.FF.*"])
    assert "\x1b" not in (tossed.root / "junit.xml").read_text("utf-8")
    assert "#x1B" not in (tossed.root / "junit.xml").read_text("utf-8")


def test_a_hostile_answer_colours_nothing(project: Project) -> None:
    project.write(weather=LONG.replace("json: {temperature: 4}", "text: x"))
    project.answer_text("\x1b[32mgreen\x1b[0m \x1b]8;;http://example.com\x07click\x1b]8;;\x07")

    result = project.run("--pc-live", "--color=yes")

    assert "\\x1b[32mgreen" in result.stdout.str()
    assert "\x1b[32mgreen" not in result.stdout.str()
    assert "\x1b]8" not in result.stdout.str()
