"""The JSON Schema of case files as editors want it: the loader's own, with what else a schema can tell of a file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from prompt_contracts.cases.scalars import read_scalar
from prompt_contracts.cases.structure import load_schema
from prompt_contracts.json_value import Json
from prompt_contracts.linting.editor_patterns import PLACES, pattern_definitions
from prompt_contracts.linting.editor_rules import EditorSchema, add_rules

_FILES = ("include", "text_file", "python")
_STAND_INS = (*_FILES, "template")
"""What can stand for any value: an editor that offers their examples everywhere offers nothing else well."""
_LONGEST_LABEL = 60
_PLAIN = re.compile(r"[A-Za-z0-9_$/^.](?:[^:#{}\[\],\"'\n]|:(?=\S))*(?<! )")
"""Texts that need no quotes in YAML, and some that need none but get them."""


def editor_schema() -> str:
    """What `prompt-contracts schema` writes: indented JSON with a final line feed."""
    schema: EditorSchema = deepcopy(dict(load_schema()))
    definitions = schema["$defs"]
    definitions |= pattern_definitions(load_schema()["$defs"])
    del definitions["operators"]
    for name, families in PLACES.items():
        for properties in _properties(definitions[name]):
            for key, family in families.items():
                properties[key]["$ref"] = f"#/$defs/{family}"
    for name in _STAND_INS:
        del definitions[name]["examples"]
    for name in _FILES:
        del definitions[name]["required"]
        definitions[name]["minProperties"] = 1
    add_rules(schema)
    for each in _schemas(schema):
        _let_stand_alone(each, definitions)
    for each in _schemas(schema):
        _explain(each)
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _properties(definition: EditorSchema) -> Iterator[EditorSchema]:
    """The properties of a mapping, or of the mappings among the alternatives of a definition."""
    for each in (definition, *definition.get("anyOf", ())):
        if "properties" in each:
            yield each["properties"]


def _schemas(schema: Any) -> Iterator[EditorSchema]:
    """Every schema inside a schema; not what stands in examples."""
    if not isinstance(schema, dict):
        return
    yield schema
    for key in ("properties", "$defs", "patternProperties"):
        for inner in schema.get(key, {}).values():
            yield from _schemas(inner)
    for key in ("additionalProperties", "items", "propertyNames", "not", "if", "then", "else"):
        yield from _schemas(schema.get(key))
    for key in ("anyOf", "allOf", "oneOf"):
        for inner in schema.get(key, ()):
            yield from _schemas(inner)


def _explain(schema: EditorSchema) -> None:
    """Keep the examples that are one word; an editor shows the others as text, since it cannot insert them."""
    examples: list[Json] = schema.pop("examples", [])
    words = [example for example in examples if not isinstance(example, (dict, list))]
    others = [example for example in examples if isinstance(example, (dict, list))]
    if words:
        schema["examples"] = words
    if others:
        shown = "\n\n".join(f"```yaml\n{_yaml(example)}\n```" for example in others)
        schema["markdownDescription"] = f"{_marked(schema.get('description', ''))}\n\nExample:\n\n{shown}".strip()


def _let_stand_alone(schema: EditorSchema, definitions: Mapping[str, Any]) -> None:
    for holder in (schema.get("properties", {}), schema.get("$defs", {})):
        for key, written in holder.items():
            if isinstance(written, dict):
                holder[key] = _standing_alone(written, definitions)


def _standing_alone(written: EditorSchema, definitions: Mapping[str, Any]) -> EditorSchema:
    """A property that refers to a definition, without any key beside a reference: editors lose what stands there."""
    if "$ref" not in written or len(written) == 1:
        return written
    name = written["$ref"].rpartition("/")[2]
    found = {**definitions[name], **{key: value for key, value in written.items() if key != "$ref"}}
    if "anyOf" not in found:
        return found
    branches: list[EditorSchema] = [{"$ref": f"#/$defs/{name}/anyOf/{number}"} for number in range(len(found["anyOf"]))]
    snippets = [_snippet(example, found) for example in written.get("examples", ()) if isinstance(example, dict)]
    literal = next((n for n, each in enumerate(found["anyOf"]) if _is_scalar(each)), None)
    if snippets and literal is not None:
        # Beside a mapping, they would be offered again inside it.
        branches[literal] = {**found["anyOf"][literal], "defaultSnippets": snippets}
    return {**found, "anyOf": branches}


def _is_scalar(branch: Mapping[str, Any]) -> bool:
    return "enum" in branch or not {"object", "array"} & {*branch.get("type", ["object"])}


def _snippet(example: dict[str, Json], schema: Mapping[str, Any]) -> EditorSchema:
    label = _flow(example)
    label = label if len(label) <= _LONGEST_LABEL else label[: _LONGEST_LABEL - 1] + "…"
    return {"label": label, "description": schema.get("description", "An example."), "body": _escaped(example)}


def _escaped(value: Json) -> Json:
    """As the text of a snippet, in which `$` starts a place to fill."""
    if isinstance(value, dict):
        return {_escaped_text(key): _escaped(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_escaped(inner) for inner in value]
    return _escaped_text(_scalar(value)) if isinstance(value, str) else value


def _escaped_text(text: str) -> str:
    return text.replace("$", "\\$").replace("}", "\\}")


def _flow(value: Json) -> str:
    """A value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(key)}: {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(value)


def _marked(text: str) -> str:
    """A description as Markdown, in which a word such as `__all__` would otherwise be strong."""
    return text.replace("_", "\\_").replace("*", "\\*").replace("<", "\\<")


def _yaml(value: Json, indent: str = "") -> str:
    """A value in block style, as it is written in the docs."""
    if isinstance(value, dict) and value:
        return "\n".join(indent + _entry(f"{_scalar(key)}:", inner, indent) for key, inner in value.items())
    if isinstance(value, list) and value:
        return "\n".join(indent + _entry("-", inner, indent) for inner in value)
    return indent + _scalar(value)


def _entry(start: str, value: Json, indent: str) -> str:
    if isinstance(value, (dict, list)) and value:
        inner = _yaml(value, indent + "  ")
        return f"{start} {inner.lstrip()}" if start == "-" else f"{start}\n{inner}"
    return f"{start} {_scalar(value)}"


def _scalar(value: Json) -> str:
    """Plain where YAML reads it back as the same text, else quoted."""
    is_plain = isinstance(value, str) and _PLAIN.fullmatch(value) is not None and read_scalar(value) == value
    return str(value) if is_plain else json.dumps(value, ensure_ascii=False)
