"""Items of a run over replies that already exist. The work is the engine's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from prompt_contracts.exchange.reply_file import ReplyFile
from prompt_contracts.plugin.found_results import put_result
from prompt_contracts.plugin.items import BrokenCaseError, CellError, CellItem, ContractItem
from prompt_contracts.plugin.stash import STRENGTH
from prompt_contracts.renderers.bad_news import bad_news
from prompt_contracts.renderers.cell import no_verdict_news
from prompt_contracts.renderers.inert_text import inert
from prompt_contracts.report import BrokenResult


class ReplyCellItem(CellItem):
    """One cell, judged by the replies that it has; skipped without any."""

    can_record = False

    def setup(self) -> None:
        """Judge the replies: a provider that failed is an error of the set-up, not a failed contract."""
        self.result = None
        if self.config.getoption("setuponly") or self.config.getoption("setupplan"):
            return
        self.result = self.contracts.judge_replies(self.cell, self.project)
        if self.result is None:
            pytest.skip("no reply")
        if STRENGTH in self.config.stash:
            self.config.stash[STRENGTH].keep_replies(self, self.result)
        self.note_properties(self.properties_of(self.result))
        if self.result.verdict == "error":
            placed, case = self.placed_result(self.result), self.placed_case()
            show = self.project.run.options.show
            raise CellError(no_verdict_news(placed, case, command=self.command, can_record=False, show=show))


class StrayRepliesItem(ContractItem):
    """The lines of the file that are no reply to any cell: they fail the run."""

    replies: ReplyFile

    @classmethod
    def make(cls, session: pytest.Session, path: Path, replies: ReplyFile) -> StrayRepliesItem:
        """The item, named after the file."""
        shown = Path(os.path.relpath(path, session.config.rootpath)).as_posix()
        item: StrayRepliesItem = cls.from_parent(session, name="replies", nodeid=f"{shown}::replies")
        item.path, item.replies = path, replies
        return item

    def runtest(self) -> None:
        """Fail with every line that has no cell, the first ones by name."""
        found = self.replies
        lines = [inert(f"{self.path.name}, {problem}") for problem in found.problems]
        if found.problem_count > len(found.problems):
            lines.append(f"and {found.problem_count - len(found.problems):,} more")
        lines = lines or [f"{self.path.name} holds no reply: nothing was judged"]
        raise BrokenCaseError(bad_news(lines[0], "\n".join(lines)))

    def complete(self, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
        """Mark the report, so that the summary knows of it."""
        super().complete(call, report)
        message = "" if call.excinfo is None else self.contracts.masked(str(call.excinfo.value))
        put_result(BrokenResult(id=report.nodeid, place=self.place, message=message), report, self.config)
