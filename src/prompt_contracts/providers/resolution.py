"""`provider:model` -> Target, from the catalog, the project's settings and the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from urllib.parse import urlsplit

from prompt_contracts.providers.catalog import CATALOG, Provider
from prompt_contracts.settings import ProviderSettings, Settings
from prompt_contracts.target import Target

_COMPATIBLE = Provider(name="compatible", base_url=None, base_path="", source="the project's settings")


class UnknownProviderError(LookupError):
    """The provider part of a model id names nothing; the message says what there is."""


def resolve_target(model_id: str, *, settings: Settings, environ: Mapping[str, str]) -> Target:
    """The target of `provider:model`; the first colon parts the two.

    Raises `UnknownProviderError` for a provider that is neither built in nor in the project's settings,
    and for an id without both parts.
    """
    name, colon, model = model_id.partition(":")
    if not (name and colon and model):
        raise UnknownProviderError(f"{model_id!r} is no model id: write provider:model, such as openai:gpt-5-mini")
    declared = settings.providers.get(name)
    row = CATALOG.get(name)
    if row is None and declared is None:
        raise UnknownProviderError(_unknown(name, settings))
    declared = declared or ProviderSettings()
    row = row or replace(_COMPATIBLE, name=name)
    return _target(model, row, declared, settings, environ)


def _unknown(name: str, settings: Settings) -> str:
    known = sorted({*CATALOG, *settings.providers})
    close = get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}"
    return f"unknown provider {name!r}: {hint}"


def _target(
    model: str, row: Provider, declared: ProviderSettings, settings: Settings, environ: Mapping[str, str]
) -> Target:
    is_own = row.source == _COMPATIBLE.source
    given = declared.base_url or next((environ[name] for name in row.base_url_env if environ.get(name)), None)
    base = row.base_url if given is None else normal_base_url(given, base_path=row.base_path, port=row.port)
    key_variable = declared.api_key_env or (None if is_own else row.api_key_env)
    model_id = f"{row.name}:{model}"
    alias = settings.aliases.get(model_id, model_id)
    query: dict[str, str] = {}
    if row.name == "azure" and base is not None and environ.get("OPENAI_API_VERSION"):
        base = f"{base.removesuffix('/openai/v1')}/openai/deployments/{model}"
        query = {"api-version": environ["OPENAI_API_VERSION"]}
    return Target(
        provider=row.name,
        model=model,
        base_url=base,
        base_url_env=row.base_url_env[0] if row.base_url_env and declared.base_url is None else None,
        query=query,
        auth=row.auth,
        api_key_env=key_variable,
        key_required=row.key_required or declared.api_key_env is not None,
        headers=declared.headers,
        rules=declared.rules or ("compatible" if is_own else row.name),
        self_hosted=row.self_hosted,
        price=settings.prices.get(model_id) or settings.prices.get(alias),
        price_id=_price_id(alias, row),
    )


def normal_base_url(url: str, *, base_path: str = "/v1", port: int | None = None) -> str:
    """The base address behind the ways in which people paste one.

    A scheme is added where it is missing, and then `port` too; a trailing slash and a full
    `/chat/completions` go, and an address without a path gets `base_path`.
    """
    url = url.strip()
    if "://" not in url:
        url = _with_port(url, port)
    url = url.rstrip("/").removesuffix("/chat/completions").rstrip("/")
    return url if urlsplit(url).path else url + base_path


def _with_port(address: str, port: int | None) -> str:
    """`host[:port][/path]` with a scheme; a server's bind address is no address to ask."""
    host, slash, path = address.partition("/")
    name, _, number = host.rpartition(":") if ":" in host else (host, "", "")
    if name in ("", "0.0.0.0"):  # noqa: S104 - read from what a server binds to, never bound by us
        name = "127.0.0.1"
    number = number or ("" if port is None else str(port))
    return f"http://{name}{':' if number else ''}{number}{slash}{path}"


def _price_id(model_id: str, row: Provider) -> tuple[str, str] | None:
    provider, _, model = model_id.partition(":")
    known = CATALOG.get(provider, row)
    return None if known.price_provider is None else (known.price_provider, model)
