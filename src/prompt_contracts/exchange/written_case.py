"""A case as it runs -> the text of a case file that holds it alone. Every template is filled in, every include read."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, cast
from urllib.parse import quote

from prompt_contracts.case import Case, Requirement
from prompt_contracts.exchange.case_text import case_text
from prompt_contracts.expectations.definition import value_of
from prompt_contracts.json_schema.files import PROJECT, REFERENCES, shown_path
from prompt_contracts.json_value import Json

if TYPE_CHECKING:
    from prompt_contracts.exchange.case_text import Tree


def written_case(case: Case, *, name: str, path: str, head: Iterable[str] = ()) -> str:
    """The text of the file; `head` are comments before it. Of a case without turns, application and fault.

    `path` is where the file will lie in the project: schemas refer to other files from there.
    """
    tools = {tool.name: dict(tool.definition) for tool in case.tools}
    said: dict[str, object] = {
        "name": name,
        "description": case.description,
        "templates": False,
        "endpoint": None if case.endpoint == "auto" else case.endpoint,
        "timeout": case.timeout,
        "messages": [message.to_json() for message in case.messages],
        "tools": list(tools) or None,
        "request": dict(case.request) or None,
        "assistant": dict(case.assistant) or None,
        "tool_results": None if case.tool_results is None else dict(case.tool_results),
        "max_turns": None if case.tool_results is None else case.max_turns,
        "trials": case.trials if case.trials > 1 else None,
        "require": _requirement(case.require) or None,
        "stop_early": case.stop_early or None,
        "expect": {facet.name: _seen_from(posixpath.dirname(path), value_of(facet)) for facet in case.expect},
    }
    file: Mapping[str, object] = {
        "version": 1,
        "models": [case.model],
        **({"tools": tools} if tools else {}),
        "cases": [{key: value for key, value in said.items() if value is not None}],
    }
    return case_text(cast("Mapping[str, Tree]", file), head=head)


def _requirement(require: Requirement) -> dict[str, Json]:
    said = {"count": require.count, "rate": require.rate, "confidence": require.confidence, "errors": require.errors}
    return {key: value for key, value in said.items() if value}


def _seen_from(folder: str, value: Json) -> Json:
    """A value whose schemas refer to other files by where they lie in the project, referring to them from a folder."""
    if isinstance(value, list):
        return [_seen_from(folder, each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _relative(folder, each)
        if key in REFERENCES and isinstance(each, str) and each.startswith(PROJECT)
        else _seen_from(folder, each)
        for key, each in value.items()
    }


def _relative(folder: str, address: str) -> str:
    name, mark, fragment = address.partition("#")
    return f"{quote(posixpath.relpath(shown_path(name), folder or '.'))}{mark}{fragment}"
