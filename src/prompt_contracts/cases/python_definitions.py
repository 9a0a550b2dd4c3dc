"""What a case file names by `$python`: types -> JSON Schemas, typed functions -> tools. Calls none of them.

The name is looked up by whoever is handed in, and each is read once. Where names are passed over, what stands for them
says nothing that anybody could hold against a case.
"""

from __future__ import annotations

import re
from typing import Literal

from prompt_contracts.cases.node import Node
from prompt_contracts.cases.python_types import NoSchemaError, parameters_of, schema_of_type, tool_of_function
from prompt_contracts.errors import CodeRefused
from prompt_contracts.json_value import Json, show
from prompt_contracts.references import References
from prompt_contracts.turn import UNKNOWN_SCHEMA

PYTHON = "$python"
NAME_IN_PYTHON = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
"""A name such as `package.module:function`."""

Place = tuple[str, ...]
"""The keys from a case, or a file, to a value; items of lists have empty ones."""

# What stands in them is the author's data.
_DATA = frozenset({"variables", "rows", "matrix", "history", "messages", "tool_results", "expect"})
Wanted = Literal["schema", "parameters", "tool"]
_STOPS = (KeyboardInterrupt, GeneratorExit)


class NoDefinitionError(Exception):
    """What a name stands for cannot be had; the message says why."""

    def __init__(self, code: str, message: str, *, advice: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.advice = advice


class PythonDefinitions:
    """The types and functions that one file names."""

    def __init__(self, references: References | None, *, passed_over: dict[str, None] | None = None) -> None:
        """With `passed_over` nothing is imported: names that seem right are noted in it, and not looked up."""
        self._references = references
        self._passed_over = passed_over
        self._known: dict[tuple[Wanted, str], Json | NoDefinitionError] = {}

    def node(self, written: Node, place: Place) -> Node:
        """What a mapping with `$python` stands for, all of it where the name is written; `NoDefinitionError`."""
        name_node = (written.members or {})[PYTHON]
        wanted, name = _wanted_at(place), name_node.value
        if not isinstance(name, str) or NAME_IN_PYTHON.fullmatch(name) is None:
            advice = "write it as in shop.models:Forecast"
            raise NoDefinitionError("PC102", f"'{PYTHON}' takes package.module:name, not {show(name)}", advice=advice)
        if (wanted, name) not in self._known:
            try:
                self._known[wanted, name] = self._defined(wanted, name)
            except NoDefinitionError as error:
                self._known[wanted, name] = error
        found = self._known[wanted, name]
        if isinstance(found, NoDefinitionError):
            raise found
        return _node(found, name_node)

    def _defined(self, wanted: Wanted, name: str) -> Json:
        # As it is written, so that it is known without an import, and no decorator changes it.
        tool_name = name.rpartition(":")[2].rpartition(".")[2]
        references, passed_over = self._references, self._passed_over
        if references is None:
            raise _not_imported(name, "there is nothing to import it with")
        try:
            if passed_over is None:
                return _read(wanted, references.look_up(name), tool_name)
            reason = references.missing(name)
        except _STOPS:
            raise
        except CodeRefused as refused:
            raise NoDefinitionError(refused.code, str(refused), advice=refused.help) from None
        except NoSchemaError as error:
            raise NoDefinitionError("PC120", f"'{name}': {error}") from None
        except BaseException as error:  # noqa: BLE001 # whatever a module does when it is imported
            text = str(error).strip().splitlines()
            words = f"{type(error).__name__}: {text[0][:200]}" if text else type(error).__name__
            raise _not_imported(name, words) from None
        if reason is not None:
            raise _not_imported(name, reason)
        passed_over[name] = None
        return _unread(wanted, tool_name)


def _not_imported(name: str, reason: str) -> NoDefinitionError:
    advice = "modules are found from the root of the project"
    return NoDefinitionError("PC120", f"'{name}' cannot be imported: {reason}", advice=advice)


def _wanted_at(place: Place) -> Wanted:
    *around, last = place or ("",)
    before = around[-1] if around else ""
    if last == "$schema" or (last == "schema" and before in ("json_schema", "format")):
        return "schema"
    if not _DATA.intersection(around):
        if before == "tools":
            return "tool"
        if last == "parameters":
            return "parameters"
    message = f"'{PYTHON}' stands for a JSON Schema or for a tool, and none stands here"
    advice = "write it under $schema, under schema of a response_format, under parameters of a tool, or as a tool"
    raise NoDefinitionError("PC102", message, advice=advice)


def _read(wanted: Wanted, found: object, name: str) -> Json:
    match wanted:
        case "tool":
            return tool_of_function(found, name=name)
        case "parameters":
            return parameters_of(found)
        case _:
            return schema_of_type(found)


def _unread(wanted: Wanted, name: str) -> Json:
    unknown: Json = dict(UNKNOWN_SCHEMA)
    return {"type": "function", "function": {"name": name, "parameters": unknown}} if wanted == "tool" else unknown


def _node(value: Json, at: Node) -> Node:
    """A value as if all of it was written at one place; what looks like a template in it is none."""
    made = Node(value, at.source, at.line, at.column, at.length)
    if isinstance(value, list):
        made.items = [_node(item, at) for item in value]
    elif isinstance(value, dict):
        made.members = {name: _node(inner, at) for name, inner in value.items()}
    return made
