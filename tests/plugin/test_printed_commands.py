"""What a printed command repeats: what was typed, and nothing that pytest reads again by itself."""

from __future__ import annotations

import sys

import pytest

from tests.neighbours import WITHOUT_NEIGHBOURS
from tests.plugin.project import Project


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
