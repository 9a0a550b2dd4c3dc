"""Where a request goes: one provider and one model, with all that is known of them before asking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from decimal import Decimal
from typing import Literal
from urllib.parse import urlencode

from prompt_contracts.data_class import dataclass

Auth = Literal["bearer", "api-key"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """US dollars per million tokens, as a user declared them."""

    input: Decimal
    output: Decimal
    cached_input: Decimal | None = None
    """None prices cached tokens like the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One provider and model, resolved."""

    provider: str
    model: str
    base_url: str | None = field(repr=False)
    """Without a trailing slash; None when it must come from `base_url_env`, which is not set."""
    base_url_env: str | None = None
    """Variable of the environment that gives the address, if the provider has one."""
    address_problem: str | None = None
    """Which entry or variable gives an address that cannot be asked, and why; shows nothing of it."""
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Query parameters of every request, such as Azure's `api-version`."""
    auth: Auth = "bearer"
    api_key_env: str | None = None
    """Variable that holds the key; None sends none."""
    key_required: bool = True
    """False: a missing key is no error, the request goes out without one."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """More headers of every request; never recorded unless on the allow-list."""
    header_env: Mapping[str, str] = field(default_factory=dict)
    """Header -> variable of the environment that holds its value; one that is not set sends no header."""
    chat_path: str = "/chat/completions"
    """The path of chat completions below `base_url`; Azure's classic deployments have one of their own."""
    rules: str = "compatible"
    """The built-in provider whose parameter rules apply."""
    known_as: str | None = None
    """`provider:model` under which the model itself is known, for model rules; None is `id`."""
    self_hosted: bool = False
    """True: answers cost exactly 0, which is not the same as unknown."""
    price: Price | None = None
    price_id: tuple[str, str] | None = None
    """Provider and model under which a price table knows this target; None when no table can."""

    @property
    def id(self) -> str:
        """`provider:model`, as users write it."""
        return f"{self.provider}:{self.model}"

    @property
    def has_model_in_path(self) -> bool:
        """Whether the path of a request names the model, as at Azure's classic deployments."""
        return self.chat_path != "/chat/completions"

    def url(self, path: str) -> str:
        """The address of an endpoint; without its host as long as `base_url` is not known."""
        query = f"?{urlencode(self.query)}" if self.query else ""
        return f"{self.base_url or ''}{path}{query}"
