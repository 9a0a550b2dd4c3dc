"""What becomes of each file of a project that is there already: extended, left alone, refused as a whole."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from prompt_contracts.errors import UsageError
from prompt_contracts.scaffold.plan import Plan, plan_scaffold
from prompt_contracts.scaffold.samples import SAMPLES, SCHEMA, content

PROVIDER = '[tool.prompt_contracts.providers.llama-server]\nbase_url = "http://127.0.0.1:8080/v1"\n'


def written(root: Path, *, is_forced: bool = False) -> Plan:
    plan = plan_scaffold(root, is_forced=is_forced)
    plan.carry_out()
    return plan


def fates(plan: Plan) -> dict[str, str]:
    return {file.path: file.fate for file in plan.files}


def reason(plan: Plan, path: str) -> str:
    return next(file.reason for file in plan.files if file.path == path)


def everything(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def add(root: Path, name: str, text: str | bytes) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_folder_that_is_not_there_gets_every_file(tmp_path: Path) -> None:
    plan = written(tmp_path / "a" / "b")

    assert set(fates(plan).values()) == {"wrote"}
    assert set(everything(tmp_path / "a" / "b")) == set(fates(plan))


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    written(tmp_path)
    before = everything(tmp_path)

    plan = written(tmp_path)

    assert (plan.changes, set(fates(plan).values())) == ((), {"as it is"})
    assert everything(tmp_path) == before


def test_every_sample_has_all_the_files_that_come_with_the_package(tmp_path: Path) -> None:
    written(tmp_path)
    listed = {path for case_file, needed in SAMPLES.items() for path in (case_file, *needed)}

    there = {path for path in everything(tmp_path) if path.startswith(("cases/", "cassettes/"))}

    assert there == listed


@pytest.mark.parametrize(
    "path", [path for needed in SAMPLES.values() for path in needed if path.startswith("cassettes/")]
)
def test_a_recording_says_where_it_comes_from(path: str) -> None:
    first = content(path).splitlines()[0]

    assert first == "# Recorded on 2026-11-22 from llama.cpp's llama-server with a small model of random weights."


# Files that are the scaffold's as a whole


def test_another_file_is_left_alone_and_overwritten_on_demand(tmp_path: Path) -> None:
    path = add(tmp_path, ".env.example", "MINE=\n")

    left, kept = written(tmp_path), path.read_bytes()
    forced = written(tmp_path, is_forced=True)

    assert (fates(left)[".env.example"], kept) == ("left alone", b"MINE=\n")
    assert (fates(forced)[".env.example"], path.read_text()) == ("overwrote", content(".env.example"))


def test_the_schema_of_another_version_has_a_command_of_its_own(tmp_path: Path) -> None:
    add(tmp_path, SCHEMA, "{}")

    plan = written(tmp_path)

    assert reason(plan, SCHEMA) == "another file is there; `prompt-contracts schema --force` overwrites it"


def test_a_file_that_is_no_text_is_another_file(tmp_path: Path) -> None:
    add(tmp_path, "cases/tools.yaml", b"\xff\xfe\x00")

    assert fates(written(tmp_path))["cases/tools.yaml"] == "left alone"


def test_other_line_ends_make_no_other_file(tmp_path: Path) -> None:
    add(tmp_path, "cases/tools.yaml", content("cases/tools.yaml").replace("\n", "\r\n"))

    assert fates(written(tmp_path))["cases/tools.yaml"] == "as it is"


@pytest.mark.parametrize("taken", ["cases/tools.yaml", "cases/tools/get_weather.json"])
def test_of_a_sample_that_cannot_be_whole_nothing_is_written(tmp_path: Path, taken: str) -> None:
    add(tmp_path, taken, "[a list of somebody else]\n")

    plan = written(tmp_path)

    sample = ("cases/tools.yaml", *SAMPLES["cases/tools.yaml"])
    assert {path: fate for path, fate in fates(plan).items() if path in sample} == {
        path: "left alone" if path == taken else "left out" for path in sample
    }
    assert fates(plan)["cases/errors.yaml"] == "wrote"


def test_settings_that_no_sample_needs_are_not_written(tmp_path: Path) -> None:
    for path in SAMPLES:
        add(tmp_path, path, "- somebody else's\n")

    written(tmp_path)

    assert "prompt_contracts" not in (tmp_path / "pyproject.toml").read_text()


# pyproject.toml


@pytest.mark.parametrize(
    "text",
    [
        '[project]\nname = "x"\nversion = "1"\n',
        '[project]\r\nname = "x"\r\n',
        '[project]\nname = "no line end"',
        '[tool.pytest.ini_options]\ntestpaths = ["tests"]\n',
        '[tool.pytest]\ntestpaths = ["tests"]\n',
        "[tool]\npytest.ini_options.minversion = '8'\n",
        "tool.pytest.ini_options.minversion = '8'\n[project]\nname = 'x'\n",
        '[tool.prompt_contracts]\nmodels = ["openai:gpt-5-mini"]\n',
        '[tool.prompt_contracts.providers.house]\nbase_url = "http://localhost:1/v1"\n',
        "# only a remark\n",
        "",
    ],
)
def test_an_existing_pyproject_is_extended_and_no_byte_of_it_changes(tmp_path: Path, text: str) -> None:
    path = add(tmp_path, "pyproject.toml", text)

    plan = written(tmp_path)

    made = path.read_bytes()
    assert fates(plan)["pyproject.toml"] == "extended"
    assert made.startswith(text.encode())
    assert made.count(b"\r\n") in (0, made.count(b"\n"))
    tool = tomllib.loads(made.decode())["tool"]
    assert tool["prompt_contracts"]["providers"]["llama-server"] == {"base_url": "http://127.0.0.1:8080/v1"}
    assert written(tmp_path).changes == ()


def test_settings_of_pytest_are_only_added_where_there_are_none(tmp_path: Path) -> None:
    add(tmp_path, "one/pyproject.toml", "[project]\nname = 'x'\n")
    add(tmp_path, "two/pyproject.toml", "[tool.pytest]\ntestpaths = ['tests']\n")

    written(tmp_path / "one")
    plan = written(tmp_path / "two")

    assert "[tool.pytest.ini_options]" in (tmp_path / "one/pyproject.toml").read_text()
    assert "ini_options" not in (tmp_path / "two/pyproject.toml").read_text()
    assert "pyproject.toml, whose testpaths say what `pytest` alone runs" in reason(plan, "pyproject.toml")


@pytest.mark.parametrize(
    ("name", "text"),
    [("pytest.ini", ""), ("tox.ini", "[pytest]\n"), ("setup.cfg", "[tool:pytest]\naddopts = -ra\n")],
)
def test_a_table_of_ours_never_takes_the_place_of_other_settings_of_pytest(
    tmp_path: Path, name: str, text: str
) -> None:
    add(tmp_path, name, text)

    plan = written(tmp_path)

    assert "tool.pytest" not in (tmp_path / "pyproject.toml").read_text()
    assert f"pytest keeps to its settings in {name}" in reason(plan, "pyproject.toml")


def test_settings_of_pytest_above_the_folder_stay_in_force(tmp_path: Path) -> None:
    above = add(tmp_path, "pyproject.toml", "[tool.pytest.ini_options]\n")

    plan = written(tmp_path / "part")

    assert "tool.pytest" not in (tmp_path / "part/pyproject.toml").read_text()
    assert str(above) in reason(plan, "pyproject.toml")


def test_a_provider_of_that_name_is_kept(tmp_path: Path) -> None:
    mine = PROVIDER.replace("8080", "9000")
    add(tmp_path, "pyproject.toml", mine)

    written(tmp_path)

    assert (tmp_path / "pyproject.toml").read_text().startswith(mine)
    tool = tomllib.loads((tmp_path / "pyproject.toml").read_text())["tool"]["prompt_contracts"]
    assert tool["providers"]["llama-server"]["base_url"].endswith("9000/v1")


@pytest.mark.parametrize("text", ["", "[tool.prompt_contracts]\n", "models = ['openai:gpt-5-mini']\n"])
def test_a_configuration_in_a_file_of_our_own_is_the_one_that_is_extended(tmp_path: Path, text: str) -> None:
    add(tmp_path, "prompt_contracts.toml", text)

    written(tmp_path)

    made = tomllib.loads((tmp_path / "prompt_contracts.toml").read_text())
    inner = made.get("tool", {}).get("prompt_contracts", made)
    assert "llama-server" in inner["providers"]
    assert "prompt_contracts" not in (tmp_path / "pyproject.toml").read_text()
    assert written(tmp_path).changes == ()


def test_a_pyproject_without_room_stays_and_a_file_of_our_own_takes_the_settings(tmp_path: Path) -> None:
    text = 'tool = {ruff = {line-length = 100}}\n[project]\nname = "x"\n'
    path = add(tmp_path, "pyproject.toml", text)

    plan = written(tmp_path)

    assert (fates(plan)["pyproject.toml"], path.read_text()) == ("left alone", text)
    assert fates(plan)["prompt_contracts.toml"] == "wrote"
    assert written(tmp_path).changes == ()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", "[tool\n"),
        ("pyproject.toml", b"\xff"),
        ("pyproject.toml", "\ufeff[project]\nname = 'x'\n"),
        ("pyproject.toml", "[tool]\nprompt_contracts = {models = []}\n"),
        ("pyproject.toml", "[tool.prompt_contracts]\nproviders = {}\n"),
        ("pyproject.toml", "[[tool.prompt_contracts]]\n"),
        ("prompt_contracts.toml", "providers = {}\n"),
        (".gitignore", b"\xff"),
    ],
)
def test_what_cannot_be_extended_refuses_the_whole(tmp_path: Path, name: str, text: str | bytes) -> None:
    add(tmp_path, name, text)
    before = everything(tmp_path)

    with pytest.raises(UsageError, match=f"nothing was written:\n  {name}"):
        written(tmp_path)

    assert everything(tmp_path) == before


def test_all_that_stands_in_the_way_is_told_at_once(tmp_path: Path) -> None:
    add(tmp_path, "pyproject.toml", "[tool\n")
    (tmp_path / ".gitignore").mkdir()
    (tmp_path / "cases/tools.yaml").mkdir(parents=True)

    with pytest.raises(UsageError) as refused:
        written(tmp_path)

    assert all(name in str(refused.value) for name in ("pyproject.toml", ".gitignore", "cases/tools.yaml"))


# .gitignore


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("dist/\n", "dist/\n.env\n.venv/\n__pycache__/\n.pytest_cache/\n"),
        ("dist/", "dist/\n.env\n.venv/\n__pycache__/\n.pytest_cache/\n"),
        ("dist/\r\n", "dist/\r\n.env\r\n.venv/\r\n__pycache__/\r\n.pytest_cache/\r\n"),
        ("/.env\n.venv\n!__pycache__/\n", "/.env\n.venv\n!__pycache__/\n.pytest_cache/\n"),
    ],
)
def test_lines_are_added_to_gitignore_where_they_are_missing(tmp_path: Path, text: str, made: str) -> None:
    add(tmp_path, ".gitignore", text)

    written(tmp_path)

    assert (tmp_path / ".gitignore").read_bytes() == made.encode()


# Workflows


def test_workflows_are_left_out_where_nobody_would_read_them(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()

    below, top = written(tmp_path / "part"), written(tmp_path)

    assert fates(below)[".gitlab-ci.yml"] == fates(below)[".github/workflows/prompt-contracts.yml"] == "left out"
    assert "pytest part/cases" in reason(below, ".gitlab-ci.yml")
    assert fates(top)[".gitlab-ci.yml"] == fates(top)[".github/workflows/prompt-contracts.yml"] == "wrote"


# Where files lie


@pytest.mark.parametrize("link", ["cases", "pyproject.toml", ".github", "cassettes/errors"])
def test_nothing_is_written_through_a_link_that_leaves_the_folder(tmp_path: Path, link: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    root = tmp_path / "project"
    (root / link).parent.mkdir(parents=True)
    (root / link).symlink_to(outside / "file.toml" if link.endswith("toml") else outside)

    with pytest.raises(UsageError, match="leads out of the folder"):
        written(root)

    assert everything(tmp_path) == {}


def test_a_link_inside_of_the_folder_is_followed_and_stays(tmp_path: Path) -> None:
    add(tmp_path, "config/project.toml", "[project]\nname = 'x'\n")
    (tmp_path / "pyproject.toml").symlink_to("config/project.toml")

    written(tmp_path)

    assert (tmp_path / "pyproject.toml").is_symlink()
    assert "llama-server" in (tmp_path / "config/project.toml").read_text()


def test_a_link_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cases").symlink_to("cases")

    with pytest.raises(UsageError, match=r"cases/tools\.yaml: a link on the way leads to itself"):
        written(tmp_path)


@pytest.mark.parametrize("taken", ["cases", ".prompt-contracts", ".github"])
def test_a_file_in_the_place_of_a_folder_is_refused(tmp_path: Path, taken: str) -> None:
    add(tmp_path, taken, "")

    with pytest.raises(UsageError, match=rf"nothing was written:\n  {taken}/.*: cannot be written: {taken} is a"):
        written(tmp_path)

    assert everything(tmp_path) == {taken: b""}


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    path = add(tmp_path, "file", "")

    with pytest.raises(UsageError, match="is no folder"):
        written(path)
    with pytest.raises(UsageError, match="file is a file and no folder"):
        written(path / "below")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_only_be_read_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)

    with pytest.raises(UsageError, match="Permission denied"):
        written(tmp_path)

    assert everything(tmp_path) == {}


@pytest.mark.skipif(os.name != "posix", reason="modes are those of POSIX")
def test_a_file_that_is_extended_keeps_its_mode(tmp_path: Path) -> None:
    path = add(tmp_path, "pyproject.toml", "")
    path.chmod(0o600)

    written(tmp_path)

    assert path.stat().st_mode & 0o777 == 0o600


def test_a_disk_that_is_full_half_way_leaves_what_was_there(tmp_path: Path) -> None:
    add(tmp_path, "pyproject.toml", "[project]\nname = 'x'\n")
    before = everything(tmp_path)
    # The schema for editors is larger than that, and comes late.
    program = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "from prompt_contracts.cli import main\n"
        "sys.exit(main(['init']))"
    )

    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (done.returncode, everything(tmp_path)) == (2, before)
    assert "nothing was written:\n  .prompt-contracts/cases.schema.json: cannot be written" in done.stderr


def test_what_all_files_have_in_common_is_told_once(tmp_path: Path) -> None:
    add(tmp_path, "cases", "")

    with pytest.raises(UsageError, match=r"cases/tools\.yaml and 4 more: cannot be written: cases is a file"):
        written(tmp_path)
