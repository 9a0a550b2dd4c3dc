"""The bare model's side of a conversation: asks, gives simulated tools' results back, asks again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import assert_never

from prompt_contracts.completion import Completion, ToolCall
from prompt_contracts.conversation.driver import FREE, Driver
from prompt_contracts.conversation.request import sent_request, written_request
from prompt_contracts.conversation.simulated_tools import SimulatedTools
from prompt_contracts.conversation.turn_record import TurnRecord
from prompt_contracts.dialects.chat import ChatDialogue
from prompt_contracts.dialects.dialogue import Dialogue
from prompt_contracts.failure import Failure
from prompt_contracts.fault import FaultPlan
from prompt_contracts.json_value import Json
from prompt_contracts.message import Message
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.references import References
from prompt_contracts.transport.cell_transport import CellTransport
from prompt_contracts.trial import Cell, Trial


def open_dialogue(cell: Cell) -> Dialogue:
    """The conversation of one trial in the API family that the cell asks."""
    match cell.endpoint:
        case "responses":
            # Loaded where it is asked for: a suite of Chat Completions alone need not pay for it.
            from prompt_contracts.dialects.responses import ResponsesDialogue

            return ResponsesDialogue(cell.target)
        case "assistants":
            from prompt_contracts.dialects.assistants import AssistantsDialogue

            return AssistantsDialogue(cell.target)
        case "chat":
            return ChatDialogue(cell.target)
        case _:
            assert_never(cell.endpoint)


class ModelResponder:
    """The model in one trial."""

    def __init__(self, trial: Trial, transport: CellTransport, *, price_source: str, references: References) -> None:
        """`price_source` names the file that declares the user's prices."""
        self._trial = trial
        self._case = trial.cell.case
        self._dialogue = open_dialogue(trial.cell)
        self._driver = Driver(trial, transport, price_source=price_source)
        self._references = references

    @cached_property
    def _tools(self) -> SimulatedTools:
        return SimulatedTools(self._case, resolve=self._references.resolve)

    def answer(
        self,
        messages: list[Message],
        parameters: Mapping[str, Json],
        *,
        fault: FaultPlan | None,
        variables: Mapping[str, Json],  # noqa: ARG002 - the model is told of them in the messages
        place: str,
    ) -> TurnRecord:
        """Answers up to the first that calls no tool, or whose calls get nothing back."""
        record = TurnRecord(runs_are_billed_at_their_end=self._trial.cell.endpoint == "assistants")
        while record.error is None:
            # `max_turns` ends this: a model may call for ever.
            completion = self._ask(messages, parameters, fault, record)
            if completion is None:
                break
            message = self._dialogue.message(completion)
            messages.append(message)
            calls = completion.choices[0].tool_calls
            if not calls or self._case.tool_results is None:
                break
            results = self._results(message, calls, len(record.completions), place)
            if isinstance(results, Failure):
                record.stop = results
                break
            messages += results
            if record.runs_are_billed_at_their_end:
                # A run tells its tokens when it ends, those before its calls included.
                last = record.interactions[-1]
                record.interactions[-1] = replace(last, recorded=replace(last.recorded, cost=FREE))
        return record

    def finish(self) -> None:
        """Nothing: a model has no end of its own."""

    def _ask(
        self, messages: list[Message], parameters: Mapping[str, Json], fault: FaultPlan | None, record: TurnRecord
    ) -> Completion | None:
        request = written_request(
            self._case,
            endpoint=self._trial.cell.endpoint,
            messages=messages,
            parameters=parameters,
            trial=self._trial.number,
        )
        answered = self._driver.drive(self._dialogue.ask(sent_request(request, self._trial.cell)), fault=fault)
        record.interactions += answered.interactions
        record.recovered = answered.recovered or record.recovered
        if isinstance(answered.answer, ProviderError):
            record.error = answered.answer
            return None
        record.completions.append(answered.answer)
        return answered.answer

    def _results(
        self, message: Message, calls: tuple[ToolCall, ...], answers: int, place: str
    ) -> tuple[Message, ...] | Failure:
        if answers >= self._case.max_turns:
            names = ", ".join(call.name for call in calls)
            return Failure(
                code="max_turns.reached",
                path=f"{place}tool_calls",
                expected=f"an answer without calls within {self._case.max_turns} answers (max_turns)",
                got=f"calls of {names} in answer {answers}",
                location=self._case.location,
            )
        return self._tools.answer(message, calls, path=place)
