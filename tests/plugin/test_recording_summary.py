"""After a run that records, a person reads which recordings were written, what is new in them, and which were not."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.assistants_server import AssistantsService, Script, running_server
from tests.plugin.project import Project, completion, provider_error
from tests.transport.loopback import Answer, Asked

HEAD = "version: 1\nmodels: [house:small]\ncases:\n"
HELLO = HEAD + "  - {name: hello, user: Hi, expect: {text: {$regex: '[a-z]'}}}\n"
HANDLER = """
import json, urllib.request

def ask(turn):
    body = json.dumps({"model": turn.model, "messages": turn.messages}).encode()
    request = urllib.request.Request(turn.base_url + "/chat/completions", body, {"content-type": "application/json"})
    with urllib.request.urlopen(request) as response:
        return json.load(response)["choices"][0]["message"]["content"]

def silent(turn):
    return "fine"

def breaks(turn):
    raise ValueError("no idea")
"""


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch, project: Project) -> None:
    monkeypatch.setenv("COLUMNS", "240")


def lines_of(result: pytest.RunResult) -> list[str]:
    """The section about recordings: from its first line to the empty one before the table."""
    lines = result.outlines
    start = next((index for index, line in enumerate(lines) if line.startswith("recordings: ")), None)
    return [] if start is None else lines[start : lines.index("", start)]


def cities(name: str, **more: Any) -> Callable[[Asked], Answer]:
    """Calls a tool for the city that the user asked about."""

    def answer(asked: Asked) -> Answer:
        city = json.loads(asked.body)["messages"][-1]["content"].removesuffix("?").split()[-1]
        return completion(calls=((name, {"city": city, **more}),))

    return answer


def usage(prompt: int, out: int) -> dict[str, Any]:
    return {"usage": {"prompt_tokens": prompt, "completion_tokens": out, "total_tokens": prompt + out}}


def test_new_recordings_are_counted_and_named(project: Project) -> None:
    id_, folder = "cases/weather.yaml::picks_weather", "cassettes/weather/picks_weather"

    assert lines_of(project.record()) == [
        "recordings: 2 new",
        f"  {id_}[oslo-house:small]  new: {folder}/oslo/house/small.yaml",
        f"  {id_}[lima-house:small]  new: {folder}/lima/house/small.yaml",
    ]


def test_what_is_another_answer_is_told_in_words(project: Project) -> None:
    project.write(weather=HELLO)
    project.answer(completion(text="Hello!", **usage(20, 31)))
    project.record()
    project.answer(completion(text="Good day!", **usage(20, 44)))

    assert lines_of(project.record()) == [
        "recordings: 1 changed",
        "  cases/weather.yaml::hello[house:small]  changed: answer, 31 -> 44 output tokens, $0.000082 -> $0.00011",
    ]


def test_another_tool_other_arguments_and_another_request_are_told_apart(project: Project) -> None:
    project.record()
    project.answer(cities("get_time"))
    other_tool = project.run("--pc-record=rewrite", "-k", "oslo")
    project.answer(cities("get_weather", unit="C"))
    other_arguments = project.run("--pc-record=rewrite", "-k", "lima")
    text = (project.root / "cases/weather.yaml").read_text().replace("Will it rain in", "Is it wet in")
    project.write(weather=text)
    other_request = project.run("--pc-record=rewrite", "-k", "lima")

    assert lines_of(other_tool)[1].endswith("  changed: tool calls get_weather -> get_time")
    assert lines_of(other_arguments)[1].endswith("  changed: arguments")
    assert lines_of(other_request)[1].endswith("  changed: request")


def test_the_same_answer_again_is_no_change(project: Project) -> None:
    project.record()

    assert lines_of(project.record()) == ["recordings: 2 confirmed"]


def test_a_verbose_run_names_what_says_nothing_new(project: Project) -> None:
    project.record("-k", "oslo")
    told = lines_of(project.record("-v"))
    left = lines_of(project.run("--pc-record=once", "-v"))

    id_, path = "cases/weather.yaml::picks_weather", "cassettes/weather/picks_weather/%s/house/small.yaml"
    assert told == [
        "recordings: 1 new, 1 confirmed",
        f"  {id_}[lima-house:small]  new: {path % 'lima'}",
        f"  {id_}[oslo-house:small]  confirmed: {path % 'oslo'}",
    ]
    assert left[1] == f"  {id_}[oslo-house:small]  left unchanged: {path % 'oslo'}"


def test_a_narrow_terminal_gets_more_lines(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    told = lines_of(project.record("-k", "oslo"))

    assert told == [
        "recordings: 1 new",
        "  cases/weather.yaml::picks_weather[oslo-house:small]",
        "      new:",
        "      cassettes/weather/picks_weather/oslo/house/small.yaml",
    ]


def test_what_is_not_asked_again_is_left_unchanged(project: Project) -> None:
    project.record("-k", "oslo")

    assert lines_of(project.run("--pc-record=once"))[0] == "recordings: 1 new, 1 left unchanged"
    assert lines_of(project.run("--pc-record=new_episodes")) == ["recordings: 2 left unchanged"]


def test_the_trials_that_answered_otherwise_are_counted(project: Project) -> None:
    project.write(weather=HELLO)
    project.answer_text("Hello!")
    project.record("--pc-trials=3")
    texts = iter(["Hello!", "Hi!", "Hey!", "Hello!"])
    project.answer(lambda asked: completion(text=next(texts)))

    assert lines_of(project.record("--pc-trials=3", "--pc-concurrency=1"))[1].endswith(
        "  changed: answer in 2 of 3 trials, 1 trial confirmed"
    )
    assert "  changed: trials 3 -> 1, 60 -> 20 input tokens, " in lines_of(project.record("--pc-trials=1"))[1]


def test_an_error_that_is_not_declared_keeps_the_old_recording_and_says_so(project: Project) -> None:
    project.write(weather=HELLO)
    project.answer(provider_error(429))
    first = project.run("--pc-record=rewrite")
    project.answer_text("Hello!")
    project.record()
    project.answer(provider_error(429))
    second = project.run("--pc-record=rewrite")

    why = "not written: the provider failed in a way that the case does not declare: rate_limit (429)"
    assert lines_of(first) == ["recordings: 1 not written", f"  cases/weather.yaml::hello[house:small]  {why}"]
    assert lines_of(second)[1].endswith(f"{why}; the recording that was there stays")


def test_an_error_that_is_declared_is_a_recording_like_others(project: Project) -> None:
    project.write(weather=HEAD + "  - {name: hello, user: Hi, expect: {error: {status: {$ge: 400}}}}\n")
    project.answer(provider_error(429))
    project.record()
    project.answer(provider_error(503))

    told = lines_of(project.record())[1]

    assert told.endswith("  changed: error 429 rate_limit -> 503 overloaded, $0 -> ?")


def test_a_secret_an_answer_that_never_came_and_a_damaged_file_are_told(project: Project) -> None:
    project.write(weather=HELLO)
    project.answer_text("it is house-key-0123456789")
    secret = project.run("--pc-record=rewrite")
    project.answer(Answer(promised=1000))
    lost = project.run("--pc-record=rewrite")
    path = project.root / "cassettes/weather/hello/house/small.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("nothing of the kind")
    project.answer_text("Hello!")
    damaged = project.run("--pc-record=once")
    mended = project.record()

    assert "  not written: the value of HOUSE_KEY stands in " in lines_of(secret)[1]
    assert "  not written: " in lines_of(lost)[1]
    assert "  not written: cassettes/weather/hello/house/small.yaml cannot be read" in lines_of(damaged)[1]
    assert lines_of(mended)[1].endswith("  changed: the file that was there could not be read")


@pytest.mark.parametrize(
    ("case", "told"),
    [
        ("handler: 'bot:ask', expect: {text: Hello!}", "recordings: 1 new"),
        (f"command: {json.dumps([sys.executable, 'program.py'])}, expect: {{text: Hello!}}", "recordings: 1 new"),
        ("handler: 'bot:silent', expect: {requests: []}", "not written: no request was made"),
        ("handler: 'bot:breaks', expect: {text: x}", "not written: the application failed: *ValueError: no idea*"),
        ("fault: {status: 503}, expect: {error: {status: 503}}", "not written: only the faults of the case answered"),
    ],
)
def test_every_kind_of_case_says_what_became_of_it(project: Project, case: str, told: str) -> None:
    (project.root / "bot.py").write_text(HANDLER)
    (project.root / "program.py").write_text(
        HANDLER + "import os, sys\nfrom types import SimpleNamespace\nfor line in sys.stdin:\n"
        "    turn = SimpleNamespace(base_url=os.environ['OPENAI_BASE_URL'], **json.loads(line))\n"
        "    print(json.dumps(ask(turn)), flush=True)\n"
    )
    project.write(weather=HEAD + f"  - {{name: a, user: Hi, {case}}}\n")
    project.answer_text("Hello!")

    result = project.run("--pc-record=rewrite")

    result.stdout.fnmatch_lines([f"*{told}"])


def test_another_model_and_another_end_of_the_answer_are_changes(project: Project) -> None:
    project.write(weather=HELLO)
    told = []
    for model, end in (("small-1", "stop"), ("small-2", "length")):
        answer = json.loads(completion(text="Hello!", model=model).body)
        answer["choices"][0]["finish_reason"] = end
        project.answer(Answer(body=json.dumps(answer).encode()))
        told = lines_of(project.run("--pc-record=rewrite"))

    assert told[0] == "recordings: 1 changed"
    assert told[1].endswith("  changed: model small-1 -> small-2, finish reason stop -> length")


def test_an_assistant_is_compared_by_what_it_says_and_not_by_its_ids(project: Project) -> None:
    with running_server() as server:
        project.configure(f'[tool.prompt_contracts.providers.aide]\nbase_url = "{server.base_url}"\n')
        project.write(
            weather="version: 1\nmodels: [aide:small]\ncases:\n"
            "  - {name: a, endpoint: assistants, user: Hi, expect: {text: {$regex: '[a-z]'}}}\n"
        )
        found = []
        for statuses, text in ((("completed",), "Yes."), (("queued", "completed"), "Yes."), (("completed",), "No.")):
            server.service = AssistantsService(Script(statuses=statuses, writes=(text,)))
            found.append(lines_of(project.run("--pc-record=rewrite")))

    assert found[0][0] == "recordings: 1 new"
    assert found[1] == ["recordings: 1 written again, saying the same"]
    assert found[2][1].endswith("  changed: answer")


def test_what_the_budget_held_back_is_told(project: Project) -> None:
    project.write(weather=HELLO.replace("user: Hi,", "user: Hi, request: {max_tokens: 10},"))

    told = lines_of(project.run("--pc-record=rewrite", "--pc-budget=0.000001"))

    assert told[1].endswith("  not written: the budget of the run keeps its requests from being sent")


def test_a_case_with_a_mistake_is_not_written_either(project: Project) -> None:
    project.write(weather=HEAD + "  - {name: hello, usr: Hi}\n")

    result = project.run("--pc-record=once")

    result.stdout.fnmatch_lines(
        ["recordings: 1 not written", "  cases/weather.yaml::hello  not written: the case has *"]
    )


def test_many_changes_are_cut_short(project: Project) -> None:
    rows = ", ".join(f"{{id: r{number}}}" for number in range(23))
    project.write(
        weather=HEAD + f"  - {{name: hello, user: Hi, rows: [{rows}], expect: {{text: {{$regex: '[a-z]'}}}}}}\n"
    )
    project.answer_text("Hello!")
    project.record()
    project.answer_text("Good day!")

    told = lines_of(project.record())

    assert told[0] == "recordings: 23 changed"
    assert len(told) == 22
    assert told[-1] == "  and 3 more changed (-v shows all)"


def test_quiet_runs_print_the_counts_alone_and_others_nothing(project: Project) -> None:
    assert lines_of(project.record("-q")) == ["recordings: 2 new"]
    assert lines_of(project.run()) == []
    assert lines_of(project.run("--pc-live")) == []


def test_workers_of_xdist_tell_the_same(project: Project) -> None:
    project.record()
    project.answer(cities("get_time"))

    told = lines_of(project.run("--pc-record=rewrite", "-n2"))

    assert told[0] == "recordings: 2 changed"
    assert all("tool calls get_weather -> get_time" in line for line in told[1:])


def test_the_report_holds_it(project: Project) -> None:
    project.record("-k", "oslo")
    project.answer(cities("get_time"))

    results = project.report("--pc-record=rewrite")["results"]
    replayed = project.report()["results"]

    change = {"what": "tool calls", "before": "get_weather", "after": "get_time"}
    assert [result["recording"] for result in results] == [
        {"status": "written", "is_new": False, "changes": [change], "reason": None, "confirmed": 0},
        {"status": "written", "is_new": True, "changes": [], "reason": None, "confirmed": 0},
    ]
    assert [result["recording"] for result in replayed] == [None, None]
