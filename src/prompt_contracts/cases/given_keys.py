"""`given`, `examples` and `assume` of a case -> what its rows are generated from. Generates nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from prompt_contracts.cases.findings import Findings, listed
from prompt_contracts.cases.node import Node, places_of
from prompt_contracts.cases.template_text import VARIABLE_NAME
from prompt_contracts.cases.yaml_problems import pair_advice
from prompt_contracts.given import DEFAULT_EXAMPLES, Generator, GeneratorKind, Given
from prompt_contracts.json_value import Json
from prompt_contracts.location import Location

GIVEN_KEYS = ("given", "examples", "assume")
_PAIRS = {"$date": "the first and the last date", "length": "the least and the greatest length"}
_EXAMPLES: Mapping[str, Json] = {"$date": ["2026-01-01", "2026-12-31"], "length": [1, 60]}


def read_given(members: Mapping[str, Node], case: Node, subject: str, findings: Findings) -> Given | None:
    """What a case says of generated rows; None where it says nothing. Its shape was checked.

    What is wrong is noted, and then it is not to be used.
    """
    given = members.get("given")
    if given is None:
        _note_lonely(case, subject, findings)
        return None
    variables: dict[str, Generator] = {}
    for name, node in (given.members or {}).items():
        if VARIABLE_NAME.fullmatch(name) is None or name in ("env", "id"):
            reason = "templates read the environment by that name" if name == "env" else "a row is named by it"
            findings.error("PC113", f"'{name}' cannot be generated: {reason}", given.key(name), advice="rename it")
        generator = _generator(name, node, findings)
        if generator is not None:
            variables[name] = generator
    examples, assume = members.get("examples"), members.get("assume")
    return Given(
        variables=variables,
        examples=DEFAULT_EXAMPLES if examples is None else int(cast("int", examples.value)),
        assume=None if assume is None else assume.value,
        assume_places=_places(assume),
        assume_location=None if assume is None else _key_of("assume", assume, case).location,
        location=_key_of("given", given, case).location,
    )


def check_columns(given: Given, columns: Mapping[str, Node], members: Mapping[str, Node], findings: Findings) -> None:
    """Notes variables that the rows of the case give as well."""
    node = members["given"]
    for name in given.variables:
        if name in columns:
            message = f"'{name}' is generated, and is a column of the case as well"
            findings.error("PC113", message, node.key(name), advice="rename one of the two, or leave one out")


def _note_lonely(case: Node, subject: str, findings: Findings) -> None:
    # A default may say it for those cases that have something to generate.
    for key in ("examples", "assume"):
        if case.member(key) is not None:
            message = f"'{key}' of {subject} has no effect without 'given'"
            findings.error("PC105", message, case.key(key), advice="write 'given' beside it, or leave it out")


def _generator(name: str, node: Node, findings: Findings) -> Generator | None:
    members = node.members or {}
    if len(members) != 1:
        message = f"'{name}' has {len(members)} generators: {listed(members)}"
        findings.error("PC113", message, node, advice="keep one of them")
        return None
    ((key, operand),) = members.items()
    before = findings.count
    for place, pair in {key: operand, **(operand.members or {})}.items():
        if place in _PAIRS and (pair.items is None or len(pair.items) != 2):
            only = pair.items[0].value if pair.items else None
            advice = pair_advice(only, _EXAMPLES[place])
            findings.error("PC113", f"'{place}' takes two values: {_PAIRS[place]}", pair, advice=advice)
    if findings.count > before:
        return None
    kind = cast("GeneratorKind", key.removeprefix("$"))
    return Generator(kind=kind, operand=operand.value, location=node.key(key).location, places=_places(operand))


def _places(node: Node | None) -> Mapping[str, Location]:
    if node is None:
        return {}
    return {"": node.location, **(places_of(node) if node.members or node.items else {})}


def _key_of(name: str, node: Node, case: Node) -> Node:
    """Where a key was written; what comes from the defaults has the place of its value."""
    return case.key(name) if case.member(name) is node else node
