"""One trial: says what the case says, turn by turn, and gathers what comes back. Judges nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from prompt_contracts.application.host import ApplicationHost
from prompt_contracts.case import Case
from prompt_contracts.completion import Completion
from prompt_contracts.conversation.model_responder import ModelResponder
from prompt_contracts.conversation.turn_record import TurnRecord, joined_record
from prompt_contracts.failure import Failure
from prompt_contracts.fault import FaultPlan
from prompt_contracts.json_value import Json, NotJsonError, parse_json, resolve, show
from prompt_contracts.message import Message
from prompt_contracts.outcome import Outcome
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.references import References
from prompt_contracts.transport.cell_transport import CellTransport
from prompt_contracts.trial import Trial
from prompt_contracts.turn import NO_ERROR, FilledTurn, Turn, UnfillableError


class Responder(Protocol):
    """Whoever answers the user: the bare model, or an application around it."""

    def answer(
        self,
        messages: list[Message],
        parameters: Mapping[str, Json],
        *,
        fault: FaultPlan | None,
        variables: Mapping[str, Json],
        place: str,
    ) -> TurnRecord:
        """What is answered to the conversation so far; the messages that come of it are appended to it.

        `place` is put before the places of what went wrong, such as `turn 2: `.
        """
        ...

    def finish(self) -> TurnRecord | None:
        """End it after its last answer; what came only then: `handled` is false when its end was a bad one."""
        ...


def run_trial(
    trial: Trial, transport: CellTransport, *, price_source: str, references: References, host: ApplicationHost
) -> Outcome:
    """The outcome of one trial.

    A failing provider or application is an outcome with an error. Raises `RecordingError` and `UsageError`
    when no answer can be had. `price_source` names the file that declares the user's prices.
    """
    if not trial.cell.case.is_application:
        return _said(trial, ModelResponder(trial, transport, price_source=price_source, references=references))
    from prompt_contracts.conversation.application_responder import (
        ApplicationResponder,  # brings a server, which few cases need
    )

    with host.open(trial, transport) as run:
        return _said(trial, ApplicationResponder(trial, transport, run, price_source=price_source))


def _said(trial: Trial, responder: Responder) -> Outcome:
    case = trial.cell.case
    if case.turns:
        return _Conversation(trial, responder).run()
    messages = list(case.messages)
    record = responder.answer(messages, case.request, fault=case.fault, variables={}, place="")
    # Ended before it is judged: an application may still ask, or crash, behind its last reply.
    record.end(responder.finish())
    if case.fault is not None:
        record.stop = record.stop or unmet_fault(case, [(case.fault, record)])
    return record.outcome(trial=trial.number, messages=messages)


def unmet_fault(case: Case, said: Sequence[tuple[FaultPlan | None, TurnRecord]]) -> Failure | None:
    """Why a fault held for no request: what a case says of an error that never came holds of nothing."""
    if any(record.stop is not None for _, record in said):
        return None
    for plan, _ in said:
        # By identity: turns without a fault of their own share that of the case, and one hit is enough for all of them.
        mine = [record for other, record in said if other is plan]
        is_over = any(record.error is not None for record in mine)  # an error that came instead is told anyway
        if plan is None or is_over or any(each.is_injected for record in mine for each in record.interactions):
            continue
        count = sum(len(record.interactions) for record in mine)
        return Failure(
            code="fault.unmet",
            path="fault",
            expected="a request that the fault holds for",
            got="no request" if not count else f"{count} sent, and the fault held for none of them",
            location=case.location,
            message="nothing went wrong, so nothing is known of what would happen if it did",
        )
    return None


class _Conversation:
    """The turns of one trial, up to the first that the conversation does not go on after."""

    def __init__(self, trial: Trial, responder: Responder) -> None:
        self._trial = trial
        self._responder = responder
        self._messages = list(trial.cell.case.messages)
        self._variables: dict[str, Json] = {"error": error_variable(None)}

    def run(self) -> Outcome:
        records: list[TurnRecord] = []
        asked: list[tuple[FilledTurn, list[Message]]] = []
        for turn in self._trial.cell.case.turns:
            filled = self._filled(turn)
            if isinstance(filled, Failure):
                records.append(TurnRecord(stop=filled))
                break
            self._messages += filled.messages
            before = len(self._messages)
            record = self._turn(turn, filled)
            if turn is not self._trial.cell.case.turns[-1] and record.stop is None:
                record.stop = self._open_calls(turn)
            records.append(record)
            asked.append((filled, self._messages[before - len(filled.messages) :]))
            if record.stop is not None or (record.error is not None and turn.on_error == "fail"):
                break
        # To the last turn that was asked: a turn that could not be filled in asked nothing.
        records[max(len(asked) - 1, 0)].end(self._responder.finish())
        whole = joined_record(records)
        faults = [turn.fault for turn in self._trial.cell.case.turns]
        whole.stop = whole.stop or unmet_fault(self._trial.cell.case, list(zip(faults, records, strict=False)))
        outcomes = [
            record.outcome(trial=self._trial.number, messages=said, asked=filled)
            for record, (filled, said) in zip(records, asked, strict=False)
        ]
        return whole.outcome(trial=self._trial.number, messages=self._messages, turns=tuple(outcomes))

    def _filled(self, turn: Turn) -> FilledTurn | Failure:
        try:
            return turn.fill(self._variables)
        except UnfillableError as error:
            return Failure(
                code="extract.empty" if error.is_empty else "turns.unfillable",
                path=f"turn {turn.number}",
                expected=error.expected,
                got=error.got,
                location=error.location,
            )

    def _turn(self, turn: Turn, filled: FilledTurn) -> TurnRecord:
        record = self._responder.answer(
            self._messages,
            filled.request,
            fault=turn.fault,
            variables={name: value for name, value in self._variables.items() if name != "error"},
            place=f"turn {turn.number}: ",
        )
        self._variables["error"] = error_variable(record.error)
        completion = record.last
        if turn.extract and completion is not None and record.stop is None:
            found = extracted(turn, completion)
            if isinstance(found, Failure):
                record.stop = found
            else:
                self._variables |= found
        return record

    def _open_calls(self, turn: Turn) -> Failure | None:
        """Why the next turn cannot follow: no provider takes a user's message after calls that nobody answered."""
        calls = self._messages[-1].fields.get("tool_calls") if self._messages[-1].role == "assistant" else None
        if not calls:
            return None
        return Failure(
            code="tool_results.none",
            path=f"turn {turn.number}: tool_calls",
            expected="an answer without calls, or 'tool_results' that answer them, before the next turn",
            got=show(calls, limit=120),
            location=turn.location,
        )


def extracted(turn: Turn, completion: Completion) -> dict[str, Json] | Failure:
    """The variables that a turn takes out of its answer, or why one of them cannot be had."""
    # The conversation goes on with the first choice, so that is what is taken along.
    text = completion.choices[0].text
    found: dict[str, Json] = {}
    for name, place in turn.extract.items():
        if not place:
            found[name] = text
            continue
        try:
            found[name] = resolve(parse_json(text), place)
        except NotJsonError as error:
            return _stop(turn, name, "not_json", f"JSON with a value at {place}", f"no JSON: {error}")
        except LookupError:
            return _stop(turn, name, "missing", f"a value at {place}", "none there")
    return found


def error_variable(error: ProviderError | None) -> dict[str, Json]:
    """What `{{ error.… }}` holds after a turn: empty texts when there was none."""
    if error is None:
        return dict(NO_ERROR)
    return {
        "kind": error.kind,
        "message": error.message,
        "status": "" if error.status is None else error.status,
        "body": error.body or "",
    }


def _stop(turn: Turn, name: str, reason: str, expected: str, got: str) -> Failure:
    path = f"turn {turn.number}: extract.{name}"
    return Failure(code=f"extract.{reason}", path=path, expected=expected, got=got, location=turn.location)
