"""Addresses in the ways in which people paste them -> the base address of an API. Knows only their shapes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from urllib.parse import parse_qsl, urlsplit

from prompt_contracts.data_class import dataclass

# Documentation shows the address of a request, and that is what people copy.
_ENDPOINTS = ("/chat/completions", "/responses")

_BELOW_AZURE = re.compile(r"/openai(/v1|/deployments(/[^/]+)?)?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A base address and the query that was pasted with it."""

    base_url: str = field(repr=False)
    """Without query and without a trailing slash."""
    query: Mapping[str, str] = field(default_factory=dict, repr=False)


def read_address(text: str, *, base_path: str = "/v1", port: int | None = None) -> Address:
    """The base address behind the ways in which people paste one.

    A scheme is added where it is missing, https before a name of the internet without a port, and then `port` too;
    a trailing slash, a fragment and a full `/chat/completions` or `/responses` go, and an address without a path
    gets `base_path`. What is none gives no better one: ask `address_problem` first.
    """
    text = text.strip().partition("#")[0]
    if "://" not in text:
        text = _with_port(text, port)
    url, _, query = text.partition("?")
    url = url.rstrip("/")
    for endpoint in _ENDPOINTS:
        url = url.removesuffix(endpoint).rstrip("/")
    if not _has_path(url):
        url += base_path
    return Address(base_url=url, query=dict(parse_qsl(query)))


def address_problem(text: str) -> str | None:
    """Why no API can be asked at an address, in words that show none of it, since it may hold a key; None if it can."""
    written = text.strip().partition("#")[0]
    if "://" not in written and written.startswith(("/", "?")):
        return "names no host"
    url = (written if "://" in written else _with_port(written, None)).partition("?")[0]
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return "is no address that can be read"
    if parts.scheme not in ("http", "https"):
        return "has another scheme than http or https"
    if not has_host:
        return "names no host, or no port"
    if any(sign.isspace() or not sign.isprintable() or sign == "\\" for sign in url):
        return "holds a character that no address has"
    return "has an '@' behind its host" if "@" in parts.path or "//" in parts.path.rstrip("/") else None


def _has_path(url: str) -> bool:
    # What is no address at all is told when it is asked, with its name; a replay never asks it.
    try:
        return bool(urlsplit(url).path)
    except ValueError:
        return True


def azure_resource(base_url: str) -> str:
    """The address of an Azure resource, which stands before `/openai` and all that may follow it."""
    return _BELOW_AZURE.sub("", base_url)


def _with_port(address: str, port: int | None) -> str:
    """`host[:port][/path]` with a scheme; a server's bind address is no address to ask."""
    host, slash, path = address.partition("/")
    name, _, number = host.rpartition(":") if ":" in host else (host, "", "")
    # OLLAMA_HOST is what Ollama's server binds to, and its clients read the same variable.
    if name in ("", "0.0.0.0"):  # noqa: S104 - read from what a server binds to, never bound by us
        name = "127.0.0.1"
    number = number or ("" if port is None else str(port))
    # A key must not go over the internet in the clear because nobody wrote a scheme.
    scheme = "https" if not number and _is_domain(name) else "http"
    return f"{scheme}://{name}{':' if number else ''}{number}{slash}{path}"


def _is_domain(name: str) -> bool:
    """Whether a host has a name of the internet, such as `r.openai.azure.com`; numbers and `localhost` are none."""
    return (
        # `.local` is of the local network (RFC 6762), `.internal` is kept for private use (ICANN, July 2024).
        "." in name.strip(".") and any(each.isalpha() for each in name) and not name.endswith((".local", ".internal"))
    )
