"""One interaction -> what it cost, whoever asked: by what came back and by the address that was asked.

The sums of a trial are put together elsewhere; here every request stands for itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import unquote, urlsplit

from prompt_contracts.completion import Completion
from prompt_contracts.conversation.driver import FREE, answer_cost, attempt_cost, error_of
from prompt_contracts.dialects.chat import read_chat
from prompt_contracts.interaction import ApiRequest, ApiResponse, Interaction
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.target import Target
from prompt_contracts.usage import Cost

Read = Callable[[ApiResponse], Completion | ProviderError]


def _read_responses(response: ApiResponse) -> Completion | ProviderError:
    from prompt_contracts.dialects.responses import read_responses  # few cases ask this family

    return read_responses(response)


_READERS: Mapping[str, Read] = {"/chat/completions": read_chat, "/responses": _read_responses}
"""End of an address -> who reads its answers; of other addresses no answer of a model is expected."""

_BILLED = frozenset({"completions", "embeddings", "edits", "generations", "rerank", "speech"})
"""Ends of addresses that bring no answer that is judged, and yet may cost something."""
_DEPLOYMENT = re.compile(r"/deployments/([^/]+)/")


def interaction_cost(interaction: Interaction, target: Target, *, source: str) -> Cost | None:
    """What a request did cost; None is unknown. `source` names who declares prices."""
    if interaction.response is not None and "/threads/" in urlsplit(interaction.request.url).path:
        from prompt_contracts.conversation.run_billing import run_cost  # few cases ask this family

        return run_cost(interaction, target, source=source)
    answer = answer_of(interaction)
    if isinstance(answer, Completion):
        return answer_cost(answer, interaction, asked_target(target, interaction.request), source)
    return other_cost(interaction) if answer is None else attempt_cost(interaction)


def asked_target(target: Target, request: ApiRequest) -> Target:
    """Whom a request asked: the prices of the cell's model are not those of another one."""
    path = urlsplit(request.url).path
    model = request.body.get("model") if isinstance(request.body, dict) else None
    if target.has_model_in_path and (found := _DEPLOYMENT.search(path)) is not None:
        model = unquote(found[1])
    if model in (None, target.model):
        return target
    return replace(target, price=None, price_id=None)


def answer_of(interaction: Interaction) -> Completion | ProviderError | None:
    """What an interaction brought; None for one that asks no model."""
    if interaction.response is None:
        return interaction.failure
    path = urlsplit(interaction.request.url).path
    read = next((read for end, read in _READERS.items() if path.endswith(end)), None)
    return error_of(interaction) if read is None else read(interaction.response)


def other_cost(interaction: Interaction) -> Cost | None:
    """The cost of a request that brought no answer of a model: of embeddings and the like nobody knows it."""
    path = urlsplit(interaction.request.url).path
    is_billed = interaction.request.method == "POST" and path.rpartition("/")[2] in _BILLED
    return interaction.recorded.cost if is_billed else FREE
