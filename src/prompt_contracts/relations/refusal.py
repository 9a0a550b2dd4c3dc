"""Why a change cannot be made in a case, in words. Changes nothing."""

from __future__ import annotations

from prompt_contracts.finding import Finding
from prompt_contracts.relation import Relation


def change_refused(relation: Relation, why: str, advice: str) -> Finding:
    """The finding of a change that cannot be made; its place is that of the relation."""
    return Finding(code="PC148", message=f"'{relation.id}' cannot be: {why}", help=advice)
