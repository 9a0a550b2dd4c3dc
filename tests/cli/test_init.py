"""`prompt-contracts init`: green at once, and its last words work as they are printed."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from prompt_contracts import __version__
from prompt_contracts.engine.project import read_settings
from prompt_contracts.linting.editor_schema import editor_schema
from tests.cli.replies import Folder
from tests.docs.example_server import says
from tests.neighbours import WITHOUT_NEIGHBOURS
from tests.transport.loopback import Loopback

BIN = Path(sys.executable).parent
NAMES = ["", "prompts", "with blank and ä", "-dash", "a[b]", "deep/er"]


def commands(printed: str) -> list[str]:
    """What stands under `next:`."""
    lines = printed.partition("\nnext:\n")[2].splitlines()
    return [line.strip() for line in lines if line.startswith("  ") and not line.startswith("    ")]


def alone(folder: Path) -> dict[str, str]:
    """An environment in which no key is set and every proxy is a dead end."""
    return {
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "HTTP_PROXY": "http://127.0.0.1:9",
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "NO_PROXY": "127.0.0.1",
        "PYTEST_ADDOPTS": f"{WITHOUT_NEIGHBOURS} -p no:cacheprovider",
    }


def typed(command: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """A command line, in a shell."""
    return done(["sh", "-c", command], folder, {**alone(folder), **more})


def typed_words(command: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """The same; of one command a shell makes no more than its words."""
    if "&&" in command:
        return typed(command, folder, **more)
    words = done(["sh", "-c", f"printf '%s\\0' {command}"], folder, {"PATH": os.environ["PATH"]}).stdout.split("\0")
    return done(words[:-1], folder, {**alone(folder), **more})


def done(words: list[str], folder: Path, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, cwd=folder, env=environ, capture_output=True, text=True, check=False)


def test_every_file_is_told(folder: Folder) -> None:
    code, out, _ = folder.run("init")

    told = [line.split()[1].rstrip(":") for line in out.partition("\n\n")[0].splitlines()]
    there = [path.relative_to(folder.path).as_posix() for path in folder.path.rglob("*") if path.is_file()]
    assert (code, sorted(told)) == (0, sorted(there))
    assert "17 files written" in out


def test_a_second_run_says_that_there_is_nothing_to_do(folder: Folder) -> None:
    folder.run("init")

    code, out, _ = folder.run("init")

    assert (code, "nothing to do: every file is as it is to be, or yours" in out) == (0, True)


def test_a_folder_that_cannot_be_one_is_a_wrong_call(folder: Folder) -> None:
    folder.write("taken", "")

    code, _, said = folder.run("init", "taken")

    assert (code, said) == (2, "prompt-contracts init: taken: is no folder\n")


@pytest.mark.parametrize("name", NAMES)
def test_the_next_commands_work_as_they_are_printed(folder: Folder, name: str) -> None:
    arguments = ["--", name] if name.startswith("-") else [name] if name else []
    _, out, _ = folder.run("init", *arguments)
    server = Loopback()
    server.answer = says("answers Oslo")

    replay, check, record = commands(out.replace(sys.executable, shlex.quote(sys.executable)))
    replayed, checked = typed_words(replay, folder.path), typed_words(check, folder.path)
    asked = typed_words(record, folder.path, OPENAI_API_KEY="a-key-0123456789", OPENAI_BASE_URL=server.base_url)
    server.close()

    assert (replayed.returncode, "6 passed" in replayed.stdout) == (0, True), replayed.stdout + replayed.stderr
    assert checked.returncode == 0, checked.stdout + checked.stderr
    # Whether its contracts hold is up to the model; that it was asked and recorded is not.
    assert "recordings: 6 new" in asked.stdout, asked.stdout + asked.stderr
    assert len(list((folder.path / name / "cassettes").rglob("gpt-5-mini.yaml"))) == 6


def test_the_key_of_a_model_may_stand_in_env(folder: Folder) -> None:
    _, out, _ = folder.run("init")
    server = Loopback()
    server.answer = says("answers Oslo")
    example = (folder.path / ".env.example").read_text("utf-8")
    filled = example.replace("#OPENAI_API_KEY=", "OPENAI_API_KEY=a-key-0123456789")
    (folder.path / ".env").write_text(filled, encoding="utf-8")

    asked = typed_words(commands(out)[2], folder.path, OPENAI_BASE_URL=server.base_url)
    server.close()

    assert "recordings: 6 new" in asked.stdout, asked.stdout + asked.stderr


def test_the_commands_of_the_workflows_work_in_the_project(folder: Folder) -> None:
    folder.run("init")
    github = yaml.safe_load((folder.path / ".github/workflows/prompt-contracts.yml").read_text("utf-8"))
    gitlab = yaml.safe_load((folder.path / ".gitlab-ci.yml").read_text("utf-8"))
    steps = [step["run"] for step in github["jobs"]["contracts"]["steps"] if "run" in step]

    for install, *lines in (steps, gitlab["prompt-contracts"]["script"]):
        each_done = [typed(line, folder.path, CI="true") for line in lines]
        assert install == f'pip install "pytest-prompt-contracts=={__version__}"'
        assert [each.returncode for each in each_done] == [0, 0]
    assert (folder.path / "report.html").is_file()
    assert (folder.path / "junit.xml").is_file()


def test_the_schema_is_where_the_first_line_of_a_case_file_says(folder: Folder) -> None:
    folder.run("init")

    for path in (folder.path / "cases").glob("*.yaml"):
        first = path.read_text("utf-8").splitlines()[0]
        named = path.parent / first.removeprefix("# yaml-language-server: $schema=")
        assert named.read_text("utf-8") == editor_schema()


def test_the_samples_are_green_where_every_warning_is_an_error(folder: Folder) -> None:
    folder.run("init")

    run = typed("pytest cases -W error --strict-config --strict-markers --pc-strict", folder.path)

    assert (run.returncode, "6 passed" in run.stdout) == (0, True), run.stdout + run.stderr
    assert read_settings(folder.path).providers["llama-server"].base_url == "http://127.0.0.1:8080/v1"


def test_foreign_yaml_beside_the_samples_is_no_trouble(folder: Folder) -> None:
    folder.write("cases/docker-compose.yaml", "services: {web: {image: nginx}}\n")
    folder.run("init")

    assert "6 passed" in typed("pytest cases", folder.path).stdout


def test_tests_that_were_there_run_as_before(folder: Folder) -> None:
    folder.write("tests/test_own.py", "def test_own():\n    pass\n")
    folder.run("init")

    alone, whole = typed("pytest tests", folder.path), typed("pytest", folder.path)

    assert ("1 passed" in alone.stdout, "7 passed" in whole.stdout) == (True, True), whole.stdout


def git(folder: Folder, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder.path, capture_output=True, text=True, check=True).stdout


def test_git_shows_recordings_as_text_once_it_is_asked_for(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(folder.path / "no_such_file"))
    git(folder, "init", "-q", ".")
    (folder.path / ".gitattributes").write_text("*.png binary", encoding="utf-8")
    code, out, _ = folder.run("init", "--git")
    attributes = (folder.path / ".gitattributes").read_text("utf-8").splitlines()
    git(folder, "add", ".")
    shown = git(folder, "diff", "--cached", "--", "cassettes")
    _, again, _ = folder.run("init", "--git")

    assert (code, attributes) == (0, ["*.png binary", "cassettes/**/*.yaml diff=prompt-contracts"])
    assert "extended    .git/config" in out
    assert "+trial 1 (recorded " in shown
    assert "system_fingerprint" not in shown
    assert "as it is    .git/config" in again


def test_another_driver_is_left_alone(folder: Folder) -> None:
    git(folder, "init", "-q", ".")
    git(folder, "config", "diff.prompt-contracts.textconv", "cat")

    assert "left alone  .git/config: git shows recordings by cat" in folder.run("init", "--git")[1]
    assert git(folder, "config", "diff.prompt-contracts.textconv") == "cat\n"
    folder.run("init", "--git", "--force")
    assert "textconv" in git(folder, "config", "diff.prompt-contracts.textconv")


def test_without_a_repository_nothing_is_written(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(folder.path.parent))

    code, _, err = folder.run("init", "--git")

    assert (code, "nothing was written; type git init first" in err) == (2, True)
    assert list(folder.path.iterdir()) == []
