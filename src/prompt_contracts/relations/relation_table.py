"""Every kind of change that a case may name under `holds_under`, and what makes it. Expands nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from prompt_contracts.case import Case
from prompt_contracts.finding import Finding
from prompt_contracts.relation import Relation, RelationKind
from prompt_contracts.relations import spoken_changes, tool_changes

CaseChange = Callable[[Case, Relation], Case | Finding]
"""The changed case; the very same one where there is nothing to change; a finding where it cannot be changed."""

RELATIONS: Mapping[RelationKind, CaseChange] = MappingProxyType(
    {
        "tool_order": tool_changes.tool_order,
        "key_order": tool_changes.key_order,
        "more_tools": tool_changes.more_tools,
        "spelling": spoken_changes.spelling,
        "said_as": spoken_changes.said_as,
        "after": spoken_changes.after,
        "without_tool": tool_changes.without_tool,
    }
)
