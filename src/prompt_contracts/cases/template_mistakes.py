"""What only looks like a template, or stands where none is filled in: PC111, and PC117 as a warning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prompt_contracts.cases.findings import Findings
from prompt_contracts.cases.node import Node
from prompt_contracts.cases.template_text import IN_BRACES, STATEMENT, TEMPLATE, paths_in, template_place, words_place
from prompt_contracts.json_value import Json

_LONGEST = 40


def note_malformed(written: str, node: Node, findings: Findings) -> None:
    """Something in double braces that is no template."""
    message = f"{_quoted(written)} is no template: a template names a variable and does nothing else"
    inside = written.strip("{}").strip()
    literal = (
        f"{{{{{{{{ {inside} }}}}}}}}" if inside and len(inside) <= _LONGEST and "\n" not in inside else "four braces"
    )
    advice = f"write {{{{ name }}}} or {{{{ name.key }}}}; for the text itself write {literal}, or templates: false"
    findings.error("PC111", message, words_place(node, written), advice=advice)


def check_keys(mapping: Node, findings: Findings) -> None:
    """A template in a key of a mapping: keys are the author's own words."""
    for name in mapping.members or ():
        if "{{" in name and (found := IN_BRACES.search(name)) is not None:
            note_template_in_key(found[0], mapping.key(name), findings)


def note_template_in_key(written: str, key: Node, findings: Findings) -> None:
    """A template in a key."""
    message = f"{_quoted(written)} stands in a key, and keys are never filled in"
    advice = "write the key itself; a variable may give the whole mapping, keys and all"
    findings.error("PC111", message, key, advice=advice)


def check_unfilled(members: Mapping[str, Node], filled: frozenset[str], findings: Findings) -> None:
    """Templates in keys of a case whose values are never filled in."""
    for key, node in members.items():
        if key in filled or not node.has_template:
            continue
        for text in _texts(node):
            for path in paths_in(str(text.value)):
                message = f"'{{{{ {path} }}}}' stands in '{key}', where templates are not filled in"
                findings.error("PC111", message, template_place(text, path), advice="write the value itself")


def names_in(node: Node | None) -> Iterator[str]:
    """The variables that templates below a node name, wherever they stand."""
    for text in _texts(node) if node is not None and node.has_template else ():
        yield from (path.partition(".")[0] for path in paths_in(str(text.value)))


def warn_of_lookalikes(node: Node, text: str, findings: Findings) -> None:
    """`{% %}`, and `{{` without an end: sent as they are, and surely not meant so."""
    if "{%" in text and (found := STATEMENT.search(text)) is not None:
        message = f"{_quoted(found[0])} is sent as it is: there are no statements in templates"
        advice = "write one case or row for each alternative"
        findings.warning("PC117", message, words_place(node, found[0]), advice=advice)
    if "{{" in TEMPLATE.sub("", text):
        message = "'{{' is never closed, and is sent as it is"
        findings.warning("PC117", message, node, advice="write {{ name }}, or templates: false if braces are meant")


def warn_of_braces(path: str, value: Json, node: Node, findings: Findings) -> None:
    """A value to be inserted that holds `{{ }}` itself: it is not looked at again."""
    if any(IN_BRACES.search(text) for text in _strings(value)):
        message = f"the value of '{path}' holds '{{{{ }}}}', which stays as it is: inserted text is never filled in"
        advice = f"write its text in the place of '{{{{ {path} }}}}' if the templates in it are meant"
        findings.warning("PC117", message, template_place(node, path), advice=advice)


def _strings(value: Json) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from _strings(item)
        case dict():
            for member in value.values():
                yield from _strings(member)


def _texts(node: Node) -> Iterator[Node]:
    if isinstance(node.value, str):
        yield node
    for inner in (*(node.items or ()), *(node.members or {}).values()):
        yield from _texts(inner)


def _quoted(written: str) -> str:
    line, _, more = written.partition("\n")
    return f"'{line[:_LONGEST]}…'" if more or len(line) > _LONGEST else f"'{line}'"
