"""A file -> the nodes of a case file, includes resolved; or the decision that it is none. Checks no values."""

from __future__ import annotations

from dataclasses import field
from pathlib import Path
from typing import TypeVar

from prompt_contracts.cases.encoding import NotUnicodeError, decode, decode_loosely
from prompt_contracts.cases.findings import Findings, described, did_you_mean
from prompt_contracts.cases.given_file import SUFFIX as GIVEN_SUFFIX
from prompt_contracts.cases.inclusion import Includer, holds_include
from prompt_contracts.cases.node import Node, SourceText
from prompt_contracts.cases.python_definitions import PythonDefinitions
from prompt_contracts.cases.sniffing import (
    case_files_beside,
    claims_to_be_case_file,
    has_schema_comment,
    is_blank,
    is_surely_meant,
    looks_like_case_file,
)
from prompt_contracts.cases.yaml_reader import read_yaml_nodes
from prompt_contracts.data_class import dataclass
from prompt_contracts.diagnostic import Diagnostic

_Name = TypeVar("_Name", str, int)


@dataclass(slots=True, kw_only=True)
class Document:
    """One case file as nodes, and what was found wrong on the way."""

    path: str
    root: Node
    findings: Findings
    """Of the file itself, outside its cases."""
    cases: list[tuple[Node, Findings]] | None = None
    """Each case with what is wrong in it; None when the file cannot be gone on with."""
    marred: set[str] = field(default_factory=set)
    """Top-level keys inside which something is wrong already."""
    marred_members: dict[str, set[str]] = field(default_factory=lambda: {"variables": set(), "tools": set()})
    """Variables, and tools of the library, inside which something is wrong already."""


def read_document(path: Path, *, root: Path, is_named: bool, definitions: PythonDefinitions) -> Document | None:
    """The nodes of a case file; None for a file of somebody else, which one that the user named never is."""
    shown = _shown_path(path, root)
    source = SourceText(path=shown, folder=path.resolve().parent, text="")
    start = Node(None, source, 1, 1, 1)
    findings = Findings()
    try:
        raw = path.read_bytes()
    except OSError as error:
        findings.error("PC100", f"the file cannot be read: {error.strerror}", start)
        return Document(path=shown, root=start, findings=findings)
    source.text = decode_loosely(raw)
    is_ours = is_named or has_schema_comment(source.text)
    # A file that says nothing was probably meant to say something, where other case files lie.
    if is_blank(source.text):
        # Rows that are empty are told of by the case file that they belong to.
        is_ours = is_ours or (not path.name.endswith(GIVEN_SUFFIX) and _is_beside_a_case_file(path, root))
        return (
            _case_document(shown, start, findings, Includer(root=root, path=path, definitions=definitions))
            if is_ours
            else None
        )
    # Before any YAML is parsed: a folder may hold thousands of other people's files.
    if not is_ours and not looks_like_case_file(source.text):
        return None
    try:
        source.text = decode(raw)
    except NotUnicodeError as error:
        findings.error("PC100", f"the file is not {error.name} text", start, advice="save it as UTF-8")
        return Document(path=shown, root=start, findings=findings)
    node = _read(source, findings)
    if node is None and findings.count:
        is_ours = is_ours or claims_to_be_case_file(source.text)
        return Document(path=shown, root=start, findings=findings) if is_ours else None
    if not is_ours and (node is None or not is_surely_meant(node.value)):
        return None
    return _case_document(shown, node or start, findings, Includer(root=root, path=path, definitions=definitions))


def document_of_values(root_node: Node, *, file: Path, root: Path, definitions: PythonDefinitions) -> Document:
    """The document of nodes that were read from no text, such as those of values in a Python file."""
    return _case_document(
        root_node.source.path, root_node, Findings(), Includer(root=root, path=file, definitions=definitions)
    )


def _is_beside_a_case_file(path: Path, root: Path) -> bool:
    return any(
        read_document(other, root=root, is_named=False, definitions=PythonDefinitions(None)) is not None
        for other in case_files_beside(path)
    )


def _shown_path(path: Path, root: Path) -> str:
    # The path as it was written goes first: a link in the project is known by its own name.
    for known in (path.absolute(), path.resolve()):
        for base in (root.absolute(), root.resolve()):
            if known.is_relative_to(base):
                return known.relative_to(base).as_posix()
    return path.absolute().as_posix()


def _read(source: SourceText, findings: Findings) -> Node | None:
    # JSON first: YAML 1.1 does not read all of it, such as tabs and escaped surrogate pairs.
    if source.text.lstrip(" \t\r\n")[:1] in ("{", "["):
        from prompt_contracts.cases.json_reader import JsonSyntaxError, read_json_nodes

        noted = Findings()
        try:
            node = read_json_nodes(source, noted)
        except JsonSyntaxError:
            pass  # it may be YAML in flow style, which has other complaints
        else:
            findings.extend(noted.errors)
            return node
    return read_yaml_nodes(source, findings)


def _case_document(path: str, root: Node, yaml_findings: Findings, includer: Includer) -> Document:
    findings = Findings()
    document = Document(path=path, root=root, findings=findings)
    members = root.members or {}
    missing = [key for key in ("version", "cases") if key not in members]
    if missing:
        _note_not_a_case_file(root, missing, findings)
        return document
    if root.members is not None and members["version"].value != 1:
        _note_version(members["version"], findings)
        return document
    document.root = _resolve(root, includer, document, yaml_findings.errors)
    cases = document.root.member("cases")
    if cases is not None and not cases.value:
        findings.error("PC109", "the file has no cases", root.key("cases"), advice="write at least one case")
    elif cases is not None and cases.items is None and cases.member("$include") is None:
        message = "'cases' must be a list of cases"
        findings.error("PC102", message, cases, advice="start each case with '- name: ...'")
    return document


def _note_version(version: Node, findings: Findings) -> None:
    message = f"'version' must be 1, not {described(version.value)}"
    is_text = version.value in ("1", "1.0")
    advice = "write 1, without quotes" if is_text else "this release reads version 1 of the case language"
    findings.error("PC102", message, version, advice=advice)


def _note_not_a_case_file(root: Node, missing: list[str], findings: Findings) -> None:
    near = {key: next((name for name in root.members or () if did_you_mean(name, [key])), None) for key in missing}
    meant = [f"'{key}'" for key, name in near.items() if name is not None]
    advice = f"did you mean {' and '.join(meant)}?" if meant else None
    place = root.key(next((name for name in near.values() if name is not None), ""))
    if len(missing) == 1 and not meant:
        place = root.key("cases" if missing == ["version"] else "version")
    if "generated" in (root.members or {}) and missing == ["cases"]:
        place = root.key("generated")
        message = "these are the rows that were generated for another file"
        advice = "name that case file: its rows are read with it"
    elif is_blank(root.source.text) and root.source.path.endswith(GIVEN_SUFFIX):
        message = "the file says nothing: it should hold the rows that were generated for another file"
        advice = "remove it: a recording run of that case file makes rows again"
    elif is_blank(root.source.text):
        message = "the file says nothing: a case file has 'version' and 'cases'"
        advice = "write its cases, or remove the file"
    elif root.items is not None:
        message = "a list is no case file: it has neither 'version' nor 'cases'"
        advice = "write 'version: 1' and 'cases:' above the list, and indent it below 'cases'"
    elif len(missing) == 2:
        message = "this is no case file: it has neither 'version' nor 'cases'"
        advice = advice or "a case file starts with 'version: 1' and has 'cases'"
    elif missing == ["version"]:
        message = "'cases' without 'version': a case file needs both"
        advice = advice or "add 'version: 1' at the top"
    else:
        message = "'version' without 'cases': a case file needs both"
        advice = advice or "add 'cases' with at least one case"
    findings.error("PC109", message, place, advice=advice)


def _resolve(root: Node, includer: Includer, document: Document, errors: tuple[Diagnostic, ...]) -> Node:
    """The root with its includes resolved; what was found wrong goes to the case or the key where it stands."""
    members = dict(root.members or {})
    noted: dict[str, Findings] = {key: Findings() for key in members}
    for key, member in list(members.items()):
        if key != "cases":
            members[key] = _resolve_key(member, key, includer, noted[key], document)
    cases = members["cases"]
    if cases.items is None:
        cases = includer.resolve(cases, noted["cases"], place=("cases",))
    written = cases.items or []
    resolved: list[tuple[Node, Findings]] = []
    for item in written:
        problems = Findings()
        resolved.append((includer.resolve(item, problems), problems))
    for error in errors:
        _attribute(error, root, written, resolved, noted, document)
    members["cases"] = cases.with_items([node for node, _ in resolved]) if cases.has_include else cases
    if cases.items is not None:
        document.cases = resolved
    for key, problems in noted.items():
        document.findings.extend((*problems.errors, *problems.warnings))
        if problems.count:
            document.marred.add(key)
    return root.with_members(members) if root.has_include else root


def _resolve_key(node: Node, key: str, includer: Includer, findings: Findings, document: Document) -> Node:
    marred = document.marred_members.get(key)
    if marred is None or node.members is None:
        return includer.resolve(node, findings, place=(key,))
    if "$include" in node.members:
        whole = includer.resolve(node, findings, place=(key,))
        has_others = any(found.code != "PC112" for found in findings.errors)
        marred.update(name for name, member in (whole.members or {}).items() if has_others or holds_include(member))
        return whole
    members: dict[str, Node] = {}
    for name, member in node.members.items():
        # Findings of its own: two members may be marred by one and the same mistake in a file of both.
        problems = Findings()
        members[name] = includer.resolve(member, problems, place=(key, name))
        findings.extend((*problems.errors, *problems.warnings))
        marred.update({name} if problems.count else ())
    return node.with_members(members) if node.has_include else node


def _attribute(
    error: Diagnostic,
    root: Node,
    written: list[Node],
    resolved: list[tuple[Node, Findings]],
    noted: dict[str, Findings],
    document: Document,
) -> None:
    """Gives what the YAML reader found to the case, or to the top-level key, in which it stands."""
    at = (error.location.line, error.location.column)
    key = _last_before(at, {name: (place.line, place.column) for name, place in root.keys.items()})
    if key is None:
        document.findings.extend((error,))
        return
    if key == "cases":
        starts = {index: (item.line, item.column) for index, item in enumerate(written) if item.source is root.source}
        index = _last_before(at, starts)
        if index is not None:
            resolved[index][1].extend((error,))
            return
    if key in document.marred_members:
        member = root.member(key)
        keys = member.keys if member is not None else {}
        name = _last_before(at, {one: (place.line, place.column) for one, place in keys.items()})
        document.marred_members[key].update({name} if name is not None else ())
    noted[key].extend((error,))


def _last_before(at: tuple[int, int], starts: dict[_Name, tuple[int, int]]) -> _Name | None:
    before = [name for name, start in starts.items() if start <= at]
    return max(before, key=lambda name: starts[name]) if before else None
