"""The command `prompt-contracts`: parses, calls the engine, renders.

A command is one row of `COMMANDS`, or of the table of a group such as `cassettes`, and the module that it names,
which loads when the command runs.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from prompt_contracts import __version__
from prompt_contracts.cli.amount_arguments import dollar_amount, whole_number
from prompt_contracts.cli.cassettes import CASSETTES
from prompt_contracts.cli.command_row import CASES as _CASES
from prompt_contracts.cli.command_row import Command as Command
from prompt_contracts.cli.command_row import argument as _argument
from prompt_contracts.cli.command_row import file_argument as _file
from prompt_contracts.cli.imports import IMPORTS

_TIMEOUT = _argument("--timeout", metavar="SECONDS", default="10", help="how long one server may take to answer (10)")

COMMANDS: Mapping[str, Command] = {
    "init": Command(
        home="init_project",
        summary="write sample cases with their recordings, and what a project needs around them",
        arguments=(
            _argument("folder", metavar="DIR", nargs="?", type=Path, default=Path(), help="the project (this folder)"),
            _argument("--force", dest="is_forced", action="store_true", help="overwrite other files of these names"),
            _argument(
                "--git",
                dest="has_git",
                action="store_true",
                help="have git show recordings as text: .gitattributes, and the configuration of this clone",
            ),
        ),
    ),
    "check": Command(
        home="check_cases",
        summary="check case files without running anything",
        arguments=(
            *_CASES,
            _argument(
                "--format",
                dest="form",
                choices=("text", "json", "github"),
                default="text",
                help="github prints annotations (text)",
            ),
            _argument("--strict", dest="is_strict", action="store_true", help="warnings are errors"),
        ),
    ),
    "judge": Command(
        home="judge_replies",
        summary="judge replies that already exist: the output of a Batch API",
        arguments=(
            *_CASES,
            _file("--replies", required=True, help="JSON Lines as a Batch API writes them; - for standard input"),
            _file("--out", default="-", help="where the verdicts go, a line for each reply (standard output)"),
            _argument("--complete", dest="is_complete", action="store_true", help="a cell without a reply is an error"),
        ),
    ),
    "batch": Command(
        home="batch",
        summary="write the requests of cases as the input file of a Batch API",
        arguments=(
            *_CASES,
            _argument("--model", metavar="PROVIDER:MODEL", required=True, help="the model; a batch is for one of them"),
            _file("--out", default="-", help="where the requests go (standard output)"),
        ),
    ),
    "report": Command(
        home="rewrite_report",
        summary="write JSON reports, or the parts of one run together, in another format; or print the table",
        arguments=(
            _argument("reports", metavar="REPORT", nargs="+", help="the JSON report of a run"),
            _file("--out", dest="outs", action="append", help="repeatable; the format goes by the extension"),
            _argument("--matrix", dest="has_matrix", action="store_true", help="print cases by models, too"),
        ),
    ),
    "schema": Command(
        home="schema",
        summary="write the JSON Schema of case files, for editors; or that of JSON reports",
        arguments=(
            _argument(
                "--of",
                choices=("cases", "report"),
                default="cases",
                help="report: to standard output, unless --out names a file (cases)",
            ),
            _file("--out", help="- for standard output (.prompt-contracts/cases.schema.json in the project)"),
            _argument("--force", dest="is_forced", action="store_true", help="overwrite another file"),
        ),
    ),
    "compare": Command(
        home="compare_reports",
        summary="hold reports of runs, or the models or prompts in them, against each other",
        arguments=(
            _argument("reports", metavar="REPORT", nargs="+", help="JSON reports of runs"),
            _argument(
                "--by",
                choices=("run", "model", "prompt"),
                default="run",
                help="compare the reports, or the models or the prompts in them (run)",
            ),
            _argument("--base", metavar="NAME", help="what the others are held against (the first)"),
            _argument("--format", dest="form", choices=("text", "json", "markdown"), default="text", help="(text)"),
            _file("--out", default="-", help="where the comparison goes (standard output)"),
            _argument(
                "--gate",
                dest="gates",
                metavar="SPEC",
                action="append",
                nargs="?",
                const="worse",
                help="repeatable; exit with 1 on worse cells (worse, also without a word), a drop of the pass rate "
                "(rate=2%%), or more than so many times the cost or latency (cost=1.2, latency=1.5)",
            ),
            _argument(
                "--allow-missing",
                dest="may_lack_cells",
                action="store_true",
                help="cells of the base that another report lacks break no gate",
            ),
        ),
    ),
    "strength": Command(
        home="contract_strength",
        summary="spoil recorded answers in every way a model could, and say what the contracts would let pass",
        arguments=(
            *_CASES,
            _argument("--min", dest="least", metavar="P", help="exit with 1 when a case has a score below it, as 80%%"),
            _file("--against", help="an earlier --out: exit with 1 on open places that are new since"),
            _file("--out", help="write the report as JSON, whatever is printed"),
            _argument(
                "--format",
                dest="form",
                choices=("text", "json", "github"),
                default="text",
                help="github prints annotations (text)",
            ),
            _file("--replies", help="judge the replies of a Batch API in place of recordings"),
            _argument(
                "--operators",
                choices=("default", "all"),
                default="default",
                help="all: also those that are mostly right, such as another letter case (default)",
            ),
            _argument("--diff", dest="is_diff", action="store_true", help="print what is proposed as a patch"),
            _argument(
                "--fix",
                dest="fixes",
                metavar="PLACE",
                action="append",
                help="repeatable; write what is proposed for a place, as get_weather/unit or CASE::PLACE",
            ),
            _argument("--strict", dest="is_strict", action="store_true", help="warnings are errors"),
            _argument("-v", dest="is_verbose", action="store_true", help="every weak place on a line"),
        ),
    ),
    "cassettes": Command(summary="look after the recordings of a project", inner=CASSETTES),
    "import": Command(summary="write case files from what another tool wrote", inner=IMPORTS),
    "reduce": Command(
        home="reduce_case",
        summary="find the smallest prompt of a cell that still fails, or still passes; asks the provider",
        arguments=(
            _argument(
                "cell", metavar="CELL", help="as pytest names it, such as cases/weather.yaml::asks[oslo-openai:m]"
            ),
            _argument(
                "--keep", choices=("failing", "passing"), default="failing", help="what the rest must go on doing"
            ),
            _argument("--calls", metavar="N", type=whole_number, default=250, help="calls in all, at most (250)"),
            _argument("--budget", metavar="USD", type=dollar_amount, help="what this may spend"),
            _argument(
                "--trials", metavar="1", type=whole_number, help="ask once, of a model that is known to be steady"
            ),
            _argument("--out", metavar="DIR", type=Path, help="where the result and what was asked go (reduced/CASE)"),
        ),
    ),
    "models": Command(
        home="list_models",
        summary="list the providers, what is set for them and what they refuse; with --live the models they offer",
        arguments=(
            _argument("providers", metavar="PROVIDER", nargs="*", help="providers (all)"),
            _argument("--live", dest="is_live", action="store_true", help="ask those that are set up, or named"),
            _TIMEOUT,
            _argument("--format", dest="form", choices=("text", "json"), default="text", help="(text)"),
        ),
    ),
    "doctor": Command(
        home="doctor",
        summary="say what this environment has and lacks, and what would keep cases from running",
        arguments=(
            _argument("cases", metavar="CASES", nargs="*", help="case files, folders or globs to look at, too"),
            _argument("--live", dest="is_live", action="store_true", help="ask the providers that are set up"),
            _TIMEOUT,
        ),
    ),
}
"""Every command, by its name and in the order of `--help`."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns 0 (fine), 1 (findings) or 2 (usage)."""
    parsed = vars(_parser().parse_args(arguments))
    name: str = parsed.pop("command")
    command = COMMANDS[name]
    if command.inner:
        within: str = parsed.pop("inner_command")
        name, command = f"{name} {within}", command.inner[within]
    from prompt_contracts.cli.output import kept_output
    from prompt_contracts.errors import UsageError

    home = importlib.import_module(f"{__name__}.{command.home}")
    try:
        with kept_output():
            code: int = getattr(home, command.home)(**parsed)
    except UsageError as error:
        from prompt_contracts.cli.output import say
        from prompt_contracts.transport.key_shape import without_key_shapes

        say(f"prompt-contracts {name}: {without_key_shapes(str(error))}")
        return 2
    except BrokenPipeError:
        # Whoever read the output has enough; Python would complain once more when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code


class _Parser(argparse.ArgumentParser):
    """Repeats what was typed, but no key: it may have been pasted in the wrong place."""

    def error(self, message: str) -> NoReturn:
        from prompt_contracts.transport.key_shape import without_key_shapes

        super().error(without_key_shapes(message))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="prompt-contracts", description="Contract tests for prompts. Run them with pytest.")
    parser.add_argument("--version", action="version", version=f"prompt-contracts {__version__}")
    _add(parser, COMMANDS, dest="command")
    return parser


def _add(parser: argparse.ArgumentParser, rows: Mapping[str, Command], *, dest: str) -> None:
    # argparse leaves too little room for names that are longer than this word, and the text begins on another line.
    metavar = "COMMAND".ljust(max(map(len, rows)) + 2)
    commands = parser.add_subparsers(dest=dest, metavar=metavar, required=True, prog=parser.prog)
    parser.usage = f"{parser.prog} [-h] {'' if rows is not COMMANDS else '[--version] '}COMMAND ..."
    for name, command in rows.items():
        own = commands.add_parser(name, help=command.summary, description=command.summary)
        for name_or_option, settings in command.arguments:
            own.add_argument(name_or_option, **settings)
        if command.inner:
            _add(own, command.inner, dest="inner_command")
