"""What code of the project prints while a command runs, and where it goes: never into what the command writes."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.cli.replies import reply
from tests.upkeep.recordings import Cassettes

MODULE = """
    import os
    import subprocess
    import sys

    print("PRINTED on import")

    def is_polite(outcome: object) -> bool:
        print("PRINTED by a function")
        os.write(1, b"PRINTED on the descriptor\\\\n")
        subprocess.run([sys.executable, "-c", "print('PRINTED by a program')"], check=True)
        return True
"""
CASES = """
    version: 1
    models: [house:small]
    cases:
      - name: greets
        user: Say hello.
        expect: {check: shop_of_prints:is_polite, text: {$contains: hello}}
"""
CHECK = ("check", "cases", "--format", "json")
STRENGTH = ("strength", "cases", "--format", "json")
STRENGTH_OUT = ("strength", "cases", "--format", "github", "--out", "-")
LIST = ("cassettes", "list", "--format", "json")
JUDGE = ("judge", "cases", "--replies", "replies.jsonl")
BATCH = ("batch", "cases", "--model", "house:small")


@pytest.fixture
def shop(cassettes: Cassettes) -> Cassettes:
    """A project whose function prints in every way."""
    cassettes.write("shop_of_prints.py", MODULE)
    cassettes.write("cases/greetings.yaml", CASES)
    cassettes.write("replies.jsonl", json.dumps(reply("cases/greetings.yaml::greets[house:small]", "hello")) + "\n")
    return cassettes


def run(shop: Cassettes, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own: what it is about are descriptors."""
    command = [sys.executable, "-m", "prompt_contracts", *arguments]
    return subprocess.run(command, cwd=shop.root, capture_output=True, text=True, encoding="utf-8", check=False)


@pytest.mark.parametrize("command", [CHECK, STRENGTH, LIST], ids=" ".join)
def test_json_stays_json(shop: Cassettes, command: tuple[str, ...]) -> None:
    done = run(shop, *command)

    assert isinstance(json.loads(done.stdout), (list, dict)), done.stderr


@pytest.mark.parametrize("command", [JUDGE, BATCH], ids=" ".join)
def test_lines_stay_lines_of_json(shop: Cassettes, command: tuple[str, ...]) -> None:
    done = run(shop, *command)

    (line,) = done.stdout.splitlines()
    assert isinstance(json.loads(line), dict), done.stderr


@pytest.mark.parametrize("command", [STRENGTH, STRENGTH_OUT, JUDGE], ids=" ".join)
def test_what_is_printed_is_there_to_see(shop: Cassettes, command: tuple[str, ...]) -> None:
    done = run(shop, *command)

    assert "PRINTED" not in done.stdout
    for way in ("on import", "by a function", "on the descriptor", "by a program"):
        assert f"PRINTED {way}" in done.stderr


def test_a_reader_who_goes_early_is_no_crash(shop: Cassettes) -> None:
    names = "".join(f"  - {{name: case_{number}, user: Hi, expect: {{text: hi}}}}\n" for number in range(2000))
    shop.write("cases/greetings.yaml", f"version: 1\ncases:\n{names}")
    command = [sys.executable, "-m", "prompt_contracts", *BATCH]
    with subprocess.Popen(command, cwd=shop.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read().decode()

    assert "Traceback" not in said
    assert "BrokenPipe" not in said
    assert process.returncode == 1
