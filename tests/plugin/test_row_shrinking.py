"""A generated row that fails is shrunk, in whole runs: what is asked, what is kept, and what ends it."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable

import pytest

from prompt_contracts.cases.given_file import parse_given
from prompt_contracts.given import GeneratedRows, generated_row
from tests.plugin.project import Project, completion
from tests.transport.loopback import Answer, Asked

CITY = """
version: 1
models: [house:small]
cases:
  - name: any_number
    user: "Say {{ n }}."
    given:
      n: {$schema: {type: integer, minimum: 0, maximum: 1000}}
    examples: 8
    expect: {json: "{{ n }}"}
"""


def _number(asked: Asked) -> int:
    return int(json.loads(asked.body)["messages"][-1]["content"].removeprefix("Say ").removesuffix("."))


def _from(limit: int) -> Callable[[Asked], Answer]:
    """A model that cannot say numbers from a limit on."""
    return lambda asked: completion(text=str(_number(asked)) if _number(asked) < limit else "many")


@pytest.fixture
def numbers(project: Project) -> Project:
    project.write(weather=CITY)
    project.answer(_from(17))
    return project


def _rows(project: Project) -> GeneratedRows:
    folder = project.root / "cases"
    text = (folder / "weather.given.yaml").read_text("utf-8")
    return parse_given("cases/weather.given.yaml", text, folder=folder).cases["any_number"].rows


def _asked(project: Project) -> list[int]:
    return [_number(each) for each in project.server.asked]


def _smallest(result: pytest.RunResult) -> list[str]:
    return [line.strip().removeprefix("smallest").strip() for line in result.outlines if line.startswith("  smallest")]


def test_the_smallest_row_that_fails_becomes_a_row(numbers: Project) -> None:
    result = numbers.run("--pc-record=once")

    assert result.ret == 1
    (told,) = _smallest(result)
    row = generated_row({"n": 17})
    assert told.startswith("n 17: the smallest found, ")
    assert told.endswith(f"; kept as row {row.id}")
    first, *others = _rows(numbers).rows
    assert first.id == row.id
    assert [(mark.model, mark.code, mark.path) for mark in first.smallest] == [("house:small", "json.parse", "json")]
    assert len(others) == 8
    assert "no cell uses" not in result.stdout.str()
    assert not any(other.smallest for other in others)
    assert len(numbers.cassettes) == 9
    before = len(numbers.server.asked)

    replay = numbers.run("-v")

    assert len(numbers.server.asked) == before
    replay.stdout.fnmatch_lines([f"cases/weather.yaml::any_number?{row.id}-house:small? FAILED*"])
    assert "PC201" not in replay.stdout.str()


def test_it_stays_within_its_calls_and_says_so_before(numbers: Project) -> None:
    result = numbers.run("--pc-record=once", "--pc-shrink-calls=5")

    result.stdout.fnmatch_lines(
        ["prompt-contracts: a generated row that fails is shrunk, with at most 5 calls for each case and model*"]
    )
    assert len(numbers.server.asked) == 8 + 5
    (told,) = _smallest(result)
    assert "stopped at the limit of 5 calls" in told


def test_it_can_be_switched_off(numbers: Project) -> None:
    result = numbers.run("--pc-record=once", "--pc-shrink-calls=0")

    assert len(numbers.server.asked) == 8
    assert _smallest(result) == []
    assert "shrunk" not in result.stdout.str()


@pytest.mark.parametrize("typed", ["-1", "x", "100000"])
def test_a_wrong_number_of_calls_is_refused(numbers: Project, typed: str) -> None:
    result = numbers.run("--pc-record=once", f"--pc-shrink-calls={typed}")

    assert result.ret == 4
    assert f"--pc-shrink-calls {typed}: give a whole number from 0 to 10,000" in str(result.stderr)


def test_what_is_known_is_not_shrunk_again(numbers: Project) -> None:
    numbers.run("--pc-record=once")
    before = len(numbers.server.asked)

    again = numbers.run("--pc-record=once")

    assert again.ret == 1
    assert len(numbers.server.asked) == before
    numbers.run("--pc-record=rewrite")
    assert len(numbers.server.asked) == before + 9


def test_after_a_fix_the_smallest_row_is_asked_again(numbers: Project) -> None:
    numbers.run("--pc-record=once")
    numbers.answer(_from(10_000))

    assert numbers.run("--pc-record=rewrite").ret == 0
    assert 17 in _asked(numbers)[-9:]

    numbers.answer(_from(30))
    (told,) = _smallest(numbers.run("--pc-record=rewrite"))
    assert told.startswith("n 30: the smallest found")
    assert [row.values["n"] for row in _rows(numbers).rows if row.smallest] == [30, 17]


class _Ending:
    """A model that ends after so many answers in one way."""

    def __init__(self, answers: int, ending: Callable[[], Answer]) -> None:
        self._left = answers
        self._ending = ending

    def __call__(self, asked: Asked) -> Answer:
        self._left -= 1
        return _from(17)(asked) if self._left >= 0 else self._ending()


def test_an_error_of_the_provider_ends_it_and_the_next_run_goes_on(numbers: Project) -> None:
    numbers.answer(_Ending(8 + 9, lambda: Answer(status=500, body=b"{}")))

    result = numbers.run("--pc-record=once")

    (told,) = _smallest(result)
    assert told.startswith("stopped by an error, 10 calls: the provider's server error")
    assert told.endswith("; the same command goes on from there")
    assert not any(row.smallest for row in _rows(numbers).rows)
    first = Counter(_asked(numbers)[8 : 8 + 9])

    numbers.answer(_from(17))
    before = len(numbers.server.asked)
    (told,) = _smallest(numbers.run("--pc-record=once"))

    assert told.startswith("n 17: the smallest found")
    # Each of these is asked three times at most, where it fails, and once where it holds.
    together = first + Counter(_asked(numbers)[before:])
    assert all(count <= (3 if number >= 17 else 1) for number, count in together.items())


def test_an_interrupted_search_goes_on(numbers: Project) -> None:
    def interrupt() -> Answer:
        raise KeyboardInterrupt

    (numbers.root / "conftest.py").write_text(
        "import prompt_contracts.engine.asked_candidates as asked\n"
        "import os, signal\n"
        "ask, left = asked.AskedCandidates.ask, [9]\n"
        "def interrupted(self, values):\n"
        "    left[0] -= 1\n"
        "    if left[0] < 0:\n"
        "        os.kill(os.getpid(), getattr(signal, os.environ['ENDED_BY']))\n"
        "    return ask(self, values)\n"
        "if 'ENDED_BY' in os.environ:\n"
        "    asked.AskedCandidates.ask = interrupted\n",
        "utf-8",
    )
    for ending in ("SIGINT", "SIGKILL"):
        numbers.pytester._monkeypatch.setenv("ENDED_BY", ending)
        result = numbers.pytester.runpytest_subprocess("cases", "--pc-record=once")
        assert result.ret in (2, -9)
    numbers.pytester._monkeypatch.delenv("ENDED_BY")
    result = numbers.pytester.runpytest_subprocess("cases", "--pc-record=once")

    (told,) = _smallest(result)
    assert told.startswith("n 17: the smallest found")
    assert max(Counter(_asked(numbers)[8:]).values()) <= 3


def test_the_budget_holds_for_it(numbers: Project) -> None:
    numbers.write(weather=CITY.replace("    given:", "    request: {max_tokens: 100}\n    given:"))
    usage = {"prompt_tokens": 20, "completion_tokens": 100, "total_tokens": 120}
    numbers.answer(lambda asked: completion(text=str(_number(asked)) if _number(asked) < 17 else "many", usage=usage))

    result = numbers.run("--pc-record=once", "--pc-budget=0.003")

    (told,) = _smallest(result)
    assert "stopped by an error" in told
    assert "PC310" in told
    assert 8 < len(numbers.server.asked) < 20


def test_a_row_that_holds_when_it_is_asked_again_is_flaky(numbers: Project) -> None:
    seen = Counter[int]()

    def flaky(asked: Asked) -> Answer:
        number = _number(asked)
        seen[number] += 1
        return completion(text="many" if seen[number] == 1 and number >= 17 else str(number))

    numbers.answer(flaky)
    result = numbers.run("--pc-record=once")

    (told,) = _smallest(result)
    assert told == "flaky: failed 1 of 2 times, so it was not shrunk"
    assert len(numbers.server.asked) == 9
    assert len(_rows(numbers).rows) == 8


def test_a_live_run_tells_and_keeps_nothing(numbers: Project) -> None:
    result = numbers.run("--pc-live")

    (told,) = _smallest(result)
    assert told.startswith("n 17: the smallest found")
    assert told.endswith("; a live run keeps nothing")
    assert numbers.cassettes == []
    assert not (numbers.root / "cases/weather.given.yaml").exists()
    assert not list((numbers.root / ".pytest_cache").rglob("*.yaml"))


def test_nothing_is_left_of_what_was_asked(numbers: Project) -> None:
    numbers.run("--pc-record=once")

    assert not list((numbers.root / ".pytest_cache").rglob("*.yaml"))


@pytest.mark.parametrize("mode", ["once", "all", "rewrite"])
def test_another_model_is_asked_about_the_smallest_row_too(numbers: Project, mode: str) -> None:
    numbers.write(weather=CITY.replace("[house:small]", "[house:small, house:large]"))
    numbers.answer(lambda asked: _from(17 if json.loads(asked.body)["model"] == "small" else 40)(asked))

    result = numbers.run(f"--pc-record={mode}")

    assert sorted(told.partition(":")[0] for told in _smallest(result)) == ["n 17", "n 40"]
    marked = {row.values["n"]: [mark.model for mark in row.smallest] for row in _rows(numbers).rows if row.smallest}
    assert marked == {17: ["house:small"], 40: ["house:large"]}
    before = len(numbers.server.asked)
    replay = numbers.run()
    assert "PC201" not in replay.stdout.str()
    assert len(numbers.server.asked) == before


@pytest.mark.parametrize(
    "more",
    [
        "    trials: 4\n",
        "    prompts: {plain: {}, curt: {system: Be curt.}}\n",
        "    rows: [{id: a, how: softly}, {id: b, how: loudly}]\n",
    ],
)
def test_it_goes_with_all_that_a_case_can_have(numbers: Project, more: str) -> None:
    text = CITY.replace("    given:", f"{more}    given:")
    if "rows" in more:
        text = text.replace('user: "Say {{ n }}."', 'system: "{{ how }}"\n    user: "Say {{ n }}."')
    numbers.write(weather=text)

    result = numbers.run("--pc-record=once")

    assert [told.partition(":")[0] for told in _smallest(result)] == ["n 17"]
    before = len(numbers.server.asked)
    replay = numbers.run()
    assert "PC201" not in replay.stdout.str()
    assert "replays nothing" not in replay.stdout.str()
    assert len(numbers.server.asked) == before


def test_a_rerun_tells_what_the_first_run_found(numbers: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", os.environ["PYTEST_ADDOPTS"].replace("-p no:rerunfailures", ""))

    result = numbers.run("--pc-record=once", "--reruns=1")

    assert [told.partition(":")[0] for told in _smallest(result)] == ["n 17"]


def test_a_row_is_shrunk_under_a_change_too(numbers: Project) -> None:
    numbers.write(weather=CITY.replace("    given:", "    holds_under: {spelling: [no_stop]}\n    given:"))

    def without_stop(asked: Asked) -> Answer:
        has_stop = json.loads(asked.body)["messages"][-1]["content"].endswith(".")
        return _from(10_000 if has_stop else 17)(asked)

    numbers.answer(without_stop)
    result = numbers.run("--pc-record=once")

    assert [told.partition(":")[0] for told in _smallest(result)] == ["n 17"]
    before = len(numbers.server.asked)
    assert "PC201" not in numbers.run().stdout.str()
    assert len(numbers.server.asked) == before


def test_one_worker_shrinks_a_case(numbers: Project) -> None:
    result = numbers.pytester.runpytest("cases", "--pc-record=once", "-n2")

    assert [told.partition(":")[0] for told in _smallest(result)] == ["n 17"]
    before = len(numbers.server.asked)
    assert "PC201" not in numbers.run().stdout.str()
    assert len(numbers.server.asked) == before


def test_reports_tell_of_it(numbers: Project) -> None:
    numbers.run("--pc-record=once", "--pc-report=report.json", "--pc-report=report.html", "--pc-report=report.md")

    report = json.loads((numbers.root / "report.json").read_text("utf-8"))
    (told,) = [result["shrunk"] for result in report["results"] if result.get("shrunk")]
    assert told.startswith("n 17: the smallest found")
    page = (numbers.root / "report.html").read_text("utf-8")
    assert f"Smallest: {told}" in page
    assert "smallest: ` n 17: the smallest found" in (numbers.root / "report.md").read_text("utf-8")


def test_a_secret_in_a_candidate_is_never_written(numbers: Project) -> None:
    key = "sk-proj-" + "a1B2" * 12
    numbers.answer(lambda asked: completion(text=str(_number(asked)) if _number(asked) < 17 else f"key {key}"))

    numbers.run("--pc-record=once")

    found = [path for path in numbers.root.rglob("*") if path.is_file() and key.encode() in path.read_bytes()]
    assert found == []


def _interrupted(numbers: Project) -> None:
    """A run whose shrinking ended half-way by an error, with failing answers in its memory."""
    numbers.answer(_Ending(8 + 9, lambda: Answer(status=500, body=b"{}")))
    (told,) = _smallest(numbers.run("--pc-record=once"))
    assert told.startswith("stopped by an error")


@pytest.mark.parametrize("mode", ["all", "rewrite"])
def test_what_asks_all_anew_takes_nothing_from_memory(numbers: Project, mode: str) -> None:
    _interrupted(numbers)
    numbers.answer(_from(400))
    before = len(numbers.server.asked)

    (told,) = _smallest(numbers.run(f"--pc-record={mode}"))

    assert told.startswith("n 400: the smallest found")
    assert _asked(numbers)[before:].count(400) == 3


def test_no_smallest_row_is_kept_on_the_word_of_an_earlier_run(numbers: Project) -> None:
    (told,) = _smallest(numbers.run("--pc-live"))
    calls = int(told.partition("the smallest found, ")[2].split()[0])
    (told,) = _smallest(numbers.run("--pc-record=once", f"--pc-shrink-calls={calls - 1}"))
    assert f"stopped at the limit of {calls - 1} calls" in told
    numbers.answer(_from(20))
    before = len(numbers.server.asked)

    (told,) = _smallest(numbers.run("--pc-record=once"))

    assert told.startswith("n 20: the smallest found")
    assert 20 in _asked(numbers)[before:]
    assert [row.values["n"] for row in _rows(numbers).rows if row.smallest] == [20]


def test_a_search_that_met_its_limit_goes_on_with_a_higher_one(numbers: Project) -> None:
    (told,) = _smallest(numbers.run("--pc-record=once", "--pc-shrink-calls=5"))

    assert "stopped at the limit of 5 calls; no row is made of it yet" in told
    assert told.endswith("; the same command goes on from there, and --pc-shrink-calls raises the limit")
    assert len(_rows(numbers).rows) == 8

    result = numbers.run("--pc-record=once")

    (told,) = _smallest(result)
    assert told.startswith("n 17: the smallest found")
    result.stdout.fnmatch_lines(["prompt-contracts: record (once); nothing to ask before a row fails"])
    assert max(Counter(_asked(numbers)[8:]).values()) <= 3


def test_no_search_is_said_to_go_on_where_nothing_remembers_it(numbers: Project) -> None:
    (told,) = _smallest(numbers.run("--pc-record=once", "--pc-shrink-calls=5", "-p", "no:cacheprovider"))

    assert told.endswith("; nothing of it is remembered, since pytest's cache is switched off")


def test_the_recording_of_the_smallest_row_is_counted(numbers: Project) -> None:
    result = numbers.run("--pc-record=once")

    result.stdout.fnmatch_lines(["recordings: 9 new"])
    result.stdout.fnmatch_lines([f"*new: cassettes/weather/any_number/{generated_row({'n': 17}).id}/*"])


def test_cells_of_the_smallest_row_that_were_not_selected_are_told(numbers: Project) -> None:
    numbers.write(weather=CITY.replace("[house:small]", "[house:small, house:large]"))

    (told,) = _smallest(numbers.run("--pc-record=once", "-k", "small"))

    command = "pytest cases/weather.yaml::any_number --pc-record=once"
    assert told.endswith(f"; 1 other cell of it was not selected and has no recording: {command}")


def test_no_search_is_said_to_go_on_past_a_secret(numbers: Project) -> None:
    key = "sk-proj-" + "a1B2" * 12
    seen = Counter[int]()

    def leaking(asked: Asked) -> Answer:
        seen[0] += 1
        number = _number(asked)
        return completion(text=f"key {key}" if seen[0] > 10 else "many" if number >= 17 else str(number))

    numbers.answer(leaking)
    (told,) = _smallest(numbers.run("--pc-record=once"))

    assert told.startswith("stopped by an error")
    assert "goes on" not in told


def test_nothing_is_shrunk_where_a_failure_is_expected(numbers: Project) -> None:
    numbers.write(weather=CITY.replace("    given:", "    xfail: it cannot count\n    given:"))

    result = numbers.run("--pc-record=once")

    assert len(numbers.server.asked) == 8
    assert "is shrunk" not in result.stdout.str()


def test_models_that_come_to_the_same_row_ask_it_once(numbers: Project) -> None:
    numbers.write(weather=CITY.replace("[house:small]", "[house:small, house:large]"))

    result = numbers.run("--pc-record=once")

    assert [told.partition(":")[0] for told in _smallest(result)] == ["n 17", "n 17"]
    result.stdout.fnmatch_lines(["recordings: 18 new"])
    before = len(numbers.server.asked)
    assert "PC201" not in numbers.run().stdout.str()
    assert len(numbers.server.asked) == before
