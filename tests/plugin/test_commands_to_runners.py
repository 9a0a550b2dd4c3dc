"""What a model says is no command to the runner of CI that reads the log of a run."""

from __future__ import annotations

import json

import pytest

from tests.plugin.project import Project, completion, provider_error
from tests.plugin.test_baselines import ALONE, ELSEWHERE
from tests.renderers.test_inert_text import is_obeyed

SAID = (
    "\x1b[2J::add-mask::a\n   ::stop-commands::pause\n##[group]x\nword ##vso[task.setvariable variable=a]b\n\n"
    + "x" * 67
    + ("::error::y" * 40)
)
CASES = """
version: 1
models: [house:small]
cases:
  - {name: fails, user: Say it., expect: {text: yes}}
  - {name: wavers, user: Say it or yes., trials: 2, require: 1, expect: {text: yes}}
  - {name: breaks, user: Break., expect: {text: yes}}
"""


@ELSEWHERE
@pytest.mark.parametrize("columns", ["80", "87", "200"])
def test_no_line_of_a_run_is_obeyed(
    project: Project, workers: tuple[str, ...], columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    project.write(weather=CASES)
    answers = iter([completion(text="yes"), *[completion(text=SAID)] * 20])
    project.answer(lambda _: completion(text="yes"))
    project.run("--pc-live", *ALONE, "--pc-report=base.json")

    def answer(asked: object) -> object:
        question = json.loads(asked.body)["messages"][-1]["content"]  # type: ignore[attr-defined]
        if question == "Break.":
            return provider_error(400, message=SAID)
        return next(answers) if "or" in question else completion(text=SAID)

    project.answer(answer)  # type: ignore[arg-type]

    result = project.run(
        "--pc-live", *workers, "--pc-show=diff,messages,raw", "-rA", "--pc-compare=base.json", "--log-cli-level=DEBUG"
    )

    lines = [*result.stdout.lines, *result.stderr.lines]
    assert any("\\u003a:stop-commands::" in line for line in lines)
    assert [line for line in lines if is_obeyed(line)] == []
    assert not any("\x1b[2J" in line for line in lines)
