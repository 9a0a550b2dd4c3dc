"""The reference pages, held to their word: every name of the program stands in them, and no other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

import pytest
import yaml

from prompt_contracts.cli import COMMANDS as ROWS
from prompt_contracts.cli import main
from prompt_contracts.diagnostic import CODES
from prompt_contracts.expectations import declared_error, facets
from prompt_contracts.patterns import operators
from prompt_contracts.plugin.declared_options import LIST_OPTIONS, SWITCH_OPTIONS, VALUE_OPTIONS
from prompt_contracts.plugin.items import properties_of
from prompt_contracts.plugin.options import MODES
from prompt_contracts.provider_error import ERROR_KINDS
from prompt_contracts.providers.catalog import CATALOG, Provider
from prompt_contracts.renderers.report_formats import REPORT_FORMATS
from prompt_contracts.results.statistics import wilson
from prompt_contracts.verdict import CaseResult
from tests.docs.markdown import ROOT, Page, Section, read_page

COMMANDS = read_page(ROOT / "docs/reference/commands.md")
CASE_FILES = read_page(ROOT / "docs/reference/case-files.md")
DIAGNOSTICS = read_page(ROOT / "docs/reference/diagnostics.md")
OPTIONS = read_page(ROOT / "docs/reference/options.md")
PROVIDERS = read_page(ROOT / "docs/reference/providers.md")
RECORDING = read_page(ROOT / "docs/how-to/record-and-replay.md")
VERDICTS = read_page(ROOT / "docs/explanation/verdicts.md")
SCHEMA: dict[str, Any] = json.loads(files("prompt_contracts.cases").joinpath("schema.json").read_text("utf-8"))
CODE_SECTIONS = tuple(section for section in DIAGNOSTICS.sections if section.level == 2)


def keys_in(value: object) -> Iterator[str]:
    """Every key of a mapping anywhere in a value."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from keys_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys_in(inner)


@cache
def keys_shown(page: Page) -> frozenset[str]:
    """Every key in the YAML examples of a page; plain keys of our own reader, which knows no dates."""
    return frozenset(
        key
        for block in page.blocks
        if block.language == "yaml" and block.use != "broken"
        for key in keys_in(yaml.load(block.text, yaml.BaseLoader))
    )


@cache
def names_in(page: Page) -> frozenset[str]:
    """Every word that stands in code style on a page, outside its examples."""
    words = re.findall(r"`([^`\n]+)`", page.prose)
    return frozenset(word for code in words for word in (code, *re.split(r"[ :,]+", code)))


def properties(definition: str) -> set[str]:
    """The keys that a definition of the schema names, its alternatives included."""
    found: set[str] = set()
    waiting: list[Any] = [SCHEMA["$defs"][definition]]
    while waiting:
        part = waiting.pop()
        found |= set(part.get("properties", {}))
        waiting += part.get("anyOf", [])
    return found


def test_every_code_has_a_section_and_nothing_else_has() -> None:
    assert [section.title for section in CODE_SECTIONS] == list(CODES)


@pytest.mark.parametrize("section", CODE_SECTIONS, ids=lambda section: section.title)
def test_a_section_says_what_its_code_means_and_what_to_do(section: Section) -> None:
    first = section.prose.splitlines()[2]

    assert first.casefold().startswith(CODES[section.title].casefold()[:12])
    assert "What to do: " in section.prose


@pytest.mark.parametrize(
    "definition",
    [
        "case",
        "defaults",
        "override",
        "case_prompt",
        "request",
        "message",
        "tool",
        "function",
        "content_part",
        "requirement",
        "tool_call",
        "history",
        "turn",
        "fault",
        "retry",
        "assistant",
        "poll",
    ],
)
def test_every_key_of_the_schema_is_named_in_the_reference(definition: str) -> None:
    assert properties(definition) <= names_in(CASE_FILES) | keys_shown(CASE_FILES)
    assert properties(definition) - keys_shown(CASE_FILES) == set()


def test_every_key_of_the_file_is_named_and_shown() -> None:
    assert set(SCHEMA["properties"]) <= names_in(CASE_FILES) & keys_shown(CASE_FILES)


def test_every_key_of_a_case_has_a_heading_of_its_own() -> None:
    words = {word.strip(",") for section in CASE_FILES.sections if section.level == 3 for word in section.title.split()}

    assert properties("case") <= words


@pytest.mark.parametrize("name", [*facets.FACETS, *operators.OPERATORS])
def test_every_facet_and_operator_has_a_heading_and_an_example(name: str) -> None:
    headings = {word for section in CASE_FILES.sections if section.level == 3 for word in section.title.split()}

    assert name in {word.strip(",") for word in headings}
    assert name in keys_shown(CASE_FILES)


def test_every_other_word_of_the_language_is_named_and_shown() -> None:
    words = {
        "$include",
        "$file",
        "$optional",
        "$others",
        "$times",
        *declared_error.FIELDS,
        *properties("usage_pattern"),
    }

    assert words <= names_in(CASE_FILES) | {"$include", "$file"}
    assert words <= keys_shown(CASE_FILES)
    assert set(ERROR_KINDS) <= names_in(CASE_FILES)


@pytest.mark.parametrize("row", CATALOG.values(), ids=list(CATALOG))
def test_every_provider_stands_in_the_tables_with_its_facts(row: Provider) -> None:
    facts, source = (line for line in PROVIDERS.prose.splitlines() if line.startswith(f"| `{row.name}` |"))
    cells = [cell.strip().strip("`") for cell in facts.strip("|").split("|")]

    assert cells[1] == (row.base_url or "none")
    assert re.findall(r"\w+", cells[2].replace("else", "")) == list(row.base_url_env)
    assert cells[3] == row.api_key_env
    assert cells[4] == ("bearer" if row.auth == "bearer" else "api-key` header")
    assert cells[5:7] == ["yes" if fact else "no" for fact in (row.key_required, row.self_hosted)]
    assert cells[7] == (f"genai-prices, `{row.price_provider}" if row.price_provider else "none")
    assert source == f"| `{row.name}` | {row.source} | {row.checked} |"


def test_no_other_provider_stands_in_the_tables() -> None:
    names = re.findall(r"^\| `(\w+)` \|", PROVIDERS.prose.partition("### Addresses")[0], re.MULTILINE)

    assert names == [*CATALOG, *CATALOG]


def test_every_option_stands_in_the_table_with_its_other_names() -> None:
    rows = [line for line in OPTIONS.prose.splitlines() if line.startswith("| `--pc-")]
    found = {}
    for row in rows:
        option, variable, ini = (cell.strip().strip("`") for cell in row.strip("|").split("|")[:3])
        found[option.partition(" ")[0]] = (variable, ini)
    names = [option.name for option in VALUE_OPTIONS] + [*SWITCH_OPTIONS, *LIST_OPTIONS]

    assert found == {
        f"--pc-{name}": (
            f"PROMPT_CONTRACTS_{name.replace('-', '_').upper()}",
            f"pc_{name.replace('-', '_')}",
        )
        for name in names
    }


def test_every_option_of_the_help_stands_in_the_table(pytester: pytest.Pytester) -> None:
    printed = pytester.runpytest("--help", "-p", "no:hypothesispytest").stdout.str()

    assert set(re.findall(r"--pc-[a-z-]+", printed)) == set(re.findall(r"--pc-[a-z-]+", "".join(option_rows())))


def test_the_formats_of_reports_are_listed() -> None:
    row = next(line for line in OPTIONS.prose.splitlines() if line.startswith("| `--pc-report"))

    assert re.findall(r"`(\.\w+)`", row) == list(REPORT_FORMATS)


def option_rows() -> list[str]:
    return [line.split("|")[1] for line in OPTIONS.prose.splitlines() if line.startswith("| `--pc-")]


def test_every_command_has_a_section_with_its_options_and_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    told = {section.title: section.prose for section in COMMANDS.sections if section.level == 2}
    shared = {"--help", *re.findall(r"`(--[a-z]+)", COMMANDS.sections[1].prose)} - {"--version"}

    printed = {name: set(re.findall(r"--[a-z]+", help_of(name, capsys))) for name in told}

    assert set(told) == set(re.findall(r"^    ([a-z]+) ", help_of("", capsys), re.MULTILINE))
    assert printed["judge"] >= shared
    for name, options in printed.items():
        if ROWS[name].inner:
            continue
        assert options - shared == set(re.findall(r"^\| `(--[a-z]+)", told[name], re.MULTILINE))


def test_every_command_of_a_group_has_a_section_with_its_options(capsys: pytest.CaptureFixture[str]) -> None:
    told = {section.title: section.prose for section in COMMANDS.sections if section.level == 3}
    shared = {"--help", *re.findall(r"`(--[a-z]+)", COMMANDS.sections[1].prose)} - {"--version"}
    groups = {name: row.inner for name, row in ROWS.items() if row.inner}

    for group, rows in groups.items():
        assert [title for title in told if title.startswith(f"{group} ")] == [f"{group} {name}" for name in rows]
        for name in rows:
            options = set(re.findall(r"--[a-z]+", help_of(f"{group} {name}", capsys)))
            listed = set(re.findall(r"^\| `(--[a-z]+)", told[f"{group} {name}"], re.MULTILINE))
            common = set(re.findall(r"^\| `(--[a-z]+)", section_of(group).prose, re.MULTILINE))
            assert listed <= options
            assert options - shared - common == listed - common


def section_of(title: str) -> Section:
    return next(section for section in COMMANDS.sections if section.level == 2 and section.title == title)


def help_of(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit):
        main([*command.split(), "--help"])
    return capsys.readouterr().out


def test_every_code_of_a_reply_stands_in_the_table() -> None:
    source = "".join(
        files(f"prompt_contracts.{room}").joinpath(f"{name}.py").read_text("utf-8")
        for room, name in (("engine", "replies"), ("engine", "reply_ids"), ("exchange", "batch_output"))
    )

    listed = set(re.findall(r"^\| `reply\.(\w+)`", COMMANDS.prose, re.MULTILINE))

    assert listed == set(re.findall(r'code="(\w+)"', source))


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_is_explained(mode: str) -> None:
    assert re.search(rf"^\| `{mode}`", RECORDING.prose, re.MULTILINE)


def test_every_junit_property_and_report_field_is_named() -> None:
    shown = json.loads(next(block for block in OPTIONS.blocks if block.note("report")).text)
    result = shown["results"][0]
    result["trials"][0]["usage"] |= {"reasoning_tokens": 0}
    result |= {"prompt": "short", "relation": "more_tools"}

    named_properties = {name for name, _ in properties_of(CaseResult.from_json(result))}

    assert named_properties == {name for name in names_in(OPTIONS) if name.startswith("pc.")}
    assert {key for key in keys_in(shown) if key not in ("low", "high")} <= names_in(OPTIONS)


def test_the_intervals_that_are_shown_are_those_that_are_computed() -> None:
    rows = re.findall(r"^\| (\d+) of (\d+) \| (\d+)–(\d+) % \|$", VERDICTS.prose, re.MULTILINE)
    intervals = [wilson(int(passed), int(trials)) for passed, trials, _, _ in rows]

    assert rows
    assert [(f"{one.low * 100:.0f}", f"{one.high * 100:.0f}") for one in intervals] == [row[2:] for row in rows]
