"""Any program as the application under test: its lines, its ends, its children, its environment."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.application import command_runner
from prompt_contracts.application.enclosure import Enclosure
from prompt_contracts.application.program_output import LineReader
from prompt_contracts.application.question import LONGEST_OUTPUT
from prompt_contracts.errors import UsageError
from prompt_contracts.message import Message
from prompt_contracts.stub.server import StubServer
from tests.application.application_project import QUESTION, Project, answered, ask

ECHO = """\
import json, sys
for line in sys.stdin:
    print(json.dumps({"got": json.loads(line)}))
"""
CHAT = """\
import http.client, json, os, sys
from urllib.parse import urlsplit
for line in sys.stdin:
    question = json.loads(line)
    address = urlsplit(os.environ["OPENAI_BASE_URL"])
    connection = http.client.HTTPConnection(address.hostname, address.port)
    connection.request("POST", address.path + "/chat/completions", body=json.dumps(question))
    answer = json.loads(connection.getresponse().read())
    print(json.dumps(answer["choices"][0]["message"]["content"] if "choices" in answer else "Sorry."))
"""


@pytest.fixture
def hangs() -> float:
    """All the seconds that a hanging program gets: a Python process surely starts in them, however busy it is here."""
    before = time.monotonic()
    subprocess.run([sys.executable, "-c", "import json, os, sys"], check=True)
    return max(1.5, 10 * (time.monotonic() - before))


@pytest.fixture
def ends_never(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a program that never ends by itself, a second is as long as a moment."""
    monkeypatch.setattr(command_runner, "_GRACE", 0.1)


@pytest.fixture(params=["as it is", "shut in"])
def project(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Project]:
    with StubServer() as server:
        enclosure = Enclosure(server) if request.param == "shut in" else None
        yield Project(root=tmp_path.resolve(), server=server, enclosure=enclosure)


def is_running(pid: int) -> bool:
    """Whether a process is there and not merely unburied."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")


def wait_for(is_so: Callable[[], bool]) -> bool:
    """Whether something comes true within a few seconds."""
    for _ in range(500):
        if is_so():
            return True
        time.sleep(0.01)
    return False


def is_gone(pid: int) -> bool:
    """Whether a process ends; a kill takes a moment to be carried out."""
    return wait_for(lambda: not is_running(pid))


def pids(project: Project, count: int) -> list[int]:
    """The process ids that the application wrote down."""
    return [int(project.root.joinpath(f"pid{number}").read_text()) for number in range(count)]


def test_a_turn_is_one_line_in_and_one_line_out(project: Project) -> None:
    with project.open(command=project.python(ECHO)) as run:
        reply = ask(run)

    assert (reply.value, reply.kind) == ({"got": {"messages": QUESTION, "model": "tiny"}}, "returned")
    assert reply.is_reply


def test_one_process_serves_all_turns_of_a_trial(project: Project) -> None:
    bot = project.python("import json, os, sys\nfor line in sys.stdin: print(json.dumps(str(os.getpid())))\n")

    with project.open(command=bot) as run:
        values = [ask(run).value for _ in range(3)]
    with project.open(command=bot) as run:
        values.append(ask(run).value)

    assert len(set(values[:3])) == 1
    assert values[3] != values[0]


def test_line_ends_and_any_characters_survive_the_way(project: Project) -> None:
    text = 'a\nb\r\n\u2028 "ü" \U0001f327 \x00'
    with project.open(command=project.python(ECHO)) as run:
        reply = run.ask((Message(role="user", content=text),), model="tiny", variables={}, fault=None)

    assert isinstance(reply.value, dict)
    assert reply.value["got"] == {"messages": [{"role": "user", "content": text}], "model": "tiny"}


def test_a_very_long_question_and_a_very_long_answer_pass(project: Project) -> None:
    text = "rain " * 400_000
    with project.open(command=project.python(ECHO)) as run:
        reply = run.ask((Message(role="user", content=text),), model="tiny", variables={}, fault=None)

    assert isinstance(reply.value, dict)
    assert reply.value["got"] == {"messages": [{"role": "user", "content": text}], "model": "tiny"}


def test_a_program_starts_in_the_root_of_the_project(project: Project) -> None:
    bot = project.python("import json, os\nprint(json.dumps(os.getcwd()))\n")
    with project.open(command=bot) as run:
        assert ask(run).value == str(project.root)


def test_a_last_line_needs_no_line_end(project: Project) -> None:
    with project.open(
        command=project.python("import sys\nsys.stdin.readline()\nsys.stdout.write('\"done\"')\n")
    ) as run:
        assert ask(run).value == "done"


def test_a_line_that_nobody_asked_for_is_not_taken_for_the_next_reply(project: Project) -> None:
    program = 'import sys\nfor line in sys.stdin: sys.stdout.write(\'"one"\\n"two"\\n\'); sys.stdout.flush()\n'
    with project.open(command=project.python(program)) as run:
        first = ask(run)
        wait_for(lambda: not run._runner._events.empty())  # type: ignore[attr-defined]  # the second line is here
        second = ask(run)

    assert first.value == "one"
    assert not second.is_reply
    assert 'wrote more than one line for one turn: `"two"`' in (second.failure or "")


def test_a_program_that_ended_well_between_two_turns_is_silent_at_the_next(project: Project) -> None:
    with project.open(command=project.python("import sys\nsys.stdin.readline()\nprint('\"done\"')\n")) as run:
        first, second = ask(run), ask(run)

    assert (first.value, second.kind) == ("done", "silent")
    assert "ended (exit code 0) and did not reply" in (second.failure or "")


def test_blank_lines_are_left_out(project: Project) -> None:
    with project.open(command=project.python("print()\nprint('  ')\nprint('\"done\"')\n")) as run:
        assert ask(run).value == "done"


def test_what_it_asks_the_provider_is_answered_and_kept(project: Project) -> None:
    project.record(answered("It will."))

    with project.open(command=project.python(CHAT)) as run:
        reply = ask(run)

    assert reply.value == "It will."
    assert [interaction.request.body for interaction in run.interactions] == [{"messages": QUESTION, "model": "tiny"}]


def test_a_missing_recording_is_a_problem_although_the_program_has_a_fallback(project: Project) -> None:
    with project.open(command=project.python(CHAT)) as run:
        reply = ask(run)

    assert (reply.value, reply.is_reply) == ("Sorry.", True)
    assert "nothing is recorded" in str(run.problem)


ENVIRONMENT = "import json, os\nprint(json.dumps(dict(os.environ)))\n"


def environment_of(project: Project) -> dict[str, Any]:
    with project.open(command=project.python(ENVIRONMENT)) as run:
        value = ask(run).value
    assert isinstance(value, dict)
    return value


def test_the_environment_leads_to_the_address_and_past_every_proxy(project: Project) -> None:
    project.environ |= {"HTTP_PROXY": "http://proxy.example", "NO_PROXY": "intern.example"}

    found = environment_of(project)

    assert found["OPENAI_BASE_URL"].startswith("http://127.0.0.1:")
    assert found["OPENAI_API_KEY"] == "prompt-contracts-placeholder"
    assert found["PROMPT_CONTRACTS_MODEL"] == "tiny"
    assert found["NO_PROXY"] == "intern.example,127.0.0.1,localhost"
    assert found["no_proxy"] == "127.0.0.1,localhost"
    assert found["HTTP_PROXY"] == "http://proxy.example"


def test_no_secret_is_handed_on_and_the_rest_is(project: Project) -> None:
    project.environ |= {"HOUSE_KEY": "hush-hush-123", "GITHUB_TOKEN": "quiet-quiet-456", "COLOUR": "blue"}

    found = environment_of(project)

    assert found["COLOUR"] == "blue"
    assert not {"HOUSE_KEY", "GITHUB_TOKEN"} & found.keys()


def test_the_environment_of_this_process_stays_as_it_is(project: Project) -> None:
    before = {**os.environ}

    environment_of(project)

    assert {**os.environ} == before


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("Starting up ...", "wrote a line that is no JSON: `Starting up ...`"),
        ('{"a": 1} extra', "wrote a line that is no JSON"),
        ("{'a': 1}", "wrote a line that is no JSON"),
        ('{"a": NaN}', "NaN is not JSON"),
        ("3", "wrote a line that is no JSON string and no object: `3`"),
        ("null", "wrote a line that is no JSON string and no object: `null`"),
        ('["a"]', "wrote a line that is no JSON string and no object"),
    ],
)
def test_a_line_that_is_no_reply_says_so(project: Project, line: str, words: str) -> None:
    with project.open(command=project.python(f"import sys\nprint({line!r})\nsys.stdin.read()\n")) as run:
        reply = ask(run)

    assert (reply.is_reply, reply.kind) == (False, "returned")
    assert words in (reply.failure or "")
    assert "write everything else to standard error" in (reply.failure or "")


def test_after_a_turn_without_a_reply_no_other_is_asked(project: Project) -> None:
    with project.open(command=project.python("import sys\nfor line in sys.stdin: print('no JSON')\n")) as run:
        ask(run)
        reply = ask(run)

    assert not reply.is_reply
    assert "was not asked: it had failed in an earlier turn" in (reply.failure or "")


@pytest.mark.parametrize(
    ("end", "kind", "words"),
    [
        ("sys.exit(3)", "exited", "ended with exit code 3 before it replied"),
        ("os.kill(os.getpid(), signal.SIGTERM)", "exited", "was ended by SIGTERM before it replied"),
        ("raise ValueError('no city')", "exited", "ended with exit code 1 before it replied"),
        ("sys.exit(0)", "silent", "ended (exit code 0) and did not reply"),
        ("os.close(1); sys.stdin.read()", "silent", "closed its standard output and did not reply"),
    ],
)
def test_an_end_before_the_reply_is_told(project: Project, end: str, kind: str, words: str) -> None:
    program = f"import os, signal, sys\nprint('almost there', file=sys.stderr)\nsys.stderr.flush()\n{end}\n"
    with project.open(command=project.python(program)) as run:
        reply = ask(run)

    assert (reply.is_reply, reply.kind) == (False, kind)
    assert words in (reply.failure or "")
    assert reply.output.startswith("almost there")


def test_a_bad_end_after_the_last_reply_can_be_told(project: Project) -> None:
    with project.open(command=project.python("import sys\nprint('\"done\"')\nsys.stdin.read()\nsys.exit(3)\n")) as run:
        reply = ask(run)

    assert reply.value == "done"
    assert run.ending is not None
    assert run.ending.kind == "exited"
    assert (run.ending.failure or "").endswith("ended with exit code 3 after its last reply")


def test_a_good_end_after_the_last_reply_is_nothing_to_tell(project: Project) -> None:
    with project.open(command=project.python(ECHO)) as run:
        ask(run)

    assert run.ending is None


def test_a_secret_in_its_errors_is_masked(project: Project) -> None:
    project.environ["HOUSE_KEY"] = "hush-hush-123"
    with project.open(command=project.python("import sys\nsys.exit('the key is hush-hush-123')\n")) as run:
        reply = ask(run)

    assert reply.output == "the key is [HOUSE_KEY]\n"


def test_of_very_much_error_output_the_end_is_kept(project: Project) -> None:
    program = (
        "import sys\nsys.stderr.write('x' * 3_000_000 + 'the end')\nprint('\"done\"')\nsys.stdin.read()\nsys.exit(1)\n"
    )
    with project.open(
        command=project.python(f"import sys\nsys.stderr.write('x' * 3_000_000 + 'the end')\n{program}")
    ) as run:
        reply = ask(run)

    assert reply.value == "done"
    assert len(reply.output) <= LONGEST_OUTPUT + 1


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("no-such-program-here", "bot.js"), "there is no program 'no-such-program-here' on the PATH"),
        (("./no-such-bot",), "there is no program './no-such-bot' below the project's root"),
        (("./bot.txt",), "'./bot.txt' may not be run"),
        (("bad\0name",), "cannot be run"),
    ],
)
def test_a_program_that_cannot_be_started_is_a_problem(project: Project, command: tuple[str, ...], words: str) -> None:
    project.write("bot.txt", "no program")
    with project.open(command=command) as run:
        reply = ask(run)

    assert not reply.is_reply
    assert isinstance(run.problem, UsageError)
    assert words in str(run.problem)


TREE = """\
import os, subprocess, sys, time
def note(number):
    with open(f"pid{number}.new", "w") as file: file.write(str(os.getpid()))
    os.rename(f"pid{number}.new", f"pid{number}")
note(0)
sys.stderr.write("thinking"); sys.stderr.flush()
if os.fork() == 0:  # a child
    note(1)
    if os.fork() == 0:  # a grandchild
        note(2); time.sleep(600)
    time.sleep(600)
if os.fork() == 0:  # a child in a session of its own
    os.setsid(); note(3); time.sleep(600)
if os.fork() == 0:  # a daemon, which nobody is the parent of
    os.setsid()
    if os.fork(): os._exit(0)
    os.close(0); os.close(1); os.close(2)
    note(4); time.sleep(600)
while not all(os.path.exists(f"pid{number}") for number in range(5)): time.sleep(0.01)
"""
needs_proc = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="strays are found through /proc")


@needs_proc
def test_a_hanging_program_is_stopped_with_everything_that_it_started(project: Project, hangs: float) -> None:
    with project.open(command=project.python(TREE + "time.sleep(600)\n"), timeout=3 * hangs) as run:
        reply = ask(run)

        assert [number for number, pid in enumerate(pids(project, 5)) if not is_gone(pid)] == []
    assert (reply.is_reply, reply.kind) == (False, "hung")
    assert f"did not reply within {3 * hangs:g} s and was stopped" in (reply.failure or "")
    assert reply.output == "thinking"


@needs_proc
def test_at_its_end_a_trial_leaves_no_process_behind(project: Project) -> None:
    with project.open(command=project.python(TREE + "print('\"done\"')\nsys.stdin.read()\n")) as run:
        assert ask(run).value == "done"

    assert [number for number, pid in enumerate(pids(project, 5)) if not is_gone(pid)] == []


@needs_proc
@pytest.mark.usefixtures("ends_never")
def test_a_child_that_left_the_group_and_its_environment_is_ended_too(project: Project) -> None:
    child = "import os, time; os.setsid(); open('pid0.new', 'w').write(str(os.getpid())); os.rename('pid0.new', 'pid0')"
    start = f"subprocess.Popen([sys.executable, '-c', {child + '; time.sleep(600)'!r}], env={{}})\n"
    wait = "while not os.path.exists('pid0'): time.sleep(0.01)\n"
    bot = project.python(f"import os, subprocess, sys, time\n{start}{wait}print('\"done\"')\ntime.sleep(600)\n")
    with project.open(command=bot) as run:
        assert ask(run).value == "done"

    assert is_gone(pids(project, 1)[0])


@needs_proc
@pytest.mark.usefixtures("ends_never")
def test_a_program_that_will_not_end_is_ended(project: Project) -> None:
    stubborn = "import os, signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint(f'\"{os.getpid()}\"')\n"
    with project.open(command=project.python(f"{stubborn}while True: time.sleep(600)\n")) as run:
        value = ask(run).value

    assert isinstance(value, str)
    assert is_gone(int(value))
    assert run.ending is None


@needs_proc
@pytest.mark.usefixtures("ends_never")
def test_an_exception_in_the_run_ends_the_program_too(project: Project) -> None:
    bot = project.python("import os, time\nprint(f'\"{os.getpid()}\"')\ntime.sleep(600)\n")
    seen: list[int] = []

    def break_off() -> None:
        with project.open(command=bot) as run:
            seen.append(int(str(ask(run).value)))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    assert is_gone(seen[0])


def test_a_program_that_never_reads_a_long_question_is_stopped_in_time(project: Project, hangs: float) -> None:
    with project.open(command=project.python("import time\ntime.sleep(600)\n"), timeout=hangs) as run:
        reply = run.ask((Message(role="user", content="x" * 5_000_000),), model="tiny", variables={}, fault=None)

    assert reply.kind == "hung"


def test_a_reply_without_its_line_end_is_named(project: Project, hangs: float) -> None:
    bot = project.python("import sys, time\nsys.stdout.write('\"done\"')\nsys.stdout.flush()\ntime.sleep(600)\n")
    with project.open(command=bot, timeout=hangs) as run:
        reply = ask(run)

    assert '; it wrote `"done"` and no line end' in (reply.failure or "")


def test_a_child_that_keeps_the_output_open_does_not_hide_the_end(project: Project) -> None:
    bot = project.python("import os, sys, time\nif os.fork() == 0: time.sleep(600)\nsys.exit(4)\n")
    with project.open(command=bot) as run:
        reply = ask(run)

    assert (reply.kind, "exit code 4" in (reply.failure or "")) == ("exited", True)


def test_it_is_no_child_of_the_terminal(project: Project) -> None:
    with project.open(command=project.python("import json, os\nprint(json.dumps(str(os.getsid(0))))\n")) as run:
        assert ask(run).value != str(os.getsid(0))


@given(pieces=st.lists(st.binary(max_size=20) | st.sampled_from([b"\n", b"\r\n", b'"a"\n']), max_size=20))
def test_lines_are_the_same_however_the_bytes_are_cut(pieces: list[bytes]) -> None:
    read_end, write_end = os.pipe()
    lines: list[bytes] = []
    with os.fdopen(read_end, "rb", buffering=0) as pipe:
        reader = LineReader(pipe, on_line=lines.append, on_end=lambda: None)
        for piece in pieces:
            os.write(write_end, piece)
        os.close(write_end)
        assert reader.join(30)

    assert lines == [line for line in b"".join(pieces).split(b"\n") if line.strip()]


def test_a_signal_without_a_name_is_told_by_its_number(project: Project) -> None:
    number = signal.SIGRTMIN + 3
    with project.open(command=project.python(f"import os\nos.kill(os.getpid(), {number})\n")) as run:
        assert f"was ended by signal {number} before it replied" in (ask(run).failure or "")


def test_json_objects_keep_their_values(project: Project) -> None:
    value = {"text": "ü", "n": 1.5, "list": [None, True, {"deep": "er"}]}
    with project.open(command=project.python(f"print({json.dumps(json.dumps(value))})\n")) as run:
        assert ask(run).value == value


def test_arguments_reach_the_program_as_they_are_written(project: Project) -> None:
    name = project.write("bot.py", "import json, sys\nprint(json.dumps(' '.join(sys.argv[1:])))\n")
    with project.open(command=(sys.executable, name, "$HOME", "a b", "*")) as run:
        assert ask(run).value == "$HOME a b *"
