"""`--pc-retry-errors` runs what a provider failed, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.plugin.project import WEATHER, Project, completion, provider_error, right_weather
from tests.transport.loopback import Answer, Asked


def down_for(city: str) -> Callable[[Asked], Answer]:
    """A provider that fails whoever asks about one city, and is wrong about no other."""
    return lambda asked: provider_error(500) if city.encode() in asked.body else right_weather(asked)


@pytest.fixture
def half_down(project: Project) -> Project:
    """A run in which Oslo ended in a provider's error."""
    project.answer(down_for("Oslo"))
    project.run("--pc-record=once", "--pc-max-retries=0").assert_outcomes(passed=1, errors=1)
    project.answer(right_weather)
    project.server.asked.clear()
    return project


@pytest.mark.parametrize("workers", [(), ("-n1",)])
def test_only_what_ended_in_an_error_of_its_provider_is_run(half_down: Project, workers: tuple[str, ...]) -> None:
    result = half_down.run("--pc-record=once", "--pc-retry-errors", *workers)

    result.assert_outcomes(passed=1, deselected=0 if workers else 1)
    assert [b"Oslo" in asked.body for asked in half_down.server.asked] == [True]
    result.stdout.fnmatch_lines(
        ["prompt-contracts: retrying the cell that ended in a provider's error, and nothing else"]
    )


@pytest.mark.parametrize("workers", [(), ("-n1",)])
def test_where_nothing_is_remembered_everything_is_run_and_that_is_said(
    project: Project, workers: tuple[str, ...]
) -> None:
    project.record()

    result = project.run("--pc-retry-errors", *workers)

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["prompt-contracts: no errors of providers are remembered: everything is run"])


def test_what_was_judged_is_forgotten(half_down: Project) -> None:
    half_down.run("--pc-record=once", "--pc-retry-errors").assert_outcomes(passed=1, deselected=1)

    half_down.run("--pc-retry-errors").assert_outcomes(passed=2)


def test_what_was_not_run_is_still_remembered(half_down: Project) -> None:
    half_down.write(other=WEATHER)
    half_down.pytester.runpytest("cases/other.yaml", "--pc-record=once").assert_outcomes(passed=2)
    half_down.run("--collect-only")
    half_down.run("-k", "lima").assert_outcomes(passed=2, deselected=2)

    half_down.run("--pc-record=once", "--pc-retry-errors").assert_outcomes(passed=1, deselected=3)


def test_where_no_remembered_cell_is_selected_nobody_is_asked(half_down: Project) -> None:
    result = half_down.run("--pc-live", "--pc-retry-errors", "-k", "lima")

    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    assert half_down.server.asked == []


def test_a_broken_contract_and_a_missing_recording_are_no_errors_of_a_provider(project: Project) -> None:
    project.answer(lambda asked: right_weather(asked) if b"Lima" in asked.body else completion(text="No idea."))
    project.run("--pc-record=rewrite").assert_outcomes(passed=1, failed=1)
    (project.root / "cassettes/weather/picks_weather/lima/house/small.yaml").unlink()
    project.run().assert_outcomes(failed=1, errors=1)

    result = project.run("--pc-retry-errors")

    result.stdout.fnmatch_lines(["prompt-contracts: no errors of providers are remembered: everything is run"])


@pytest.mark.parametrize("workers", [(), ("-n1",)])
def test_an_error_in_a_worker_is_remembered(project: Project, workers: tuple[str, ...]) -> None:
    project.answer(down_for("Lima"))
    project.run("--pc-live", "--pc-max-retries=0", "-n2").assert_outcomes(passed=1, errors=1)
    project.answer(right_weather)

    result = project.run("--pc-live", "--pc-retry-errors", *workers)

    result.assert_outcomes(passed=1, deselected=0 if workers else 1)


def test_keys_of_cells_that_are_not_run_are_not_needed(half_down: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    (half_down.root / "prompt_contracts.toml").write_text(
        f"[providers.house]\nbase_url = '{half_down.server.base_url}'\n"
        f"[providers.other]\nbase_url = '{half_down.server.base_url}'\napi_key_env = 'NOT_SET_ANYWHERE'\n"
    )
    half_down.write(other=WEATHER.replace("house:small", "other:small"))

    half_down.run("--pc-record=once", "--pc-retry-errors").assert_outcomes(passed=1, deselected=3)


def test_without_the_cache_it_is_a_usage_error(half_down: Project) -> None:
    result = half_down.run("--pc-retry-errors", "-p", "no:cacheprovider")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--pc-retry-errors*-p no:cacheprovider*"])


def test_a_cache_of_something_else_is_no_mistake_of_the_run(half_down: Project) -> None:
    file = next(half_down.root.glob(".pytest_cache/v/prompt_contracts/errors"))
    file.write_text('{"a": 1}')

    half_down.run("--pc-record=once", "--pc-retry-errors").assert_outcomes(passed=2)
