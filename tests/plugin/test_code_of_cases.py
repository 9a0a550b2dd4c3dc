"""What a case file may run: functions of its project, and with --pc-no-code nothing at all."""

from __future__ import annotations

import sys
from pathlib import Path
from textwrap import indent

import pytest

from tests.plugin.project import Project, completion

CASE = """
version: 1
models: [house:small]
cases:
  - name: a
    user: Hi
    tools: [{name: f, parameters: {type: object, properties: {x: {type: string}}}}]
"""
GOOD = "  - name: good\n    user: Hi\n    expect: {text: hi}\n"
MODULE = """
from pathlib import Path
import os
from os import system

Path(__file__).with_name("imported").touch()

def fine(value):
    return None

class Checks:
    @staticmethod
    def fine(value):
        return None
"""
USES = {
    "check": "expect: {check: 'NAME'}",
    "check in a list": "expect: {check: ['NAME']}",
    "$check": "expect: {text: {$check: 'NAME'}}",
    "$check deep inside": "expect: {any_of: [{not: {text: {$any_of: [{$not: {$check: 'NAME'}}]}}}, {text: a}]}",
    "$check of arguments": "expect: {tool_calls: [{f: {x: {$check: 'NAME'}}}]}",
    "$check in a turn": "turns: [{user: Ho, expect: {text: {$check: 'NAME'}}}]",
    "$call": "tool_results: {f: {$call: 'NAME'}}\nexpect: {text: hi}",
    "$call in a sequence": "tool_results: {f: {$sequence: [1, {$call: 'NAME'}]}}\nexpect: {text: hi}",
    "$python": "expect: {json: {$schema: {$python: 'NAME'}}}",
    "$python in a turn": "turns: [{user: Ho, expect: {any_of: [{json: {a: {$schema: {$python: 'NAME'}}}}]}}]",
    "$python of a response_format": "request: {response_format: {type: json_schema, json_schema: {name: a, schema: "
    "{$python: 'NAME'}}}}\nexpect: {text: hi}",
    "$python of a tool": "overrides: {'house:*': {tools: [{$python: 'NAME'}]}}\nexpect: {text: hi}",
    "$python of parameters": "overrides: {'house:*': {tools: [{name: f, parameters: {$python: 'NAME'}}]}}\n"
    "expect: {text: hi}",
    "handler": "handler: 'NAME'\nexpect: {text: hi}",
}


def write(project: Project, use: str, name: str) -> None:
    text = USES[use].replace("NAME", name)
    if "turns" in text:
        project.write(weather=CASE.replace("    user: Hi\n", "") + indent(text, "    ") + "\n" + GOOD)
    else:
        project.write(weather=CASE + indent(text, "    ") + "\n" + GOOD)


def module(path: Path) -> Path:
    """A module whose import writes a file; the path of that file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(MODULE, encoding="utf-8")
    return path.with_name("imported")


@pytest.mark.parametrize("use", USES)
def test_a_run_without_code_imports_nothing_and_goes_on(project: Project, use: str) -> None:
    mark = module(project.root / "checks_a.py")
    write(project, use, "checks_a:fine")
    project.answer(completion(text="hi"))

    result = project.run("--pc-live", "--pc-no-code")

    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["cases/weather.yaml:*: PC151 *", "help: run without --pc-no-code *"])
    assert not mark.exists()


def test_a_run_without_code_starts_no_program(project: Project) -> None:
    mark = project.root / "started"
    script = f"open({str(mark)!r}, 'w')"
    command = f"    command: ['{sys.executable}', '-c', \"{script}\"]\n    expect: {{text: hi}}\n"
    project.write(weather=CASE + command + GOOD)
    project.answer(completion(text="hi"))

    result = project.run("--pc-live", "--pc-no-code")

    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["*PC151 'command' would start a program*"])
    assert not mark.exists()


@pytest.mark.parametrize("way", ["variable", "ini"])
def test_no_code_can_be_said_in_three_places(project: Project, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    mark = module(project.root / "checks_b.py")
    write(project, "check", "checks_b:fine")
    if way == "variable":
        monkeypatch.setenv("PROMPT_CONTRACTS_NO_CODE", "1")
    else:
        (project.root / "pytest.ini").write_text("[pytest]\npc_no_code = true\n", encoding="utf-8")

    project.run("--pc-strict").stdout.fnmatch_lines(["*PC151*"])
    assert not mark.exists()


@pytest.mark.parametrize("command", ["check", "judge", "batch"])
@pytest.mark.parametrize("way", ["option", "variable"])
def test_commands_import_nothing_either(
    project: Project, monkeypatch: pytest.MonkeyPatch, command: str, way: str
) -> None:
    mark = module(project.root / "checks_c.py")
    write(project, "check", "checks_c:fine")
    (project.root / "replies.jsonl").touch()
    more = {"check": [], "judge": ["--replies", "replies.jsonl"], "batch": ["--model", "house:small"]}[command]
    if way == "variable":
        monkeypatch.setenv("PROMPT_CONTRACTS_NO_CODE", "1")
    else:
        more.append("--no-code")

    result = project.pytester.run(sys.executable, "-m", "prompt_contracts", command, "cases", *more)

    assert result.ret == 1
    assert "PC151" in result.stdout.str() + result.stderr.str()
    assert not mark.exists()


@pytest.mark.parametrize("use", USES)
def test_a_function_of_somebody_else_is_refused_before_it_is_imported(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory, use: str
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    mark = module(elsewhere / "foreign_a.py")
    monkeypatch.syspath_prepend(elsewhere)
    write(project, use, "foreign_a:fine")

    result = project.run()

    result.stdout.fnmatch_lines(["*PC150 *'foreign_a:fine' may not be called: 'foreign_a' is *foreign_a.py, and not *"])
    assert not mark.exists()


@pytest.mark.parametrize(
    "name", ["os:system", "json:loads", "subprocess:run", "sys:exit", "builtins:eval", "os.path:exists", "pytest:exit"]
)
def test_a_function_of_python_or_of_a_package_is_refused(project: Project, name: str) -> None:
    write(project, "check", name)

    result = project.run()

    result.assert_outcomes(failed=1, errors=1)
    result.stdout.fnmatch_lines([f"*PC150 '{name}' may not be called: *", "help: *callables*"])


def test_a_module_with_the_name_of_one_of_python_is_not_taken_for_it(project: Project) -> None:
    (project.root / "json.py").write_text("def loads(text):\n    return None\n", encoding="utf-8")
    write(project, "check", "json:loads")

    # What is loaded already is what an import would give.
    project.run().stdout.fnmatch_lines(["*PC150 'json:loads' may not be called: 'json' is *"])


@pytest.mark.parametrize(
    "folder", [".venv/lib/python3/site-packages", "env/lib", "node_modules/x", "vendor/site-packages", ".tox/py"]
)
def test_an_environment_below_the_root_is_not_the_project(
    project: Project, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    mark = module(project.root / folder / "foreign_b.py")
    (project.root / "env").mkdir(exist_ok=True)
    (project.root / "env" / "pyvenv.cfg").touch()
    monkeypatch.syspath_prepend(project.root / folder)
    write(project, "check", "foreign_b:fine")

    project.run().stdout.fnmatch_lines([f"*PC150 'foreign_b:fine' may not be called: 'foreign_b' is {folder}/*"])
    assert not mark.exists()


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_link_out_of_the_project_is_followed(
    project: Project, tmp_path_factory: pytest.TempPathFactory, kind: str
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    mark = module(elsewhere / "linked_a.py")
    name = "linked_a" if kind == "file" else "linked.linked_a"
    link, target = ("linked_a.py", elsewhere / "linked_a.py") if kind == "file" else ("linked", elsewhere)
    (project.root / link).symlink_to(target)
    write(project, "check", f"{name}:fine")

    project.run().stdout.fnmatch_lines([f"*PC150 '{name}:fine' may not be called: *"])
    assert not mark.exists()


def test_a_namespace_package_is_judged_by_the_module_in_it(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    mark = module(elsewhere / "shared_space" / "theirs.py")
    module(project.root / "shared_space" / "ours.py")
    monkeypatch.syspath_prepend(elsewhere)
    project.answer(completion(text="hi"))

    write(project, "check", "shared_space.theirs:fine")
    project.run("--pc-live").stdout.fnmatch_lines(["*PC150 'shared_space.theirs:fine' may not be called: *"])
    assert not mark.exists()
    write(project, "check", "shared_space.ours:fine")
    project.run("--pc-live").assert_outcomes(passed=2)


def test_packages_without_a_file_of_their_own_may_lie_in_each_other(project: Project) -> None:
    module(project.root / "deep_space" / "inner" / "most" / "ours.py")
    project.answer(completion(text="hi"))

    write(project, "check", "deep_space.inner.most.ours:fine")

    project.run("--pc-live").assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("checks_d:os.system", "*PC150 'checks_d:os.system' goes on through a module*"),
        ("checks_d:os", "*PC150 'checks_d:os' goes on through a module*"),
        ("checks_d:Checks.fine", "*2 passed*"),
        ("checks_d:nothing", "*PC120 'checks_d:nothing' cannot be imported: AttributeError*"),
        ("checks_none:fine", "*PC120 'checks_none:fine' cannot be imported: ModuleNotFoundError*"),
    ],
)
def test_a_name_leads_to_a_function_and_never_through_a_module(project: Project, name: str, outcome: str) -> None:
    module(project.root / "checks_d.py")
    project.answer(completion(text="hi"))
    write(project, "check", name)

    project.run("--pc-live").stdout.fnmatch_lines([outcome])


def test_a_module_that_the_configuration_names_may_be_anywhere(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    module(elsewhere / "named_a" / "inner.py")
    monkeypatch.syspath_prepend(elsewhere)
    project.answer(completion(text="hi"))
    project.configure("")
    path = project.root / "pyproject.toml"
    path.write_text('[tool.prompt_contracts]\ncallables = ["named_a"]\n' + path.read_text("utf-8"), encoding="utf-8")
    write(project, "check", "named_a.inner:fine")

    project.run("--pc-live").assert_outcomes(passed=2)
    write(project, "check", "named_ab:fine")
    project.run("--pc-live").stdout.fnmatch_lines(["*PC120 'named_ab:fine' cannot be imported*"])


@pytest.mark.parametrize("value", ["'checks'", "[1]", "['*']", "['a/b']", "['a:b']"])
def test_callables_are_names_of_modules(project: Project, value: str) -> None:
    path = project.root / "pyproject.toml"
    path.write_text(f"[tool.prompt_contracts]\ncallables = {value}\n", encoding="utf-8")

    project.run().stderr.fnmatch_lines(["*PC330 pyproject.toml: callables must be *"])


def test_the_same_name_in_two_projects_is_never_the_function_of_the_other(project: Project) -> None:
    for name in ("one", "two"):
        module(project.root / name / "checks_e.py")
        (project.root / name / "pyproject.toml").write_text("[tool.prompt_contracts]\n", encoding="utf-8")
        (project.root / name / "x.yaml").write_text(
            CASE.lstrip().replace("house", "openai") + "    expect: {check: 'checks_e:fine'}\n", encoding="utf-8"
        )

    result = project.pytester.runpytest("one", "two")

    result.assert_outcomes(errors=1, failed=1)
    result.stdout.fnmatch_lines(["two/x.yaml:*PC150 'checks_e:fine' may not be called: *one/checks_e.py*"])


@pytest.mark.parametrize(
    "chain",
    [
        *("__loader__.get_data", "__spec__.loader.get_source", "fine.__globals__.get", "Checks.mro"),
        *("fine.__call__", "Checks.__subclasses__", "Checks.__init__"),
    ],
)
@pytest.mark.parametrize("use", ["check", "$call"])
def test_a_name_reaches_through_nothing_that_python_put_there(project: Project, use: str, chain: str) -> None:
    mark = module(project.root / "checks_f.py")
    project.answer(completion(text="hi"))
    write(project, use, f"checks_f:{chain}")

    result = project.run("--pc-live")

    result.stdout.fnmatch_lines([f"*PC150 *'checks_f:{chain}' may not be called: '*' is a part of Python*"])
    assert not mark.exists()


def test_a_package_that_lengthens_its_own_path_runs_nobody_else_s_module(
    project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    mark = module(elsewhere / "theirs.py")
    package = project.root / "longer"
    package.mkdir()
    (package / "__init__.py").write_text(f"__path__.append({str(elsewhere)!r})\n", encoding="utf-8")
    project.answer(completion(text="hi"))
    write(project, "check", "longer.theirs:fine")

    project.run("--pc-live").stdout.fnmatch_lines(["*PC150 'longer.theirs:fine' may not be called: *"])
    assert not mark.exists()
