"""A row that fails -> the smallest one that still fails in the same way.

The rows are made once more from the same seed. What is known answers until one is met that failed; from there on each
candidate is asked, one after another, and remembered at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, Protocol, TypeAlias

from prompt_contracts.data_class import dataclass
from prompt_contracts.engine.properties.example_run import (
    NothingMadeError,
    RowFailed,
    RowRefused,
    RowValues,
    most_draws,
    run_rows,
)
from prompt_contracts.engine.properties.row_source import RowSource, not_json
from prompt_contracts.engine.properties.strategies import hypothesis_version
from prompt_contracts.errors import UsageError
from prompt_contracts.json_value import Json, canonical

ASKS = 3
"""How often a candidate is asked that fails: it counts only if it fails each time."""

SECONDS = 300.0
"""How long one row may be shrunk: hypothesis gives up then, too."""

DEFAULT_CALLS = 60

Ending: TypeAlias = Literal["smallest", "limit", "time", "error", "flaky", "not_met"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureKind:
    """In which way an answer breaks its contract."""

    code: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RowAnswer:
    """What came of asking one row."""

    failures: tuple[FailureKind, ...] = ()
    """In the order of the failures; empty where the contract holds."""
    error: str | None = None
    """Why there is no verdict, in words; such an answer is never remembered, and ends the shrinking."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedRow:
    """A row of the case, with the verdict on it."""

    values: Mapping[str, Json]
    answer: RowAnswer


class Memory(Protocol):
    """What was asked of candidates, kept wherever whoever hands it in likes."""

    def answers(self, values: Mapping[str, Json]) -> Sequence[RowAnswer]:
        """All answers of one candidate, in the order in which they came."""

    def keep(self, values: Mapping[str, Json], answer: RowAnswer) -> None:
        """Remember one more answer, before anything else is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shrunk:
    """How the search for the smallest row ended."""

    ending: Ending
    """`smallest`: hypothesis knows nothing smaller; `limit`, `time`, `error`: what ended it before; `flaky`: the row
    holds when it is asked again; `not_met`: the rows could not be made again, and nothing was asked."""
    kind: FailureKind
    start: Mapping[str, Json]
    """The row that failed."""
    row: Mapping[str, Json] | None
    """The smallest that failed each time; None where not even the first did, or nothing was asked."""
    calls: int
    """How often the model was asked now."""
    failed: int
    """Of how often the first row was asked, its verdict in the run included, it failed."""
    asked: int
    error: str | None = None

    @property
    def words(self) -> str:
        """How it ended, for a person, such as `stopped after 5 minutes, 41 calls`."""
        calls = f"{self.calls} {'call' if self.calls == 1 else 'calls'}"
        match self.ending:
            case "smallest":
                return f"the smallest found, {calls}"
            case "limit":
                return f"stopped at the limit of {calls}"
            case "time":
                return f"stopped after 5 minutes, {calls}"
            case "error":
                return f"stopped by an error, {calls}: {self.error}"
            case "flaky":
                return f"flaky: failed {self.failed} of {self.asked} times, so it was not shrunk"
            case "not_met":
                return "not shrunk: the rows could not be made again as they were, and nothing was asked"


def shrink(
    source: RowSource,
    *,
    seed: int,
    rows: Sequence[AskedRow],
    ask: Callable[[Mapping[str, Json]], RowAnswer],
    memory: Memory,
    examples: int | None = None,
    calls: int = DEFAULT_CALLS,
    clock: Callable[[], float] = time.monotonic,
) -> Shrunk | None:
    """The smallest row that fails as the first failing of the rows does; None where none fails.

    What `ask` raises is raised, once hypothesis has ended by itself: all answers so far are in the memory.
    """
    hypothesis_version()
    first = next((row for row in rows if row.answer.failures), None)
    if first is None or calls < 1:
        return None
    search = _Search(kind=first.answer.failures[0], rows=rows, ask=ask, memory=memory, calls=calls, clock=clock)

    def body(row: RowValues) -> None:
        if not_json(source.given, row) is not None or not source.admits(row):
            raise RowRefused
        if search.fails(row):
            raise RowFailed(row)

    smallest: RowValues | None = None
    wanted = max(source.given.examples, len(rows)) if examples is None else examples
    try:
        run_rows(source.strategy(), body, seed=seed, draws=most_draws(wanted), is_shrunk=True)
    except RowFailed as failed:
        smallest = failed.row
    except NothingMadeError:
        pass
    except (Exception, SystemExit) as error:
        # A strategy of the author's can fail on what was never drawn; what was found before that counts.
        if not search.is_met:
            if isinstance(error, SystemExit):
                raise UsageError(f"no row could be made: a strategy raised SystemExit: {error}") from error
            raise
        search.end("error", error=f"{type(error).__name__}: {error}")
        smallest = search.last_failing
    return search.result(first.values, smallest)


class _Search:
    """What is known of candidates, and whether more may be asked."""

    def __init__(
        self,
        *,
        kind: FailureKind,
        rows: Sequence[AskedRow],
        ask: Callable[[Mapping[str, Json]], RowAnswer],
        memory: Memory,
        calls: int,
        clock: Callable[[], float],
    ) -> None:
        self._kind = kind
        self._ask_model = ask
        self._memory = memory
        self._limit = calls
        self._clock = clock
        self._verdicts: dict[str, RowAnswer] = {canonical(dict(row.values)): row.answer for row in rows}
        self._starts = {key for key, answer in self._verdicts.items() if kind in answer.failures}
        self._known: dict[str, bool] = {}
        self._met_at: float | None = None
        self._is_flaky = False
        self._start: RowValues | None = None
        self._first: list[RowAnswer] = []
        self._calls = 0
        self._ending: Ending | None = None
        self._error: str | None = None
        self._raised: Exception | None = None
        self.last_failing: RowValues | None = None

    @property
    def is_met(self) -> bool:
        """Whether a row was made that is known to fail."""
        return self._start is not None

    def fails(self, row: RowValues) -> bool:
        """Whether a row is known to fail each time; what nobody may ask any more does not."""
        key = canonical(row)
        if key not in self._known:
            if self._start is None and key in self._starts:
                self._begin(row, key)
            elif self._start is None or self._is_flaky:
                return False
            else:
                self._known[key] = self._fails_each_time(self._answers(row, key), row)
            if self._known[key]:
                self.last_failing = row
        return self._known[key]

    def _begin(self, row: RowValues, key: str) -> None:
        self._start, self._met_at = row, self._clock()
        answers = self._answers(row, key)
        self._known[key] = self._fails_each_time(answers, row)
        self._is_flaky = not self._known[key] and any(not self._is_it(answer) for answer in answers)
        self._first = [self._verdicts[key], *answers]

    def _answers(self, row: RowValues, key: str) -> list[RowAnswer]:
        judged = self._verdicts.get(key)
        # Of many rows that were judged, those that fail by chance are among the failing ones: that verdict is why a row
        # is asked at all, and no reason to believe it.
        holds = judged is not None and judged.error is None and not self._is_it(judged)
        return [RowAnswer()] if holds else list(self._memory.answers(row))

    def _is_it(self, answer: RowAnswer) -> bool:
        return self._kind in answer.failures

    def _fails_each_time(self, answers: list[RowAnswer], row: RowValues) -> bool:
        """Whether all answers fail, of which there are made to be enough."""
        while all(map(self._is_it, answers)):
            if len(answers) >= ASKS:
                return True
            answer = self._ask(row)
            if answer is None:
                return False
            answers.append(answer)
        return False

    def _ask(self, row: RowValues) -> RowAnswer | None:
        """One more answer; None where none can be had any more, and from then on."""
        if self._ending is None and self._calls >= self._limit:
            self.end("limit")
        elif self._ending is None and self._is_out_of_time():
            self.end("time")
        if self._ending is not None:
            return None
        self._calls += 1
        try:
            answer = self._ask_model(row)
            if answer.error is None:
                self._memory.keep(row, answer)
        except Exception as error:  # noqa: BLE001 - inside hypothesis it would be a failure, and shrunk
            self._raised = error
            self.end("error", error=str(error))
            return None
        if answer.error is not None:
            self.end("error", error=answer.error)
            return None
        return answer

    def _is_out_of_time(self) -> bool:
        return self._met_at is not None and self._clock() - self._met_at >= SECONDS

    def end(self, ending: Ending, *, error: str | None = None) -> None:
        """From now on nothing is asked, and what is unknown holds."""
        if self._ending is None:
            self._ending, self._error = ending, error

    def result(self, first: Mapping[str, Json], smallest: RowValues | None) -> Shrunk:
        """How it ended; raises what asking raised."""
        if self._raised is not None:
            raise self._raised
        if self._start is None:
            self.end("not_met")
        elif self._is_flaky:
            self.end("flaky")
        elif self._is_out_of_time():
            self.end("time")
        return Shrunk(
            ending=self._ending or "smallest",
            kind=self._kind,
            start=first if self._start is None else self._start,
            row=smallest,
            calls=self._calls,
            failed=sum(map(self._is_it, self._first)),
            asked=len(self._first),
            error=self._error,
        )
