"""What the language has and this version lacks, and what is written in the wrong place: tables only.

A line moves out of here when its key enters schema.json.
"""

from __future__ import annotations

from collections.abc import Mapping

_CASE_KEYS = frozenset(
    {
        "assistant",
        "command",
        "extract",
        "fault",
        "handler",
        "history",
        "max_turns",
        "on_error",
        "retry",
        "tool_results",
        "turns",
    }
)

KEYS: Mapping[str, frozenset[str]] = {
    "a case": _CASE_KEYS,
    "a mapping of case keys": _CASE_KEYS,
    "a message": frozenset({"session_start", "user"}),
}
"""Title of a mapping in the schema -> keys of the language that are not in this version."""

VALUES: Mapping[str, tuple[object, ...]] = {
    "endpoint": ("responses", "assistants"),
    "stream": (True,),
}
"""Key -> values of the language that are not in this version."""

LOCAL_FILES = frozenset({"url"})
"""Keys of content parts that may name a local file one day."""

_IN_CASE = {
    "model": "write model or models in the case, beside 'request'",
    "messages": "write messages in the case, beside 'request'",
    "tools": "write tools in the case, beside 'request'",
}

MISPLACED: Mapping[str, Mapping[str, str]] = {
    "a mapping of parameters": {
        **_IN_CASE,
        "timeout": "write timeout in the case, beside 'request'",
    },
    "a mapping of parameters that only the provider knows": {
        **_IN_CASE,
        "extra_body": "write what stands in it here",
    },
    "a mapping of case keys": {
        "name": "every case has its own name",
        "description": "write it in the case",
        "rows": "write rows in the case",
        "matrix": "write matrix in the case",
        "user": "write user in the case; the system message may stand here",
        "messages": "write messages in the case; the system message may stand here",
        "model": "an override is for the models that its glob names",
        "models": "an override is for the models that its glob names",
        "overrides": "overrides do not nest",
    },
}
"""Title of a mapping in the schema -> key that belongs elsewhere -> where."""
