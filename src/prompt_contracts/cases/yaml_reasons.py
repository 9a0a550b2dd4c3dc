"""Why YAML made another type of what a person wrote, and what to write instead. Checks nothing itself."""

from __future__ import annotations

import re
from decimal import Decimal

from prompt_contracts.cases.node import Node
from prompt_contracts.cases.scalars import read_scalar
from prompt_contracts.json_value import json_type, show

_PERCENT = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)\s*%", re.ASCII)


def type_advice(node: Node, wanted: frozenset[str]) -> str | None:
    """The next step for a node whose type is none of the wanted JSON types; None when there is no clear one."""
    value = node.value
    if isinstance(value, str) and (share := _PERCENT.fullmatch(value)) is not None and wanted & {"number", "integer"}:
        number = f"{(Decimal(share[1]) / 100).normalize():f}"
        return f"write {{rate: {number}}}" if "object" in wanted else f"write {number}"
    if json_type(value) in wanted or (json_type(value) == "number" and "integer" in wanted):
        return None
    if value is None:
        return _empty_advice(node)
    if isinstance(value, dict):
        return _mapping_advice(node, wanted)
    if isinstance(value, list):
        return "leave out the '-' or the brackets" if wanted else None
    if isinstance(value, str):
        return _text_advice(value, wanted)
    if "array" in wanted and "string" not in wanted:
        return f"write it as a list: [{show(value)}]"
    return f'put it in quotes: "{show(value)}"' if "string" in wanted else None


def _empty_advice(node: Node) -> str:
    if node.is_cut:
        return "'#' after a space starts a comment in YAML: put the text in quotes"
    return "write a value, or leave the key out"


def _mapping_advice(node: Node, wanted: frozenset[str]) -> str | None:
    if "string" in wanted and len(node.members or {}) == 1:
        return "': ' in unquoted text makes a mapping in YAML: put the text in quotes"
    if "array" in wanted:
        return "write a list: start each item with '- '"
    return None


def _text_advice(text: str, wanted: frozenset[str]) -> str | None:
    read = read_scalar(text)
    if "boolean" in wanted and text.casefold() in ("yes", "no", "on", "off", "true", "false"):
        return f"write {'true' if text.casefold() in ('yes', 'on', 'true') else 'false'}"
    if wanted & {"number", "integer"} and isinstance(read, (int, float)):
        return "leave out the quotes"
    if "array" in wanted and "string" not in wanted:
        return f"write it as a list: [{text}]"
    return None
