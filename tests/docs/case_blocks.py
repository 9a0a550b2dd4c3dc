"""The YAML blocks of the pages -> whole case files. Runs nothing."""

from __future__ import annotations

import re
import textwrap

from tests.docs.markdown import Block

WRAPPED = ("case", "request", "expect", "pattern")
MODEL = "openai:gpt-5-mini"
"""The model of examples that are parts of a case file; an instruction `model: ...` names another."""
PRELUDE = """\
version: 1
models: [MODEL]
tools:
  get_weather: {name: get_weather}
  find_order: {name: find_order}
cases:
"""


def is_case_file(block: Block) -> bool:
    return block.use == "broken" or re.search(r"^version:", block.text, re.MULTILINE) is not None


def as_case_file(block: Block) -> str:
    """A whole case file around what the block shows."""
    return wrapped(block).replace("[MODEL]", f"[{block.note('model') or MODEL}]", 1)


def wrapped(block: Block) -> str:
    match block.use:
        case "case":
            return PRELUDE + "  -\n" + textwrap.indent(block.text, "    ")
        case "request":
            return as_case("request", block.text, "expect: {text: {$contains: a}}")
        case "expect":
            return as_case("expect", block.text)
        case "pattern":
            return as_case("expect", "json:\n" + textwrap.indent(block.text, "  "))
        case _:
            return block.text


def as_case(key: str, text: str, *others: str) -> str:
    lines = ["name: example", "user: Hello.", "tools: [get_weather, find_order]", *others, f"{key}:"]
    inner = "".join(f"{line}\n" for line in lines) + textwrap.indent(text, "  ")
    return PRELUDE + "  -\n" + textwrap.indent(inner, "    ")
