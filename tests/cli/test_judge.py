"""`prompt-contracts judge`: which reply belongs to which cell, what it is worth, and what the run says at the end."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.replies import WEATHER, Folder, body, line, reply, weather

OSLO = "cases/weather.yaml::picks_weather[oslo]"
LIMA = "cases/weather.yaml::picks_weather[lima]"
GREETS = "cases/weather.yaml::greets"
RIGHT = (weather(OSLO, "Oslo"), weather(LIMA, "Lima"), reply(GREETS, "hello"))


def test_replies_that_hold_pass(cases: Folder) -> None:
    judged = cases.judge(*RIGHT)

    assert (judged.code, judged.verdicts) == (0, ["passed"] * 3)
    assert judged.said == "3 replies: 3 passed, 0 failed, 0 errors\n"


def test_a_verdict_line_says_what_was_expected_what_came_and_where_it_stands(cases: Folder) -> None:
    judged = cases.judge(weather(OSLO, "Lima"))

    assert judged.code == 1
    assert judged.lines == [
        {
            "custom_id": OSLO,
            "case": "picks_weather",
            "model": None,
            "verdict": "failed",
            "failures": [
                {
                    "code": "tool_calls.arguments",
                    "path": "tool_calls[0].arguments.city",
                    "expected": '"Oslo"',
                    "got": '"Lima"',
                    "message": "",
                    "location": "cases/weather.yaml:9",
                }
            ],
        }
    ]


def test_verdicts_come_in_the_order_of_the_replies(cases: Folder) -> None:
    judged = cases.judge(*reversed(RIGHT))

    assert [one["custom_id"] for one in judged.lines] == [GREETS, LIMA, OSLO]


def test_each_row_is_judged_by_its_own_values(cases: Folder) -> None:
    judged = cases.judge(weather(OSLO, "Oslo"), weather(LIMA, "Oslo"))

    assert judged.verdicts == ["passed", "failed"]


def test_a_bare_id_of_a_case_with_rows_is_an_error_that_names_a_row(cases: Folder) -> None:
    judged = cases.judge(weather("cases/weather.yaml::picks_weather", "Oslo"))

    assert judged.failure_codes == [["reply.row_missing"]]
    assert "such as cases/weather.yaml::picks_weather[oslo]" in judged.said


# Models


@pytest.mark.parametrize("variant", ["", "[openai:gpt-5-mini]", "[ollama:qwen3:8b]"])
def test_a_case_without_models_takes_a_reply_of_any_model_or_of_none(cases: Folder, variant: str) -> None:
    judged = cases.judge(reply(f"{GREETS}{variant}", "hello"))

    assert judged.verdicts == ["passed"]
    assert judged.lines[0]["model"] == (variant.strip("[]") or None)


def test_a_model_stands_behind_the_row(cases: Folder) -> None:
    judged = cases.judge(weather("cases/weather.yaml::picks_weather[oslo-openai:gpt-5-mini]", "Oslo"))

    assert (judged.verdicts, judged.lines[0]["model"]) == (["passed"], "openai:gpt-5-mini")


def test_a_provider_that_nobody_knows_makes_an_unknown_id(cases: Folder) -> None:
    judged = cases.judge(reply(f"{GREETS}[opnai:gpt-5-mini]", "hello"))

    assert judged.failure_codes == [["reply.unknown_id"]]
    assert "[opnai:gpt-5-mini] is neither a row of the case, nor a model of a known provider" in judged.said


def with_models(extra: str = "") -> str:
    return f"""
        version: 1
        models: [openai:a, mistral:b]
        cases:
          - name: greets
            user: Say hello.
            expect: {{text: hello}}
            {extra}
        """


@pytest.mark.parametrize("variant", ["", "[openai:a]", "[mistral:b]", "[groq:other]"])
def test_a_case_with_models_takes_replies_of_them_of_others_and_of_none(folder: Folder, variant: str) -> None:
    folder.write("cases/weather.yaml", with_models())

    assert folder.judge(reply(f"{GREETS}{variant}", "hello")).verdicts == ["passed"]


OVERRIDE = 'overrides: {"mistral:*": {expect: {text: bonjour}}, "groq:*": {expect: {text: hej}}}'


@pytest.mark.parametrize(("model", "text"), [("openai:a", "hello"), ("mistral:b", "bonjour"), ("groq:other", "hej")])
def test_the_model_in_the_id_decides_which_override_counts(folder: Folder, model: str, text: str) -> None:
    folder.write("cases/weather.yaml", with_models(OVERRIDE))

    judged = folder.judge(reply(f"{GREETS}[{model}]", text), reply(f"{GREETS}[{model}]#2", "else"))

    assert judged.verdicts == ["passed", "failed"]


def test_an_id_without_model_is_refused_where_the_model_decides_what_is_expected(folder: Folder) -> None:
    folder.write("cases/weather.yaml", with_models(OVERRIDE))

    judged = folder.judge(reply(GREETS, "hello"))

    assert judged.failure_codes == [["reply.ambiguous"]]


def test_a_model_that_changes_only_the_request_may_be_left_out(folder: Folder) -> None:
    folder.write("cases/weather.yaml", with_models('overrides: {"mistral:*": {request: {temperature: 0}}}'))

    assert folder.judge(reply(GREETS, "hello")).verdicts == ["passed"]


def test_an_id_of_two_meanings_is_refused(folder: Folder) -> None:
    folder.write("prompt_contracts.toml", '[providers.b-openai]\nbase_url = "http://127.0.0.1:1/v1"\n')
    text = WEATHER.replace("oslo", "a").replace("lima", "a-b")
    folder.write("cases/weather.yaml", text)

    judged = folder.judge(weather("cases/weather.yaml::picks_weather[a-b-openai:x]", "Oslo"))

    assert judged.failure_codes == [["reply.ambiguous"]]


# Trials


def test_a_cell_may_be_answered_by_several_trials_each_judged_alone(folder: Folder) -> None:
    folder.write("cases/weather.yaml", WEATHER + "    trials: 3\n    require: 2\n")

    judged = folder.judge(reply(f"{GREETS}#1", "hello"), reply(f"{GREETS}#2", "hello"), reply(f"{GREETS}#3", "no"))

    assert (judged.code, judged.verdicts) == (1, ["passed", "passed", "failed"])


@pytest.mark.parametrize("custom_id", [GREETS, f"{GREETS}#2", f"{GREETS}[openai:m]#7"])
def test_the_same_full_id_twice_is_an_error(cases: Folder, custom_id: str) -> None:
    judged = cases.judge(reply(custom_id, "hello"), reply(custom_id, "hello"))

    assert (judged.code, judged.verdicts) == (1, ["passed", "error"])
    assert "replies.jsonl:2:" in judged.said


@pytest.mark.parametrize("number", ["0", "01", "-1", "x", "", "100001", "1 ", "١"])
def test_what_is_no_number_of_a_trial_is_an_error(cases: Folder, number: str) -> None:
    assert cases.judge(reply(f"{GREETS}#{number}", "hello")).failure_codes == [["reply.trial"]]


def test_a_file_may_have_the_mark_of_a_trial_in_its_name(folder: Folder) -> None:
    folder.write("cases/c#1.yaml", WEATHER)

    judged = folder.judge(reply("cases/c#1.yaml::greets", "hello"), reply("cases/c#1.yaml::greets#2", "hello"))

    assert judged.verdicts == ["passed", "passed"]


# Errors


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"response": {"status_code": 429, "body": {"error": {"message": "slow"}}}}, "provider.rate_limit"),
        ({"response": {"status_code": 500, "body": "<html>oops</html>"}}, "provider.server"),
        ({"response": {"status_code": 500, "body": None}}, "provider.server"),
        ({"error": {"code": "batch_expired", "message": "too late"}}, "provider.unknown"),
        ({"error": {}}, "provider.unknown"),
        ({"error": {"code": "rate_limit_exceeded"}, "response": {"status_code": 200}}, "provider.rate_limit"),
        ({"response": {"status_code": 200, "body": {"error": {"message": "no"}}}}, "provider.unknown"),
        ({"response": {"status_code": 200, "body": {}}}, "provider.malformed_response"),
        ({"response": {"status_code": 200, "body": None}}, "provider.malformed_response"),
        ({"response": {"status_code": 200}}, "provider.malformed_response"),
    ],
)
def test_a_provider_that_failed_is_an_error_and_no_failure(cases: Folder, wrong: dict[str, Any], code: str) -> None:
    judged = cases.judge(line(GREETS, **wrong))

    assert (judged.code, judged.verdicts, judged.failure_codes) == (1, ["error"], [[code]])


def test_an_error_that_the_case_expects_is_judged(folder: Folder) -> None:
    folder.write("cases/weather.yaml", WEATHER.replace("{text: {$contains: hello}}", "{error: {kind: rate_limit}}"))

    judged = folder.judge(
        line(GREETS, response={"status_code": 429, "body": {"error": {"message": "slow"}}}),
        line(f"{GREETS}#2", response={"status_code": 400, "body": {}}),
        reply(f"{GREETS}#3", "hello"),
        line(f"{GREETS}#4", response={"status_code": 500, "body": {}}),
    )

    assert judged.verdicts == ["passed", "failed", "failed", "error"]


def test_a_responses_object_is_judged_like_a_chat_completion(cases: Folder) -> None:
    said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "hello"}]}
    body = {"object": "response", "status": "completed", "model": "m", "output": [said]}

    judged = cases.judge(line(GREETS, response={"status_code": 200, "body": body}))

    assert judged.verdicts == ["passed"]


@pytest.mark.parametrize(
    "wrong",
    [
        "{nope",
        "[1]",
        '"text"',
        "{}",
        '{"custom_id": 5, "response": {"status_code": 200, "body": {}}}',
        json.dumps({"custom_id": GREETS}),
        json.dumps({"custom_id": GREETS, "response": []}),
        json.dumps({"custom_id": GREETS, "response": {"body": {}}}),
        json.dumps({"custom_id": GREETS, "response": {"status_code": True, "body": {}}}),
        json.dumps({"custom_id": GREETS, "response": {"status_code": "200", "body": {}}}),
        f'{{"custom_id": "{OSLO}", "custom_id": "{GREETS}", "response": {{"status_code": 200, "body": {{}}}}}}',
        '{"custom_id": ' + "[" * 100_000,
    ],
)
def test_a_malformed_line_is_an_error_with_its_number_and_the_rest_is_judged(cases: Folder, wrong: str) -> None:
    judged = cases.judge(weather(OSLO, "Oslo"), wrong, weather(LIMA, "Lima"))

    assert (judged.code, judged.verdicts) == (1, ["passed", "error", "passed"])
    assert judged.failure_codes[1] == ["reply.malformed"]
    assert judged.lines[1]["failures"][0]["location"] == "replies.jsonl:2"
    assert "replies.jsonl:2:" in judged.said


def test_empty_lines_and_a_byte_order_mark_are_passed_over(cases: Folder) -> None:
    text = "\ufeff" + json.dumps(RIGHT[0])

    judged = cases.judge(text, "", "   ", RIGHT[1])

    assert (judged.code, judged.verdicts) == (0, ["passed", "passed"])


def test_an_id_that_names_no_case_is_an_error_with_a_suggestion_and_the_rest_is_judged(cases: Folder) -> None:
    judged = cases.judge(reply(f"{GREETS}s", "hello"), *RIGHT)

    assert (judged.code, judged.verdicts) == (1, ["error", "passed", "passed", "passed"])
    assert f"did you mean '{GREETS}'?" in judged.said


def test_many_unknown_ids_are_counted_and_the_first_are_named(cases: Folder) -> None:
    judged = cases.judge(*(reply(f"x{number}", "hello") for number in range(50)))

    assert judged.said.count("names no case") == 20
    assert "and 30 more" in judged.said


def test_a_file_without_a_single_reply_is_no_success(cases: Folder) -> None:
    judged = cases.judge()

    assert (judged.code, judged.lines) == (1, [])
    assert "holds no reply" in judged.said


def test_a_reply_to_a_broken_case_is_an_error_and_its_neighbours_are_judged(folder: Folder) -> None:
    folder.write("cases/weather.yaml", WEATHER + "  - name: broken\n    user: Hi\n    expcet: {text: a}\n")

    judged = folder.judge(reply("cases/weather.yaml::broken", "a"), *RIGHT)

    assert (judged.code, judged.verdicts) == (1, ["error", "passed", "passed", "passed"])
    assert judged.failure_codes[0] == ["reply.broken_case"]
    assert "cases/weather.yaml:15:5: PC101 unknown key 'expcet'" in judged.said


def test_a_broken_case_is_no_success_even_when_nobody_replied_to_it(folder: Folder) -> None:
    folder.write("cases/weather.yaml", WEATHER + "  - name: broken\n    user: Hi\n    expcet: {text: a}\n")

    judged = folder.judge(*RIGHT)

    assert (judged.code, judged.verdicts) == (1, ["passed"] * 3)


def test_warnings_are_counted_and_left_to_the_check(folder: Folder) -> None:
    folder.write("cases/weather.yaml", WEATHER.replace("version: 1\n", "version: 1\nvariables: {style: short}\n"))

    judged = folder.judge(*RIGHT)

    assert judged.code == 0
    assert judged.said.startswith("1 warning about the cases: prompt-contracts check tells them\n")


# Completeness


def test_cells_without_a_reply_are_listed_and_are_no_error(cases: Folder) -> None:
    judged = cases.judge(weather(OSLO, "Oslo"))

    assert judged.code == 0
    assert f"no reply: {LIMA}" in judged.said
    assert f"no reply: {GREETS}" in judged.said
    assert "2 cells without a reply" in judged.said


def test_cells_without_a_reply_are_an_error_where_all_must_have_one(cases: Folder) -> None:
    assert cases.judge(weather(OSLO, "Oslo"), options=("--complete",)).code == 1
    assert cases.judge(*RIGHT, options=("--complete",)).code == 0


def test_a_skipped_case_needs_no_reply(folder: Folder) -> None:
    folder.write("cases/weather.yaml", WEATHER + "    skip: later\n")

    assert folder.judge(*RIGHT[:2], options=("--complete",)).code == 0


@pytest.mark.parametrize(
    ("variants", "missing"),
    [
        (["[openai:a]"], ["[mistral:b]"]),
        (["[openai:a]", "[mistral:b]#2"], []),
        ([""], []),
        (["[groq:other]"], []),
    ],
)
def test_a_reply_answers_for_its_model_and_one_of_no_model_of_the_case_for_all(
    folder: Folder, variants: list[str], missing: list[str]
) -> None:
    folder.write("cases/weather.yaml", with_models())

    judged = folder.judge(*(reply(f"{GREETS}{variant}", "hello") for variant in variants))

    listed = [found.removeprefix(f"no reply: {GREETS}") for found in judged.said.splitlines()[:-1]]
    assert listed == missing


# What is unknown, secret or hostile


def test_latency_is_unknown_and_never_zero(folder: Folder) -> None:
    folder.write("cases/weather.yaml", WEATHER.replace("{text: {$contains: hello}}", "{latency: {$le: 5}}"))

    judged = folder.judge(reply(GREETS, "hello"))

    assert judged.verdicts == ["failed"]
    assert judged.lines[0]["failures"][0]["got"] == "unknown"


def test_cost_is_known_where_the_project_declares_the_price_of_the_model_in_the_id(folder: Folder) -> None:
    folder.write("prompt_contracts.toml", '[prices."openai:a"]\ninput = 1.0\noutput = 2.0\n')
    folder.write("cases/weather.yaml", WEATHER.replace("{text: {$contains: hello}}", "{cost: {$le: 0.01}}"))
    usage = {"prompt_tokens": 1000, "completion_tokens": 1000, "total_tokens": 2000}

    judged = folder.judge(reply(f"{GREETS}[openai:a]", "hello", usage=usage), reply(GREETS, "hello", usage=usage))

    assert judged.verdicts == ["passed", "failed"]
    assert judged.lines[1]["failures"][0]["got"] == "unknown"


def test_a_secret_of_the_environment_is_masked(cases: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret-0123456789")

    judged = cases.judge(
        weather(OSLO, "sk-very-secret-0123456789"),
        line(GREETS, error={"message": "wrong key sk-very-secret-0123456789"}),
        reply("sk-very-secret-0123456789", "hello"),
    )

    assert "sk-very" not in json.dumps(judged.lines) + judged.said
    assert judged.lines[0]["failures"][0]["got"] == '"[OPENAI_API_KEY]"'


def test_control_characters_reach_no_terminal(cases: Folder) -> None:
    cases.write("replies.jsonl", json.dumps(reply(f"{GREETS}\x1b[31m\u202e", "hello")) + "\n")

    _, out, said = cases.run("judge", "cases", "--replies", "replies.jsonl")

    assert not set("\x1b\u202e") & set(out + said)


# Files and places


def test_verdicts_go_to_a_file_where_one_is_named(cases: Folder) -> None:
    judged = cases.judge(*RIGHT, options=("--out", "verdicts.jsonl"))

    written = (cases.path / "verdicts.jsonl").read_text("utf-8").splitlines()
    assert judged.lines == []
    assert [json.loads(one)["verdict"] for one in written] == ["passed"] * 3


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nowhere", "--replies", "replies.jsonl"], "nowhere: there is no such file or folder"),
        (["cases/*.yml", "--replies", "replies.jsonl"], "cases/*.yml: nothing matches"),
        (["empty", "--replies", "replies.jsonl"], "there is no case file in this folder"),
        (["cases/weather.yaml::greets", "--replies", "replies.jsonl"], "without the id of a case"),
        (["cases", "--replies", "none.jsonl"], "none.jsonl: cannot be read"),
        (["cases", "--replies", "replies.jsonl", "--out", "no/such/folder"], "cannot be written"),
        (["cases", "--replies", "replies.jsonl", "--out", "./replies.jsonl"], "the file of the replies"),
        (["cases", "--replies", "replies.jsonl", "--root", "nowhere"], "--root nowhere"),
    ],
)
def test_a_wrong_call_is_refused_before_anything_is_judged(cases: Folder, arguments: list[str], told: str) -> None:
    (cases.path / "empty").mkdir()
    cases.write("replies.jsonl", json.dumps(RIGHT[0]))

    code, out, said = cases.run("judge", *arguments)

    assert (code, out) == (2, "")
    assert told in said


def test_ids_start_from_the_nearest_project_configuration(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.write("pyproject.toml", "[tool.prompt_contracts]\n")
    folder.write("deep/pyproject.toml", "[project]\n")
    folder.write("deep/cases/weather.yaml", WEATHER)
    monkeypatch.chdir(folder.path / "deep")
    folder.write("replies.jsonl", json.dumps(reply("deep/cases/weather.yaml::greets", "hello")))

    assert folder.run("judge", "cases", "--replies", "../replies.jsonl")[0] == 0


def test_ids_start_from_the_root_that_is_given(folder: Folder) -> None:
    folder.write("deep/cases/weather.yaml", WEATHER)
    folder.write("replies.jsonl", json.dumps(reply(GREETS, "hello")))

    assert folder.run("judge", "deep/cases", "--replies", "replies.jsonl", "--root", "deep")[0] == 0


def test_a_case_file_that_is_named_twice_is_loaded_once(cases: Folder) -> None:
    cases.write("replies.jsonl", json.dumps(reply(GREETS, "hello")))

    code, _, said = cases.run("judge", "cases", "cases/weather.yaml", "cases/*.yaml", "--replies", "replies.jsonl")

    assert (code, said.count(f"no reply: {OSLO}")) == (0, 1)


def test_replies_may_come_from_standard_input_of_a_process(cases: Folder) -> None:
    text = "".join(json.dumps(one) + "\n" for one in RIGHT)
    command = [sys.executable, "-m", "prompt_contracts", "judge", "cases", "--replies", "-"]

    result = subprocess.run(command, input=text, cwd=cases.path, capture_output=True, text=True, check=False)

    assert (result.returncode, len(result.stdout.splitlines())) == (0, 3)


def test_a_reader_who_has_enough_is_no_crash(cases: Folder) -> None:
    replies = "".join(json.dumps(reply(f"{GREETS}#{number}", "x" * 500)) + "\n" for number in range(1, 2000))
    (cases.path / "replies.jsonl").write_text(replies, encoding="utf-8")
    command = [sys.executable, "-m", "prompt_contracts", "judge", "cases", "--replies", "replies.jsonl"]
    with subprocess.Popen(command, cwd=cases.path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
        code = process.wait()

    assert (code, said) == (1, b"")


def test_an_answer_in_parts_is_read_as_everywhere_else(cases: Folder) -> None:
    other = body("hello")
    other["choices"][0]["message"]["content"] = [{"type": "text", "text": "hello"}]

    judged = cases.judge(line(GREETS, response={"status_code": 200, "body": other}))

    assert judged.verdicts == ["passed"]


def test_nothing_is_written_into_the_folder(cases: Folder) -> None:
    cases.judge(*RIGHT)

    found = {path.relative_to(cases.path) for path in cases.path.rglob("*") if path.is_file()}
    assert found == {Path("cases/weather.yaml"), Path("replies.jsonl")}


def test_judging_loads_neither_pytest_nor_client_nor_recorder_nor_prices(cases: Folder) -> None:
    cases.write("replies.jsonl", "".join(json.dumps(one) + "\n" for one in RIGHT))
    program = (
        "import sys\n"
        "from prompt_contracts.cli import main\n"
        "code = main(['judge', 'cases', '--replies', 'replies.jsonl', '--out', 'verdicts.jsonl'])\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))\n"
        "sys.exit(code)"
    )

    result = subprocess.run(
        [sys.executable, "-c", program], cwd=cases.path, capture_output=True, text=True, check=False
    )

    assert result.returncode == 0, result.stderr
    assert not set(result.stdout.split()) & {"pytest", "httpx", "vcr", "jsonschema", "genai_prices", "dotenv", "rich"}
