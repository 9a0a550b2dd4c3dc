"""The transport of a run, and of each of its cells: which layers a request passes in which mode.

The layers are nested senders: recording lookup, then the recorder, then the network.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Literal

from prompt_contracts.errors import RecordingError, RecordingMissing, RecordingUnreadable
from prompt_contracts.interaction import ApiRequest, Interaction
from prompt_contracts.secret import Secret, secrets_in
from prompt_contracts.transport.cassette_file import read_entries
from prompt_contracts.transport.cassette_store import read_text
from prompt_contracts.transport.client import Connections, NetworkSender, is_key_missing
from prompt_contracts.transport.playback import PlaybackSender
from prompt_contracts.transport.recording import Merge, Recorder, RecordingSender
from prompt_contracts.transport.replay import Tape
from prompt_contracts.transport.sender import Sender
from prompt_contracts.transport.yaml_reader import UnreadableError
from prompt_contracts.trial import Cell
from prompt_contracts.usage import Cost

Mode = Literal["none", "once", "new_episodes", "all", "rewrite", "live"]
"""`none` replays; `once` records files that are absent; `new_episodes` records what is not there yet;
`all` asks again and keeps the rest; `rewrite` starts the file anew; `live` neither reads nor writes."""

_MERGES: Mapping[Mode, Merge] = {
    "once": "drop",
    "new_episodes": "keep",
    "all": "replace",
    "rewrite": "drop",
}


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """What all cells of a run share."""

    folder: Path
    shown_folder: str
    """The folder as messages name it."""
    mode: Mode
    environ: Mapping[str, str]
    timeout: float
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    connections: Connections
    key_names: tuple[str, ...]


class Transport:
    """The transport of one run. Thread-safe; nothing is opened until a cell asks."""

    def __init__(
        self,
        *,
        folder: Path,
        root: Path,
        mode: Mode = "none",
        environ: Mapping[str, str],
        timeout: float = 60.0,
        now: Callable[[], datetime] = _utc_now,
        monotonic: Callable[[], float] = time.monotonic,
        key_names: Iterable[str] = (),
    ) -> None:
        """`folder` holds the recordings; messages show paths relative to `root`; `timeout` is in seconds.

        `environ` is searched for keys and for the secrets that no recording may hold: those whose names say
        so, and those in `key_names`.
        """
        self._run = _Run(
            folder=folder,
            shown_folder=_relative(folder, root),
            mode=mode,
            environ=environ,
            timeout=timeout,
            now=now,
            monotonic=monotonic,
            connections=Connections(),
            key_names=tuple(key_names),
        )

    def open(self, cell: Cell) -> CellTransport:
        """The transport of one cell. Reads nothing yet."""
        return CellTransport(self._run, cell)

    def needs_key(self, cell: Cell) -> bool:
        """Whether this mode may call the network for the cell."""
        if self._run.mode == "once":
            return not (self._run.folder / cell.cassette).exists()
        return self._run.mode != "none"

    def unset_keys(self, cells: Iterable[Cell]) -> tuple[str, ...]:
        """Names of the required key variables that are not set, sorted, for the cells that need one."""
        names = {
            cell.target.api_key_env
            for cell in cells
            if is_key_missing(cell.target, self._run.environ) and self.needs_key(cell)
        }
        return tuple(sorted(name for name in names if name is not None))

    def close(self) -> None:
        """Close the connections."""
        self._run.connections.close()


class CellTransport:
    """Asks for one cell, and keeps its recording. Thread-safe."""

    def __init__(self, run: _Run, cell: Cell) -> None:
        """Made by `Transport.open`."""
        self._run = run
        self._cell = cell
        self._path = run.folder / cell.cassette
        self._shown = f"{run.shown_folder}/{cell.cassette}"
        self._lock = Lock()
        self._sender: Sender | RecordingError | None = None
        self._recorder: Recorder | None = None

    def send(self, request: ApiRequest, *, trial: int, timeout: float | None = None) -> Interaction:
        """The answer to a request of one trial: recorded, or from the network where the mode allows it.

        `timeout` is in seconds for one attempt; None takes the run's. Failures of the provider or the
        network are data. `RecordingMissing`, `RecordingStale`, `RecordingUnreadable` and `UsageError` (a key
        or an address is not set) are raised.
        """
        seconds = self._run.timeout if timeout is None else timeout
        return self._layers().send(request, trial=trial, timeout=seconds)

    def note_cost(self, interaction: Interaction, cost: Cost | None) -> None:
        """Put the price into what will be saved of an interaction that was just recorded.

        Replayed interactions are left as they were recorded.
        """
        if self._recorder is not None:
            self._recorder.note_cost(interaction, cost)

    def save(self) -> bool:
        """Write what was recorded, all at once; True when a file was written.

        `SecretFound` and `RecordingUnreadable` leave the old file as it was.
        """
        return self._recorder is not None and self._recorder.save()

    @property
    def has_recorded(self) -> bool:
        """Whether an answer from the network was recorded."""
        return self._recorder is not None and self._recorder.has_recorded

    def _layers(self) -> Sender:
        with self._lock:
            if self._sender is None:
                try:
                    self._sender = self._build()
                except RecordingError as error:
                    self._sender = error
        if isinstance(self._sender, RecordingError):
            # A fresh one each time: threads would share one traceback.
            kept = self._sender
            raise type(kept)(kept.message, cassette=kept.cassette, help=kept.help)
        return self._sender

    def _build(self) -> Sender:
        mode = self._run.mode
        if mode == "live":
            return self._network()
        if mode == "rewrite":
            return self._recording()
        tape = self._tape()
        if mode == "all" or (mode == "once" and tape is None):
            return self._recording()
        inner = self._recording() if mode == "new_episodes" else None
        if tape is None and inner is None:
            raise RecordingMissing(
                f"nothing is recorded for {self._cell.id}: {self._shown} does not exist",
                cassette=self._shown,
                help="record the cell",
            )
        any_base = self._cell.target.base_url_env is not None
        return PlaybackSender(
            tape=tape or Tape((), any_base=any_base),
            base_url=self._cell.target.base_url or "",
            shown=self._shown,
            secrets=self._secrets,
            any_base=any_base,
            inner=inner,
        )

    def _tape(self) -> Tape | None:
        try:
            text = read_text(self._path)
            entries = None if text is None else read_entries(text)
        except UnreadableError as error:
            raise RecordingUnreadable(
                f"{self._shown} cannot be read: {error}",
                cassette=self._shown,
                help="restore the file, or record the cell again with rewrite",
            ) from None
        return None if entries is None else Tape(entries, any_base=self._cell.target.base_url_env is not None)

    def _recording(self) -> Sender:
        self._recorder = Recorder(self._path, shown=self._shown, merge=_MERGES[self._run.mode], secrets=self._secrets())
        return RecordingSender(inner=self._network(), recorder=self._recorder)

    def _network(self) -> Sender:
        return NetworkSender(
            connections=self._run.connections,
            target=self._cell.target,
            environ=self._run.environ,
            now=self._run.now,
            monotonic=self._run.monotonic,
        )

    def _secrets(self) -> tuple[Secret, ...]:
        name = self._cell.target.api_key_env
        return secrets_in(self._run.environ, named=(*self._run.key_names, *(() if name is None else (name,))))


def _relative(path: Path, root: Path) -> str:
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        return path.as_posix()
