"""What becomes of each cell, on Python's own logs: a line at `info`, or at `error` where there is no verdict.

Requests and answers are logged by the transport at `debug`, all below the one name `prompt_contracts`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from prompt_contracts.renderers.inert_text import inert, uncommanding
from prompt_contracts.verdict import CaseResult

_LOG = logging.getLogger("prompt_contracts")
_ASKED_FOR = pytest.StashKey[bool]()
"""Whether an option of the run asks for logs."""
_LEVELS = ("log_level", "log_cli_level", "log_file_level")
"""The options of pytest by which somebody asks for logs; each is one of its ini file, too."""


def log_verdict(result: CaseResult, config: pytest.Config, *, shown: Callable[[str], str]) -> None:
    """One line, each secret in it masked by `shown`.

    Nothing where nobody asked for logs: pytest would repeat each error below its report.
    """
    # A level may be set at any time, by code of the project.
    if _LOG.getEffectiveLevel() == logging.WARNING and not _is_asked_for(config):
        return
    level = logging.ERROR if result.verdict == "error" else logging.INFO
    if _LOG.isEnabledFor(level):
        _LOG.log(level, "%s", uncommanding(inert(shown(_line(result)))))


def _is_asked_for(config: pytest.Config) -> bool:
    known = config.stash.get(_ASKED_FOR, None)
    if known is None:
        known = any(config.getoption(name, None) or config.getini(name) for name in _LEVELS)
        config.stash[_ASKED_FOR] = known
    return known


def _line(result: CaseResult) -> str:
    verdicts = [trial.verdict for trial in result.trials]
    parts = [f"{result.id}: {result.verdict}"]
    if len(verdicts) > 1:
        parts.append(f"{verdicts.count('passed')} of {len(verdicts)} trials passed")
    if result.problem is not None:
        parts.append(f"{result.problem.code} {result.problem.message}")
    reason = next((trial for trial in result.trials if trial.verdict != "passed"), None)
    if reason is not None and reason.error is not None:
        parts.append(f"{reason.error.kind}: {reason.error.message}")
    elif reason is not None and reason.failures:
        parts.append(reason.failures[0].headline)
    return ", ".join(" ".join(part.split()) for part in parts)
