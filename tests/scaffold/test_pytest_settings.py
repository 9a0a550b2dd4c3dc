"""Where pytest takes its settings from: what we say is what pytest does."""

from __future__ import annotations

from pathlib import Path

import pytest

from prompt_contracts.scaffold.pytest_settings import settings_file

PYPROJECT = "[tool.pytest.ini_options]\nxfail_strict = true\n"
FOLDERS: dict[str, dict[str, str]] = {
    "nothing": {},
    "an empty pytest.ini": {"pytest.ini": ""},
    "pytest.ini before pyproject.toml": {"pytest.ini": "[pytest]\n", "pyproject.toml": PYPROJECT},
    "a hidden pytest.ini": {".pytest.ini": "[pytest]\n", "pyproject.toml": PYPROJECT},
    "pyproject.toml": {"pyproject.toml": PYPROJECT},
    "the native table": {"pyproject.toml": "[tool.pytest]\nxfail_strict = true\n"},
    "an empty table": {"pyproject.toml": "[tool.pytest.ini_options]\n"},
    "a pyproject.toml of others": {"pyproject.toml": "[tool.ruff]\n"},
    "tox.ini behind a pyproject.toml of others": {"pyproject.toml": "[tool.ruff]\n", "tox.ini": "[pytest]\n"},
    "tox.ini of others": {"tox.ini": "[testenv]\ncommands = pytest\n"},
    "setup.cfg": {"setup.cfg": "[tool:pytest]\naddopts = -ra\n"},
    "setup.cfg of others": {"setup.cfg": "[metadata]\nname = x\n"},
    "above": {"../pytest.ini": "[pytest]\n"},
    "above a pyproject.toml of others": {"../tox.ini": "[pytest]\n", "pyproject.toml": "[project]\nname = 'x'\n"},
    "pytest.toml": {"pytest.toml": "[pytest]\nxfail_strict = true\n", "pytest.ini": "[pytest]\n"},
}


@pytest.mark.parametrize("files", FOLDERS.values(), ids=FOLDERS)
def test_pytest_reads_the_file_that_we_say(files: dict[str, str], pytester: pytest.Pytester) -> None:
    folder = pytester.path / "project"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")

    read = pytester.parseconfig(str(folder)).inipath

    has_none = read is not None and read.name == "pyproject.toml" and "pytest" not in read.read_text("utf-8")
    assert settings_file(folder.resolve()) == (None if has_none else _real(read))


def _real(path: Path | None) -> Path | None:
    return None if path is None else path.resolve()


def test_a_file_that_cannot_be_read_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    below = tmp_path / "below"
    below.mkdir()
    (below / "pyproject.toml").write_text("[tool\n")
    (below / "tox.ini").write_text("no section\n")

    assert settings_file(below) == tmp_path / "pytest.ini"
