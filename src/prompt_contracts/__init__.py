"""Contract tests for prompts, tools and providers.

The names below load when they are used, so that importing the package costs a pytest run nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prompt_contracts.completion import Completion, ToolCall
    from prompt_contracts.failure import Failure
    from prompt_contracts.outcome import Outcome
    from prompt_contracts.provider_error import ProviderError
    from prompt_contracts.report import Report
    from prompt_contracts.verdict import CaseResult

__all__ = ["CaseResult", "Completion", "Failure", "Outcome", "ProviderError", "Report", "ToolCall"]

__version__ = "0.1.0"

_HOMES = {
    "CaseResult": "verdict",
    "Completion": "completion",
    "Failure": "failure",
    "Outcome": "outcome",
    "ProviderError": "provider_error",
    "Report": "report",
    "ToolCall": "completion",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
