"""The command that runs one cell again, from where pytest was started, whatever else was asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from os import PathLike
from pathlib import Path
from shlex import quote

import pytest

from prompt_contracts.engine.placement import relative
from prompt_contracts.engine.run_options import RunOptions
from prompt_contracts.transport.cell_transport import Mode
from prompt_contracts.verdict import CaseResult

_MARKS = {
    "pytest.ini": "",
    ".pytest.ini": "",
    "pytest.toml": "",
    ".pytest.toml": "",
    "pyproject.toml": "[tool.pytest",
    "tox.ini": "[pytest]",
    "setup.cfg": "[tool:pytest]",
}
"""The files that pytest takes its configuration from, with what makes one of them its own."""


class Commands:
    """The commands of one pytest run."""

    def __init__(self, config: pytest.Config, options: RunOptions) -> None:
        self._config = config
        self._here = config.invocation_params.dir
        self._repeated = [quote(option) for option in _repeated(config, options)]

    def command(self, path: Path, *item_names: str) -> str:
        """What runs the cells of these names in a case file."""
        names = [f"{relative(path, self._here)}::{name}" for name in item_names]
        return " ".join(["pytest", *map(quote, names), *self._pins(path), *self._repeated])

    def command_for_all(self, mode: str) -> str:
        """What records all that is missing, or stale too: these modes leave everything else as it is."""
        option = self._config.option
        chosen = self._config.args if self._config.args_source is pytest.Config.ArgsSource.ARGS else []
        narrowed = [f"{name} {quote(text)}" for name, text in (("-k", option.keyword), ("-m", option.markexpr)) if text]
        options = [*self._typed_pins(), *self._repeated, f"--pc-record={mode}"]
        return " ".join(["pytest", *map(quote, chosen), *narrowed, *options])

    def _typed_pins(self) -> Iterator[str]:
        """What was said of the root folder."""
        option = self._config.option
        if option.inifilename is not None:
            yield quote(f"-c{option.inifilename}")
        if option.rootdir is not None:
            yield quote(f"--rootdir={option.rootdir}")

    def _pins(self, path: Path) -> Iterator[str]:
        """What is needed for the same root folder where the file alone would make pytest find another one."""
        typed = list(self._typed_pins())
        yield from typed
        if typed or not self._is_led_astray(path.parent):
            return
        root = self._config.rootpath
        file = self._config.inipath
        if file is not None and file.parent == root:
            yield quote(f"-c{relative(file, self._here)}")
        else:
            yield quote(f"--rootdir={relative(root, self._here)}")

    def _is_led_astray(self, folder: Path) -> bool:
        root = self._config.rootpath
        if folder != root and root not in folder.parents:
            return True
        between = [one for one in (folder, *folder.parents) if root in one.parents]
        if any(_is_configuration(one / name, mark) for one in between for name, mark in _MARKS.items()):
            return True
        file = self._config.inipath
        has_own = file is not None and _is_configuration(file, _MARKS.get(file.name, ""))
        # Without any configuration pytest takes the nearest of these.
        return not has_own and any((one / name).is_file() for one in between for name in ("pyproject.toml", "setup.py"))


def retry(command: str, result: CaseResult, mode: Mode) -> str:
    """What runs a cell again: in its mode, where that could not record all of its trials, and a replay has none."""
    recording = result.recording
    is_error = result.problem is not None or any(trial.verdict == "error" for trial in result.trials)
    is_left = is_error and recording is not None and recording.reason is not None
    return asking(command, mode) if is_left else command


def asking(command: str, mode: Mode) -> str:
    """A command, in the mode of a run that records; of a live one it says so already."""
    return command if mode in ("none", "live") else f"{command} --pc-record={mode}"


def _typed_settings(arguments: Sequence[str | PathLike[str]]) -> Iterator[str]:
    """What `-o` and `--override-ini` were given; what `addopts` says, pytest reads again by itself."""
    words = [str(argument) for argument in arguments]
    for word, following in pairwise([*words, ""]):
        if word in ("-o", "--override-ini"):
            yield following
        elif word.startswith("--override-ini="):
            yield word.partition("=")[2]
        elif word.startswith("-o"):
            yield word[2:]


def _is_configuration(path: Path, mark: str) -> bool:
    try:
        return path.is_file() and mark in path.read_text("utf-8", "replace")
    except OSError:
        return False


def _repeated(config: pytest.Config, options: RunOptions) -> Iterator[str]:
    """The options without which a command that runs one cell again would mean something else."""
    here = config.invocation_params.dir
    for setting in _typed_settings(config.invocation_params.args):
        yield f"-o{setting}"
    for model in options.models or ():
        yield f"--pc-model={model}"
    if options.trials is not None:
        yield f"--pc-trials={options.trials}"
    if config.getoption("pc_budget"):
        yield f"--pc-budget={config.getoption('pc_budget')}"
    if options.replies is not None:
        yield f"--pc-replies={relative(options.replies, here)}"
    if config.getoption("pc_cassettes"):
        yield f"--pc-cassettes={relative(options.cassettes, here)}"
    if options.env_file is not None and config.getoption("pc_env_file"):
        yield f"--pc-env-file={relative(options.env_file, here)}"
    if config.getoption("pc_no_code"):
        yield "--pc-no-code"
    if config.getoption("pc_live"):
        yield "--pc-live"
