"""A cassette of vcrpy or pytest-recording -> the recording of a cell: scrubbed, and laid out as ours. Asks nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from prompt_contracts.data_class import dataclass
from prompt_contracts.engine.projects import Project
from prompt_contracts.engine.run import Run
from prompt_contracts.errors import RecordingError, UsageError
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.transport.cassette_file import Entry, read_entries
from prompt_contracts.transport.cassette_store import read_text
from prompt_contracts.transport.foreign_recording import ForeignRecording, NetworkStandIn
from prompt_contracts.transport.playback import PlaybackSender
from prompt_contracts.transport.replay import Tape
from prompt_contracts.transport.sender import Sender
from prompt_contracts.trial import Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """What a cell takes over."""

    text: str | None
    """The recording; None where nothing can be taken over."""
    interactions: int = 0
    """How many interactions are taken over."""
    problem: str = ""
    """Why nothing is, in words that may take several lines."""


def adopt(
    entries: tuple[Entry, ...], *, shown: str, cell: Cell, project: Project, environ: Mapping[str, str]
) -> Adoption:
    """The recording that a cell would have made, had its provider answered as `entries` do.

    `shown` is the path of the cassette for messages. Nothing is written where it would lie.
    """
    if cell.case.is_application:
        return Adoption(text=None, problem="its requests are made by an application, which would have to run for it")
    if cell.case.model is None:
        return Adoption(text=None, problem="its case names no model, so nobody knows what it asks")
    with TemporaryDirectory(prefix="prompt-contracts-") as folder:
        options = replace(
            project.run.options, mode="rewrite", cassettes=Path(folder), is_folder_named=True, is_model_needed=True
        )
        run = Run(options, environ=environ, sleep=lambda _seconds: None, stand_in=_stand_in(entries, shown))
        try:
            exchange = run.exchange(cell)
        finally:
            run.close()
        if exchange.error is not None:
            return Adoption(text=None, problem=_told(exchange.error))
        text = read_text(Path(folder) / cell.cassette)
    if text is None:
        errors = [outcome.error for outcome in exchange.outcomes if outcome.error is not None]
        return Adoption(text=None, problem=_failed(errors[-1]) if errors else "it makes no request")
    return Adoption(text=text, interactions=len(read_entries(text)))


def _stand_in(entries: tuple[Entry, ...], shown: str) -> NetworkStandIn:
    def make(cell: Cell) -> Sender:
        any_base = cell.target.base_url_env is not None
        playback = PlaybackSender(
            tape=Tape(entries, any_base=any_base),
            shown=shown,
            secrets=tuple,
            any_base=any_base,
            base_url=cell.target.base_url or "",
            inner=None,
        )
        return ForeignRecording(playback=playback)

    return make


def _failed(error: ProviderError) -> str:
    status = "" if error.status is None else f" ({error.status})"
    return f"the provider failed there in a way that the case does not declare: {error.kind}{status}"


def _told(error: RecordingError | UsageError) -> str:
    if not isinstance(error, RecordingError):
        return str(error)
    # It was to be written for a moment only, where nobody looks for it.
    return f"{error.code} {str(error).removesuffix(f': {error.cassette} was not written')}"
