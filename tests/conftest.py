"""What all tests share: an environment in which nothing of the machine decides a verdict."""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
from collections.abc import Generator, Iterator
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, settings

from tests.neighbours import WITHOUT_NEIGHBOURS
from tests.nursery import fork_runs

# How long an example takes says something of the machine; timings live in benchmarks. How many inputs an
# `assume` turns away is luck, and no reason to fail.
settings.register_profile(
    "calm", deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow]
)
settings.load_profile("calm")

# Tests start hundreds of Pythons: where none may keep what it compiled, each compiles the whole project anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A shell that starts tests in the background has Ctrl-C ignored, and what they start would inherit that and wait for
# minutes. Where the tests have a thread of their own, nothing is ignored.
with suppress(ValueError):
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)

# It can be loaded once in a process, and a run within a run would forget it.
with suppress(ImportError):
    importlib.import_module("vl_convert")

# The tests of somebody's project, run where `make test-installations` puts it.
collect_ignore = ["installations/project"]

_PREFIXES = ("PROMPT_CONTRACTS_", "OPENAI_", "AZURE_OPENAI_", "OLLAMA_")
# With CI set, pytest prints its short summary in full; with the others it colours.
_NAMES = ("CI", "BUILD_NUMBER", "FORCE_COLOR", "NO_COLOR", "PY_COLORS", "PYTEST_ADDOPTS", "GITHUB_STEP_SUMMARY")


@pytest.fixture(autouse=True, scope="session")
def calm_environment() -> Iterator[None]:
    """Take away the variables that change what a run does or prints, once the tests have been collected."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            is_asked_for = name == "PROMPT_CONTRACTS_REAL_CASSETTES"
            if (name in _NAMES or name.startswith(_PREFIXES)) and not is_asked_for:
                patch.delenv(name)
        patch.setenv("PYTEST_ADDOPTS", WITHOUT_NEIGHBOURS)
        # Not before: the workers of this run start as they do everywhere.
        fork_runs()
        yield


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage among the tests: fifteen thousand of them stay until the end."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()
