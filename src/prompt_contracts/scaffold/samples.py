"""The files that come with the package: sample cases, each with all that it needs, and files that stand alone."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from prompt_contracts import __version__
from prompt_contracts.linting.editor_schema import editor_schema

SAMPLES: Mapping[str, tuple[str, ...]] = {
    "cases/tools.yaml": (
        "cases/tools/get_weather.json",
        "cassettes/tools/looks_up_the_weather/oslo/llama-server/random-weights.yaml",
        "cassettes/tools/looks_up_the_weather/lima/llama-server/random-weights.yaml",
    ),
    "cases/answers.yaml": (
        "cases/schemas/rating.json",
        "cassettes/answers/rates_a_review/praise/llama-server/random-weights.yaml",
        "cassettes/answers/rates_a_review/complaint/llama-server/random-weights.yaml",
    ),
    "cases/errors.yaml": (
        "cassettes/errors/refuses_a_schema_that_is_none/llama-server/random-weights.yaml",
        "cassettes/errors/gets_over_a_rate_limit/llama-server/random-weights.yaml",
    ),
}
"""Each case file, and the files without which it is not green."""

SCHEMA = ".prompt-contracts/cases.schema.json"
ENVIRONMENT = ".env.example"
WORKFLOWS: Mapping[str, str] = {".github/workflows/prompt-contracts.yml": "GitHub", ".gitlab-ci.yml": "GitLab"}
"""Files of CI, by who reads them: at the top of a repository, and nowhere else."""


def content(path: str) -> str:
    """What a file of the scaffold holds when it is new."""
    if path == SCHEMA:
        return editor_schema()
    text = _data().joinpath(*path.split("/")).read_text("utf-8")
    return text.replace("==VERSION", f"=={__version__}") if path in WORKFLOWS else text


@cache
def _data() -> Traversable:
    return files(__package__) / "files"
