"""The reference of the public names: each has an example in its docstring, and each example is run."""

from __future__ import annotations

import doctest
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

import prompt_contracts
from prompt_contracts import run
from tests.docs.example_server import says
from tests.transport.loopback import Loopback

CASE = """\
version: 1
models: [house:small]
cases:
  - name: greets
    user: Say hello.
    expect: {text: {$contains: ello}}
"""


@pytest.fixture
def greeted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project with the case of the page, and its recording; nobody answers in it any more."""
    monkeypatch.chdir(tmp_path)
    server = Loopback()
    server.answer = says("answers Hello.")
    (tmp_path / "pyproject.toml").write_text(
        f"[tool.prompt_contracts.providers.house]\nbase_url = '{server.base_url}'\n", encoding="utf-8"
    )
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "greets.yaml").write_text(CASE, encoding="utf-8")
    run("cases", record="once")
    yield tmp_path
    server.close()


def example_of(name: str) -> doctest.DocTest:
    thing = getattr(prompt_contracts, name)
    text = inspect.getdoc(thing) or ""
    return doctest.DocTestParser().get_doctest(text, {"__name__": "__main__"}, name, None, None)


@pytest.mark.parametrize("name", prompt_contracts.__all__)
def test_every_public_name_has_an_example_that_is_true(name: str, greeted: Path) -> None:
    example = example_of(name)

    assert example.examples
    assert doctest.DocTestRunner().run(example).failed == 0


def test_the_example_of_the_fixture_is_a_test_that_is_recorded_and_replayed(
    greeted: Path, pytester: pytest.Pytester
) -> None:
    lines = [each.source for each in example_of("PromptContract").examples]
    pytester.makepyfile(test_example="".join(lines))
    (pytester.path / "pyproject.toml").write_text((greeted / "pyproject.toml").read_text("utf-8"), encoding="utf-8")
    options = ("-p", "no:randomly", "-p", "no:cacheprovider")

    pytester.runpytest(*options, "--pc-record=once").assert_outcomes(passed=1)
    pytester.runpytest(*options).assert_outcomes(passed=1)
