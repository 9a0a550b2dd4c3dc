"""Requests that are sent again: what the run makes of them, live and replayed."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.plugin.project import Project, completion, provider_error
from tests.transport.loopback import Answer, Asked

CASE = """
version: 1
models: [house:small]
cases:
  - name: greets
    user: Hello
    retry: {attempts: 3}
    expect: %s
"""
BROKEN_OFF = Answer(body=b'{"id"', promised=1000)
LIMITED = Answer(
    status=429,
    headers=(("Content-Type", "application/json"), ("Retry-After-Ms", "1")),
    body=b'{"error": {"message": "slow down", "code": "rate_limit_exceeded"}}',
)


def in_turn(*answers: Answer) -> Callable[[Asked], Answer]:
    left = list(answers)
    return lambda asked: left.pop(0)


@pytest.mark.parametrize(
    ("failing", "kind"),
    [((BROKEN_OFF,), "connection"), ((LIMITED, LIMITED), "rate_limit"), ((LIMITED, BROKEN_OFF), "connection")],
)
def test_an_error_that_a_retry_got_over_is_the_same_error_in_replay(
    project: Project, failing: tuple[Answer, ...], kind: str
) -> None:
    expected = f"{{error: {{outcome: recovered, kind: {kind}, attempts: {len(failing) + 1}}}, text: Hello!}}"
    project.write(weather=CASE % expected)
    project.answer(in_turn(*failing, completion(text="Hello!")))

    project.record()
    replayed = project.report()["results"][0]

    assert replayed["verdict"] == "passed"
    assert replayed["trials"][0]["attempts"] == len(failing) + 1
    assert len(project.server.asked) == len(failing) + 1


def test_what_was_sent_again_is_counted_in_table_and_reports_live_and_replayed(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    project.write(weather=CASE % "{text: Hello!}" + "    trials: 3\n")
    project.answer(in_turn(LIMITED, BROKEN_OFF, *[completion(text="Hello!")] * 3))

    recorded = project.record("--pc-concurrency=1")
    replayed = project.run("--pc-report=a.json", "--pc-report=a.html", "--pc-report=a.md", "--pc-report=a.csv")

    recorded.stdout.fnmatch_lines(["model * out  retries *", "house:small * 2 *"])
    replayed.stdout.fnmatch_lines(["model * out  retries *", "house:small * 2 *"])
    told = json.loads((project.root / "a.json").read_text("utf-8"))
    assert told["models"][0]["retries"] == 2
    assert [trial["retries"] for trial in told["results"][0]["trials"]] == [2, 0, 0]
    assert '<th scope="col">retries</th>' in (project.root / "a.html").read_text("utf-8")
    assert " retries |" in (project.root / "a.md").read_text("utf-8")
    assert "attempts,retries," in (project.root / "a.csv").read_text("utf-8")


def test_where_nothing_was_sent_again_nobody_is_told(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    project.write(weather=CASE % "{text: Hello!}")
    project.answer_text("Hello!")

    result = project.run("--pc-live", "--pc-report=a.html")

    result.stdout.no_fnmatch_line("*retries*")
    assert "retries</th>" not in (project.root / "a.html").read_text("utf-8")


def test_requests_of_several_turns_and_those_that_nobody_answered_at_all(project: Project) -> None:
    """A request that is the same as an earlier one without being its retry is none."""
    project.write(
        weather=CASE.replace("    user: Hello\n", "") % "{text: Hello!}"
        + "    turns: [{user: Hello}, {user: Hello}]\n    tool_results: {look: 5}\n    tools: [look]\n"
        + "  - name: fails\n    user: Hello\n    retry: {attempts: 3}\n    expect: {error: {kind: rate_limit}}\n"
        + "tools: {look: {type: function, function: {name: look, parameters: {type: object}}}}\n"
    )
    calls = completion(calls=(("look", {}),))
    answers = [calls, LIMITED, completion(text="Hello!"), completion(text="Hello!"), LIMITED, LIMITED, LIMITED]
    project.answer(in_turn(*answers))

    trials = [result["trials"][0] for result in project.report("--pc-live", "--pc-concurrency=1")["results"]]

    assert [(trial["attempts"], trial["retries"]) for trial in trials] == [(4, 1), (3, 2)]


def test_tokens_are_those_of_the_answer_and_money_is_unknown_where_a_lost_send_may_have_cost_some(
    project: Project,
) -> None:
    project.write(weather=CASE % "{text: Hello!}")
    project.answer(in_turn(BROKEN_OFF, completion(text="Hello!")))

    project.record()
    replayed = project.run()
    trial = project.report()["results"][0]["trials"][0]

    assert trial["usage"]["total_tokens"] == 25
    assert trial["cost_usd"] is None
    replayed.stdout.fnmatch_lines(["unknown cost: house:small (an answer without usage, or a failed request)"])
    replayed.stdout.no_fnmatch_line("unknown price*")


def test_a_run_says_that_it_waits_and_what_it_sent_again(project: Project) -> None:
    project.write(weather=CASE % "{text: Hello!}")
    project.answer(in_turn(LIMITED, completion(text="Hello!")))

    result = project.record()

    result.stdout.fnmatch_lines(
        [
            "prompt-contracts: house: waiting 0.001 s (429 rate_limit, attempt 2 of 3)",
            "sent again: house:small after rate_limit (1 cell)",
        ]
    )


def test_a_wait_is_told_on_the_terminal_and_is_no_output_of_a_test(project: Project) -> None:
    project.write(weather=CASE % "{text: Hi!}")
    project.answer(in_turn(LIMITED, completion(text="Hello!")))

    result = project.pytester.runpytest_subprocess("cases", "--pc-live", "-p", "no:randomly")

    told = [line for line in result.outlines if "waiting" in line]
    assert told == ["prompt-contracts: house: waiting 0.001 s (429 rate_limit, attempt 2 of 3)"]
    assert result.outlines.index(told[0]) < next(n for n, line in enumerate(result.outlines) if "= FAILURES" in line)
    result.stdout.no_fnmatch_line("*Captured stdout*")


def test_the_option_says_how_often_where_the_case_does_not(project: Project) -> None:
    project.write(weather=(CASE % "{text: Hello!}").replace("    retry: {attempts: 3}\n", ""))
    project.answer(LIMITED)

    project.run("--pc-live", "--pc-max-retries=1").assert_outcomes(errors=1)

    assert len(project.server.asked) == 2


def test_a_billing_failure_is_never_sent_again(project: Project) -> None:
    project.write(weather=CASE % "{error: {kind: quota, attempts: 1}}")
    project.answer(provider_error(429, code="insufficient_quota", type="insufficient_quota"))

    project.record()

    assert len(project.server.asked) == 1


OVERLOADED = b'{"error": {"message": "busy", "type": "overloaded_error", "code": "server_is_overloaded"}}'


@pytest.mark.parametrize("status", [200, 503])
@pytest.mark.parametrize("content_type", ["application/json", "text/event-stream", "text/event-stream; charset=utf-8"])
def test_one_error_is_sent_again_whatever_content_type_it_has(project: Project, status: int, content_type: str) -> None:
    project.write(weather=CASE % "{error: {outcome: recovered, kind: overloaded}, text: Hello!}")
    busy = Answer(status=status, headers=(("Content-Type", content_type), ("Retry-After-Ms", "1")), body=OVERLOADED)
    project.answer(in_turn(busy, completion(text="Hello!")))

    project.record()
    replayed = project.run()

    replayed.assert_outcomes(passed=1)
    assert len(project.server.asked) == 2


def test_a_404_names_the_address_that_was_asked(project: Project) -> None:
    project.write(weather=CASE % "{text: Hello!}")
    project.answer(provider_error(404))

    result = project.run("--pc-live")

    result.stdout.fnmatch_lines([f"*no (asked: POST {project.server.base_url}/chat/completions)*"])


BOT = """
import json
import os
import urllib.error
import urllib.request


def _ask(content):
    request = urllib.request.Request(
        os.environ["OPENAI_BASE_URL"] + "/chat/completions",
        json.dumps({"model": "small", "messages": [{"role": "user", "content": content}]}).encode(),
        {"Content-Type": "application/json", "Authorization": "Bearer " + os.environ["OPENAI_API_KEY"]},
    )
    with urllib.request.urlopen(request) as response:
        return json.load(response)["choices"][0]["message"]["content"]


def _asked(*contents):
    for content in contents:
        try:
            return _ask(content)
        except urllib.error.HTTPError:
            continue


def same(turn):
    return _asked("Hello", "Hello")


def other(turn):
    return _asked("Hello", "Hello, in short")
"""


@pytest.mark.parametrize(
    ("handler", "retries", "told", "shown"),
    [
        ("same", 1, "sent again: house:small after overloaded (1 cell)", "got over by a retry"),
        (
            "other",
            0,
            "asked something else: house:small after overloaded (1 cell)",
            "got over: the application asked something else",
        ),
    ],
)
def test_words_and_figures_agree_on_what_an_application_sent_again(
    project: Project, handler: str, retries: int, told: str, shown: str
) -> None:
    (project.root / "bot.py").write_text(BOT, encoding="utf-8")
    project.write(
        weather="version: 1\nmodels: [house:small]\ncases:\n"
        f"  - {{name: greets, user: Hi, handler: 'bot:{handler}', fault: {{status: 503, request: 1, times: 1}}, "
        "expect: {text: Hello!}}\n"
    )
    project.answer_text("Hello!")

    result = project.run("--pc-live", "--pc-report=a.json", "--pc-report=a.html")

    trial = json.loads((project.root / "a.json").read_text("utf-8"))["results"][0]["trials"][0]
    assert (trial["attempts"], trial["retries"], trial["recovered"]["kind"]) == (2, retries, "overloaded")
    notes = [line for line in result.outlines if line.startswith(("sent again", "asked something else"))]
    assert notes == [told]
    assert shown in (project.root / "a.html").read_text("utf-8")
