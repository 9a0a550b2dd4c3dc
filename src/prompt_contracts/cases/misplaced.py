"""Keys that are written in the wrong place, and where they belong: a table only."""

from __future__ import annotations

from collections.abc import Mapping

_IN_CASE = {
    "model": "write model or models in the case, beside 'request'",
    "messages": "write messages in the case, beside 'request'",
    "tools": "write tools in the case, beside 'request'",
}

MISPLACED: Mapping[str, Mapping[str, str]] = {
    "a mapping of parameters": {
        **_IN_CASE,
        "timeout": "write timeout in the case, beside 'request'",
        "input": "write messages in the case, beside 'request'",
    },
    "a mapping of parameters that only the provider knows": {
        **_IN_CASE,
        "extra_body": "write what stands in it here",
    },
    "a case": {"extract": "write it in the turn whose answer holds the value"},
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
        "turns": "write turns in the case; the system message may stand here",
        "extract": "write it in the turn whose answer holds the value",
    },
    "a turn": {
        "system": "write it in the case: what stands there comes before the turns",
        **dict.fromkeys(
            ("tools", "tool_results", "history", "timeout", "retry", "endpoint", "model"),
            "write it in the case: it holds for all turns",
        ),
    },
    "a mapping with id or fields of an assistant": {
        "model": "write model or models in the case: it is sent when the assistant is created",
        "assistant_id": "write id",
        "messages": "write messages in the case, beside 'assistant'",
    },
    "a mapping with id or fields of a run": {
        "model": "write model or models in the case, beside 'assistant'",
        "assistant_id": "write id in 'assistant'",
        "thread_id": "write thread: {id: ...} beside 'run'",
    },
    "a fault": dict.fromkeys(
        ("times", "request"), "in a list each entry is one attempt: repeat the entry, or write null for no fault"
    ),
}
"""Title of a mapping in the schema -> key that belongs elsewhere -> where."""
