"""The rates of a project's configuration, from its file to the requests that they hold back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from threading import Condition

import pytest

from prompt_contracts.engine.run import Run
from prompt_contracts.engine.run_options import RunOptions
from prompt_contracts.engine.token_count import answer_tokens
from prompt_contracts.interaction import ApiResponse
from prompt_contracts.transport.limits import Limits
from tests.transport.loopback import KEY, Answer, Loopback

CASES = "version: 1\nmodels: [house:small]\ncases:\n" + "".join(
    f"  - {{name: says_{number}, user: Say {number}., request: {{max_tokens: 100}}, expect: {{text: I do.}}}}\n"
    for number in range(4)
)
SETTINGS = """
[tool.prompt_contracts.providers.house]
base_url = "{}"
api_key_env = "HOUSE_KEY"
{}
"""


def answered(**usage: int) -> Answer:
    choices = [{"message": {"role": "assistant", "content": "I do."}, "finish_reason": "stop"}]
    return Answer(body=json.dumps({"choices": choices, "usage": usage}).encode())


@pytest.fixture
def server() -> Iterator[Loopback]:
    loopback = Loopback()
    yield loopback
    loopback.close()


def waited(root: Path, server: Loopback, rate: str, *, workers: int = 1) -> float:
    """Seconds that four cells would have waited, one after another."""
    (root / "pyproject.toml").write_text(SETTINGS.format(server.base_url, rate), encoding="utf-8")
    (root / "cases.yaml").write_text(CASES, encoding="utf-8")
    elapsed = 0.0

    def wait(condition: Condition, seconds: float | None) -> None:
        nonlocal elapsed
        assert seconds is not None
        elapsed += seconds

    limits = Limits(8, monotonic=lambda: elapsed, wait=wait)
    options = RunOptions(root=root, mode="live", cassettes=root / "cassettes", workers=workers)
    run = Run(options, environ={"HOUSE_KEY": KEY}, limits=limits)
    loaded = run.load(root / "cases.yaml", is_named=True)
    assert loaded is not None
    assert len(loaded.cells) == 4
    for cell in loaded.cells:
        assert run.judge(cell, run.exchange(cell)).verdict == "passed"
    assert [(each.provider, each.in_flight) for each in run.status()] == [("house", 0)]
    run.close()
    return elapsed


@pytest.mark.parametrize(
    ("rate", "workers", "seconds"),
    [
        ("", 1, 0),
        ("requests_per_minute = 4", 1, 0),
        ("requests_per_minute = 2", 1, 60),
        ("requests_per_minute = 4", 2, 60),
        ("requests_per_minute = 1", 8, 180),
        ("tokens_per_minute = 4000", 1, 0),
        ("tokens_per_minute = 1100", 1, 60),
    ],
)
def test_a_rate_holds_requests_back_and_is_shared_by_the_workers(
    tmp_path: Path, server: Loopback, rate: str, workers: int, seconds: float
) -> None:
    server.answer = lambda asked: answered(prompt_tokens=400, completion_tokens=90, total_tokens=490)

    assert waited(tmp_path, server, rate, workers=workers) == pytest.approx(seconds, abs=0.1)


@pytest.mark.parametrize(
    ("url", "body", "tokens"),
    [
        ("http://a/v1/chat/completions", answered(total_tokens=7).body, 7),
        ("http://a/v1/chat/completions", answered(prompt_tokens=3, completion_tokens=2).body, 5),
        ("http://a/v1/chat/completions", answered(prompt_tokens=3).body, None),
        ("http://a/v1/chat/completions", answered().body, None),
        ("http://a/v1/chat/completions", b"no JSON", None),
        (
            "http://a/v1/responses?x=1",
            (
                b'{"object": "response", "status": "completed", "output": [{"type": "message", "role": "assistant", '
                b'"content": [{"type": "output_text", "text": "I do."}]}], '
                b'"usage": {"input_tokens": 4, "output_tokens": 5, "total_tokens": 9}}'
            ),
            9,
        ),
    ],
    ids=str,
)
def test_the_tokens_of_an_answer_are_those_that_it_says(url: str, body: bytes, tokens: int | None) -> None:
    assert answer_tokens(url, ApiResponse(status=200, body=body)) == tokens
