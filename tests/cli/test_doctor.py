"""`prompt-contracts doctor`: what is there, what is missing, and what would not work."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from prompt_contracts.cli import main

KEY = "sk-0123456789abcdef"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project, without a key in the environment."""
    for name in [name for name in os.environ if name.endswith("_KEY")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def doctor(capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = main(["doctor"])
    return code, capsys.readouterr().out


def line(text: str, subject: str) -> str:
    return next(line for line in text.splitlines() if f" {subject}: " in line)


def configure(home: Path, text: str, name: str = "pyproject.toml") -> None:
    (home / name).write_text(text, encoding="utf-8")


def test_a_configuration_that_is_not_there_is_not_called_ok(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure(home, "[tool.other]\n")

    code, text = doctor(capsys)

    assert code == 0
    assert line(text, "configuration").startswith("note     configuration: none: no [tool.prompt_contracts] ")


@pytest.mark.parametrize("columns", [40, 80])
def test_on_a_terminal_no_line_is_wider_and_nothing_is_lost(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], columns: int
) -> None:
    _, whole = doctor(capsys)
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)

    _, text = doctor(capsys)

    assert max(map(len, whole.splitlines())) > 80
    assert max(map(len, text.splitlines())) <= columns
    assert all(line.startswith((" " * 9, "ok ", "note ", "PROBLEM ")) for line in text.splitlines())
    assert "".join(text.split()) == "".join(whole.split())


def test_a_configuration_above_is_named_with_its_folder(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(home, '[tool.prompt_contracts.providers.house]\nbase_url = "http://localhost:1/v1"\n')
    (home / "cases").mkdir()
    monkeypatch.chdir(home / "cases")

    code, text = doctor(capsys)

    assert code == 0
    assert (
        line(text, "configuration") == f"ok       configuration: {home}/pyproject.toml; providers of one's own: house"
    )
    assert f"{home}/cassettes" in line(text, "recordings")


def test_a_key_of_the_env_file_is_set(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / ".env").write_text(f"OPENAI_API_KEY={KEY}\n", encoding="utf-8")

    code, text = doctor(capsys)

    assert code == 0
    assert line(text, "keys set") == "ok       keys set: OPENAI_API_KEY (.env)"
    assert " OPENAI_API_KEY," not in line(text, "keys not set")
    assert KEY not in text


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("", "is set and empty"),
        ("  ", "is set and empty"),
        (f" {KEY}", "white space"),
        (f"{KEY}\n", "line break"),
        (f"{KEY}\r", "line break"),
        (f'"{KEY}"', "stands in quotes"),
        (f"'{KEY}'", "stands in quotes"),
        (f"{KEY}\u201d", "characters that no header can carry"),
    ],
)
def test_a_key_that_would_not_work_is_a_problem(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], value: str, said: str
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", value)

    code, text = doctor(capsys)

    assert code == 1
    assert line(text, "key").startswith("PROBLEM  key: OPENAI_API_KEY ")
    assert said in line(text, "key")
    assert KEY not in text


def test_an_empty_variable_that_hides_the_env_file_is_a_problem(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "")
    (home / ".env").write_text(f"OPENAI_API_KEY={KEY}\n", encoding="utf-8")

    code, text = doctor(capsys)

    assert code == 1
    assert "which wins over .env" in line(text, "key")
    assert "OPENAI_API_KEY" in line(text, "keys not set")


@pytest.mark.parametrize("kind", ["folder", "binary", "dangling"])
def test_an_env_file_that_cannot_be_read_is_a_problem(
    home: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    path = home / ".env"
    if kind == "folder":
        path.mkdir()
    elif kind == "binary":
        path.write_bytes(b"A=\xff\xfe\n")
    else:
        path.symlink_to(home / "nowhere")

    code, text = doctor(capsys)

    assert code == 1
    assert line(text, ".env").startswith("PROBLEM  .env: ")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("pyproject.toml", "[tool.prompt_contracts\n", "this is no TOML"),
        ("prompt_contracts.toml", "model = 1\n", "unknown key 'model'"),
        ("prompt-contracts.toml", "models = []\n", "name it prompt_contracts.toml"),
        ("pyproject.toml", "[tool.prompt-contracts]\nmodels = []\n", "[tool.prompt-contracts] is not read"),
        ("pyproject.toml", "[prompt_contracts]\nmodels = []\n", "[prompt_contracts] is not read"),
        ("pyproject.toml", '[tool.prompt_contracts]\nmodels = ["opnai:gpt-5"]\n', "did you mean 'openai'?"),
        ("pyproject.toml", '[tool.prompt_contracts.providers.a]\nrules = "vlm"\n', "did you mean 'vllm'?"),
        (
            "pyproject.toml",
            '[tool.prompt_contracts.prices."grok:x"]\ninput = 1\noutput = 1\n',
            "unknown provider 'grok': did you mean 'groq'?",
        ),
    ],
)
def test_a_configuration_that_is_wrong_or_not_read_is_a_problem(
    home: Path, capsys: pytest.CaptureFixture[str], name: str, text: str, said: str
) -> None:
    configure(home, text, name)

    code, printed = doctor(capsys)

    assert code == 1
    assert any(one.startswith("PROBLEM") and said in one for one in printed.splitlines())


def test_of_two_configurations_the_one_that_is_not_read_is_named(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(home, "[tool.prompt_contracts]\nmodels = []\n")
    configure(home, "models = []\n", "prompt_contracts.toml")

    code, text = doctor(capsys)

    assert code == 1
    assert "its [tool.prompt_contracts] is not read, since prompt_contracts.toml is there too" in text


def test_recordings_that_could_not_be_written_are_a_problem(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "cassettes").touch()
    code, text = doctor(capsys)
    assert code == 1
    assert line(text, "recordings") == f"PROBLEM  recordings: {home}/cassettes is no folder"

    monkeypatch.setenv("PROMPT_CONTRACTS_CASSETTES", "/proc/cassettes")
    code, text = doctor(capsys)
    assert code == 1
    assert "cannot be written" in line(text, "recordings")


def test_nothing_is_left_behind(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = doctor(capsys)

    assert code == 0
    assert "made when something is recorded" in line(text, "recordings")
    assert list(home.iterdir()) == []


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("namespace = false", "no network namespace: the configuration says namespace = false; "),
        ("allow_hosts = ['localhost:5432']", "no network namespace: allow_hosts names localhost:5432, "),
        ("namespace = true", "network namespace"),
    ],
)
def test_what_guards_replays_is_told(home: Path, capsys: pytest.CaptureFixture[str], setting: str, said: str) -> None:
    configure(home, f"[tool.prompt_contracts]\n{setting}\n")

    code, text = doctor(capsys)

    assert code == 0
    assert said in line(text, "replays of applications are guarded by")
