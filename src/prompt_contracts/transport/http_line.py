"""One HTTP client with its connections, and what all clients of a run share: certificates and routes."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from functools import lru_cache
from threading import Lock
from typing import Any

import httpx

from prompt_contracts.data_class import dataclass
from prompt_contracts.transport.limited_network import LimitedNetwork, OpenStreams
from prompt_contracts.transport.network_settings import proxy_routes
from prompt_contracts.transport.one_connection import OneConnection

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
        self._environ = environ
        # Certificates are looked up where somebody has to be trusted: that takes 20 ms.
        self._trusting_nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._trust: ssl.SSLContext | None = None
        self._making = Lock()
        routes = proxy_routes(environ)
        self._proxies = {pattern: None if url is None else httpx.Proxy(url) for pattern, url in routes.items()}
        self._limits = httpx.Limits(
            max_connections=None, max_keepalive_connections=None, keepalive_expiry=_IDLE_SECONDS
        )

    def make(self, origin: str) -> HttpLine:
        """A client for one server, without any connection."""
        context = self._trusting_nobody if origin.lower().startswith("http://") else self._trusting()
        streams = OpenStreams()
        mounts = {
            pattern: None if proxy is None else self._transport(context, streams, proxy)
            for pattern, proxy in self._proxies.items()
        }
        own = self._transport(context, streams, None)
        return HttpLine(_Client(transport=own, trust_env=False, mounts=mounts, follow_redirects=False), streams)

    def _trusting(self) -> ssl.SSLContext:
        with self._making:
            if self._trust is None:
                self._trust = _context(self._environ)
            return self._trust

    def _transport(
        self, context: ssl.SSLContext, streams: OpenStreams, proxy: httpx.Proxy | None
    ) -> httpx.HTTPTransport:
        transport = httpx.HTTPTransport(verify=context, limits=self._limits, proxy=proxy)
        pool: Any = transport._pool  # noqa: SLF001 - httpx has no other way to it; a test sees to it that the limits hold
        pool._network_backend = LimitedNetwork(pool._network_backend, streams)  # noqa: SLF001 - as above
        alone: Any = OneConnection(pool)
        transport._pool = alone  # noqa: SLF001 - as above
        return transport


class _NoCookies(httpx.Cookies):
    """What one answer sets must not change the request of another cell."""

    def extract_cookies(self, response: httpx.Response) -> None:
        """Take none, and do not look for any: httpx makes a request of urllib's for it."""


_NO_COOKIES = _NoCookies()


class _Client(httpx.Client):
    @property
    def cookies(self) -> httpx.Cookies:
        return _NO_COOKIES

    @cookies.setter
    def cookies(self, cookies: object) -> None:
        raise NotImplementedError


@lru_cache(maxsize=256)
def _url(text: str) -> httpx.URL:
    return httpx.URL(text)


def http_request(
    client: httpx.Client,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    content: bytes | None,
    extensions: Mapping[str, Any],
) -> httpx.Request:
    """What `client.build_request` makes of it, in half the time: addresses are taken apart once.

    `headers` are in small letters, and `extensions` tell the timeouts.
    """
    own = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
    others = [(name, value) for name, value in client.headers.raw if name.decode("ascii").lower() not in headers]
    return httpx.Request(method, _url(url), headers=[*others, *own], content=content, extensions=dict(extensions))


def _context(environ: Mapping[str, str]) -> ssl.SSLContext:
    """The certificates that are trusted: as httpx chooses them."""
    if file := environ.get("SSL_CERT_FILE"):
        return ssl.create_default_context(cafile=file)
    if folder := environ.get("SSL_CERT_DIR"):
        return ssl.create_default_context(capath=folder)
    return httpx.create_ssl_context(trust_env=False)
