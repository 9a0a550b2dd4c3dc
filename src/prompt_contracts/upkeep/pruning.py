"""What no cell uses -> what goes of it, and what is left alone with the reason. Removes only what was planned.

Whoever asks makes sure that every case file was read that could use something here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from prompt_contracts.data_class import dataclass
from prompt_contracts.transport.cassette_file import read_entries
from prompt_contracts.transport.cassette_store import read_text, write_text
from prompt_contracts.transport.cassette_yaml import UnreadableError
from prompt_contracts.transport.recording_links import link_problem
from prompt_contracts.upkeep.inventory import Inventory, KnownRecording, Use
from prompt_contracts.upkeep.recorded_content import RecordedContent

_HEAD = "interactions:\n"
_ENTRY = re.compile(r"^- ", re.MULTILINE)
_TAIL = re.compile(r"^version: 1\n(?:\.\.\.\n)?\Z", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """One thing that goes."""

    known: KnownRecording
    folder: Path
    """The folder of recordings that it lies in."""
    text: str | None = None
    """What is left of the file; None where all of it goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftAlone:
    """One thing that no cell uses and that stays all the same."""

    known: KnownRecording
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PruningPlan:
    """What is to be done."""

    removals: tuple[Removal, ...]
    left: tuple[LeftAlone, ...]


def plan_pruning(inventories: Sequence[Inventory], *, has_other_models: bool = False) -> PruningPlan:
    """What goes of these recordings: orphaned files that we recorded, and interactions that no trial replays.

    With `has_other_models` also those of cells that are there, for models that no case file names.
    """
    gone: tuple[Use, ...] = ("orphan", "other_model") if has_other_models else ("orphan",)
    linked = frozenset(target for inventory in inventories for target in inventory.linked)
    removals: list[Removal] = []
    left: list[LeftAlone] = []
    for inventory in inventories:
        for known in inventory.recordings:
            match _decided(known, inventory.folder, linked, gone=gone):
                case Removal() as removal:
                    removals.append(removal)
                case str() as reason:
                    left.append(LeftAlone(known=known, reason=reason))
                case None:
                    pass
    return PruningPlan(removals=tuple(removals), left=tuple(left))


def _decided(
    known: KnownRecording, folder: Path, linked: frozenset[Path], *, gone: Sequence[Use]
) -> Removal | str | None:
    """What to do with a recording, or why nothing is done; None where nothing is to be done."""
    if known.use != "used" and known.use not in gone:
        return known.reason
    if known.content is None or (known.use == "used" and not known.unused):
        return None
    real = known.path.resolve()
    if any(real == target or target in real.parents for target in linked):
        return "a link leads to it, by which others may use it"
    if known.use != "used":
        return Removal(known=known, folder=folder)
    if len(known.unused) == len(known.content.entries):
        return "none of its interactions is replayed: record its cell again"
    text = _without(known.content, known.unused)
    if text is None:
        return "its interactions cannot be told apart in its text, which is not laid out as we write it"
    return Removal(known=known, folder=folder, text=text)


def _without(content: RecordedContent, numbers: Iterable[int]) -> str | None:
    """The text without some interactions, the others byte by byte as they are; None where that cannot be done."""
    text = content.text
    tail = _TAIL.search(text)
    if tail is None or not text.startswith(_HEAD):
        return None
    starts = [found.start() for found in _ENTRY.finditer(text, len(_HEAD), tail.start())]
    if len(starts) != len(content.entries) or starts[0] != len(_HEAD):
        return None
    gone = frozenset(numbers)
    pieces = zip(starts, [*starts[1:], tail.start()], strict=True)
    kept = [text[start:end] for number, (start, end) in enumerate(pieces, 1) if number not in gone]
    shortened = f"{_HEAD}{''.join(kept)}{tail.group()}"
    wanted = tuple(entry for number, entry in enumerate(content.entries, 1) if number not in gone)
    try:
        return shortened if read_entries(shortened) == wanted else None
    except UnreadableError:
        return None


def prune(removal: Removal, *, places: Sequence[Path]) -> str | None:
    """Do it; why it was not done, None where it was. Folders that it leaves empty go, too."""
    known = removal.known
    problem = link_problem(known.path, places)
    if problem is not None:
        return problem
    try:
        # Whoever recorded it meanwhile uses it.
        if known.content is None or read_text(known.path) != known.content.text:
            return "it was changed meanwhile"
        if removal.text is not None:
            write_text(known.path, removal.text)
        else:
            known.path.unlink()
            _remove_empty(_folders_between(known.path, removal.folder))
    except UnreadableError as error:
        return str(error)
    except OSError as error:
        return error.strerror or str(error)
    return None


def _folders_between(path: Path, folder: Path) -> Iterator[Path]:
    """The folders around a file, the innermost first, without that of all recordings."""
    for parent in path.parents:
        if parent == folder or folder not in parent.parents:
            return
        yield parent


def _remove_empty(folders: Iterable[Path]) -> None:
    with suppress(OSError):  # it holds something else
        for folder in folders:
            folder.rmdir()
