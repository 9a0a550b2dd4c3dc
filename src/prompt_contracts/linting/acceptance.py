"""Whether a provider takes what a case asks of it: its parameters, messages and family of endpoints. Asks nobody."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from prompt_contracts.case import Case
from prompt_contracts.conversation.request import expects_refusal, written_request
from prompt_contracts.data_class import dataclass
from prompt_contracts.diagnostic import Diagnostic
from prompt_contracts.dialects.responses_parameters import RESPONSES_ONLY, translate
from prompt_contracts.finding import Clause, Finding, clause_of
from prompt_contracts.json_value import pointer
from prompt_contracts.location import Location
from prompt_contracts.model_request import ModelRequest
from prompt_contracts.providers.adaptation import adapt
from prompt_contracts.providers.endpoints import EndpointChoice, choose_endpoint
from prompt_contracts.providers.wording import model_name, provider_name
from prompt_contracts.target import Target
from prompt_contracts.trial import Cell
from prompt_contracts.turn import nearest_place

_TO_CHAT = "write 'endpoint: chat'"
_PARTS_OF_CASE = ("assistant", "endpoint", "messages", "tools")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """One request of a case, as far as it is known before the run."""

    request: ModelRequest
    location: Location
    places: Mapping[str, Location]
    """Where its parts were written; see `Case.places`."""
    place: str
    """What a message about what the turn itself says starts with, such as `turn 2: `."""


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
    found = [_diagnostic(finding, asked, cell) for asked in _asked(cell.case) for finding in _findings(cell, asked)]
    if found and expects_refusal(cell.case):
        # Its request goes out as written: nothing is left out of it either.
        found = [each for each in found if each.code not in ("PC130", "PC131")]
    return tuple(dict.fromkeys(found))


def _asked(case: Case) -> Iterable[_Asked]:
    if not case.turns:
        request = written_request(case, endpoint="chat")
        return (_Asked(request=request, location=case.location, places=case.places, place=""),)
    return _asked_in_turns(case)


def _asked_in_turns(case: Case) -> Iterator[_Asked]:
    messages = case.messages
    for turn in case.turns:
        messages = (*messages, *turn.preview.messages)
        request = written_request(case, endpoint="chat", messages=messages, parameters=turn.preview.request)
        places = turn.preview.places
        yield _Asked(request=request, location=turn.location, places=places, place=f"turn {turn.number}: ")


def _findings(cell: Cell, asked: _Asked) -> Iterator[Finding]:
    request = asked.request
    if cell.endpoint != request.endpoint:
        request = replace(request, endpoint=cell.endpoint)
    yield from choose_endpoint(cell.case.endpoint, asked.request, cell.target).findings
    adapted = adapt(request, cell.target)
    yield from adapted.findings
    for misplaced in _misplaced(request, adapted.findings):
        message, advice = _with_reason(misplaced.message, misplaced.help, cell.endpoint_reason)
        yield replace(misplaced, message=message, help=advice)


def _with_reason(message: str, advice: str | None, reason: str | None) -> tuple[str, str | None]:
    """A refusal on the Responses API that nobody wrote down: why it is asked there; `endpoint: chat` is no way out."""
    if reason is None:
        return message, advice
    told = f"{message}, and that is where this request goes: {reason}"
    left = (advice or "").removesuffix(_TO_CHAT).removesuffix(", or ")
    return told, left or "leave it out, or ask another model"


def _misplaced(request: ModelRequest, found: Collection[Finding]) -> Iterator[Finding]:
    match request.endpoint:
        case "responses":
            from prompt_contracts.dialects.responses_items import refused_in  # as below

            yield from translate(request.parameters).refused
            yield from refused_in(request.messages)
        case "assistants":
            from prompt_contracts.dialects.assistants_findings import assistant_findings  # few cases need it

            yield from assistant_findings(request)
        case _:
            if RESPONSES_ONLY.isdisjoint(request.parameters):
                return
            told_already = {each.part for each in found if each.severity == "error"}
            for name in sorted((RESPONSES_ONLY & request.parameters.keys()) - told_already):
                text = f"'{name}' belongs to the Responses API"
                yield Finding(
                    code="PC130",
                    clause=clause_of(name),
                    message=text,
                    help="write endpoint: responses, or leave it out",
                )


def _diagnostic(finding: Finding, asked: _Asked, cell: Cell) -> Diagnostic:
    """The finding where its part was written; all cells that take it from there have one cause."""
    part = _pointer(finding.clause)
    found = nearest_place(asked.places, part) or nearest_place(cell.case.places, part)
    is_of_case = found is not None and found == nearest_place(cell.case.places, part)
    # A family that is not offered is so for all turns.
    if finding.code == "PC132" or (found is None and part == "/endpoint"):
        found, is_of_case = found or cell.case.places.get("/model") or cell.case.location, True
    place = found or asked.location
    words = finding.message
    for name in (model_name(cell.target), provider_name(cell.target)):
        words = words.replace(name, "_")
    told = finding if is_of_case else replace(finding, message=f"{asked.place}{finding.message}")
    return told.at(place, cause=f"{place} {finding.part} {words}")


def _pointer(clause: Clause) -> str:
    """The place of a part of a request as a pointer into a case."""
    is_of_case = bool(clause) and clause[0] in _PARTS_OF_CASE
    return pointer(*(() if is_of_case else ("request",)), *clause)
