"""An error of another kind than the one that a case declares: no verdict on the model, or a failure."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

import pytest

from prompt_contracts.provider_error import ERROR_KINDS
from tests.plugin.project import Project, completion, provider_error
from tests.transport.loopback import Answer, Asked

HEAD = """
version: 1
models: [house:small]
cases:
  - name: talks
"""

ANSWERS = {
    "rate_limit": provider_error(429, code="rate_limit_exceeded"),
    "quota": provider_error(429, code="insufficient_quota", type="insufficient_quota"),
    "auth": provider_error(401, code="invalid_api_key"),
    "permission": provider_error(403),
    "not_found": provider_error(404, code="model_not_found"),
    "server": provider_error(500),
    "overloaded": provider_error(503),
    "unknown": Answer(status=301, body=b""),
    "invalid_request": provider_error(400),
    "unsupported_parameter": provider_error(400, code="unsupported_parameter"),
    "content_filter": provider_error(400, code="content_filter"),
    "invalid_schema": provider_error(400, message="Invalid schema for response_format 'x'"),
    "malformed_response": Answer(body=b"<html>"),
    "connection": Answer(body=b'{"id"', promised=1000),
}
NO_VERDICT = {
    "timeout", "connection", "rate_limit", "quota", "auth", "permission", "not_found", "server", "overloaded",
    "budget", "unknown",
}  # fmt: skip


def in_turn(*answers: Answer) -> Callable[[Asked], Answer]:
    """One answer after the other, the last one again and again."""
    left = list(answers)
    return lambda asked: left.pop(0) if len(left) > 1 else left[0]


def verdict(project: Project, case: str, *answers: Answer) -> str:
    project.write(weather=HEAD + case)
    project.answer(in_turn(*answers))
    return str(project.report("--pc-live")["results"][0]["verdict"])


@pytest.mark.parametrize("kind", ANSWERS)
def test_trouble_that_says_nothing_of_the_model_is_no_failure_of_a_case_that_expects_another_error(
    project: Project, kind: str
) -> None:
    found = verdict(project, "    user: Hi\n    expect: {error: {kind: context_length}}", ANSWERS[kind])

    trial = json.loads((project.root / "report.json").read_text("utf-8"))["results"][0]["trials"][0]
    assert trial["error"]["kind"] == kind
    assert found == ("error" if kind in NO_VERDICT else "failed")


def test_every_kind_is_named_by_this_file_or_needs_more_than_an_answer() -> None:
    rest = {"timeout", "context_length", "tool_use_failed", "stream_interrupted", "run_failed", "budget", "application"}

    assert {*ANSWERS, *rest} == {*ERROR_KINDS}


def test_the_text_says_that_the_error_is_not_the_expected_one(project: Project) -> None:
    project.write(weather=HEAD + "    user: Hi\n    expect: {error: {kind: context_length}}")
    project.answer(ANSWERS["auth"])

    result = project.run("--pc-live")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "*auth (HTTP 401): no",
            "  the provider failed in a way that the case does not expect, so the contract was not judged",
        ]
    )


def test_a_wrong_key_leaves_the_old_recording_of_an_expected_error(project: Project) -> None:
    project.write(weather=HEAD + "    user: Hi\n    expect: {error: {kind: context_length}}")
    project.answer(provider_error(400, code="context_length_exceeded"))
    project.record()
    project.answer(ANSWERS["auth"])

    project.run("--pc-record=rewrite").assert_outcomes(errors=1)

    project.run().assert_outcomes(passed=1)


TEXT_OR = "{any_of: [{text: fine}, %s]}"


@pytest.mark.parametrize(
    ("expect", "kind", "wanted"),
    [
        # Declared by a pattern, or without a kind: every error is then one to be judged by the other fields.
        ("{error: {kind: {$any_of: [auth, permission]}}}", "permission", "passed"),
        ("{error: {kind: {$any_of: [auth, permission]}}}", "server", "error"),
        ("{error: {kind: {$not: auth}}}", "auth", "error"),
        ("{error: {kind: auth, status: 403}}", "auth", "failed"),
        ("{error: {status: 400}}", "auth", "failed"),
        ("{error: {outcome: surfaced}}", "auth", "passed"),
        ("{error: {kind: auth, outcome: recovered}}", "server", "error"),
        # In alternatives, as deep as they are nested.
        (TEXT_OR % "{error: {kind: quota}}", "quota", "passed"),
        (TEXT_OR % "{error: {kind: quota}}", "auth", "error"),
        (TEXT_OR % "{error: {kind: quota}}, {error: {kind: auth}}", "auth", "passed"),
        (TEXT_OR % "{error: {kind: quota}}, {error: {kind: auth, status: 400}}", "auth", "error"),
        (TEXT_OR % "{all_of: [{error: {kind: quota}}, {error: {status: 429}}]}", "server", "error"),
        (TEXT_OR % "{any_of: [{text: a}, {error: {kind: quota}}]}", "server", "error"),
        ("{all_of: [{error: {kind: quota}}]}", "auth", "error"),
        ("{error: {status: 401}, all_of: [{error: {kind: quota}}]}", "auth", "error"),
        # Beside an error that is declared by other fields, an alternative that names none can hold.
        ("{error: {status: 401}, any_of: [{error: {kind: quota}}, {requests: {$len: 1}}]}", "auth", "passed"),
        ("{all_of: {error: {status: 401}}, any_of: [{error: {kind: quota}}, {requests: []}]}", "auth", "failed"),
        ("{error: {status: 401}, any_of: [{error: {kind: quota}}]}", "auth", "error"),
        # The same within alternatives: wrapped, a contract says what it said.
        ("{any_of: {error: {status: 401}, any_of: [{error: {kind: quota}}]}}", "auth", "error"),
        ("{any_of: {error: {status: 401}, all_of: [{error: {kind: quota}}]}}", "auth", "error"),
        ("{any_of: {all_of: [{error: {status: 401}}, {error: {kind: quota}}]}}", "auth", "error"),
        ("{all_of: {any_of: {error: {status: 401}, any_of: [{error: {kind: quota}}]}}}", "auth", "error"),
        (TEXT_OR % "{error: {status: 401}, any_of: [{error: {kind: quota}}]}", "auth", "error"),
        (TEXT_OR % "{error: {status: 401}, any_of: [{error: {kind: quota}}, {requests: []}]}", "auth", "failed"),
        ("{any_of: {error: {status: 400}, any_of: [{error: {kind: quota}}]}}", "invalid_request", "failed"),
        # The kind is compared as the strings around it are.
        ("{error: {kind: Rate-Limit}, strings: loose}", "rate_limit", "passed"),
        ("{error: {kind: Rate-Limit, status: 400}, strings: loose}", "rate_limit", "failed"),
        ("{error: {kind: Rate-Limit}, strings: loose}", "auth", "error"),
        ("{strings: loose, all_of: {error: {kind: {$any_of: [Rate-Limit, AUTH]}}}}", "auth", "passed"),
        (TEXT_OR % "{error: {kind: AUTH}, strings: loose}", "auth", "passed"),
    ],
)
def test_a_declaration_says_by_its_kind_which_errors_are_judged(
    project: Project, expect: str, kind: str, wanted: str
) -> None:
    assert verdict(project, f"    user: Hi\n    expect: {expect}", ANSWERS[kind]) == wanted


@pytest.mark.parametrize(
    ("fault", "wanted"),
    [
        ("{status: 401}", "failed"),
        ("{connection: refused}", "failed"),
        ("{timeout: read}", "failed"),
        ("{status: 500, times: 1}", "error"),  # what surfaces after the retry is the provider's own error
        ("{status: 500, request: 2}", "error"),
    ],
)
def test_an_injected_fault_of_another_kind_is_a_broken_contract(project: Project, fault: str, wanted: str) -> None:
    case = f"    user: Hi\n    retry: {{attempts: 2}}\n    fault: {fault}\n    expect: {{error: {{kind: quota}}}}"

    assert verdict(project, case, ANSWERS["auth"]) == wanted


@pytest.mark.parametrize(
    ("expect", "wanted"),
    [
        ("{error: {outcome: recovered, kind: server}, text: fine}", "passed"),
        ("{error: {outcome: recovered, kind: rate_limit}, text: fine}", "error"),
        ("{error: {outcome: recovered, kind: server}, text: other}", "failed"),
        ("{error: {kind: rate_limit}}", "failed"),  # the error that should remain does not: the model answered
        ("{error: {kind: rate_limit, outcome: surfaced}}", "failed"),  # a default that is written out changes nothing
        ("{error: {kind: rate_limit, outcome: {$any_of: [surfaced, recovered]}}, text: fine}", "error"),
        ("{any_of: [{error: {outcome: recovered, kind: rate_limit}}, {text: fine}]}", "passed"),
        ("{any_of: [{error: {outcome: recovered, kind: rate_limit}}, {text: other}]}", "failed"),
        ("{text: fine}", "passed"),
    ],
)
def test_an_error_that_a_retry_got_over_counts_where_one_is_expected(
    project: Project, expect: str, wanted: str
) -> None:
    slow = Answer(status=500, headers=(("retry-after-ms", "1"),), body=b"{}")
    case = f"    user: Hi\n    retry: {{attempts: 2}}\n    expect: {expect}"

    assert verdict(project, case, slow, completion(text="fine")) == wanted


def test_an_injected_fault_that_is_got_over_and_is_another_one_is_a_broken_contract(project: Project) -> None:
    case = (
        "    user: Hi\n    retry: {attempts: 2}\n    fault: {status: 500, times: 1}\n"
        "    expect: {error: {outcome: recovered, kind: rate_limit}, text: fine}"
    )

    assert verdict(project, case, completion(text="fine")) == "failed"


TURNS = """
    turns:
      - user: one
        on_error: continue
        expect: {error: {kind: quota}}
      - user: two
        expect: {text: fine}
"""
LAST_TURN = """
    turns:
      - {user: one, expect: {error: {kind: quota}}}
"""


@pytest.mark.parametrize("turns", [TURNS, LAST_TURN])
@pytest.mark.parametrize(("kind", "wanted"), [("auth", "error"), ("content_filter", "failed"), ("quota", "passed")])
def test_a_turn_that_expects_another_error_gives_no_verdict(
    project: Project, kind: str, wanted: str, turns: str
) -> None:
    assert verdict(project, turns, ANSWERS[kind], completion(text="fine")) == wanted


def test_an_error_in_the_last_turn_is_held_against_what_the_whole_case_expects(project: Project) -> None:
    case = "    turns:\n      - {user: one, expect: {text: fine}}\n      - {user: two}\n    expect: {error: {kind: %s}}"

    assert verdict(project, case % "auth", completion(text="fine"), ANSWERS["auth"]) == "passed"
    assert verdict(project, case % "quota", completion(text="fine"), ANSWERS["auth"]) == "error"
    assert verdict(project, case % "quota", completion(text="fine"), ANSWERS["content_filter"]) == "failed"


def test_a_fault_in_one_turn_makes_no_failure_of_the_trouble_in_another(project: Project) -> None:
    case = """
    turns:
      - {user: one, on_error: continue, fault: {status: 401}}
      - {user: two}
    expect: {error: {kind: quota}}
    """

    assert verdict(project, case, ANSWERS["auth"]) == "error"


BOT = """
import json, os, sys, urllib.error, urllib.request
for line in sys.stdin:
    asked = json.loads(line)
    data = json.dumps({"model": asked["model"], "messages": asked["messages"]}).encode()
    base = os.environ["OPENAI_BASE_URL"]
    request = urllib.request.Request(base + "/chat/completions", data, {"content-type": "application/json"})
    try:
        urllib.request.urlopen(request, timeout=60).close()
    except OSError:
        if "--crash" in sys.argv:
            raise
    print(json.dumps("sorry"), flush=True)
"""


@pytest.mark.parametrize(
    ("more", "fault", "kind", "wanted"),
    [
        ("", "", "auth", "error"),
        ("", "", "content_filter", "failed"),
        ("", "", "quota", "passed"),
        ("", "fault: {status: 401}", "quota", "failed"),
        ("--crash", "", "auth", "error"),
        ("--crash", "", "quota", "failed"),  # the kind is the declared one, and it was not handled
    ],
)
def test_an_application_that_met_another_error_gives_no_verdict(
    project: Project, more: str, fault: str, kind: str, wanted: str
) -> None:
    (project.root / "bot.py").write_text(BOT, encoding="utf-8")
    command = json.dumps([sys.executable, "bot.py", *more.split()])
    case = f"    user: Hi\n    command: {command}\n    {fault}\n    expect: {{error: {{kind: quota, handled: true}}}}"

    assert verdict(project, case, ANSWERS[kind]) == wanted


def test_a_case_that_expects_an_error_of_the_application_and_meets_one_of_the_provider(project: Project) -> None:
    (project.root / "bot.py").write_text(BOT, encoding="utf-8")
    command = json.dumps([sys.executable, "bot.py", "--crash"])
    case = f"    user: Hi\n    command: {command}\n    expect: {{error: {{kind: application}}}}"

    assert verdict(project, case, ANSWERS["auth"]) == "error"
