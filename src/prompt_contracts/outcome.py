"""What came of one trial, or of one turn of it: an answer or an error, and what it took. Judged elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field, fields
from decimal import Decimal
from typing import Any

from prompt_contracts.completion import Completion
from prompt_contracts.data_class import dataclass
from prompt_contracts.failure import Failure
from prompt_contracts.interaction import Interaction
from prompt_contracts.message import Message
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.turn import FilledTurn
from prompt_contracts.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialFacts:
    """What came of a trial and what it took, as the judge is told it and as a report tells it."""

    trial: int
    completion: Completion | None = None
    """The last answer."""
    error: ProviderError | None = None
    usage: Usage
    """Summed over the trial's requests."""
    cost: Decimal | None = field(default=None, metadata={"key": "cost_usd"})
    """US dollars over the trial's requests; None when one of them is unknown."""
    latency: float | None = None
    """Seconds over the trial's requests, as measured when they were asked; None when unknown."""
    attempts: int | None = None
    """Sends over the trial's requests, those that a fault answered included; None when unknown."""
    retries: int | None = None
    """How many of the `attempts` sent a request again that had failed, whoever sent it; None when unknown."""
    earlier: tuple[Completion, ...] = ()
    """The answers before the last one, in the order in which they came: their calls count too."""
    recovered: ProviderError | None = None
    """The last error that was got over, by a later attempt or another request of an application. None without one."""
    passed_over: tuple[ProviderError, ...] = ()
    """The errors of turns after which the conversation went on, in their order."""
    handled: bool | None = None
    """Whether the application under test returned a reply; None without an application."""
    output: str = ""
    """The end of what the application wrote beside its reply, such as its log; it holds no secret."""
    transcript: tuple[Message, ...] = ()
    """The whole conversation, answers and results of tools included; a report leaves out what says no more than the
    case's messages and one answer."""

    def facts(self) -> dict[str, Any]:
        """These fields by name, for another noun that holds them too."""
        return _facts_of(self)


# Compiled once, as each cell is asked for it.
_FACTS = ", ".join(f"'{each.name}': one.{each.name}" for each in fields(TrialFacts))
_facts_of: Callable[[TrialFacts], dict[str, Any]] = eval(f"lambda one: {{{_FACTS}}}")  # noqa: S307 - names of fields alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(TrialFacts):
    """One trial's outcome, or one turn's.

    Of the bare model exactly one of `completion` and `error` is there. An application's reply is a completion of
    its own making (its text, and no calls); beside it stands `error` when the last request that it made to the
    provider had failed, so that `handled` true with an error is an application that went on in spite of it.
    An application that gave no reply leaves `completion` None and has an `error`: the provider's where its last
    request had failed, else one of kind `application`.

    >>> from prompt_contracts import Outcome, judge
    >>> def is_short(outcome: Outcome) -> bool:
    ...     return outcome.completion is not None and len(outcome.completion.choices[0].text) < 20
    >>> judge("It will rain.", {"check": is_short}).word
    'passed'
    """

    stop: Failure | None = None
    """Why the conversation ended before its end, when it was neither the model nor the provider."""
    asked: FilledTurn | None = None
    """Of a turn's outcome: what the turn said, its variables filled in."""
    turns: tuple[Outcome, ...] = ()
    """The outcome of each turn that was run; empty for a case without turns."""
    interactions: tuple[Interaction, ...] = ()
