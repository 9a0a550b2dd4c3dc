"""Whether the references of a JSON Schema lead to a schema, and not round in a circle. Reads no file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote, urljoin

from prompt_contracts.data_class import dataclass
from prompt_contracts.finding import Clause, Finding
from prompt_contracts.json_schema.dialect import IN_PLACE, Subschema, dialect_of, place_of, subschemas
from prompt_contracts.json_schema.files import PROJECT, REFERENCES, shown_path
from prompt_contracts.json_schema.keywords import KEYWORDS
from prompt_contracts.json_value import Json, read_exact_text

_NETWORK = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|/")


def reference_findings(part: Subschema, schema: Json) -> Iterator[Finding]:
    """References of one schema that stay inside the file, and those to the network."""
    for keyword in REFERENCES:
        target = part.keywords.get(keyword)
        if isinstance(target, str) and not target.startswith(PROJECT):
            findings = _check_local if target.startswith("#") else _check_address
            yield from (finding.inside(keyword) for finding in findings(keyword, target, part, schema))


def _check_local(keyword: str, target: str, part: Subschema, schema: Json) -> Iterator[Finding]:
    base = _base(part.clause, schema)
    if target == "#" or target.startswith("#/"):
        yield from _check_pointer(f"'{keyword}: {target}'", unquote(target[1:]), base, "the JSON Schema")
    elif target[1:] not in _anchors(schema):
        text = f"'{keyword}: {target}' points to nothing in the JSON Schema"
        yield Finding(
            code="PC120", message=text, help="give the schema that is meant an $anchor, or point to #/$defs/name"
        )


def check_target(target: str, texts: Mapping[str, str]) -> Iterator[Finding]:
    """A reference into another file of the project."""
    address, _, fragment = target.partition("#")
    if address in texts and fragment.startswith("/"):
        yield from _check_pointer(
            f"'{shown_path(target)}'", unquote(fragment), read_exact_text(texts[address]), "the file"
        )


def _check_pointer(what: str, text: str, schema: Json, where: str) -> Iterator[Finding]:
    place = place_of(schema, text)
    if place is None:
        yield Finding(code="PC120", message=f"{what} points to nothing in {where}")
    elif place.is_no_schema:
        names = list(place.value) if isinstance(place.value, dict) else []
        hint = f"point to one of them, such as '{what.strip(chr(39))}/{names[0]}'" if names else None
        yield Finding(code="PC120", message=f"{what} points to something that is no schema", help=hint)


def _base(clause: Clause, schema: Json) -> Json:
    """The innermost schema around a part with a name of its own: pointers start there."""
    value, base = schema, schema
    for key in clause:
        value = value[key]  # type: ignore[index] # the clause was found by walking the schema
        # JSON Schema 2020-12 (core, 9.2.1): a resource with a name of its own is one that pointers start at.
        if isinstance(value, dict) and any(isinstance(value.get(name), str) for name in ("$id", "id")):
            base = value
    return base


def _anchors(schema: Json) -> set[str]:
    """What parts of a schema are called, without the `#`."""
    named = [part.keywords.get(name) for part in subschemas(schema) for name in ("$anchor", "$dynamicAnchor")]
    # Until draft 7 an `$id` of a fragment alone was the anchor; in draft 4 it was `id`.
    older = [part.keywords.get(name) for part in subschemas(schema) for name in ("$id", "id")]
    found = {name for name in named if isinstance(name, str)}
    return found | {name.partition("#")[2] for name in older if isinstance(name, str)}


def _check_address(keyword: str, target: str, _part: Subschema, schema: Json) -> Iterator[Finding]:
    """A reference that is none to a file of the project: only what the schema itself is called is good."""
    names = [part.keywords.get(name) for part in subschemas(schema) for name in ("$id", "id")]
    bases = [name for name in names if isinstance(name, str)]
    address = target.partition("#")[0]
    if any(
        address in (name, urljoin(base, name)) or urljoin(base, address) in names for base in bases for name in bases
    ):
        return
    if _NETWORK.match(target) or any(_NETWORK.match(base) for base in bases):
        text = f"'{keyword}: {target}' leads out of the project, and a schema is never fetched"
        yield Finding(code="PC120", message=text, help="save that schema beside the case and refer to its file")
    else:
        text = f"'{keyword}: {target}' cannot be followed from here"
        yield Finding(code="PC120", message=text, help="write the schema in place, or in a file of its own")


_Node = tuple[str, Clause]
"""A file's address, empty for the schema itself, and a schema in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """From one schema to another that judges the same value."""

    source: _Node
    target: _Node
    reference: str
    """The reference as it is written; empty where the step is none."""
    keyword: str


def circle_findings(schema: Json, texts: Mapping[str, str]) -> Iterator[Finding]:
    """A schema that comes back to itself without going into the value: judging by it would never end."""
    documents: dict[str, Json] = {"": schema, **{address: read_exact_text(text) for address, text in texts.items()}}
    steps = {
        (address, part.clause): tuple(_steps(address, part, documents))
        for address, document in documents.items()
        for part in subschemas(document)
    }
    for circle in _circles(steps):
        last = next((step for step in reversed(circle) if step.source[0] == "" and step.reference), circle[-1])
        clause = (*last.source[1], last.keyword) if last.source[0] == "" else ()
        text = (
            f"'{last.keyword}: {shown_path(last.reference)}' comes back to where it starts without going into the value"
        )
        hint = "refer to it from under 'properties' or 'items', or leave it out"
        yield Finding(code="PC120", message=text, clause=clause, help=hint)


def _circles(steps: Mapping[_Node, tuple[_Step, ...]]) -> Iterator[list[_Step]]:
    """The steps that lead into and round a circle, once for each that closes one. Never recurses."""
    done: set[_Node] = set()
    for start in steps:
        path: list[_Step] = []
        waiting = [] if start in done else [iter(steps[start])]
        around = {start}
        while waiting:
            step = next(waiting[-1], None)
            if step is None:
                waiting.pop()
                left = path.pop().target if path else start
                # Off the path, so that two ways to one schema are no circle.
                around.discard(left)
                done.add(left)
            elif step.target in around:
                yield [*path, step]
            elif step.target not in done:
                path.append(step)
                around.add(step.target)
                waiting.append(iter(steps.get(step.target, ())))


def _steps(address: str, part: Subschema, documents: Mapping[str, Json]) -> Iterator[_Step]:
    document, source = documents[address], (address, part.clause)
    for keyword in REFERENCES:
        written = part.keywords.get(keyword)
        target = _node(written, address, part, documents) if isinstance(written, str) else None
        if isinstance(written, str) and target is not None:
            yield _Step(source=source, target=target, reference=written, keyword=keyword)
    dialect = dialect_of(document)
    if "$ref" in part.keywords and dialect is not None and "dependentSchemas" not in KEYWORDS[dialect]:
        return  # in the older dialects nothing beside it is looked at
    for keyword in (*IN_PLACE, "dependentSchemas", "dependencies"):
        held = part.keywords.get(keyword)
        keys: list[Clause] = [()]
        if isinstance(held, list):
            keys = [(index,) for index in range(len(held))]
        elif isinstance(held, dict) and keyword not in IN_PLACE:
            keys = [(name,) for name in held]
        for key in keys:
            target = (address, (*part.clause, keyword, *key))
            yield _Step(source=source, target=target, reference="", keyword=keyword)


def _node(written: str, address: str, part: Subschema, documents: Mapping[str, Json]) -> _Node | None:
    """Where a reference leads; None where that is not plain to see."""
    other, _, fragment = written.partition("#")
    there = other or address
    if there not in documents or (fragment and not fragment.startswith("/")):
        return None
    if _base(part.clause, documents[address]) is not documents[address]:
        return None
    place = place_of(documents[there], unquote(fragment))
    return None if place is None else (there, place.clause)
