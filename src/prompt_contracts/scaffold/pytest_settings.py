"""Which file pytest takes its settings from in a folder, by the rules of its documentation (pytest 8.3 to 9.2)."""

from __future__ import annotations

import configparser
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any


def settings_file(folder: Path) -> Path | None:
    """The nearest file with settings of pytest, in a folder or above it; None where pytest finds none.

    A file that cannot be read counts as none: pytest itself tells of it.
    """
    for place in (folder, *folder.parents):
        for name, holds in _HOLDS.items():
            path = place / name
            try:
                if path.is_file() and holds(path.read_text("utf-8")):
                    return path
            except (OSError, ValueError, configparser.Error):
                continue
    return None


def has_pytest_table(document: Mapping[str, Any]) -> bool:
    """Whether a pyproject.toml has settings of pytest, in its own table (9.0) or in that of ini options."""
    tool = document.get("tool")
    return isinstance(tool, dict) and "pytest" in tool


def _always(_text: str) -> bool:
    return True


def _of_toml(text: str) -> bool:
    return has_pytest_table(tomllib.loads(text))


def _has_section(name: str) -> Callable[[str], bool]:
    def holds(text: str) -> bool:
        parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
        parser.read_string(text)
        return parser.has_section(name)

    return holds


_HOLDS: Mapping[str, Callable[[str], bool]] = {
    "pytest.toml": _always,
    ".pytest.toml": _always,
    "pytest.ini": _always,
    ".pytest.ini": _always,
    "pyproject.toml": _of_toml,
    "tox.ini": _has_section("pytest"),
    "setup.cfg": _has_section("tool:pytest"),
}
"""The names in the order in which pytest tries them, and whether what the file says counts."""
