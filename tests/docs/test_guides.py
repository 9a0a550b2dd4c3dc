"""The guides, held to their word: each contract that they show holds when it is recorded and when it is replayed."""

from __future__ import annotations

import pytest

from tests.docs.case_blocks import as_case_file, is_case_file
from tests.docs.markdown import ROOT, Block, Page, read_page
from tests.docs.shown_runs import DEFAULT_ANSWER, reading, write_block

GUIDES = tuple(
    read_page(ROOT / "docs/how-to" / f"{name}.md")
    for name in (
        "compare-two-prompts",
        "choose-an-api",
        "conversations-and-tools",
        "expect-errors",
        "find-weak-contracts",
        "test-an-application",
    )
)
NEEDS = "needs"
"""The instruction above an example that asks for more than these tests have; its value says for what."""

CASE_FILES = read_page(ROOT / "docs/reference/case-files.md")

EXAMPLES = [
    (page, block)
    for page in GUIDES
    for block in page.blocks
    if block.language == "yaml" and (block.use == "case" or (not block.use and is_case_file(block)))
] + [
    # Of the reference, those that say what they are answered, and those that bring their own trouble.
    (CASE_FILES, block)
    for block in CASE_FILES.blocks
    if block.use == "case" and (block.note("server") is not None or "fault: " in block.text)
]


def write_example(block: Block, page: Page, pytester: pytest.Pytester) -> None:
    (pytester.path / "pyproject.toml").touch()
    for earlier in page.blocks:
        if earlier.line < block.line and earlier.note("file") is not None:
            write_block(pytester.path, earlier)
    path = pytester.path / "cases" / "example.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(as_case_file(block), encoding="utf-8")


@pytest.mark.parametrize(
    ("page", "block"),
    [(page, block) for page, block in EXAMPLES if block.note(NEEDS) is None],
    ids=[f"{page.path.stem}-line-{block.line}" for page, block in EXAMPLES if block.note(NEEDS) is None],
)
def test_an_example_holds_when_it_is_recorded_and_when_it_is_replayed(
    page: Page, block: Block, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_example(block, page, pytester)
    # The packages of an application belong into a process of its own: what they leave open is no concern of ours.
    run = pytester.runpytest_subprocess if "handler: " in block.text else pytester.runpytest_inprocess
    with reading(pytester, monkeypatch) as reader:
        reader.serve(block.note("server") or DEFAULT_ANSWER)
        recorded = run("cases", "--pc-record=once", "-p", "no:cacheprovider")
        reader.serve("fails with 500 nobody is to be asked")
        replayed = run("cases", "-p", "no:cacheprovider")

    assert recorded.ret == pytest.ExitCode.OK, recorded.stdout.str()
    assert replayed.ret == pytest.ExitCode.OK, replayed.stdout.str()


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.path.stem)
def test_a_guide_shows_contracts_that_are_run(page: Page) -> None:
    assert any(owner is page and block.note(NEEDS) is None for owner, block in EXAMPLES)


@pytest.mark.parametrize("page", GUIDES[:5], ids=lambda page: page.path.stem)
def test_the_outputs_that_a_guide_shows_are_printed(
    page: Page, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    with reading(pytester, monkeypatch) as reader:
        runs = [
            run
            for section in page.sections
            if any(block.language == "console" for block in section.blocks)
            for run in reader.follow(section)
        ]

    for run in runs:
        assert run.timeless().first_chunk_not_printed is None, "\n".join(run.printed)
