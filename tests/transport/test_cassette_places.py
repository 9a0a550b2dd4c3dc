"""Where a recording lies, and what a `.env` file gives."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.case import Case
from prompt_contracts.errors import UsageError
from prompt_contracts.location import Location
from prompt_contracts.transport.cassette_paths import cassette_path
from prompt_contracts.transport.environment import read_env_file


def path_of(
    path: str = "cases/weather.yaml",
    *,
    name: str = "picks",
    row: str | None = None,
    model: str | None = "groq:openai/gpt-oss-20b",
) -> str:
    place = Location(path=path, line=1, column=1)
    return cassette_path(Case(path=path, name=name, row=row, model=model, location=place, messages=(), expect=()))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("cases/weather.yaml", "weather/picks/groq/openai__gpt-oss-20b.yaml"),
        ("cases/europe/weather.yml", "europe/weather/picks/groq/openai__gpt-oss-20b.yaml"),
        ("tests/cases/weather.yaml", "tests/cases/weather/picks/groq/openai__gpt-oss-20b.yaml"),
        ("weather.prod.yaml", "weather.prod/picks/groq/openai__gpt-oss-20b.yaml"),
        ("cases.yaml", "cases/picks/groq/openai__gpt-oss-20b.yaml"),
        ("../other/weather.yaml", "__/other/weather/picks/groq/openai__gpt-oss-20b.yaml"),
    ],
)
def test_the_path_follows_the_case_file(path: str, expected: str) -> None:
    assert path_of(path) == expected


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("openai:gpt-5-mini", "openai/gpt-5-mini.yaml"),
        ("ollama:qwen3:8b", "ollama/qwen3_8b.yaml"),
        ("house:a\\b?c*d", "house/a_b_c_d.yaml"),
        ("house:con", "house/con_.yaml"),
        ("NUL:x", "NUL_/x.yaml"),
        ("house:aux.v2", "house/aux_.v2.yaml"),
        ("house:dotted. .", "house/dotted___.yaml"),
        ("house:console", "house/console.yaml"),
        (None, "_.yaml"),
    ],
)
def test_names_are_safe_for_every_file_system(model: str | None, expected: str) -> None:
    assert path_of(model=model) == f"weather/picks/{expected}"


def test_the_row_has_a_folder_of_its_own() -> None:
    assert path_of(row="oslo") == "weather/picks/oslo/groq/openai__gpt-oss-20b.yaml"


@given(st.text(min_size=1), st.text(min_size=1))
def test_every_part_of_every_path_is_safe(provider: str, model: str) -> None:
    for part in path_of(model=f"{provider}:{model}").split("/"):
        assert part
        assert not re.search(r'[<>:"\\|?*\x00-\x1f]', part)
        assert part == part.rstrip(". ")
        assert not re.fullmatch(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?", part)
        assert len(part.encode(errors="replace")) <= 205


@given(st.text(min_size=201), st.text(min_size=201))
def test_long_names_that_differ_stay_different(left: str, right: str) -> None:
    left, right = left.replace(":", "l") + "x" * 200, right.replace(":", "r") + "y" * 200

    assert path_of(model=f"house:{left}") != path_of(model=f"house:{right}")


def test_a_env_file_gives_its_variables_as_written(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("A=1\nexport B='two words'\nC=${A}x\nEMPTY=\nNOTHING\n# D=4\n", "utf-8-sig")

    assert read_env_file(file) == {"A": "1", "B": "two words", "C": "${A}x", "EMPTY": ""}


def test_an_absent_env_file_gives_nothing(tmp_path: Path) -> None:
    assert read_env_file(tmp_path / ".env") == {}


def test_an_env_file_that_is_no_text_is_a_usage_error(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"A=\xff")

    with pytest.raises(UsageError, match=r"\.env cannot be read: it is not UTF-8 text"):
        read_env_file(file)
