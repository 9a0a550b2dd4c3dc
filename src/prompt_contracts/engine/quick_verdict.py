"""Yes or no to many outcomes of one cell: whether a trial that came out so would pass. Words nothing."""

from __future__ import annotations

from prompt_contracts.changed_fields import replace
from prompt_contracts.engine.judge import undeclared_error
from prompt_contracts.expectations.decision import Decision
from prompt_contracts.expectations.named_answers import names_outcome
from prompt_contracts.json_schema.time_limit import time_limit
from prompt_contracts.outcome import Outcome
from prompt_contracts.references import References
from prompt_contracts.trial import Cell

_SECONDS = 1.0
"""For the patterns of one outcome: many of them must not wait for one slow expression."""


class QuickVerdict:
    """The contract of a cell, beside an outcome that keeps it and that the others were made from."""

    def __init__(self, cell: Cell, known: Outcome, *, references: References) -> None:
        self._cell = cell
        self._known = known
        self._references = references
        case = cell.case
        self._case = Decision(case, read_schema=references.read_schema, resolve=references.resolve)
        self._turns = [
            Decision(
                replace(case, expect=turn.asked.expect, request=turn.asked.request),
                read_schema=references.read_schema,
                resolve=references.resolve,
            )
            if turn.asked is not None and turn.asked.expect
            else None
            for turn in known.turns
        ]

    def passes(self, outcome: Outcome) -> bool:
        """Whether its verdict would be `passed`: it stops at the first clause that is broken."""
        # It was not for another reason that the conversation ended, or that an error was no verdict.
        is_failing = outcome.error is not None or any(turn.error is not None for turn in outcome.turns)
        if is_failing and undeclared_error(self._cell, outcome, self._references) is not None:
            return False
        with time_limit(_SECONDS):
            for turn, known, decision in zip(outcome.turns, self._known.turns, self._turns, strict=True):
                if turn is not known and decision is not None and not decision.keeps(turn):
                    return False
            return not self._cell.case.expect or self._case.keeps(outcome)

    def is_named(self, outcome: Outcome) -> bool:
        """Whether the contract names everything in which an outcome that passes differs from the known one."""
        changed = [
            names_outcome(known, turn, decision.scope)
            for turn, known, decision in zip(outcome.turns, self._known.turns, self._turns, strict=True)
            if turn is not known and decision is not None
        ]
        if self._cell.case.expect:
            scope = self._case.scope
            return names_outcome(self._known, outcome, scope) or (bool(changed) and all(changed))
        return bool(changed) and all(changed)
