"""The options about generated rows: how many there are to be, and what finding the smallest that fails may take."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from prompt_contracts.plugin.declared_options import given_text
from prompt_contracts.plugin.stash import SHARED_KEY, WATCH_CELL

if TYPE_CHECKING:
    from prompt_contracts.transport.cell_transport import Mode

_MOST_EXAMPLES = 10_000


def wanted_examples(config: pytest.Config, mode: Mode) -> int | Literal["new"] | None:
    """What `--pc-examples` says, for a run that may make rows; `pytest.UsageError` where it makes no sense."""
    text = given_text(config, "examples")
    if text is None:
        return None
    is_typed = bool(config.getoption("pc_examples"))
    if mode == "none" and is_typed:
        raise pytest.UsageError(
            f"--pc-examples={text}: a replay makes no rows; add --pc-record=once, or --pc-live to keep nothing"
        )
    is_idle = mode == "none" or _is_one_cell()
    if text == "new":
        if not is_typed and not is_idle:
            raise pytest.UsageError(
                f"{_said_in(text)}: every recording would throw the rows away; take it out, and type "
                "--pc-examples=new for the one run that is to make others"
            )
        return None if is_idle else "new"
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(_MOST_EXAMPLES))
    if not is_number or not 1 <= int(text) <= _MOST_EXAMPLES:
        raise pytest.UsageError(f"--pc-examples {text}: give a whole number from 1 to {_MOST_EXAMPLES:,}, or new")
    # A setting for all runs, and nothing to a replay.
    return None if is_idle else int(text)


def _said_in(text: str) -> str:
    variable = "PROMPT_CONTRACTS_EXAMPLES"
    return f"{variable}={text}" if os.environ.get(variable) else f"pc_examples = {text} in the configuration of pytest"


def _is_one_cell() -> bool:
    """Whether a watch records one cell again: its price was told, and accepted, for that cell alone."""
    return WATCH_CELL in os.environ


def shrink_calls(config: pytest.Config) -> int:
    """How many calls may be made to find the smallest row that fails; 0 for none."""
    text = given_text(config, "shrink-calls") or "0"
    if not text.isascii() or not text.isdigit() or len(text) > len(str(_MOST_EXAMPLES)) or int(text) > _MOST_EXAMPLES:
        raise pytest.UsageError(f"--pc-shrink-calls {text}: give a whole number from 0 to {_MOST_EXAMPLES:,}")
    return 0 if _is_one_cell() else int(text)


def shared_folder(config: pytest.Config) -> Path | None:
    """The folder of a run that several processes share; None for one alone."""
    worker: dict[str, str] = getattr(config, "workerinput", {})
    folder = worker.get(SHARED_KEY)
    # A worker on another machine has none: its rows come of the same seed, and are stored nowhere else.
    return Path(folder) if folder is not None and Path(folder).is_dir() else None
