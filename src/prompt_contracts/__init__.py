"""Contract tests for prompts, tools and providers.

The names below load when they are used, so that importing the package costs a pytest run nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prompt_contracts.api.judging import assert_contract, judge
    from prompt_contracts.api.pattern_values import (
        absent,
        all_of,
        any_of,
        approx,
        at,
        between,
        checked_by,
        contains,
        each,
        equals,
        ge,
        gt,
        le,
        length,
        loosely,
        lt,
        matches_schema,
        not_,
        occurrences,
        of_type,
        optional,
        partial,
        regex,
        unordered,
        word_count,
    )
    from prompt_contracts.api.running import load, run
    from prompt_contracts.completion import Completion, ToolCall
    from prompt_contracts.errors import CaseError, NoVerdict, UsageError
    from prompt_contracts.failure import Failure
    from prompt_contracts.outcome import Outcome
    from prompt_contracts.plugin.contract_face import PromptContract
    from prompt_contracts.provider_error import ProviderError
    from prompt_contracts.report import Report
    from prompt_contracts.verdict import CaseResult, Verdict

__all__ = [
    "CaseError",
    "CaseResult",
    "Completion",
    "Failure",
    "NoVerdict",
    "Outcome",
    "PromptContract",
    "ProviderError",
    "Report",
    "ToolCall",
    "UsageError",
    "Verdict",
    "absent",
    "all_of",
    "any_of",
    "approx",
    "assert_contract",
    "at",
    "between",
    "checked_by",
    "contains",
    "each",
    "equals",
    "ge",
    "gt",
    "judge",
    "le",
    "length",
    "load",
    "loosely",
    "lt",
    "matches_schema",
    "not_",
    "occurrences",
    "of_type",
    "optional",
    "partial",
    "regex",
    "run",
    "unordered",
    "word_count",
]

__version__ = "0.1.0"

_HOMES = {
    "CaseError": "errors",
    "CaseResult": "verdict",
    "Completion": "completion",
    "Failure": "failure",
    "NoVerdict": "errors",
    "Outcome": "outcome",
    "PromptContract": "plugin.contract_face",
    "ProviderError": "provider_error",
    "Report": "report",
    "ToolCall": "completion",
    "UsageError": "errors",
    "Verdict": "verdict",
    "assert_contract": "api.judging",
    "judge": "api.judging",
    "load": "api.running",
    "run": "api.running",
}
"""Name -> the module that it comes from; the others are patterns."""


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES.get(name, 'api.pattern_values')}"), name)
