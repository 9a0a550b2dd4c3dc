"""Case files that are sound: those of the example suite, and every example of the docs."""

from __future__ import annotations

from pathlib import Path

from tests.docs.case_blocks import WRAPPED, as_case_file, is_case_file
from tests.docs.markdown import ROOT, all_pages

MODELINE = "# yaml-language-server: $schema=../.prompt-contracts/cases.schema.json\n"


def right_files() -> dict[str, str]:
    """Name -> text, with the line that names the schema first."""
    found = {path.name: path.read_text("utf-8") for path in sorted((ROOT / "cases").glob("*.yaml")) if _is_case(path)}
    for page in all_pages():
        for block in page.blocks:
            if block.language == "yaml" and (block.use in WRAPPED or (not block.use and is_case_file(block))):
                found[f"{page.path.stem}-line-{block.line}"] = as_case_file(block)
    return {name: MODELINE + _without_modeline(text) for name, text in found.items()}


def _is_case(path: Path) -> bool:
    return "\ncases:" in path.read_text("utf-8")


def _without_modeline(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if "yaml-language-server" not in line)
