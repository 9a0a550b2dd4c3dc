"""The documentation, held to its word: its examples load and run, its links lead somewhere."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from prompt_contracts.engine.loading import LoadedFile
from prompt_contracts.engine.project import read_settings
from prompt_contracts.engine.run import Run
from prompt_contracts.engine.run_options import RunOptions
from prompt_contracts.errors import UsageError
from prompt_contracts.plugin.options import MODES
from prompt_contracts.report import Report
from prompt_contracts.settings import Settings
from tests.docs.case_blocks import WRAPPED, as_case_file, is_case_file
from tests.docs.markdown import ROOT, Block, Page, Section, all_pages, read_page
from tests.docs.shown_runs import reading, write_block

PAGES = all_pages()
DIAGNOSTICS = read_page(ROOT / "docs/reference/diagnostics.md")
OPTIONS = read_page(ROOT / "docs/reference/options.md")
COMPARISONS = read_page(ROOT / "docs/how-to/compare-models-and-prompts.md")
REPLIES = read_page(ROOT / "docs/how-to/judge-existing-replies.md")
PROMPTS = read_page(ROOT / "docs/how-to/compare-two-prompts.md")
"""Its commands are run on the files that it shows, in `test_guides`."""

TUTORIAL = read_page(ROOT / "docs/tutorial.md")
"""So are its, in `test_tutorial`."""

CODE_SECTIONS = tuple(section for section in DIAGNOSTICS.sections if section.level == 2)


def named(blocks: list[tuple[Page, Block]]) -> pytest.MarkDecorator:
    """The blocks as parameters, with page and line as their ids."""
    return pytest.mark.parametrize(
        ("page", "block"), blocks, ids=[f"{page.path.stem}-line-{block.line}" for page, block in blocks]
    )


def blocks_of(*languages: str) -> list[tuple[Page, Block]]:
    return [(page, block) for page in PAGES for block in page.blocks if block.language in languages]


def case_blocks() -> list[tuple[Page, Block]]:
    found = blocks_of("yaml")
    return [(page, block) for page, block in found if block.use in WRAPPED or (not block.use or block.use == "broken")]


def load(block: Block, page: Page, root: Path) -> LoadedFile:
    """What the loader makes of a block, in a project with the files that its page shows before it.

    The README tells of the example suite, so its project is that of the repository.
    """
    if page is PAGES[0]:
        shutil.copytree(ROOT / "cases", root / "cases")
        shutil.copy(ROOT / "pyproject.toml", root)
    for earlier in page.blocks:
        is_companion = earlier.note("file") is not None or (earlier.language == "toml" and not earlier.use)
        if earlier.line < block.line and is_companion:
            write_block(root, earlier)
    path = root / "cases" / "example.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(as_case_file(block), encoding="utf-8")
    loaded = Run(RunOptions(root=root, cassettes=root / "cassettes"), environ={}).load(path, is_named=True)
    assert loaded is not None
    return loaded


def mistakes(loaded: LoadedFile) -> list[str]:
    """Whatever is wrong; that no rows were generated yet, a recording run puts right."""
    found = [each for broken in loaded.broken for each in broken.diagnostics]
    return [str(each) for each in found if "no rows have been generated yet" not in each.message]


# What stands in the examples


@named([(page, block) for page, block in case_blocks() if block.use != "broken" and (is_case_file(block) or block.use)])
def test_an_example_loads_without_a_mistake(page: Page, block: Block, tmp_path: Path) -> None:
    loaded = load(block, page, tmp_path)

    assert mistakes(loaded) == []
    assert loaded.cells or "given:" in block.text


@named([(page, block) for page, block in blocks_of("yaml") if block.use == "broken"])
def test_a_broken_example_is_broken_in_the_way_that_the_page_says(page: Page, block: Block, tmp_path: Path) -> None:
    loaded = load(block, page, tmp_path)

    codes = [found.code for broken in loaded.broken for found in broken.diagnostics]

    assert codes == (block.note("codes") or "").split()


@named(blocks_of("yaml"))
def test_a_yaml_example_is_a_case_file_or_says_what_part_of_one_it_is(page: Page, block: Block) -> None:
    assert is_case_file(block) or block.use in (*WRAPPED, "fragment") or block.note("file")


@named([(page, block) for page, block in blocks_of("yaml") if block.use == "fragment"])
def test_a_fragment_is_yaml(page: Page, block: Block) -> None:
    assert yaml.safe_load(block.text) is not None


@named([(page, block) for page, block in blocks_of("toml") if block.use != "broken"])
def test_a_toml_example_is_a_configuration(page: Page, block: Block, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(block.text, encoding="utf-8")
    is_ours = "prompt_contracts" in tomllib.loads(block.text).get("tool", {})

    settings = read_settings(tmp_path)

    assert (settings != Settings()) == is_ours


@named(blocks_of("toml"))
def test_an_ini_name_in_an_example_is_one(page: Page, block: Block, pytestconfig: pytest.Config) -> None:
    names = tomllib.loads(block.text).get("tool", {}).get("pytest", {}).get("ini_options", {})

    assert all(pytestconfig.getini(name) is not None for name in names if name.startswith("pc_"))


@named([(page, block) for page, block in blocks_of("toml") if block.use == "broken"])
def test_a_broken_toml_example_is_refused(page: Page, block: Block, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(block.text, encoding="utf-8")

    with pytest.raises(UsageError):
        read_settings(tmp_path)


@named(blocks_of("json", "python"))
def test_a_json_or_python_example_can_be_read(page: Page, block: Block) -> None:
    if block.language == "json":
        json.loads(block.text)
    else:
        compile(block.text, f"{page.name}:{block.line}", "exec")


def commands() -> list[tuple[Page, Block, str]]:
    return [
        (page, block, line.removeprefix("$ "))
        for page, block in blocks_of("console", "sh", "shell", "bash")
        for line in block.text.splitlines()
        if line.startswith("$ pytest") or (block.language != "console" and line.startswith("pytest"))
    ]


@pytest.mark.parametrize(
    ("page", "block", "command"),
    commands(),
    ids=[f"{page.path.stem}-line-{block.line}-{number}" for number, (page, block, _) in enumerate(commands())],
)
def test_a_command_has_options_that_there_are(
    page: Page, block: Block, command: str, pytestconfig: pytest.Config
) -> None:
    for word in shlex.split(command.partition(" #")[0])[1:]:
        name, _, value = word.partition("=")
        if name.startswith("--pc-"):
            pytestconfig.getoption(name)
        if name == "--pc-record":
            assert value in MODES


def offline_commands() -> set[str]:
    """The commands of the pages about the example suite, without what would call a provider or never end."""
    return {
        re.sub(r" --pc-(record=\S+|live|watch)", "", command)
        for page, _, command in commands()
        if page.path
        not in (TUTORIAL.path, DIAGNOSTICS.path, REPLIES.path, PROMPTS.path, COMPARISONS.path, ROOT / "README.md")
    }


def files_left_out(command: str) -> Iterator[str]:
    """The case files that a command can do without; the whole suite is run by `plugin/test_example_suite.py`."""
    if "applications" not in command:
        yield "applications.yaml"  # starts a program for every case
    if "--pc-strict" in command:
        yield "samples.yaml"  # asks an API that is closed, which is warned of as it should be


@pytest.mark.parametrize("command", sorted(offline_commands()))
def test_a_command_finds_something_in_the_example_suite(command: str, pytester: pytest.Pytester) -> None:
    for name in ("cases", "cassettes"):
        shutil.copytree(ROOT / name, pytester.path / name)
    shutil.copy(ROOT / "pyproject.toml", pytester.path)
    for left_out in files_left_out(command):
        (pytester.path / "cases" / left_out).unlink()
    # How many workers there are changes nothing that is found, and each of them costs a second.
    one_worker = re.sub(r"-n \d+", "-n 1", command).replace("--tx popen --tx popen", "--tx popen")

    result = pytester.runpytest(*shlex.split(one_worker)[1:], "-p", "no:cacheprovider", "-p", "no:hypothesispytest")

    assert result.ret == pytest.ExitCode.OK, result.stdout.str()


@pytest.mark.parametrize("section", CODE_SECTIONS, ids=lambda section: section.title)
def test_the_output_of_a_diagnostic_is_what_the_tool_prints(
    section: Section, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    with reading(pytester, monkeypatch) as reader:
        runs = list(reader.follow(section))

    assert runs
    for run in runs:
        assert any(section.title in line for chunk in run.chunks for line in chunk)
        assert run.first_chunk_not_printed is None, "\n".join(run.printed)


def test_the_first_example_of_the_diagnostics_page_is_printed_too(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = next(block.text for block in DIAGNOSTICS.blocks).splitlines()
    (pytester.path / "cases").mkdir()
    lines = ["version: 1", "models: [openai:gpt-5-mini]", "cases:", "  - name: greets", "    user: Say hello."]
    text = "\n".join([*lines, shown[1].partition("| ")[2], "    expect: {text: {$contains: a}}"])
    (pytester.path / "cases" / "greetings.yaml").write_text(text, encoding="utf-8")

    result = pytester.runpytest("cases", "-p", "no:cacheprovider", "-p", "no:hypothesispytest")

    assert "\n".join(shown) in result.stdout.str()


def test_the_page_about_replies_runs_as_it_is_shown(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    with reading(pytester, monkeypatch) as reader:
        runs = [run for section in REPLIES.sections for run in reader.follow(section)]

    assert len(runs) == 3
    for run in runs:
        assert run.first_chunk_not_printed is None, "\n".join(run.printed)


def test_the_json_report_that_is_shown_is_one_and_shows_every_field() -> None:
    shown = json.loads(next(block for block in OPTIONS.blocks if block.note("report")).text)

    report = Report.from_json(shown)

    assert report.to_json() == shown


# The pages as a whole


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_resolve(page: Page) -> None:
    known = {other.path: other for other in PAGES}
    for link in page.links:
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        path = (page.path.parent / target).resolve() if target else page.path
        assert path.exists(), link
        if anchor:
            assert anchor in known[path].anchors, link


def test_the_index_leads_to_every_page() -> None:
    index = ROOT / "docs/README.md"
    page = read_page(index)

    reached = {(index.parent / link.partition("#")[0]).resolve() for link in page.links}

    assert {other.path for other in PAGES} - {index} <= reached


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_nobody_is_told_to_install_the_distribution_of_somebody_else(page: Page) -> None:
    text = page.path.read_text("utf-8")

    assert not re.search(
        r"(pip3? install|uvx|uv add|uv tool install|pipx (install|run))[^\n]*(?<!pytest-)prompt-contracts", text
    )
