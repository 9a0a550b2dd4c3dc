"""What was paid for is kept: a recording that is stopped or killed, and the run that asks for the rest."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from threading import Event, Lock
from time import sleep

import pytest
import yaml

from tests.plugin.project import Project, completion
from tests.transport.loopback import Answer, Asked

WAIT = 120
TRIALS = 6
CASES = f"""
version: 1
models: [house:small]
cases:
  - name: counts
    user: Count.
    request: {{seed: 1}}
    trials: {TRIALS}
    expect: {{text: {{$contains: number}}}}
"""


class Gate:
    """Answers at once up to a number of requests; the others wait until they may go on."""

    def __init__(self, at_once: int) -> None:
        self.at_once = at_once
        self.is_open = Event()
        self.is_reached = Event()
        self._count = 0
        self._lock = Lock()

    def __call__(self, asked: Asked) -> Answer:
        with self._lock:
            self._count += 1
            number = self._count
        if number > self.at_once:
            self.is_reached.set()
            self.is_open.wait(WAIT)
        return completion(text=f"number {json.loads(asked.body)['seed']}")


def recorded(project: Project) -> list[int]:
    """The trials in the recording, in the order of the file."""
    (name,) = project.cassettes
    document = yaml.safe_load((project.root / "cassettes" / name).read_text("utf-8"))
    return [item["response"]["prompt_contracts"]["trial"] for item in document["interactions"]]


def seeds(project: Project) -> Counter[int]:
    return Counter(json.loads(asked.body)["seed"] for asked in project.server.asked)


def started(project: Project, *arguments: str) -> subprocess.Popen[str]:
    project.shorten_grace()
    command = [sys.executable, "-m", "pytest", "cases", *arguments]
    return subprocess.Popen(command, cwd=project.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def until(is_so: Callable[[], bool]) -> None:
    for _ in range(WAIT * 20):
        if is_so():
            return
        sleep(0.05)
    pytest.fail("it never came so far")


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_finished_trials_are_kept_and_only_the_rest_is_asked(project: Project, end: signal.Signals) -> None:
    project.write(weather=CASES)
    gate = Gate(3)
    project.answer(gate)
    process = started(project, "--pc-record=once", "--pc-concurrency=1")
    assert gate.is_reached.wait(WAIT)
    process.send_signal(end)
    output, _ = process.communicate(timeout=WAIT)
    gate.is_open.set()

    assert process.returncode == (pytest.ExitCode.INTERRUPTED if end is signal.SIGINT else -end), output
    assert recorded(project) == [1, 2, 3]
    assert seeds(project) == {1: 1, 2: 1, 3: 1, 4: 1}

    project.server.asked.clear()
    gate.at_once = 1000
    project.run("--pc-record=once").assert_outcomes(passed=1)

    assert seeds(project) == {4: 1, 5: 1, 6: 1}
    assert recorded(project) == [1, 2, 3, 4, 5, 6]
    project.run().assert_outcomes(passed=1)


def test_a_recording_in_pieces_is_the_same_file_as_one_in_one_go(project: Project) -> None:
    project.write(weather=CASES)
    project.answer(Gate(1000))
    project.record()
    (name,) = project.cassettes
    path = project.root / "cassettes" / name
    whole = yaml.safe_load(path.read_text("utf-8"))
    entries = path.read_text("utf-8").split("- request:\n")
    kept = [entries[0], *(entry for number, entry in enumerate(entries[1:], 1) if number not in (2, 5, 6))]
    path.write_text("- request:\n".join(kept) + "version: 1\n", encoding="utf-8")
    project.server.asked.clear()

    project.run("--pc-record=once").assert_outcomes(passed=1)

    assert seeds(project) == {2: 1, 5: 1, 6: 1}
    again = yaml.safe_load(path.read_text("utf-8"))
    for document in (whole, again):
        for item in document["interactions"]:
            item["response"].pop("prompt_contracts")
            item["response"].pop("headers")
    assert again == whole


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_what_is_stale_and_was_not_asked_before_ctrl_c_is_asked_by_the_next_run(project: Project) -> None:
    project.write(weather=CASES)
    project.answer(Gate(1000))
    project.record()
    project.write(weather=CASES.replace("Count.", "Count on."))
    gate = Gate(2)
    project.answer(gate)
    process = started(project, "--pc-record=stale", "--pc-concurrency=1")
    assert gate.is_reached.wait(WAIT)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=WAIT)
    gate.is_open.set()

    assert "--pc-record=stale asks for the rest" in output
    assert recorded(project) == [1, 2, 3, 4, 5, 6]
    gate.at_once = 1000
    project.server.asked.clear()
    project.run("--pc-record=stale").assert_outcomes(passed=1)

    assert seeds(project) == {3: 1, 4: 1, 5: 1, 6: 1}
    project.run().assert_outcomes(passed=1)


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_trials_that_were_confirmed_before_ctrl_c_say_so_and_the_others_stay(project: Project) -> None:
    project.write(weather=CASES)
    project.answer(Gate(1000))
    project.record()
    gate = Gate(2)
    project.answer(gate)
    process = started(project, "--pc-record=rewrite", "--pc-concurrency=1")
    assert gate.is_reached.wait(WAIT)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=WAIT)
    gate.is_open.set()

    (name,) = project.cassettes
    document = yaml.safe_load((project.root / "cassettes" / name).read_text("utf-8"))
    facts = [item["response"]["prompt_contracts"] for item in document["interactions"]]
    assert ["confirmed" in each for each in facts] == [True, True, False, False, False, False]
    project.run().assert_outcomes(passed=1)


def test_a_rewrite_that_is_killed_keeps_the_old_answers_of_the_trials_that_were_not_asked(project: Project) -> None:
    project.write(weather=CASES)
    project.answer(lambda asked: completion(text="the old number"))
    project.record()
    gate = Gate(2)
    project.answer(gate)
    process = started(project, "--pc-record=rewrite", "--pc-concurrency=1")
    assert gate.is_reached.wait(WAIT)
    process.kill()
    process.communicate(timeout=WAIT)
    gate.is_open.set()

    assert recorded(project) == [1, 2, 3, 4, 5, 6]
    report = project.report("--pc-show=diff,messages,raw")
    texts = [
        json.loads(trial["raw"][0]["response"])["choices"][0]["message"]["content"]
        for trial in report["results"][0]["trials"]
    ]
    assert texts == ["number 1", "number 2", *["the old number"] * 4]


@pytest.mark.parametrize("mode", ["rewrite", "all"])
def test_trials_that_ask_the_same_keep_each_their_old_answer_until_they_are_over(project: Project, mode: str) -> None:
    project.write(weather=CASES.replace("    request: {seed: 1}\n", ""))
    project.answer(lambda asked: completion(text="the old number"))
    project.record()
    lock, is_open, is_reached = Lock(), Event(), Event()
    count = 0

    def answer(asked: Asked) -> Answer:
        nonlocal count
        with lock:
            count += 1
            is_late = count > 2
        if is_late:
            is_reached.set()
            is_open.wait(WAIT)
        return completion(text="a new number")

    project.answer(answer)
    process = started(project, f"--pc-record={mode}", "--pc-concurrency=1")
    assert is_reached.wait(WAIT)
    process.send_signal(signal.SIGINT)
    sleep(0.2)
    output, _ = process.communicate(timeout=WAIT)
    is_open.set()

    assert recorded(project) == [1, 2, 3, 4, 5, 6]
    assert "1 cell was recorded, in whole or in part, and not judged" in output
    report = project.report("--pc-show=diff,messages,raw")
    texts = [
        json.loads(trial["raw"][0]["response"])["choices"][0]["message"]["content"]
        for trial in report["results"][0]["trials"]
    ]
    assert texts == ["a new number"] * 2 + ["the old number"] * 4


@pytest.mark.parametrize("mode", ["rewrite", "all"])
def test_a_trial_that_failed_keeps_its_old_answer_also_where_all_ask_the_same(project: Project, mode: str) -> None:
    project.write(weather=CASES.replace("    request: {seed: 1}\n", ""))
    project.answer(lambda asked: completion(text="the old number"))
    project.record()
    answers = iter([completion(text="a new number"), Answer(status=500, body=b'{"error": {"message": "no"}}')])
    project.answer(lambda asked: next(answers, completion(text="a new number")))

    project.run(f"--pc-record={mode}", "--pc-concurrency=1").assert_outcomes(errors=1)

    report = project.report("--pc-show=diff,messages,raw")
    texts = [
        json.loads(trial["raw"][0]["response"])["choices"][0]["message"]["content"]
        for trial in report["results"][0]["trials"]
    ]
    assert texts == ["a new number", "the old number", *["a new number"] * 4]


def test_a_trial_that_a_provider_failed_keeps_its_old_answer_and_the_others_are_new(project: Project) -> None:
    project.write(weather=CASES)
    project.answer(lambda asked: completion(text="the old number"))
    project.record()

    def answer(asked: Asked) -> Answer:
        seed = json.loads(asked.body)["seed"]
        return Answer(status=500, body=b'{"error": {"message": "no"}}') if seed == 4 else completion(text="new number")

    project.answer(answer)
    project.run("--pc-record=rewrite").assert_outcomes(errors=1)

    report = project.report("--pc-show=diff,messages,raw")
    texts = [
        json.loads(trial["raw"][0]["response"])["choices"][0]["message"]["content"]
        for trial in report["results"][0]["trials"]
    ]
    assert texts == [*["new number"] * 3, "the old number", *["new number"] * 2]


def test_more_trials_than_were_recorded_are_asked_by_once(project: Project) -> None:
    project.write(weather=CASES)
    project.answer(Gate(1000))
    project.record()
    project.server.asked.clear()

    project.run("--pc-record=once", "--pc-trials=8").assert_outcomes(passed=1)

    assert seeds(project) == {7: 1, 8: 1}


def test_once_never_asks_for_a_trial_whose_request_changed(project: Project) -> None:
    project.write(weather=CASES)
    project.answer(Gate(1000))
    project.record()
    project.server.asked.clear()
    project.write(weather=CASES.replace("Count.", "Count again."))

    result = project.run("--pc-record=once")

    result.assert_outcomes(errors=1)
    assert project.server.asked == []


def test_a_missing_key_is_told_before_the_rest_is_asked(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write(weather=CASES)
    project.answer(Gate(1000))
    project.record()
    monkeypatch.delenv("HOUSE_KEY")

    project.run("--pc-record=once").assert_outcomes(passed=1)
    result = project.run("--pc-record=once", "--pc-trials=7")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*PC301 key not set: HOUSE_KEY*"])


def test_a_secret_in_one_trial_is_not_written_and_the_others_are(project: Project) -> None:
    project.write(weather=CASES)

    def answer(asked: Asked) -> Answer:
        seed = json.loads(asked.body)["seed"]
        return completion(text="number sk-proj-aB3dE5fG7hJ9kL2mN4pQ6rS8tU1vW3xY5z" if seed == 2 else "a number")

    project.answer(answer)

    result = project.run("--pc-record=rewrite", "--pc-concurrency=1")

    result.assert_outcomes(errors=1)
    assert recorded(project) == [1]
    assert "sk-proj" not in (project.root / "cassettes" / project.cassettes[0]).read_text("utf-8")
