"""What goes wrong around a run: options, environments, terminals, files that cannot be written."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Event

import pytest

from tests.plugin.project import KEY, WEATHER, Project, completion, provider_error
from tests.transport.loopback import Answer, Asked

OPENAI = WEATHER.replace("house:small", "openai:small")


def test_trials_of_the_command_line_do_not_loosen_a_counted_requirement(project: Project) -> None:
    project.write(weather=WEATHER.replace("    tags: [smoke]", "    trials: 4\n    require: 3"))

    result = project.run("--pc-trials=20", "--pc-record=rewrite")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--pc-trials=20: cases/weather.yaml::picks_weather requires 3 passes*"])
    assert project.server.asked == []


@pytest.mark.parametrize("level", ["environment", "ini"])
def test_replay_on_the_command_line_is_never_overruled(
    project: Project, monkeypatch: pytest.MonkeyPatch, level: str
) -> None:
    project.record()
    asked = len(project.server.asked)
    if level == "environment":
        monkeypatch.setenv("PROMPT_CONTRACTS_LIVE", "1")
    else:
        project.configure("[tool.pytest.ini_options]\npc_live = true\n")

    project.run("--pc-record=none").assert_outcomes(passed=2)

    assert len(project.server.asked) == asked


def test_the_environment_switches_off_what_the_ini_file_switches_on(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.record()
    asked = len(project.server.asked)
    project.configure("[tool.pytest.ini_options]\npc_live = true\n")
    monkeypatch.setenv("PROMPT_CONTRACTS_LIVE", "0")

    project.run().assert_outcomes(passed=2)

    assert len(project.server.asked) == asked


def test_a_switch_that_is_neither_on_nor_off_is_a_usage_error(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROMPT_CONTRACTS_LIVE", "ture")

    result = project.run()

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*PROMPT_CONTRACTS_LIVE=ture: write 1 or 0"])


@pytest.mark.parametrize("option", ["--pc-record=bogus", "--pc-trials=0"])
def test_workers_do_not_swallow_a_wrong_option(project: Project, option: str) -> None:
    assert project.run("-n1", option).ret == pytest.ExitCode.USAGE_ERROR


def test_workers_do_not_swallow_a_wrong_model(project: Project) -> None:
    result = project.run("-n1", "--pc-model=nobody:x")

    result.assert_outcomes(errors=1)
    assert result.ret != 0
    result.stdout.fnmatch_lines(["*PC123 --pc-model: unknown provider 'nobody'*"])


def test_workers_do_not_swallow_a_wrong_configuration(project: Project) -> None:
    project.configure("[tool.prompt_contracts.providers.other]\nbase_ulr = 'x'\n")

    result = project.run("-n1")

    result.assert_outcomes(errors=1)
    assert result.ret != 0
    result.stdout.fnmatch_lines(["*PC330*base_ulr*"])


def test_a_report_that_cannot_be_written_does_not_hide_the_run(project: Project) -> None:
    project.record()
    (project.root / "taken").write_text("a file, and no folder")

    result = project.run("--pc-report=taken/report.json")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["*prompt contracts*", "house:small*"])
    result.stderr.fnmatch_lines(["ERROR: --pc-report */taken/report.json: cannot be written: *"])


def test_a_project_that_makes_errors_of_warnings_still_runs_its_cells(project: Project) -> None:
    project.write(weather=WEATHER.replace("models:", "variables: {unused: 1}\nmodels:"))

    result = project.run("--pc-record=rewrite", "-W", "error")

    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*PC115*'unused'*"])


def test_a_secret_of_the_environment_does_not_show_in_a_diagnostic(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_SECRET", "hidden-value-42")
    project.write(weather=WEATHER.replace("    tags: [smoke]", '    request: {temperature: "{{ env.MY_SECRET }}"}'))

    result = project.run("--junitxml=junit.xml")

    result.assert_outcomes(failed=1)
    assert "hidden-value" not in result.stdout.str() + (project.root / "junit.xml").read_text("utf-8")
    result.stdout.fnmatch_lines(["*[[]MY_SECRET]*"])


def test_the_key_of_another_provider_is_not_recorded_either(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.configure('[tool.prompt_contracts.providers.other]\nbase_url = "http://x/v1"\napi_key_env = "Z_ACCESS"\n')
    monkeypatch.setenv("Z_ACCESS", "another-key-4711")
    project.answer(completion(text="another-key-4711"))

    result = project.run("--pc-record=rewrite")

    result.assert_outcomes(errors=2)
    assert project.cassettes == []
    assert "another-key" not in result.stdout.str()


def test_nothing_that_is_logged_holds_a_body(project: Project) -> None:
    project.answer(completion(text=f"Your key is {KEY}."))

    result = project.run("--pc-record=rewrite", "--log-level=DEBUG")

    assert KEY not in result.stdout.str()


def test_a_secret_that_is_cut_short_is_masked_all_the_same(project: Project) -> None:
    project.answer(completion(text="x" * 390 + KEY))

    result = project.run("--pc-live", "--pc-report=report.json")

    result.assert_outcomes(failed=2)
    assert KEY[:8] not in result.stdout.str() + (project.root / "report.json").read_text("utf-8")


def test_a_stream_that_brings_a_key_in_pieces_is_not_shown_raw(project: Project) -> None:
    project.write(weather=WEATHER.replace("    tools:", "    request: {stream: true}\n    tools:"))
    chunks = [
        {"choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]} for piece in (KEY[:9], KEY[9:])
    ]
    stream = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks)
    for end in ("data: [DONE]\n\n", 'data: {"error": {"message": "no"}}\n\n'):
        project.answer(Answer(headers=(("content-type", "text/event-stream"),), body=(stream + end).encode()))

        result = project.run("--pc-live", "--pc-show=raw", "--pc-report=report.json")

        shown = result.stdout.str() + (project.root / "report.json").read_text("utf-8")
        assert KEY[:9] not in shown
        assert KEY[9:] not in shown
        assert "not shown: the value of HOUSE_KEY stands in it, over several events" in shown


def test_a_refused_recording_was_paid_for_all_the_same(project: Project) -> None:
    project.answer(completion(text=f"Your key is {KEY}."))

    result = project.run("--pc-record=rewrite")

    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["spent now $0.000060"])


@pytest.mark.parametrize("address", ["http://elsewhere.example/v1", None])
def test_the_environment_does_not_decide_whether_a_recording_serves(
    project: Project, monkeypatch: pytest.MonkeyPatch, address: str | None
) -> None:
    project.write(weather=OPENAI)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", project.server.base_url)
    project.record()
    if address is None:
        monkeypatch.delenv("OPENAI_BASE_URL")
    else:
        monkeypatch.setenv("OPENAI_BASE_URL", address)

    project.run().assert_outcomes(passed=2)


def test_an_azure_deployment_is_replayed_without_its_environment(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write(weather=WEATHER.replace("house:small", "azure:small"))
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", KEY)
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", project.server.base_url.removesuffix("/v1"))
    monkeypatch.setenv("OPENAI_API_VERSION", "2024-10-21")
    project.record()
    assert "/openai/deployments/small/chat/completions?api-version=2024-10-21" in project.server.asked[0].path
    for name in ("AZURE_OPENAI_API_KEY", "AZURE_OPENAI_ENDPOINT", "OPENAI_API_VERSION"):
        monkeypatch.delenv(name)

    project.run().assert_outcomes(passed=2)


def test_a_changed_address_in_the_project_makes_a_recording_stale(project: Project) -> None:
    project.record()
    path = project.root / "pyproject.toml"
    path.write_text(path.read_text("utf-8").replace("127.0.0.1", "localhost"), encoding="utf-8")

    result = project.run()

    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*PC202*", "*~ url: *127.0.0.1*localhost*"])


def test_more_trials_than_recorded_are_missing_and_not_stale(project: Project) -> None:
    project.write(weather=WEATHER.replace("    tags: [smoke]", "    request: {seed: 3}"))
    project.record("--pc-trials=2")

    result = project.run("--pc-trials=3")

    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*PC201*holds 2 trials, and trial 3 is not among them*"])


def test_what_no_recording_can_hold_is_said_when_it_is_recorded(project: Project) -> None:
    head, _, _ = WEATHER.partition("      tool_calls:")
    project.write(weather=f"{head}      error: {{kind: connection}}\n")
    project.server.close()

    result = project.run("--pc-record=once")

    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*PC204*without any response*nothing of it was written", "help: *--pc-live*"])


def test_the_printed_command_works_as_it_is(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.root / "cases")
    result = project.pytester.runpytest(
        "weather.yaml", "-k", "oslo", "--pc-model=house:other", "--pc-trials=2", "--pc-cassettes=../tapes"
    )
    lines = result.stdout.lines
    command = next(line.partition("record  pytest ")[2] for line in lines if line.startswith("  record  "))

    arguments = command.replace("'", "").split()
    project.pytester.runpytest(*arguments).assert_outcomes(passed=1)

    assert arguments[0] == "weather.yaml::picks_weather[oslo-house:other]"
    assert len(project.server.asked) == 2
    assert (project.root / "tapes/weather/picks_weather/oslo/house/other.yaml").is_file()


def test_a_terminal_without_our_signs_gets_plain_ones(project: Project) -> None:
    project.answer(completion(text="No idea: 東京."))
    project.run("--pc-record=rewrite")
    project.pytester._monkeypatch.setenv("PYTHONIOENCODING", "ascii")

    result = project.pytester.runpytest_subprocess("cases", "-k", "oslo")

    result.assert_outcomes(failed=1, deselected=1)
    result.stdout.fnmatch_lines(["  messages sent", "*in 20 | out 5 *", "house:small*0/1*"])


def test_tolerated_errors_may_leave_a_requirement_out_of_reach(project: Project) -> None:
    require = "{rate: 0.6, confidence: 0.95, errors: 5}"
    project.write(weather=WEATHER.replace("    tags: [smoke]", f"    trials: 10\n    require: {require}"))
    answers = iter([*[provider_error(500)] * 5, *["right"] * 5])

    def answer(asked: Asked) -> Answer:
        given = next(answers)
        return given if isinstance(given, Answer) else completion(calls=(("get_weather", {"city": "Oslo"}),))

    project.answer(answer)

    result = project.run("--pc-record=rewrite", "-k", "oslo")

    result.assert_outcomes(failed=1, deselected=1)
    result.stdout.fnmatch_lines(["*require: 5 of 10 trials passed, 5 in error; required: 60% of the trials*"])


def test_an_absurd_token_count_is_unknown_and_no_crash(project: Project) -> None:
    usage = {"prompt_tokens": 10**30, "completion_tokens": 1}
    project.answer(completion(calls=(("get_weather", {"city": "Oslo"}),), usage=usage))

    result = project.run("--pc-record=rewrite", "-k", "oslo")

    result.assert_outcomes(passed=1, deselected=1)
    result.stdout.fnmatch_lines(["house:small*?*", "unknown cost: house:small*"])


def test_a_model_that_is_named_twice_is_asked_once(project: Project) -> None:
    project.run("--pc-record=rewrite", "--pc-model=house:a", "--pc-model=house:a").assert_outcomes(passed=2)

    assert len(project.server.asked) == 2


def test_an_interrupted_recording_leaves_whole_files_and_a_report(project: Project) -> None:
    project.record()
    before = {name: (project.root / "cassettes" / name).read_bytes() for name in project.cassettes}

    is_over = Event()

    def slow(asked: Asked) -> Answer:
        (project.root / "asked").touch()
        is_over.wait(timeout=300)
        return completion(text="late")

    project.answer(slow)
    project.shorten_grace()
    command = [sys.executable, "-m", "pytest", "cases", "--pc-record=rewrite", "--pc-report=report.json"]
    process = subprocess.Popen(command, cwd=project.root, stdout=subprocess.PIPE, text=True)
    while not (project.root / "asked").exists():
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=300)
    is_over.set()

    assert process.returncode == pytest.ExitCode.INTERRUPTED
    assert "KeyboardInterrupt" in output
    assert {name: (project.root / "cassettes" / name).read_bytes() for name in project.cassettes} == before
    assert not list(Path(project.root / "cassettes").rglob("*.tmp"))
    assert json.loads((project.root / "report.json").read_text("utf-8"))["results"] == []


def test_an_expression_that_does_not_end_in_time_is_an_error_and_no_verdict_on_the_model(project: Project) -> None:
    head, _, _ = WEATHER.partition("      tool_calls:")
    project.write(weather=f"{head}      text: {{$regex: ^(a|aa)+$}}\n")
    project.answer(completion(text="a" * 80 + "b"))

    result = project.run("--pc-record=rewrite", "-k", "oslo")

    result.assert_outcomes(errors=1, deselected=1)
    result.stdout.fnmatch_lines(
        ["cases/weather.yaml:8  text: expected a text matching*(the pattern took longer than 1 s on this text)"]
    )
