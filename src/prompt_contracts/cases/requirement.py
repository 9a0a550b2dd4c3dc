"""`require` of a case -> Requirement. Whether the trials can reach it is judged elsewhere."""

from __future__ import annotations

from prompt_contracts.case import Requirement
from prompt_contracts.cases.findings import Findings
from prompt_contracts.cases.node import Node
from prompt_contracts.json_value import Json


def build_requirement(node: Node | None, findings: Findings) -> Requirement:
    """How many trials must hold; the shape was checked before, contradictions are noted."""
    if node is None or node.members is None:
        value = None if node is None else node.value
        return Requirement(count=_whole(value))
    members = node.members
    if "count" in members and "rate" in members:
        advice = "keep one of the two"
        findings.error("PC102", "'require' has both 'count' and 'rate'", node.key("count"), advice=advice)
    if "confidence" in members and "rate" not in members:
        findings.error("PC102", "'confidence' needs a 'rate'", node.key("confidence"), advice="add 'rate'")
    values = {name: member.value for name, member in members.items()}
    return Requirement(
        count=_whole(values.get("count")),
        rate=_share(values.get("rate")),
        confidence=_share(values.get("confidence")),
        errors=_whole(values.get("errors")) or 0,
    )


def _whole(value: Json) -> int | None:
    return int(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _share(value: Json) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
