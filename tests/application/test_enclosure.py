"""Programs are shut in where the kernel lets it be done; else they start as they are, and nothing hangs."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from prompt_contracts.application.enclosure import Begin, Enclosure, why_not_enclosed
from prompt_contracts.application.process import Program, ProgramNotStartedError
from prompt_contracts.interaction import ApiResponse
from prompt_contracts.stub.server import StubServer

REASON = why_not_enclosed()
pytestmark = pytest.mark.skipif(REASON is not None, reason=f"no network namespace here: {REASON}")
WAIT = 60.0
CONNECT = """\
import socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), 5).close()
    print("reached")
except OSError as error:
    print(error.strerror)
"""


@pytest.fixture
def server() -> Iterator[StubServer]:
    with StubServer() as server:
        yield server


@pytest.fixture
def address(server: StubServer) -> str:
    return server.open(lambda _incoming: ApiResponse(status=200, body=b"served")).base_url


@pytest.fixture
def other() -> Iterator[int]:
    """The port of somebody else, who answers nothing and takes every connection."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        yield listener.getsockname()[1]


def begin(prefix: Sequence[str] = (), environ: dict[str, str] | None = None) -> Begin:
    """Starts what is to be shut in behind a prefix, such as a limit; anything else as it is."""

    def start(command: Sequence[str], descriptors: Sequence[int]) -> subprocess.Popen[bytes]:
        line = [*prefix, *command] if descriptors else [*command]
        pipe = subprocess.PIPE
        return subprocess.Popen(line, stdin=pipe, stdout=pipe, stderr=pipe, pass_fds=descriptors, env=environ)

    return start


def python(text: str, *arguments: object) -> tuple[str, ...]:
    return (sys.executable, "-S", "-E", "-c", text, *map(str, arguments))


def said(process: subprocess.Popen[bytes]) -> str:
    return process.communicate(timeout=WAIT)[0].decode().strip()


def test_the_stand_in_is_reached_at_its_address(server: StubServer, address: str) -> None:
    ask = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).read().decode())"

    start = Enclosure(server).start(begin(environ={}), python(ask, address))

    assert said(start.process) == "served"
    assert start.room is not None
    assert start.room.strays == 0
    start.room.close()


@pytest.mark.parametrize(("host", "strays"), [("127.0.0.1", 0), ("198.51.100.1", 1), ("2001:db8::1", 1)])
def test_nobody_else_is_reached_and_what_has_no_way_is_counted(
    server: StubServer, address: str, other: int, host: str, strays: int
) -> None:
    start = Enclosure(server).start(begin(), python(CONNECT, host, other))

    assert said(start.process) != "reached"
    assert start.room is not None
    assert start.room.strays == strays
    start.room.close()
    assert start.room.strays == strays


def test_a_name_can_be_looked_up_among_those_of_the_machine(server: StubServer, address: str) -> None:
    look = (
        "import socket\nfor name in ('127.0.0.1', 'localhost'):\n"
        "    print(socket.getaddrinfo(name, 80, socket.AF_INET, flags=socket.AI_ADDRCONFIG)[0][4][0])"
    )

    start = Enclosure(server).start(begin(), python(look))

    assert said(start.process).split() == ["127.0.0.1", "127.0.0.1"]


def test_a_program_gets_what_it_would_get_as_it_is(server: StubServer, address: str, tmp_path: Path) -> None:
    (tmp_path / "look").write_text(
        "#!/bin/sh\nls /proc/self/fd | wc -l; cat /proc/self/environ; echo; id -u; id -g\n"
        "grep -E '^Sig(Ign|Blk)' /proc/self/status; pwd; echo $0 $*; touch made\n"
    )
    (tmp_path / "look").chmod(0o755)
    environ = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "LC_ALL": "C", "ODD": "a=b\udcff\n"}

    def printed(start: Begin | None) -> str:
        (tmp_path / "made").unlink(missing_ok=True)
        if start is None:
            process = begin(environ=environ)(("look", "a b", ""), ())
        else:
            process = Enclosure(server).start(start, ("look", "a b", "")).process
        text = process.communicate(timeout=WAIT)[0].decode("utf-8", "replace")
        assert Path("made").stat().st_uid == os.geteuid()
        return text

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        assert printed(begin(environ=environ)) == printed(None) != ""


@pytest.mark.parametrize(
    ("command", "kind"),
    [("no-such-program", FileNotFoundError), ("./none", FileNotFoundError), ("/etc/passwd", PermissionError)],
)
def test_a_program_that_is_not_there_is_told_as_without(
    server: StubServer, address: str, command: str, kind: type[OSError]
) -> None:
    enclosure = Enclosure(server)

    with pytest.raises(kind):
        enclosure.start(begin(environ={"PATH": "/usr/bin:/bin"}), (command,))

    assert enclosure.reason is None


@pytest.mark.skipif(shutil.which("prlimit") is None, reason="there is no prlimit here")
def test_what_is_shut_in_by_half_is_ended_and_starts_as_it_is(server: StubServer, address: str, other: int) -> None:
    enclosure = Enclosure(server)

    first = enclosure.start(begin(("prlimit", "--nofile=4:4")), python(CONNECT, "127.0.0.1", other))
    second = enclosure.start(begin(), python(CONNECT, "127.0.0.1", other))

    assert (said(first.process), first.room) == ("reached", None)
    assert (said(second.process), second.room) == ("reached", None)
    assert enclosure.reason == "Too many open files"


@pytest.mark.skipif(shutil.which("unshare") is None, reason="there is no unshare here")
def test_where_the_kernel_refuses_it_starts_as_it_is(server: StubServer, address: str, other: int) -> None:
    none = "for limit in user net; do echo 0 > /proc/sys/user/max_${limit}_namespaces || exit 1; done"
    forbidden = ("unshare", "-Ur", "sh", "-c", f'{none}; exec "$@"', "sh")
    if subprocess.run([*forbidden, "true"], check=False, capture_output=True).returncode:
        pytest.skip("the limits of a user namespace cannot be set here")
    enclosure = Enclosure(server)

    start = enclosure.start(begin(forbidden), python(CONNECT, "127.0.0.1", other))

    assert (said(start.process), start.room) == ("reached", None)
    assert enclosure.reason == "No space left on device"


def test_one_that_dies_on_its_way_is_seen_by_whoever_waits(server: StubServer, address: str) -> None:
    enclosure = Enclosure(server)

    start = enclosure.start(begin(("sh", "-c", "exit 3")), ("true",))

    said(start.process)
    assert (start.process.returncode, start.room, enclosure.reason) == (3, None, None)


def test_one_that_never_comes_is_ended(server: StubServer, address: str) -> None:
    begun: list[int] = []

    def start(command: Sequence[str], descriptors: Sequence[int]) -> subprocess.Popen[bytes]:
        process = begin(("sh", "-c", "exec sleep 600"))(command, descriptors)
        begun.append(process.pid)
        return process

    with pytest.raises(OSError, match="it was not ready within"):
        Enclosure(server, seconds=0.2).start(start, ("true",))

    assert [psutil.pid_exists(pid) for pid in begun] == [False]


def test_everything_that_it_started_is_found_and_ended(server: StubServer, address: str) -> None:
    away = "import subprocess; print(subprocess.Popen(['sleep', '600'], start_new_session=True).pid, flush=True)"
    program = Program(
        python(away),
        folder=Path.cwd(),
        environ={**os.environ, "OPENAI_BASE_URL": address},
        mark="OPENAI_BASE_URL",
        enclosure=Enclosure(server),
    )
    child = int(program.stdout.readline())
    program.wait()

    assert [str(child) in other for other in program.others()] == [True]
    program.kill()
    program.close()

    assert wait_until(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == "zombie")


def test_nothing_stays_open_behind_it(server: StubServer, address: str) -> None:
    def descriptors() -> int:
        return sum(1 for _ in Path("/proc/self/fd").iterdir())

    enclosure = Enclosure(server)
    before = descriptors()
    for command in (python(""), ("no-such-program",)):
        try:
            program = Program(
                command,
                folder=Path.cwd(),
                environ={**os.environ, "OPENAI_BASE_URL": address},
                mark="OPENAI_BASE_URL",
                enclosure=enclosure,
            )
        except ProgramNotStartedError:
            continue
        program.wait()
        program.kill()
        program.close()

    assert descriptors() == before


def wait_until(is_so: Callable[[], bool]) -> bool:
    """Whether something comes true soon; a kill takes a moment to be carried out."""
    for _ in range(500):
        if is_so():
            return True
        subprocess.run(["sleep", "0.02"], check=True)
    return False
