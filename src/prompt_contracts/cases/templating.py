"""`{{ name }}`: puts values of variables into texts, once. Evaluates nothing, knows no key of the language."""

from __future__ import annotations

import json
import re
import string
from collections.abc import Mapping
from dataclasses import field, replace

from prompt_contracts.cases.findings import Findings, did_you_mean
from prompt_contracts.cases.node import Node
from prompt_contracts.cases.template_text import (
    IGNORED_LOOSELY,
    TEMPLATE,
    check_keys,
    note_malformed,
    paths_in,
    template_place,
    text_operands,
    warn_of_braces,
    warn_of_lookalikes,
    what_is_left,
)
from prompt_contracts.data_class import dataclass

_ENVIRONMENT = "env"


@dataclass(slots=True, kw_only=True)
class Variables:
    """The variables that a template may name."""

    variables: Mapping[str, Node]
    environ: Mapping[str, str] = field(repr=False)
    unreadable: frozenset[str] = frozenset()
    """Variables that are there but wrong; what names them is refused without another word about it."""
    columns: frozenset[str] = frozenset()
    """Those of the variables that are columns of the row."""
    used: set[str] = field(default_factory=set)
    """Names of the file's variables that were looked up; grows while templates are filled in."""
    used_columns: set[str] = field(default_factory=set)
    """The same of columns, in all rows of one case."""
    later: Mapping[str, str] = field(default_factory=dict)
    """Names that only the run gives -> where, in words: unknown here, but for a reason."""

    def with_row(self, columns: Mapping[str, Node], *, used: set[str] | None = None) -> Variables:
        """This scope with a row's columns before the file's variables; `used` gathers those that are looked up."""
        return replace(
            self,
            variables={**self.variables, **columns},
            columns=frozenset(columns),
            used_columns=set() if used is None else used,
        )

    def note_use(self, name: str) -> None:
        """Notes that a template names a variable or a column."""
        (self.used_columns if name in self.columns else self.used).add(name)


class Filler:
    """Fills templates in from one scope; what cannot be filled in is noted and stays as written."""

    def __init__(self, scope: Variables, findings: Findings, *, allow_environment: bool) -> None:
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
        check_keys(node, self._findings)
        members = {name: self.fill(member) for name, member in (node.members or {}).items()}
        self.check_emptied(node, members)
        same = all(new is old for new, old in zip(members.values(), (node.members or {}).values(), strict=True))
        return node if same else node.with_members(members)

    def check_emptied(self, written: Node, filled: Mapping[str, Node]) -> None:
        """Notes operators that an empty value has left with nothing to say: PC120."""
        for name, node in filled.items():
            for operator, operand in text_operands(name, node):
                source = (written.members or {})[name]
                text = source.member("of") if operand is not node else source
                if text is None or text is operand or not isinstance(operand.value, str):
                    continue
                empty = next((path for path in paths_in(str(text.value)) if self._is_empty(path)), None)
                if empty is not None:
                    is_any_empty = "" in map(self._text_of, paths_in(str(text.value)))
                    left = what_is_left(operator, operand.value, is_any_empty=is_any_empty)
                    self._note_emptied(operator, left, empty, text)

    def _is_empty(self, path: str) -> bool:
        text = self._text_of(path)
        return text is not None and not text.strip(IGNORED_LOOSELY + string.whitespace)

    def _text_of(self, path: str) -> str | None:
        first, *rest = path.split(".")
        found = self._scope.variables.get(first)
        found = None if found is None else found.descend("".join(f"/{part}" for part in rest))
        return found.value if found is not None and isinstance(found.value, str) else None

    def _note_emptied(self, operator: str, left: str | None, path: str, node: Node) -> None:
        if left is None:
            return
        value = self._scope.variables[path.partition(".")[0]]
        message = f"'{{{{ {path} }}}}' is empty at {value.location}, and so '{operator}' {left}"
        advice = "give it a text there, or leave the row out"
        self._findings.error("PC120", message, template_place(node, path), advice=advice)

    def _text(self, node: Node, text: str) -> Node:
        whole = TEMPLATE.fullmatch(text)
        if whole is not None and whole[2]:
            found = self._look_up(whole[2], node)
            return node if found is None else replace(found.moved_to(node), is_inserted=True)
        return self.fill_text(node, text, given={})

    def fill_text(self, node: Node, text: str, *, given: Mapping[str, str]) -> Node:
        """A text with its templates filled in, in one pass; `given` has texts for paths that are in no scope."""
        filled = text
        if "}}" in text:
            # In one pass: what was put in is never looked at again, so that no value can become a template.
            filled = TEMPLATE.sub(lambda match: self._replacement(match, node, given), text)
        warn_of_lookalikes(node, text, self._findings)
        return node if filled == text else replace(node, value=filled, is_inserted=True)

    def inserted_spans(self, node: Node) -> tuple[tuple[int, int], ...]:
        """Where in its filled text a text has what templates put there: first character and end of each."""
        spans: list[tuple[int, int]] = []
        moved = 0
        for match in TEMPLATE.finditer(str(node.value)):
            start, new = match.start() + moved, self._replacement(match, node, {})
            spans.append((start, start + len(new)))
            moved += len(new) - len(match[0])
        return tuple(spans)

    def _replacement(self, match: re.Match[str], node: Node, given: Mapping[str, str]) -> str:
        if match[3]:
            note_malformed(match[3], node, self._findings)
            return match[3]
        if match[2] is None:
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
        self._scope.note_use(first)
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
        if found is not None:
            warn_of_braces(path, found.value, node, self._findings)
        return found

    def _unknown(self, message: str, known: list[str], name: str, place: Node) -> None:
        shown = [one for one in known if one != _ENVIRONMENT]
        have = f"known here: {', '.join(shown[:10])}" if shown else "there are no variables here"
        advice = did_you_mean(name, shown)
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
        value = self._scope.environ[name]
        warn_of_braces(path, value, node, self._findings)
        return replace(place, value=value)
