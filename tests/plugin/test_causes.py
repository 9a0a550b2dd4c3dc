"""One mistake that concerns many cells is told once: where it was written, with the cells."""

from __future__ import annotations

import re

import pytest

from prompt_contracts.cli import main
from tests.plugin.project import Project

CASES = "".join(f"  - {{name: c{number}, user: Hi, expect: {{text: a}}}}\n" for number in range(6))


def told(project: Project, capsys: pytest.CaptureFixture[str], text: str) -> list[str]:
    """The findings that `check` prints of a file, without source lines and help."""
    project.write(weather=text)
    capsys.readouterr()
    main(["check", "cases", "--root", str(project.root)])
    return [line for line in capsys.readouterr().out.splitlines() if re.match(r"\S+:\d+:\d+: |cells: ", line)]


@pytest.mark.parametrize(
    ("head", "found"),
    [
        pytest.param(
            "models: [openai:gpt-5-mini]\ndefaults:\n  request: {max_tokens: 9}\n",
            ["cases/weather.yaml:4:13: PC130 openai:gpt-5-mini refuses 'max_tokens': *", "cells: c0*, c4* and 1 more"],
            id="PC130-default",
        ),
        pytest.param(
            "models: [openai:gpt-5-mini, openai:gpt-5-nano]\ndefaults:\n  request:\n    max_tokens: 9\n",
            ["cases/weather.yaml:5:5: PC130 *", "cells: c0?openai:gpt-5-mini], c0?openai:gpt-5-nano], *and 7 more"],
            id="PC130-two-models",
        ),
        pytest.param(
            "models: [openai:gpt-5-mini]\ndefaults:\n  overrides:\n    '*': {request: {max_tokens: 9}}\n",
            ["cases/weather.yaml:5:21: PC130 *", "cells: *"],
            id="PC130-override",
        ),
        pytest.param(
            "models: [openai:gpt-5.5]\ndefaults:\n  endpoint: responses\n  request: {seed: 1}\n",
            ["cases/weather.yaml:5:13: PC130 'seed' has no counterpart *", "cells: *"],
            id="PC130-endpoint",
        ),
        pytest.param(
            "models: [ollama:small]\ndefaults:\n  request: {n: 2}\n",
            ["cases/weather.yaml:4:13: warning: PC131 *", "cells: *"],
            id="PC131-default",
        ),
        pytest.param(
            "models: [mistral:small]\ndefaults: {endpoint: responses}\n",
            ["cases/weather.yaml:3:22: warning: PC132 *", "cells: *"],
            id="PC132-default",
        ),
        pytest.param(
            "models: [house:small, hose:small]\n",
            ["cases/weather.yaml:2:23: PC123 unknown provider 'hose'*", "cells: c0?hose:small], *"],
            id="PC123-file",
        ),
        pytest.param(
            "models: [house:small]\ndefaults: {model: hose:small}\n",
            ["cases/weather.yaml:3:19: PC123 *", "cells: c0?hose:small], *"],
            id="PC123-default",
        ),
        pytest.param(
            "models: [house:small]\ndefaults:\n  system: In {{ ctiy }}\n",
            ["cases/weather.yaml:4:14: PC110 unknown variable 'ctiy'", "cells: c0, c1, c2, c3, c4 and 1 more"],
            id="PC110-default",
        ),
        pytest.param(
            "models: [house:small]\ndefaults: {require: 3}\n",
            ["cases/weather.yaml:3:21: PC122 *", "cells: c0*"],
            id="PC122-default",
        ),
        pytest.param(
            "models: [house:small]\ndefaults:\n  expect: {text: {$regxe: a}}\n",
            ["cases/weather.yaml:4:19: PC101 *", "cells: c0*"],
            id="PC101-default",
        ),
    ],
)
def test_one_mistake_of_many_cells_is_told_once_where_it_was_written(
    project: Project, capsys: pytest.CaptureFixture[str], head: str, found: list[str]
) -> None:
    cases = CASES.replace(", expect: {text: a}", "") if "$regxe" in head else CASES

    lines = told(project, capsys, f"version: 1\n{head}cases:\n{cases}")

    pytest.LineMatcher([line.replace("[", "?") for line in lines]).fnmatch_lines(
        [line.replace("warning: ", "*").replace("[", "?") for line in found], consecutive=True
    )
    assert len(lines) == len(found)


def test_two_providers_with_different_reasons_are_two_mistakes_at_one_place(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "version: 1\nmodels: [openai:gpt-5-mini, mistral:small]\ndefaults:\n  request: {logit_bias: {}}\n"

    lines = told(project, capsys, f"{text}cases:\n{CASES}")

    places, whose = zip(*(line.split()[:3:2] for line in lines if not line.startswith("cells")), strict=True)
    assert places == ("cases/weather.yaml:4:13:",) * 2
    assert whose == ("openai:gpt-5-mini", "mistral")


def test_a_model_of_the_project_is_told_at_its_place_in_the_configuration(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (project.root / "pyproject.toml").read_text("utf-8")
    (project.root / "pyproject.toml").write_text(f'[tool.prompt_contracts]\nmodels = ["hose:small"]\n{text}', "utf-8")

    lines = told(project, capsys, f"version: 1\ncases:\n{CASES}")

    pytest.LineMatcher(lines).fnmatch_lines(["pyproject.toml:2:11: PC123 unknown provider 'hose'*", "cells: c0*"])
    assert len(lines) == 2


def test_a_parameter_that_the_case_gives_to_all_its_turns_is_told_once(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    text = """
        version: 1
        models: [openai:gpt-5-mini]
        cases:
          - name: talk
            request: {max_tokens: 9}
            turns:
              - {user: Hi, expect: {text: a}}
              - {user: Ho, request: {stop: x}, expect: {text: a}}
        """

    lines = told(project, capsys, text)

    pytest.LineMatcher(lines).fnmatch_lines(["*:5:15: PC130 openai*'max_tokens'*", "*:8:30: PC130 turn 2: *'stop'*"])
    assert len(lines) == 2


def test_cases_without_a_model_have_one_diagnostic(project: Project) -> None:
    project.write(weather=f"version: 1\ncases:\n{CASES}")

    text = project.run().stdout.str()

    assert "cells: c0, c1, c2, c3, c4 and 1 more" in text
