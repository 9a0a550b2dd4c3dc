"""Plugins of others that are installed for the tests alone, and that a run of pytest within a test can do without."""

from __future__ import annotations

NEIGHBOURS = ("hypothesispytest", "randomly", "recording", "anyio", "rerunfailures")
"""They take time, or a socket, in every run: that of hypothesis loads all of it, and together they double the start
of a process. A test about one of them switches it on."""

WITHOUT_NEIGHBOURS = " ".join(f"-p no:{plugin}" for plugin in NEIGHBOURS)
"""What says so in `PYTEST_ADDOPTS`."""
