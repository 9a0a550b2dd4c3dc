"""Requests of a client that takes the stand-in for a proxy: where it wants to go, on whose behalf. Forwards nothing."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import urlsplit

_LONGEST = 300
_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443, "ftp": 21}


def outside_host(method: str, target: str, *, own: frozenset[str]) -> str | None:
    """`host:port` of the other server that a request names; None for a request to this one, known as `own`."""
    if method == "CONNECT":
        return _shown(target)
    scheme, mark, _ = target.partition("://")
    if not (mark and scheme.isalnum()):
        return None
    try:
        parts = urlsplit(target)
        host, port = parts.netloc.rpartition("@")[2], parts.port
    except ValueError:
        return _shown(target)
    if parts.scheme == "http" and host.lower() in own:
        return None
    return _shown(host if port is not None else f"{host}:{_PORTS.get(parts.scheme, '?')}")


def proxy_user(authorization: str | None) -> str:
    """The user whom `Proxy-Authorization` names, as it stood in the proxy's address; empty without one."""
    kind, _, value = (authorization or "").partition(" ")
    if kind.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value.strip(), validate=True).decode("ascii").partition(":")[0]
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""


def _shown(host: str) -> str:
    return "".join(mark if mark.isprintable() else "?" for mark in host[:_LONGEST]) or "?"
