"""The table of docs/how-to/frameworks.md, made from the results: `python -m tests.applications.page`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from docs.tables import table, written_page

from tests.applications import results
from tests.applications.environments import ROOT
from tests.applications.frameworks import FRAMEWORKS, Framework
from tests.applications.situations import NAMES, SITUATIONS

PATH = ROOT / "docs" / "how-to" / "frameworks.md"
HEADS = ("framework", "version", "what its test needs", "tried", "what came of it", "with a real server")


def tables() -> str:
    """All of them as Markdown."""
    known = results.kept()
    rows = [_row(each, known[each.name]) for each in FRAMEWORKS if each.name in known]
    situations = [(each.words, f"`{each.fault}`" if each.fault else "") for each in SITUATIONS]
    return "\n\n".join((table(HEADS, rows), "### What was tried", table(("what", "fault"), situations)))


def written() -> str:
    """The whole page with its tables."""
    return written_page(PATH.read_text("utf-8"), tables)


def write() -> None:
    """Put the tables in."""
    PATH.write_text(written(), encoding="utf-8")


def _row(framework: Framework, entry: Mapping[str, Any]) -> tuple[str, ...]:
    real = entry.get(results.REAL)
    return (
        framework.title,
        entry["version"],
        framework.line or "nothing",
        f"{len(entry['outcomes'])} situations",
        "; ".join((*_wrong(entry, "as expected"), *_notes(framework))),
        "not tried" if real is None else "; ".join((*_wrong(real, _alike(framework, real)), *_unanswered(real))),
    )


def _alike(framework: Framework, real: Mapping[str, Any]) -> str:
    way = ", by Chat Completions" if framework.needs_chat else ""
    return f"the same in all {len(real['outcomes'])}{way}"


def _wrong(entry: Mapping[str, Any], right: str) -> Iterator[str]:
    wrong = [name for name, outcome in entry["outcomes"].items() if outcome != "passed"]
    yield f"**wrong: {', '.join(wrong)}**" if wrong else right
    if entry["got_out"]:
        yield f"**{entry['got_out']} connections got out**"


def _notes(framework: Framework) -> Iterator[str]:
    for each in SITUATIONS:
        if each.name in framework.habits:
            yield f"{each.words}: {framework.habits[each.name].words}"
        if each.name in framework.leaves_out:
            yield f"{each.words}: not tried, {framework.leaves_out[each.name]}"


def _unanswered(real: Mapping[str, Any]) -> Iterator[str]:
    for name, kind in real["unanswered"].items():
        yield f"{NAMES[name].words}: `{kind}`"


if __name__ == "__main__":
    write()
