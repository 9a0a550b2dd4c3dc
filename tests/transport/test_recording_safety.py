"""Threads, killed processes and imports: what must hold whatever else happens at the same time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from prompt_contracts.errors import RecordingUnreadable, SecretFound
from prompt_contracts.interaction import Interaction
from prompt_contracts.transport import cassette_store
from prompt_contracts.transport.cassette_file import read_entries
from prompt_contracts.transport.cassette_store import write_text
from tests.transport.loopback import Answer, Asked, Loopback, Workshop


def echo(asked: Asked) -> Answer:
    """An answer that repeats the message it was sent."""
    content = json.loads(asked.body)["messages"][0]["content"]
    return Answer(body=json.dumps({"echo": content}).encode())


def echoed(interaction: Interaction) -> str:
    assert interaction.response is not None
    return str(json.loads(interaction.response.body)["echo"])


def test_sixteen_cells_recorded_at_once_each_get_their_own_file(workshop: Workshop, server: Loopback) -> None:
    server.answer = echo
    transport = workshop.transport("rewrite")

    def record(number: int) -> None:
        cell = transport.open(workshop.cell(cassette=f"case{number}.yaml"))
        for trial in (1, 2, 3):
            cell.send(workshop.request(f"case {number} trial {trial}"), trial=trial)
        cell.save()

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(record, range(16)))

    for number in range(16):
        entries = read_entries((workshop.root / f"cassettes/case{number}.yaml").read_text())
        assert [json.loads(entry.body)["echo"] for entry in entries] == [
            f"case {number} trial {trial}" for trial in (1, 2, 3)
        ]


def test_many_threads_record_and_replay_one_cell(workshop: Workshop, server: Loopback) -> None:
    server.answer = echo
    cell = workshop.open("rewrite")

    def ask(trial: int) -> str:
        return echoed(cell.send(workshop.request(f"trial {trial}"), trial=trial))

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(ask, range(1, 65)))
    cell.save()
    cell = workshop.open()

    with ThreadPoolExecutor(16) as pool:
        replayed = list(pool.map(ask, range(1, 65)))

    assert replayed == [f"trial {trial}" for trial in range(1, 65)]
    assert [entry.recorded.trial for entry in read_entries(workshop.text)] == list(range(1, 65))


def test_answers_to_one_request_are_given_out_once_each(workshop: Workshop, server: Loopback) -> None:
    workshop.record(*[workshop.request()] * 32)
    cell = workshop.open()

    with ThreadPoolExecutor(16) as pool:
        replayed = list(pool.map(lambda trial: cell.send(workshop.request(), trial=trial), range(1, 33)))

    assert sorted(answer.recorded.trial or 0 for answer in replayed) == list(range(1, 33))


def test_a_killed_writer_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "cassette.yaml"
    versions = {letter * 300_000 for letter in "ab"}
    write_text(path, "a" * 300_000)
    program = (
        "from pathlib import Path\n"
        "from prompt_contracts.transport.cassette_store import write_text\n"
        "print('ready', flush=True)\n"
        "while True:\n"
        f"    for letter in 'ab': write_text(Path({str(path)!r}), letter * 300_000)\n"
    )
    for attempt in range(8):
        process = subprocess.Popen(
            [sys.executable, "-c", program],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": ":".join(sys.path)},
        )
        with process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(0.004 * attempt)
            process.send_signal(signal.SIGKILL)

        assert path.read_text() in versions


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "cassette.yaml"
    write_text(path, "old")

    def fail(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        write_text(path, "new")

    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("cassette.yaml", "old")]


def test_a_recording_is_written_with_line_feeds_and_utf_8(workshop: Workshop, server: Loopback) -> None:
    server.answer = echo
    workshop.record(workshop.request("Grüße"))

    assert b"\r" not in workshop.path.read_bytes()
    assert "Grüße" in workshop.path.read_bytes().decode()


def test_new_files_get_the_permissions_that_the_process_gives(workshop: Workshop) -> None:
    workshop.record()
    plain = workshop.root / "plain"
    plain.touch()

    assert workshop.path.stat().st_mode == plain.stat().st_mode


def test_a_refused_recording_leaves_no_file_behind(workshop: Workshop) -> None:
    cell = workshop.open("once")
    cell.send(workshop.request("AKIAABCDEFGHIJKLMNOP"), trial=1)

    with pytest.raises(SecretFound):
        cell.save()

    assert not [path for path in workshop.root.rglob("*") if path.is_file()]


def test_replay_imports_neither_httpx_nor_vcrpy(workshop: Workshop) -> None:
    workshop.record()
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "sys.path[:0] = sys.argv[2:]\n"
        "from tests.transport.loopback import Workshop\n"
        f"workshop = Workshop(root=Path(sys.argv[1]), base_url={workshop.base_url!r})\n"
        "cell = workshop.open()\n"
        "assert cell.send(workshop.request(), trial=1).is_replayed\n"
        "assert not cell.save()\n"
        "heavy = ['httpx', 'httpcore', 'vcr', 'jsonschema', 'genai_prices', 'dotenv']\n"
        "print([name for name in heavy if name in sys.modules])\n"
    )

    run = subprocess.run(
        [sys.executable, "-c", program, str(workshop.root), *sys.path],
        capture_output=True,
        text=True,
        check=True,
    )

    assert run.stdout.strip() == "[]"


def dead_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_what_a_killed_run_left_goes_and_what_another_run_writes_stays(tmp_path: Path) -> None:
    machine = cassette_store._machine()
    left = [f".{machine}-{dead_process()}-{'a' * 16}.tmp"]
    kept = [f".{machine}-{os.getppid()}-{'b' * 16}.tmp", f".00000000-1-{'c' * 16}.tmp", ".mine.tmp", f".{'d' * 16}.tmp"]
    for name in (*left, *kept):
        (tmp_path / name).write_text("")

    write_text(tmp_path / "cassette.yaml", "new")

    assert sorted(file.name for file in tmp_path.iterdir()) == sorted([*kept, "cassette.yaml"])


def test_what_was_left_long_ago_goes_wherever_it_was_written(tmp_path: Path) -> None:
    for name in (f".00000000-1-{'c' * 16}.tmp", f".{'d' * 16}.tmp"):
        (tmp_path / name).write_text("")
        os.utime(tmp_path / name, (1, 1))

    write_text(tmp_path / "cassette.yaml", "new")

    assert [file.name for file in tmp_path.iterdir()] == ["cassette.yaml"]


def test_a_link_stays_one_and_what_it_leads_to_is_written(workshop: Workshop) -> None:
    target = workshop.root / "shared.yaml"
    workshop.path.parent.mkdir(parents=True)
    workshop.path.symlink_to(target)

    workshop.record(mode="rewrite")

    assert workshop.path.is_symlink()
    assert "Will it rain" in target.read_text("utf-8")


def test_a_link_out_of_the_project_is_not_written(workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> None:
    target = tmp_path_factory.mktemp("elsewhere") / "shared.yaml"
    workshop.path.parent.mkdir(parents=True)
    workshop.path.symlink_to(target)

    with pytest.raises(RecordingUnreadable, match="outside the project"):
        workshop.record(mode="rewrite")

    assert not target.exists()
