"""The commands of `prompt-contracts import`: what other tools wrote -> case files."""

from __future__ import annotations

from collections.abc import Mapping

from prompt_contracts.cli.amount_arguments import whole_number
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
    "openai-logs": Command(
        home="import_openai_logs",
        summary="requests of Chat Completions and Responses from a log, as cases to be finished",
        arguments=(
            file_argument("file", help="JSON Lines: requests, pairs with answers, Batch API input, fine-tuning data"),
            *_TARGET,
            argument("--provider", metavar="NAME", default="openai", help="who serves the models of the log (openai)"),
            argument("--limit", metavar="N", type=whole_number, default=500, help="cases at most (500)"),
        ),
    ),
}
"""Every format that is read."""
