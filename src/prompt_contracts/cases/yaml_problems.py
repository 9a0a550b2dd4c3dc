"""Why YAML could not be read, or gave another type than was meant, in plain words with the next step. Reads nothing."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

import yaml

from prompt_contracts.cases.findings import Findings
from prompt_contracts.cases.node import Node, SourceText
from prompt_contracts.cases.scalars import read_scalar
from prompt_contracts.json_value import Json, json_type, show


class _Wording(NamedTuple):
    pattern: str
    message: str
    advice: str | None


_QUOTE = "put the text in quotes, or write it as a block after '|'"

# The words of PyYAML 6.0.3's own parser: libyaml's differ, and so its errors are worded by a second reading.
_WORDINGS = (
    _Wording(
        "mapping values are not allowed",
        "a ':' stands where no new key can start",
        f"if it belongs to a text, {_QUOTE}; else check the indentation",
    ),
    _Wording(
        r"found character '\\t'",
        "a tab stands where YAML wants spaces",
        "indent with spaces",
    ),
    _Wording(
        r"found character '(?P<char>.+)' that cannot start any token",
        "a text cannot start with '{char}' unless it is in quotes",
        _QUOTE,
    ),
    _Wording(
        "could not find expected ':'",
        "this line is neither 'key: value' nor the continuation of a text",
        "check the indentation, and that the key has a ':' after it",
    ),
    _Wording(
        "expected ',' or '(?P<close>.)'",
        "a ',' or '{close}' is missing here",
        "close the bracket, or put text that holds , : [ ] { } or ? in quotes",
    ),
    _Wording(
        "expected <block end>",
        "this does not belong to what stands above it",
        "check the indentation; text that starts with a quote, a bracket or '{{' goes in quotes as a whole",
    ),
    _Wording(
        "found unexpected end of stream|found unexpected document separator",
        "a quotation mark is opened here and never closed",
        "close it",
    ),
    _Wording(
        "found unknown escape character '(?P<char>.+)'",
        "'\\{char}' is no escape in double quotes",
        "write \\\\ for a backslash, or use single quotes",
    ),
    _Wording("sequence entries are not allowed", "a list cannot start here", "put '- ' on a line of its own"),
    _Wording(
        "expected the node content",
        "a value is missing here",
        "text that starts with such a sign goes in quotes",
    ),
    _Wording(
        "expected '<document start>'",
        "more text follows after the end of the value",
        "check the indentation, and quotes that close too early",
    ),
)


def explain_problem(error: yaml.YAMLError, source: SourceText, findings: Findings) -> None:
    """Notes a syntax error as PC100, at its place and in plain words."""
    problem = str(getattr(error, "problem", None) or error)
    mark = getattr(error, "problem_mark", None)
    wording = next((one for one in _WORDINGS if re.search(one.pattern, problem)), None)
    # PyYAML points to the end of the file, where it gave up.
    if wording is not None and "quotation mark" in wording.message:
        mark = getattr(error, "context_mark", None) or mark
    place = _place(mark, source)
    if wording is None:
        findings.error("PC100", f"not YAML: {problem}", place)
        return
    found = re.search(wording.pattern, problem)
    message, advice = wording.message, wording.advice
    for name, text in (found.groupdict() if found else {}).items():
        message = message.replace(f"{{{name}}}", text)
    template = re.search(r"(?<![\"'\w ])\s*(\{\{.*?\}\})", source.line(place.line) or "")
    if template is not None and "<block end>" in problem:
        advice = f'put the whole text in quotes: "{template[1]} ..."'
    findings.error("PC100", f"not YAML: {message}", place, advice=advice)


def _place(mark: object, source: SourceText) -> Node:
    line = int(getattr(mark, "line", 0)) + 1
    column = int(getattr(mark, "column", 0)) + 1
    lines = source.lines
    # The end of the stream lies past the last line: point at the end of what was written.
    while line > 1 and (line > len(lines) or not lines[line - 1].strip()):
        line -= 1
        column = len(lines[line - 1].rstrip())
    column = max(1, min(column, len(lines[line - 1]) + 1))
    return Node(None, source, line, column, 1)


_PERCENT = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)\s*%", re.ASCII)


def type_advice(node: Node, wanted: frozenset[str]) -> str | None:
    """The next step for a node whose type is none of the wanted JSON types; None when there is no clear one."""
    value = node.value
    if isinstance(value, str) and (share := _PERCENT.fullmatch(value)) is not None and wanted & {"number", "integer"}:
        # In decimal: 1.1 % is 0.011, and not the 0.011000000000000001 of doubles.
        number = f"{(Decimal(share[1]) / 100).normalize():f}"
        return f"write {{rate: {number}}}" if "object" in wanted else f"write {number}"
    if json_type(value) in wanted or (json_type(value) == "number" and "integer" in wanted):
        return None
    if value is None:
        return _empty_advice(node)
    if isinstance(value, dict):
        return _mapping_advice(node, wanted)
    if isinstance(value, list):
        return "leave out the '-' or the brackets" if wanted else None
    if isinstance(value, str):
        return _text_advice(value, wanted)
    if "array" in wanted and "string" not in wanted:
        return f"write it as a list: [{show(value)}]"
    return f'put it in quotes: "{show(value)}"' if "string" in wanted else None


def pair_advice(value: Json, example: Json) -> str:
    """The next step for one value where two were wanted."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return f"write [1, {value}] for at most {value}, or [{value}, {value}] for just as many"
    return f"write two values, such as {show(example)}"


def _empty_advice(node: Node) -> str:
    if node.is_cut:
        return "'#' after a space starts a comment in YAML: put the text in quotes"
    return "write a value, or leave the key out"


def _mapping_advice(node: Node, wanted: frozenset[str]) -> str | None:
    if "string" in wanted and len(node.members or {}) == 1:
        return "': ' in unquoted text makes a mapping in YAML: put the text in quotes"
    if "array" in wanted:
        return "write a list: start each item with '- '"
    return None


def _text_advice(text: str, wanted: frozenset[str]) -> str | None:
    read = read_scalar(text)
    if "boolean" in wanted and text.casefold() in ("yes", "no", "on", "off", "true", "false"):
        return f"write {'true' if text.casefold() in ('yes', 'on', 'true') else 'false'}"
    if wanted & {"number", "integer"} and isinstance(read, (int, float)):
        return "leave out the quotes"
    if "array" in wanted and "string" not in wanted:
        return f"write it as a list: [{text}]"
    return None
