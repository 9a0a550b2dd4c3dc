"""A cell -> the smallest prompt that still fails, or still passes: asks, and remembers every answer as a recording."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from typing import Literal

from prompt_contracts.case import Case, Requirement
from prompt_contracts.data_class import dataclass
from prompt_contracts.engine.prompt_asks import PromptAsks, ReductionStopped
from prompt_contracts.engine.prompt_pieces import Piece, pieces_of, without
from prompt_contracts.engine.reduction import smallest
from prompt_contracts.engine.run import Run
from prompt_contracts.errors import UsageError
from prompt_contracts.linting.acceptance import request_findings
from prompt_contracts.linting.message_order import message_findings
from prompt_contracts.progress import ReductionProgress
from prompt_contracts.results.sequential_test import SequentialTest
from prompt_contracts.trial import Cell
from prompt_contracts.verdict import TrialResult

FIRST_ASKS = 10
"""How often the whole prompt is asked, to know its rate."""
LOWEST_RATE = 0.6
"""Below it, too many answers are needed to tell a piece that matters from luck."""
MOST_ASKS = 25
"""Of one shorter prompt."""
_PSEUDO_ASKS = 2
"""Added to either side of what was counted: ten answers alone call a rate of 0.9 certain in every third run."""

Keep = Literal["failing", "passing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the asks of one prompt brought."""

    cell: Cell
    """With the recording that holds its answers."""
    results: tuple[TrialResult, ...]
    wanted: int
    """How many of them were of the kind that is to be kept."""
    is_settled: bool = True
    """Whether they settle that it does what is to be kept; else that was merely likelier."""

    @property
    def rate(self) -> float:
        """The share of answers of the kind that is to be kept."""
        return self.wanted / len(self.results)

    @property
    def prompt_tokens(self) -> int | None:
        """Of one answer; None where the provider counts none."""
        return next((one.usage.prompt_tokens for one in self.results if one.usage.prompt_tokens is not None), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduced:
    """How far it came."""

    start: Asked
    end: Asked
    pieces: int
    """That could have gone."""
    kept: tuple[Piece, ...]
    calls: int
    cost: Decimal | None
    """US dollars of all calls, those of earlier runs of the command included; None where any is unknown."""
    stopped: str | None = None
    """Why it ended before every piece had been tried; None: no piece can go."""


class Reducer:
    """Reduces one cell. `run` records into the folder that remembers; `calls` may be made in all."""

    def __init__(
        self,
        run: Run,
        cell: Cell,
        *,
        keep: Keep,
        calls: int,
        is_repeating: bool,
        tell: Callable[[str], None] = lambda _: None,
        show: Callable[[Callable[[], ReductionProgress]], None] = lambda _: None,
    ) -> None:
        """`tell` gets each step in words, `show` how far it has come, again and again while answers are awaited."""
        self._run = run
        self._cell = replace(cell, case=_alone(cell.case))
        self._keep = keep
        self._most = calls
        self._is_repeating = is_repeating
        self._tell = tell
        self._levels = pieces_of(self._cell.case)
        self._pieces = [piece for level in self._levels for piece in level]
        self._kept = frozenset(self._pieces)
        self._tried: int | None = None
        self._asks = PromptAsks(run, most=calls, on_pulse=lambda: show(self._progress))
        self._sign: tuple[str, str] | None = None
        self._answers: dict[str, Asked | None] = {}
        self._counted = Counter[bool]()

    def reduce(self) -> Reduced:
        """Ask until no piece can go, or until nobody can be asked; `UsageError` where it cannot begin."""
        if not self._pieces:
            raise UsageError("nothing of this prompt can be left out: it is the last message of the user alone")
        start = self._end = self._begun()
        stopped = None
        try:
            self._search()
            self._end = self._asked_enough(self._end)
        except ReductionStopped as reason:
            stopped = str(reason)
        except KeyboardInterrupt:
            stopped = "interrupted"
        return Reduced(
            start=start,
            end=self._end,
            pieces=len(self._pieces),
            kept=tuple(piece for piece in self._pieces if piece in self._kept),
            calls=self._asks.calls,
            cost=self._asks.cost,
            stopped=stopped,
        )

    def _begun(self) -> Asked:
        """The whole prompt, asked often enough to know its rate."""
        cell = self._placed(self._cell.case)
        asks = FIRST_ASKS if self._is_repeating else 1
        results: list[TrialResult] = []
        try:
            trials = self._asks.begin(cell)
            while len(results) < asks:
                # The first one alone: where it cannot be asked, the others need not be tried.
                results += self._asks.more(trials, asks - 1 if results else 1, after=len(results))
        except ReductionStopped as reason:
            raise UsageError(f"the prompt as it is could not be asked {_times(asks)}: {reason}") from None
        except KeyboardInterrupt:
            raise UsageError("interrupted; the same command goes on from here, and asks nothing twice") from None
        self._sign = self._most_common_sign(results)
        asked = self._counted_of(cell, results)
        if asked.rate < LOWEST_RATE:
            raise UsageError(self._refusal(asked))
        self._note(asked)
        self._answers[cell.cassette] = asked
        return asked

    def _refusal(self, asked: Asked) -> str:
        """Why it cannot begin."""
        is_failing, asks = self._keep == "failing", len(asked.results)
        said = f"the prompt as it is was asked {_times(asks)}"
        if not asked.wanted:
            never = "its contract held" if is_failing else "its contract was broken"
            return f"{said}, and {never} each time: there is nothing to keep"
        done = "failed in the same way" if is_failing else "passed"
        return (
            f"{said}, and {done} {asked.wanted} times: below {LOWEST_RATE:.0%} a piece that matters cannot be told "
            "from luck; a lower temperature may make it steadier"
        )

    def _search(self) -> None:
        search = smallest(self._levels)
        try:
            candidate = next(search)
            while True:
                self._tried = len(candidate)
                asked = self._asked([piece for piece in self._pieces if piece not in candidate])
                if asked is not None:
                    gone, self._kept, self._end = len(self._kept) - len(candidate), candidate, asked
                    self._tell(
                        f"{gone} can go: {len(candidate)} of {len(self._pieces)} left after {self._asks.calls} calls"
                    )
                candidate = search.send(asked is not None)
        except StopIteration:
            pass

    def _asked(self, left_out: Sequence[Piece]) -> Asked | None:
        """What the prompt without these pieces brought, where it still does the same; None where it does not."""
        cell = self._placed(without(self._cell.case, left_out))
        # Pieces of a piece that is gone already change nothing: the same text is never asked twice.
        if cell.cassette not in self._answers:
            self._answers[cell.cassette] = None if self._is_refused(cell) else self._tested(cell)
        return self._answers[cell.cassette]

    def _tested(self, cell: Cell) -> Asked | None:
        test = SequentialTest(self._rate()) if self._is_repeating else None
        trials = self._asks.begin(cell)
        results: list[TrialResult] = []
        settled: bool | None = None
        while settled is None:
            # As many at once as it takes in the best case: one after the other would ask no fewer.
            for result in self._asks.more(trials, 1 if test is None else test.least, after=len(results)):
                results.append(result)
                is_wanted = self._is_wanted(result)
                settled = is_wanted if test is None else test.note(happened=is_wanted)
        if not settled:
            return None
        asked = replace(self._counted_of(cell, results), is_settled=test is None or test.is_settled)
        self._note(asked)
        return asked

    def _asked_enough(self, end: Asked) -> Asked:
        """A prompt to be used from now on, asked as often as the whole one: those that settled a test flatter it."""
        more = FIRST_ASKS - len(end.results) if self._is_repeating and self._keep == "passing" else 0
        if more <= 0:
            return end
        try:
            results = self._asks.more(self._asks.begin(end.cell), more, after=len(end.results))
        except ReductionStopped:
            return end
        return replace(self._counted_of(end.cell, [*end.results, *results]), is_settled=end.is_settled)

    def _counted_of(self, cell: Cell, results: Sequence[TrialResult]) -> Asked:
        return Asked(cell=cell, results=tuple(results), wanted=sum(map(self._is_wanted, results)))

    def _note(self, asked: Asked) -> None:
        self._counted.update({True: asked.wanted, False: len(asked.results) - asked.wanted})

    def _rate(self) -> float:
        """How often what is to be kept happens, over all answers of prompts that do it."""
        return (self._counted[True] + _PSEUDO_ASKS) / (self._counted.total() + 2 * _PSEUDO_ASKS)

    def _progress(self) -> ReductionProgress:
        return ReductionProgress(
            calls=self._asks.calls,
            most_calls=self._most,
            pieces=len(self._pieces),
            kept=len(self._kept),
            tried=self._tried,
            spent=self._run.ledger.settled,
            budget=self._run.options.budget,
            providers=self._run.status(),
        )

    def _is_wanted(self, result: TrialResult) -> bool:
        if self._keep == "passing":
            return result.verdict == "passed"
        return result.verdict == "failed" and self._sign in _signs(result)

    def _most_common_sign(self, results: Sequence[TrialResult]) -> tuple[str, str] | None:
        """What is broken most often: the code of a failure, and where in the answer."""
        found = Counter(sign for result in results for sign in _signs(result)[:1])
        return found.most_common(1)[0][0] if found else None

    def _placed(self, case: Case) -> Cell:
        said = [
            [case.model, case.endpoint],
            [message.to_json() for message in case.messages],
            [dict(tool.definition) for tool in case.tools],
            dict(case.request),
            case.tool_results and dict(case.tool_results),
        ]
        digest = sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:20]
        return replace(self._cell, case=case, cassette=f"{digest}.yaml")

    def _is_refused(self, cell: Cell) -> bool:
        """Whether its provider would surely refuse it, so that nothing can be learned."""
        is_disordered = any(finding.severity == "error" for finding in message_findings(cell.case.messages))
        return is_disordered or any(finding.severity == "error" for finding in request_findings(cell))


def _alone(case: Case) -> Case:
    """The case asked answer by answer, whatever it says of its trials."""
    return replace(case, trials=MOST_ASKS, require=Requirement(), stop_early=False, xfail=None, skip=None)


def _signs(result: TrialResult) -> list[tuple[str, str]]:
    return [(failure.code, failure.path) for failure in result.failures]


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"
