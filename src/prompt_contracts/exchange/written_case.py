"""A case as it runs -> the text of a case file that holds it alone. Every template is filled in, every include read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, cast

from prompt_contracts.case import Case
from prompt_contracts.exchange.case_text import case_text

if TYPE_CHECKING:
    from prompt_contracts.exchange.case_text import Tree


def written_case(case: Case, *, name: str, head: Iterable[str] = ()) -> str:
    """The text of the file; `head` are comments before it. Of a case without turns, application and fault."""
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
        "expect": {facet.name: facet.value for facet in case.expect},
    }
    file: Mapping[str, object] = {
        "version": 1,
        "models": [case.model],
        **({"tools": tools} if tools else {}),
        "cases": [{key: value for key, value in said.items() if value is not None}],
    }
    return case_text(cast("Mapping[str, Tree]", file), head=head)
