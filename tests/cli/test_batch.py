"""`prompt-contracts batch`: requests for a Batch API, whose answers `judge` takes as they come back."""

from __future__ import annotations

import json
from textwrap import indent
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cli.replies import WEATHER, Folder, reply

MODEL = "openai:gpt-5-mini"


def requests(folder: Folder, *options: str) -> tuple[int, list[dict[str, Any]]]:
    """Exit code and lines."""
    code, out, _ = folder.run("batch", "cases", "--model", MODEL, *options)
    return code, [json.loads(line) for line in out.splitlines()]


def test_a_line_is_a_request_in_the_form_of_the_batch_api(cases: Folder) -> None:
    code, lines = requests(cases)

    assert (code, len(lines)) == (0, 3)
    assert lines[2] == {
        "custom_id": "cases/weather.yaml::greets[openai:gpt-5-mini]",
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {"model": "gpt-5-mini", "messages": [{"role": "user", "content": "Say hello."}]},
    }


def test_each_trial_is_a_request_of_its_own_with_its_own_seed(folder: Folder) -> None:
    folder.write("cases/weather.yaml", WEATHER + "    trials: 2\n    request: {seed: 7}\n")

    _, lines = requests(folder)

    assert [line["custom_id"].partition("]")[2] for line in lines[2:]] == ["#1", "#2"]
    assert [line["body"]["seed"] for line in lines[2:]] == [7, 8]


def test_the_model_that_is_given_replaces_those_of_the_cases(folder: Folder) -> None:
    folder.write("cases/weather.yaml", WEATHER + "    models: [mistral:a, groq:b]\n")

    _, lines = requests(folder)

    assert [line["body"]["model"] for line in lines] == ["gpt-5-mini"] * 3


def test_a_skipped_case_is_left_out(folder: Folder) -> None:
    folder.write("cases/weather.yaml", WEATHER + "    skip: later\n")

    code, out, said = folder.run("batch", "cases", "--model", MODEL)

    assert (code, len(out.splitlines())) == (0, 2)
    assert said == "2 requests of 2 cells · 1 cell skipped\n"


def test_nothing_is_written_while_a_case_is_broken(folder: Folder) -> None:
    folder.write("cases/weather.yaml", WEATHER + "  - name: broken\n    user: Hi\n    expcet: {text: a}\n")

    code, out, said = folder.run("batch", "cases", "--model", MODEL, "--out", "requests.jsonl")

    assert (code, out) == (1, "")
    assert "PC101" in said
    assert not (folder.path / "requests.jsonl").exists()


def test_nothing_is_written_that_holds_a_key(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOUSE_TOKEN", "very-secret-0123456789")
    folder.write("cases/weather.yaml", WEATHER.replace("Say hello.", '"Say {{ env.HOUSE_TOKEN }}."'))

    code, out, said = folder.run("batch", "cases", "--model", MODEL)

    assert (code, out) == (1, "")
    assert "PC203" in said


def test_a_batch_asks_for_no_streams_and_says_so(folder: Folder) -> None:
    request = "    request: {stream: true, stream_options: {include_usage: true}, seed: 1}\n"
    folder.write("cases/weather.yaml", WEATHER + request)

    code, out, said = folder.run("batch", "cases", "--model", MODEL)

    body = json.loads(out.splitlines()[-1])["body"]
    assert (code, body) == (
        0,
        {"model": "gpt-5-mini", "messages": [{"role": "user", "content": "Say hello."}], "seed": 1},
    )
    assert said.startswith("'stream' of 1 cell is left out: a batch brings every answer in one piece\n")


def test_requests_for_two_endpoints_are_no_batch_and_it_says_so(folder: Folder) -> None:
    folder.write("cases/weather.yaml", WEATHER + "    endpoint: responses\n")

    code, out, said = folder.run("batch", "cases", "--model", MODEL)

    assert (code, len(out.splitlines())) == (0, 3)
    assert said.startswith(
        "warning: a batch takes requests for one endpoint only, and these are "
        "2 for /v1/chat/completions and 1 for /v1/responses: split the file\n"
    )


def test_a_provider_that_nobody_knows_is_refused_by_the_name_of_the_option(cases: Folder) -> None:
    code, _, said = cases.run("batch", "cases", "--model", "opnai:x")

    assert (code, said) == (
        2,
        "prompt-contracts batch: PC123 --model: unknown provider 'opnai': did you mean 'openai'?\n",
    )


def test_requests_go_to_a_file_where_one_is_named(cases: Folder) -> None:
    cases.run("batch", "cases", "--model", MODEL, "--out", "requests.jsonl")

    assert len((cases.path / "requests.jsonl").read_text("utf-8").splitlines()) == 3


@st.composite
def case_files(draw: st.DrawFn) -> str:
    """Case files with names, rows, models and trials in all mixtures."""
    names = draw(
        st.lists(
            st.from_regex(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,6}", fullmatch=True),
            min_size=1,
            max_size=4,
            unique_by=str.casefold,
        )
    )
    return "version: 1\ncases:\n" + "".join(indent(draw(cases_named(name)), "  ") for name in names)


@st.composite
def cases_named(draw: st.DrawFn, name: str) -> str:
    """One case."""
    lines = [f"- name: {json.dumps(name)}", "  user: Hi", "  expect: {text: hello}"]
    rows = draw(
        st.lists(st.from_regex(r"[a-z0-9_-]([a-z0-9_.-]{0,4}[a-z0-9])?", fullmatch=True), max_size=3, unique=True)
    )
    if rows:
        lines.append(f"  rows: [{', '.join(f'{{id: {json.dumps(row)}}}' for row in rows)}]")
    if draw(st.booleans()):
        lines.append("  models: [mistral:small, openai:gpt-5-mini]")
    lines.append(f"  trials: {draw(st.integers(1, 3))}")
    return "\n".join([*lines, ""])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=case_files(), model=st.sampled_from([MODEL, "mistral:small", "ollama:qwen3:8b", "together:a/b-c"]))
def test_what_batch_asks_judge_can_judge(folder: Folder, text: str, model: str) -> None:
    folder.write("cases/weather.yaml", text)
    _, out, _ = folder.run("batch", "cases", "--model", model)
    ids = [json.loads(line)["custom_id"] for line in out.splitlines()]

    judged = folder.judge(*(reply(custom_id, "hello") for custom_id in ids))

    assert ids
    assert [(one["custom_id"], one["model"], one["verdict"]) for one in judged.lines] == [
        (custom_id, model, "passed") for custom_id in ids
    ]
    assert judged.code == 0
