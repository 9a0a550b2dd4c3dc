"""Types and functions of a Python program -> JSON Schemas, by pydantic where it is installed. Calls none of them."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from dataclasses import is_dataclass
from typing import Any

from prompt_contracts.json_value import Json


class NoSchemaError(ValueError):
    """Why a type has no JSON Schema, in words for people."""


def is_schema_type(value: object) -> bool:
    """Whether a value is a type of data that has a JSON Schema: a model of pydantic, a dataclass, a TypedDict."""
    if not isinstance(value, type):
        return False
    # As that of typing_extensions, which `is_typeddict` does not know.
    is_typed_dict = issubclass(value, dict) and hasattr(value, "__required_keys__")
    return is_dataclass(value) or is_typed_dict or callable(getattr(value, "model_json_schema", None))


def schema_of_type(kind: Any) -> Json:
    """The JSON Schema of what a type is validated from; `NoSchemaError` where there is none."""
    own = getattr(kind, "model_json_schema", None)
    made = own() if callable(own) else _adapted(kind, kind.__name__)
    schema: Json = json.loads(json.dumps(made))
    return schema


def tool_of_function(function: Callable[..., object]) -> Json:
    """The tool that a typed function is: its name, the first paragraph of its docstring, and its arguments."""
    name = getattr(function, "__name__", "")
    schema = json.loads(json.dumps(_adapted(function, name)))
    if schema.get("type") != "object":
        raise NoSchemaError(f"the function {name} takes arguments by their place alone, which no tool does")
    description = (inspect.getdoc(function) or "").partition("\n\n")[0]
    said = {"description": " ".join(description.split())} if description else {}
    return {"type": "function", "function": {"name": name, **said, "parameters": schema}}


def _adapted(kind: Any, name: str) -> Any:
    try:
        from pydantic import TypeAdapter
    except ImportError:
        raise NoSchemaError(f"the schema of {name} takes pydantic, which is not installed") from None
    try:
        return TypeAdapter(kind).json_schema()
    except Exception as error:  # noqa: BLE001 - whatever pydantic, or an annotation, has to say against it
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise NoSchemaError(f"{name} has no JSON Schema: {first}") from None
