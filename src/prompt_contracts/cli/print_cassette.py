"""`prompt-contracts cassettes textconv`: one recording as text, for git to compare."""

from __future__ import annotations

from pathlib import Path

from prompt_contracts.cli.output import print_text
from prompt_contracts.cli.shown_recordings import covered
from prompt_contracts.engine.project import find_root
from prompt_contracts.errors import UsageError
from prompt_contracts.transport.cassette_file import read_entries
from prompt_contracts.transport.cassette_store import read_text
from prompt_contracts.transport.cassette_yaml import UnreadableError
from prompt_contracts.upkeep.readable_recording import covered_entries, recording_text_lines

_LONGEST = 200_000


def print_cassette(file: Path) -> int:
    """Print it. What is no recording is printed as it is, for git would end over anything but 0."""
    try:
        text = read_text(file)
    except UnreadableError as error:
        print_text(f"{error}")
        return 0
    if text is None:
        raise UsageError(f"{file}: there is no such file")
    here = Path.cwd()
    cover = covered(find_root(here, default=here))
    try:
        shown = "\n".join(recording_text_lines(covered_entries(read_entries(text), cover)))
    except (UnreadableError, MemoryError, RecursionError) as error:
        cut = f"\n… {len(text) - _LONGEST:,} more characters" if len(text) > _LONGEST else ""
        shown = f"no recording that can be read: {error}\n{text[:_LONGEST]}{cut}"
    print_text(cover(shown))
    return 0
