"""What the site of the documentation is built from; `make site` builds it and stops at a broken link."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from docs.site import main, pages, parts, plain_fences
from hypothesis import given
from hypothesis import strategies as st

from tests.docs.markdown import read_page

ROOT = Path(__file__).parents[2]


def test_every_page_is_found_by_the_navigation(tmp_path: Path) -> None:
    main(tmp_path)

    navigation = tomllib.loads((tmp_path / "zensical.toml").read_text("utf-8"))["project"]["nav"]
    listed = set(re.findall(r"[\w./-]+\.md", str(navigation)))
    written = {path.relative_to(tmp_path / "pages").as_posix() for path in (tmp_path / "pages").rglob("*.md")}
    assert listed == written - {"docs/README.md"}  # its list is the navigation
    assert [name for name, _ in parts()] == ["Tutorial", "How-to", "Reference", "Explanation"]


def test_what_is_written_is_what_the_repository_shows(tmp_path: Path) -> None:
    (tmp_path / "left_over.md").write_text("of an earlier build")

    main(tmp_path)

    written = {path.relative_to(tmp_path / "pages") for path in (tmp_path / "pages").rglob("*") if path.is_file()}
    assert written == {page.relative_to(ROOT) for page in pages()}
    assert not (tmp_path / "left_over.md").exists()


def test_a_page_leads_to_pages_that_the_site_has() -> None:
    shown = {page.resolve() for page in pages()}
    for page in (each for each in shown if each.suffix == ".md"):
        targets = [link.partition("#")[0] for link in read_page(page).links if not re.match(r"[a-z]+:", link)]
        assert {(page.parent / target).resolve() for target in targets if target} <= shown, page


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("```yaml case", "```yaml"),
        ("  ```yaml broken PC101", "  ```yaml"),
        ("~~~~toml broken", "~~~~toml"),
        ("```yaml", "```yaml"),
        ("```", "```"),
        ("`a` and `b` are code", "`a` and `b` are code"),
    ],
)
def test_a_code_block_names_its_language_alone(written: str, shown: str) -> None:
    text = f"Before\n\n{written}\na: ```yaml case\n```\n"

    assert plain_fences(text) == text.replace(written, shown, 1)


@given(st.text())
def test_nothing_is_lost_but_words_behind_a_language(text: str) -> None:
    before, after = text.split("\n"), plain_fences(text).split("\n")

    assert all(old == new or old.lstrip(" ").startswith(("```", "~~~")) for old, new in zip(before, after, strict=True))
