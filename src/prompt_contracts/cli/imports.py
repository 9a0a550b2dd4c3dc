"""The commands of `prompt-contracts import`: what other tools wrote -> case files."""

from __future__ import annotations

from collections.abc import Mapping

from prompt_contracts.cli.command_row import Command, argument, file_argument

_TARGET = (
    argument("--out", metavar="DIR", default="cases", help="the folder that the case file goes to (cases)"),
    argument("--force", dest="is_forced", action="store_true", help="overwrite a file that is there"),
)

IMPORTS: Mapping[str, Command] = {
    "promptfoo": Command(
        home="import_promptfoo",
        summary="a configuration of promptfoo, with a list of what could not be carried over",
        arguments=(file_argument("file", help="the configuration; nothing in it is run or fetched"), *_TARGET),
    ),
}
"""Every format that is read."""
