"""The command `prompt-contracts`: parses, calls the engine, renders."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from prompt_contracts import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns 0 (fine), 1 (findings) or 2 (usage)."""
    parser = argparse.ArgumentParser(
        prog="prompt-contracts", description="Contract tests for prompts. Run them with pytest."
    )
    parser.add_argument("--version", action="version", version=f"prompt-contracts {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    commands.add_parser("doctor", help="say what this environment has, lacks, and where keys are missing")
    parsed = parser.parse_args(arguments)
    if parsed.command == "doctor":
        from prompt_contracts.cli.doctor import doctor

        return doctor(sys.stdout)
    raise AssertionError(parsed.command)
