"""Writes the pages of the site and its configuration into a folder, for zensical to build: `make site`.

The pages lie there as in the repository, so every link leads where it leads here; the navigation is the list of
`docs/README.md`. Code blocks lose what our tests read behind the language ("yaml case"): Python-Markdown would
not take them for code.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
SETTINGS = ROOT / "docs" / "site.toml"
INDEX = ROOT / "docs" / "README.md"
AS_THEY_ARE = {".png", ".svg", ".css"}

_FENCE = re.compile(r"^( *(?:`{3,}|~{3,}) *\w+)[ \t]+\S.*$", re.MULTILINE)
_PART = re.compile(r"^\*\*(?P<name>[^*]+?)\.?\*\*", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)#]+\.md)\)")
_TITLE = re.compile(r"^#+ (.+)$", re.MULTILINE)


def main(folder: Path) -> None:
    """Write everything that zensical needs, in place of what an earlier call left."""
    shutil.rmtree(folder, ignore_errors=True)
    for page in pages():
        _copy(page, folder / "pages" / page.relative_to(ROOT))
    (folder / "zensical.toml").write_text(_with_navigation(SETTINGS.read_text("utf-8")), "utf-8")


def pages() -> Iterator[Path]:
    """The pages beside the README, and under `docs/` all pages and what they load."""
    yield from sorted(ROOT.glob("*.md"))
    yield from sorted(each for each in (ROOT / "docs").rglob("*") if each.suffix in {".md", *AS_THEY_ARE})


def plain_fences(text: str) -> str:
    """The text with nothing but the language behind the opening of a code block."""
    return _FENCE.sub(r"\1", text)


def parts() -> Iterator[tuple[str, list[Path]]]:
    """The parts of the documentation and their pages, as the index lists them."""
    text = INDEX.read_text("utf-8")
    headings = list(_PART.finditer(text))
    for heading, following in zip(headings, [*headings[1:], None], strict=True):
        listed = text[heading.end() : following.start() if following else len(text)]
        yield heading["name"], [(INDEX.parent / target).resolve() for target in _LINK.findall(listed)]


def _copy(page: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    if page.suffix in AS_THEY_ARE:
        shutil.copyfile(page, place)
    else:
        place.write_text(plain_fences(page.read_text("utf-8")), "utf-8")


def _with_navigation(settings: str) -> str:
    about = [path for path in sorted(ROOT.glob("*.md")) if path.name != "README.md"]
    entries = [_entry("Home", ROOT / "README.md")]
    for name, listed in (*parts(), ("Project", about)):
        held = ", ".join(_entry(_title(page), page) for page in listed if page != ROOT / "README.md")
        entries.append(f"{{ {json.dumps(name)} = [{held}] }}")
    return settings.replace("[project]\n", "[project]\nnav = [\n  " + ",\n  ".join(entries) + ",\n]\n", 1)


def _title(page: Path) -> str:
    found = _TITLE.search(page.read_text("utf-8"))
    if found is None:
        raise SystemExit(f"{page} has no heading, which the navigation would show")
    return found[1].replace("`", "")


def _entry(title: str, page: Path) -> str:
    return f"{{ {json.dumps(title, ensure_ascii=False)} = {json.dumps(page.relative_to(ROOT).as_posix())} }}"


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
