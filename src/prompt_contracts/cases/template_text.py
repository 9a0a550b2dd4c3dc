"""What a template looks like in a text, and where it stands. Fills nothing in."""

from __future__ import annotations

import re

from prompt_contracts.cases.node import Node

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
