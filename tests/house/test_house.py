"""The code itself: floors and doors, sizes, names, the public face."""

from __future__ import annotations

import ast
import gc
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

import prompt_contracts
from prompt_contracts.api.pattern_values import PATTERN_VALUES

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "prompt_contracts"
MODULES = sorted(SOURCE.rglob("*.py"))
GROUND = sorted(SOURCE.glob("*.py"))
REFUSED_NAMES = {"utils", "util", "core", "common", "helpers", "helper", "misc", "base", "manager"}


@cache
def tree(path: Path) -> ast.Module:
    """What a module says, parsed once for all tests that read it; to look for garbage in it takes twice as long."""
    gc.disable()
    try:
        return ast.parse(path.read_text("utf-8"))
    finally:
        gc.freeze()
        gc.enable()


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(path)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


def offenders(found: Callable[[Path], Iterable[str]], paths: Iterable[Path] = MODULES) -> dict[str, list[str]]:
    """Module -> what is found wrong in it; one test for them all, since a test for each takes seconds."""
    said = {path.relative_to(SOURCE).as_posix(): list(found(path)) for path in paths}
    return {name: wrong for name, wrong in said.items() if wrong}


def test_floors_and_doors_are_kept() -> None:
    linter = Path(sys.executable).with_name("lint-imports")

    result = subprocess.run([str(linter), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stdout


def test_every_module_and_room_has_a_floor() -> None:
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"][0]
    placed = {name.strip() for layer in contract["layers"] for name in layer.split("|")}

    built = {f"prompt_contracts.{path.stem}" for path in SOURCE.iterdir() if path.suffix == ".py" or path.is_dir()}

    assert placed == built - {"prompt_contracts.__init__", "prompt_contracts.__pycache__"}


def test_a_module_is_one_room_and_says_what_for() -> None:
    def wrong(path: Path) -> Iterator[str]:
        if len(path.read_text("utf-8").splitlines()) > 400:
            yield "has more than 400 lines"
        if path.stem in REFUSED_NAMES:
            yield "has a name that says nothing"
        if not ast.get_docstring(tree(path)):
            yield "has no docstring"

    assert len(MODULES) > 300
    assert offenders(wrong) == {}


_LARGER = ("verdict.py", "report.py", "json_value.py", "json_number.py", "errors.py")
"""Ground-floor modules of what belongs together; the last has examples of what is public in it."""


def test_a_ground_floor_module_is_small() -> None:
    def wrong(path: Path) -> Iterator[str]:
        limit = 150 if path.name not in _LARGER else 250
        if len(path.read_text("utf-8").splitlines()) > limit:
            yield f"has more than {limit} lines"

    assert offenders(wrong, GROUND) == {}


def test_functions_are_short() -> None:
    def long(path: Path) -> Iterator[str]:
        return (node.name for node in functions(path) if (node.end_lineno or 0) - node.lineno + 1 > 60)

    assert offenders(long) == {}


def test_public_functions_say_what_they_do() -> None:
    def silent(path: Path) -> Iterator[str]:
        for node in tree(path).body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
                yield from () if ast.get_docstring(node) else (node.name,)

    assert offenders(silent) == {}


def test_arguments_with_defaults_are_keyword_only() -> None:
    def loose(path: Path) -> Iterator[str]:
        for node in functions(path):
            if node.args.defaults and not node.name.startswith("_") and node.name not in ("main", "pointer_walk"):
                yield node.name

    # The signatures of these are httpcore's, those of Python's own finders, and what people type in a test.
    others = ("limited_network.py", "bytecode_finder.py", "contract_face.py")
    ours = [path for path in MODULES if path.name not in others]

    assert offenders(loose, ours) == {}


def test_the_public_face_is_sorted_complete_and_small() -> None:
    assert prompt_contracts.__all__ == sorted(prompt_contracts.__all__)
    patterns = {function.__name__ for function in PATTERN_VALUES}
    assert patterns < set(prompt_contracts.__all__)
    # Each is called, caught, or written as a type in a test; 15 were too few for all that is raised.
    assert len(set(prompt_contracts.__all__) - patterns) <= 16
    assert all(getattr(prompt_contracts, name).__name__ == name for name in prompt_contracts.__all__)


def loaded_by(code: str) -> set[str]:
    """Top-level names of the modules that a fresh interpreter holds after running `code`."""
    program = f"import sys\n{code}\nprint(' '.join(sorted({{name.partition('.')[0] for name in sys.modules}})))"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(result.stdout.split())


HEAVY = {
    "httpx",
    "vcr",
    "yaml",
    "jsonschema",
    "jsonschema_rs",
    "regex",
    "genai_prices",
    "rich",
    "dotenv",
    "hypothesis",
    "tenacity",
}


def test_loading_the_plugin_imports_pytest_and_nothing_else() -> None:
    bare = loaded_by("import pytest")

    loaded = loaded_by("import pytest, prompt_contracts.plugin") - bare

    assert not loaded & HEAVY
    assert {name for name in loaded if name not in sys.stdlib_module_names} == {"prompt_contracts"}


def test_the_plugin_s_engine_stays_unloaded_until_a_case_file_is_collected() -> None:
    program = (
        "import sys, pytest, prompt_contracts.plugin\n"
        "print(*sorted(name for name in sys.modules if name.startswith('prompt_contracts.')))"
    )

    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

    formats = ["prompt_contracts.renderers", "prompt_contracts.renderers.report_formats"]  # a table of names
    room = "prompt_contracts.plugin"
    own = [
        f"{room}.{name}"
        for name in (
            "bytecode_finder",
            "contract_marks",
            "contract_tests",
            "declared_options",
            "found_results",
            "gate_options",
            "options",
            "planned_cells",
            "recording_care",
            "remembered_errors",
            "row_options",
            "run_gates",
            "spending",
            "stash",
            "unasked_files",
            "unused_recordings",
            "usage_errors",
        )
    ]
    assert printed.split() == ["prompt_contracts.data_class", "prompt_contracts.initializer", room, *own, *formats]


def test_pytest_does_not_compile_the_engine_anew(tmp_path: Path) -> None:
    # The files of an editable installation are listed nowhere; those of a wheel are.
    wheel = tmp_path / "as_from_an_index-1.0.dist-info"
    wheel.mkdir()
    (wheel / "METADATA").write_text("Metadata-Version: 2.1\nName: as-from-an-index\nVersion: 1.0\n")
    (wheel / "RECORD").write_text("prompt_contracts/__init__.py,,\n")
    (wheel / "entry_points.txt").write_text("[pytest11]\nas_from_an_index = beside_ours\n")
    (tmp_path / "beside_ours.py").touch()
    program = (
        "import sys, pytest\n"
        "code = pytest.main(['cases/tools.yaml', '-q', '-p', 'no:cacheprovider'])\n"
        "ours = [module for name, module in sys.modules.items() if name.startswith('prompt_contracts')]\n"
        "anew = [module.__name__ for module in ours if 'rewrite' in type(module.__loader__).__module__]\n"
        "print('LOADED', len(ours), *anew)\n"
        "sys.exit(code)"
    )
    environ = {**os.environ, "PYTHONPATH": str(tmp_path)}

    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )

    assert result.returncode == 0, result.stdout
    count, *compiled = result.stdout.rpartition("LOADED ")[2].split()
    # What pytest has loaded before the plugin can say so.
    assert set(compiled) == {"prompt_contracts", "prompt_contracts.plugin", "prompt_contracts.plugin.bytecode_finder"}
    assert int(count) > len(compiled)


@pytest.mark.parametrize(
    ("cases", "unneeded"), [("cases", set()), ("cases/tools.yaml", {"psutil"})], ids=["all", "no application"]
)
def test_a_replay_loads_neither_client_nor_recorder_nor_prices(cases: str, unneeded: set[str]) -> None:
    program = (
        "import sys, pytest\n"
        f"code = pytest.main(['{cases}', '-q', '-p', 'no:cacheprovider', '-p', 'no:recording', '-p', 'no:xdist',"
        " '-p', 'no:hypothesispytest'])\n"
        "print('LOADED', *sorted({name.partition('.')[0] for name in sys.modules}))\n"
        "sys.exit(code)"
    )

    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stdout
    loaded = set(result.stdout.rpartition("LOADED ")[2].split())
    assert not loaded & {"httpx", "vcr", "jsonschema", "genai_prices", "dotenv", *unneeded}
