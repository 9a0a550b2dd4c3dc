"""The lowest layers of one cell: what its recording holds, what is added to it, and the network below.

Which of them a request reaches depends on the mode. They are set up when the first request comes so far: a cell
whose faults answer everything needs no recording.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import field
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Literal, assert_never

from prompt_contracts.data_class import dataclass
from prompt_contracts.errors import RecordingError, RecordingMissing, RecordingUnreadable
from prompt_contracts.interaction import ApiRequest, ApiResponse, Interaction, Meaning
from prompt_contracts.secret import Secret, longest_first, secrets_in
from prompt_contracts.transport.cassette_file import read_entries
from prompt_contracts.transport.cassette_store import read_text
from prompt_contracts.transport.cassette_yaml import UnreadableError
from prompt_contracts.transport.connections import Connections
from prompt_contracts.transport.playback import PlaybackSender, TrialsAskedAnew, below_base
from prompt_contracts.transport.recording_links import KnownFolders
from prompt_contracts.transport.replay import Tape, stored_interaction
from prompt_contracts.transport.sender import Sender, Sending
from prompt_contracts.transport.strays import Strays
from prompt_contracts.trial import Cell
from prompt_contracts.usage import Cost

if TYPE_CHECKING:
    from prompt_contracts.transport.budget import Billing
    from prompt_contracts.transport.confirmation import KeepsVerdict
    from prompt_contracts.transport.foreign_recording import NetworkStandIn
    from prompt_contracts.transport.limits import Throttle
    from prompt_contracts.transport.recording import Merge, Recorder, Rewriting

Mode = Literal["none", "once", "stale", "new_episodes", "all", "rewrite", "live"]
"""`none` replays; `once` records files that are absent and trials that they lack; `stale` records the trials that are
absent or ask something else; `new_episodes` records what is not there yet; `all` asks again and keeps the rest;
`rewrite` starts the file anew; `live` neither reads nor writes."""

_MERGES: Mapping[Mode, Merge] = {
    "once": "drop",
    "stale": "replace trials",
    "new_episodes": "keep",
    "all": "replace",
    "rewrite": "drop",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """Where the recordings of a run lie, and how they are made."""

    folder: Path
    shown_folder: str
    """The folder as messages name it."""
    places: tuple[Path, ...]
    """Folders outside of which nothing is read or written, whatever a link says."""
    folders: KnownFolders
    mode: Mode
    environ: Mapping[str, str] = field(repr=False)
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    connections: Connections
    strays: Strays
    secrets: tuple[Secret, ...]
    answer_texts: Callable[[str, ApiResponse], Iterable[str]]
    """What a response from an address says, put together from its pieces."""
    answer_meaning: Callable[[str, ApiResponse], Meaning]
    """The same, apart from what every response has anew."""
    throttle: Throttle
    known: dict[tuple[str, ...], tuple[Secret, ...]] = field(default_factory=dict, repr=False)
    """All secrets of cells that name these variables: looking through an environment takes longer than sending."""
    billing: Billing | None = None
    """None counts no money."""
    stand_in: NetworkStandIn | None = None
    """Who answers in place of the network; None is the network."""


class CellRecording:
    """Answers one cell's requests from its recording or the network. Thread-safe."""

    def __init__(self, archive: Archive, cell: Cell) -> None:
        """Reads nothing yet."""
        self._archive = archive
        self._cell = cell
        self._lock = Lock()
        self._sender: Sender | RecordingError | None = None
        self._recorder: Recorder | None = None
        self._asked_anew: set[int] = set()

    @property
    def _path(self) -> Path:
        return self._archive.folder / self._cell.cassette

    @property
    def _shown(self) -> str:
        """The path as messages name it."""
        return f"{self._archive.shown_folder}/{self._cell.cassette}"

    def send(self, request: ApiRequest, *, sending: Sending) -> Interaction:
        """The recorded answer, or the network's where the mode allows it.

        Failures of the provider or the network are data. `RecordingMissing`, `RecordingStale`,
        `RecordingUnreadable` and `UsageError` (a key or an address is not set) are raised.
        """
        try:
            layers = self._layers()
        except RecordingMissing as error:
            asked = self._below_base(request)
            error.moved = self._archive.strays.move_of(self._cell.cassette, asked, any_base=self._any_base)
            raise
        return layers.send(request, sending=sending)

    def stored(self) -> tuple[Interaction, ...]:
        """What lies in the recording before anything is asked; nothing where it is not there or cannot be read."""
        try:
            tape = self._tape()
        except RecordingError:
            return ()
        return () if tape is None else tuple(map(stored_interaction, tape.entries))

    def ask_anew(self, trial: int) -> bool:
        """Have a trial that the recording cannot serve asked from its start; False where the mode does not, or did."""
        if self._archive.mode != "stale" or trial in self._asked_anew or isinstance(self._sender, RecordingError):
            return False
        self._asked_anew.add(trial)
        return True

    def note_cost(self, interaction: Interaction, cost: Cost | None) -> None:
        """Put the price into what will be saved of an interaction that was just recorded."""
        if self._recorder is not None:
            self._recorder.note_cost(interaction, cost)

    def untaken(self, *, is_over: bool) -> int:
        """How many entries that the file had no trial is given; see `Tape.untaken`."""
        if not isinstance(self._sender, PlaybackSender):
            return 0
        return self._sender.tape.untaken(self._cell.case.trials, is_over=is_over)

    def save(
        self, *, trials: Collection[int] | None = None, keeps_verdict: KeepsVerdict = lambda _trial, _latencies: True
    ) -> bool:
        """Write what was recorded, of all trials or only of those that are over; True when a file was written.

        A trial that says what the file says already stays as it was, with the date, unless it would not have the same
        verdict. `SecretFound` and `RecordingUnreadable` leave the old file as it was.
        """
        return self._recorder is not None and self._recorder.save(trials=trials, keeps_verdict=keeps_verdict)

    @property
    def has_recorded(self) -> bool:
        """Whether an answer from the network was recorded."""
        return self._recorder is not None and self._recorder.has_recorded

    @property
    def rewriting(self) -> Rewriting | None:
        """What the file held when the run began, and what it holds now; None where nothing was written."""
        return None if self._recorder is None else self._recorder.rewriting

    @property
    def is_there(self) -> bool:
        """Whether there is a file, whatever it holds."""
        return self._path.is_file()

    def _layers(self) -> Sender:
        # One tape for all threads of a cell: each of two would hand out the first answer.
        with self._lock:
            if self._sender is None:
                try:
                    self._sender = self._build()
                except RecordingError as error:
                    self._sender = error
        # Every trial of the cell hears the same, and the file is read once.
        if isinstance(self._sender, RecordingError):
            raise self._sender.again()
        return self._sender

    def _build(self) -> Sender:
        mode = self._archive.mode
        match mode:
            case "live":
                return self._network()
            case "rewrite":
                return self._recording()
            case "all":
                self._tape()  # what cannot be read is told before anybody is asked
                return self._recording()
            case "once":
                tape = self._tape()
                if tape is None:
                    return self._recording()
                missing = self._missing_trials(tape)
                return self._playback(tape, inner=self._recording("keep") if missing else None, asked_anew=missing)
            case "stale":
                return self._anew_where_stale(self._tape())
            case "new_episodes":
                return self._playback(self._tape(), inner=self._recording())
            case "none":
                return self._playback(self._tape())
            case _:
                assert_never(mode)

    def _anew_where_stale(self, tape: Tape | None) -> Sender:
        anew = self._recording()
        if tape is None:
            return anew
        return TrialsAskedAnew(recorded=self._playback(tape), anew=anew, trials=self._asked_anew)

    @property
    def lacks_trials(self) -> bool:
        """Whether there is a recording that was stopped half way: some trials are in it, and others are not."""
        if self._cell.case.trials < 2:
            return False
        try:
            tape = self._tape()
        except RecordingError:
            return False  # told when it is asked
        return tape is not None and bool(self._missing_trials(tape))

    def _missing_trials(self, tape: Tape) -> frozenset[int]:
        """The trials of which nothing is recorded, where others are; none where the entries tell no trials."""
        wanted = range(1, self._cell.case.trials + 1)
        return frozenset(wanted) - tape.numbers if tape.numbers else frozenset()

    def _playback(
        self, tape: Tape | None, *, inner: Sender | None = None, asked_anew: Collection[int] | None = None
    ) -> Sender:
        if tape is None and inner is None:
            raise RecordingMissing(
                f"nothing is recorded for {self._cell.id}: {self._shown} does not exist",
                cassette=self._shown,
                help="record the cell",
                cause="no file",
            )
        any_base = self._any_base
        return PlaybackSender(
            tape or Tape((), any_base=any_base),
            base_url=self._cell.target.base_url or "",
            shown=self._shown,
            secrets=self._secrets,
            any_base=any_base,
            inner=inner,
            asked_anew=asked_anew,
        )

    def _tape(self) -> Tape | None:
        folders = self._archive.folders
        self._refuse("read", folders.link_problem(self._cell.cassette))
        try:
            text = read_text(folders.place_of(self._cell.cassette))
            entries = None if text is None else read_entries(text, now=self._archive.now())
        except UnreadableError as error:
            raise RecordingUnreadable(
                f"{self._shown} cannot be read: {error}",
                cassette=self._shown,
                help="restore the file, or record the cell again with rewrite",
            ) from None
        return None if entries is None else Tape(entries, any_base=self._any_base)

    @property
    def _any_base(self) -> bool:
        # A variable can lead elsewhere on every machine, and a recording must hold on all of them.
        return self._cell.target.base_url_env is not None

    def _below_base(self, request: ApiRequest) -> ApiRequest:
        return below_base(request, self._cell.target.base_url or "") if self._any_base else request

    def _recording(self, merge: Merge | None = None) -> Sender:
        from prompt_contracts.transport.confirmation import Confirmation
        from prompt_contracts.transport.recording import Recorder, RecordingSender

        self._refuse("written", self._archive.folders.way_problem(self._cell.cassette))
        self._recorder = Recorder(
            self._path,
            shown=self._shown,
            merge=merge or _MERGES[self._archive.mode],
            secrets=self._secrets(),
            answer_texts=self._archive.answer_texts,
            trials=self._cell.case.trials,
            confirmation=Confirmation(meaning=self._archive.answer_meaning, now=self._archive.now),
        )
        return RecordingSender(inner=self._network(), recorder=self._recorder)

    def _refuse(self, done: Literal["read", "written"], problem: str | None) -> None:
        if problem is not None:
            raise RecordingUnreadable(
                f"{self._shown} cannot be {done}: {problem}",
                cassette=self._shown,
                help="put the recordings themselves there, or name their folder with --pc-cassettes",
            )

    def _network(self) -> Sender:
        from prompt_contracts.transport.budget import BudgetSender
        from prompt_contracts.transport.client import NetworkSender

        archive, target = self._archive, self._cell.target
        if archive.stand_in is not None:
            return archive.stand_in(self._cell)
        network = NetworkSender(
            connections=archive.connections,
            target=target,
            environ=archive.environ,
            secrets=self._secrets,
            now=archive.now,
            monotonic=archive.monotonic,
        )
        # Directly above the network: whatever is sent again is paid for again. Money is put aside only for what may go.
        billing = archive.billing
        paid = network if billing is None else BudgetSender(inner=network, target=target, billing=billing)
        return archive.throttle.over(paid, target)

    def _secrets(self) -> tuple[Secret, ...]:
        target = self._cell.target
        named = tuple(name for name in (target.api_key_env, *target.header_env.values()) if name is not None)
        known = self._archive.known.get(named)
        if known is None:
            known = longest_first([*self._archive.secrets, *secrets_in(self._archive.environ, named=named)])
            self._archive.known[named] = known
        return known
