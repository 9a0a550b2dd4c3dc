"""`--pc-concurrency`: what it takes, from where, and what a worker of xdist makes of it."""

from __future__ import annotations

from typing import Any

import pytest

from prompt_contracts.plugin.options import run_options
from tests.plugin.project import Project


@pytest.mark.parametrize("value", ["0", "-1", "1025", "many", "1.5", "٣", "1" * 5000], ids=lambda text: text[:8])
def test_what_is_no_number_of_calls_is_a_usage_error(project: Project, value: str) -> None:
    result = project.run(f"--pc-concurrency={value}")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--pc-concurrency *: give a whole number from 1 to 1,024*"])


@pytest.mark.parametrize(
    ("workers", "given", "share"), [(None, "8", 8), (2, "8", 4), (3, "8", 2), (16, "8", 1), (1, "1024", 1024)]
)
def test_workers_share_what_was_asked_for(
    pytester: pytest.Pytester, workers: int | None, given: str, share: int
) -> None:
    config: Any = pytester.parseconfig(f"--pc-concurrency={given}")
    if workers is not None:
        config.workerinput = {"workercount": workers}

    options = run_options(config)

    assert (options.concurrency, options.workers) == (share, workers or 1)


def test_the_command_line_wins_over_the_environment_and_that_over_the_ini_file(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makeini("[pytest]\npc_concurrency = 3\n")
    found = [run_options(pytester.parseconfig()).concurrency]
    monkeypatch.setenv("PROMPT_CONTRACTS_CONCURRENCY", "5")
    found.append(run_options(pytester.parseconfig()).concurrency)
    found.append(run_options(pytester.parseconfig("--pc-concurrency=7")).concurrency)

    assert found == [3, 5, 7]
