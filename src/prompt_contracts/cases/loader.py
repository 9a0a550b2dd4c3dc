"""A case file -> cases. Whatever a person wrote wrongly comes back as data; nothing is raised for it.

The stages: text, nodes, includes, shape, then case by case in assembly. Nothing is asked, no model looked up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from prompt_contracts.case import Case
from prompt_contracts.case_file import BrokenCase, CaseFile
from prompt_contracts.cases.assembly import (
    UNUSED,
    Assembler,
    FileContext,
    check_expect_is_given,
    fill_members,
    model_ids,
)
from prompt_contracts.cases.attachments import Attachments
from prompt_contracts.cases.case_places import ShareValue, facets_of
from prompt_contracts.cases.document import Document, document_of_values, read_document
from prompt_contracts.cases.example_rows import ExampleRows, RowsOfFiles, RowSupply, placeholder
from prompt_contracts.cases.findings import Findings, did_you_mean
from prompt_contracts.cases.inclusion import holds_include
from prompt_contracts.cases.messages import warn_of_cut_texts
from prompt_contracts.cases.node import Node
from prompt_contracts.cases.python_definitions import PythonDefinitions
from prompt_contracts.cases.structure import first_problem, is_valid_file, written_schema
from prompt_contracts.cases.templating import Variables
from prompt_contracts.cases.tools import check_library, offered_names
from prompt_contracts.cases.turns import Script, names_of_turns
from prompt_contracts.turn import Facet

# A mistake in one of these says nothing certain about any case, so none is loaded.
_FATAL_KEYS = ("version", "models", "defaults")


def load_case_file(  # noqa: PLR0913 - what a run says of all files is handed in, and only here
    path: Path,
    *,
    root: Path,
    project_models: tuple[str, ...] = (),
    models: tuple[str, ...] | None = None,
    environ: Mapping[str, str],
    is_named: bool = False,
    keeps_columns: bool = False,
    definitions: PythonDefinitions | None = None,
    examples: RowSupply | None = None,
    only: str | None = None,
    share: ShareValue | None = None,
) -> CaseFile | None:
    """All cases of a file, or None when it is YAML of somebody else.

    `project_models` are for files that name none, `models` replace those of every case. A file that the
    user named (`is_named`) is never somebody else's. `definitions` are what its `$python`s name; where there are none,
    each is a mistake. With `keeps_columns` the cases carry those of their rows. `examples` says which generated rows a
    case has; without it, those that are stored. With `only` no other case is looked at. The values of facets go through
    `share`. Mistakes come back as `BrokenCase`s with diagnostics.
    """
    document = read_document(path, root=root, is_named=is_named, definitions=definitions or PythonDefinitions(None))
    if document is None:
        return None
    if document.cases is None:
        return CaseFile(path=document.path, broken=_file_broken(document.findings))
    rows = ExampleRows(document.path, folder=path.parent, root=root, source=examples)
    load = _FileLoad(
        document, Attachments(root=root), rows, project_models=project_models, models=models, environ=environ
    )
    return load.load(keeps_columns=keeps_columns, only=only, share=share)


def load_case_values(
    node: Node,
    *,
    file: Path,
    root: Path,
    environ: Mapping[str, str],
    definitions: PythonDefinitions | None = None,
    share: ShareValue | None = None,
) -> CaseFile:
    """The case that a Python file states, its nodes made from values; what they include starts from that file."""
    document = document_of_values(node, file=file, root=root, definitions=definitions or PythonDefinitions(None))
    attachments = Attachments(root=root)
    rows = ExampleRows(document.path, folder=file.parent, root=root, source=RowsOfFiles())
    return _FileLoad(document, attachments, rows, project_models=(), models=None, environ=environ).load(share=share)


def _file_broken(findings: Findings) -> tuple[BrokenCase, ...]:
    errors = findings.errors
    return (BrokenCase(name="file", location=errors[0].location, diagnostics=errors),) if errors else ()


class _FileLoad:
    """The load of one file that is a case file."""

    def __init__(
        self,
        document: Document,
        attachments: Attachments,
        examples: ExampleRows,
        *,
        project_models: tuple[str, ...],
        models: tuple[str, ...] | None,
        environ: Mapping[str, str],
    ) -> None:
        self._document = document
        self._attachments = attachments
        self._examples = examples
        self._findings = document.findings
        self._is_valid = is_valid_file(document.root.value)
        self._names: dict[str, Node] = {}
        self._is_blocked = False
        """Nothing certain can be said of any case: only their shape is looked at."""
        self._is_doubtful = False
        """What the cases may build on is missing: not to be named once more for each of them."""
        self._is_withheld = False
        """The cases are examined, but not loaded."""
        self._around = self._surroundings(project_models, models, environ)

    def load(
        self, *, keeps_columns: bool = False, only: str | None = None, share: ShareValue | None = None
    ) -> CaseFile:
        assembler = Assembler(replace(self._around, keeps_columns=keeps_columns, share=share))
        cases: list[Case] = []
        broken: list[BrokenCase] = []
        warnings = Findings()
        for node, findings in self._document.cases or ():
            if only is not None and (name := node.member("name")) is not None and name.value != only:
                continue
            loaded = self._load_case(node, findings, assembler)
            warnings.extend(findings.warnings)
            if findings.count:
                broken.append(self._broken(node, findings))
            else:
                cases += loaded
        self._check_anything_found(broken)
        # A broken case might use it.
        if not broken and not self._is_blocked and only is None:
            self._warn_of_unused()
            self._warn_of_idle_rows()
        warnings.extend(self._findings.warnings)
        return CaseFile(
            path=self._document.path,
            cases=() if self._is_blocked or self._is_withheld else tuple(cases),
            broken=(*_file_broken(self._findings), *broken),
            warnings=warnings.warnings,
        )

    def _surroundings(
        self, project_models: tuple[str, ...], models: tuple[str, ...] | None, environ: Mapping[str, str]
    ) -> FileContext:
        root = self._document.root
        wrong = {key: self._check_key(key) for key in ("version", "models", "defaults", "variables", "tools")}
        self._note_consequences(wrong)
        marred = self._document.marred_members
        defaults, library, variables = (_members(root, key) for key in ("defaults", "tools", "variables"))
        if "env" in variables:
            message = "'env' cannot be a variable: templates read the environment by that name"
            self._findings.error("PC102", message, (root.member("variables") or root).key("env"), advice="rename it")
        warn_of_cut_texts({} if wrong["defaults"] else defaults, self._findings)
        written = root.member("models")
        own = () if written is None or wrong["models"] else model_ids(written, self._findings)
        return FileContext(
            path=self._document.path,
            defaults={} if wrong["defaults"] else defaults,
            library=library,
            broken_tools=wrong["tools"] | check_library(library, self._findings) | marred["tools"],
            scope=Variables(variables=variables, environ=environ, unreadable=frozenset(marred["variables"])),
            file_models=own or project_models,
            model_list=written if own else None,
            models=models,
            attachments=self._attachments,
            examples=self._examples,
        )

    def _note_consequences(self, wrong: Mapping[str, frozenset[str]]) -> None:
        """What the mistakes of the file, its unknown keys among them, mean for its cases."""
        root, known = self._document.root, written_schema()["properties"]
        unknown = [] if self._is_valid else [key for key in root.members or {} if key not in known]
        if unknown:
            from prompt_contracts.cases.explanation import Explainer

            Explainer(written_schema(), self._findings).explain_unknown_keys(root, written_schema(), "the file")
        is_absent = any(key in wrong[key] or "$include" in _members(root, key) for key in ("variables", "tools"))
        # A key that is nearly one of ours: what it was meant to give is missing in the cases.
        is_misspelt = any(did_you_mean(key, known) for key in unknown)
        self._is_withheld = bool(unknown)
        self._is_doubtful = is_misspelt or is_absent or bool(wrong["defaults"]) or "defaults" in self._document.marred
        self._is_blocked = (
            is_misspelt or is_absent or any(wrong[key] or key in self._document.marred for key in _FATAL_KEYS)
        )

    def _check_key(self, key: str) -> frozenset[str]:
        """What is wrong, noted: the key itself, or for `tools` the names of the wrong ones."""
        node = self._document.root.member(key)
        if self._is_valid or node is None:
            return frozenset()
        from prompt_contracts.cases.explanation import Explainer

        explainer = Explainer(written_schema(), self._findings)
        before = self._findings.count
        if key == "tools" and node.members is not None:
            wrong = set()
            for name, tool in node.members.items():
                before = self._findings.count
                explainer.explain(tool, "tool", f"the tool '{name}'")
                if self._findings.count > before:
                    wrong.add(name)
            return frozenset(wrong)
        explainer.explain_member(self._document.root, key)
        return frozenset({key}) if self._findings.count > before else frozenset()

    def _load_case(self, node: Node, findings: Findings, assembler: Assembler) -> tuple[Case, ...]:
        subject = _subject(node)
        if not self._is_valid:
            from prompt_contracts.cases.explanation import Explainer

            Explainer(written_schema(), findings).explain(node, "case", subject)
        self._check_name(node, findings)
        members = dict(node.members or {})
        if findings.count:
            if self._is_doubtful:
                return ()
            _check_templates(members, self._around.scope, findings)
            expect = members.get("expect", self._around.defaults.get("expect"))
            # A misspelt `expect` has been named already: that it is missing is the same mistake.
            is_elsewhere = {"overrides", "turns", "$include"} & set(members) or any(
                did_you_mean(key, ["expect"]) for key in members
            )
            if node.members is not None and (not is_elsewhere or "expect" in members):
                check_expect_is_given(expect, node, subject, findings)
            return ()
        warn_of_cut_texts(members, findings)
        return () if self._is_blocked else assembler.assemble(node, subject, findings)

    def _check_name(self, node: Node, findings: Findings) -> None:
        name = node.member("name")
        if name is None or not isinstance(name.value, str):
            return
        # Names become files of recordings, and not every file system tells upper from lower case.
        first = self._names.setdefault(name.value.casefold(), name)
        if first is not name:
            message = f"the name '{name.value}' is taken by the case at line {first.line}"
            advice = "rename one of them; names differ in more than upper and lower case"
            findings.error("PC103", message, name, advice=advice)

    def _broken(self, node: Node, findings: Findings) -> BrokenCase:
        place = node.key("name")
        name = node.member("name")
        usable = (
            name is not None
            and isinstance(name.value, str)
            and self._names.get(name.value.casefold()) is name
            and name.value.strip(".")
            and not set(name.value) - _NAME_CHARACTERS
        )
        shown = str(name.value) if usable and name is not None else f"case-at-line-{place.line}"
        members = {**self._around.defaults, **(node.members or {})}
        return BrokenCase(
            name=shown,
            location=place.location,
            diagnostics=findings.errors,
            expect=_told_facets(members.get("expect")),
            offered=offered_names(members.get("tools")),
        )

    def _check_anything_found(self, broken: list[BrokenCase]) -> None:
        """The compiled validator's word counts, even where no plain words were found for it."""
        if self._is_valid or broken or self._findings.count:
            return
        pointer, message = first_problem(self._document.root.value)
        place = self._document.root.descend(pointer) or self._document.root
        self._findings.error("PC102", message, place)
        self._is_blocked = True

    def _warn_of_unused(self) -> None:
        written = self._document.root.member("variables")
        for name in self._around.scope.variables:
            if written is not None and name not in self._around.scope.used:
                message = f"the variable '{name}' is never used"
                self._findings.warning("PC115", message, written.key(name), advice=UNUSED)

    def _warn_of_idle_rows(self) -> None:
        names = [str(name.value) for node, _ in self._document.cases or () if (name := node.member("name")) is not None]
        self._examples.note_idle(names, self._findings)


def _told_facets(expect: Node | None) -> tuple[Facet, ...]:
    """The facets of a case that was not assembled; none where templates or includes still hide what they say."""
    if expect is None or expect.has_template or holds_include(expect):
        return ()
    return facets_of(expect)


_NAME_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")


def _members(root: Node, key: str) -> Mapping[str, Node]:
    node = root.member(key)
    return {} if node is None or node.members is None else node.members


def _subject(case: Node) -> str:
    name = case.member("name")
    if name is not None and isinstance(name.value, str) and name.value:
        return f"case '{name.value}'"
    return f"the {'item' if case.members is None else 'case'} at line {case.line}"


def _check_templates(members: dict[str, Node], scope: Variables, findings: Findings) -> None:
    """Unknown variables of a case that cannot be assembled for another reason, so that one run names both."""
    rows, matrix, templates = members.get("rows"), members.get("matrix"), members.get("templates")
    if templates is not None and templates.value is False:
        return
    columns: dict[str, Node] = {}
    for row in (rows.items or ()) if rows is not None else ():
        columns |= row.members or {}
    given = members.get("given")
    if given is not None and given.members is not None:
        columns |= placeholder(given, list(given.members))
    for name, column in ((matrix.members or {}).items()) if matrix is not None else ():
        columns[name] = column.items[0] if column.items else column
    turns = members.get("turns")
    around = replace(scope.with_row(columns), later=names_of_turns(turns))
    fill_members(members, around, findings)
    prompts = members.get("prompts")
    for prompt in ((prompts.members or {}).values()) if prompts is not None else ():
        fill_members(prompt.members or {}, around, findings)
    if turns is not None:
        Script(turns, around, findings)
