"""What a project says about itself in `[tool.prompt_contracts]`. Reading the file belongs to the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from prompt_contracts.data_class import dataclass
from prompt_contracts.location import Location
from prompt_contracts.target import Price


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRates:
    """How much may be asked of a provider within any minute; None is as much as it takes."""

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None

    @property
    def are_set(self) -> bool:
        """Whether there is a ceiling at all."""
        return self.requests_per_minute is not None or self.tokens_per_minute is not None

    def lower(self, other: ProviderRates) -> ProviderRates:
        """The lower one of each of two ceilings."""
        return ProviderRates(
            requests_per_minute=_lower(self.requests_per_minute, other.requests_per_minute),
            tokens_per_minute=_lower(self.tokens_per_minute, other.tokens_per_minute),
        )

    def divided(self, parts: int) -> ProviderRates:
        """The share of one of so many processes, at least 1 of each."""
        return ProviderRates(
            requests_per_minute=_share(self.requests_per_minute, parts),
            tokens_per_minute=_share(self.tokens_per_minute, parts),
        )


def _lower(one: int | None, other: int | None) -> int | None:
    return min((value for value in (one, other) if value is not None), default=None)


def _share(value: int | None, parts: int) -> int | None:
    return None if value is None else max(1, value // parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSettings:
    """A provider under a name of one's own, or changes to a built-in one; None leaves the built-in value."""

    base_url: str | None = field(default=None, repr=False)
    api_key_env: str | None = None
    """Variable of the environment that holds the key; without one no key is sent."""
    rules: str | None = None
    """The built-in provider whose parameter rules apply; `compatible` when not said."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    rates: ProviderRates = ProviderRates()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The project's configuration, checked."""

    models: tuple[str, ...] = ()
    """`provider:model` ids for case files that name none."""
    model_places: Mapping[str, Location] = field(default_factory=dict)
    """Where the configuration file writes each of them, as far as that can be told."""
    providers: Mapping[str, ProviderSettings] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    """`provider:model` -> the model it really is, for model rules and prices."""
    prices: Mapping[str, Price] = field(default_factory=dict)
    """`provider:model` -> the user's own price, which wins over every other source."""
    callables: tuple[str, ...] = ()
    """Modules outside the root, or in an environment below it, whose functions a case may name."""
    allow_hosts: tuple[str, ...] = ()
    """`host` or `host:port` that an application under test may reach in a replay, besides its stand-in."""
    namespace: bool = True
    """Whether applications under test are shut in a network namespace of their own in a replay, where that can be."""
    source: str = "pyproject.toml"
    """Name of the file that these settings come from, for messages."""
