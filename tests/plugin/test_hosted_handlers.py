"""Handlers run in a process of their own: none gets past its stand-in, none harms the run or the next case."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import pytest

from tests.plugin.project import Project, completion
from tests.plugin.trap import Trap
from tests.transport.loopback import Answer, Asked

HANDLERS = """
import asyncio, http.client, json, multiprocessing, os, socket, subprocess, sys, threading, time, urllib.parse

LOADED_WITH = dict(os.environ)


def ask(turn, base=None):
    address = urllib.parse.urlsplit(base or turn.base_url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=5)
    body = json.dumps({"model": turn.model, "messages": turn.messages})
    connection.request("POST", address.path + "/chat/completions", body, {"content-type": "application/json"})
    answer = connection.getresponse()
    read = json.loads(answer.read())
    connection.close()
    if answer.status != 200:
        raise OSError(str(read))
    return read["choices"][0]["message"]["content"]


def plain(turn):
    return ask(turn)


class Client:
    base = os.environ["OPENAI_BASE_URL"]


def module_client(turn):
    return ask(turn, Client.base)


LOOPS = []


async def same_loop(turn):
    LOOPS.append(asyncio.get_running_loop())
    assert all(loop is LOOPS[0] and not loop.is_closed() for loop in LOOPS)
    return ask(turn)


def reaches_out(turn):
    try:
        with socket.create_connection(("127.0.0.1", int(os.environ["TRAP"])), 2) as outgoing:
            outgoing.sendall(b"secret")
    except OSError:
        pass
    return ask(turn)


def looks_up(turn):
    try:
        socket.getaddrinfo("api.openai.com", 443)
    except OSError:
        pass
    return ask(turn)


def sends_a_datagram(turn):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outgoing:
        try:
            outgoing.sendto(b"secret", ("127.0.0.1", int(os.environ["TRAP"])))
        except OSError:
            pass
    return ask(turn)


def late_thread(turn):
    said = ask(turn)
    threading.Thread(target=lambda: (time.sleep(60), ask(turn))).start()
    return said


def parked_thread(turn):
    threading.Thread(target=threading.Event().wait, daemon=True).start()
    return ask(turn)


def short_thread(turn):
    said = []
    threading.Thread(target=lambda: (time.sleep(0.05), said.append(ask(turn)))).start()
    return ask(turn)


def forks(turn):
    said = ask(turn)
    if os.fork() == 0:
        time.sleep(60)
        os._exit(0)
    return said


def starts_a_program(turn):
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    return ask(turn)


def hangs(turn):
    time.sleep(60)


def asks_and_hangs(turn):
    ask(turn)
    time.sleep(60)


def ends_the_process(turn):
    print("last words", flush=True)
    os._exit(7)


def interrupts(turn):
    raise KeyboardInterrupt


def poisons(turn):
    sys.modules["json"] = None
    sys.modules["prompt_contracts"] = None
    return "fine"


TASKS = []


async def late_task(turn):
    async def later():
        await asyncio.sleep(3)
        ask(turn)

    TASKS.append(asyncio.get_running_loop().create_task(later()))
    return ask(turn)


async def cached(turn):
    await asyncio.sleep(0)
    return "Hi"


def timer(turn):
    threading.Timer(60, ask, [turn]).start()
    return ask(turn)


def waits_for_a_time(turn):
    def later():
        threading.Event().wait(60)

    threading.Thread(target=later, daemon=True).start()
    return ask(turn)


MODEL = os.environ["PROMPT_CONTRACTS_MODEL"] if "PROMPT_CONTRACTS_MODEL" in os.environ else "small"


def first_model(turn):
    turn = type("Turn", (), {"base_url": turn.base_url, "messages": turn.messages, "model": MODEL})
    return ask(turn)


def cuts_the_address(turn):
    address = urllib.parse.urlsplit(turn.base_url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=5)
    connection.request("POST", "/v1/embeddings", "{}")
    connection.getresponse().read()
    connection.close()
    return ask(turn)


def patches_json(turn):
    said = ask(turn)
    whole = json.dumps
    json.dumps = lambda value, **more: whole(value, indent=2)
    return said


def writes_into_descriptors(turn):
    for descriptor in range(3, 20):
        try:
            os.write(descriptor, b"nonsense\\n")
        except OSError:
            pass
    return ask(turn)


def moves_away(turn):
    os.chdir("/")
    return ask(turn)


def here(turn):
    assert os.path.exists("bots.py"), os.getcwd()
    return ask(turn)


def forks_and_returns(turn):
    said = ask(turn)
    os.fork()
    return said


def leaves_a_key(turn):
    program = "import time; time.sleep(60)"
    option = "--crm-login-with-token=" + "x" * 10 + os.environ["CRM_TOKEN"]
    subprocess.Popen([sys.executable, "-c", program, option])
    return ask(turn)


def prints(turn):
    print("looked it up")
    raise ValueError("no bus today")


def told_environment(turn):
    ask(turn)
    keys = [name for name in ("OPENAI_API_KEY", "HOUSE_KEY", "ANOTHER") if name in os.environ]
    return json.dumps({name: os.environ[name] for name in keys})
"""

HEAD = "version: 1\nmodels: [house:small]\ncases:\n"


def case(name: str, handler: str, **more: str) -> str:
    keys = "".join(f", {key}: {value}" for key, value in more.items())
    expect = "" if "expect" in more else ", expect: {text: Hi}"
    return f"  - {{name: {name}, user: Hi, handler: 'bots:{handler}'{keys}{expect}}}\n"


def echo(asked: Asked) -> Answer:
    messages: list[dict[str, Any]] = json.loads(asked.body)["messages"]
    return completion(text=str(messages[-1]["content"]))


def recorded(project: Project, *cases: str) -> None:
    """A project with these cases, each with a recording of the same good answer."""
    (project.root / "bots.py").write_text(HANDLERS)
    project.answer(echo)
    project.write(weather=HEAD + case("source", "plain"))
    project.record()
    source = project.root / "cassettes/weather/source/house/small.yaml"
    for each in cases:
        name = each.partition("name: ")[2].partition(",")[0]
        copy = project.root / f"cassettes/weather/{name}/house/small.yaml"
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(source.read_text("utf-8"), "utf-8")
    project.write(weather=HEAD + "".join(cases))


@pytest.mark.parametrize(
    ("handler", "words"),
    [
        ("reaches_out", "*the application reached for 127.0.0.1:**a replay leads nowhere but to the stand-in*"),
        ("looks_up", "*the application reached for api.openai.com:443*a replay leads nowhere but to the stand-in*"),
        ("sends_a_datagram", "*the application reached for 127.0.0.1:*"),
        ("late_thread", "*bots:late_thread gave its reply and left the thread *in <lambda>) running, which was ended*"),
        ("starts_a_program", "*left the program *time.sleep(60)* running, which was ended*"),
        pytest.param(
            "forks",
            "*bots:forks gave its reply and left the program *",
            marks=pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here"),
        ),
        ("hangs", "*bots:hangs did not return within 1 s and was stopped with all that it started*"),
        ("ends_the_process", "*the process of bots:ends_the_process ended with exit code 7 before it replied*"),
        ("interrupts", "*bots:interrupts raised KeyboardInterrupt*"),
    ],
)
def test_what_a_handler_does_wrong_is_the_error_of_its_own_case(
    project: Project, trap: Trap, handler: str, words: str
) -> None:
    timeout = "1" if handler == "hangs" else "30"
    recorded(project, case("wrong", handler, timeout=timeout), case("after", "module_client"))

    result = project.run()

    result.assert_outcomes(errors=1, passed=1)
    result.stdout.fnmatch_lines([words])
    assert trap.seen == []


def test_a_poisoned_interpreter_harms_no_other_case(project: Project) -> None:
    recorded(project, case("wrong", "poisons", expect="{text: never}"), case("after", "plain", timeout="20"))

    result = project.run()

    outcomes = result.parseoutcomes()
    assert outcomes.get("passed", 0) + outcomes.get("failed", 0) + outcomes.get("errors", 0) == 2
    assert outcomes.get("failed", 0) + outcomes.get("errors", 0) >= 1
    assert json.loads("1") == 1


def test_a_client_made_when_its_module_is_imported_serves_every_case(project: Project) -> None:
    recorded(project, case("first", "module_client"), case("second", "module_client"), case("third", "plain"))

    project.run().assert_outcomes(passed=3)


def test_one_event_loop_lives_through_all_cases(project: Project) -> None:
    recorded(project, case("first", "same_loop"), case("second", "same_loop"))

    project.run().assert_outcomes(passed=2)


@pytest.mark.parametrize("handler", ["parked_thread", "short_thread"])
def test_a_thread_that_waits_for_work_or_ends_soon_is_let_be(project: Project, handler: str) -> None:
    if handler == "short_thread":
        recorded(project, case("wrong", handler, expect="{tool_calls: none}"))
    else:
        recorded(project, case("wrong", handler))

    result = project.run()

    assert "running, which was ended" not in result.stdout.str()


def test_an_allowed_host_is_reached(project: Project, trap: Trap) -> None:
    project.configure(f"[tool.prompt_contracts]\nallow_hosts = ['127.0.0.1:{trap.port}']\n")
    recorded(project, case("reaches", "reaches_out"))

    project.run().assert_outcomes(passed=1)

    assert trap.seen == ["connection"]


def test_a_recording_run_tells_what_a_replay_will_refuse(project: Project, trap: Trap) -> None:
    recorded(project, case("reaches", "reaches_out"))

    result = project.run("--pc-record=rewrite")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines([f"*the application reached for 127.0.0.1:{trap.port}: a replay refuses that*"])


def test_no_key_of_a_provider_is_in_its_environment(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-proj-real-looking-0123456789abcdef")
    monkeypatch.setenv("ANOTHER", "kept")
    recorded(
        project,
        case("tells", "told_environment", expect="{json: {OPENAI_API_KEY: {$not: {$contains: real}}, ANOTHER: kept}}"),
    )

    project.run().assert_outcomes(passed=1)


def test_a_changed_environment_reaches_the_process_that_runs_already(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded(
        project,
        case("first", "plain"),
        case("tells", "told_environment", expect="{json: {OPENAI_API_KEY: {$type: string}, ANOTHER: later}}"),
    )
    monkeypatch.delenv("ANOTHER", raising=False)
    (project.root / "conftest.py").write_text(
        "import os\ndef pytest_runtest_setup(item):\n    if 'tells' in item.name: os.environ['ANOTHER'] = 'later'\n"
    )

    project.run().assert_outcomes(passed=2)


def test_what_it_printed_is_shown_with_its_failure(project: Project) -> None:
    recorded(project, case("wrong", "prints"))

    result = project.run()

    result.stdout.fnmatch_lines(
        ["*bots:prints raised ValueError: no bus today (bots.py:*, in prints)*", "*looked it up*"]
    )


def test_a_thread_of_pytest_s_own_process_may_be_asked_for(project: Project, trap: Trap) -> None:
    recorded(project, case("reaches", "reaches_out", handler_in="thread"))

    result = project.run()

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["prompt-contracts: handlers run in a thread of this process: nobody watches *"])

    assert trap.seen == ["connection"]


def test_the_option_rules_over_the_case(project: Project, trap: Trap) -> None:
    recorded(project, case("reaches", "reaches_out", handler_in="thread"))

    project.run("--pc-handler-in=process").assert_outcomes(errors=1)

    assert trap.seen == []


def test_a_wrong_place_is_refused(project: Project) -> None:
    recorded(project, case("first", "plain"))

    result = project.run("--pc-handler-in=cloud")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--pc-handler-in takes process or thread, not 'cloud'*"])


PROGRAM = """
import json, os, sys, urllib.request

for line in sys.stdin:
    asked = json.loads(line)
    try:
        urllib.request.urlopen(sys.argv[1], timeout=5)
    except OSError as error:
        print(error, file=sys.stderr)
    body = json.dumps({"model": asked["model"], "messages": asked["messages"]}).encode()
    address = os.environ["OPENAI_BASE_URL"] + "/chat/completions"
    request = urllib.request.Request(address, body, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        print(json.dumps(json.load(answer)["choices"][0]["message"]["content"]), flush=True)
"""


@pytest.mark.parametrize("address", ["http://api.openai.example/v1/models", "https://api.openai.example/v1/models"])
def test_a_program_that_asks_another_server_is_led_to_the_stand_in_and_refused(project: Project, address: str) -> None:
    (project.root / "bot.py").write_text(PROGRAM)
    command = json.dumps([sys.executable, "bot.py", address])
    wrong = f"  - {{name: wrong, user: Hi, command: {command}, expect: {{text: Hi}}}}\n"
    recorded(project, wrong, case("after", "plain"))

    result = project.run()

    result.assert_outcomes(errors=1, passed=1)
    result.stdout.fnmatch_lines(["*the application reached for api.openai.example:*, and a replay leads nowhere*"])


def test_a_second_attempt_of_a_case_whose_module_cannot_be_loaded_is_told_again(project: Project) -> None:
    recorded(project, case("first", "plain"), case("second", "plain"))
    (project.root / "bots.py").write_text("raise RuntimeError('no configuration')\ndef plain(turn): pass\n")

    result = project.run()

    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*handler bots:plain cannot be loaded: RuntimeError: no configuration (bots.py:1, *"])


def test_a_call_that_hangs_tells_how_much_was_asked(project: Project) -> None:
    recorded(project, case("wrong", "asks_and_hangs", timeout="1"))

    result = project.run()

    result.stdout.fnmatch_lines(["*did not return within 1 s and was stopped*; it had made 1 request*"])


def test_what_a_handler_leaves_on_its_loop_asks_nothing_in_the_next_case(project: Project) -> None:
    recorded(project, case("first", "late_task"), case("second", "cached"))

    result = project.run()

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*bots:cached answered without asking its model*"])


@pytest.mark.parametrize("handler", ["timer", "waits_for_a_time"])
def test_a_thread_of_the_project_that_waits_for_a_time_is_at_work(project: Project, handler: str) -> None:
    recorded(project, case("wrong", handler), case("after", "plain"))

    result = project.run()

    result.assert_outcomes(errors=1, passed=1)
    result.stdout.fnmatch_lines([f"*bots:{handler} gave its reply and left the thread *running, which was ended*"])


def test_the_model_that_is_asked_is_the_one_of_the_cell(project: Project) -> None:
    recorded(project, case("first", "plain"))
    project.write(
        weather="version: 1\nmodels: [house:small, house:large]\ncases:\n"
        + case("first", "first_model", expect="{text: Hi}")
    )

    result = project.run("--pc-record=rewrite")

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*the application asked small, and never large, which this cell is about*"])


def test_an_address_cut_short_is_the_error_of_its_case(project: Project) -> None:
    recorded(project, case("wrong", "cuts_the_address"), case("after", "plain"))

    result = project.run()

    result.assert_outcomes(errors=1, passed=1)
    result.stdout.fnmatch_lines(["*the application reached for 127.0.0.1:*/v1/embeddings, and a replay leads nowhere*"])


@pytest.mark.parametrize("handler", ["patches_json", "writes_into_descriptors", "moves_away"])
def test_what_a_handler_does_to_its_process_harms_no_other_case(project: Project, handler: str) -> None:
    recorded(project, case("wrong", handler, timeout="20"), case("after", "here"))

    result = project.run()

    assert result.parseoutcomes()["passed"] >= 1
    result.stdout.no_fnmatch_line("*INTERNALERROR*")
    result.stdout.no_fnmatch_line("*KeyError*")
    assert "after" not in "".join(line for line in result.outlines if line.startswith(("ERROR", "FAILED")))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_fork_that_comes_back_from_its_handler_does_not_go_on(project: Project) -> None:
    recorded(project, case("first", "forks_and_returns"), case("second", "plain"), case("third", "plain"))

    result = project.run()

    assert result.parseoutcomes()["passed"] >= 2
    result.stdout.no_fnmatch_line("*KeyError*")


def test_the_command_line_of_a_program_left_running_shows_no_key(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_TOKEN", "tok-0123456789abcdefghijklmnop")
    recorded(project, case("wrong", "leaves_a_key"))

    result = project.run("--pc-report=out.json")

    text = result.stdout.str() + (project.root / "out.json").read_text("utf-8")
    assert "running, which was ended" in text
    assert "tok-0123" not in text


def test_a_recording_goes_on_whatever_an_import_and_earlier_turns_reached(project: Project, trap: Trap) -> None:
    (project.root / "bots.py").write_text(HANDLERS)
    (project.root / "eager.py").write_text(
        "import os, socket\n"
        "from bots import reaches_out\n"
        "socket.create_connection(('127.0.0.1', int(os.environ['TRAP'])), 2).close()\n"
    )
    project.answer(echo)
    turns = "[{user: Hi, expect: {text: Hi}}, {user: Ho, expect: {text: Ho}}]"
    project.write(weather=HEAD + f"  - {{name: talks, handler: 'eager:reaches_out', turns: {turns}}}\n")

    project.record().assert_outcomes(passed=1)

    # While the calls are recorded all three are let go, and in a replay each is held.
    assert trap.seen == ["connection"] * 3
    replayed = project.run()
    replayed.assert_outcomes(errors=1)
    assert trap.seen == ["connection"] * 3


def test_an_import_that_reaches_another_address_is_an_error_of_every_case(project: Project, trap: Trap) -> None:
    recorded(project, case("first", "plain"), case("second", "plain"))
    (project.root / "bots.py").write_text(
        HANDLERS
        + "\ntry:\n    socket.create_connection(('127.0.0.1', int(os.environ['TRAP'])), 2).close()\n"
        + "except OSError:\n    pass\n"
    )

    result = project.run()

    result.assert_outcomes(errors=2)
    assert trap.seen == []
