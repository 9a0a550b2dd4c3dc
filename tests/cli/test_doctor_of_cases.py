"""`prompt-contracts doctor` about cases, their recordings, other plugins, and providers that are asked."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from prompt_contracts.providers.catalog import CATALOG
from tests.cli.replies import Folder
from tests.transport.loopback import Answer, Loopback

CASE = """
version: 1
models: [house:small]
cases:
  - name: greets
    user: Say hello.
    expect: {text: {$contains: hello}}
  - name: needs_no_recording
    user: Say hello.
    fault: {connection: refused}
    expect: {error: {kind: connection}}
"""


@pytest.fixture
def server() -> Iterator[Loopback]:
    server = Loopback()
    yield server
    server.close()


@pytest.fixture
def project(folder: Folder, server: Loopback, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """A project with a provider of its own and a case that was never recorded."""
    for row in CATALOG.values():
        for name in filter(None, (row.api_key_env, row.token_env, *row.base_url_env)):
            monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    folder.write(
        "pyproject.toml",
        f'[tool.prompt_contracts.providers.house]\nbase_url = "{server.base_url}"\napi_key_env = "HOUSE_KEY"\n',
    )
    folder.write("cases/greetings.yaml", CASE)
    return folder


def said(text: str, subject: str) -> str:
    return next((line for line in text.splitlines() if f" {subject}: " in line), "")


def test_what_would_be_recorded_is_counted_and_named(project: Folder) -> None:
    code, out, _ = project.run("doctor")
    selected, again, _ = project.run("doctor", "cases")

    assert said(out, "recordings missing").startswith("note     recordings missing: 1 cell: ")
    assert "greets[house:small]" in said(out, "recordings missing")
    assert "--pc-record" in said(out, "recordings missing")
    assert said(out, "replay").endswith("1 cell replayed as recorded")
    assert "HOUSE_KEY" in said(out, "keys for recording")
    assert said(again, "recordings missing").startswith("PROBLEM ")
    assert (code, selected) == (0, 1)
    assert not (project.path / "cassettes").exists()


def test_a_changed_request_is_stale(
    project: Folder, server: Loopback, monkeypatch: pytest.MonkeyPatch, pytester: pytest.Pytester
) -> None:
    body = {"choices": [{"message": {"role": "assistant", "content": "hello"}, "finish_reason": "stop"}]}
    server.answer = lambda request: Answer(body=json.dumps(body).encode())
    monkeypatch.setenv("HOUSE_KEY", "house-key-0123456789")
    monkeypatch.chdir(project.path)
    result = pytester.runpytest_inprocess(f"--rootdir={project.path}", project.path / "cases", "--pc-record=rewrite")
    assert result.ret == 0, result.stdout.str()

    fresh, before, _ = project.run("doctor", "cases")
    project.write("cases/greetings.yaml", CASE.replace("Say hello.", "Say hello twice."))
    code, after, _ = project.run("doctor", "cases")

    assert (fresh, code) == (0, 1)
    assert "2 cells replayed" in said(before, "replay")
    assert "recordings stale: 1 cell: " in said(after, "recordings stale")


def test_a_broken_case_is_a_problem_of_those_that_are_selected(project: Folder) -> None:
    project.write("cases/broken.yaml", "version: 1\ncases: [{name: a, user: Hi, expcet: {text: a}}]\n")

    _, out, _ = project.run("doctor")
    code, selected, _ = project.run("doctor", "cases/broken.yaml")

    assert said(out, "cases").startswith("note     cases: 1 broken case")
    assert said(selected, "cases").startswith("PROBLEM ")
    assert code == 1


def test_a_name_that_selects_nothing_is_a_wrong_call(project: Folder) -> None:
    assert project.run("doctor", "nowhere")[0] == 2


def test_a_folder_that_is_no_project_is_not_searched(folder: Folder) -> None:
    folder.write("deep/down/greetings.yaml", CASE)

    _, out, _ = folder.run("doctor")

    assert said(out, "replay") == ""


def test_providers_are_asked_when_wanted_and_a_model_that_is_not_offered_is_noted(
    project: Folder, server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOUSE_KEY", "house-key-0123456789")
    server.answer = lambda request: Answer(body=b'{"data": [{"id": "large"}]}')

    _, out, _ = project.run("doctor", "--live")
    server.answer = lambda request: Answer(status=401, body=b'{"error": {"message": "no"}}')
    code, refused, _ = project.run("doctor", "--live")

    lines = [line for line in out.splitlines() if " provider house: " in line]
    assert [line[:7] for line in lines] == ["ok     ", "note   "]
    assert "small: not in its list" in lines[1]
    assert said(refused, "provider house").startswith("PROBLEM  provider house: auth (HTTP 401)")
    assert code == 1


def test_plugins_beside_ours_are_listed(project: Folder) -> None:
    _, out, _ = project.run("doctor")

    assert "pytest-recording " in said(out, "pytest plugins")
    assert "pytest-prompt-contracts " in said(out, "pytest plugins")


@pytest.mark.parametrize(
    ("addopts", "environ", "reason"),
    [
        ("-p no:prompt_contracts", {}, "take it out"),
        ("-pno:prompt_contracts", {}, "take it out"),
        ("", {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}, "-p prompt_contracts.plugin"),
    ],
)
def test_a_plugin_that_is_switched_off_is_a_problem(
    project: Folder, monkeypatch: pytest.MonkeyPatch, addopts: str, environ: dict[str, str], reason: str
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    project.write("pytest.ini", f"[pytest]\naddopts = {addopts}\n")

    code, out, _ = project.run("doctor")
    off = [line for line in out.splitlines() if "switched off" in line]

    assert code == 1
    assert len(off) == 1
    assert reason in off[0]


def test_a_plugin_that_is_named_where_none_loads_by_itself_is_fine(
    project: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p prompt_contracts.plugin")

    code, out, _ = project.run("doctor")

    assert (code, "switched off" in out) == (0, False)


def test_options_of_others_that_are_in_the_way_are_noted(project: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "--block-network")

    code, out, _ = project.run("doctor")

    assert code == 0
    assert said(out, "pytest-recording with --block-network").startswith("note ")
