"""The commands `prompt-contracts cassettes …`: one row each, with the module that it names. Loads none of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from prompt_contracts.cli.command_row import NO_CODE, ROOT, Command, argument, file_argument

_FOLDER = argument("--cassettes", metavar="DIR", help="folder of the recordings (as in the runs of the project)")
_SCOPE = (
    argument("cases", metavar="CASES", nargs="*", help="case files, folders or globs (all of the project)"),
    ROOT,
    NO_CODE,
    _FOLDER,
    argument(
        "--model",
        dest="models",
        metavar="PROVIDER:MODEL",
        action="append",
        help="repeatable; a model that runs take in place of those of the cases",
    ),
    argument("--trials", metavar="N", help="trials that runs take in place of those of the cases"),
)
_APPLY = argument("--apply", dest="is_applied", action="store_true", help="do it; else it is only said")

CASSETTES: Mapping[str, Command] = {
    "list": Command(
        home="list_cassettes",
        summary="list recordings: age, model, tokens, cost, and the cell that uses them",
        arguments=(
            *_SCOPE,
            argument("--format", dest="form", choices=("text", "json"), default="text", help="(text)"),
        ),
    ),
    "prune": Command(
        home="prune_cassettes",
        summary="remove what no cell uses: files, and interactions; without --apply say what would go",
        arguments=(
            *_SCOPE,
            argument(
                "--other-models",
                dest="has_other_models",
                action="store_true",
                help="also recordings of cells that are there, for models that no case file names",
            ),
            _APPLY,
        ),
    ),
    "scrub": Command(
        home="scrub_cassettes",
        summary="take out of recordings made by others what ours never hold; without --apply say what it is",
        arguments=(
            argument("files", metavar="FILES", nargs="*", help="cassettes, folders or globs (all recordings)"),
            ROOT,
            _FOLDER,
            file_argument("--env-file", help="holds keys to look for, too (.env in the project, if it is there)"),
            _APPLY,
        ),
    ),
    "adopt": Command(
        home="adopt_cassette",
        summary="make a cassette of vcrpy or pytest-recording the recording of a cell",
        arguments=(
            argument("file", metavar="FILE", help="the cassette; it stays as it is"),
            argument(
                "--case", metavar="ID", required=True, help="the cell, such as cases/a.yaml::greets[openai:gpt-5]"
            ),
            ROOT,
            NO_CODE,
            _FOLDER,
            argument("--force", dest="is_forced", action="store_true", help="write over a recording that is there"),
        ),
    ),
    "diff": Command(
        home="diff_cassettes",
        summary="show recordings that are not as in a git revision: prompt, answer, calls, tokens and cost alone",
        arguments=(
            argument("words", metavar="[REV] [PATH ...]", nargs="*", help="revision (HEAD), files, folders (all)"),
            ROOT,
            _FOLDER,
        ),
    ),
    "textconv": Command(
        home="print_cassette",
        summary="print one recording as text, for git's own diff",
        arguments=(argument("file", metavar="FILE", type=Path, help="the recording"),),
    ),
}
"""Every command of the group, by its name and in the order of `--help`."""
