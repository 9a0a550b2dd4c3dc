"""What a cell asks of its model: the case's own words, adapted to the provider. Asks nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prompt_contracts.case import Case
from prompt_contracts.json_value import Json
from prompt_contracts.message import Message
from prompt_contracts.model_request import Endpoint, ModelRequest
from prompt_contracts.patterns.pattern import literals
from prompt_contracts.providers.adaptation import adapt
from prompt_contracts.trial import Cell
from prompt_contracts.turn import declared_errors

_REFUSALS = ("unsupported_parameter", "invalid_request")


def written_request(
    case: Case,
    *,
    endpoint: Endpoint,
    messages: Sequence[Message] | None = None,
    parameters: Mapping[str, Json] | None = None,
    trial: int = 1,
) -> ModelRequest:
    """The request of one trial as the case says it, for any provider.

    `messages` and `parameters` take the place of the case's own. A `seed` is raised by one for each trial
    after the first, so that trials differ and still repeat.
    """
    given = dict(case.request if parameters is None else parameters)
    extra = given.pop("extra_body", None)
    seed = given.get("seed")
    if isinstance(seed, int) and not isinstance(seed, bool):
        given["seed"] = seed + trial - 1
    return ModelRequest(
        endpoint=endpoint,
        messages=case.messages if messages is None else tuple(messages),
        tools=case.tools,
        parameters=given,
        extra_body=extra if isinstance(extra, dict) else {},
        assistant=case.assistant,
    )


def sent_request(request: ModelRequest, cell: Cell) -> ModelRequest:
    """The request as it goes to the cell's provider: renamed, rewritten, and without what it would ignore.

    A case that expects the provider to refuse its request sends it as written.
    """
    # Who wants to see the refusal must not be kept from it by our rules.
    return request if expects_refusal(cell.case) else adapt(request, cell.target).request


def expects_refusal(case: Case) -> bool:
    """Whether a case expects that its parameters are refused, so that no rule may keep them from being sent."""
    errors = declared_errors(case.facets)
    for turn in case.turns:
        errors += declared_errors({facet.name: facet.value for facet in turn.preview.expect})
    kinds = [error.get("kind") for error in errors if isinstance(error, dict)]
    return bool(kinds) and any(word in _REFUSALS for kind in kinds for word in literals(kind))
