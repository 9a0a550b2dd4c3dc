"""What a trial gathers on its way: messages, answers, attempts. Sums them up; asks and judges nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field

from prompt_contracts.completion import Completion
from prompt_contracts.data_class import dataclass
from prompt_contracts.dialects.error_response import classify
from prompt_contracts.failure import Failure
from prompt_contracts.interaction import ApiRequest, Interaction
from prompt_contracts.message import Message
from prompt_contracts.outcome import Outcome
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.turn import FilledTurn
from prompt_contracts.usage import Cost, Usage, total_cost


@dataclass(slots=True, kw_only=True)
class TurnRecord:
    """A piece of a trial, such as one turn: what was answered and what it took."""

    completions: list[Completion] = field(default_factory=list)
    interactions: list[Interaction] = field(default_factory=list)
    runs_are_billed_at_their_end: bool = False
    """An Assistants run counts its tokens when it ends: an answer that calls tools says nothing of them yet."""
    parts: tuple[Usage, ...] = ()
    """The usages of the records that this one joins."""
    passed_over: tuple[ProviderError, ...] = ()
    """The errors after which the conversation went on."""
    error: ProviderError | None = None
    recovered: ProviderError | None = None
    handled: bool | None = None
    stop: Failure | None = None
    reply: Completion | None = None
    """What an application replied, which takes the place of the last answer."""
    output: str = ""
    """What an application wrote beside its reply."""

    @property
    def last(self) -> Completion | None:
        """The last answer; None where the record ended in an error."""
        return self._last()[0]

    def end(self, late: TurnRecord | None) -> None:
        """Take in what came only after the answer: more requests, or an end that undoes the reply; None is nothing."""
        if late is None:
            return
        self.completions += late.completions
        self.interactions += late.interactions
        self.recovered = late.recovered or self.recovered
        self.output = late.output or self.output
        if late.handled is False:
            self.error, self.handled, self.reply = late.error, False, None
        else:
            self.error = self.error or late.error

    def outcome(
        self,
        *,
        trial: int,
        messages: Sequence[Message] = (),
        asked: FilledTurn | None = None,
        turns: tuple[Outcome, ...] = (),
    ) -> Outcome:
        """The record as an outcome."""
        last, earlier = self._last()
        return Outcome(
            trial=trial,
            completion=last,
            error=self.error,
            earlier=earlier,
            recovered=self.recovered,
            passed_over=self.passed_over,
            handled=self.handled,
            stop=self.stop,
            output=self.output,
            asked=asked,
            turns=turns,
            transcript=tuple(messages),
            interactions=tuple(self.interactions),
            usage=self.usage,
            cost=total_cost([_known_cost(each) for each in self.interactions]),
            # A made-up timeout says how long a client would have waited, and nobody did.
            latency=_sum([each.recorded.latency for each in self.interactions if not _is_made_up(each)]),
            attempts=_count([each.recorded.attempts for each in self.interactions]),
            retries=_retries(self.interactions),
        )

    @property
    def usage(self) -> Usage:
        """The tokens of all answers; unknown where something failed that may have used some."""
        if self.parts:
            return Usage.total(self.parts)
        if all(map(_is_made_up, self.interactions)):
            return _NOTHING
        counted = self.completions
        if self.runs_are_billed_at_their_end:
            # An answer that calls belongs to a run that is counted with its end: together they would be counted twice.
            counted = [each for each in counted if each is counted[-1] or not each.choices[0].tool_calls]
        # Unknown, and not the sum of what is known: a budget must not be kept because an attempt was lost.
        if self._may_have_used_more():
            return Usage()
        return Usage.total([completion.usage for completion in counted])

    def _may_have_used_more(self) -> bool:
        """Whether it ended in a failure after which nobody knows what was generated before it."""
        if self.error is None or self.error.kind == "application" or _is_made_up(self.interactions[-1]):
            return False
        if self.interactions[-1].is_unsent:
            return False
        status = self.error.status
        return self.runs_are_billed_at_their_end or status is None or not 400 <= status < 500

    def _last(self) -> tuple[Completion | None, tuple[Completion, ...]]:
        if self.reply is not None:
            return self.reply, tuple(self.completions)
        if self.error is not None or not self.completions:
            return None, tuple(self.completions)
        return self.completions[-1], tuple(self.completions[:-1])


_NOTHING = Usage(prompt_tokens=0, completion_tokens=0, total_tokens=0, cached_tokens=0, reasoning_tokens=0)


def joined_record(records: Iterable[TurnRecord]) -> TurnRecord:
    """Several records as one: everything in order, and how the last of them ended."""
    found = list(records)
    last = found[-1]
    recovered = [record.recovered for record in found if record.recovered is not None]
    return TurnRecord(
        completions=[completion for record in found for completion in record.completions],
        interactions=[interaction for record in found for interaction in record.interactions],
        runs_are_billed_at_their_end=last.runs_are_billed_at_their_end,
        parts=tuple(record.usage for record in found if record.interactions),
        passed_over=tuple(record.error for record in found[:-1] if record.error is not None),
        error=last.error,
        recovered=recovered[-1] if recovered else None,
        handled=None if last.handled is None else all(record.handled for record in found),
        stop=last.stop,
        reply=last.reply,
        output="\n".join(record.output for record in found if record.output),
    )


def _known_cost(interaction: Interaction) -> Cost | None:
    """The cost of an interaction; a recording says how many sends got no response, and not what those cost."""
    recorded = interaction.recorded
    is_whole = not interaction.is_replayed or recorded.attempts is None or recorded.attempts - recorded.unsent == 1
    cost = interaction.recorded.cost
    return cost if is_whole or cost is None or cost.source == "self-hosted" else None


def _is_made_up(interaction: Interaction) -> bool:
    """Whether a fault alone answered: nobody waited, and nothing was recorded below it."""
    return interaction.is_injected and interaction.recorded.at is None


def _retries(interactions: Sequence[Interaction]) -> int | None:
    """How many sends were not the first one of their request."""
    retries = 0
    failed: list[tuple[ApiRequest, int]] = []
    for place, each in enumerate(interactions):
        sends = each.recorded.attempts
        if sends is None:
            return None
        before = next((one for one in failed if one[0] == each.request), None) if failed else None
        if before is not None:
            failed.remove(before)
            # Of a replayed answer it counts the sends before it that got no response.
            sends += before[1]
        # A run of an assistant is looked at again and again, and nothing has failed.
        later = interactions[place + 1 :]
        if later and any(other.request == each.request for other in later) and _has_failed(each):
            failed.append((each.request, sends))
        else:
            retries += max(sends - 1, 0)
    return retries


def _has_failed(interaction: Interaction) -> bool:
    return interaction.response is None or classify(interaction.response) is not None


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _count(values: Sequence[int | None]) -> int | None:
    total = _sum(values)
    return None if total is None else int(total)
