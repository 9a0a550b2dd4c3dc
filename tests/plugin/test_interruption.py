"""Ctrl-C where Python has no line for the instruction that the signal met."""

from __future__ import annotations

import pytest

CONFTEST = """
def interrupt():
    raise KeyboardInterrupt

NO_LINES = b"\\xff" * len(interrupt.__code__.co_code)  # eight units of code a byte, none of them in any line
interrupt.__code__ = interrupt.__code__.replace(co_linetable=NO_LINES)

def pytest_runtest_logfinish():
    interrupt()
"""


def test_a_signal_between_the_lines_ends_a_run_as_any_other(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile("def test_it(): pass")

    result = pytester.runpytest_subprocess()

    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*conftest.py:*: KeyboardInterrupt", "*1 passed in *"])
    assert "Traceback" not in result.stderr.str()


def test_without_the_plugin_pytest_breaks_on_it(pytester: pytest.Pytester) -> None:
    """If this fails, pytest has learned it, and ours can go."""
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile("def test_it(): pass")

    result = pytester.runpytest_subprocess("-p", "no:prompt_contracts")

    assert result.ret != pytest.ExitCode.INTERRUPTED
