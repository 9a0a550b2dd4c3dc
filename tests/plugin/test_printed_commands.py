"""What a printed command repeats: what was typed, and nothing that pytest reads again by itself."""

from __future__ import annotations

import sys

import pytest

from tests.neighbours import WITHOUT_NEIGHBOURS
from tests.plugin.project import Project, completion, provider_error, right_weather


@pytest.mark.parametrize(
    ("typed", "repeated"),
    [
        ((), ""),
        (("-o", "console_output_style=classic"), " -oconsole_output_style=classic"),
        (("-oconsole_output_style=classic",), " -oconsole_output_style=classic"),
        (("--override-ini=console_output_style=classic",), " -oconsole_output_style=classic"),
        (("--override-ini", "console_output_style=classic"), " -oconsole_output_style=classic"),
    ],
)
def test_settings_are_repeated_as_they_were_typed(project: Project, typed: tuple[str, ...], repeated: str) -> None:
    project.configure("""
    [tool.pytest.ini_options]
    addopts = ["--strict-markers", "--strict-config"]
    """)

    result = project.run(*typed)

    assert f"'cases/weather.yaml::picks_weather[oslo-house:small]'{repeated} --pc-record=rewrite" in result.stdout.str()


def test_pytest_may_be_run_without_a_word(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", f"{WITHOUT_NEIGHBOURS} -p no:cacheprovider")

    # The fixture of pytest for such runs would add words of its own.
    result = project.pytester.run(sys.executable, "-m", "pytest")

    assert "'cases/weather.yaml::picks_weather[oslo-house:small]' --pc-record=rewrite" in result.stdout.str()


@pytest.mark.parametrize("mode", ["once", "stale", "new_episodes", "all", "rewrite"])
def test_a_cell_that_could_not_be_recorded_is_asked_again_by_its_command(project: Project, mode: str) -> None:
    project.answer(provider_error(500))

    failed = project.run(f"--pc-record={mode}", "-k", "oslo")

    failed.assert_outcomes(errors=1)
    name = "cases/weather.yaml::picks_weather[oslo-house:small]"
    assert f"  again      pytest '{name}' --pc-record={mode}\n" in failed.stdout.str()
    project.answer(right_weather)
    project.pytester.runpytest(name, f"--pc-record={mode}").assert_outcomes(passed=1)


def test_an_answer_that_was_recorded_is_judged_again_and_not_asked(project: Project) -> None:
    project.answer(completion(text="No."))

    failed = project.run("--pc-record=once", "-k", "oslo")

    failed.assert_outcomes(failed=1)
    assert "  again      pytest 'cases/weather.yaml::picks_weather[oslo-house:small]'\n" in failed.stdout.str()
