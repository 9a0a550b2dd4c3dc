"""`provider:model` -> Target, from the catalog, the project's settings and the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from urllib.parse import quote

from prompt_contracts.data_class import dataclass
from prompt_contracts.providers.address import Address, address_problem, azure_resource, read_address
from prompt_contracts.providers.catalog import CATALOG, Provider
from prompt_contracts.settings import ProviderSettings, Settings
from prompt_contracts.spelling import nearest
from prompt_contracts.target import Auth, Target

_COMPATIBLE = Provider(name="compatible", base_url=None, base_path="", source="the project's settings")


class UnknownProviderError(LookupError):
    """The provider part of a model id names nothing; the message says what there is."""


def resolve_target(model_id: str, *, settings: Settings, environ: Mapping[str, str]) -> Target:
    """The target of `provider:model`; the first colon parts the two.

    Raises `UnknownProviderError` for a provider that is neither built in nor in the project's settings,
    for an id without both parts, and for `rules` in the settings that are those of no built-in provider.
    """
    # Names of models hold colons, too: ollama:llama3:8b, openrouter:vendor/name:free.
    name, colon, model = model_id.partition(":")
    if not (name and colon and model):
        raise UnknownProviderError(f"{model_id!r} is no model id: write provider:model, such as openai:gpt-5-mini")
    declared = settings.providers.get(name)
    row = CATALOG.get(name)
    if row is None and declared is None:
        raise UnknownProviderError(_unknown(name, settings))
    declared = declared or ProviderSettings()
    if declared.rules is not None and declared.rules not in (*CATALOG, "compatible"):
        raise UnknownProviderError(_unknown_rules(name, declared.rules))
    row = row or replace(_COMPATIBLE, name=name)
    return _target(model, row, declared, settings, environ)


def _unknown(name: str, settings: Settings) -> str:
    known = sorted({*CATALOG, *settings.providers})
    near = nearest(name, known)
    hint = f"did you mean {near!r}?" if near else f"known are {', '.join(known)}"
    return f"unknown provider {name!r}: {hint}"


def _unknown_rules(name: str, rules: str) -> str:
    known = sorted({*CATALOG, "compatible"})
    near = nearest(rules, known)
    hint = f"did you mean {near!r}?" if near else f"known are {', '.join(known)}"
    return f"the rules {rules!r} of the provider {name!r} are those of no built-in provider: {hint}"


def _target(
    model: str, row: Provider, declared: ProviderSettings, settings: Settings, environ: Mapping[str, str]
) -> Target:
    is_own = row.source == _COMPATIBLE.source
    place = _place(model, row, declared, environ)
    key = _key(row, declared, environ)
    model_id = f"{row.name}:{model}"
    alias = settings.aliases.get(model_id)
    own_headers = {name.lower() for name in declared.headers}
    return Target(
        provider=row.name,
        model=model,
        base_url=place.base_url,
        base_url_env=row.base_url_env[0] if row.base_url_env and declared.base_url is None else None,
        address_problem=place.problem,
        query=place.query,
        auth=key.auth,
        api_key_env=key.variable,
        key_required=row.key_required or declared.api_key_env is not None,
        headers=declared.headers,
        header_env={name: variable for name, variable in row.header_env.items() if name.lower() not in own_headers},
        chat_path=place.chat_path,
        rules=declared.rules or ("compatible" if is_own else row.name),
        known_as=alias,
        self_hosted=row.self_hosted,
        # A house can have a price of its own for a model that it knows under another name.
        price=settings.prices.get(model_id) or settings.prices.get(alias or model_id),
        # The table knows no names of Azure's deployments (genai-prices 0.2.3: a LookupError).
        price_id=_price_id(alias or model_id, row),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where requests go."""

    base_url: str | None = field(repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    chat_path: str = "/chat/completions"
    problem: str | None = None


def _place(model: str, row: Provider, declared: ProviderSettings, environ: Mapping[str, str]) -> _Place:
    named = {
        f"providers.{row.name}.base_url": declared.base_url,
        **{name: environ.get(name) for name in row.base_url_env},
    }
    name, given = next(((name, value) for name, value in named.items() if value), ("", None))
    if given is None:
        return _Place(base_url=row.base_url)
    problem = address_problem(given)
    if problem is not None:  # told when it is asked: a replay never asks it
        return _Place(base_url=None, problem=f"{name} {problem}")
    address = read_address(given, base_path=row.base_path, port=row.port)
    if row.name == "azure":
        return _azure_place(model, address, version=environ.get("OPENAI_API_VERSION"))
    return _Place(base_url=address.base_url, query=address.query)


def _azure_place(model: str, address: Address, *, version: str | None) -> _Place:
    """The classic API with a version, which may be pasted with the address; the v1 API without one.

    Only chat completions are below the deployment; every other endpoint has its name in the body.
    """
    resource = azure_resource(address.base_url)
    pasted = address.query.get("api-version")
    # Azure's documentation has `api-version=preview` on addresses of the v1 API as well.
    if pasted and address.base_url.endswith("/openai/v1"):
        return _Place(base_url=address.base_url, query=address.query)
    version = pasted or version
    if version:
        return _Place(
            base_url=f"{resource}/openai",
            query={**address.query, "api-version": version},
            # openai-python 3.52, lib/azure.py: the deployment's name goes into the path for some endpoints only.
            chat_path=f"/deployments/{quote(model, safe='')}/chat/completions",
        )
    # A proxy in front of Azure has any path: what holds no `/openai` is taken as it stands.
    base_url = address.base_url if resource == address.base_url else f"{resource}/openai/v1"
    return _Place(base_url=base_url, query=address.query)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Key:
    """Which variable is sent, and how."""

    variable: str | None
    auth: Auth


def _key(row: Provider, declared: ProviderSettings, environ: Mapping[str, str]) -> _Key:
    if declared.api_key_env is not None:
        return _Key(variable=declared.api_key_env, auth=row.auth)
    has_token = row.token_env is not None and bool(environ.get(row.token_env))
    if has_token and not environ.get(row.api_key_env or ""):
        return _Key(variable=row.token_env, auth="bearer")
    return _Key(variable=None if row.source == _COMPATIBLE.source else row.api_key_env, auth=row.auth)


def normal_base_url(url: str, *, base_path: str = "/v1", port: int | None = None) -> str:
    """The base address behind the ways in which people paste one; see `read_address`."""
    return read_address(url, base_path=base_path, port=port).base_url


def _price_id(model_id: str, row: Provider) -> tuple[str, str] | None:
    provider, _, model = model_id.partition(":")
    known = CATALOG.get(provider, row)
    return None if known.price_provider is None else (known.price_provider, model)
