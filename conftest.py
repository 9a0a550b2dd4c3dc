"""Pytest's configuration for the whole repository; prompt-contracts itself is loaded by its entry point."""

from __future__ import annotations

# pytest accepts this name in the topmost conftest.py only; the tests run pytest within pytest.
pytest_plugins = ["pytester"]
