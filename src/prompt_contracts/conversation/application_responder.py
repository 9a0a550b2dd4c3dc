"""The application's side of a conversation: its reply, and what it asked the provider to get there."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from prompt_contracts.application.application_run import ApplicationReply, ApplicationRun
from prompt_contracts.case import Case
from prompt_contracts.completion import Choice, Completion
from prompt_contracts.conversation.billing import answer_of, asked_target, other_cost
from prompt_contracts.conversation.driver import answer_cost, attempt_cost
from prompt_contracts.conversation.turn_record import TurnRecord
from prompt_contracts.errors import UsageError
from prompt_contracts.fault import FaultPlan
from prompt_contracts.interaction import Interaction
from prompt_contracts.json_value import Json
from prompt_contracts.message import Message
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.transport.cell_transport import CellTransport
from prompt_contracts.trial import Trial
from prompt_contracts.turn import names_facet
from prompt_contracts.usage import Usage


class ApplicationResponder:
    """An application in one trial."""

    def __init__(self, trial: Trial, transport: CellTransport, run: ApplicationRun, *, price_source: str) -> None:
        """`price_source` names the file that declares the user's prices."""
        self._trial = trial
        self._transport = transport
        self._run = run
        self._price_source = price_source
        self._seen = 0
        self._has_replied = False

    def answer(
        self,
        messages: list[Message],
        parameters: Mapping[str, Json],  # noqa: ARG002 - how to ask is the application's own choice
        *,
        fault: FaultPlan | None,
        variables: Mapping[str, Json],
        place: str,  # noqa: ARG002 - nothing in here has a place of its own
    ) -> TurnRecord:
        """The application's reply to the conversation so far, and every request that it made."""
        model = self._trial.cell.target.model
        known = {**self._trial.cell.case.variables, **variables}
        reply = self._run.ask(tuple(messages), model=model, variables=known, fault=fault)
        if self._run.problem is not None:
            # Whatever the application made of it: a fallback must not turn a stale recording green.
            raise self._run.problem
        record = TurnRecord(handled=reply.is_reply, output=reply.output)
        made = self._run.interactions[self._seen :]
        self._seen += len(made)
        read_interactions(made, record, self._trial, self._transport, price_source=self._price_source)
        failure = last_failure(made)
        record.error = failure if reply.is_reply else _why_no_reply(reply, failure)
        if reply.is_reply:
            self._has_replied = True
            record.reply = reply_completion(reply.value, record.completions)
            messages.append(Message(role="assistant", content=record.reply.choices[0].text))
        return record

    def finish(self) -> TurnRecord:
        """End the application. What it asked after its last reply counts too, and so does how it ended."""
        self._run.close()
        self._run.raise_crash()
        if self._run.problem is not None:
            raise self._run.problem
        record = TurnRecord()
        made = self._run.interactions[self._seen :]
        self._seen += len(made)
        read_interactions(made, record, self._trial, self._transport, price_source=self._price_source)
        record.error = last_failure(made)
        ending = self._run.ending
        if ending is not None:
            record.error, record.handled, record.output = _application_error(ending), False, ending.output
        elif self._has_replied and not self._run.interactions and not _may_ask_nothing(self._trial.cell.case):
            raise _unasked(self._trial.cell.case)
        problem = other_models(self._trial, self._run.interactions)
        if problem is not None and self._has_replied:
            raise problem
        return record


def read_interactions(
    made: Sequence[Interaction], record: TurnRecord, trial: Trial, transport: CellTransport, *, price_source: str
) -> None:
    """What an application asked, into the record of its turn: answers, errors, and what they cost."""
    target = trial.cell.target
    failed: ProviderError | None = None
    for interaction in made:
        answer = answer_of(interaction)
        if isinstance(answer, Completion):
            record.completions.append(answer)
            cost = answer_cost(answer, interaction, asked_target(target, interaction.request), price_source)
            record.recovered, failed = failed or record.recovered, None
        elif answer is None:
            cost = other_cost(interaction)
        else:
            cost, failed = attempt_cost(interaction), answer
        transport.note_cost(interaction, cost)
        priced = replace(interaction, recorded=replace(interaction.recorded, cost=cost))
        record.interactions.append(priced)


def _may_ask_nothing(case: Case) -> bool:
    """Whether the case itself says something of the requests: then none may be right."""
    facets = (*case.expect, *(facet for turn in case.turns for facet in turn.preview.expect))
    return any(names_facet({facet.name: facet.value}, "requests") for facet in facets)


def other_models(trial: Trial, made: Sequence[Interaction]) -> UsageError | None:
    """The error of a trial in which only other models were asked than the one that its cell is about."""
    target = trial.cell.target
    if target.chat_path != "/chat/completions":
        return None  # the model stands in the path
    bodies = [interaction.request.body for interaction in made if answer_of(interaction) is not None]
    models = [body.get("model") for body in bodies if isinstance(body, dict)]
    asked = list(dict.fromkeys(model for model in models if isinstance(model, str)))
    if not asked or len(models) < len(bodies) or target.model in asked:
        return None
    return UsageError(
        f"the application asked {', '.join(asked)}, and never {target.model}, which this cell is about: let it take "
        "the model that it is given (`model` of a handler's argument or of a program's line, or PROMPT_CONTRACTS_MODEL "
        "when it is called, not when its module is imported), or name in 'models' the one that it asks"
    )


def _unasked(case: Case) -> UsageError:
    name = case.handler or " ".join(case.command or ())
    return UsageError(
        f"{name} answered without asking its model: a cache, or another address? Switch off the cache in the test, "
        "such as dspy's with configure_cache(enable_disk_cache=False, enable_memory_cache=False), and make the client "
        "with the base_url that it is given; if it is to ask nothing, write 'requests: []' under 'expect'"
    )


def last_failure(made: Sequence[Interaction]) -> ProviderError | None:
    """The error in which the last request to a model ended; what asks no model and went well tells nothing of it."""
    answers = [answer for interaction in made if (answer := answer_of(interaction)) is not None]
    last = answers[-1] if answers else None
    return last if isinstance(last, ProviderError) else None


def reply_completion(value: Json, completions: Sequence[Completion]) -> Completion:
    """The reply as the last answer; what else is judged of an answer is the model's."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if not completions:
        return Completion(choices=(Choice(text=text),), usage=Usage())
    last = completions[-1]
    # Its calls were the application's to carry out: what is judged is what it made of them.
    choice = replace(last.choices[0], text=text, tool_calls=())
    return replace(last, choices=(choice,))


def _why_no_reply(reply: ApplicationReply, failure: ProviderError | None) -> ProviderError:
    """The provider's error before the application's; where a time limit ended it, that is told beside it."""
    if failure is None:
        return _application_error(reply)
    return replace(failure, message=f"{failure.message}; {reply.failure}") if reply.kind == "hung" else failure


def _application_error(reply: ApplicationReply) -> ProviderError:
    return ProviderError(kind="application", message=reply.failure or "the application gave no reply", code=reply.kind)
