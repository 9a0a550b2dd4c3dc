"""What a row of the tables of commands is, and the arguments that several rows share. Loads no command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from prompt_contracts.data_class import dataclass

Argument = tuple[str, dict[str, Any]]
"""A name or an option, and what argparse takes beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What can be typed after `prompt-contracts`, or after the name of a group of commands."""

    summary: str
    home: str = ""
    """The module of this room, and the function in it, that takes the arguments and returns 0 (fine) or 1 (findings).

    Named and not imported, so that `--help` is quick; `UsageError` stands for 2. Empty for a group."""
    arguments: tuple[Argument, ...] = ()
    """Where an argument goes (`dest`) is a parameter of that function."""
    inner: Mapping[str, Command] = field(default_factory=lambda: MappingProxyType({}))
    """The commands of a group, by their names and in the order of `--help`."""


def argument(name: str, **settings: Any) -> Argument:
    """A name or an option as argparse takes it."""
    return name, settings


def file_argument(name: str, **settings: Any) -> Argument:
    """The same, for one that takes a file."""
    return argument(name, metavar="FILE", **settings)


ROOT = argument(
    "--root",
    metavar="DIR",
    type=Path,
    help="folder that the ids of cases start from (the nearest one with a project configuration, else this one)",
)
NO_CODE = argument(
    "--no-code", action="store_true", help="nothing that a case names is imported; such cases are errors"
)
CASES = (argument("cases", metavar="CASES", nargs="+", help="case files, folders or globs"), ROOT, NO_CODE)
"""Case files that must be named."""
