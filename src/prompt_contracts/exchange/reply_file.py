"""A file of replies, sorted by the cells that they are for. Keeps places in the file, never the replies."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from pathlib import Path

from prompt_contracts.engine.projects import Project
from prompt_contracts.engine.replies import (
    Delivery,
    Mailbox,
    Reply,
    UnreadableReply,
    judge_reply,
    too_short_for,
)
from prompt_contracts.exchange.batch_output import read_lines, read_reply
from prompt_contracts.trial import Cell
from prompt_contracts.verdict import Problem, TrialResult


class ReplyFile:
    """The replies of one file for the cells of some projects."""

    MOST_PROBLEMS = 20

    def __init__(self, path: Path, projects: Sequence[Project]) -> None:
        """Reads the whole file once; `OSError` when that cannot be done."""
        self._path = path
        self._mailbox = Mailbox(projects)
        self._places: dict[tuple[Path, str], array[int]] = {}
        """Root of a project and id of a cell -> where its replies are: line and offset in turn."""
        self.count = 0
        self.problem_count = 0
        self.problems: list[str] = []
        """What is wrong with the first lines that are no reply to a cell; `problem_count` counts all."""
        with path.open("rb") as file:
            for line in read_lines(file):
                self.count += 1
                self._sort(read_reply(line.text, line=line.number), line.offset)

    def trials(self, cell: Cell, project: Project) -> tuple[TrialResult, ...]:
        """The replies for a cell, each judged alone; empty when there is none."""
        places = self._places.get((project.root, cell.id), array("Q"))
        with self._path.open("rb") as file:
            found: list[TrialResult] = []
            for line, offset in zip(places[::2], places[1::2], strict=True):
                file.seek(offset)
                found += self._judged(cell, read_reply(file.readline(), line=line))
        return tuple(found)

    def _judged(self, cell: Cell, reply: Reply | UnreadableReply) -> list[TrialResult]:
        found = self._mailbox.find(reply.custom_id) if isinstance(reply, Reply) else None
        if not isinstance(reply, Reply) or not isinstance(found, Delivery):
            return []  # the file has changed since it was sorted
        # A case that names no model is held against what it expects of the model in the id.
        judged_by = found.addressee.cell if cell.case.model is None else cell
        return [judge_reply(judged_by, reply, trial=found.addressee.trial, run=found.project.run)]

    def _sort(self, reply: Reply | UnreadableReply, offset: int) -> None:
        found = None if reply.custom_id is None else self._mailbox.receive(reply.custom_id)
        if isinstance(reply, UnreadableReply):
            self._note(reply, reply.problem)
        elif isinstance(found, Problem):
            self._note(reply, found)
        elif found is not None:
            self._keep(reply, found, offset)

    def _keep(self, reply: Reply, found: Delivery, offset: int) -> None:
        addressee = found.addressee
        if not addressee.is_own:
            model = addressee.cell.case.model
            message = f"no cell of this run is of the model {model}: give --pc-model={model} too"
            self._note(reply, Problem(code="model", message=message))
        elif (problem := too_short_for(addressee.cell.case)) is not None:
            self._note(reply, problem)
        else:
            for cell in addressee.cells:
                self._places.setdefault((found.project.root, cell.id), array("Q")).extend((reply.line, offset))

    def _note(self, reply: Reply | UnreadableReply, problem: Problem) -> None:
        self.problem_count += 1
        if len(self.problems) == self.MOST_PROBLEMS:
            return
        told = "" if reply.custom_id is None else f" {reply.custom_id!r}:"
        near = self._mailbox.nearest(reply.custom_id or "") if problem.code == "unknown_id" else None
        hint = f"; did you mean {near!r}?" if near else ""
        self.problems.append(f"line {reply.line}:{told} {problem.message}{hint}")
