"""Types and functions of a Python program -> JSON Schemas, by pydantic where it is installed. Calls none of them."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import is_dataclass
from types import ModuleType
from typing import Any, get_origin

from prompt_contracts.json_value import Json

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
"""What Python says of most objects, and what is another in every run."""

_VALUES = (str, bytes, int, float, list, tuple, dict, set, type(None))


class NoSchemaError(ValueError):
    """Why a type has no JSON Schema, in words for people."""


def is_schema_type(value: object) -> bool:
    """Whether a value is a type of data that has a JSON Schema: a model of pydantic, a dataclass, a TypedDict.

    So is what is made of types, such as `list[Model]`.
    """
    if get_origin(value) is not None:
        return True
    if not isinstance(value, type):
        return False
    # As that of typing_extensions, which `is_typeddict` does not know.
    is_typed_dict = issubclass(value, dict) and hasattr(value, "__required_keys__")
    return is_dataclass(value) or is_typed_dict or callable(getattr(value, "model_json_schema", None))


def schema_of_type(kind: Any) -> Json:
    """The JSON Schema of what a type is validated from; `NoSchemaError` where there is none."""
    name = _name_of(kind)
    if inspect.isroutine(kind):
        raise NoSchemaError(f"{name} is a function, which stands for a tool and not for a schema")
    if isinstance(kind, (ModuleType, *_VALUES)):
        raise NoSchemaError(f"{name} is a value of type {type(kind).__name__}, and not a type")
    own = getattr(kind, "model_json_schema", None)
    schema: Json = json.loads(json.dumps(_made(own, name) if callable(own) else _adapted(kind, name)))
    return schema


def parameters_of(kind: Any) -> Json:
    """The JSON Schema of the arguments of a typed function, or of a type that they are; else `NoSchemaError`."""
    return _arguments_of(kind) if inspect.isroutine(kind) else schema_of_type(kind)


def tool_of_function(function: Any, *, name: str | None = None) -> Json:
    """The tool that a typed function is: its name, the first paragraph of its docstring, and its arguments.

    `name` goes before the function's own; `NoSchemaError` for what is no such function.
    """
    if not inspect.isroutine(function):
        advice = "a type of arguments stands under parameters of a tool"
        raise NoSchemaError(f"{_name_of(function)} is no function; {advice}")
    schema = _arguments_of(function)
    description = (inspect.getdoc(function) or "").partition("\n\n")[0]
    said = {"description": " ".join(description.split())} if description else {}
    return {"type": "function", "function": {"name": name or _name_of(function), **said, "parameters": schema}}


def _arguments_of(function: Callable[..., object]) -> Json:
    name = _name_of(function)
    schema = json.loads(json.dumps(_adapted(function, name)))
    if schema.get("type") != "object":
        raise NoSchemaError(f"the function {name} takes arguments by their place alone, which no tool does")
    if "self" in schema.get("properties", {}):
        raise NoSchemaError(f"the method {name} takes self: name the method of an object, or a function")
    untyped = [f"'{each.name}'" for each in _parameters(function) if each.annotation is each.empty]
    if untyped:
        has, them = ("has", "it") if len(untyped) == 1 else ("have", "them")
        arguments = ", ".join(untyped)
        raise NoSchemaError(
            f"{arguments} of the function {name} {has} no type and would take anything: annotate {them}"
        )
    found: Json = schema
    return found


def _parameters(function: Callable[..., object]) -> Iterable[inspect.Parameter]:
    try:
        return inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # written in another language: pydantic read what there is
        return ()


def _name_of(kind: Any) -> str:
    named = getattr(kind, "__name__", None)
    if isinstance(named, str):
        return named
    is_shown = get_origin(kind) is not None or isinstance(kind, _VALUES)
    # The text of any other object is mostly its address.
    return _ADDRESS.sub("", str(kind))[:80] if is_shown else f"an object of type {type(kind).__name__}"


def _adapted(kind: Any, name: str) -> Any:
    try:
        from pydantic import TypeAdapter
    except ImportError:
        raise NoSchemaError(f"the schema of {name} takes pydantic, which is not installed") from None

    def adapted() -> Any:
        return (kind if isinstance(kind, TypeAdapter) else TypeAdapter(kind)).json_schema()

    return _made(adapted, name)


def _made(make: Callable[[], Any], name: str) -> Any:
    try:
        return make()
    except Exception as error:  # noqa: BLE001 - whatever pydantic, or an annotation, has to say against it
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        first = _ADDRESS.sub("", first)
        raise NoSchemaError(f"{name} has no JSON Schema: {first}") from None
