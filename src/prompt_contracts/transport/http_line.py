"""One HTTP client with its connections, and what all clients of a run share: certificates and routes."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import CookieJar
from typing import Any

import httpx

from prompt_contracts.transport.limited_network import OpenStreams, limit_network
from prompt_contracts.transport.network_settings import proxy_routes

_IDLE_SECONDS = 30.0
"""A connection that nobody used for so long is not used again; servers close theirs after a minute or more."""


@dataclass(frozen=True, slots=True, eq=False)
class HttpLine:
    """A client for one thread at a time."""

    client: httpx.Client
    streams: OpenStreams


class HttpLineMaker:
    """Makes clients in a fraction of a millisecond: certificates and routes are looked up once."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._context = _context(environ)
        routes = proxy_routes(environ)
        self._proxies = {pattern: None if url is None else httpx.Proxy(url) for pattern, url in routes.items()}
        self._limits = httpx.Limits(
            max_connections=None, max_keepalive_connections=None, keepalive_expiry=_IDLE_SECONDS
        )

    def make(self) -> HttpLine:
        """A client without any connection."""
        mounts = {
            pattern: None if proxy is None else self._transport(proxy) for pattern, proxy in self._proxies.items()
        }
        client = httpx.Client(
            transport=self._transport(None),
            trust_env=False,
            mounts=mounts,
            cookies=_NoCookies(),
            follow_redirects=False,
        )
        return HttpLine(client, limit_network(client))

    def _transport(self, proxy: httpx.Proxy | None) -> httpx.HTTPTransport:
        return httpx.HTTPTransport(verify=self._context, limits=self._limits, proxy=proxy)


class _NoCookies(CookieJar):
    """What one answer sets must not change the request of another cell."""

    def extract_cookies(self, response: Any, request: Any) -> None:
        """Take none."""


def _context(environ: Mapping[str, str]) -> ssl.SSLContext:
    """The certificates that are trusted: as httpx chooses them."""
    if file := environ.get("SSL_CERT_FILE"):
        return ssl.create_default_context(cafile=file)
    if folder := environ.get("SSL_CERT_DIR"):
        return ssl.create_default_context(capath=folder)
    return httpx.create_ssl_context(trust_env=False)
