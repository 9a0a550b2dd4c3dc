"""`expect` as nodes -> facets with their places. Knows no facet, but for one word that is no value as written."""

from __future__ import annotations

from prompt_contracts.cases.node import Node, Places
from prompt_contracts.facet import Facet
from prompt_contracts.json_value import Json

_NO_JSON = "none"
_COMBINATIONS = ("any_of", "all_of", "not")


def facets_of(expect: Node | None) -> tuple[Facet, ...]:
    """The facets of one `expect`, in the order in which they were written; none of none."""
    if expect is None:
        return ()
    return tuple(
        Facet(name=name, value=_value(name, node), location=expect.key(name).location, locations=Places(node))
        for name, node in (expect.members or {}).items()
    )


def _value(name: str, node: Node) -> Json:
    """The value of a facet; `json: none` is a word where it is written, and a text where a template put it."""
    if name == "json" and node.is_inserted and node.value == _NO_JSON:
        return {"$eq": _NO_JSON}
    if name not in _COMBINATIONS or not _holds_inserted(node):
        return node.value
    if node.items is not None:
        return [_nested(item) for item in node.items]
    return _nested(node)


def _nested(node: Node) -> Json:
    if node.members is None:
        return node.value
    return {name: _value(name, member) for name, member in node.members.items()}


def _holds_inserted(node: Node) -> bool:
    inner = node.items if node.items is not None else (node.members or {}).values()
    return node.is_inserted or any(map(_holds_inserted, inner))
