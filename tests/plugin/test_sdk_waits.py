"""An application that asks again and again: what its own retries took is told, whoever gave up first."""

from __future__ import annotations

import pytest

from prompt_contracts.application import own_retries
from tests.plugin.project import Project, completion

BOT = """
import json, time, urllib.error, urllib.request

def ask(turn):
    body = json.dumps({"model": turn.model, "messages": turn.messages}).encode()
    request = urllib.request.Request(turn.base_url + "/chat/completions", body, {"content-type": "application/json"})
    with urllib.request.urlopen(request) as response:
        return json.load(response)["choices"][0]["message"]["content"]

def tries(turn, times):
    for attempt in range(times):
        try:
            return ask(turn)
        except urllib.error.HTTPError:
            pass

def waits_in_vain(turn):
    tries(turn, 3)
    time.sleep(60)

def waits_after_the_first(turn):
    tries(turn, 1)
    time.sleep(60)

def falls_over_its_answer(turn):
    tries(turn, 3)
    raise ValueError("no idea")

def gets_through(turn):
    return tries(turn, 3)
"""


@pytest.fixture
def bot(project: Project) -> Project:
    (project.root / "bot.py").write_text(BOT)
    project.answer(completion(text="Hello!"))
    return project


def write(project: Project, handler: str, fault: str, expect: str = "{text: Hello!}", **more: str) -> None:
    keys = "".join(f", {key}: {value}" for key, value in more.items())
    project.write(
        weather="version: 1\nmodels: [house:small]\ncases:\n"
        f"  - {{name: a, user: Hi, handler: 'bot:{handler}', fault: {fault}, expect: {expect}{keys}}}\n"
    )


def test_a_time_limit_says_who_waited(bot: Project) -> None:
    write(bot, "waits_in_vain", "{status: 429}", timeout="2")

    result = bot.run()

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*did not return within 2 s*; it had made 3 requests; the application's own retries: 3 requests within * s*"]
    )


def test_a_wait_for_the_second_attempt_is_told_as_what_it_may_be(bot: Project) -> None:
    write(bot, "waits_after_the_first", "{status: 503}", timeout="2")

    result = bot.run()

    result.stdout.fnmatch_lines(
        ["*it had made 1 request, the last one answered with an error: it may have waited to ask again*"]
    )


def test_an_application_that_fails_after_its_retries_tells_of_them(bot: Project) -> None:
    write(bot, "falls_over_its_answer", "{status: 429, times: 2}")

    result = bot.run("--pc-record=rewrite")

    result.stdout.fnmatch_lines(["*raised ValueError: no idea*; the application's own retries: 3 requests within * s*"])


def test_retries_that_took_long_are_told_of_a_green_case_too(bot: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_retries, "LONG_SECONDS", 0.0)
    write(bot, "gets_through", "{status: 429, times: 2}")

    result = bot.run("--pc-record=rewrite")
    trial = bot.report()["results"][0]["trials"][0]

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["prompt-contracts: the application's own retries: 3 requests within * s"])
    assert trial["output"].startswith("the application's own retries: 3 requests within ")


def test_short_retries_of_a_green_case_are_not_worth_a_word(bot: Project) -> None:
    write(bot, "gets_through", "{status: 429, times: 2}")

    result = bot.run("--pc-record=rewrite")

    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*own retries*")
