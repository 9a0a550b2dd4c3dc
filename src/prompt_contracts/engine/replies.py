"""Judging replies that already exist: one at a time, each alone, nobody is asked. Knows no file format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from prompt_contracts.case import Case, Requirement
from prompt_contracts.completion import Completion
from prompt_contracts.data_class import dataclass
from prompt_contracts.engine.judge import cell_result, judge_trial
from prompt_contracts.engine.projects import Project
from prompt_contracts.engine.reply_ids import Addressee, KnownIds, NoAddressee
from prompt_contracts.engine.run import Run
from prompt_contracts.outcome import Outcome
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.providers.pricing import known_cost, table_cost
from prompt_contracts.trial import Cell
from prompt_contracts.usage import Usage
from prompt_contracts.verdict import CaseResult, Problem, TrialResult, VerdictWord


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One reply that somebody already has."""

    line: int
    """Where it stands in its file, from 1."""
    custom_id: str
    answer: Completion | ProviderError
    created: datetime | None = None
    """When it was given, for its price; None when unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableReply:
    """A line that holds no reply that can be judged."""

    line: int
    problem: Problem
    custom_id: str | None = None
    """None when not even that can be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedReply:
    """One reply, judged: exactly one of `trial` and `problem` is there."""

    line: int
    custom_id: str | None
    cell: Cell | None = None
    """None when the reply names no cell."""
    trial: TrialResult | None = None
    problem: Problem | None = None

    @property
    def verdict(self) -> VerdictWord:
        """`error` where there is none on the model."""
        return "error" if self.trial is None else self.trial.verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Whom a reply is for."""

    project: Project
    addressee: Addressee


class Mailbox:
    """Tells whom each reply is for, and remembers who has one. Keeps no reply."""

    def __init__(self, projects: Sequence[Project]) -> None:
        self._known = [(project, _known_ids(project)) for project in projects]
        self._given: dict[str, int] = {}
        """Id without its trial -> the trials that came, as bits; bit 0 is the id alone."""
        self._waiting = {
            (project.root, cell.id): cell
            for project, known in self._known
            for cell in known.cells
            if cell.case.skip is None
        }

    def receive(self, custom_id: str) -> Delivery | Problem:
        """What a reply's id names, once: the same full id twice is a problem."""
        delivery = self.find(custom_id)
        if isinstance(delivery, NoAddressee):
            return Problem(code=delivery.code, message=delivery.message)
        found = delivery.addressee
        # Bits of one integer: the 100,000 trials that an id may have take 12 kB.
        bit = 1 << (found.trial or 0)
        given = self._given.get(found.key, 0)
        if given & bit:
            return Problem(code="repeated_id", message="an earlier line has the same id")
        self._given[found.key] = given | bit
        if not given:
            for cell in found.cells:
                self._waiting.pop((delivery.project.root, cell.id), None)
        return delivery

    def find(self, custom_id: str) -> Delivery | NoAddressee:
        """What an id names, however often it came. Ids start from the root of a project, so two may have the same."""
        reasons: list[NoAddressee] = []
        deliveries: list[Delivery] = []
        for project, known in self._known:
            found = known.find(custom_id)
            if isinstance(found, NoAddressee):
                reasons.append(found)
            else:
                deliveries.append(Delivery(project=project, addressee=found))
        if len(deliveries) > 1:
            roots = " and ".join(str(delivery.project.root) for delivery in deliveries)
            message = f"the id names a case in each of the projects {roots}: judge them one by one"
            return NoAddressee(code="ambiguous", message=message)
        if deliveries:
            return deliveries[0]
        nothing = NoAddressee(code="unknown_id", message="the id names no case")
        return next((one for one in reasons if one.code != "unknown_id"), reasons[0] if reasons else nothing)

    def nearest(self, custom_id: str) -> str | None:
        """A known id that looks like one that is not."""
        return next((near for _, known in self._known if (near := known.nearest(custom_id)) is not None), None)

    @property
    def cells_without_reply(self) -> tuple[str, ...]:
        """Ids of the planned cells, but for skipped ones, that no reply was for."""
        return tuple(cell_id for _, cell_id in self._waiting)


def _known_ids(project: Project) -> KnownIds:
    run = project.run
    return KnownIds(
        project.files.values(), is_model=run.is_model, load_as=lambda path, model: run.load_as(path, model=model)
    )


class ReplyJudge:
    """Judges a stream of replies; what it remembers depends on the cases, not on the number of replies."""

    MOST_PROBLEMS = 20

    def __init__(self, projects: Sequence[Project]) -> None:
        self.mailbox = Mailbox(projects)
        self.verdicts: Counter[VerdictWord] = Counter()
        self.problems: list[JudgedReply] = []
        """The first replies without a verdict on any answer; `problem_count` counts all of them."""
        self.problem_count = 0

    def judge(self, reply: Reply | UnreadableReply) -> JudgedReply:
        """The verdict on one reply, `require` not applied."""
        judged = self._judge(reply)
        self.verdicts[judged.verdict] += 1
        if judged.problem is not None:
            self.problem_count += 1
            if len(self.problems) < self.MOST_PROBLEMS:
                self.problems.append(judged)
        return judged

    def _judge(self, reply: Reply | UnreadableReply) -> JudgedReply:
        cell: Cell | None = None
        problem = reply.problem if isinstance(reply, UnreadableReply) else None
        trial: TrialResult | None = None
        if reply.custom_id is not None:
            found = self.mailbox.receive(reply.custom_id)
            if isinstance(found, Problem):
                problem = problem or found
            else:
                cell = found.addressee.cell
                problem = problem or too_short_for(cell.case)
                if problem is None and isinstance(reply, Reply):
                    trial = judge_reply(cell, reply, trial=found.addressee.trial, run=found.project.run)
        return JudgedReply(line=reply.line, custom_id=reply.custom_id, cell=cell, trial=trial, problem=problem)


def too_short_for(case: Case) -> Problem | None:
    """Why one reply is no answer to a case; None when it is."""
    reason = needs_flow(case)
    if reason is None:
        return None
    text = f"a case with {reason} cannot be judged by one reply: run it with pytest, and without replies"
    return Problem(code="unjudgeable", message=text)


def needs_flow(case: Case) -> str | None:
    """What of a case goes beyond one request and one answer, by its key; None when nothing does."""
    keys = {
        "turns": bool(case.turns),
        "tool_results": case.tool_results is not None,
        "handler": case.handler is not None,
        "command": case.command is not None,
        "same": case.same is not None and case.relation is not None,
        "endpoint: assistants": case.endpoint == "assistants",
    }
    return next((f"'{key}'" for key, is_there in keys.items() if is_there), None)


def judge_reply(cell: Cell, reply: Reply, *, trial: int | None, run: Run) -> TrialResult:
    """One reply as one trial of a cell; trial 1 when its id gives none. What it took is known as far as it says."""
    completion = reply.answer if isinstance(reply.answer, Completion) else None
    outcome = Outcome(
        trial=trial or 1,
        completion=completion,
        error=reply.answer if isinstance(reply.answer, ProviderError) else None,
        usage=Usage() if completion is None else completion.usage,
        cost=None if completion is None else _cost(cell, completion, reply.created, run.price_source),
        latency=None,
    )
    # It was paid for when it was asked: nothing is spent now.
    return replace(judge_trial(cell, outcome, references=run.references), is_replayed=True)


def replies_result(cell: Cell, trials: Sequence[TrialResult], *, source: str) -> CaseResult:
    """The result of a cell all of whose replies must hold; `source` names the file of the replies.

    One broken contract decides, whatever else is in error: `require` is not applied.
    """
    alone = replace(cell, case=replace(cell.case, require=Requirement(), trials=len(trials)))
    result = cell_result(alone, trials, cassette=source)
    return replace(result, verdict="failed") if any(trial.verdict == "failed" for trial in trials) else result


def _cost(cell: Cell, completion: Completion, created: datetime | None, source: str) -> Decimal | None:
    known = known_cost(cell.target, completion.usage, charged=completion.charged, source=source)
    # The price table takes a fraction of a second to load: only where a contract asks for the cost.
    if known is None and created is not None and cell.case.facet("cost") is not None:
        known = table_cost(cell.target, completion.usage, at=created, service_tier=completion.service_tier)
    return None if known is None else known.usd
