"""What a template looks like, what only looks like one, and what an empty value leaves of a text. Fills nothing in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from prompt_contracts.cases.findings import Findings
from prompt_contracts.cases.node import Node
from prompt_contracts.json_value import Json

NAME = r"[A-Za-z_][A-Za-z0-9_-]*"
VARIABLE_NAME = re.compile(NAME)

_PATH = rf"{NAME}(?:\.[A-Za-z0-9_-]+)*"
# Four braces stand for two: tried first, so that `{{{{ name }}}}` is never read as a template in braces. Last comes
# what stands in double braces and is no template.
TEMPLATE = re.compile(
    r"\{\{\{\{(?!\{)(.*?)\}\}\}\}"
    rf"|\{{\{{[ \t]*({_PATH})[ \t]*\}}\}}"
    r"|(\{\{(?:\{\{)?(?!\{).*?\}\})",
    re.DOTALL,
)
STATEMENT = re.compile(r"\{%.*?%\}", re.DOTALL)
IN_BRACES = re.compile(r"\{\{.*?\}\}", re.DOTALL)


def template_place(node: Node, path: str) -> Node:
    """Where the template of a path stands, as far as it is written literally; else where its text starts."""
    return _place(node, re.compile(rf"\{{\{{[ \t]*{re.escape(path)}[ \t]*\}}\}}"))


def words_place(node: Node, words: str) -> Node:
    """Where words of a text stand, as far as they are written literally; else where the text starts."""
    return _place(node, re.compile(re.escape(words.partition("\n")[0])))


def _place(node: Node, pattern: re.Pattern[str]) -> Node:
    # A block text begins on the line below its key.
    lines = str(node.value).count("\n") + 2
    for number in range(node.line, node.line + lines):
        text = node.source.line(number)
        if text is None:
            break
        found = pattern.search(text, node.column - 1 if number == node.line else 0)
        if found is not None:
            return Node(None, node.source, number, found.start() + 1, found.end() - found.start())
    return Node(None, node.source, node.line, node.column, node.length)


def paths_in(text: str) -> tuple[str, ...]:
    """What the templates of a text name, such as `city` and `place.town`, in order; literal ones name nothing."""
    return tuple(match[2] for match in TEMPLATE.finditer(text) if match[2])


def whole_path(text: str) -> str | None:
    """What a text names that is one template and nothing else; None for any other text."""
    match = TEMPLATE.fullmatch(text)
    return None if match is None else match[2]


def has_template(text: str) -> bool:
    """Whether a text holds a template or a literal `{{{{ name }}}}`."""
    return TEMPLATE.search(text) is not None


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
        case _:
            pass


def _texts(node: Node) -> Iterator[Node]:
    if isinstance(node.value, str):
        yield node
    for inner in (*(node.items or ()), *(node.members or {}).values()):
        yield from _texts(inner)


def _quoted(written: str) -> str:
    line, _, more = written.partition("\n")
    return f"'{line[:_LONGEST]}…'" if more or len(line) > _LONGEST else f"'{line}'"


IGNORED_LOOSELY = " ,./-_*^"
"""The characters that do not count under `$loosely`; the same as where it is judged."""

# Nothing, white space, one letter, and a bit of everything: what is found in all of them is taken to be found anywhere.
_PROBES = ("", "\n", "x", "0 Y\u00e9\n.")
_TIME_LIMIT = 1.0
_HOLDS_OF_ALL = "holds of every text"


def text_operands(name: str, node: Node) -> Iterator[tuple[str, Node]]:
    """The texts under a key of a pattern that must not be empty, each with the operator that it belongs to."""
    if name in ("$contains", "$regex", "$loosely"):
        yield name, node
    expression = node.member("of") if name == "$count" else None
    if expression is not None:
        yield name, expression


def what_is_left(operator: str, text: str, *, is_any_empty: bool) -> str | None:
    """What an operator says when this is all that it has; None when it has something to say.

    `is_any_empty` is whether one of the values in the text is empty.
    """
    match operator:
        case "$contains":
            return None if text.strip() else "holds of almost every text" if text else _HOLDS_OF_ALL
        case "$loosely":
            return None if text.translate(dict.fromkeys(map(ord, IGNORED_LOOSELY))) else "compares with nothing"
        case "$count" if not text:
            return "counts nothing"
    return _HOLDS_OF_ALL if _finds_nothing_in_particular(text, is_any_empty=is_any_empty) else None


def _finds_nothing_in_particular(expression: str, *, is_any_empty: bool) -> bool:
    if not expression:
        return True
    import regex  # type: ignore[import-untyped] # it ships no types

    try:
        compiled = regex.compile(expression, regex.VERSION0)
        found = [compiled.search(probe, timeout=_TIME_LIMIT) for probe in _PROBES]
    except (regex.error, ValueError, OverflowError, TimeoutError, RecursionError):
        return False  # what is wrong with it is told where it is checked
    # What is left of `\b{{ name }}\b` finds a place in every text, and no character.
    is_bare = any(match is not None and match.string.strip() and not match[0] for match in found)
    return None not in found or (is_any_empty and is_bare)
