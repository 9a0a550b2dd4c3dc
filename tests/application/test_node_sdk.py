"""The official Node package against the stand-in: a chatbot in another language, driven by the same cases."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from prompt_contracts.application.application_run import ApplicationReply, ApplicationRun
from prompt_contracts.fault import Fault, FaultPlan
from prompt_contracts.json_value import Json
from prompt_contracts.stub.server import StubServer
from tests.application.application_project import (
    QUESTION,
    STREAM_HEADERS,
    Project,
    always,
    answered,
    ask,
    chat,
    failing,
    streamed,
)

VERSION = "6.49.0"
BOT = """\
const OpenAI = require('openai');
const client = new OpenAI();
const { createInterface } = require('node:readline');
async function main() {
  for await (const line of createInterface({ input: process.stdin })) {
    const question = JSON.parse(line);
    let reply;
    try { reply = await answer(question); } catch (error) { reply = sorry(error); }
    process.stdout.write(JSON.stringify(reply) + '\\n');
  }
}
function sorry(error) { return { sorry: error.constructor.name, status: error.status ?? null }; }
"""
PLAIN = """\
async function answer(question) {
  const found = await client.chat.completions.create({ model: question.model, messages: question.messages });
  return found.choices[0].message.content;
}
main();
"""
STREAMING = """\
async function answer(question) {
  let text = '';
  const stream = await client.chat.completions.create(
    { model: question.model, messages: question.messages, stream: true });
  for await (const chunk of stream) text += chunk.choices[0]?.delta?.content ?? '';
  return text;
}
main();
"""
TOOLS = """\
const tools = [{ type: 'function', function: { name: 'get_weather', parameters: { type: 'object' } } }];
async function answer(question) {
  const messages = [...question.messages];
  for (;;) {
    const found = await client.chat.completions.create({ model: question.model, messages, tools });
    const { tool_calls, content } = found.choices[0].message;
    if (!tool_calls) return content;
    messages.push({ role: 'assistant', content: '', tool_calls });
    for (const call of tool_calls) messages.push({ role: 'tool', tool_call_id: call.id, content: 'rain' });
  }
}
main();
"""


@pytest.fixture(scope="session")
def packages() -> Path:
    """The folder `node_modules` with the package in it, installed once for all runs on this machine."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("node and npm are needed to run the official Node package")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "prompt-contracts-tests" / f"openai-{VERSION}"
    if not folder.exists():
        install(npm, folder)
    return folder / "node_modules"


def install(npm: str, folder: Path) -> None:
    """Install beside the folder and rename: two runs at once must not see half of it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as beside:
        options = ["--no-package-lock", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", beside]
        command = [npm, "install", *options, f"openai@{VERSION}"]
        try:
            done = subprocess.run(command, cwd=beside, capture_output=True, text=True, timeout=120, check=False)
        except subprocess.TimeoutExpired:
            pytest.skip("the npm registry did not answer within two minutes")
        if done.returncode != 0:
            pytest.skip(f"openai@{VERSION} cannot be had from the npm registry: {done.stderr.strip()[-200:]}")
        if not folder.exists():
            ready = Path(beside) / "ready"
            ready.mkdir()
            (Path(beside) / "node_modules").rename(ready / "node_modules")
            try:
                ready.rename(folder)
            except OSError:
                if not folder.exists():
                    raise


@pytest.fixture
def project(tmp_path: Path, packages: Path) -> Iterator[Project]:
    (tmp_path / "node_modules").symlink_to(packages)
    with StubServer() as server:
        yield Project(root=tmp_path.resolve(), server=server)


def ran(project: Project, program: str, *, fault: FaultPlan | None = None) -> tuple[ApplicationReply, ApplicationRun]:
    with project.open(command=("node", project.write("bot.cjs", BOT + program))) as run:
        reply = ask(run, fault=fault)
    assert run.problem is None, run.problem
    return reply, run


def value(project: Project, program: str, *, fault: FaultPlan | None = None) -> Json:
    reply, _ = ran(project, program, fault=fault)
    assert reply.is_reply, (reply.failure, reply.output)
    return reply.value


def test_a_chat_is_answered(project: Project) -> None:
    project.record(answered("It will."))

    assert value(project, PLAIN) == "It will."


def test_two_turns_are_answered_by_one_process(project: Project) -> None:
    project.record(answered("It will."))
    project.record(answered("Again."))

    with project.open(command=("node", project.write("bot.cjs", BOT + PLAIN))) as run:
        assert [ask(run).value, ask(run).value] == ["It will.", "Again."]


def test_a_stream_is_read_to_its_end(project: Project) -> None:
    project.record(streamed("It ", "will", "."), headers=STREAM_HEADERS, asked=chat(stream=True))

    assert value(project, STREAMING) == "It will."


def test_a_cut_stream_is_noticed(project: Project) -> None:
    project.record(streamed("It ", "will", "."), headers=STREAM_HEADERS, asked=chat(stream=True))

    found = value(project, STREAMING, fault=always(Fault(kind="stream", detail=2)))

    assert isinstance(found, dict)
    assert "sorry" in found


def test_a_loop_of_tools_goes_round(project: Project) -> None:
    weather: Json = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}
    function: Json = {"name": "get_weather", "arguments": '{"city": "Oslo"}'}
    call: Json = {"id": "call_1", "type": "function", "function": function}
    called: Json = {"role": "assistant", "content": "", "tool_calls": [call]}
    result: Json = {"role": "tool", "tool_call_id": "call_1", "content": "rain"}
    project.record(answered("", tool_calls=[call]), asked=chat(tools=[weather]))
    project.record(answered("Take an umbrella."), asked=chat([*QUESTION, called, result], tools=[weather]))

    assert value(project, TOOLS) == "Take an umbrella."


def test_a_recorded_refusal_is_the_sdks_own_error_and_is_asked_once(project: Project) -> None:
    project.record(failing("No.", code="invalid_api_key"), status=401)

    reply, run = ran(project, PLAIN)

    assert (reply.value, len(run.interactions)) == ({"sorry": "AuthenticationError", "status": 401}, 1)


@pytest.mark.parametrize("status", [429, 500])
def test_the_sdk_gets_over_a_fault_by_its_own_retries(project: Project, status: int) -> None:
    project.record(answered("It will."))
    fault = Fault(kind="status", detail=status)

    reply, run = ran(project, PLAIN, fault=FaultPlan(attempts=(fault, fault)))

    found = [None if each.response is None else each.response.status for each in run.interactions]
    assert (reply.value, found) == ("It will.", [status, status, 200])


def test_a_reset_is_got_over(project: Project) -> None:
    project.record(answered("It will."))

    found = value(project, PLAIN, fault=FaultPlan(attempts=(Fault(kind="connection", detail="reset"),)))

    assert found == "It will."


def test_a_timeout_is_a_timeout_of_the_sdk(project: Project) -> None:
    program = PLAIN.replace(
        "messages: question.messages }", "messages: question.messages }, { timeout: 2000, maxRetries: 0 }"
    )

    found = value(project, program, fault=always(Fault(kind="timeout", detail="read")))

    assert found == {"sorry": "APIConnectionTimeoutError", "status": None}


def test_a_program_without_a_fallback_fails_with_its_own_words(project: Project) -> None:
    program = BOT.replace("reply = sorry(error)", "throw error") + PLAIN
    with project.open(command=("node", project.write("bot.cjs", program))) as run:
        reply = ask(run, fault=always(Fault(kind="status", detail=400)))

    assert (reply.is_reply, reply.kind) == (False, "exited")
    assert "node bot.cjs ended with exit code 1 before it replied" in (reply.failure or "")
    assert "BadRequestError" in reply.output


def test_a_missing_recording_is_a_problem_and_is_not_asked_for_again(project: Project) -> None:
    with project.open(command=("node", project.write("bot.cjs", BOT + PLAIN))) as run:
        reply = ask(run)

    assert reply.value == {"sorry": "InternalServerError", "status": 500}
    assert "nothing is recorded" in str(run.problem)


def test_what_the_program_asked_is_kept(project: Project) -> None:
    project.record(answered("It will."))

    _, run = ran(project, PLAIN)

    assert [json.dumps(each.request.body) for each in run.interactions] == [json.dumps(chat())]
