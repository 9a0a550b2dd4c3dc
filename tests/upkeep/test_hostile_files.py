"""Files that anybody may have put among recordings: no command crashes, hangs, or lets them act on a terminal."""

from __future__ import annotations

import copy
import json
import os
from random import Random
from typing import Any

import pytest
import yaml

from tests.upkeep.recordings import GREETINGS, GREETS, PARTS, Cassettes, interaction, recording

JUNK: tuple[Any, ...] = (
    *(None, True, -1, 10**30, 1.5, float("nan"), "", "\x1b[31m\u202e", "x" * 3000, [], {}, [[]], {"a": 1}, b"\xff\x00"),
    *("http://[::1", "http://a:b@c/?key=1#f", {"code": 200}, [1, "a"], "2026-01-01T00:00:00Z"),
)
NAMES = ("x", "headers", "body", "prompt_contracts", "parsed_body", "content", "status_code")
COMMANDS = (
    ("list",),
    ("list", "--format", "json"),
    ("prune",),
    ("scrub",),
    ("adopt", f"cassettes/{GREETS}", "--case", "cases/greetings.yaml::greets", "--force"),
    ("scrub", "--apply"),
    ("prune", "--apply"),
)


def spoiled(value: Any, random: Random) -> Any:
    """The same with something else somewhere in it."""
    value = copy.deepcopy(value)
    for _ in range(random.randint(1, 4)):
        node: Any = value
        parent: Any = None
        key: Any = None
        while isinstance(node, (dict, list)) and node and (parent is None or random.random() < 0.85):
            key = random.choice(list(node) if isinstance(node, dict) else range(len(node)))
            parent, node = node, node[key]
        if isinstance(parent, dict) and random.random() < 0.2:
            parent[random.choice(NAMES)] = random.choice(JUNK)
        elif parent is not None and random.random() < 0.3:
            del parent[key]
        elif parent is not None:
            parent[key] = random.choice(JUNK)
    return value


@pytest.mark.parametrize("seed", range(12))
def test_no_spoiled_cassette_stops_a_command(cassettes: Cassettes, seed: int) -> None:
    random = Random(seed)
    sound = {"interactions": [interaction(trial=random.choice([None, 1])), interaction("x")], "version": 1}
    for inside in (GREETS, PARTS, "gone/x.yaml", "z.yaml"):
        document = spoiled(sound, random)
        is_yaml = random.random() < 0.8
        text = yaml.safe_dump(document, allow_unicode=True) if is_yaml else json.dumps(document, default=str)
        cassettes.write(f"cassettes/{inside}", text[: None if random.random() < 0.8 else random.randrange(len(text))])

    for command in COMMANDS:
        code, out, said = cassettes.run(*command)
        assert code in (0, 1, 2)
        assert not {"\x1b", "\u202e"} & set(out + said)


def test_a_file_that_is_too_large_is_told(cassettes: Cassettes) -> None:
    with (cassettes.root / "cassettes" / GREETS).open("wb") as file:
        file.truncate(65 * 1024 * 1024)

    assert cassettes.listed()[GREETS]["reason"] == "it is 65 MB large; 64 MB is the most"
    assert cassettes.run("scrub")[0] == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
def test_a_pipe_is_told_and_not_waited_for(cassettes: Cassettes) -> None:
    path = cassettes.root / "cassettes" / GREETS
    path.unlink()
    os.mkfifo(path)

    assert cassettes.listed()[GREETS]["reason"] == "it is no regular file"


def test_names_that_no_system_likes_are_only_shown(cassettes: Cassettes) -> None:
    for name in ("NUL.yaml", "a\\b.yaml", "a:b.yaml", " .yaml", "x\ny.yaml", "..yaml", "\u202egpj.yaml", "é.yaml"):
        cassettes.write(f"cassettes/greetings/gone/{name}", recording(interaction()))
    (cassettes.root / "cassettes/greetings/gone" / os.fsdecode(b"\xff.yaml")).write_text(recording(interaction()))

    code, out, said = cassettes.run("prune")

    assert (code, said) == (1, "9 files would go; --apply removes them\n")
    assert len(out.splitlines()) == 9
    assert "\u202e" not in out
    assert cassettes.run("prune", "--apply")[0] == 0
    assert cassettes.files == [GREETS, PARTS]


def test_a_recording_of_a_broken_case_is_known_by_the_name_of_its_file(cassettes: Cassettes) -> None:
    cassettes.write("cases/greetings.yaml", GREETINGS.replace("name: parts", "name: con").replace("trials", "trails"))
    cassettes.record("greetings/con_/house/small.yaml", interaction())

    assert cassettes.listed()["greetings/con_/house/small.yaml"]["use"] == "unclear"


def test_a_name_that_a_system_took_apart_is_no_orphan(cassettes: Cassettes) -> None:
    cassettes.write("cases/é.yaml", GREETINGS)
    cassettes.record("e\u0301/greets/house/small.yaml", interaction())
    cassettes.record(GREETS.upper().replace(".YAML", ".yaml"), interaction())

    assert cassettes.listed()["e\u0301/greets/house/small.yaml"]["use"] == "unclear"
    assert cassettes.listed()[GREETS.upper().replace(".YAML", ".yaml")]["use"] == "unclear"


def test_two_cells_of_one_recording_are_a_mistake_and_keep_it(cassettes: Cassettes) -> None:
    cassettes.write("cases/greetings.yml", GREETINGS)
    before = cassettes.files

    code, _, said = cassettes.run("prune", "--apply")

    assert (code, "PC124" in said) == (1, True)
    assert cassettes.files == before
