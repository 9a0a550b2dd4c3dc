"""Case files for the tests of this folder: written to a folder of the test's own, then loaded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from prompt_contracts.case import Case
from prompt_contracts.case_file import CaseFile
from prompt_contracts.cases.findings import Findings
from prompt_contracts.cases.loader import load_case_file
from prompt_contracts.cases.node import Node, SourceText
from prompt_contracts.cases.yaml_reader import HAS_LIBYAML, read_yaml_nodes
from prompt_contracts.diagnostic import Diagnostic


def write(root: Path, files: Mapping[str, str]) -> None:
    """Writes files below a root, with their folders."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def load_text(
    root: Path,
    text: str,
    *,
    files: Mapping[str, str] | None = None,
    environ: Mapping[str, str] | None = None,
    models: tuple[str, ...] | None = None,
    project_models: tuple[str, ...] = (),
    is_named: bool = False,
) -> CaseFile | None:
    """Loads a text as `cases.yaml` of a root."""
    write(root, {"cases.yaml": text, **(files or {})})
    return load_case_file(
        root / "cases.yaml",
        root=root,
        environ=environ or {},
        models=models,
        project_models=project_models,
        is_named=is_named,
    )


def load(root: Path, text: str, *, files: Mapping[str, str] | None = None) -> CaseFile:
    """Loads a text that is a case file."""
    loaded = load_text(root, text, files=files)
    assert loaded is not None
    return loaded


def good(root: Path, text: str, *, files: Mapping[str, str] | None = None) -> tuple[Case, ...]:
    """The cases of a text without mistakes."""
    loaded = load(root, text, files=files)
    assert [str(found) for broken in loaded.broken for found in broken.diagnostics] == []
    return loaded.cases


def mistakes(loaded: CaseFile | None) -> list[Diagnostic]:
    """Every error of a file, in the order of its items."""
    assert loaded is not None
    return [found for broken in loaded.broken for found in broken.diagnostics]


def read(text: str, *, use_libyaml: bool = HAS_LIBYAML) -> tuple[Node | None, tuple[Diagnostic, ...]]:
    """The node of a YAML text, with what was found wrong."""
    findings = Findings()
    node = read_yaml_nodes(SourceText("x.yaml", Path(), text), findings, use_libyaml=use_libyaml)
    return node, findings.errors


def flat(node: Node | None) -> object:
    """All that a node says, as plain data that can be compared."""
    if node is None:
        return None
    place = (node.line, node.column, node.length)
    flags = (node.is_cut, node.has_template, node.has_include)
    members = [(key, flat(node.keys[key]), flat(member)) for key, member in (node.members or {}).items()]
    return repr(node.value), place, flags, [flat(item) for item in node.items or ()], members
