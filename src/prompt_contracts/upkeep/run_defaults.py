"""What the runs of a project say of recordings by default: in the environment, and in pytest's own configuration.

A recording that only such a run uses is in use. Runs nothing, and reads no file but those.
"""

from __future__ import annotations

import configparser
import shlex
import tomllib
from argparse import ArgumentError, ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prompt_contracts.data_class import dataclass

_TOML = {"pytest.toml": ("pytest",), ".pytest.toml": ("pytest",), "pyproject.toml": ("tool", "pytest")}
_INI = {"pytest.ini": "pytest", ".pytest.ini": "pytest", "tox.ini": "pytest", "setup.cfg": "tool:pytest"}
_LARGEST = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDefaults:
    """What a run takes where nobody types anything."""

    cassettes: str | None = None
    """Folder of the recordings, from the root of the project."""
    models: tuple[str, ...] = ()
    """In place of those of the cases, for some runs at least."""
    trials: int | None = None
    """The most that runs take in place of those of the cases."""


def read_run_defaults(folder: Path, environ: Mapping[str, str]) -> RunDefaults:
    """The defaults of runs in a folder; what cannot be read says nothing."""
    ini = _configured(folder)
    typed = _typed([*_words(ini.get("addopts")), *_words(environ.get("PYTEST_ADDOPTS"))])
    variables = {name: environ.get(f"PROMPT_CONTRACTS_{name.upper()}", "") for name in ("cassettes", "model", "trials")}
    trials = (*typed["trials"], variables["trials"], str(ini.get("pc_trials", "")))
    folders = (*typed["cassettes"][-1:], variables["cassettes"], str(ini.get("pc_cassettes", "")).strip())
    return RunDefaults(
        cassettes=next(filter(None, folders), None),
        models=tuple(dict.fromkeys([*typed["model"], *variables["model"].split(), *_words(ini.get("pc_model"))])),
        trials=max(map(int, filter(_is_count, trials)), default=None),
    )


def added_options(folder: Path, environ: Mapping[str, str]) -> list[str]:
    """The options that every run in a folder gets without anybody typing them."""
    return [*_words(_configured(folder).get("addopts")), *_words(environ.get("PYTEST_ADDOPTS"))]


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 6


def _typed(words: list[str]) -> Mapping[str, list[str]]:
    parser = ArgumentParser(add_help=False, exit_on_error=False, allow_abbrev=False)
    for name in ("cassettes", "model", "trials"):
        parser.add_argument(f"--pc-{name}", dest=name, action="append", default=[])
    try:
        return vars(parser.parse_known_args(words)[0])
    except ArgumentError:
        return {"cassettes": [], "model": [], "trials": []}


def _words(value: object) -> list[str]:
    if isinstance(value, list):
        return [str(word) for word in value]
    try:
        return shlex.split(value) if isinstance(value, str) else []
    except ValueError:  # a quote without its partner
        return []


def _configured(folder: Path) -> Mapping[str, Any]:
    """The table that pytest takes its options from: of the nearest file upwards that has one."""
    for place in (folder, *folder.parents):
        for name in (*_TOML, *_INI):
            found = _table(place / name)
            if found is not None:
                return found
    return {}


def _table(path: Path) -> Mapping[str, Any] | None:
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            return None
        text = path.read_text("utf-8")
        return _from_toml(path.name, text) if path.name in _TOML else _from_ini(path.name, text)
    # pytest itself tells what is wrong with its configuration.
    except (OSError, ValueError, configparser.Error):
        return None


def _from_toml(name: str, text: str) -> Mapping[str, Any] | None:
    table: Any = tomllib.loads(text)
    for key in _TOML[name]:
        table = table.get(key) if isinstance(table, dict) else None
    if not isinstance(table, dict):
        return None
    older = table.get("ini_options")
    return older if isinstance(older, dict) else table


def _from_ini(name: str, text: str) -> Mapping[str, Any] | None:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.read_string(text)
    if parser.has_section(_INI[name]):
        return dict(parser.items(_INI[name]))
    # pytest takes a file of this name even where it is empty.
    return {} if name.endswith("pytest.ini") else None
