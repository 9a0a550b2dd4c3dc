"""`prompt-contracts import openai-logs`: requests of a log become cases that nobody can take for finished ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from prompt_contracts.cases.foreign_yaml import read_foreign_yaml
from tests.cli.replies import Folder, body, line

KEY = "sk-" + "a1B2" * 8
HELLO: dict[str, Any] = {"model": "gpt-4.1-mini", "messages": [{"role": "user", "content": "Say hello."}]}
WALK: dict[str, Any] = {
    "type": "function",
    "function": {"name": "walk", "parameters": {"type": "object", "properties": {"to": {"type": "string"}}}},
}


def imported(folder: Folder, *lines: Any, options: tuple[str, ...] = ()) -> tuple[int, dict[str, Any], str]:
    """Exit code, the case file, and what was said; a text is a line as it is."""
    texts = [one if isinstance(one, str) else json.dumps(one) for one in lines]
    folder.write("log.jsonl", "".join(f"{one}\n" for one in texts))
    code, _, said = folder.run("import", "openai-logs", "log.jsonl", *options)
    path = folder.path / "cases/log.yaml"
    found: Any = read_foreign_yaml(path.read_text("utf-8")) if path.exists() else {}
    return code, found, said


FORMS = [
    HELLO,
    {"request": HELLO, "response": body("Hello")},
    {"request": {"method": "POST", "url": "/v1/chat/completions", "body": HELLO}, "response": {"body": body("Hello")}},
    {"request": json.loads(json.dumps(HELLO)), "response": json.dumps(body("Hello"))},
    {"request": {"body": json.dumps(HELLO)}, "response": None},
    {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": HELLO},
    {**body("Hello"), **HELLO},
    {**HELLO, "id": "chatcmpl-1", "object": "chat.completion", "created": 5},
    {"item": {"input": HELLO["messages"]}, "sample": {"model": "gpt-4.1-mini", "output_text": "Hello"}},
]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_line_is_the_same_request(folder: Folder, form: dict[str, Any]) -> None:
    code, file, said = imported(folder, form)

    assert code == 0, said
    assert file["models"] == ["openai:gpt-4.1-mini"]
    assert [(case["name"], case["user"]) for case in file["cases"]] == [("say_hello", "Say hello.")]
    assert folder.run("check", "cases", "--strict")[0] == 0


def test_a_case_that_nobody_finished_is_never_green(folder: Folder) -> None:
    imported(folder, HELLO)
    _, batch, _ = folder.run("batch", "cases", "--model", "openai:gpt-4.1-mini")
    custom_id = json.loads(batch)["custom_id"]
    answers = ["", "Hello", "to be written", None]

    judged = folder.judge(
        *(
            line(f"{custom_id}#{number}", response={"status_code": 200, "body": body(text)})
            for number, text in enumerate(answers, start=1)
        ),
        line(f"{custom_id}#9", response={"status_code": 200, "body": body(calls=(("walk", {}),))}),
        line(f"{custom_id}#10", response={"status_code": 500, "body": {}}),
    )

    assert judged.verdicts == ["failed"] * 5 + ["error"]


def test_the_same_request_is_one_case_for_all_models_that_it_was_sent_to(folder: Folder) -> None:
    _, file, said = imported(folder, HELLO, {**HELLO, "model": "gpt-4.1"}, HELLO, {**HELLO, "temperature": 0})

    [first, second] = file["cases"]

    assert first["models"] == ["openai:gpt-4.1-mini", "openai:gpt-4.1"]
    assert (second["name"], second["request"]) == ("say_hello_2", {"temperature": 0})
    assert "2 cases of 4 requests" in said
    assert "asked 3 times" in (folder.path / "cases/log.yaml").read_text("utf-8")


def test_fine_tuning_data_holds_the_answer_as_its_last_message(folder: Folder) -> None:
    messages = [{"role": "system", "content": "Be brief."}, *HELLO["messages"], {"role": "assistant", "content": "Hi"}]

    _, file, _ = imported(folder, {"messages": messages})

    [case] = file["cases"]
    assert (case["system"], case["user"]) == ("Be brief.", "Say hello.")
    assert "models" not in file
    assert "answered: Hi" in (folder.path / "cases/log.yaml").read_text("utf-8")


def test_tools_lie_in_files_and_each_once(folder: Folder) -> None:
    other = {"type": "function", "function": {"name": "walk", "description": "another one"}}
    bare = {**WALK["function"], "type": "function"}

    _, file, said = imported(
        folder,
        {**HELLO, "tools": [WALK]},
        {**HELLO, "seed": 1, "tools": [bare]},
        {**HELLO, "seed": 2, "functions": [WALK["function"]], "function_call": {"name": "walk"}},
        {**HELLO, "seed": 3, "tools": [other]},
    )

    assert file["tools"] == {"walk": {"$include": "tools/walk.json"}}
    assert [case["tools"] for case in file["cases"]] == [["walk"]] * 3 + [[{"$include": "tools/walk_2.json"}]]
    assert file["cases"][2]["request"]["tool_choice"] == {"type": "function", "function": {"name": "walk"}}
    assert json.loads((folder.path / "cases/tools/walk.json").read_text("utf-8")) == WALK
    assert "2 tool files" in said
    assert folder.run("check", "cases", "--strict")[0] == 0


def test_responses_become_messages_and_keep_their_parameters(folder: Folder) -> None:
    request = {
        "model": "gpt-5-mini",
        "instructions": "Be brief.",
        "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "Walk to Oslo."}]},
            {"type": "reasoning", "id": "r", "summary": []},
            {"type": "function_call", "call_id": "c1", "name": "walk", "arguments": '{"to": "Oslo"}'},
            {"type": "function_call", "call_id": "c2", "name": "walk", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c1", "output": "there"},
            {"type": "function_call_output", "call_id": "c2", "output": "lost"},
        ],
        "tools": [{**WALK["function"], "type": "function"}],
        "max_output_tokens": 50,
    }

    _, file, _ = imported(folder, request)

    [case] = file["cases"]
    assert case["endpoint"] == "responses"
    assert [message["role"] for message in case["messages"]] == ["user", "assistant", "tool", "tool"]
    assert len(case["messages"][1]["tool_calls"]) == 2
    assert case["request"] == {"instructions": "Be brief.", "max_output_tokens": 50}
    assert folder.run("check", "cases")[0] == 0


def test_braces_in_a_log_are_sent_as_they_were(folder: Folder) -> None:
    _, file, _ = imported(folder, {**HELLO, "messages": [{"role": "user", "content": "What is {{ x }} and {% y %}?"}]})
    _, batch, _ = folder.run("batch", "cases", "--model", "openai:gpt-4.1-mini")

    assert file["cases"][0]["templates"] is False
    assert json.loads(batch)["body"]["messages"][0]["content"] == "What is {{ x }} and {% y %}?"
    assert folder.run("check", "cases", "--strict")[0] == 0


SECRETS = [
    f"use {KEY} please",
    f"Authorization: Bearer {'a1' * 20}",
    "-----BEGIN RSA PRIVATE KEY-----\nTop1Secret2Body3\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\nTop1Secret2Body3",
    "token abcdefgh12345.eyJhbGciOiJIUzI1NiJ9abc.Top1Secret2Body3",
    "house-token-0123456789",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_secrets_are_masked_wherever_they_stand(folder: Folder, secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOUSE_TOKEN", "house-token-0123456789")
    tool = {"type": "function", "function": {"name": "walk", "description": secret}}
    request = {**HELLO, "messages": [{"role": "user", "content": secret}], "tools": [tool], "metadata": {"a": secret}}

    code, _, said = imported(folder, {"request": request, "response": body(secret)})

    written = "".join(path.read_text("utf-8") for path in (folder.path / "cases").rglob("*") if path.is_file())
    assert code == 0, said
    assert "secrets masked" in said
    for part in (KEY, "a1" * 20, "Top1Secret2Body3", "house-token-0123456789"):
        assert part not in written + said


UNREADABLE = [
    ("not json", "no JSON"),
    ("5", "no JSON object"),
    ("{}", "holds no request"),
    (body("Hello"), "without the request"),
    ({"messages": []}, "asks nothing"),
    ({"messages": "x"}, "no list of messages"),
    ({**HELLO, "tools": [{"type": "web_search"}]}, "no function"),
    ({"model": "a", "input": [{"type": "computer_call"}]}, "computer_call"),
    ({"model": "a", "input": 5}, "neither text nor a list"),
    ({**HELLO, "messages": [{"role": "function", "name": "f", "content": "x"}]}, "older form"),
    ({**HELLO, "messages": [{"role": "user", "content": "x" * 70_000}]}, "longer than 64 kB"),
    ({**HELLO, "messages": [{"role": "user", "content": "x" * 5_000_001}]}, "longer than 5 MB"),
    ("[" * 200_000, "no JSON"),
    ({**HELLO, "messages": [{"role": "wizard", "content": "x"}]}, "no message"),
    ({"request": {"body": "no json"}, "response": None}, "no JSON"),
]


def test_what_a_name_says_to_be_secret_is_masked_and_options_of_a_client_are_left_out(folder: Folder) -> None:
    asked = {
        **HELLO,
        "metadata": {"api_key": "plain-secret", "team": "search"},
        "prompt_cache_key": "greetings",
        "extra_headers": {"Authorization": "Bearer plain-secret"},
        "extra_body": {"mine": 1, "auth": {"password": "plain-secret"}},
        "timeout": 5,
        "theirs": 2,
    }

    _, file, _ = imported(folder, asked)

    (case,) = file["cases"]
    assert case["request"] == {
        "metadata": {"api_key": "[masked]", "team": "search"},
        "prompt_cache_key": "greetings",
        "extra_body": {"theirs": 2, "mine": 1, "auth": {"password": "[masked]"}},
    }
    text = (folder.path / "cases/log.yaml").read_text("utf-8")
    assert "plain-secret" not in text
    assert "# left out, for a client takes it and no request: extra_headers, timeout\n" in text


def test_a_request_for_embeddings_is_no_case(folder: Folder) -> None:
    line = {"custom_id": "a", "method": "POST", "url": "/v1/embeddings", "body": {"model": "e", "input": "x"}}

    code, file, said = imported(folder, line, HELLO)

    assert (code, len(file["cases"])) == (1, 1)
    assert 'line 1: it asks "/v1/embeddings", which is neither Chat Completions nor Responses' in said


def test_a_case_that_is_refused_is_told_once_and_by_its_own_reason(folder: Folder) -> None:
    picture = {"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}

    _, file, said = imported(folder, {**HELLO, "messages": [{"role": "user", "content": [picture]}]}, HELLO)

    assert len(file["cases"]) == 1
    assert said.count("PC116") == 1
    assert "case request_1 is refused here: PC116 " in said


@pytest.mark.parametrize(("written", "reason"), UNREADABLE, ids=[row[1] for row in UNREADABLE])
def test_a_line_that_is_no_request_is_told_and_the_others_are_taken(folder: Folder, written: Any, reason: str) -> None:
    code, file, said = imported(folder, HELLO, written)

    assert code == 1
    assert reason in said
    assert [case["name"] for case in file["cases"]] == ["say_hello"]
    assert folder.run("check", "cases", "--strict")[0] == 0


def test_a_log_without_requests_writes_nothing(folder: Folder) -> None:
    code, file, said = imported(folder, "{}")

    assert (code, file) == (1, {})
    assert "nothing is written" in said


def test_no_more_cases_are_made_than_are_wanted(folder: Folder) -> None:
    many = [{**HELLO, "seed": number} for number in range(8)]

    code, file, said = imported(folder, *many, options=("--limit", "3"))

    assert (code, len(file["cases"])) == (1, 3)
    assert "5 requests beyond the first 3" in said


def test_models_are_those_of_the_provider_that_is_named(folder: Folder) -> None:
    _, file, _ = imported(folder, HELLO, options=("--provider", "groq"))
    (folder.path / "cases/log.yaml").unlink()
    code, _, said = imported(folder, HELLO, options=("--provider", "grok"))

    assert file["models"] == ["groq:gpt-4.1-mini"]
    assert (code, "did you mean 'groq'?" in said) == (2, True)


def test_files_that_are_there_are_kept_and_all_or_nothing_is_written(folder: Folder) -> None:
    folder.write("cases/tools/walk.json", "mine\n")

    code, file, said = imported(folder, {**HELLO, "tools": [WALK]})
    forced, anew, _ = imported(folder, {**HELLO, "tools": [WALK]}, options=("--force",))
    (folder.path / "cases/log.yaml").unlink()
    again, _, _ = imported(folder, {**HELLO, "tools": [WALK]})

    assert (code, file) == (2, {})
    assert "walk.json is there already" in said
    assert (forced, len(anew["cases"])) == (0, 1)
    assert again == 0


def test_a_hostile_log_cannot_name_files_or_speak_to_the_terminal(folder: Folder) -> None:
    tool = {"type": "function", "function": {"name": "../../evil\u001b[2J"}}
    content = "\u001b]0;t\u0007 \u202e../../etc/passwd \ud83d\ude00"

    _, file, said = imported(
        folder, {"request": {**HELLO, "messages": [{"role": "user", "content": content}], "tools": [tool]}}, "{}"
    )

    text = "".join(path.read_text("utf-8") for path in (folder.path / "cases").rglob("*.yaml"))
    assert not set(text + said) & {"\x1b", "\x07", "\u202e"}
    assert sorted(path.name for path in folder.path.iterdir()) in (["log.jsonl"], ["cases", "log.jsonl"])
    assert not list(folder.path.parent.glob("evil*"))
    assert file == {} or file["cases"]


def test_a_file_that_cannot_be_read_is_a_wrong_call(folder: Folder) -> None:
    Path("folder").mkdir()

    assert folder.run("import", "openai-logs", "nowhere.jsonl")[0] == 2
    assert folder.run("import", "openai-logs", "folder")[0] == 2
