"""What servers say that they offer: one GET of `/models` each, all at once. What they answer is never trusted."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime

from prompt_contracts.data_class import dataclass
from prompt_contracts.dialects.error_response import read_error
from prompt_contracts.engine.provider_overview import KnownProvider
from prompt_contracts.errors import PromptContractsError
from prompt_contracts.interaction import ApiRequest, Interaction
from prompt_contracts.json_value import Json, NotJsonError, parse_json
from prompt_contracts.masking import mask
from prompt_contracts.plain_data import PlainData
from prompt_contracts.secret import Secret
from prompt_contracts.transport.client import NetworkSender
from prompt_contracts.transport.connections import Connections
from prompt_contracts.transport.sender import Sending

MOST_MODELS = 10_000
_LONGEST_NAME = 200
_AT_ONCE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedModels(PlainData):
    """What one provider answered."""

    provider: str
    models: tuple[str, ...] = ()
    """Their names as it spells them, in its order."""
    problem: str | None = None
    """Why there are none, in words."""
    left_out: int = 0
    """Names beyond what is taken."""


def ask_for_models(
    providers: Sequence[KnownProvider],
    *,
    environ: Mapping[str, str],
    secrets: Callable[[], tuple[Secret, ...]],
    timeout: float,
) -> tuple[OfferedModels, ...]:
    """What each of these providers offers, in their order; a failure is one provider's and said with it."""
    if not providers:
        return ()
    with closing(Connections(environ=environ)) as connections, ThreadPoolExecutor(_AT_ONCE) as pool:

        def ask(known: KnownProvider) -> OfferedModels:
            sender = NetworkSender(
                connections=connections,
                target=known.target,
                environ=environ,
                secrets=secrets,
                now=lambda: datetime.now(UTC),
                monotonic=time.monotonic,
            )
            name = known.overview.name
            try:
                request = ApiRequest(method="GET", url=known.target.url("/models"))
                found = _read(name, sender.send(request, sending=Sending(trial=1, timeout=timeout)))
            except PromptContractsError as error:
                found = OfferedModels(provider=name, problem=str(error))
            return _masked(found, secrets())

        return tuple(pool.map(ask, providers))


def _masked(found: OfferedModels, secrets: tuple[Secret, ...]) -> OfferedModels:
    # A server can say whatever it likes, also what it was sent.
    return OfferedModels(
        provider=found.provider,
        models=tuple(mask(name, secrets) for name in found.models),
        problem=None if found.problem is None else mask(found.problem, secrets),
        left_out=found.left_out,
    )


def _read(provider: str, came: Interaction) -> OfferedModels:
    if came.failure is not None:
        return OfferedModels(provider=provider, problem=f"{came.failure.kind}: {came.failure.message}")
    assert came.response is not None  # noqa: S101 - one of the two is there
    if came.response.status != 200:
        error = read_error(came.response)
        return OfferedModels(provider=provider, problem=f"{error.kind} (HTTP {came.response.status}): {error.message}")
    try:
        names = _names(parse_json(came.response.body))
    except NotJsonError as error:
        return OfferedModels(provider=provider, problem=f"its answer is no JSON: {error}")
    if names is None:
        return OfferedModels(provider=provider, problem="its answer is no list of models")
    kept = tuple(name[:_LONGEST_NAME] for name in names[:MOST_MODELS])
    return OfferedModels(provider=provider, models=kept, left_out=len(names) - len(kept))


def _names(answer: Json) -> list[str] | None:
    """The ids in OpenAI's envelope, or in the bare list that Together answers."""
    items = answer.get("data", answer.get("models")) if isinstance(answer, dict) else answer
    if not isinstance(items, list):
        return None
    found = [item.get("id", item.get("name")) if isinstance(item, dict) else item for item in items]
    return list(dict.fromkeys(name for name in found if isinstance(name, str) and name))
