"""`prompt-contracts reduce` against a provider on the loopback, whose model has a planted fault."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from statistics import median
from threading import Lock
from time import sleep

import pytest

from prompt_contracts.cli import main
from tests.plugin.project import completion, provider_error
from tests.transport.loopback import Answer, Asked, Loopback

CELL = "cases/weather.yaml::asks[house:small]"
RULES = " ".join("Answer in French." if number == 13 else f"Rule {number} says so." for number in range(24))
TOOLS = "\n".join(f"  tool_{number}: {{type: function, function: {{name: tool_{number}}}}}" for number in range(12))
CASES = f"""
version: 1
models: [house:small]
tools:
  get_weather:
    type: function
    function:
      name: get_weather
      parameters: {{type: object, properties: {{city: {{type: string}}, day: {{type: string}}}}, required: [city]}}
{TOOLS}
cases:
  - name: asks
    messages:
      - {{role: system, content: "{RULES}"}}
      - {{role: user, content: Hi}}
      - {{role: assistant, content: Hello}}
      - {{role: user, content: "Will it rain in Oslo?"}}
    tools: [get_weather, {", ".join(f"tool_{number}" for number in range(12))}]
    request: {{max_completion_tokens: 50}}
    expect:
      tool_calls:
        - get_weather: {{city: Oslo}}
"""


class Model:
    """Calls the wrong tool when it is told to answer in French and has `tool_7`; else the right one."""

    def __init__(self, *, errs: float = 1.0, else_errs: float = 0.0, tool: str = "tool_7") -> None:
        self._tool = tool
        self.asked: list[str] = []
        self._chances = (else_errs, errs)
        self._chance = Random(5)

    def __call__(self, asked: Asked) -> Answer:
        body = json.loads(asked.body)
        self.asked.append(json.dumps(body))
        is_french = any("French" in message["content"] for message in body["messages"])
        is_wrong = is_french and any(tool["function"]["name"] == self._tool for tool in body.get("tools", ()))
        errs = self._chance.random() < self._chances[is_wrong]
        return completion(calls=((self._tool, {}) if errs else ("get_weather", {"city": "Oslo"}),))


def long_case(number: int) -> str:
    """A case of 100 pieces, in which one of 60 sentences is the one that does harm."""
    rules = " ".join("Answer in French." if each == number else f"Rule {each} says so." for each in range(60))
    names = [f"tool_{each}" for each in range(30)]
    turns = [{"role": ("user", "assistant")[each % 2], "content": f"Turn {each}."} for each in range(9)]
    case = {
        "name": "asks",
        "messages": [
            {"role": "system", "content": rules},
            *turns,
            {"role": "user", "content": "Will it rain in Oslo?"},
        ],
        "tools": ["get_weather", *names],
        "expect": {"tool_calls": [{"get_weather": {"city": "Oslo"}}]},
    }
    tools = {name: {"type": "function", "function": {"name": name}} for name in ("get_weather", *names)}
    return json.dumps({"version": 1, "models": ["house:small"], "tools": tools, "cases": [case]})


Reduce = Callable[..., tuple[int, str, str]]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    server = Loopback()
    monkeypatch.chdir(tmp_path)
    tmp_path.joinpath("prompt_contracts.toml").write_text(
        f'[providers.house]\nbase_url = "{server.base_url}"\n[prices."house:small"]\ninput = 1.0\noutput = 2.0\n'
    )
    tmp_path.joinpath("cases").mkdir()
    tmp_path.joinpath("cases/weather.yaml").write_text(CASES)
    yield server
    server.close()


@pytest.fixture
def reduce(server: Loopback, capsys: pytest.CaptureFixture[str]) -> Reduce:
    def reduce(*arguments: str, cell: str = CELL) -> tuple[int, str, str]:
        code = main(["reduce", cell, *arguments])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return reduce


def test_the_cause_is_all_that_is_left(server: Loopback, reduce: Reduce) -> None:
    server.answer = model = Model()
    before = Path("cases/weather.yaml").read_bytes()

    code, out, err = reduce()

    assert code == 0, err
    assert "3 of 40 pieces left; nothing else of it can go:\n" in out
    assert (
        "    message   system, cut to the sentences below\n    tool      tool_7\n    sentence  Answer in French.\n"
        in out
    )
    assert f"{len(model.asked)} calls, $" in out
    assert Path("cases/weather.yaml").read_bytes() == before
    assert not Path("cassettes").exists()
    written = Path("reduced/asks/asks.yaml").read_text()
    assert "Answer in French." in written
    assert "Rule" not in written
    assert "tool_7" in written
    assert "tool_6" not in written


def test_what_is_written_replays_and_fails_in_the_same_way(server: Loopback, reduce: Reduce) -> None:
    server.answer = Model()
    _, out, _ = reduce()
    command = out.splitlines()[-1].removeprefix("replay it with  pytest ").split()
    server.close()

    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *command],
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == pytest.ExitCode.TESTS_FAILED
    assert "tool_calls[0].name: expected get_weather, got tool_7" in run.stdout
    assert "0/1    0%" in run.stdout


def test_a_model_that_differs_from_itself_is_asked_again(server: Loopback, reduce: Reduce) -> None:
    server.answer = Model(errs=0.9, else_errs=0.1)

    code, out, err = reduce()

    assert code == 0, err
    assert "3 of 40 pieces left; nothing else of it can go:\n" in out


def test_of_a_hundred_pieces_the_cause_is_found_in_few_calls(server: Loopback, reduce: Reduce) -> None:
    """60 sentences, 30 tools and 10 messages; the cause is one sentence and one tool, from 20 fixed seeds."""
    calls = []
    for seed in range(20):
        sentence, tool = Random(seed).randrange(60), Random(seed + 100).randrange(30)
        Path("cases/weather.yaml").write_text(long_case(sentence))
        server.answer = model = Model(tool=f"tool_{tool}")

        code, out, _ = reduce("--trials=1", f"--out=reduced/{seed}")

        assert code == 0
        assert "3 of 100 pieces left; nothing else of it can go:\n" in out
        assert f"tool      tool_{tool}\n    sentence  Answer in French.\n" in out
        calls.append(len(model.asked))

    assert median(calls) <= 30


@pytest.mark.parametrize(
    ("keep", "errs", "else_errs", "outcome"),
    [("failing", 0.75, 0.02, "1 failed"), ("passing", 0.02, 0.25, "1 passed")],
)
def test_what_differs_from_itself_replays_all_that_was_measured(
    server: Loopback, reduce: Reduce, keep: str, errs: float, else_errs: float, outcome: str
) -> None:
    server.answer = Model(errs=errs, else_errs=else_errs)
    code, out, err = reduce(f"--keep={keep}")
    assert code == 0, err
    after = re.search(r"after .* in (\d+) of (\d+) answers", out)
    assert after is not None
    wanted, asked = map(int, after.groups())
    passed = wanted if keep == "passing" else asked - wanted

    command = out.splitlines()[-1].removeprefix("replay it with  pytest ").split()
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *command],
        capture_output=True,
        text=True,
        check=False,
    )

    assert 0 < passed < asked
    assert outcome in run.stdout
    assert f" {passed}/{asked} " in run.stdout


def test_a_steady_model_is_asked_once_for_each_prompt(server: Loopback, reduce: Reduce) -> None:
    server.answer = model = Model()

    _, out, _ = reduce("--trials=1")

    assert "3 of 40 pieces left" in out
    assert len(model.asked) == len(set(model.asked)) < 30


def test_as_much_is_asked_at_once_as_is_needed_anyway_and_no_more(server: Loopback, reduce: Reduce) -> None:
    model, lock = Model(), Lock()
    in_flight, most_of = 0, dict[int, int]()

    def answer(asked: Asked) -> Answer:
        nonlocal in_flight
        with lock:
            in_flight += 1
            number = len(model.asked)
            most_of[number < 10] = max(most_of.get(number < 10, 0), in_flight)
            made = model(asked)
        sleep(0.02)
        with lock:
            in_flight -= 1
        return made

    server.answer = answer

    code, out, _ = reduce()

    assert code == 0
    assert 4 <= most_of[True] <= 8
    assert 2 <= most_of[False] <= 3
    assert set(Counter(model.asked).values()) <= {10, 4, 3, 2}
    assert f"{len(model.asked)} calls, $" in out


def test_a_prompt_that_passes_is_made_as_short_as_it_still_passes(server: Loopback, reduce: Reduce) -> None:
    def answer(asked: Asked) -> Answer:
        is_told = "Rule 3 " in asked.body.decode()
        tokens = 200 if "Rule 4 " in asked.body.decode() else 20
        usage = {"prompt_tokens": tokens, "completion_tokens": 5, "total_tokens": tokens + 5}
        return completion(calls=(("get_weather", {"city": "Oslo" if is_told else "Paris"}),), usage=usage)

    server.answer = answer

    code, out, _ = reduce("--keep=passing")

    assert code == 0
    assert "before  passes in 10 of 10 answers (100%); 200 tokens of prompt" in out
    assert "after   passes in 10 of 10 answers (100%); 20 tokens of prompt" in out
    assert "saves   180 of 200 tokens of prompt (90%)" in out
    assert "2 of 40 pieces left" in out
    assert "sentence  Rule 3 says so." in out


def test_stopped_and_called_again_it_asks_nothing_twice(server: Loopback, reduce: Reduce) -> None:
    server.answer = model = Model()
    reduce()
    whole = len(model.asked)
    for path in Path("reduced").rglob("*"):
        if path.is_file():
            path.unlink()
    model.asked.clear()

    stopped, out, _ = reduce("--calls=30")
    finished, _, _ = reduce()

    assert stopped == 1
    assert "stopped: 30 calls were made, which is the limit (--calls)" in out
    assert "and more may be able to go:" in out
    assert finished == 0
    assert len(model.asked) == whole


def test_a_limit_that_earlier_runs_reached_says_so(server: Loopback, reduce: Reduce) -> None:
    server.answer = model = Model()
    reduce("--calls=30")

    _, out, _ = reduce("--calls=30")
    _, more, _ = reduce("--calls=32")

    assert "stopped: 30 calls were made, 30 of them by earlier runs of this command, which is the limit" in out
    assert "stopped: 32 calls were made, 30 of them by earlier runs of this command, which is the limit" in more
    assert len(model.asked) == 32


def test_fewer_calls_than_the_start_takes_are_refused(server: Loopback, reduce: Reduce) -> None:
    server.answer = model = Model()

    code, out, err = reduce("--calls=9")

    assert code == 2
    assert "--calls 9: the prompt as it is takes 10 of them; give 10 or more" in err
    assert out == ""
    assert model.asked == []


def test_what_cannot_begin_exits_with_2_and_goes_on_later(server: Loopback, reduce: Reduce) -> None:
    model = Model()
    server.answer = lambda asked: model(asked) if len(model.asked) < 5 else provider_error(401)

    code, _, err = reduce()
    server.answer = model
    again, out, _ = reduce()

    assert code == 2
    assert "the prompt as it is could not be asked 10 times: the provider's auth error" in err
    assert again == 0
    assert f"{len(model.asked)} calls, $" in out


def test_an_error_of_the_provider_ends_it_and_loses_nothing(server: Loopback, reduce: Reduce) -> None:
    model = Model()
    server.answer = lambda asked: model(asked) if len(model.asked) < 25 else provider_error(401)

    code, out, _ = reduce()
    server.answer = model
    again, _, _ = reduce()

    assert code == 1
    assert "stopped: the provider's auth error: no" in out
    assert again == 0
    assert len(model.asked) == len(set(model.asked)) or len(model.asked) > 25


def test_a_budget_holds(server: Loopback, reduce: Reduce) -> None:
    server.answer = model = Model()

    code, out, _ = reduce("--budget=0.003")  # what an answer could cost is held back before it is asked for

    assert code == 1
    assert "stopped: the provider's budget error" in out
    assert 10 <= len(model.asked) < 0.003 / 0.00003


def test_a_budget_that_cannot_be_kept_is_told_by_the_name_of_its_option(reduce: Reduce) -> None:
    path = Path("cases/weather.yaml")
    path.write_text(path.read_text().replace("max_completion_tokens: 50", "temperature: 0"))

    code, _, err = reduce("--budget=1")

    assert code == 2
    assert "PC320 with --budget nothing is sent that could cost nobody knows what" in err


@pytest.mark.parametrize(
    ("keep", "errs", "said"),
    [
        ("failing", 0.0, "was asked once, and its contract held each time: there is nothing to keep"),
        ("passing", 1.0, "was asked once, and its contract was broken each time: there is nothing to keep"),
    ],
)
def test_what_never_happens_cannot_be_kept(server: Loopback, reduce: Reduce, keep: str, errs: float, said: str) -> None:
    server.answer = Model(errs=errs)

    code, _, err = reduce(f"--keep={keep}", "--trials=1")

    assert code == 2
    assert said in err


def test_luck_is_not_reduced(server: Loopback, reduce: Reduce) -> None:
    server.answer = model = Model(errs=0.2)

    code, _, err = reduce()

    assert code == 2
    assert "was asked 10 times, and failed in the same way" in err
    assert "below 60% a piece that matters cannot be told from luck" in err
    assert len(model.asked) == 10
    assert not Path("reduced/asks/asks.yaml").exists()


def test_what_fails_less_often_than_before_is_not_called_the_same(server: Loopback, reduce: Reduce) -> None:
    """The whole prompt fails in 6 of 10 answers, every shorter one in 8 of 25: too few to settle it."""
    Path("cases/other.yaml").write_text(
        "version: 1\nmodels: [house:small]\ncases:\n  - name: other\n    system: One. Two.\n    user: Where?\n"
        "    expect: {text: Oslo}\n"
    )
    answers, lock = Counter[bytes](), Lock()

    def answer(asked: Asked) -> Answer:
        with lock:
            number = answers[asked.body]
            answers[asked.body] += 1
        is_wrong = number % 5 < 3 if b"One. Two." in asked.body else number % 3 == 2
        return completion(text="Lima" if is_wrong else "Oslo")

    server.answer = answer

    code, out, err = reduce(cell="cases/other.yaml::other")

    assert code == 0, err
    assert "before  fails in the same way in 6 of 10 answers (60%)" in out
    assert (
        "          less often than before (32% against 60%), which may be luck; "
        "25 answers did not settle whether it still does\n" in out
    )
    assert "0 of 3 pieces left: it does so without any of them, but less often\n" in out
    assert (
        "# It failed in the same way in 8 of 25 answers, and the whole prompt in 6 of 10 answers.\n"
        in Path("reduced/other/other.yaml").read_text()
    )


def test_another_failure_is_not_the_same(server: Loopback, reduce: Reduce) -> None:
    """Without 'Hi' the city is wrong, which is no wrong tool."""

    def answer(asked: Asked) -> Answer:
        body = json.loads(asked.body)
        is_whole = any(message["content"] == "Hi" for message in body["messages"])
        return completion(calls=(("tool_7", {}) if is_whole else ("get_weather", {"city": "Paris"}),))

    server.answer = answer

    _, out, _ = reduce()

    assert "1 of 40 pieces left" in out
    assert "message   user: Hi" in out


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("cases/weather.yaml", "name the cell as pytest does"),
        ("cases/weather.yaml::aks[house:small]", "did you mean asks[house:small]?"),
        ("cases/other.yaml::asks", "cases/other.yaml: there is no such file"),
    ],
)
def test_a_cell_that_is_not_there(reduce: Reduce, cell: str, said: str) -> None:
    code, _, err = reduce(cell=cell)

    assert code == 2
    assert said in err


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("turns: [{user: Hi, expect: {text: x}}]", "it has turns"),
        ("fault: {status: 500}", "it has a fault"),
        ("handler: bot:reply", "it drives an application"),
    ],
)
def test_what_has_no_prompt_of_its_own_is_refused(reduce: Reduce, key: str, said: str) -> None:
    Path("bot.py").write_text("def reply(request): return ''")
    user = "" if key.startswith("turns") else "    user: Hi\n"
    text = f"version: 1\nmodels: [house:small]\ncases:\n  - name: other\n{user}    {key}\n    expect: {{text: x}}\n"
    Path("cases/other.yaml").write_text(text)

    code, _, err = reduce(cell="cases/other.yaml::other")

    assert code == 2
    assert said in err


def test_a_file_of_somebody_else_is_not_overwritten(server: Loopback, reduce: Reduce) -> None:
    server.answer = model = Model()
    Path("mine").mkdir()
    Path("mine/asks.yaml").write_text("mine")

    code, _, err = reduce("--out=mine")

    assert code == 2
    assert "asks.yaml there is another file; choose another folder" in err
    assert Path("mine/asks.yaml").read_text() == "mine"
    assert model.asked == []


def test_a_folder_outside_of_the_project_is_refused(reduce: Reduce, tmp_path: Path) -> None:
    code, _, err = reduce(f"--out={tmp_path.parent / 'elsewhere'}")

    assert code == 2
    assert "whose configuration holds for the cell" in err


def test_a_link_out_of_the_project_is_not_followed(
    server: Loopback, reduce: Reduce, tmp_path_factory: pytest.TempPathFactory
) -> None:
    server.answer = model = Model()
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    Path("reduced").symlink_to(elsewhere)

    code, _, err = reduce()

    assert code == 2
    assert "a link on the way leads out of the folder" in err
    assert model.asked == []
    assert list(elsewhere.iterdir()) == []


def test_a_schema_in_a_file_is_found_from_where_the_result_lies(server: Loopback, reduce: Reduce) -> None:
    Path("cases/schemas").mkdir()
    Path("cases/schemas/the city.json").write_text('{"$defs": {"city": {"enum": ["Oslo"]}}}')
    Path("cases/shared").mkdir()
    Path("cases/shared/answer.yaml").write_text(
        '{type: object, properties: {city: {$ref: "../schemas/the%20city.json#/$defs/city"}}}'
    )
    Path("cases/other.yaml").write_text(
        "version: 1\nmodels: [house:small]\ncases:\n  - name: other\n    system: One. Two.\n    user: Where?\n"
        "    expect: {json: {$schema: {$include: shared/answer.yaml}}}\n"
    )
    server.answer = lambda asked: completion(text='{"city": "Lima"}')

    code, out, err = reduce("--trials=1", "--out=results/first", cell="cases/other.yaml::other")

    assert code == 0, err
    assert "0 of 3 pieces left: it does the same without any of them\n" in out
    assert '{$ref: "../../cases/schemas/the%20city.json#/$defs/city"}' in Path("results/first/other.yaml").read_text()
