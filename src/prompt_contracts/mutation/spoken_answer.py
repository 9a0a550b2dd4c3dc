"""One answer, or the answers to one turn, and how an outcome looks in which others stand in their place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from prompt_contracts.changed_fields import replace
from prompt_contracts.completion import Choice, Completion, ToolCall
from prompt_contracts.data_class import dataclass
from prompt_contracts.message import Tool
from prompt_contracts.outcome import Outcome

Respoken = dict[int, Completion]
"""Id of an answer, as Python has it -> the answer in its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeAt:
    """One call, and where it was made."""

    call: ToolCall
    answer: Completion
    index: int
    """Among the calls of its answer."""


@dataclass(frozen=True, kw_only=True)
class Answers:
    """The answers to one message of the user, in their order; of several choices the first."""

    last: Completion | None
    earlier: tuple[Completion, ...]
    tools: Sequence[Tool]
    """Those that were offered."""

    @cached_property
    def calls(self) -> tuple[MadeAt, ...]:
        """Every call that was made."""
        answers = (*self.earlier, *(() if self.last is None else (self.last,)))
        return tuple(
            MadeAt(call=call, answer=answer, index=index)
            for answer in answers
            if answer.choices
            for index, call in enumerate(answer.choices[0].tool_calls)
        )

    @property
    def choice(self) -> Choice | None:
        """What the last answer says."""
        return self.last.choices[0] if self.last is not None and self.last.choices else None

    def with_call(self, made: MadeAt, *calls: ToolCall) -> Respoken:
        """The answers with others in the place of one call."""
        there = made.answer.choices[0].tool_calls
        return {id(made.answer): calling(made.answer, (*there[: made.index], *calls, *there[made.index + 1 :]))}


def calling(answer: Completion, calls: tuple[ToolCall, ...]) -> Completion:
    """An answer with other calls."""
    return respeaking(answer, replace(answer.choices[0], tool_calls=calls))


def respeaking(answer: Completion, choice: Choice) -> Completion:
    """An answer that says something else."""
    return replace(answer, choices=(choice, *answer.choices[1:]))


def respoken(outcome: Outcome, others: Mapping[int, Completion]) -> Outcome:
    """An outcome with other answers, wherever it holds one of those that they stand for."""
    last = outcome.completion
    if last is not None:
        last = others.get(id(last), last)
    if not outcome.earlier and not outcome.turns:
        return replace(outcome, completion=last)
    return replace(
        outcome,
        completion=last,
        earlier=tuple(others.get(id(answer), answer) for answer in outcome.earlier),
        turns=tuple(_turn(turn, others) for turn in outcome.turns),
    )


def _turn(turn: Outcome, others: Mapping[int, Completion]) -> Outcome:
    # The very same turn where nothing changed in it: whoever judges it may know it.
    held = (turn.completion, *turn.earlier)
    return respoken(turn, others) if any(id(answer) in others for answer in held) else turn
