"""Sixteen cells at once through the engine: each its own file, each its own answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
import yaml

from prompt_contracts.engine.run import Run
from prompt_contracts.engine.run_options import RunOptions
from prompt_contracts.engine.trials import Exchange
from prompt_contracts.outcome import Outcome
from prompt_contracts.transport.cell_transport import Mode
from prompt_contracts.trial import Cell
from tests.transport.loopback import KEY, Answer, Asked, Loopback

COUNT = 16
TRIALS = 3
CASES = "version: 1\nmodels: [house:small]\ncases:\n" + "".join(
    f"  - name: says_{number}\n    user: Say {number}.\n    trials: {TRIALS}\n    expect: {{text: I say {number}.}}\n"
    for number in range(COUNT)
)
SETTINGS = '[tool.prompt_contracts.providers.house]\nbase_url = "{}"\napi_key_env = "HOUSE_KEY"\n'


def repeating(*, at_once: Barrier) -> Callable[[Asked], Answer]:
    """An answer that repeats the question, and comes only when all threads have asked."""

    def answer(asked: Asked) -> Answer:
        at_once.wait(timeout=30)
        question = json.loads(asked.body)["messages"][-1]["content"]
        message = {"role": "assistant", "content": f"I {question[0].lower()}{question[1:]}"}
        usage = {"prompt_tokens": 2, "completion_tokens": 3, "total_tokens": 5}
        body = {"choices": [{"message": message, "finish_reason": "stop"}], "usage": usage}
        return Answer(body=json.dumps(body).encode())

    return answer


@pytest.fixture
def server() -> Iterator[Loopback]:
    loopback = Loopback()
    yield loopback
    loopback.close()


@pytest.fixture
def root(tmp_path: Path, server: Loopback) -> Path:
    (tmp_path / "pyproject.toml").write_text(SETTINGS.format(server.base_url), encoding="utf-8")
    (tmp_path / "cases.yaml").write_text(CASES, encoding="utf-8")
    return tmp_path


def exchanged(root: Path, mode: Mode) -> tuple[list[tuple[Outcome, ...]], list[Cell]]:
    """The outcomes of all cells, each asked by a thread of its own, all started together."""
    environ = {"HOUSE_KEY": KEY} if mode != "none" else {}
    run = Run(RunOptions(root=root, mode=mode, cassettes=root / "cassettes", concurrency=COUNT), environ=environ)
    loaded = run.load(root / "cases.yaml", is_named=True)
    assert loaded is not None
    assert len(loaded.cells) == COUNT
    start = Barrier(COUNT)

    def exchange(cell: Cell) -> Exchange:
        start.wait(timeout=30)
        return run.exchange(cell)

    with ThreadPoolExecutor(COUNT) as pool:
        found = list(pool.map(exchange, loaded.cells))
    verdicts = [run.judge(cell, exchange).verdict for cell, exchange in zip(loaded.cells, found, strict=True)]
    assert verdicts == ["passed"] * COUNT
    run.close()
    return [exchange.outcomes for exchange in found], list(loaded.cells)


def texts(outcomes: tuple[Outcome, ...]) -> list[str]:
    return [outcome.completion.choices[0].text for outcome in outcomes if outcome.completion is not None]


def test_sixteen_cells_recorded_at_once_have_each_their_own_file_and_answer(root: Path, server: Loopback) -> None:
    server.answer = repeating(at_once=Barrier(COUNT))

    outcomes, cells = exchanged(root, "rewrite")

    files = sorted(path.relative_to(root / "cassettes").as_posix() for path in (root / "cassettes").rglob("*.yaml"))
    assert files == sorted(cell.cassette for cell in cells)
    for number, (cell, found) in enumerate(zip(cells, outcomes, strict=True)):
        assert texts(found) == [f"I say {number}."] * TRIALS
        document = yaml.safe_load((root / "cassettes" / cell.cassette).read_text("utf-8"))
        asked = [json.loads(item["request"]["body"])["messages"][-1]["content"] for item in document["interactions"]]
        assert asked == [f"Say {number}."] * TRIALS


def test_what_was_recorded_at_once_is_replayed_at_once_and_asks_nobody(root: Path, server: Loopback) -> None:
    server.answer = repeating(at_once=Barrier(COUNT))
    recorded, _ = exchanged(root, "rewrite")
    asked = len(server.asked)

    replayed, _ = exchanged(root, "none")

    assert [texts(found) for found in replayed] == [texts(found) for found in recorded]
    assert all(interaction.is_replayed for found in replayed for each in found for interaction in each.interactions)
    assert asked == len(server.asked) == COUNT * TRIALS
    assert not list((root / "cassettes").rglob("*.tmp"))
