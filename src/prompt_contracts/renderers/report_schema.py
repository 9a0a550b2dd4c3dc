"""The JSON Schema of JSON reports, made from the nouns that write them."""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal
from functools import cache
from itertools import pairwise
from textwrap import dedent
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from prompt_contracts.message import Message
from prompt_contracts.report import FORMAT_VERSION, Bill, Report
from prompt_contracts.verdict import TrialResult

_PLAIN: Mapping[Any, dict[str, Any]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    Decimal: {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"},
}
_WORKED_OUT: Mapping[Any, dict[str, Any]] = {
    Report: {"format": {"const": FORMAT_VERSION, "description": "Another number means that the fields changed."}},
    Bill: {
        "usd": {
            "type": ["string", "null"],
            "description": "US dollars; null as soon as one cost is unknown.",
        }
    },
    TrialResult: {
        "result": {"type": "object", "description": "What most readers look for, taken from the other fields."}
    },
}
"""What a noun writes beside its fields."""


def report_schema() -> str:
    """JSON Schema 2020-12 of what `--pc-report results.json` writes, indented, with a final line feed."""
    definitions: dict[str, Any] = {}
    whole = _reference(Report, definitions)
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Report of prompt contracts, format {FORMAT_VERSION}",
        **whole,
        "$defs": dict(sorted(definitions.items())),
    }
    return json.dumps(schema, indent=2) + "\n"


def _reference(noun: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    if noun.__name__ not in definitions:
        definitions[noun.__name__] = {}  # for a noun that holds itself
        definitions[noun.__name__] = _definition(noun, definitions)
    return {"$ref": f"#/$defs/{noun.__name__}"}


def _definition(noun: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    if noun is Message:
        role = {"type": "string", "description": "Beside it all that OpenAI's messages have."}
        return {"type": "object", "properties": {"role": role}, "required": ["role"]}
    types, told = get_type_hints(noun), _descriptions(noun)
    properties = {**_WORKED_OUT.get(noun, {})}
    for each in fields(noun):
        description = told.get(each.name)
        properties[str(each.metadata.get("key", each.name))] = {
            **_schema_of(types[each.name], definitions),
            **({} if description is None else {"description": description}),
        }
    return {
        "type": "object",
        "description": _one_line(inspect.getdoc(noun) or ""),
        "properties": properties,
        "required": list(properties),
    }


def _schema_of(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    origin, inner = get_origin(kind), get_args(kind)
    if origin is UnionType:
        (wanted,) = (each for each in inner if each is not NoneType)
        return {"anyOf": [_schema_of(wanted, definitions), {"type": "null"}]}
    if origin is Literal:
        return {"enum": list(inner)}
    if origin is tuple:
        return {"type": "array", "items": _schema_of(inner[0], definitions)}
    if origin is not None:
        return {"type": "object"}
    return dict(_PLAIN[kind]) if kind in _PLAIN else _reference(kind, definitions)


@cache
def _descriptions(noun: Any) -> dict[str, str]:
    """The texts below the fields in the source, those of the classes that it is made of included."""
    found: dict[str, str] = {}
    for each in reversed(noun.__mro__):
        if not each.__module__.startswith("prompt_contracts"):
            continue
        body = ast.parse(dedent(inspect.getsource(each))).body[0]
        statements = body.body if isinstance(body, ast.ClassDef) else []
        for field, text in pairwise(statements):
            is_text = isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and is_text:
                found[field.target.id] = _one_line(inspect.cleandoc(str(text.value.value)))  # type: ignore[attr-defined]
    return found


def _one_line(text: str) -> str:
    return " ".join(text.split())
