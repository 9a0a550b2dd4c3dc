"""Why a value is not what the schema demands: PC101, PC102, PC105 with places, in plain words.

Runs only when the compiled validator has said no. Understands the keywords that schema.json uses, no others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from prompt_contracts.cases.findings import Findings, described, did_you_mean, listed
from prompt_contracts.cases.mistaken_keys import MISPLACED, advice_for
from prompt_contracts.cases.node import INCLUDE_KEYS, Node
from prompt_contracts.cases.structure import LoadedSchema, expectation_names
from prompt_contracts.cases.template_text import has_template, note_template_in_key
from prompt_contracts.cases.yaml_problems import pair_advice, type_advice
from prompt_contracts.json_value import Json, json_type, show

_TABLES = ("rows", "matrix")
_PROMPTS = "a mapping from names to prompts"
_PROMPT = "a mapping with system, user, messages or request"
_GENERATOR = "a generator, such as {$from: [...]}"
_STAND_INS = ("template", "include", "text_file", "python")


class Explainer:
    """Checks nodes against one schema and notes what is wrong, each at its own place."""

    def __init__(self, schema: LoadedSchema, findings: Findings) -> None:
        self._schema = schema
        self._definitions: LoadedSchema = schema["$defs"]
        self._findings = findings
        self._wrong_code = "PC102"

    def explain(self, node: Node, definition: str, subject: str) -> None:
        """Notes everything wrong with a node that should be what a definition of the schema says.

        `subject` names the node in messages, such as `case 'greets'` or `'request'`.
        """
        self._check(self._definitions[definition], node, subject)

    def explain_member(self, parent: Node, key: str) -> None:
        """Notes everything wrong with one key of the file itself."""
        if (member := parent.member(key)) is not None:
            self._check(self._schema["properties"][key], member, f"'{key}'")

    def explain_unknown_keys(self, node: Node, schema: LoadedSchema, subject: str) -> None:
        """Notes every key that the schema of a mapping does not have."""
        for key in node.members or {}:
            if key not in schema.get("properties", {}):
                self._unknown(schema, node, key, subject)

    def _check(self, schema: Any, node: Node, subject: str) -> None:
        if self._is_included(node, schema):
            return  # what could not be included was noted when it was tried
        if schema is True or schema is False:
            return
        schema = self._resolved(schema)
        if "anyOf" in schema:
            self._choose(schema, node, subject)
        elif not _has_type(schema, node.value):
            self._wrong(schema, node, subject)
        elif node.members is not None:
            self._mapping(schema, node, subject)
        elif node.items is not None:
            self._list(schema, node, subject)
        else:
            self._scalar(schema, node, subject)

    def _is_included(self, node: Node, schema: Any) -> bool:
        """Whether something else is to stand for a node; a generator of that name is none."""
        found = [name for name in INCLUDE_KEYS if name in (node.members or ())]
        is_generator = isinstance(schema, dict) and self._resolved(schema).get("title") == _GENERATOR
        return bool(found) and not (is_generator and found == ["$python"])

    def _resolved(self, schema: LoadedSchema) -> LoadedSchema:
        while "$ref" in schema:
            target = self._definitions[schema["$ref"].rpartition("/")[2]]
            if not isinstance(target, dict):
                return {"enum": []}
            # Beside a reference stand other words for the same value; the definition's own come first.
            beside = {keyword: said for keyword, said in schema.items() if keyword != "$ref"}
            schema = {**beside, **target}
        return schema

    def _branches(self, schema: LoadedSchema) -> Iterator[LoadedSchema]:
        """The alternatives that a person may have meant, nested ones too; not what stands for a value."""
        for branch in schema["anyOf"]:
            if branch.get("$ref", "").rpartition("/")[2] in _STAND_INS:
                continue
            resolved = self._resolved(branch)
            if "anyOf" in resolved:
                yield from self._branches(resolved)
            else:
                yield resolved

    def _choose(self, schema: LoadedSchema, node: Node, subject: str) -> None:
        if self._is_template(schema, node):
            return
        # Alternatives of another type would only say that the type is wrong.
        fitting = [branch for branch in self._branches(schema) if _has_type(branch, node.value)]
        trials = []
        for branch in _of_one_kind(fitting, node):
            trial = Findings()
            mine, self._findings = self._findings, trial
            self._check(branch, node, subject)
            self._findings = mine
            if not trial.count:
                return
            trials.append(trial)
        scalar = node.items is None and node.members is None
        if not trials or (scalar and len(fitting) > 1) or (scalar and "title" not in fitting[0]):
            self._wrong(schema, node, subject)
        else:
            # The alternative with the fewest mistakes is the one that was meant.
            self._findings.extend(min(trials, key=lambda trial: trial.count).errors)

    def _is_template(self, schema: LoadedSchema, node: Node) -> bool:
        if not isinstance(node.value, str) or self._definitions["template"] is False:
            return False
        named = any(branch.get("$ref", "").endswith("/template") for branch in schema["anyOf"])
        return named and re.search(self._definitions["template"]["pattern"], node.value) is not None

    def _mapping(self, schema: LoadedSchema, node: Node, subject: str) -> None:
        properties = schema.get("properties", {})
        others = schema.get("additionalProperties", True)
        for name in schema.get("required", ()):
            if name not in (node.members or {}):
                self._findings.error("PC105", f"{subject} has no '{name}'", node, advice=f"add '{name}'")
        if not node.members and schema.get("minProperties"):
            self._empty(schema, node, subject)
        for name, member in (node.members or {}).items():
            names = schema.get("propertyNames", {}).get("pattern")
            if name in schema.get("propertyNames", {}).get("not", {}).get("enum", ()):
                self._misplaced(schema, node, name, subject)
            elif names is not None and re.search(names, name) is None:
                self._wrong_name(schema["propertyNames"].get("title"), node.key(name), name)
            elif name in properties:
                self._member(properties[name], member, name)
            elif others is False:
                self._unknown(schema, node, name, subject)
            else:
                self._check(others, member, f"the prompt '{name}'" if schema.get("title") == _PROMPTS else f"'{name}'")

    def _wrong_name(self, title: str | None, place: Node, name: str) -> None:
        """A key that cannot name what its mapping holds: a variable, where the schema does not say what."""
        if has_template(name):
            note_template_in_key(name, place, self._findings)
        elif title is None:
            advice = "use letters, digits, _ and -, with a letter first"
            self._findings.error(self._wrong_code, f"'{name}' is no name for a variable", place, advice=advice)
        else:
            advice = "use letters, digits, '_', '.' and '-'"
            self._findings.error("PC113", f"{show(name)} cannot be {title}", place, advice=advice)

    def _member(self, schema: Any, member: Node, name: str) -> None:
        before = self._wrong_code
        if name in _TABLES:
            self._wrong_code = "PC113"
        self._check(schema, member, f"'{name}'")
        self._wrong_code = before

    def _list(self, schema: LoadedSchema, node: Node, subject: str) -> None:
        if not node.items and schema.get("minItems"):
            self._empty(schema, node, subject)
        for index, item in enumerate(node.items or (), start=1):
            self._check(schema.get("items", True), item, f"item {index} of {subject}")

    def _empty(self, schema: LoadedSchema, node: Node, subject: str) -> None:
        code = "PC113" if self._wrong_code == "PC113" else "PC105"
        self._findings.error(code, f"{subject} is empty, but must be {schema['title']}", node)

    def _unknown(self, schema: LoadedSchema, node: Node, key: str, subject: str) -> None:
        title = schema.get("title", "")
        place = node.key(key)
        if has_template(key):
            note_template_in_key(key, place, self._findings)
            return
        if key in MISPLACED.get(title, {}):
            self._misplaced(schema, node, key, subject)
            return
        is_request = title == "a mapping of parameters"
        foreign = advice_for(title, key, self._levels())
        # In the place of a function, one of Python may be named.
        named = ("$python",) if title == "a function" else ()
        advice = foreign or did_you_mean(key, (*schema.get("properties", ()), *named))
        if is_request and foreign is None:
            extra = "a parameter that only this provider knows goes under 'extra_body'"
            advice = f"{advice} {extra}" if advice else extra
        word = "parameter" if is_request else "key"
        known = f"known here: {', '.join(schema.get('properties', ()))}"
        self._findings.error("PC101", f"unknown {word} '{key}' in {subject}", place, advice=advice or known)

    def _levels(self) -> dict[str, tuple[str, ...]]:
        """The keys of each level of a case file, for those that are written at another one."""
        branches = {name: self._definitions[name].get("anyOf", ()) for name in ("case", "request")}
        keys = {
            name: tuple(key for branch in found for key in branch.get("properties", ()))
            for name, found in branches.items()
        }
        return {**keys, "file": tuple(self._schema.get("properties", ())), "expect": expectation_names()}

    def _misplaced(self, schema: LoadedSchema, node: Node, key: str, subject: str) -> None:
        belongs = MISPLACED[schema["title"]].get(key, f"write {key} in 'request', beside {subject}")
        self._findings.error("PC102", f"'{key}' does not belong in {subject}", node.key(key), advice=belongs)

    def _scalar(self, schema: LoadedSchema, node: Node, subject: str) -> None:
        value = node.value
        if _is_in(value, schema.get("not", {}).get("enum", ())):
            message = f"{subject} must not be '{value}': that is {schema['not']['title']}"
            self._findings.error(self._wrong_code, message, node, advice="choose another name")
        elif not _scalar_fits(schema, value):
            self._wrong(schema, node, subject)

    def _wrong(self, schema: LoadedSchema, node: Node, subject: str) -> None:
        key = subject.strip("'")
        title = schema.get("title") or _types(schema)
        if isinstance(node.value, str) and "pattern" in schema and has_template(node.value):
            advice: str | None = "templates are not filled in here: write the value itself"
            self._findings.error("PC102", f"{subject} must be {title}, not a template", node, advice=advice)
            return
        code = "PC123" if title.endswith("provider:model") and isinstance(node.value, str) else self._wrong_code
        choices = self._choices(schema)
        if choices and schema.get("title") == "a role":
            title = f"one of {listed(choices)}"
        message = f"{subject} must be {title}, not {described(node.value)}"
        advice = self._advice(schema, node, key, title, choices)
        if code == "PC123":
            advice = "put the provider before a colon, as in openai:gpt-5-mini"
        if node.value == "" and schema.get("minLength"):
            message, advice = f"{subject} must be {title}, and it is empty", "write the text, or leave the key out"
        self._findings.error(code, message, node, advice=advice)

    def _advice(self, schema: LoadedSchema, node: Node, key: str, title: str, choices: list[str]) -> str | None:
        """The next step for a wrong value, as far as there is a clear one."""
        if title == _PROMPTS and node.items is not None:
            return "write a name before each of them, as in {short: {system: ...}, long: {system: ...}}"
        if title == _PROMPT and node.value is None:
            return "write {} for the case as it is, or leave the prompt out"
        if title == "the reason as text" and isinstance(node.value, bool):
            return f"{'' if node.value else 'leave it out, or '}write why, as in {key}: the reason"
        if choices and isinstance(node.value, str) and (near := did_you_mean(node.value, choices)) is not None:
            return near
        if choices and choices[0] not in title and self._wanted_types(schema) == {"string"}:
            return f"write one of: {', '.join(choices)}"
        wanted = self._wanted_types(schema)
        is_scalar = node.items is None and node.members is None
        if isinstance(node.value, (int, str)) and schema.get("minItems", 0) > 1:
            return pair_advice(node.value, schema["examples"][0])
        if is_scalar and node.value is not None and "object" in wanted and "string" not in wanted:
            examples = [example for example in schema.get("examples", ()) if isinstance(example, dict)]
            return type_advice(node, wanted) or (f"write a mapping, as in {show(examples[0])}" if examples else None)
        return None if choices and is_scalar and wanted == {"string"} else type_advice(node, wanted)

    def _choices(self, schema: LoadedSchema) -> list[str]:
        """The words that may be written, where there are no other texts."""
        branches = list(self._branches(schema)) if "anyOf" in schema else [schema]
        return [word for branch in branches for word in branch.get("enum", ()) if isinstance(word, str)]

    def _wanted_types(self, schema: LoadedSchema) -> frozenset[str]:
        branches = list(self._branches(schema)) if "anyOf" in schema else [schema]
        return frozenset(name for branch in branches for name in _type_names(branch))


def _of_one_kind(branches: list[LoadedSchema], node: Node) -> list[LoadedSchema]:
    """The alternatives that have a key `type`, where one was written: they are told apart by it."""
    typed = [branch for branch in branches if "type" in branch.get("properties", ())]
    return typed if typed and node.member("type") is not None else branches


def _type_names(schema: LoadedSchema) -> tuple[str, ...]:
    if "enum" in schema:
        return tuple(json_type(choice) for choice in schema["enum"])
    wanted = schema.get("type", ())
    return (wanted,) if isinstance(wanted, str) else tuple(wanted)


def _has_type(schema: LoadedSchema, value: Json) -> bool:
    names = _type_names(schema)
    if not names and "enum" not in schema:
        return True
    actual = json_type(value)
    if actual in names:
        return True
    # JSON Schema 2020-12 (validation, 6.1.1): 5.0 is an integer.
    return "integer" in names and actual == "number" and (isinstance(value, int) or float(str(value)).is_integer())


def _is_in(value: Json, choices: Any) -> bool:
    # By type, too: True == 1 in Python.
    return any(type(value) is type(choice) and value == choice for choice in choices)


def _scalar_fits(schema: LoadedSchema, value: Json) -> bool:
    if "enum" in schema:
        return _is_in(value, schema["enum"]) or (isinstance(value, float) and value in schema["enum"])
    if isinstance(value, str):
        pattern = schema.get("pattern", "")
        return len(value) >= schema.get("minLength", 0) and re.search(pattern, value) is not None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return (
            value >= schema.get("minimum", value)
            and value <= schema.get("maximum", value)
            and ("exclusiveMinimum" not in schema or value > schema["exclusiveMinimum"])
            and ("exclusiveMaximum" not in schema or value < schema["exclusiveMaximum"])
        )
    return True


_WORDS = {"string": "text", "object": "a mapping", "array": "a list", "null": "empty"}
_WORDS |= {"number": "a number", "integer": "an integer", "boolean": "true or false"}


def _types(schema: LoadedSchema) -> str:
    if "enum" in schema:
        return listed(schema["enum"])
    return " or ".join(_WORDS[name] for name in _type_names(schema))
