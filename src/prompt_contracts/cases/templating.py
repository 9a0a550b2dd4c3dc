"""`{{ name }}`: puts values of variables into texts, once. Evaluates nothing, knows no key of the language."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from prompt_contracts.cases.findings import Findings, nearest
from prompt_contracts.cases.node import Node

NAME = r"[A-Za-z_][A-Za-z0-9_-]*"
VARIABLE_NAME = re.compile(NAME)

_PATH = rf"{NAME}(?:\.[A-Za-z0-9_-]+)*"
# Four braces stand for two: tried first, so that `{{{{ name }}}}` is never read as a template in braces.
_TEMPLATE = re.compile(rf"\{{\{{\{{\{{([ \t]*{_PATH}[ \t]*)\}}\}}\}}\}}|\{{\{{[ \t]*({_PATH})[ \t]*\}}\}}")
_ENVIRONMENT = "env"


@dataclass(slots=True, kw_only=True)
class Scope:
    """The variables that a template may name."""

    variables: Mapping[str, Node]
    environ: Mapping[str, str] = field(repr=False)
    unreadable: frozenset[str] = frozenset()
    """Variables that are there but wrong; what names them is refused without another word about it."""
    used: set[str] = field(default_factory=set)
    """Names that were looked up; grows while templates are filled in."""
    later: Mapping[str, str] = field(default_factory=dict)
    """Names that only the run gives -> where, in words: unknown here, but for a reason."""

    def with_row(self, columns: Mapping[str, Node]) -> Scope:
        """This scope with a row's columns before the file's variables."""
        return replace(self, variables={**self.variables, **columns})


class Filler:
    """Fills templates in from one scope; what cannot be filled in is noted and stays as written."""

    def __init__(self, scope: Scope, findings: Findings, *, allow_environment: bool) -> None:
        self._scope = scope
        self._findings = findings
        self._allow_environment = allow_environment

    def fill(self, node: Node) -> Node:
        """The same tree with its templates filled in; the very same object when there are none."""
        if not node.has_template:
            return node
        if isinstance(node.value, str):
            return self._text(node, node.value)
        if node.items is not None:
            items = [self.fill(item) for item in node.items]
            same = all(new is old for new, old in zip(items, node.items, strict=True))
            return node if same else node.with_items(items)
        members = {name: self.fill(member) for name, member in (node.members or {}).items()}
        same = all(new is old for new, old in zip(members.values(), (node.members or {}).values(), strict=True))
        return node if same else node.with_members(members)

    def _text(self, node: Node, text: str) -> Node:
        whole = _TEMPLATE.fullmatch(text)
        if whole is not None and whole[2]:
            found = self._look_up(whole[2], node)
            return node if found is None else found.moved_to(node)
        return self.fill_text(node, text, given={})

    def fill_text(self, node: Node, text: str, *, given: Mapping[str, str]) -> Node:
        """A text with its templates filled in, in one pass; `given` has texts for paths that are in no scope."""
        filled = _TEMPLATE.sub(lambda match: self._replacement(match, node, given), text)
        return node if filled == text else replace(node, value=filled)

    def _replacement(self, match: re.Match[str], node: Node, given: Mapping[str, str]) -> str:
        if match[1]:
            return f"{{{{{match[1]}}}}}"
        if match[2] in given:
            return given[match[2]]
        found = self._look_up(match[2], node)
        if found is None:
            return match[0]
        return found.value if isinstance(found.value, str) else json.dumps(found.value, ensure_ascii=False)

    def _look_up(self, path: str, node: Node) -> Node | None:
        first, *rest = path.split(".")
        if first == _ENVIRONMENT:
            return self._environment(path, ".".join(rest), node)
        self._scope.used.add(first)
        found = self._scope.variables.get(first)
        if first in self._scope.unreadable:
            message = f"the variable '{first}' has a mistake of its own"
            self._findings.error("PC110", message, template_place(node, path), advice="correct the variable first")
            return None
        if found is None and first in self._scope.later:
            message = f"the variable '{first}' is not known here: {self._scope.later[first]}"
            self._findings.error("PC110", message, template_place(node, path), advice="name it in a later turn")
            return None
        if found is None:
            names = [*self._scope.variables, _ENVIRONMENT]
            self._unknown(f"unknown variable '{first}'", names, first, template_place(node, path))
        for depth, part in enumerate(rest, start=1):
            if found is None:
                break
            inner = found.descend(f"/{part}")
            if inner is None:
                whole = ".".join((first, *rest[: depth - 1]))
                message = f"unknown variable '{path}': '{whole}' has no '{part}'"
                self._unknown(message, list(found.members or ()), part, template_place(node, path))
            found = inner
        return found

    def _unknown(self, message: str, known: list[str], name: str, place: Node) -> None:
        shown = [one for one in known if one != _ENVIRONMENT]
        have = f"known here: {', '.join(shown[:10])}" if shown else "there are no variables here"
        advice = nearest(name, shown)
        self._findings.error("PC110", message, place, advice=f"{advice} ({have})" if advice else have)

    def _environment(self, path: str, name: str, node: Node) -> Node | None:
        place = template_place(node, path)
        if not self._allow_environment:
            message = f"'{{{{ {path} }}}}' may not stand in 'expect'"
            advice = "what a case expects is the same on every machine: write the value"
            self._findings.error("PC102", message, place, advice=advice)
            return None
        if name not in self._scope.environ:
            message = f"the environment variable '{name}' is not set" if name else "'env' needs a name: env.NAME"
            self._findings.error("PC110", message, place, advice=f"set {name}" if name else None)
            return None
        return replace(place, value=self._scope.environ[name])


def template_place(node: Node, path: str) -> Node:
    """Where the template itself stands, as far as it is written literally; else where its text starts."""
    pattern = re.compile(rf"\{{\{{[ \t]*{re.escape(path)}[ \t]*\}}\}}")
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
    return tuple(match[2] for match in _TEMPLATE.finditer(text) if match[2])


def whole_path(text: str) -> str | None:
    """What a text names that is one template and nothing else; None for any other text."""
    match = _TEMPLATE.fullmatch(text)
    return None if match is None else match[2]


def has_template(text: str) -> bool:
    """Whether a text holds a template or a literal `{{{{ name }}}}`."""
    return _TEMPLATE.search(text) is not None
