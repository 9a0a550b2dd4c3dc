"""What is told about a request before it is sent: data only. Placing it in a file belongs to the engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from prompt_contracts.model_request import ModelRequest

NoticeSeverity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One finding about one part of a request."""

    severity: NoticeSeverity
    """`error`: the provider would refuse the request, and it was left as written; `warning`: it was changed,
    or it goes out and does not do what it seems to say."""
    parameter: str
    """The name of the part, dotted: `tool_choice`, `stream_options.include_usage`, `messages.name`, `endpoint`."""
    message: str
    help: str | None = None
    """The next step; None when the message says it all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapted:
    """A request as a provider takes it, and what was found on the way."""

    request: ModelRequest
    """The very same object when nothing had to be changed."""
    notices: tuple[Notice, ...] = ()
