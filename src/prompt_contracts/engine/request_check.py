"""Whether a provider takes what a case asks of it: its parameters, messages and family of endpoints. Asks nobody."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from prompt_contracts.case import Case
from prompt_contracts.diagnostic import Diagnostic, Severity
from prompt_contracts.dialects.responses_parameters import RESPONSES_ONLY, translate
from prompt_contracts.engine.request import expects_refusal, written_request
from prompt_contracts.location import Location
from prompt_contracts.model_request import ModelRequest
from prompt_contracts.providers.adaptation import adapt
from prompt_contracts.providers.endpoints import EndpointChoice, choose_endpoint
from prompt_contracts.target import Target
from prompt_contracts.trial import Cell

_TO_CHAT = "write 'endpoint: chat'"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """One request of a case, as far as it is known before the run."""

    request: ModelRequest
    location: Location
    place: str
    """What a message starts with, such as `turn 2: `."""


def choose(case: Case, target: Target) -> EndpointChoice:
    """The family of endpoints for a whole case: one for all of its turns."""
    choices = [choose_endpoint(case.endpoint, asked.request, target) for asked in _asked(case)]
    return next((choice for choice in choices if choice.endpoint != "chat"), choices[0])


def request_findings(cell: Cell) -> tuple[Diagnostic, ...]:
    """What the provider would refuse (PC130) or ignore (PC131), and families that it does not offer (PC132).

    A case that expects such a refusal is let go. An application asks as it likes: nothing is known of it.
    """
    if cell.case.is_application:
        return ()
    is_refusal_wanted = expects_refusal(cell.case)
    found = (finding for asked in _asked(cell.case) for finding in _findings(cell, asked))
    # Its request goes out as written: nothing is left out of it either.
    return tuple(dict.fromkeys(each for each in found if not (is_refusal_wanted and each.code in ("PC130", "PC131"))))


def _asked(case: Case) -> Iterator[_Asked]:
    if not case.turns:
        yield _Asked(request=written_request(case, endpoint="chat"), location=case.location, place="")
        return
    messages = case.messages
    for turn in case.turns:
        messages = (*messages, *turn.preview.messages)
        request = written_request(case, endpoint="chat", messages=messages, parameters=turn.preview.request)
        yield _Asked(request=request, location=turn.location, place=f"turn {turn.number}: ")


def _findings(cell: Cell, asked: _Asked) -> Iterator[Diagnostic]:
    request = ModelRequest(
        endpoint=cell.endpoint,
        messages=asked.request.messages,
        tools=asked.request.tools,
        parameters=asked.request.parameters,
        extra_body=asked.request.extra_body,
        assistant=asked.request.assistant,
    )
    for notice in choose_endpoint(cell.case.endpoint, asked.request, cell.target).notices:
        code = "PC130" if notice.severity == "error" else "PC132"
        # A family that is not offered is so for all turns, and told once.
        told = asked if notice.severity == "error" else replace(asked, location=cell.case.location, place="")
        yield _diagnostic(code, told, notice.message, notice.help, severity=notice.severity)
    notices = adapt(request, cell.target).notices
    for notice in notices:
        code = "PC130" if notice.severity == "error" else "PC131"
        yield _diagnostic(code, asked, notice.message, notice.help, severity=notice.severity)
    told_already = {notice.parameter for notice in notices if notice.severity == "error"}
    for misplaced in _misplaced(request, told_already):
        message, advice = _with_reason(*misplaced, cell.endpoint_reason)
        yield _diagnostic("PC130", asked, message, advice, severity="error")


def _with_reason(message: str, advice: str | None, reason: str | None) -> tuple[str, str | None]:
    """A refusal on the Responses API that nobody wrote down: why it is asked there; `endpoint: chat` is no way out."""
    if reason is None:
        return message, advice
    told = f"{message}, and that is where this request goes: {reason}"
    left = (advice or "").removesuffix(_TO_CHAT).removesuffix(", or ")
    return told, left or "leave it out, or ask another model"


def _misplaced(request: ModelRequest, told_already: Collection[str]) -> Iterator[tuple[str, str | None]]:
    match request.endpoint:
        case "responses":
            from prompt_contracts.dialects.responses_items import refused_in  # as below

            for refusal in (*translate(request.parameters).refused, *refused_in(request.messages)):
                yield refusal.message, refusal.help
        case "assistants":
            from prompt_contracts.dialects.assistants_notices import assistant_notices  # few cases need it

            for refusal in assistant_notices(request):
                yield refusal.message, refusal.help
        case _:
            for name in sorted((RESPONSES_ONLY & request.parameters.keys()) - set(told_already)):
                yield f"'{name}' belongs to the Responses API", "write endpoint: responses, or leave it out"


def _diagnostic(code: str, asked: _Asked, message: str, advice: str | None, *, severity: Severity) -> Diagnostic:
    text = f"{asked.place}{message}"
    return Diagnostic(code=code, message=text, location=asked.location, help=advice, severity=severity)
