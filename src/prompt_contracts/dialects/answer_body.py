"""What the answers of all API families have in common: JSON bodies, token counts, amounts. No family is known here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal

from prompt_contracts.data_class import dataclass
from prompt_contracts.dialects.error_response import read_error, unreadable
from prompt_contracts.interaction import ApiResponse
from prompt_contracts.json_decoder import read_with
from prompt_contracts.json_value import Json, equal, show
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.usage import Cost, Usage


class HiddenValueError(ValueError):
    """A key stands twice in one object with different values: whoever reads on sees one of them only."""


def read_provider_json(text: str | bytes) -> Json:
    """The value of a text; `ValueError` and `RecursionError` as from `json.loads`, and `HiddenValueError`."""
    value: Json = read_with(_DECODER, text)
    return value


def _members(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        for key, value in pairs:
            # RFC 8259 (4) leaves open which one counts. The same value twice hides nothing.
            if not equal(value, found[key]):
                raise HiddenValueError(f"the key {show(key, limit=80)} stands in it twice, with different values")
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_members)

_LARGEST_COUNT = 10**12
"""More tokens than this in one answer is damage, and damage is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenNames:
    """How a family calls its token counts."""

    prompt: str
    completion: str
    prompt_details: tuple[str, ...]
    """Where `cached_tokens` may stand; the empty name is beside the counts themselves."""
    completion_details: str


def parse_body(response: ApiResponse) -> Json | ProviderError:
    """The JSON of a good answer, or the error that stands in its place."""
    if not 200 <= response.status < 300:
        return read_error(response)
    try:
        body = read_provider_json(response.body)
    except HiddenValueError as error:
        return malformed(response, f"the answer cannot be trusted: {error}")
    except (ValueError, RecursionError):
        return malformed(response, "the answer is not JSON")
    return body


def malformed(response: ApiResponse, reason: str) -> ProviderError:
    """The error of an answer that cannot be read, with the start of it."""
    # Four bytes at most for each of the 200 characters.
    excerpt = response.body[:800].decode("utf-8", "replace")[:200]
    shown = f"{reason}: {excerpt!r}" if excerpt else f"{reason}: it is empty"
    return unreadable(response, kind="malformed_response", message=shown)


def read_usage(usage: Json | Mapping[str, Json], names: TokenNames) -> Usage:
    """The token counts under a family's names; what is missing or makes no sense is unknown."""
    prompt, completion = _count(usage, names.prompt), _count(usage, names.completion)
    # What is not told stays unknown, and never zero: official answers of OpenAI leave keys of their own schema out.
    total = _count(usage, "total_tokens")
    if total is None and prompt is not None and completion is not None:
        total = prompt + completion
    cached = None
    for name in names.prompt_details:
        if cached is None:
            cached = _count(member(usage, name) if name else usage, "cached_tokens")
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        total_tokens=total,
        cached_tokens=cached,
        reasoning_tokens=_count(member(usage, names.completion_details), "reasoning_tokens"),
    )


def _count(counts: Json | Mapping[str, Json], name: str) -> int | None:
    value = member(counts, name)
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= _LARGEST_COUNT else None


def read_charge(usage: Json | Mapping[str, Json]) -> Decimal | None:
    """OpenRouter's `usage.cost`, in US dollars."""
    cost = member(usage, "cost")
    if isinstance(cost, bool) or not isinstance(cost, (int, float)):
        return None
    # By the digits as written: `Decimal(0.1)` would be the binary fraction next to it.
    amount = Decimal(repr(cost))
    return amount if Cost.is_amount(amount) else None


def arguments_text(arguments: Json) -> str:
    """The arguments of a call as text: some servers send an object where others send its text, and null is empty."""
    if arguments is None:
        return ""
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)


def member(value: Json | Mapping[str, Json], name: str) -> Json:
    """The member of an object; None where there is no object, or no such member."""
    # What JSON gives is told at once: to ask for any mapping takes ten times as long.
    return value.get(name) if value is not None and isinstance(value, (dict, Mapping)) else None


def said_text(value: Json) -> str | None:
    """A text that says something: servers write both null and an empty text for what is not there."""
    return value if isinstance(value, str) and value else None
