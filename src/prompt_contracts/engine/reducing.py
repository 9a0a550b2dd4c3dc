"""A cell -> the smallest prompt that still fails, or still passes: asks, and remembers every answer as a recording."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from itertools import islice
from typing import Literal

from prompt_contracts.case import Case, Requirement
from prompt_contracts.data_class import dataclass
from prompt_contracts.engine.prompt_pieces import Piece, pieces_of, without
from prompt_contracts.engine.reduction import smallest
from prompt_contracts.engine.run import Run
from prompt_contracts.errors import UsageError
from prompt_contracts.linting.acceptance import request_findings
from prompt_contracts.linting.message_order import message_findings
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


class ReductionStopped(Exception):
    """Nobody could be asked any more, or no more than was allowed; what is known is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the asks of one prompt brought."""

    cell: Cell
    """With the recording that holds its answers."""
    results: tuple[TrialResult, ...]
    wanted: int
    """How many of them were of the kind that is to be kept."""

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
        self, run: Run, cell: Cell, *, keep: Keep, calls: int, is_repeating: bool, tell: Callable[[str], None]
    ) -> None:
        self._run = run
        self._cell = replace(cell, case=_alone(cell.case))
        self._keep = keep
        self._most = calls
        self._is_repeating = is_repeating
        self._tell = tell
        self._calls = 0
        self._costs: list[Decimal | None] = []
        self._sign: tuple[str, str] | None = None
        self._answers: dict[str, Asked | None] = {}
        self._counted = Counter[bool]()

    def reduce(self) -> Reduced:
        """Ask until no piece can go, or until nobody can be asked; `UsageError` where it cannot begin."""
        levels = pieces_of(self._cell.case)
        pieces = [piece for level in levels for piece in level]
        if not pieces:
            raise UsageError("nothing of this prompt can be left out: it is the last message of the user alone")
        start = end = self._begun()
        kept, stopped = frozenset(pieces), None
        search = smallest(levels)
        try:
            candidate = next(search)
            while True:
                asked = self._asked([piece for piece in pieces if piece not in candidate])
                if asked is not None:
                    gone = len(kept) - len(candidate)
                    self._tell(f"{gone} can go: {len(candidate)} of {len(pieces)} left after {self._calls} calls")
                    kept, end = candidate, asked
                candidate = search.send(asked is not None)
        except StopIteration:
            pass
        except ReductionStopped as reason:
            stopped = str(reason)
        except KeyboardInterrupt:
            stopped = "interrupted"
        return Reduced(
            start=start,
            end=end,
            pieces=len(pieces),
            kept=tuple(piece for piece in pieces if piece in kept),
            calls=self._calls,
            cost=None if None in self._costs else sum(filter(None, self._costs), Decimal(0)),
            stopped=stopped,
        )

    def _begun(self) -> Asked:
        """The whole prompt, asked often enough to know its rate."""
        cell = self._placed(self._cell.case)
        asks = FIRST_ASKS if self._is_repeating else 1
        try:
            results = list(islice(self._results(cell), asks))
        except ReductionStopped as reason:
            raise UsageError(f"the prompt as it is could not be asked {asks} times: {reason}") from None
        self._sign = self._most_common_sign(results)
        wanted = [self._is_wanted(result) for result in results]
        asked = Asked(cell=cell, results=tuple(results), wanted=sum(wanted))
        if asked.rate < LOWEST_RATE or not asked.wanted:
            done = "failed in the same way" if self._keep == "failing" else "passed"
            raise UsageError(
                f"the prompt as it is was asked {asks} times, and {done} {asked.wanted} times: below "
                f"{LOWEST_RATE:.0%} a piece that matters cannot be told from luck"
                + ("; a lower temperature may make it steadier" if asked.wanted else "")
            )
        self._counted.update(wanted)
        self._answers[cell.cassette] = asked
        return asked

    def _asked(self, left_out: Sequence[Piece]) -> Asked | None:
        """What the prompt without these pieces brought, where it still does the same; None where it does not."""
        cell = self._placed(without(self._cell.case, left_out))
        # Pieces of a piece that is gone already change nothing: the same text is never asked twice.
        if cell.cassette not in self._answers:
            self._answers[cell.cassette] = None if self._is_refused(cell) else self._tested(cell)
        return self._answers[cell.cassette]

    def _tested(self, cell: Cell) -> Asked | None:
        test = None if not self._is_repeating else SequentialTest(self._rate())
        results: list[TrialResult] = []
        wanted, holds = 0, False
        for result in self._results(cell):
            results.append(result)
            wanted += self._is_wanted(result)
            settled = bool(wanted) if test is None else test.note(happened=self._is_wanted(result))
            if settled is not None:
                holds = settled
                break
        if not holds:
            return None
        self._counted.update({True: wanted, False: len(results) - wanted})
        return Asked(cell=cell, results=tuple(results), wanted=wanted)

    def _rate(self) -> float:
        """How often what is to be kept happens, over all answers of prompts that do it."""
        return (self._counted[True] + _PSEUDO_ASKS) / (self._counted.total() + 2 * _PSEUDO_ASKS)

    def _results(self, cell: Cell) -> Iterator[TrialResult]:
        """One answer after the other, remembered ones first."""
        trials = self._run.begin(cell)
        for number in trials.numbers:
            if self._calls >= self._most:
                raise ReductionStopped(f"{self._most} calls were made, which is the limit (--calls)")
            trials.ask(number)
            exchange = trials.exchange()
            if exchange.error is not None:
                raise ReductionStopped(str(exchange.error))
            judged = self._run.judge(cell, replace(exchange, outcomes=exchange.outcomes[-1:], judged=()))
            result = judged.trials[0]
            if result.verdict == "error":
                raise ReductionStopped(_trouble(result))
            self._calls += 1
            self._costs.append(result.cost)
            yield result

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


def _trouble(result: TrialResult) -> str:
    if result.error is None:
        return "an answer could not be judged"
    return f"the provider's {result.error.kind} error: {result.error.message}"
