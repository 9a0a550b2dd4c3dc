"""The options that hold a run against another one, or against a rate. Loads nothing heavy while none is given."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from prompt_contracts.plugin.declared_options import given_text
from prompt_contracts.plugin.options import report_paths
from prompt_contracts.plugin.stash import BASELINE, BASELINE_KEY

if TYPE_CHECKING:
    from prompt_contracts.plugin.baseline import KnownFailures


def baseline_path(config: pytest.Config) -> Path | None:
    """The report that the run is held against; None without one."""
    text = given_text(config, "compare")
    if text is None:
        return None
    is_typed = bool(config.getoption("pc_compare"))
    return Path(os.path.normpath((config.invocation_params.dir if is_typed else config.rootpath) / text))


def baseline_to_come(config: pytest.Config) -> Path | None:
    """The report that the run would be held against, and that nobody has made yet.

    What stands in the configuration is meant for all runs to come, also for the one that makes it; who types a name
    means a file that is there.
    """
    path = baseline_path(config)
    is_typed = bool(config.getoption("pc_compare"))
    return path if path is not None and not is_typed and not path.exists() else None


def is_failing_on_regressions(config: pytest.Config) -> bool:
    """Whether what failed in the baseline too does not fail the run; `UsageError` for a word that there is not.

    Also where what fails would be forgiven in the next run, since this one writes its report over the baseline.
    """
    text = given_text(config, "fail-on")
    if text not in ("contract", "regression"):
        raise pytest.UsageError(f"--pc-fail-on {text}: {text!r} is none of contract, regression")
    if text == "regression" and baseline_path(config) is None:
        raise pytest.UsageError(
            "--pc-fail-on regression: nothing says what a cell did before: give the JSON report of an earlier run "
            "with --pc-compare"
        )
    written = [Path(os.path.normpath(path)) for path in report_paths(config)]
    if text == "regression" and baseline_path(config) in written:
        raise pytest.UsageError(
            f"--pc-fail-on regression: --pc-report would write over {baseline_path(config)}, and the next run would "
            "forgive what fails in this one: name another report, or make a new baseline with --pc-fail-on=contract"
        )
    return text == "regression" and baseline_to_come(config) is None


def least_pass_rate(config: pytest.Config) -> float | None:
    """The share of trials that is to pass of each model; None without the option."""
    return _share(config, "min-pass-rate", example="95% or 0.95")


def least_strength(config: pytest.Config) -> float | None:
    """The score that every case is to reach, from 0 to 1; None without the option."""
    return _share(config, "min-strength", example="80% or 0.8")


def _share(config: pytest.Config, name: str, *, example: str) -> float | None:
    text = given_text(config, name)
    if text is None:
        return None
    from prompt_contracts.results.gates import read_share

    share = read_share(text)
    if not share:
        raise pytest.UsageError(f"--pc-{name} {text}: give a share above 0, such as {example}")
    return share


def known_failures(config: pytest.Config) -> KnownFailures | None:
    """In any process what failed in the baseline; None where whatever fails fails the run."""
    # A worker of xdist may have no file, and was handed what it needs.
    worker: dict[str, Any] | None = getattr(config, "workerinput", None)
    is_needed = is_failing_on_regressions(config) if worker is None else BASELINE_KEY in worker
    if not is_needed:
        return None
    from prompt_contracts.plugin.baseline import KnownFailures

    return KnownFailures(config.stash[BASELINE].failures() if worker is None else worker[BASELINE_KEY])
