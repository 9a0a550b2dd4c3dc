"""Simulated tools: what the calls of one answer get back, as a case says. Asks no provider."""

from __future__ import annotations

import inspect
import json
from collections import Counter
from collections.abc import Mapping

from prompt_contracts.case import Case
from prompt_contracts.completion import ToolCall
from prompt_contracts.data_class import dataclass
from prompt_contracts.failure import Failure
from prompt_contracts.json_value import Json, parse_json
from prompt_contracts.message import Message
from prompt_contracts.patterns import pattern
from prompt_contracts.references import Resolve


@dataclass(frozen=True, slots=True, kw_only=True)
class _Missing:
    """Why a call gets nothing back."""

    reason: str
    expected: str
    got: str
    message: str = ""


class SimulatedTools:
    """The tools of one trial: sequences go on from call to call."""

    def __init__(self, case: Case, *, resolve: Resolve) -> None:
        """`resolve` gives the function that `package.module:function` names."""
        self._case = case
        self._results: Mapping[str, Json] = case.tool_results or {}
        self._resolve = resolve
        self._called: Counter[str] = Counter()

    def answer(self, message: Message, calls: tuple[ToolCall, ...], *, path: str = "") -> tuple[Message, ...] | Failure:
        """One tool message for each call, under the ids that the assistant's message gives them; or why not.

        `path` is put before the place of a call, such as `turns[1].`.
        """
        answers: list[Message] = []
        for index, (call, call_id) in enumerate(zip(calls, _ids(message), strict=True)):
            found = self._result(call)
            if isinstance(found, _Missing):
                return Failure(
                    code=f"tool_results.{found.reason}",
                    path=f"{path}tool_calls[{index}]",
                    expected=found.expected,
                    got=found.got,
                    location=self._case.location,
                    message=found.message,
                )
            answers.append(Message(role="tool", content=found, fields={"tool_call_id": call_id}))
        return tuple(answers)

    def _result(self, call: ToolCall) -> str | _Missing:
        if call.name not in self._results:
            listed = f"a result for every tool that is called ('tool_results' has {', '.join(self._results) or 'none'})"
            return _Missing(reason="missing", expected=listed, got=f"a call of {call.name}")
        # Counted over the whole trial: a sequence goes on from answer to answer, and from turn to turn.
        self._called[call.name] += 1
        found = self._value(self._results[call.name], call)
        if isinstance(found, _Missing):
            return found
        return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)

    def _value(self, entry: Json, call: ToolCall) -> Json | _Missing:
        if not isinstance(entry, dict) or len(entry) != 1:
            return entry
        ((kind, operand),) = entry.items()
        match kind:
            case "$sequence" if isinstance(operand, list):
                return self._next(operand, call)
            case "$error":
                return {"error": operand}
            case "$cases" if isinstance(operand, list):
                return self._matching(operand, call)
            case "$call":
                return self._computed(str(operand), call)
            case _:
                return entry

    def _next(self, values: list[Json], call: ToolCall) -> Json | _Missing:
        number = self._called[call.name]
        if number > len(values):
            expected = f"at most {len(values)} calls of {call.name}, as many as its '$sequence' has values"
            return _Missing(reason="exhausted", expected=expected, got=f"call {number}")
        return self._value(values[number - 1], call)

    def _matching(self, entries: list[Json], call: ToolCall) -> Json | _Missing:
        arguments = call.parsed_arguments()
        for entry in entries:
            if (
                isinstance(entry, dict)
                and arguments is not None
                and not any(pattern.match(entry.get("when"), arguments))
            ):
                return self._value(entry.get("return"), call)
        expected = f"arguments that one of the '$cases' of {call.name} matches"
        return _Missing(reason="unmatched", expected=expected, got=call.arguments or "{}")

    def _computed(self, name: str, call: ToolCall) -> Json | _Missing:
        arguments = call.parsed_arguments()
        expected = f"a result of {name}"
        if arguments is None:
            got = f"arguments that are no JSON object: {call.arguments}"
            return _Missing(reason="arguments", expected=expected, got=got)
        try:
            value = self._resolve(name)(arguments)
        # `sys.exit` in a tool must not end pytest; Ctrl-C must.
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the project's own code may raise anything
            return _Missing(reason="raised", expected=expected, got=f"{type(error).__name__}: {error}")
        if inspect.iscoroutine(value):
            # Else Python warns of it somewhere far from here.
            value.close()
            return _Missing(reason="type", expected=f"{expected} that is text or JSON", got="an asynchronous function")
        try:
            # There and back: what the model is told must be JSON, and NaN is none (RFC 8259, 6).
            return parse_json(json.dumps(value, allow_nan=False))
        except (TypeError, ValueError, RecursionError):
            return _Missing(reason="type", expected=f"{expected} that is text or JSON", got=type(value).__name__)


def _ids(message: Message) -> list[str]:
    calls = message.fields.get("tool_calls")
    return [str(call.get("id")) for call in (calls if isinstance(calls, list) else []) if isinstance(call, dict)]
