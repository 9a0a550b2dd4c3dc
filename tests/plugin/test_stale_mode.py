"""`--pc-record=stale`: one run asks for all that is missing or asks something else, and for nothing besides."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.plugin.project import Project, completion, provider_error
from tests.plugin.test_recording_summary import lines_of
from tests.transport.loopback import Answer, Asked

HEAD = "version: 1\nmodels: [house:small]\ndefaults: {request: {max_tokens: 20}}\ncases:\n"
ROWS = "rows: [{id: r1, w: one}, {id: r2, w: two}, {id: r3, w: three}]"
SYSTEM = HEAD + f"  - {{name: a, system: Be kind., user: 'Say {{{{ w }}}}', {ROWS}, expect: {{text: fine}}}}\n"
OTHER = HEAD + "  - {name: b, user: Hi, expect: {text: fine}}\n"
TRIALS = HEAD + "  - {name: t, user: Hi, request: {seed: 1}, trials: %d, expect: {text: fine}}\n"
TURNS = HEAD + "  - {name: c, turns: [{user: One}, {user: Two, expect: {text: fine}}]}\n"
STALE = "--pc-record=stale"


@pytest.fixture(autouse=True)
def _fine(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "240")
    project.write(weather=SYSTEM, other=OTHER)
    project.answer_text("fine")


def headers(result: pytest.RunResult) -> list[str]:
    return [line.removeprefix("prompt-contracts: ") for line in result.outlines if line.startswith("prompt-contracts:")]


def asked(project: Project) -> int:
    """How many requests came since this was asked last."""
    count = len(project.server.asked)
    project.server.asked.clear()
    return count


def texts(project: Project) -> dict[str, str]:
    return {name: (project.root / "cassettes" / name).read_text("utf-8") for name in project.cassettes}


def test_only_what_is_stale_is_asked_and_the_run_says_first_what_and_why(project: Project) -> None:
    project.record()
    before = texts(project)
    asked(project)
    project.write(weather=SYSTEM.replace("Be kind.", "Be terse."))

    result = project.run(STALE)

    result.assert_outcomes(passed=4)
    assert headers(result) == [
        "record (stale); 3 calls: house:small 3 ~ $0.000090 (recorded before)",
        "3 stale: system prompt changed in cases/weather.yaml; 1 as recorded",
    ]
    assert asked(project) == 3
    assert lines_of(result)[0] == "recordings: 3 changed, 1 left unchanged"
    changed = {name for name, text in texts(project).items() if before[name] != text}
    assert changed == {name for name in before if name.startswith("weather")}
    project.run().assert_outcomes(passed=4)


def test_nothing_stale_asks_nothing_and_needs_no_key(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.record()
    before = texts(project)
    asked(project)
    monkeypatch.delenv("HOUSE_KEY")

    result = project.run(STALE)

    result.assert_outcomes(passed=4)
    assert headers(result) == ["record (stale); nothing to ask", "4 as recorded"]
    assert asked(project) == 0
    assert texts(project) == before


def test_a_key_is_needed_where_something_is_stale(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.record()
    project.write(weather=SYSTEM.replace("Be kind.", "Be terse."))
    monkeypatch.delenv("HOUSE_KEY")
    asked(project)

    result = project.run(STALE)

    assert "PC301 key not set: HOUSE_KEY" in result.stdout.str() + result.stderr.str()
    assert asked(project) == 0


def test_causes_are_told_apart_and_what_is_missing_is_recorded(project: Project) -> None:
    project.record("-k", "r1 or r2 or b")
    tool = (
        "tools: [{type: function, function: {name: get, parameters: {type: object, properties: {x: {type: string}}}}}]"
    )
    project.write(
        weather=SYSTEM.replace("Be kind.", "Be terse."),
        other=OTHER.replace("user: Hi", f"user: Hi, {tool}, request: {{temperature: 0}}"),
    )

    result = project.run(STALE)

    result.assert_outcomes(passed=4)
    assert headers(result)[1] == (
        "3 stale: system prompt changed in cases/weather.yaml (2), "
        "tools and temperature changed in cases/other.yaml (1); 1 missing"
    )
    assert lines_of(result)[0] == "recordings: 3 changed, 1 new"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("user: Hi", "user: Ho"), "user message"),
        (("user: Hi", "system: New., user: Hi"), "system prompt and user message"),
        (("max_tokens: 20", "max_tokens: 30"), "max_tokens"),
        (("user: Hi", "user: Hi, request: {response_format: {type: json_object}}"), "response format"),
        (
            (
                "user: Hi",
                "messages: [{role: user, content: A}, {role: assistant, content: B}, {role: user, content: Hi}]",
            ),
            "user message and earlier answers",
        ),
    ],
)
def test_the_part_that_changed_is_named(project: Project, change: tuple[str, str], said: str) -> None:
    project.write(weather=OTHER.replace("name: b", "name: x"))
    project.record()
    project.write(other=OTHER.replace(*change))

    assert (
        headers(project.run(STALE, "--collect-only"))[1]
        == f"1 stale: {said} changed in cases/other.yaml; 1 as recorded"
    )


def test_trials_that_are_missing_are_added_to_those_that_are_there(project: Project) -> None:
    project.write(other=TRIALS % 2)
    project.record()
    before = texts(project)["other/t/house/small.yaml"]
    project.write(other=TRIALS % 4)
    asked(project)

    result = project.run(STALE)

    assert headers(result)[0].endswith("2 calls: house:small 2 ~ $0.000060 (recorded before)")
    assert headers(result)[1] == "1 missing; 3 as recorded"
    assert asked(project) == 2
    assert texts(project)["other/t/house/small.yaml"].startswith(before.rsplit("version: 1", 1)[0])
    project.run().assert_outcomes(passed=4)


def test_trials_beyond_those_of_this_run_are_not_lost(project: Project) -> None:
    project.write(other=TRIALS % 3)
    project.record()
    project.write(other=(TRIALS % 3).replace("user: Hi", "user: Ho"))
    only = ("cases/other.yaml", STALE)
    project.pytester.runpytest(*only, "--pc-trials=1")
    held = texts(project)["other/t/house/small.yaml"]

    assert (held.count('"Ho"'), held.count('"Hi"')) == (1, 2)
    assert headers(project.pytester.runpytest(*only))[0].endswith(
        "2 calls: house:small 2 ~ $0.000060 (recorded before)"
    )
    assert texts(project)["other/t/house/small.yaml"].count('"Ho"') == 3


def test_a_recording_without_numbers_loses_nothing_that_still_serves(project: Project) -> None:
    project.write(other=TRIALS.replace("request: {seed: 1}, ", "") % 2)
    project.record()
    path = project.root / "cassettes/other/t/house/small.yaml"
    path.write_text(re.sub(r"    prompt_contracts:\n(?:      .*\n)+", "", path.read_text("utf-8")), encoding="utf-8")
    project.write(other=TRIALS.replace("request: {seed: 1}, ", "") % 3)
    asked(project)
    project.run(STALE)
    missing = asked(project)
    project.run().assert_outcomes(passed=4)
    project.write(other=TRIALS.replace("request: {seed: 1}, ", "").replace("Hi", "Ho") % 3)
    project.run(STALE)

    assert missing == 1
    assert asked(project) == 3
    assert path.read_text("utf-8").count('"Ho"') == 3
    assert '"Hi"' not in path.read_text("utf-8")


def test_a_conversation_that_is_stale_half_way_is_asked_from_its_start(project: Project) -> None:
    project.write(other=TURNS)
    project.record()
    project.write(other=TURNS.replace("user: Two", "user: Second"))
    asked(project)

    result = project.run(STALE)

    result.assert_outcomes(passed=4)
    assert headers(result)[1] == "1 stale: user message changed in cases/other.yaml; 3 as recorded"
    assert [len(json.loads(each.body)["messages"]) for each in project.server.asked] == [1, 3]
    project.run().assert_outcomes(passed=4)


@pytest.mark.parametrize("answer", [provider_error(500), provider_error(401), Answer(promised=500, body=b"{")])
def test_a_provider_that_fails_loses_no_recording(project: Project, answer: Answer) -> None:
    project.record()
    before = texts(project)
    project.write(weather=SYSTEM.replace("Be kind.", "Be terse."))
    project.answer(answer)

    result = project.run(STALE)

    result.assert_outcomes(errors=3, passed=1)
    assert texts(project) == before
    assert "the recording that was there stays" in result.stdout.str()


def test_one_trial_that_fails_leaves_the_others_written_and_its_own_old_entry(project: Project) -> None:
    project.write(other=(TRIALS % 3).replace("trials: 3", "trials: 3, require: {rate: 0.5, errors: 0}"))
    project.record()
    project.write(other=(TRIALS % 3).replace("user: Hi", "user: Ho"))
    project.answer(lambda one: provider_error(500) if json.loads(one.body)["seed"] == 2 else completion(text="fine"))
    project.run(STALE)
    held = texts(project)["other/t/house/small.yaml"]

    assert (held.count('"Ho"'), held.count('"Hi"')) == (2, 1)
    project.answer_text("fine")
    asked(project)
    project.run(STALE).assert_outcomes(passed=4)
    assert asked(project) == 1


def test_the_budget_holds_and_what_it_held_back_is_asked_later(project: Project) -> None:
    project.record()
    project.write(weather=SYSTEM.replace("Be kind.", "Be terse."))
    before = texts(project)

    result = project.run(STALE, "--pc-budget=0.000001")

    result.assert_outcomes(errors=3, passed=1)
    assert texts(project) == before
    project.run(STALE, "--pc-budget=1").assert_outcomes(passed=4)


def test_a_budget_that_cannot_be_kept_matters_only_where_something_is_asked(project: Project) -> None:
    project.write(other=OTHER, weather=SYSTEM)
    unlimited = OTHER.replace("defaults: {request: {max_tokens: 20}}\n", "")
    project.write(other=unlimited)
    project.record()

    project.run(STALE, "--pc-budget=1").assert_outcomes(passed=4)
    project.write(other=unlimited.replace("Hi", "Ho"))
    result = project.run(STALE, "--pc-budget=1")
    assert "PC320" in result.stdout.str() + result.stderr.str()


def test_workers_share_the_work(project: Project) -> None:
    project.record()
    asked(project)
    project.write(weather=SYSTEM.replace("Be kind.", "Be terse."))

    result = project.run(STALE, "-n2")

    result.assert_outcomes(passed=4)
    assert asked(project) == 3
    assert lines_of(result)[0] == "recordings: 3 changed, 1 left unchanged"


def test_errors_of_the_provider_alone_can_be_asked_again(project: Project) -> None:
    project.record()
    project.write(weather=SYSTEM.replace("Be kind.", "Be terse."))

    def sometimes(one: Asked) -> Answer:
        return provider_error(429) if b"two" in one.body else completion(text="fine")

    project.answer(sometimes)
    project.run(STALE).assert_outcomes(errors=1, passed=3)
    project.answer_text("fine")
    asked(project)

    project.run(STALE, "--pc-retry-errors").assert_outcomes(passed=1, deselected=3)
    assert asked(project) == 1
    project.run().assert_outcomes(passed=4)


HANDLER = """
import json, pathlib, urllib.request

def ask(turn):
    with pathlib.Path("calls.txt").open("a") as file:
        file.write("x")
    for word in WORDS:
        said = {"model": turn.model, "messages": [{"role": "user", "content": word}], "max_tokens": 9}
        body = json.dumps(said).encode()
        asked = urllib.request.Request(turn.base_url + "/chat/completions", body, {"content-type": "application/json"})
        with urllib.request.urlopen(asked) as response:
            text = json.load(response)["choices"][0]["message"]["content"]
    return text
"""


def write_handler(project: Project, *words: str) -> Path:
    (project.root / "bots.py").write_text(f"WORDS = {words!r}\n{HANDLER}", encoding="utf-8")
    # Python takes a file of the same second and the same size for the one that it has compiled.
    shutil.rmtree(project.root / "__pycache__", ignore_errors=True)
    calls = project.root / "calls.txt"
    calls.write_text("")
    return calls


def test_an_application_tells_only_when_it_runs_and_is_run_again_from_its_start(project: Project) -> None:
    project.write(other=HEAD + "  - {name: app, user: Hi, handler: bots:ask, expect: {text: fine}}\n")
    write_handler(project, "one", "two")
    project.record()
    asked(project)
    calls = write_handler(project, "one", "two")
    same = project.run(STALE)
    once, unasked = calls.read_text(), asked(project)
    calls = write_handler(project, "one", "three")
    other = project.run(STALE)

    assert headers(same)[0] == "record (stale); nothing to ask"
    assert headers(same)[1] == "3 as recorded; 1 cell runs code and tells only then"
    assert (once, unasked) == ("x", 0)
    other.assert_outcomes(passed=4)
    assert (calls.read_text(), asked(project)) == ("xx", 2)
    assert lines_of(other)[0] == "recordings: 1 changed, 3 left unchanged"
    project.run().assert_outcomes(passed=4)


def test_an_application_needs_no_key_unless_it_asks_something_else(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write(other=HEAD + "  - {name: app, user: Hi, handler: bots:ask, expect: {text: fine}}\n")
    write_handler(project, "one")
    project.record()
    monkeypatch.delenv("HOUSE_KEY")
    before = texts(project)

    project.run(STALE).assert_outcomes(passed=4)
    write_handler(project, "two")
    result = project.run(STALE)

    result.assert_outcomes(passed=3, errors=1)
    assert "PC301 HOUSE_KEY is not set" in result.stdout.str()
    assert texts(project) == before


def test_a_fault_of_the_case_asks_as_ever(project: Project) -> None:
    fault = OTHER.replace(
        "user: Hi,", "user: Hi, fault: {kind: status, status: 503, attempts: 1}, retry: {attempts: 2},"
    )
    project.write(other=fault)
    result = project.run("--pc-record=rewrite")
    asked(project)

    if result.parseoutcomes().get("passed") == 4:
        assert headers(project.run(STALE))[1] == "4 as recorded"
        assert asked(project) == 0


def test_an_unreadable_recording_is_told_and_left(project: Project) -> None:
    project.record()
    path = project.root / "cassettes/other/b/house/small.yaml"
    path.write_text("interactions: [", encoding="utf-8")

    result = project.run(STALE)

    result.assert_outcomes(errors=1, passed=3)
    assert path.read_text("utf-8") == "interactions: ["


def test_a_quiet_run_says_nothing_first(project: Project) -> None:
    project.record()
    project.write(weather=SYSTEM.replace("Be kind.", "Be terse."))

    assert headers(project.run(STALE, "-q")) == ["record (stale)"]


def test_stopping_early_asks_no_more_than_it_needs(project: Project) -> None:
    early = (TRIALS % 5).replace("trials: 5", "trials: 5, stop_early: true, require: 1")
    project.write(other=early)
    project.record()
    asked(project)

    assert headers(project.run(STALE))[1] == "4 as recorded"
    project.write(other=early.replace("Hi", "Ho"))
    project.run(STALE).assert_outcomes(passed=4)
    assert asked(project) == 1
