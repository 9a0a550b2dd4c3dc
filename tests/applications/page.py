"""The table of docs/how-to/frameworks.md, made from the results: `python -m tests.applications.page`."""

from __future__ import annotations

from collections.abc import Iterator

from docs.tables import table, written_page

from tests.applications import results
from tests.applications.environments import ROOT
from tests.applications.frameworks import FRAMEWORKS, Framework
from tests.applications.situations import SITUATIONS

PATH = ROOT / "docs" / "how-to" / "frameworks.md"


def tables() -> str:
    """All of them as Markdown."""
    known = results.kept()
    rows = [_row(each, known[each.name]) for each in FRAMEWORKS if each.name in known]
    situations = [(each.words, f"`{each.fault}`" if each.fault else "") for each in SITUATIONS]
    return "\n\n".join(
        (
            table(("framework", "version", "what its test needs", "tried", "what came of it"), rows),
            "### What was tried",
            table(("what", "fault"), situations),
        )
    )


def written() -> str:
    """The whole page with its tables."""
    return written_page(PATH.read_text("utf-8"), tables)


def write() -> None:
    """Put the tables in."""
    PATH.write_text(written(), encoding="utf-8")


def _row(framework: Framework, entry: dict[str, object]) -> tuple[str, ...]:
    outcomes = entry["outcomes"]
    assert isinstance(outcomes, dict)
    tried = f"{len(outcomes)} situations"
    return (
        framework.title,
        str(entry["version"]),
        framework.line or "nothing",
        tried,
        "; ".join(_notes(framework, entry)),
    )


def _notes(framework: Framework, entry: dict[str, object]) -> Iterator[str]:
    outcomes = entry["outcomes"]
    assert isinstance(outcomes, dict)
    wrong = [name for name, outcome in outcomes.items() if outcome != "passed"]
    yield f"**wrong: {', '.join(wrong)}**" if wrong else "as expected"
    if entry["got_out"]:
        yield f"**{entry['got_out']} connections got out**"
    for each in SITUATIONS:
        if each.name in framework.habits:
            yield f"{each.words}: {framework.habits[each.name].words}"
        if each.name in framework.leaves_out:
            yield f"{each.words}: not tried, {framework.leaves_out[each.name]}"


if __name__ == "__main__":
    write()
