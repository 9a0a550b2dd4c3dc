"""Configurations and logs that were spoiled at random: the commands never crash, and `check` takes what they write."""

from __future__ import annotations

import copy
import json
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from prompt_contracts.cases.foreign_yaml import read_foreign_yaml
from tests.cli.replies import Folder

CONFIGURATIONS = Path(__file__).parents[1] / "exchange" / "configurations"
ODD: list[Any] = [
    *(None, True, 0, -1, 1e300, 10**30, "", "a", "{{ x }}", "{{ x | upper }}", "{% if %}", "{{", "$eq", "no\nyes\n"),
    *("file://x.txt", "file://../x", "file://", "\x00", "\ud83d\ude00", "\x1b[2J", "x" * 3000, "- a", "#"),
    *([], {}, [1, "a", None], {"$ref": "#/x"}, {"$any_of": []}, {"type": "x"}, {"a": {"b": [{}]}}, {"id": "openai:x"}),
    *("contains", "assert-set", "tool-call-f1", "openai:responses:gpt-5", {"role": "user", "content": "x"}),
]
KEYS = ["threshold", "weight", "type", "vars", "options", "$ref", "config", "id", "label", "transform", "n", "messages"]
LOG: list[Any] = [
    {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "temperature": 0, "tools": [{"name": "f"}]},
    {"request": {"url": "u", "body": {"model": "m", "input": [{"role": "user", "content": "Hi"}]}}, "response": {}},
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]},
]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [*([path] if path else []), *(place for key, inner in members for place in places(inner, (*path, key)))]


def spoiled(value: Any, chance: random.Random) -> Any:
    value = copy.deepcopy(value)
    for _ in range(chance.randint(1, 5)):
        *above, last = chance.choice(places(value) or [("x",)])
        holder = value
        for step in above:
            holder = holder[step]
        if isinstance(holder, dict) and chance.random() < 0.2:
            holder[chance.choice(KEYS)] = copy.deepcopy(chance.choice(ODD))
        elif isinstance(holder, dict) and chance.random() < 0.2:
            holder.pop(last, None)
        else:
            holder[last] = copy.deepcopy(chance.choice(ODD))
    return value


def check_what_was_written(folder: Folder, code: int, said: str, shown: str) -> None:
    assert code in (0, 1, 2), shown
    assert not set(said) & {"\x1b", "\x00"}, shown
    if (folder.path / "cases").exists() and "environment variable" not in said:
        assert folder.run("check", "cases")[0] == 0, shown


@pytest.mark.parametrize("seed", range(40))
def test_a_spoiled_configuration_is_told_and_never_half_written(folder: Folder, seed: int) -> None:
    chance = random.Random(seed)
    name = chance.choice(sorted(path.name for path in CONFIGURATIONS.iterdir()))
    shutil.copytree(CONFIGURATIONS / name, folder.path / "their")
    text = json.dumps(spoiled(read_foreign_yaml((CONFIGURATIONS / name / "promptfooconfig.yaml").read_text()), chance))
    folder.write("their/config.yaml", text)

    code, _, said = folder.run("import", "promptfoo", "their/config.yaml")

    check_what_was_written(folder, code, said, text)


@pytest.mark.parametrize("seed", range(40))
def test_a_spoiled_log_is_told_and_never_half_written(folder: Folder, seed: int) -> None:
    chance = random.Random(seed)
    text = "\n".join(json.dumps(spoiled(line, chance)) for line in LOG)
    folder.write("log.jsonl", text)

    code, _, said = folder.run("import", "openai-logs", "log.jsonl")

    check_what_was_written(folder, code, said, text)
