"""The transport of a run, and of each of its cells: the layers that a request passes, from the top down.

Retries, then faults, then the cell's recording, which asks the network where the mode lets it: through the limits that
all cells share.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, assert_never

from prompt_contracts.case import Case
from prompt_contracts.data_class import dataclass
from prompt_contracts.errors import UsageError
from prompt_contracts.fault import FAULTS, FaultPlan
from prompt_contracts.interaction import ApiRequest, ApiResponse, Interaction, Meaning
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.secret import Secret, longest_first, secrets_in
from prompt_contracts.settings import ProviderRates
from prompt_contracts.transport.cassette_store import write_problem
from prompt_contracts.transport.cell_recording import Archive, CellRecording, Mode
from prompt_contracts.transport.connections import Connections
from prompt_contracts.transport.faults import FaultSender
from prompt_contracts.transport.limits import Limits, Throttle
from prompt_contracts.transport.recording_links import KnownFolders, link_problem
from prompt_contracts.transport.retry import LONGEST_WAIT, RetrySender, RetrySetting
from prompt_contracts.transport.sender import Sending
from prompt_contracts.transport.strays import Strays
from prompt_contracts.trial import Cell
from prompt_contracts.usage import Cost
from prompt_contracts.wait import Wait

if TYPE_CHECKING:
    from prompt_contracts.transport.budget import Billing
    from prompt_contracts.transport.confirmation import KeepsVerdict
    from prompt_contracts.transport.foreign_recording import NetworkStandIn
    from prompt_contracts.transport.recording import Rewriting

__all__ = ["CellTransport", "Mode", "Transport"]


def as_it_came(_url: str, response: ApiResponse) -> Meaning:
    """The meaning of a response of which nobody knows what is another each time."""
    return Meaning(text=response.body.decode("latin-1"))


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """What all cells of a run share."""

    archive: Archive
    timeout: float
    retrying: RetrySetting
    may_be_stale: Callable[[Cell], bool | None]


class Transport:
    """The transport of one run. Thread-safe; nothing is opened until a cell asks.

    `folder` holds the recordings; messages show paths relative to `root`. `classify` tells the error that a response
    carries, None for an answer. `timeout` is in seconds for one attempt, `max_wait` for all waits of one request.
    `on_wait` is told of each wait that takes time before it begins. `environ` is searched for keys and for the
    secrets that no recording may hold: those whose names say so, and `secrets` beside them. `answer_texts` gives what a
    response from an address says, put together from its pieces, and `answer_meaning` what of it is not another each
    time. `is_stray` tells whether surely no cell has a path of `folder`, and `may_be_stale` whether a recording cannot
    serve its cell, None where only asking tells. `places` are the folders outside of which no link leads a recording;
    without any it is `root`. `limits` may be shared with other transports, `rates` are the ceilings of providers by
    their names, and `answer_tokens` tells how many tokens an answer took. `billing` counts what is spent. Without
    `sleep`, waits end when the limits are stopped.
    """

    def __init__(  # noqa: PLR0913 - whatever is outside, slow or random is handed in, and only here
        self,
        *,
        folder: Path,
        root: Path,
        classify: Callable[[ApiResponse], ProviderError | None],
        mode: Mode = "none",
        environ: Mapping[str, str],
        timeout: float = 60.0,
        # As many as the official client has (openai-python 3.52, `_constants.py`).
        max_retries: int = 2,
        max_wait: float = 60.0,
        now: Callable[[], datetime] = _utc_now,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] | None = None,
        random: Callable[[], float] = random.random,
        on_wait: Callable[[Wait], None] | None = None,
        may_be_stale: Callable[[Cell], bool | None] = lambda cell: None,  # noqa: ARG005 - whatever the cell
        is_stray: Callable[[str], bool] = lambda path: False,  # noqa: ARG005 - whatever the path
        secrets: Iterable[Secret] = (),
        answer_texts: Callable[[str, ApiResponse], Iterable[str]] = lambda _url, _response: (),
        answer_meaning: Callable[[str, ApiResponse], Meaning] = as_it_came,
        places: Sequence[Path] = (),
        billing: Billing | None = None,
        limits: Limits | None = None,
        rates: Mapping[str, ProviderRates] = MappingProxyType({}),
        answer_tokens: Callable[[str, ApiResponse], int | None] = lambda _url, _response: None,
        stand_in: NetworkStandIn | None = None,
    ) -> None:
        """Opens nothing yet."""
        limits = limits or Limits()
        sleep = sleep or limits.sleep
        archive = Archive(
            folder=folder,
            shown_folder=_relative(folder, root),
            places=tuple(places or (root,)),
            folders=KnownFolders(folder, tuple(places or (root,))),
            mode=mode,
            environ=environ,
            now=now,
            monotonic=monotonic,
            connections=Connections(),
            strays=Strays(folder, is_stray),
            secrets=longest_first([*secrets_in(environ), *secrets]),
            answer_texts=answer_texts,
            answer_meaning=answer_meaning,
            billing=billing,
            stand_in=stand_in,
            throttle=Throttle(limits, rates, min(LONGEST_WAIT, max_wait), classify, answer_tokens),
        )
        retrying = RetrySetting(
            max_retries=max_retries, max_wait=max_wait, classify=classify, sleep=sleep, random=random, on_wait=on_wait
        )
        self._run = _Run(
            archive=archive,
            timeout=timeout,
            retrying=retrying,
            may_be_stale=may_be_stale,
        )

    def open(self, cell: Cell) -> CellTransport:
        """The transport of one cell. Reads nothing yet."""
        return CellTransport(self._run, cell)

    def may_ask(self, cell: Cell) -> bool:
        """Whether it is possible that the network is called for the cell, though nobody can tell it before."""
        return self.needs_key(cell) or (
            self._run.archive.mode == "stale"
            and not _is_answered_by_faults(cell.case)
            and self._run.may_be_stale(cell) is None
        )

    def needs_key(self, cell: Cell) -> bool:
        """Whether this mode will call the network for the cell, as far as that can be told."""
        archive = self._run.archive
        if _is_answered_by_faults(cell.case):
            return False
        match archive.mode:
            case "none":
                return False
            case "once":
                return not (archive.folder / cell.cassette).exists() or CellRecording(archive, cell).lacks_trials
            case "stale":
                return not (archive.folder / cell.cassette).exists() or self._run.may_be_stale(cell) is True
            case "new_episodes" | "all" | "rewrite" | "live":
                return True
            case _:
                assert_never(archive.mode)

    @property
    def keeps_recorded(self) -> bool:
        """Whether what lies in a recording already is not asked again."""
        return self._run.archive.mode in ("none", "once", "new_episodes")

    def has_recording(self, cell: Cell) -> bool:
        """Whether there is a file for the cell, whatever it holds."""
        return (self._run.archive.folder / cell.cassette).exists()

    def recorded(self, cell: Cell) -> tuple[Interaction, ...]:
        """What the cell's recording holds now; nothing where it is not there or cannot be read."""
        return CellRecording(self._run.archive, cell).stored() if self.has_recording(cell) else ()

    def unset_keys(self, cells: Iterable[Cell]) -> tuple[str, ...]:
        """Names of the required key variables that are not set, sorted, for the cells that need one."""
        from prompt_contracts.transport.request_headers import is_key_missing

        names = {
            cell.target.api_key_env
            for cell in cells
            if is_key_missing(cell.target, self._run.archive.environ) and self.needs_key(cell)
        }
        return tuple(sorted(name for name in names if name is not None))

    def check_network(self, cells: Iterable[Cell]) -> None:
        """Make the client if one of these cells may call the network; `UsageError` for what keeps it from that."""
        from prompt_contracts.transport.client import check_address, origin_of

        asked = [cell for cell in cells if self.needs_key(cell)]
        for cell in asked:
            check_address(cell.target)
        if asked:
            self._run.archive.connections.check({origin_of(cell.target.base_url or "") for cell in asked})

    def check_places(self, cells: Iterable[Cell]) -> None:
        """`UsageError` for the first recording that could not be written; asked before anybody is paid."""
        archive = self._run.archive
        if archive.mode in ("none", "live"):
            return
        for cell in cells:
            if not self.may_ask(cell):
                continue
            path = archive.folder / cell.cassette
            problem = link_problem(path, archive.places) or write_problem(path)
            if problem is not None:
                shown = f"{archive.shown_folder}/{cell.cassette}"
                raise UsageError(f"{shown} cannot be written: {problem}: nobody was asked", code="PC330")

    def close(self) -> None:
        """Close the connections, also those at which a thread still waits; nobody is asked any more."""
        self._run.archive.connections.close()


class CellTransport:
    """Asks for one cell, and keeps its recording. Thread-safe."""

    def __init__(self, run: _Run, cell: Cell) -> None:
        """Made by `Transport.open`."""
        self._run = run
        self._recording = CellRecording(run.archive, cell)
        self._faults = FaultSender(self._recording, hastens=run.archive.mode != "live")
        self._retries = RetrySender(self._faults, run.retrying, policy=cell.case.retry, provider=cell.target.provider)
        self._is_live = False

    def send(
        self,
        request: ApiRequest,
        *,
        trial: int,
        timeout: float | None = None,
        number: int = 1,
        attempt: int = 1,
        fault: FaultPlan | None = None,
        is_retried: bool = True,
    ) -> Interaction:
        """The answer to a request of one trial: recorded, or from the network where the mode allows it.

        `timeout` is in seconds for one attempt; None takes the run's. `number` tells which request of the trial
        it is, for `fault`. Without `is_retried` it is sent once, as the `attempt` that the caller says: an
        application retries by itself. Failures of the provider or the network are data.

        `RecordingMissing`, `RecordingStale`, `RecordingUnreadable`, `UsageError` (a key or an address is not
        set, a fault that has nothing to damage) and `RunStopped` are raised.
        """
        seconds = self._run.timeout if timeout is None else timeout
        sending = Sending(trial=trial, timeout=seconds, number=number, attempt=attempt, fault=fault)
        layer = self._retries if is_retried else self._faults
        interaction = layer.send(request, sending=sending)
        # A replayed run of an assistant is polled as often as it was recorded, and must not wait as long.
        self._is_live = not (interaction.is_replayed or interaction.is_injected)
        return interaction

    def pause(self, seconds: float) -> None:
        """Wait between two looks at the same thing; takes no time unless the last answer came from the network."""
        if self._is_live and seconds > 0:
            self._run.retrying.sleep(seconds)

    def ask_anew(self, trial: int) -> bool:
        """Have a trial that the recording cannot serve asked from its start; False where the mode does not, or did."""
        return self._recording.ask_anew(trial)

    def note_cost(self, interaction: Interaction, cost: Cost | None) -> None:
        """Put the price into what will be saved of an interaction that was just recorded.

        Replayed interactions are left as they were recorded, and so is the true answer below a fault.
        """
        self._recording.note_cost(interaction, cost)

    def save(
        self, *, trials: Collection[int] | None = None, keeps_verdict: KeepsVerdict = lambda _trial, _latencies: True
    ) -> bool:
        """Write what was recorded, of all trials or only of those that are over; True when a file was written.

        Trials that are not over keep what was recorded of them before. Answers that say what the file says already
        leave it as it is, but for the date, unless `keeps_verdict` says of a trial that with the latencies of before
        it would not be judged as it is now. `SecretFound` and `RecordingUnreadable` leave the old file as it was.
        """
        return self._recording.save(trials=trials, keeps_verdict=keeps_verdict)

    def untaken(self, *, is_over: bool) -> int:
        """How many recorded interactions no trial replays, where all of them are over; else those of later trials."""
        return self._recording.untaken(is_over=is_over)

    @property
    def has_recorded(self) -> bool:
        """Whether an answer from the network was recorded."""
        return self._recording.has_recorded

    @property
    def rewriting(self) -> Rewriting | None:
        """What the recording held when the run began, and what it holds now; None where nothing was written."""
        return self._recording.rewriting

    @property
    def is_recorded(self) -> bool:
        """Whether there is a recording, whatever it holds."""
        return self._recording.is_there


def _relative(path: Path, root: Path) -> str:
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        return path.as_posix()


def _is_answered_by_faults(case: Case) -> bool:
    """Whether faults keep every request of a case from the network."""
    plan = case.fault
    # Where one request or attempt gets through, the cell needs its recording or its key.
    if plan is None or case.turns or plan.request is not None or not plan.repeats:
        return False
    return all(fault is not None and FAULTS[fault.kind].is_made_up for fault in plan.attempts)
