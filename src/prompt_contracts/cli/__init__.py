"""The command `prompt-contracts`: parses, calls the engine, renders."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from prompt_contracts import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns 0 (fine), 1 (findings) or 2 (usage)."""
    parsed = _parser().parse_args(arguments)
    from prompt_contracts.errors import UsageError

    try:
        return COMMANDS[parsed.command].run(parsed)
    except UsageError as error:
        from prompt_contracts.cli.output import say

        say(f"prompt-contracts {parsed.command}: {error}")
        return 2
    except BrokenPipeError:
        # Whoever read the output has enough; Python would complain once more when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _check(parsed: argparse.Namespace) -> int:
    from prompt_contracts.cli.check_cases import check_cases

    return check_cases(
        parsed.cases, form=parsed.format, root=parsed.root, is_strict=parsed.strict, no_code=parsed.no_code
    )


def _judge(parsed: argparse.Namespace) -> int:
    from prompt_contracts.cli.judge_replies import judge_replies

    return judge_replies(
        parsed.cases,
        replies=parsed.replies,
        out=parsed.out,
        root=parsed.root,
        is_complete=parsed.complete,
        no_code=parsed.no_code,
    )


def _batch(parsed: argparse.Namespace) -> int:
    from prompt_contracts.cli.batch import batch

    return batch(parsed.cases, model=parsed.model, out=parsed.out, root=parsed.root, no_code=parsed.no_code)


def _schema(parsed: argparse.Namespace) -> int:
    from prompt_contracts.cli.schema import schema

    return schema(parsed.out, is_forced=parsed.force)


def _doctor(_parsed: argparse.Namespace) -> int:
    from prompt_contracts.cli.doctor import doctor

    return doctor(sys.stdout)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="prompt-contracts", description="Contract tests for prompts. Run them with pytest."
    )
    parser.add_argument("--version", action="version", version=f"prompt-contracts {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, command in COMMANDS.items():
        command.add_options(commands.add_parser(name, help=command.summary, description=command.summary))
    return parser


def _add_check(command: argparse.ArgumentParser) -> None:
    _add_cases(command)
    command.add_argument(
        "--format", choices=("text", "json", "github"), default="text", help="github prints annotations (text)"
    )
    command.add_argument("--strict", action="store_true", help="warnings are errors")


def _add_batch(command: argparse.ArgumentParser) -> None:
    _add_cases(command)
    command.add_argument(
        "--model", metavar="PROVIDER:MODEL", required=True, help="the model; a batch is for one of them"
    )
    command.add_argument("--out", metavar="FILE", default="-", help="where the requests go (standard output)")


def _add_schema(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--out", metavar="FILE", help="- for standard output (.prompt-contracts/cases.schema.json in the project)"
    )
    command.add_argument("--force", action="store_true", help="overwrite another file")


def _add_judge(command: argparse.ArgumentParser) -> None:
    _add_cases(command)
    command.add_argument(
        "--replies", metavar="FILE", required=True, help="JSON Lines as a Batch API writes them; - for standard input"
    )
    command.add_argument(
        "--out", metavar="FILE", default="-", help="where the verdicts go, a line for each reply (standard output)"
    )
    command.add_argument("--complete", action="store_true", help="a cell without a reply is an error")


def _add_cases(command: argparse.ArgumentParser) -> None:
    command.add_argument("cases", metavar="CASES", nargs="+", help="case files, folders or globs")
    command.add_argument(
        "--root",
        metavar="DIR",
        type=Path,
        help="folder that the ids of cases start from (the nearest one with a project configuration, else this one)",
    )
    command.add_argument(
        "--no-code", action="store_true", help="nothing that a case names is imported; such cases are errors"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command; what it needs is imported when it runs, so that `--help` is quick."""

    summary: str
    add_options: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
    """Returns 0 (fine) or 1 (findings); `UsageError` for 2."""


COMMANDS: Mapping[str, Command] = MappingProxyType(
    {
        "check": Command(summary="check case files without running anything", add_options=_add_check, run=_check),
        "judge": Command(
            summary="judge replies that already exist: the output of a Batch API", add_options=_add_judge, run=_judge
        ),
        "batch": Command(
            summary="write the requests of cases as the input file of a Batch API", add_options=_add_batch, run=_batch
        ),
        "schema": Command(
            summary="write the JSON Schema of case files, for editors", add_options=_add_schema, run=_schema
        ),
        "doctor": Command(
            summary="say what this environment has, lacks, and where keys are missing",
            add_options=lambda _command: None,
            run=_doctor,
        ),
    }
)
"""Every command, by its name and in the order of `--help`."""
