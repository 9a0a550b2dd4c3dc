"""What an application must not get away with: nothing turns green because of something that nobody looked at."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from tests.plugin.project import Project, completion
from tests.transport.loopback import Answer, Asked

HEAD = """
version: 1
models: [house:small]
cases:
"""

ASK = """
import json, os, sys, urllib.request

def post(base, path, body):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(base + path, data=data, headers={"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=5) as response:
        return json.load(response)

def chat(base, messages, model="small"):
    answer = post(base, "/chat/completions", {"model": model, "messages": messages})
    return answer["choices"][0]["message"]["content"]
"""


def echo(asked: Asked) -> Answer:
    """Repeats what the user said last."""
    messages: list[dict[str, Any]] = json.loads(asked.body).get("messages") or [{"content": ""}]
    return completion(text=str(messages[-1]["content"]))


def program(lines: str) -> str:
    return ASK + f"\nfor line in sys.stdin:\n    messages = json.loads(line)['messages']\n    {lines.strip()}\n"


def command(*arguments: str) -> str:
    return json.dumps([sys.executable, "bot.py", *arguments])


def test_a_handler_is_not_imported_before_its_case_runs(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "https://api.openai.example/v1")
    source = (
        "import os\nADDRESS = os.environ['OPENAI_BASE_URL']\ndef reply(asked):\n    return ADDRESS == asked.base_url\n"
    )
    (project.root / "eager.py").write_text(source)
    project.write(
        weather=HEAD + "  - {name: a, user: Hi, handler: 'eager:reply', expect: {json: true, requests: []}}\n"
    )

    project.run().assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("handler", "words"),
    [
        ("lazy:answer", "module 'lazy' has no 'answer'"),
        ("lazy.sub:reply", "no module named 'lazy.sub'"),
        ("nowhere:reply", "no module named 'nowhere'"),
        ("broken:reply", "SyntaxError"),
    ],
)
def test_a_handler_that_is_not_there_is_told_at_load(project: Project, handler: str, words: str) -> None:
    (project.root / "lazy.py").write_text("def reply(asked):\n    return 'fine'\n")
    (project.root / "broken.py").write_text("def reply(asked:\n")
    project.write(weather=HEAD + f"  - {{name: a, user: Hi, handler: '{handler}', expect: {{text: fine}}}}\n")

    result = project.run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"*PC120 '{handler}' cannot be imported: {words}*"])


AFTER = """
print(json.dumps(chat(os.environ['OPENAI_BASE_URL'], messages)), flush=True)
    try: chat(os.environ['OPENAI_BASE_URL'], [{'role': 'user', 'content': sys.argv[1]}])
    except OSError: pass
"""


def test_a_request_after_the_last_reply_counts_like_the_others(project: Project) -> None:
    (project.root / "bot.py").write_text(program(AFTER))
    expect = "{text: Hi, requests: {$len: 2}, usage: {prompt_tokens: 40}, cost: {$approx: 0.00006}}"
    project.write(weather=HEAD + f"  - {{name: a, user: Hi, command: {command('bye')}, expect: {expect}}}\n")
    project.answer(echo)

    project.record()

    project.run().assert_outcomes(passed=1)


def test_a_request_after_the_last_reply_that_nobody_recorded_is_an_error(project: Project) -> None:
    (project.root / "bot.py").write_text(program(AFTER))
    case = "  - {name: a, user: Hi, command: %s, expect: {text: Hi}}\n"
    project.write(weather=HEAD + case % command("bye"))
    project.answer(echo)
    project.record()

    project.write(weather=HEAD + case % command("another word"))
    result = project.run()

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*PC202 the request is not the one recorded*"])


def test_a_second_line_after_the_last_reply_is_an_error(project: Project) -> None:
    (project.root / "bot.py").write_text(program("print('\"fine\"'); print('\"and more\"', flush=True)"))
    project.write(weather=HEAD + f"  - {{name: a, user: Hi, command: {command()}, expect: {{text: fine}}}}\n")

    result = project.run()

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(['*wrote more than one line for one turn: `"and more"`*'])


HIDES = """
def reply(asked):
    try:
        text = chat(asked.base_url, asked.messages)
    except OSError:
        text = "sorry"
    post(asked.base_url, "/embeddings", {"model": "vectors", "input": text})
    return text
"""


def test_a_later_request_that_asks_no_model_hides_no_error(project: Project) -> None:
    (project.root / "hides.py").write_text(ASK + HIDES)
    fault = "fault: {status: 400, request: 1}"
    project.write(
        weather=HEAD + f"  - {{name: a, user: Hi, handler: 'hides:reply', {fault}, expect: {{text: sorry}}}}\n"
    )
    project.answer(echo)

    result = project.run("--pc-live")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*invalid_request (HTTP 400)*"])


UPLOADS = """
def reply(asked):
    try:
        return post(asked.base_url, "/audio/transcriptions", b"--x--")
    except OSError:
        return "sorry"
"""


def test_a_request_that_no_recording_can_hold_is_an_error_whatever_the_application_says(project: Project) -> None:
    (project.root / "uploads.py").write_text(ASK + UPLOADS)
    project.write(weather=HEAD + "  - {name: a, user: Hi, handler: 'uploads:reply', expect: {text: sorry}}\n")

    result = project.run()

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*asked POST /audio/transcriptions with a body that is not JSON*"])


BROKEN = """
import urllib.request
def reply(asked):
    text = chat(asked.base_url, asked.messages)
    headers = {"content-encoding": "gzip", "content-type": "application/json"}
    request = urllib.request.Request(asked.base_url + "/chat/completions", data=b"\\x1f\\x8bno", headers=headers)
    try:
        urllib.request.urlopen(request, timeout=5)
    except OSError:
        return text
"""


def test_a_request_whose_body_cannot_be_read_is_an_error_whatever_the_application_says(project: Project) -> None:
    (project.root / "broken_body.py").write_text(ASK + BROKEN)
    project.write(weather=HEAD + "  - {name: a, user: Hi, handler: 'broken_body:reply', expect: {text: Hi}}\n")
    project.answer(echo)

    result = project.run("--pc-live")

    result.assert_outcomes(errors=1)
    words = "*asked POST /v1/chat/completions, which was refused: the body is compressed*"
    result.stdout.fnmatch_lines([words])


@pytest.mark.parametrize(
    ("case", "got"),
    [
        ("handler: 'silent:reply', fault: {status: 503}, expect: {text: sorry, requests: []}", "no request"),
        ("fault: {status: 503, request: 2}, expect: {text: sorry}", "1 sent, and the fault held for none of them"),
    ],
)
def test_a_fault_that_held_for_no_request_fails_the_case(project: Project, case: str, got: str) -> None:
    (project.root / "silent.py").write_text("def reply(asked):\n    return 'sorry'\n")
    project.write(weather=HEAD + f"  - {{name: a, user: Hi, {case}}}\n")
    project.answer(completion(text="sorry"))

    result = project.run("--pc-live")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"*fault: expected a request that the fault holds for, got {got}*"])


def test_a_fault_of_the_whole_case_may_hold_in_one_turn_only(project: Project) -> None:
    lines = """
  - name: a
    fault: {status: 400, request: 2}
    turns:
      - {user: one, expect: {text: one}}
      - {user: two, on_error: continue, expect: {error: {status: 400}}}
      - {user: three, expect: {text: three}}
"""
    project.write(weather=HEAD + lines)
    project.answer(echo)

    project.run("--pc-live").assert_outcomes(passed=1)


def test_another_model_than_the_cells_own_is_not_priced_like_it(project: Project) -> None:
    source = (
        ASK + "\ndef reply(asked):\n    chat(asked.base_url, asked.messages)\n"
        "    return chat(asked.base_url, asked.messages, 'large')\n"
    )
    (project.root / "larger.py").write_text(source)
    project.write(weather=HEAD + "  - {name: a, user: Hi, handler: 'larger:reply', expect: {text: Hi}}\n")
    project.answer(echo)

    report = project.report("--pc-live")

    assert [trial["cost_usd"] for trial in report["results"][0]["trials"]] == [None]


def test_a_simulated_tool_that_ends_the_process_fails_its_case_only(project: Project) -> None:
    (project.root / "leaving.py").write_text("import sys\ndef result(arguments):\n    sys.exit(3)\n")
    tool = "{name: ask, parameters: {type: object, properties: {}}}"
    case = (
        f"user: Hi, tools: [{tool}], tool_results: {{ask: {{$call: 'leaving:result'}}}}, expect: {{tool_calls: some}}"
    )
    project.write(weather=HEAD + f"  - {{name: a, {case}}}\n")
    project.answer(completion(calls=(("ask", {}),)))

    result = project.run("--pc-live")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*expected a result of leaving:result, got SystemExit: 3*"])


def test_a_send_without_a_response_leaves_the_cost_unknown_in_replay_too(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write(weather=HEAD + "  - {name: a, user: Hi, expect: {text: Hi}}\n")
    broken = [Answer(promised=100, body=b"{")]
    project.answer(lambda asked: broken.pop() if broken else echo(asked))
    monkeypatch.setenv("PROMPT_CONTRACTS_MAX_RETRIES", "1")
    project.record()

    report = project.report()

    assert [trial["cost_usd"] for trial in report["results"][0]["trials"]] == [None]


FALLS_BACK = """
def reply(asked):
    try:
        return chat(asked.base_url, asked.messages)
    except OSError:
        return "sorry"
"""


@pytest.mark.parametrize("said", ["Hi", "Hello"])
def test_a_fallback_turns_no_missing_or_stale_recording_green(project: Project, said: str) -> None:
    (project.root / "falls_back.py").write_text(ASK + FALLS_BACK)
    case = "  - {name: a, user: %s, handler: 'falls_back:reply', expect: {any_of: [{text: Hi}, {text: sorry}]}}\n"
    project.write(weather=HEAD + case % "Hi")
    project.answer(echo)
    project.record()
    (recording,) = project.root.glob("cassettes/**/*.yaml")
    if said == "Hi":
        recording.unlink()

    project.write(weather=HEAD + case % said)

    project.run().assert_outcomes(errors=1)


def test_a_fault_of_one_turn_that_was_met_excuses_no_other(project: Project) -> None:
    lines = """
  - name: a
    turns:
      - {user: one, fault: {status: 400}, on_error: continue, expect: {error: {status: 400}}}
      - {user: two, fault: {status: 503, request: 9}, expect: {text: two}}
"""
    project.write(weather=HEAD + lines)
    project.answer(echo)

    project.run("--pc-live").assert_outcomes(failed=1)


def test_an_application_that_cuts_its_address_short_is_served(project: Project) -> None:
    lines = """
    text = chat(os.environ['OPENAI_BASE_URL'].removesuffix('/v1'), messages)
    print(json.dumps(text), flush=True)
    """
    (project.root / "bot.py").write_text(program(lines))
    project.write(weather=HEAD + f"  - {{name: a, user: Hi, command: {command()}, expect: {{text: Hi}}}}\n")
    project.answer(echo)

    project.run("--pc-live").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/hello", "*asked POST /hello/chat/completions, which is no path of OpenAI's API*"),
        ("/api", "*asked POST /api/chat/completions, which is Ollama's own API and is not spoken here*"),
    ],
)
def test_an_application_that_leaves_the_api_is_no_verdict(project: Project, path: str, words: str) -> None:
    lines = f"""
    try:
        text = chat(os.environ['OPENAI_BASE_URL'].removesuffix('/v1') + {path!r}, messages)
    except OSError:
        text = 'sorry'
    print(json.dumps(text), flush=True)
    """
    (project.root / "bot.py").write_text(program(lines))
    project.write(weather=HEAD + f"  - {{name: a, user: Hi, command: {command()}, expect: {{text: sorry}}}}\n")
    project.answer(echo)

    result = project.run("--pc-live")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([words])


ASKED_NOTHING = "*answered without asking its model: a cache, or another address?*write 'requests: []' under 'expect'*"


@pytest.mark.parametrize("options", [(), ("--pc-record=once",), ("--pc-live",)])
@pytest.mark.parametrize("kind", ["command", "handler"])
def test_an_application_that_asks_nothing_is_no_verdict(project: Project, kind: str, options: tuple[str, ...]) -> None:
    (project.root / "bot.py").write_text(program("print(json.dumps('fine'), flush=True)"))
    (project.root / "cached.py").write_text("def reply(asked):\n    return 'fine'\n")
    application = f"command: {command()}" if kind == "command" else "handler: 'cached:reply'"
    project.write(weather=HEAD + f"  - {{name: a, user: Hi, {application}, expect: {{text: fine}}}}\n")
    project.answer(echo)

    result = project.run(*options)

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([ASKED_NOTHING])


@pytest.mark.parametrize(
    "expected", ["{error: {kind: application}}", "{not: {text: other}}", "{any_of: [{text: fine}]}"]
)
def test_no_expectation_but_that_of_requests_makes_up_for_them(project: Project, expected: str) -> None:
    (project.root / "cached.py").write_text("def reply(asked):\n    return 'fine'\n")
    project.write(weather=HEAD + f"  - {{name: a, user: Hi, handler: 'cached:reply', expect: {expected}}}\n")

    project.run().assert_outcomes(errors=1)


@pytest.mark.parametrize(
    "expected", ["{requests: []}", "{any_of: [{requests: [], text: fine}]}", "{all_of: [{not: {requests: {$len: 1}}}]}"]
)
def test_a_case_that_speaks_of_requests_may_have_none(project: Project, expected: str) -> None:
    (project.root / "cached.py").write_text("def reply(asked):\n    return 'fine'\n")
    project.write(weather=HEAD + f"  - {{name: a, user: Hi, handler: 'cached:reply', expect: {expected}}}\n")

    project.run().assert_outcomes(passed=1)


@pytest.mark.parametrize(("asks_in", "outcome"), [("one", "passed"), ("never", "errors"), ("requests", "passed")])
def test_one_request_in_any_turn_is_enough(project: Project, asks_in: str, outcome: str) -> None:
    lines = f"""
    text = messages[-1]['content']
    if text == {asks_in!r}:
        text = chat(os.environ['OPENAI_BASE_URL'], messages)
    print(json.dumps(text), flush=True)
    """
    (project.root / "bot.py").write_text(program(lines))
    expected = "{requests: [], text: one}" if asks_in == "requests" else "{text: one}"
    turns = f"[{{user: one, expect: {expected}}}, {{user: two, expect: {{text: two}}}}]"
    project.write(weather=HEAD + f"  - {{name: a, command: {command()}, turns: {turns}}}\n")
    project.answer(echo)

    project.run("--pc-live").assert_outcomes(**{outcome: 1})


def test_an_application_that_fails_before_it_asks_is_told_its_own_failure(project: Project) -> None:
    (project.root / "bot.py").write_text(program("sys.exit(3)"))
    expected = "{error: {kind: application, code: exited}}"
    project.write(weather=HEAD + f"  - {{name: a, user: Hi, command: {command()}, expect: {expected}}}\n")

    project.run().assert_outcomes(passed=1)


def test_an_application_that_asks_nothing_may_be_held_to_it(project: Project) -> None:
    (project.root / "bot.py").write_text(program("print(json.dumps('fine'), flush=True)"))
    expected = "{text: fine, requests: [], tool_calls: none, usage: {total_tokens: 0}}"
    project.write(weather=HEAD + f"  - {{name: a, user: Hi, command: {command()}, expect: {expected}}}\n")

    project.run().assert_outcomes(passed=1)
