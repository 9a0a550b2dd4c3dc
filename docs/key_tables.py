"""The tables of `docs/reference/keys.md`: every key of the case language, from its schema."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

KEYS_PAGE = Path(__file__).parent / "reference" / "keys.md"
GUIDE = KEYS_PAGE.with_name("case-files.md")
SCHEMA: Mapping[str, Any] = json.loads(files("prompt_contracts.cases").joinpath("schema.json").read_text("utf-8"))

SECTIONS = (
    ("A case file", ""),
    ("A case", "case"),
    ("A prompt of `prompts`", "case_prompt"),
    ("A message", "message"),
    ("Parameters of `request`", "request"),
    ("A generator of `given`", "generator"),
    ("A turn", "turn"),
    ("A recorded conversation", "history"),
    ("How many trials must hold", "requirement"),
    ("What is said of the strength of a contract", "strength"),
    ("Changes under which a contract holds", "holds_under"),
    ("What is expected", "expect"),
    ("What is expected of an error", "error_pattern"),
    ("What is expected of usage", "usage_pattern"),
    ("Operators of a pattern", "operators"),
    ("Keys of a pattern for objects", "object_pattern"),
    ("A fault", "fault"),
    ("Retries", "retry"),
    ("An assistant", "assistant"),
    ("How a run of an assistant is waited for", "poll"),
)
"""Headings of the page, each with the definition of the schema that its table tells of; the file itself has none."""
EXPLAINED = {"", "case", "case_prompt", "turn", "expect", "operators", "object_pattern"}
"""The definitions whose keys have sections of their own in the guide; those of the others are told in one."""

_HEADING = re.compile(r"^#{2,4} (.+)$", re.MULTILINE)


def key_tables() -> str:
    """All tables as Markdown."""
    explained = dict(_anchors())
    return "\n\n".join(
        f"### {heading}\n\n{_table(_properties(name), explained if name in EXPLAINED else {})}"
        for heading, name in SECTIONS
    )


def _properties(name: str) -> Mapping[str, Any]:
    definition = SCHEMA["$defs"][name] if name else SCHEMA
    alternatives = [definition, *definition.get("anyOf", ())]
    properties: Mapping[str, Any] = next(each["properties"] for each in alternatives if "properties" in each)
    return properties


def _table(properties: Mapping[str, Any], anchors: Mapping[str, str]) -> str:
    rows = (_row(key, _told(schema), anchors.get(key)) for key, schema in properties.items())
    return "\n".join(("| key | what stands there | meaning | such as |", "| --- | --- | --- | --- |", *rows))


def _told(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the schema says of a key, and where it says nothing itself, what the definition says that it names."""
    if "$ref" not in schema:
        return schema
    return {**_told(SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]), **schema}


def _row(key: str, told: Mapping[str, Any], anchor: str | None) -> str:
    name = f"`{key}`" if anchor is None else f"[`{key}`]({GUIDE.name}#{anchor})"
    cells = (name, told.get("title") or _words(told), told.get("description", ""), _example(told.get("examples", ())))
    return f"| {' | '.join(each.replace('|', chr(92) + '|') for each in cells)} |"


def _words(told: Mapping[str, Any]) -> str:
    if "enum" in told:
        return " or ".join(repr(each) for each in told["enum"])
    return {"string": "text"}[told["type"]]


def _example(examples: Sequence[object]) -> str:
    if not examples:
        return ""
    text = yaml.safe_dump(examples[0], default_flow_style=True, allow_unicode=True, sort_keys=False, width=10_000)
    return f"`{text.removesuffix(chr(10)).removesuffix(chr(10) + '...')}`"


def _anchors() -> Iterator[tuple[str, str]]:
    """The section of the guide that explains a key, for keys that stand in a heading."""
    for heading in _HEADING.findall(GUIDE.read_text("utf-8")):
        anchor = re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-")
        for word in re.findall(r"[$\w]+", heading):
            if word == word.lower() and ("_" in word or word.startswith("$") or heading == word):
                yield word, anchor
