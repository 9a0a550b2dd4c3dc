"""Cells are asked while others are judged: at once, within limits, and never for an item that does not run."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Barrier, Event, Lock
from time import sleep
from typing import Any

import pytest

from prompt_contracts.conversation.trial_run import run_trial
from prompt_contracts.engine import trials
from prompt_contracts.engine.run import Run
from prompt_contracts.outcome import Outcome
from prompt_contracts.trial import Trial
from tests.plugin.project import Project, completion
from tests.plugin.worker_ways import ways
from tests.transport.loopback import Answer, Asked

WAIT = 30


def cases(*names: str, more: str = "", head: str = "") -> str:
    """A case file whose cases ask for their own names."""
    text = "".join(f"  - name: {name}\n    user: Say {name}.\n    expect: {{text: {name}}}\n{more}" for name in names)
    return f"version: 1\nmodels: [house:small]\n{head}cases:\n{text}"


def question(asked: Asked) -> str:
    return str(json.loads(asked.body)["messages"][-1]["content"])


def echo(asked: Asked) -> Answer:
    """What the question asks for."""
    return completion(text=question(asked).removeprefix("Say ").removesuffix("."))


def asked_names(project: Project) -> list[str]:
    return [question(asked).removeprefix("Say ").removesuffix(".") for asked in project.server.asked]


@dataclass
class InFlight:
    """Counts the requests that are being answered."""

    answer: Callable[[Asked], Answer] = echo
    pause: float = 0.05
    now: int = 0
    most: int = 0
    lock: Lock = field(default_factory=Lock)

    def __call__(self, asked: Asked) -> Answer:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        try:
            sleep(self.pause)
            return self.answer(asked)
        finally:
            with self.lock:
                self.now -= 1


def together(count: int) -> Callable[[Asked], Answer]:
    """Answers only when so many requests have come that none could wait for another's answer."""
    barrier = Barrier(count)

    def answer(asked: Asked) -> Answer:
        barrier.wait(WAIT)
        return echo(asked)

    return answer


def test_cells_are_asked_at_once_and_judged_in_their_order(project: Project) -> None:
    names = [f"case_{number}" for number in range(8)]
    project.write(weather=cases(*names))
    project.answer(together(8))

    result = project.run("--pc-record=rewrite", "-v")

    result.assert_outcomes(passed=8)
    result.stdout.fnmatch_lines([f"*::{name}[[]house:small] PASSED*" for name in names])
    assert sorted(asked_names(project)) == sorted(names)
    project.run().assert_outcomes(passed=8)
    assert len(project.server.asked) == 8


def test_the_trials_of_one_cell_are_asked_at_once(project: Project) -> None:
    project.write(weather=cases("one", more="    trials: 4\n"))
    project.answer(together(4))

    project.run("--pc-record=rewrite").assert_outcomes(passed=1)

    assert len(project.server.asked) == 4


def test_no_more_are_in_flight_than_the_option_says(project: Project) -> None:
    project.write(weather=cases(*(f"case_{number}" for number in range(12))))
    flight = InFlight()
    project.answer(flight)

    project.run("--pc-live", "--pc-concurrency=3").assert_outcomes(passed=12)

    assert (flight.most, len(project.server.asked)) == (3, 12)


def test_one_at_a_time_is_one_after_the_other(project: Project) -> None:
    names = [f"case_{number}" for number in range(6)]
    project.write(weather=cases(*names))
    flight = InFlight(pause=0)
    project.answer(flight)

    project.run("--pc-live", "--pc-concurrency=1").assert_outcomes(passed=6)

    assert flight.most == 1
    assert asked_names(project) == names


@pytest.mark.parametrize("given", ["0", "-1", "1.5", "many", "1025", "9" * 5000])
def test_a_concurrency_that_cannot_be_is_refused(project: Project, given: str) -> None:
    result = project.run("--pc-live", f"--pc-concurrency={given}")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--pc-concurrency *: give a whole number from 1 to 1,024*"])
    assert project.server.asked == []


@pytest.mark.parametrize("option", ["-x", "--maxfail=1", "--sw"])
def test_after_the_first_failure_no_more_was_spent_than_was_in_flight(project: Project, option: str) -> None:
    others = [f"case_{number}" for number in range(30)]
    project.write(weather=cases("bad", *others))

    def answer(asked: Asked) -> Answer:
        if question(asked) == "Say bad.":
            sleep(0.5)  # the others are answered meanwhile
            return completion(text="wrong")
        return echo(asked)

    project.answer(answer)

    result = project.run("--pc-live", "--pc-concurrency=4", option)

    result.assert_outcomes(failed=1)
    assert len(project.server.asked) <= 1 + 4


def test_trials_count_in_what_may_be_spent_ahead(project: Project) -> None:
    head, rest = cases("bad"), cases(*(f"case_{number}" for number in range(10)), more="    trials: 3\n")
    project.write(weather=head + rest.partition("cases:\n")[2])

    def answer(asked: Asked) -> Answer:
        if question(asked) == "Say bad.":
            sleep(0.5)
            return completion(text="wrong")
        return echo(asked)

    project.answer(answer)

    project.run("--pc-live", "--pc-concurrency=4", "-x").assert_outcomes(failed=1)

    assert Counter(asked_names(project)) == {"bad": 1, "case_0": 3}


def test_nothing_is_sent_for_what_does_not_run(project: Project) -> None:
    conftest = """
    import pytest

    def pytest_collection_modifyitems(items):
        for item in items:
            if "marked" in item.name:
                item.add_marker(pytest.mark.skipif("True", reason="not today"))
            if "unrun" in item.name:
                item.add_marker(pytest.mark.xfail(run=False))
    """
    project.pytester.makeconftest(conftest)
    skipped = cases("left_out", more="    skip: not now\n").partition("cases:\n")[2]
    project.write(weather=cases("first", "marked", "unrun", "chosen_off", "last") + skipped)
    project.answer(echo)

    result = project.run("--pc-live", "-k", "not chosen_off")

    result.assert_outcomes(passed=2, skipped=2, xfailed=1, deselected=1)
    assert sorted(asked_names(project)) == ["first", "last"]


def test_what_a_conftest_may_skip_at_its_turn_is_asked_at_its_turn(project: Project) -> None:
    project.pytester.makeconftest(
        "import pytest\n\ndef pytest_runtest_setup(item):\n    if 'odd' in item.name:\n        pytest.skip('odd')\n"
    )
    project.write(weather=cases("even_1", "odd_1", "even_2", "odd_2", "even_3"))
    flight = InFlight()
    project.answer(flight)

    result = project.run("--pc-live")

    result.assert_outcomes(passed=3, skipped=2)
    result.stdout.fnmatch_lines(["prompt-contracts: *one cell at a time, since conftest.py may skip*"])
    assert asked_names(project) == ["even_1", "even_2", "even_3"]
    assert flight.most == 1


def test_a_plugin_of_the_project_may_skip_at_its_turn_too(project: Project) -> None:
    (project.root / "choosy.py").write_text(
        "import pytest\n\ndef pytest_runtest_setup(item):\n    if 'odd' in item.name:\n        pytest.skip('odd')\n"
    )
    project.pytester.syspathinsert()
    project.write(weather=cases("even_1", "odd_1", "even_2"))
    project.answer(echo)

    result = project.run("--pc-live", "-p", "choosy")

    result.assert_outcomes(passed=2, skipped=1)
    result.stdout.fnmatch_lines(["prompt-contracts: *one cell at a time, since choosy may skip*"])
    assert asked_names(project) == ["even_1", "even_2"]


def test_a_plugin_that_is_registered_late_may_skip_too(project: Project) -> None:
    project.pytester.makeconftest(
        "import pytest\n\nclass Late:\n    def pytest_runtest_setup(self, item):\n        if 'odd' in item.name:\n"
        "            pytest.skip('odd')\n\n"
        "def pytest_collection_finish(session):\n    session.config.pluginmanager.register(Late())\n"
    )
    project.write(weather=cases("even_1", "odd_1", "even_2"))
    project.answer(echo)

    project.run("--pc-live").assert_outcomes(passed=2, skipped=1)

    assert asked_names(project) == ["even_1", "even_2"]


def test_nothing_is_in_flight_while_a_test_of_somebody_else_runs(project: Project) -> None:
    project.write(a=cases("a_1", "a_2"), z=cases("z_1", "z_2"))
    (project.root / "cases" / "weather.yaml").unlink()
    url = f"{project.server.base_url}/marker"
    body = '{"messages": [{"content": "Say marker."}]}'
    (project.root / "cases" / "test_other.py").write_text(
        "import time, urllib.request\n\ndef test_other():\n    time.sleep(0.3)\n"
        f"    urllib.request.urlopen({url!r}, data={body!r}.encode()).read()\n    time.sleep(0.3)\n"
    )
    project.answer(echo)

    project.run("--pc-live").assert_outcomes(passed=5)

    names = asked_names(project)
    assert names.index("marker") == 2
    assert sorted(names[:2]) == ["a_1", "a_2"]
    assert sorted(names[3:]) == ["z_1", "z_2"]


def test_code_of_the_project_is_never_called_by_several_threads(project: Project) -> None:
    (project.root / "shop.py").write_text(
        "from threading import current_thread, main_thread\n\n\ndef stock(arguments):\n"
        "    return {'is_main': current_thread() is main_thread()}\n"
    )
    project.write(
        weather="""
        version: 1
        models: [house:small]
        tools:
          get_weather:
            type: function
            function: {name: get_weather, parameters: {type: object, properties: {city: {type: string}}}}
        defaults:
          tools: [get_weather]
          tool_results: {get_weather: {$call: "shop:stock"}}
        cases:
          - {name: one, user: Say one., expect: {text: {$contains: "true"}}}
          - {name: two, user: Say two., expect: {text: {$contains: "true"}}}
          - {name: three, user: Say three., trials: 3, expect: {text: {$contains: "true"}}}
        """
    )

    def answer(asked: Asked) -> Answer:
        last = json.loads(asked.body)["messages"][-1]
        return completion(text=last["content"]) if last["role"] == "tool" else completion(calls=(("get_weather", {}),))

    project.answer(answer)

    project.run("--pc-live").assert_outcomes(passed=3)


def test_a_file_that_is_there_is_replayed_while_others_are_recorded(project: Project) -> None:
    project.write(weather=cases("old"))
    project.answer(echo)
    project.record()
    project.write(weather=cases("old", "new_1", "new_2"))

    project.run("--pc-record=once").assert_outcomes(passed=3)

    assert sorted(asked_names(project)) == ["new_1", "new_2", "old"]


def test_each_provider_has_its_own_threads(project: Project) -> None:
    project.configure(f'[tool.prompt_contracts.providers.other]\nbase_url = "{project.server.base_url}"\n')
    text = cases("one", "two", "three").replace("[house:small]", "[house:small, other:small]")
    project.write(weather=text)
    project.answer(together(2))  # one of each provider at a time

    result = project.run("--pc-live", "--pc-concurrency=1")

    result.assert_outcomes(passed=6)


def test_a_mistake_of_ours_is_the_error_of_its_own_cell(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = run_trial

    def broken(trial: Trial, *rest: Any, **more: Any) -> Outcome:
        if trial.cell.case.name == "bad":
            raise RuntimeError("a wire is loose")
        return whole(trial, *rest, **more)

    monkeypatch.setattr(trials, "run_trial", broken)
    project.write(weather=cases("one", "bad", "two"))
    project.answer(echo)

    result = project.run("--pc-live")

    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*RuntimeError: a wire is loose*"])


def test_a_second_set_up_asks_again(project: Project) -> None:
    project.pytester.makeconftest(
        "import pytest\n\n"
        "class Again:\n"
        "    def pytest_runtest_protocol(self, item, nextitem):\n"
        "        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)\n"
        "        from _pytest.runner import runtestprotocol\n"
        "        runtestprotocol(item, nextitem=nextitem, log=False)\n"
        "        for report in runtestprotocol(item, nextitem=nextitem, log=False):\n"
        "            item.ihook.pytest_runtest_logreport(report=report)\n"
        "        return True\n\n"
        "def pytest_configure(config):\n"
        "    config.pluginmanager.register(Again())\n"
    )
    project.write(weather=cases("one", "two"))
    project.answer(echo)

    project.run("--pc-live").assert_outcomes(passed=2)

    assert Counter(asked_names(project)) == {"one": 2, "two": 2}


@pytest.mark.parametrize("arguments", ways(("-n2",), ("-n3", "--dist=worksteal"), ("-n2", "--dist=loadfile")))
def test_no_cell_is_sent_twice_by_workers(project: Project, arguments: tuple[str, ...]) -> None:
    names = [f"case_{number}" for number in range(40)]
    project.write(weather=cases(*names[:20]), other=cases(*names[20:]))
    project.answer(InFlight(pause=0.01))

    result = project.run("--pc-record=rewrite", *arguments)

    result.assert_outcomes(passed=40)
    assert Counter(asked_names(project)) == dict.fromkeys(names, 1)


def test_the_limit_is_divided_among_workers(project: Project) -> None:
    project.write(weather=cases(*(f"case_{number}" for number in range(6)), more="    trials: 6\n"))
    flight = InFlight()
    project.answer(flight)

    project.run("--pc-live", "-n2", "--pc-concurrency=4").assert_outcomes(passed=6)

    assert len(project.server.asked) == 36
    assert flight.most <= 4


def test_a_wait_is_told_by_the_thread_that_writes_the_terminal(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROMPT_CONTRACTS_MAX_RETRIES", "1")
    project.write(weather=cases(*(f"case_{number}" for number in range(4))))
    seen: Counter[str] = Counter()
    lock = Lock()

    def answer(asked: Asked) -> Answer:
        with lock:
            seen[question(asked)] += 1
            is_first = seen[question(asked)] == 1
        if is_first:
            return Answer(status=500, headers=(("Content-Type", "application/json"), ("Retry-After", "0.05")))
        return echo(asked)

    project.answer(answer)

    result = project.run("--pc-live")

    result.assert_outcomes(passed=4)
    told = [line for line in result.outlines if line.startswith("prompt-contracts: house: waiting")]
    assert len(told) == 4
    assert all(
        re.fullmatch(r"prompt-contracts: house: waiting 0\.05 s \(500 server, attempt 2 of 2\)", x) for x in told
    )


def test_calls_that_hang_do_not_keep_a_stopped_run_from_ending(project: Project) -> None:
    is_over = Event()

    def answer(asked: Asked) -> Answer:
        if question(asked) == "Say bad.":
            return completion(text="wrong")
        is_over.wait(WAIT)
        return echo(asked)

    project.write(weather=cases("bad", "slow_1", "slow_2"))
    project.answer(answer)

    try:
        project.run("--pc-live", "-x").assert_outcomes(failed=1)
        assert not is_over.is_set()
    finally:
        is_over.set()


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="only Linux lets a thread choose its processors")
def test_only_while_cells_are_asked_the_run_stays_on_one_processor(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    everywhere = os.sched_getaffinity(0)
    held: list[set[int]] = []
    judge = Run.judge

    def note(*arguments: Any, **named: Any) -> Any:
        held.append(os.sched_getaffinity(0))
        return judge(*arguments, **named)

    monkeypatch.setattr(Run, "judge", note)
    project.write(weather=cases("a", "b", "c"))
    project.answer(echo)
    project.pytester.makepyfile(
        test_own=f"import os\n\ndef test_own():\n    assert os.sched_getaffinity(0) == {everywhere}\n"
    )

    project.run("test_own.py", "--pc-live").assert_outcomes(passed=4)

    assert len(held) == 3
    assert len(held[0]) == 1
    assert os.sched_getaffinity(0) == everywhere
