"""The committed suite notices what people do to it: a changed prompt, a changed expectation."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.neighbours import WITHOUT_NEIGHBOURS

ROOT = Path(__file__).resolve().parents[2]
CELL = "cases/tools.yaml::asks_for_the_weather[oslo-tiny-a:tiny]"


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A copy of the suite with its recordings and configuration, and no key in the environment."""
    for name in ("cases", "cassettes"):
        shutil.copytree(ROOT / name, pytester.path / name)
    shutil.copy(ROOT / "pyproject.toml", pytester.path / "pyproject.toml")
    for name in ("TINY_API_KEY", "TINY_WRONG_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTEST_ADDOPTS", f"{WITHOUT_NEIGHBOURS} -p no:cacheprovider")
    return pytester


def change(suite: pytest.Pytester, name: str, before: str, after: str) -> None:
    """Replace the one place in a case file that reads `before`."""
    path = suite.path / "cases" / name
    text = path.read_text("utf-8")
    assert text.count(before) == 1, f"{before!r} stands {text.count(before)} times in {name}"
    path.write_text(text.replace(before, after), encoding="utf-8")


def test_the_copy_passes_as_it_is(suite: pytest.Pytester) -> None:
    result = suite.runpytest("cases")

    assert result.ret == 0
    assert not {"failed", "errors"} & result.parseoutcomes().keys()


def test_a_changed_prompt_makes_the_replay_fail_as_stale(suite: pytest.Pytester) -> None:
    change(suite, "tools.yaml", "Use a tool when one fits.", "Use a tool whenever one fits.")

    result = suite.runpytest(CELL)

    assert result.ret == 1
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "cases/tools.yaml:*  PC202 the request is not the one recorded in cassettes/tools/asks_for_the_weather/*",
            "  ~ /messages/0/content: *when one fits*whenever one fits*",
            "ERROR cases/tools.yaml::asks_for_the_weather*",
        ]
    )


def test_a_changed_prompt_leaves_the_other_cases_green(suite: pytest.Pytester) -> None:
    change(suite, "answers.yaml", "user: Name a city.", "user: Name a town.")

    result = suite.runpytest("cases/answers.yaml")

    outcomes = result.parseoutcomes()
    assert outcomes["errors"] == 2
    assert outcomes["passed"] == 12
    shown = result.stdout.str()
    assert shown.count("PC202 the request is not the one recorded in") == 1
    assert shown.count("PC202 stale recording: the same cause as that of cases/answers.yaml::") == 1


def test_a_changed_expectation_is_a_failure_and_no_error(suite: pytest.Pytester) -> None:
    change(suite, "tools.yaml", "            unit: {$any_of: [celsius, fahrenheit]}", "            unit: kelvin")

    result = suite.runpytest(CELL)

    assert result.ret == 1
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["cases/tools.yaml:*  tool_calls[[]0].arguments.unit: expected *kelvin*, got *", "FAILED cases/tools.yaml::*"]
    )


def test_a_changed_error_expectation_is_a_failure_and_no_error(suite: pytest.Pytester) -> None:
    change(suite, "errors.yaml", "error: {kind: auth, status: 401", "error: {kind: auth, status: 403")

    result = suite.runpytest("cases/errors.yaml", "-k", "wrong_key")

    result.assert_outcomes(failed=1, deselected=4)
    result.stdout.fnmatch_lines(["cases/errors.yaml:*  error.status: expected 403, got 401"])


def test_generated_rows_replay_where_hypothesis_cannot_be_imported(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    before = (suite.path / "cases/generated.given.yaml").read_bytes()

    result = suite.runpytest_subprocess(
        "-p", "tests.without_hypothesis", "-p", "no:hypothesispytest", "cases/generated.yaml"
    )

    result.assert_outcomes(passed=8)
    assert (suite.path / "cases/generated.given.yaml").read_bytes() == before


def test_generated_rows_of_a_changed_generator_are_stale(suite: pytest.Pytester) -> None:
    change(suite, "generated.yaml", "[Oslo, Lima, São Paulo,", "[Oslo, Lima, Bergen,")

    result = suite.runpytest("cases/generated.yaml")

    assert result.ret == 1
    result.stdout.fnmatch_lines(["*PC202 the rows of case 'any_city_any_day' are stale*"])
