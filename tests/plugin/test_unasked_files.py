"""Files of the command line: what lies beside them is passed over, and all else is found as pytest finds it."""

from __future__ import annotations

import pytest

from prompt_contracts.plugin.unasked_files import PassedFolder
from tests.plugin.project import Project

_CASES = "version: 1\nmodels: [house:small]\ncases:\n  - {name: a, user: Hi, expect: {text: fine}}\n"
_CASES += "  - {name: b, user: Ho, expect: {text: fine}}\n"
_OFF = ("-p", "no:prompt_contracts_unasked_files")


@pytest.fixture
def tree(project: Project) -> Project:
    """Cases beside tests, below folders of all kinds."""
    for name in ("cases/one", "cases/two", "cases/deep/er/three", "cases/deep/four", "cases/package/five"):
        path = project.root / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_CASES, encoding="utf-8")
    (project.root / "cases/package/__init__.py").touch()
    (project.root / "cases/linked").symlink_to("deep")
    for folder in ("cases", "cases/deep", "cases/package"):
        name = f"test_{folder.rpartition('/')[2]}"
        (project.root / folder / f"{name}.py").write_text("def test_it(): pass\n", encoding="utf-8")
    (project.root / "cases/deep/conftest.py").write_text("collect_ignore = ['four.yaml', 'er']\n", encoding="utf-8")
    return project


@pytest.mark.parametrize(
    "arguments",
    [
        "cases/one.yaml",
        "cases/two.yaml cases/one.yaml",
        "cases/one.yaml cases/one.yaml",
        "cases/one.yaml cases/one.yaml --keep-duplicates",
        "cases/one.yaml::b[house:small] cases/two.yaml",
        "cases/one.yaml cases/test_cases.py",
        "cases/one.yaml cases/deep",
        "cases/one.yaml cases",
        "cases cases/one.yaml",
        "cases/deep/er/three.yaml cases/one.yaml cases/deep/four.yaml",
        "cases/deep/four.yaml cases/deep/test_deep.py::test_it",
        "cases/linked/four.yaml cases/deep/four.yaml",
        "cases/package/five.yaml cases/package/test_package.py",
        "cases/package/five.yaml cases/one.yaml",
        "cases/one.yaml --ignore=cases/one.yaml",
        "cases/deep/four.yaml --ignore-glob=*.yaml",
        "cases/one.yaml cases/none.yaml",
        "cases/one.yaml::none",
        "cases/one.yaml -k b",
    ],
)
def test_what_is_named_is_found_as_pytest_finds_it(tree: Project, arguments: str) -> None:
    plain = tree.run(*arguments.split(), "--collect-only", *_OFF)
    ours = tree.run(*arguments.split(), "--collect-only")

    assert (ours.ret, ours.outlines[:-1], ours.errlines) == (plain.ret, plain.outlines[:-1], plain.errlines)


@pytest.mark.parametrize(
    ("arguments", "is_passed"),
    [
        ("cases/one.yaml", True),
        ("cases/one.yaml cases/test_cases.py", True),
        ("cases/test_cases.py", False),
        ("cases", False),
        ("cases/one.yaml cases", False),
    ],
)
def test_a_folder_is_passed_through_for_case_files_that_were_typed(
    tree: Project, arguments: str, is_passed: bool
) -> None:
    items, _ = tree.pytester.inline_genitems(*arguments.split())

    assert items
    assert all(any(isinstance(each, PassedFolder) for each in item.listchain()) is is_passed for item in items)
