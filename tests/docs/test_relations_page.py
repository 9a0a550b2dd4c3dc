"""The reference of relations has each of them, with an example whose cells ask what stands below it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import get_args

import pytest

from prompt_contracts.case import Case
from prompt_contracts.cases.loader import load_case_file
from prompt_contracts.relation import RelationKind
from prompt_contracts.relations.expansion import expand
from prompt_contracts.relations.relation_table import RELATIONS
from tests.docs.markdown import Block, read_page
from tests.house.test_house import ROOT

PAGE = read_page(ROOT / "docs/reference/relations.md")
SECTIONS = {section.title: section for section in PAGE.sections if section.level == 2}


def _properties(case: Case) -> str:
    schema = case.tools[0].parameters
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return ", ".join(properties) if isinstance(properties, dict) else ""


SAYS: Mapping[str, Callable[[Case], str]] = {
    "tools": lambda case: ", ".join(tool.name for tool in case.tools),
    "keys": _properties,
    "texts": lambda case: " | ".join(message.text for message in case.messages),
}


def test_every_relation_is_a_row_of_the_table_of_changes_and_has_a_section() -> None:
    kinds = set(get_args(RelationKind))

    assert set(RELATIONS) == kinds
    assert set(SECTIONS) == {*kinds, "same", "In the summary"}
    assert {
        kind
        for kind in kinds
        if f"| [`{kind}`](#{kind}) |" in (ROOT / "docs/reference/relations.md").read_text("utf-8")
    } == kinds


@pytest.mark.parametrize("kind", RELATIONS)
def test_the_cells_of_an_example_ask_what_the_page_shows(kind: str, tmp_path: Path) -> None:
    [file, shown] = [part for part in SECTIONS[kind].parts if isinstance(part, Block)]
    says = SAYS[str(file.note("relation"))]
    (tmp_path / "weather.yaml").write_text(file.text, encoding="utf-8")
    loaded = load_case_file(tmp_path / "weather.yaml", root=tmp_path, environ={})
    assert loaded is not None
    assert not loaded.broken

    cells = list(expand(loaded.cases))

    assert not [cell.findings for cell in cells if cell.findings]
    assert any((cell.case.relation or "").startswith(kind) for cell in cells)
    assert [tuple(line.split(maxsplit=1)) for line in shown.text.splitlines()] == [
        (cell.case.variant, says(cell.case)) for cell in cells
    ]
