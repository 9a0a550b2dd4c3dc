"""A provider, or the network on the way to it, failed: data that a case may expect."""

from __future__ import annotations

from typing import Literal, get_args

from prompt_contracts.data_class import dataclass
from prompt_contracts.plain_data import PlainData

ErrorKind = Literal[
    "timeout",
    "connection",
    "rate_limit",
    "quota",
    "auth",
    "permission",
    "not_found",
    "invalid_request",
    "unsupported_parameter",
    "context_length",
    "content_filter",
    "invalid_schema",
    "tool_use_failed",
    "server",
    "overloaded",
    "malformed_response",
    "stream_interrupted",
    "run_failed",
    "budget",
    "application",
    "unknown",
]
ERROR_KINDS: tuple[str, ...] = get_args(ErrorKind)

LARGEST_ERROR_BODY = 20_000


def shortened(text: str, limit: int) -> str:
    """The first `limit` characters at most; an ellipsis says that more came, also to whoever covers keys in it.

    A key that is cut off without a sign would be no key that anybody knows, and its beginning would be shown.
    """
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderError(PlainData):
    """One failed request, the same shape for every provider.

    >>> from prompt_contracts import judge
    >>> verdict = judge({"error": {"message": "Slow down.", "code": "rate_limit_exceeded"}}, {"text": "It will rain."})
    >>> verdict.word, verdict.error.kind, verdict.error.message
    ('error', 'rate_limit', 'Slow down.')
    """

    kind: ErrorKind
    message: str
    """The provider's own words, or ours where no answer came."""
    status: int | None = None
    """HTTP status; None when there was no answer."""
    code: str | None = None
    """The provider's own code as text, whatever type it had."""
    retry_after: float | None = None
    """Seconds that the provider asks to wait; None when it did not say."""
    request_id: str | None = None
    body: str | None = None
    """The raw body as text, cut at `LARGEST_ERROR_BODY` characters; None when there was no answer."""
