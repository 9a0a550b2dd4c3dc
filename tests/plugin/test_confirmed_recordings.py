"""What a team sees of a recording that was made again and says the same: one date."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from tests.plugin.project import Project, completion
from tests.plugin.test_recording_summary import HEAD, lines_of
from tests.transport.loopback import Answer, Asked

CASE = HEAD + "  - {name: hello, user: Hi, request: {%s}, trials: %d, expect: {text: {$regex: '[a-z]'}%s}}\n"


@pytest.fixture(autouse=True)
def _numbered(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    answer_anew(project)


def answer_anew(project: Project, text: str = "fine", pause: float = 0.0) -> None:
    """Says the same under a new id each time, and later if so wanted."""
    numbers: Iterator[int] = count(1)

    def answer(asked: Asked) -> Answer:
        whole = completion(text=text, id=f"chatcmpl-{next(numbers)}", created=next(numbers))
        if json.loads(asked.body).get("stream"):
            return streamed(text, next(numbers))
        return Answer(pieces=(whole.body,), body=b"", pause=pause)

    project.answer(answer)


def streamed(text: str, number: int) -> Answer:
    cut = 1 + number % 3
    chunks: list[dict[str, Any]] = [
        {"id": f"c{number}", "choices": [{"index": 0, "delta": {"content": piece}}]}
        for piece in (text[:cut], text[cut:])
    ]
    chunks.append({"id": f"c{number}", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    chunks.append({"id": f"c{number}", "choices": [], "usage": {"prompt_tokens": 2, "completion_tokens": 1}})
    body = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
    return Answer(headers=(("Content-Type", "text/event-stream"),), body=body.encode())


def text_of(project: Project) -> str:
    (name,) = project.cassettes
    return (project.root / "cassettes" / name).read_text("utf-8")


def new_lines(before: str, after: str) -> list[str]:
    gone = [line for line in before.splitlines() if line not in after.splitlines()]
    return gone + [line.partition(":")[0].strip() for line in after.splitlines() if line not in before.splitlines()]


@pytest.mark.parametrize("request_", ["", "stream: true, stream_options: {include_usage: true}"])
@pytest.mark.parametrize("trials", [1, 3])
def test_one_date_is_new_for_each_trial(project: Project, request_: str, trials: int) -> None:
    project.write(weather=CASE % (request_, trials, ""))
    project.record()
    before = text_of(project)
    told = lines_of(project.record())

    assert told == ["recordings: 1 confirmed"]
    assert new_lines(before, text_of(project)) == ["confirmed"] * trials
    assert project.run().ret == 0


def test_a_trial_that_says_something_else_is_told_beside_those_that_do_not(project: Project) -> None:
    project.write(weather=CASE % ("seed: 1", 2, ""))
    project.record()
    fine = project.server.answer

    def second_other(asked: Asked) -> Answer:
        return completion(text="other") if json.loads(asked.body)["seed"] == 2 else fine(asked)

    project.answer(second_other)

    assert lines_of(project.record())[1].endswith("changed: answer in 1 of 2 trials, 1 trial confirmed")


def recorded_with_latency(project: Project, seconds: float) -> str:
    (name,) = project.cassettes
    path = project.root / "cassettes" / name
    lines = path.read_text("utf-8").splitlines(keepends=True)
    text = "".join(f"      latency: {seconds}\n" if line.startswith("      latency:") else line for line in lines)
    path.write_text(text, encoding="utf-8")
    return text


@pytest.mark.parametrize("turns", [False, True])
def test_a_latency_that_would_break_the_contract_on_a_replay_is_not_kept(project: Project, turns: bool) -> None:
    case = CASE % ("", 1, ", latency: {$lt: 20}")
    if turns:
        case = HEAD + "  - {name: hello, turns: [{user: Hi, expect: {latency: {$lt: 20}}}, {user: You}]}\n"
    project.write(weather=case)
    project.record()
    slow = recorded_with_latency(project, 21.5)
    project.record()
    mended = text_of(project)
    fast = recorded_with_latency(project, 1.5)
    told = lines_of(project.record())

    assert "confirmed" not in mended
    assert "latency: 21.5" in slow
    assert "latency: 21.5" not in mended
    # Nothing hangs on which of two latencies is kept that both keep the contract.
    assert told == ["recordings: 1 confirmed"]
    assert new_lines(fast, text_of(project)) == ["confirmed"] * (2 if turns else 1)


def test_what_a_function_makes_of_the_latency_is_not_guessed(project: Project) -> None:
    (project.root / "latency_checks.py").write_text("def quick(outcome):\n    return None\n", encoding="utf-8")
    project.write(weather=CASE % ("", 1, ", check: latency_checks:quick"))
    project.record()

    assert lines_of(project.record()) == ["recordings: 1 written again, saying the same"]


def test_workers_tell_the_same(project: Project) -> None:
    rows = "rows: [{id: a, w: A}, {id: b, w: B}, {id: c, w: C}]"
    project.write(weather=HEAD + f"  - {{name: hello, user: 'Hi {{{{ w }}}}', {rows}, expect: {{text: fine}}}}\n")
    project.record()

    assert lines_of(project.record("-n2")) == ["recordings: 3 confirmed"]
