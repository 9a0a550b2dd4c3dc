"""The table of commands: each row has its module, and its options are what the module's function takes."""

from __future__ import annotations

import argparse
import importlib
import inspect
import subprocess
import sys
import typing
from collections.abc import Callable
from typing import Any, Literal, get_args, get_origin

import pytest

from prompt_contracts.cli import COMMANDS, Command, main

ALL = {
    **{name: row for name, row in COMMANDS.items() if not row.inner},
    **{f"{group} {name}": row for group, rows in COMMANDS.items() for name, row in rows.inner.items()},
}
EACH = pytest.mark.parametrize("command", ALL.values(), ids=ALL)


def function_of(command: Command) -> Callable[..., int]:
    function: Callable[..., int] = getattr(
        importlib.import_module(f"prompt_contracts.cli.{command.home}"), command.home
    )
    return function


def actions(command: Command) -> dict[str, argparse.Action]:
    """What argparse makes of the row, by where the value goes."""
    parser = argparse.ArgumentParser()
    made = (parser.add_argument(name, **settings) for name, settings in command.arguments)
    return {action.dest: action for action in made}


@EACH
def test_the_arguments_of_a_command_are_the_parameters_of_its_function(command: Command) -> None:
    parameters = inspect.signature(function_of(command)).parameters

    assert set(actions(command)) == set(parameters)


@EACH
def test_the_choices_of_an_option_are_those_that_the_function_knows(command: Command) -> None:
    hints: dict[str, Any] = typing.get_type_hints(function_of(command))
    known = {name: get_args(hint) for name, hint in hints.items() if get_origin(hint) is Literal}

    assert {name: action.choices for name, action in actions(command).items() if action.choices} == known


def test_the_help_names_every_command_with_what_it_does(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    with pytest.raises(SystemExit) as ended:
        main(["--help"])

    told = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines() if line.startswith("    ")]
    assert ended.value.code == 0
    assert told == [[name, command.summary] for name, command in COMMANDS.items()]


def test_the_help_loads_no_command() -> None:
    program = (
        "import sys\nfrom prompt_contracts.cli import main\n"
        "try:\n    main(['check', '--help'])\nexcept SystemExit:\n    pass\n"
        "print('LOADED', *sorted(name for name in sys.modules if name.startswith('prompt_contracts.')))"
    )

    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

    tables = [
        f"prompt_contracts.cli{name}" for name in ("", ".amount_arguments", ".cassettes", ".command_row", ".imports")
    ]
    nouns = ["prompt_contracts.data_class", "prompt_contracts.initializer"]
    assert printed.rpartition("LOADED ")[2].split() == [*tables, *nouns]


@pytest.mark.parametrize("group", [name for name, row in COMMANDS.items() if row.inner])
def test_the_help_of_a_group_names_its_commands(
    group: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    with pytest.raises(SystemExit) as ended:
        main([group, "--help"])

    told = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines() if line.startswith("    ")]
    assert ended.value.code == 0
    assert told == [[name, command.summary] for name, command in COMMANDS[group].inner.items()]


@pytest.mark.parametrize(
    "arguments",
    [
        ("report", "a.json", "--out={}"),
        ("reduce", "cases/a.yaml::a", "--calls={}"),
        ("check", "{}"),
        ("models", "{}"),
        ("{}",),
        ("schema", "--of={}"),
    ],
    ids=lambda arguments: arguments[0].replace("{}", "command"),
)
def test_a_key_that_was_pasted_is_not_repeated(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    key = "sk-proj-0123456789abcdefghijklmnop"

    try:
        code = main([each.format(key) for each in arguments])
    except SystemExit as end:
        code = int(str(end.code))

    printed = capsys.readouterr()
    assert code == 2
    assert "[an OpenAI-style key (sk-…)]" in printed.err
    assert key not in printed.out + printed.err
