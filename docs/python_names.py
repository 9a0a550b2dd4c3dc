"""The names of `docs/reference/python.md`: everything that `prompt_contracts` hands on, from its docstrings."""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import prompt_contracts
from prompt_contracts.api.pattern_values import PATTERN_VALUES
from prompt_contracts.api.running import Cases, RunStep
from prompt_contracts.completion import Choice
from prompt_contracts.plugin.contract_face import StandIn
from prompt_contracts.report import BrokenResult, Summary
from prompt_contracts.usage import Usage
from prompt_contracts.verdict import TrialResult

PYTHON_PAGE = Path(__file__).parent / "reference" / "python.md"

GIVEN = (
    (StandIn, "what `prompt_contract.provider(...)` gives to its `with`"),
    (Cases, "what `load` returns"),
    (RunStep, "what `on_progress` of `run` is called with"),
    (Choice, "one of the `choices` of a `Completion`"),
    (Usage, "the `usage` of a `Completion`, an `Outcome`, a trial"),
    (TrialResult, "one of the `trials` of a `CaseResult`"),
    (Summary, "one of the `models` of a `Report`"),
    (BrokenResult, "one of those under `broken` of a `Report`"),
)
"""Objects that are met through the public names, and have no name to import."""

_MOST_WORDS = 4
_VALUES = {function.__name__ for function in PATTERN_VALUES}


def python_names() -> str:
    """The text between the markers of the page."""
    names = prompt_contracts.__all__
    parts = ["## Verbs and nouns", *(_entry(name) for name in names if name not in _VALUES)]
    parts += ["## What they give", "These have no name to import: they are met through the names above."]
    parts += [part for kind, words in GIVEN for part in (f"### {kind.__name__}: {words}", *_told(kind))]
    return "\n\n".join([*parts, "## Patterns", *(_entry(name) for name in names if name in _VALUES)])


def _entry(name: str) -> str:
    return "\n\n".join([f"### {name}", *_told(getattr(prompt_contracts, name))])


def _told(thing: object) -> Iterator[str]:
    words, _, example = (inspect.getdoc(thing) or "").partition(">>> ")
    if inspect.isfunction(thing):
        yield f"```text\n{thing.__name__}{_signature(thing)}\n```"
    yield words.strip()
    if inspect.isclass(thing):
        rows = list(_rows(thing))
        if rows:
            yield "\n".join(["| | |", "|---|---|", *(f"| `{name}` | {text} |" for name, text in rows)])
    if example:
        yield f"```pycon\n>>> {example.strip()}\n```"


def _rows(kind: type) -> Iterator[tuple[str, str]]:
    """Every public field, property and method of a class and of those that it extends, and what is said of it."""
    seen: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if base.__module__.partition(".")[0] == "prompt_contracts" and base.__name__ not in ("PlainData", "CaseError"):
            seen |= dict(_members(base))
    yield from seen.items()


def _members(kind: type) -> Iterator[tuple[str, str]]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    body = tree.body if isinstance(tree, ast.ClassDef) else []
    for index, node in enumerate(body):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            after = body[index + 1] if index + 1 < len(body) else None
            name, text = node.target.id, _text(after)
            yield name, f"`{_type_of(node.annotation, kind)}`{': ' * bool(text)}{text}"
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            kinds = {ast.unparse(each) for each in node.decorator_list}
            is_property = "property" in kinds
            text = _words(ast.get_docstring(node) or "")
            signature = "" if is_property else _cell(_method_signature(getattr(kind, node.name)))
            yield f"{node.name}{signature}", text


def _type_of(annotation: ast.expr, kind: type) -> str:
    """As it is written, but a few words for the name of their type."""
    text = ast.unparse(annotation)
    words = get_args(getattr(sys.modules[kind.__module__], text, None))
    return _cell(" | ".join(map(repr, words)) if 0 < len(words) <= _MOST_WORDS else text)


def _text(node: ast.stmt | None) -> str:
    value = node.value if isinstance(node, ast.Expr) else None
    is_text = isinstance(value, ast.Constant) and isinstance(value.value, str)
    return _words(value.value) if is_text and isinstance(value, ast.Constant) else ""


def _words(text: object) -> str:
    """A docstring without its example, on one line of a table."""
    return _cell(" ".join(str(text).partition(">>> ")[0].split()))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _method_signature(thing: object) -> str:
    signature = _signature(thing)
    return re.sub(r"^\(self(?:, )?(?:/, )?", "(", signature)


def _signature(thing: object) -> str:
    # The types that are written for checkers say less to people than their names.
    text = str(inspect.signature(thing)) if callable(thing) else ""
    text = re.sub(r"<[^>]*>", "...", text)
    return re.sub(r"'([^']*)'", r"\1", text)
