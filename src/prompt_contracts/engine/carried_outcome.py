"""An outcome as text for another process of the same run, and back: all that its judge may ask for. Judges nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from prompt_contracts.case import Case
from prompt_contracts.changed_fields import replace
from prompt_contracts.data_class import dataclass
from prompt_contracts.interaction import ApiRequest, ApiResponse, Interaction, Recorded
from prompt_contracts.json_value import exact_text, read_exact_text
from prompt_contracts.location import Location
from prompt_contracts.message import Message
from prompt_contracts.outcome import Outcome, TrialFacts
from prompt_contracts.plain_data import PlainData
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.turn import Facet, FilledTurn, names_facet

_READ_OF_REQUESTS = ("requests", "check")
"""The facets that look into what was sent and came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts(TrialFacts, PlainData):
    """What came of a trial, as plain data."""


def without_traffic(outcome: Outcome, case: Case) -> Outcome:
    """The outcome without the bodies of its requests and responses, where its contract does not look at any."""
    expects = [case.facets, *({facet.name: facet.value for facet in turn.preview.expect} for turn in case.turns)]
    if any(names_facet(expect, name) for expect in expects for name in _READ_OF_REQUESTS):
        return outcome
    return replace(
        outcome,
        interactions=tuple(map(_emptied, outcome.interactions)),
        turns=tuple(replace(turn, interactions=tuple(map(_emptied, turn.interactions))) for turn in outcome.turns),
    )


def outcome_text(outcome: Outcome) -> str:
    """An outcome that did not stop before its end, as text; `outcome_of` reads it."""
    return exact_text(_data(outcome))


def outcome_of(text: str) -> Outcome:
    """The outcome that `outcome_text` wrote."""
    data: Any = read_exact_text(text)
    return _outcome(data)


def _emptied(one: Interaction) -> Interaction:
    response = None if one.response is None else replace(one.response, body=b"")
    return replace(one, request=replace(one.request, body=None), response=response, earlier=())


def _data(outcome: Outcome) -> dict[str, Any]:
    return {
        "facts": _Facts(**outcome.facts()).to_json(),
        "asked": None if outcome.asked is None else _asked_data(outcome.asked),
        "turns": list(map(_data, outcome.turns)),
        "interactions": list(map(_interaction_data, outcome.interactions)),
    }


def _outcome(data: Mapping[str, Any]) -> Outcome:
    return Outcome(
        **_Facts.from_json(data["facts"]).facts(),
        asked=None if data["asked"] is None else _asked(data["asked"]),
        turns=tuple(map(_outcome, data["turns"])),
        interactions=tuple(map(_interaction, data["interactions"])),
    )


def _asked_data(asked: FilledTurn) -> dict[str, Any]:
    return {
        "messages": [message.to_json() for message in asked.messages],
        "request": dict(asked.request),
        "expect": [[facet.name, facet.value, facet.location.to_json()] for facet in asked.expect],
    }


def _asked(data: Mapping[str, Any]) -> FilledTurn:
    return FilledTurn(
        messages=tuple(map(Message.from_json, data["messages"])),
        request=data["request"],
        expect=tuple(
            Facet(name=name, value=value, location=Location.from_json(place)) for name, value, place in data["expect"]
        ),
    )


_PLAIN = tuple(
    each.name
    for each in fields(Interaction)
    if each.name not in ("request", "response", "failure", "recorded", "earlier")
)


def _interaction_data(one: Interaction) -> dict[str, Any]:
    sent, came = one.request, one.response
    return {
        "request": [sent.method, sent.url, sent.body, list(map(list, sent.headers))],
        # Bytes of any kind, and each of them one letter.
        "response": None if came is None else [came.status, list(map(list, came.headers)), came.body.decode("latin-1")],
        "failure": None if one.failure is None else one.failure.to_json(),
        "recorded": PlainData.to_json(one.recorded),
        "earlier": list(map(_interaction_data, one.earlier)),
        **{name: getattr(one, name) for name in _PLAIN},
    }


def _interaction(data: Mapping[str, Any]) -> Interaction:
    method, url, body, headers = data["request"]
    response = None
    if data["response"] is not None:
        status, came, text = data["response"]
        response = ApiResponse(status=status, headers=_pairs(came), body=text.encode("latin-1"))
    return Interaction(
        request=ApiRequest(method=method, url=url, body=body, headers=_pairs(headers)),
        response=response,
        failure=None if data["failure"] is None else ProviderError.from_json(data["failure"]),
        recorded=Recorded.from_json(data["recorded"]),
        earlier=tuple(map(_interaction, data["earlier"])),
        **{name: data[name] for name in _PLAIN},
    )


def _pairs(headers: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in headers)
