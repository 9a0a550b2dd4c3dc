"""The providers of a project: where each is asked, with which key, what it refuses. Calls nobody, shows no value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field
from urllib.parse import urlsplit

from prompt_contracts.data_class import dataclass
from prompt_contracts.engine.key_variables import KeyEnvironment
from prompt_contracts.errors import UsageError
from prompt_contracts.plain_data import PlainData
from prompt_contracts.providers.adaptation import RULES
from prompt_contracts.providers.catalog import CATALOG
from prompt_contracts.providers.resolution import resolve_target
from prompt_contracts.providers.rule import Rule
from prompt_contracts.settings import Settings
from prompt_contracts.spelling import nearest
from prompt_contracts.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class RuledParameter(PlainData):
    """What a provider does with one part of a request that is no matter of course."""

    parameter: str
    """`*` is every one that it does not know."""
    endpoint: str
    when: str | None
    """In words; None: always."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderOverview(PlainData):
    """What is known of one provider, and what is set for it here."""

    name: str
    is_declared: bool
    """Whether the project's configuration names it."""
    base_url: str | None = field(repr=False)
    """None where nothing gives one, and where it cannot be shown or used."""
    address_problem: str | None
    base_url_variables: tuple[str, ...]
    key_variables: tuple[str, ...]
    """Those that may hold its key or token, the first that is set serves; empty where none is sent."""
    is_key_required: bool
    set_variables: tuple[str, ...]
    """Which of these variables are set, with the file where they come from there."""
    rules: str
    """Whose rules apply."""
    refuses: tuple[RuledParameter, ...]
    ignores: tuple[RuledParameter, ...]
    source: str | None
    """Where the facts come from; None for a server of one's own."""
    checked: str | None

    @property
    def is_set_up(self) -> bool:
        """Whether somebody set it up: its key or its address is set, or the configuration names it."""
        lacks_key = self.is_key_required and not any(_is_of(each, self.key_variables) for each in self.set_variables)
        return not lacks_key and bool(self.set_variables or self.is_declared) and self.address_problem is None


def _is_of(told: str, names: Sequence[str]) -> bool:
    return told.partition(" ")[0] in names


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownProvider:
    """A provider, and how it is asked."""

    overview: ProviderOverview
    target: Target = field(repr=False)


def known_providers(
    settings: Settings, keys: KeyEnvironment, *, names: Sequence[str] = ()
) -> tuple[KnownProvider, ...]:
    """All providers, or those that are named; `UsageError` for a name that is none."""
    known = list(dict.fromkeys((*CATALOG, *settings.providers)))
    for name in names:
        if name not in known:
            near = nearest(name, known)
            hint = f"did you mean {near!r}?" if near else f"known are {', '.join(known)}"
            raise UsageError(f"unknown provider {name!r}: {hint}")
    return tuple(_known(name, settings, keys) for name in known if not names or name in names)


def _known(name: str, settings: Settings, keys: KeyEnvironment) -> KnownProvider:
    try:
        target = resolve_target(f"{name}:any", settings=settings, environ=keys.environ)
    except LookupError as error:
        raise UsageError(str(error)) from None
    row, declared = CATALOG.get(name), settings.providers.get(name)
    has_own_address = declared is not None and declared.base_url is not None
    has_own_key = declared is not None and declared.api_key_env is not None
    addresses = () if row is None or has_own_address else row.base_url_env
    named = (target.api_key_env,) if row is None or has_own_key else (row.api_key_env, row.token_env)
    variables = tuple(each for each in named if each is not None)
    told = (keys.told(each) for each in (*variables, *addresses))
    overview = ProviderOverview(
        name=name,
        is_declared=declared is not None,
        base_url=_shown(target.base_url),
        address_problem=target.address_problem,
        base_url_variables=addresses,
        key_variables=variables,
        is_key_required=target.key_required and bool(variables),
        set_variables=tuple(each for each in told if each is not None),
        rules=target.rules,
        refuses=tuple(_ruled(target.rules, "refuse")),
        ignores=tuple(_ruled(target.rules, "drop")),
        source=None if row is None else row.source,
        checked=None if row is None else row.checked,
    )
    return KnownProvider(overview=overview, target=target)


def _shown(base_url: str | None) -> str | None:
    """An address without what may be a password in it."""
    if base_url is None:
        return None
    parts = urlsplit(base_url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"


def _ruled(provider: str, action: str) -> Iterator[RuledParameter]:
    for rule in RULES:
        if rule.action == action and rule.provider in (provider, "*"):
            yield RuledParameter(
                parameter=rule.parameter,
                endpoint=rule.endpoint,
                when=_when(rule),
                reason=rule.reason,
            )


def _when(rule: Rule) -> str | None:
    words = [] if rule.when is None else [rule.when.words]
    words += [] if rule.from_api_version is None else [f"from the api-version {rule.from_api_version} on"]
    return ", ".join(words) or None
