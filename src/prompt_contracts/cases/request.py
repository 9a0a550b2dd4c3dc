"""`request` of a case as nodes -> the parameters that are sent. Knows no parameter."""

from __future__ import annotations

from collections.abc import Mapping

from prompt_contracts.cases.node import Node
from prompt_contracts.json_value import Json


def sent_parameters(request: Node | None) -> Mapping[str, Json]:
    """The parameters that are sent; null is how a layer says that one is not."""
    value = None if request is None else request.value
    if not isinstance(value, dict):
        return {}
    return {name: item for name, item in value.items() if item is not None} if None in value.values() else value
