"""`expect` as nodes -> facets with their places. What a facet means is not known here."""

from __future__ import annotations

from prompt_contracts.cases.node import Node, Places
from prompt_contracts.facet import Facet


def facets_of(expect: Node | None) -> tuple[Facet, ...]:
    """The facets of one `expect`, in the order in which they were written; none of none."""
    if expect is None:
        return ()
    return tuple(
        Facet(name=name, value=node.value, location=expect.key(name).location, locations=Places(node))
        for name, node in (expect.members or {}).items()
    )
