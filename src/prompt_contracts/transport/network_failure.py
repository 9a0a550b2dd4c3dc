"""What httpx raises -> what went wrong, in words for people. Sends nothing; keys are masked by who shows it."""

from __future__ import annotations

import re

from prompt_contracts.errors import UsageError
from prompt_contracts.provider_error import ErrorKind, ProviderError
from prompt_contracts.transport.redaction import stored_url

LONGEST_CONNECT = 5.0
"""Seconds to connect; a server that is there answers that much faster."""


class MalformedError(Exception):
    """An answer that cannot be taken; the message is for people."""


def connect_timeout(timeout: float) -> float:
    """Seconds to connect, out of those of a whole attempt."""
    return min(timeout, LONGEST_CONNECT)


def host_of(url: str) -> str:
    """Host and port of an address, for people."""
    return stored_url(url).partition("://")[2].partition("/")[0] or "the provider"


def read_failure(error: BaseException, *, url: str, timeout: float, provider: str) -> ProviderError | UsageError | None:
    """Why a request to `url` brought no answer within `timeout` seconds.

    A `UsageError` is the fault of who set the provider up: nothing that a case might expect of the provider. None
    is for what is none of the network's.
    """
    import httpx

    host = host_of(url)
    kind: ErrorKind = "connection"
    match error:
        case httpx.ConnectTimeout():
            kind, message = "timeout", f"no connection to {host} within {connect_timeout(timeout):g} s"
        case httpx.TimeoutException() | TimeoutError():
            kind, message = "timeout", f"no complete answer from {host} within {timeout:g} s"
        case MalformedError():
            kind, message = "malformed_response", str(error)
        case httpx.RemoteProtocolError() if not _is_disconnect(error):
            kind, message = "malformed_response", f"the answer of {host} is no proper HTTP: {_reason(error)}"
        case httpx.UnsupportedProtocol() | httpx.InvalidURL():
            return UsageError(f"{stored_url(url)!r} is no http or https address: look at the address of {provider}")
        case httpx.LocalProtocolError() | UnicodeEncodeError():
            # Its text repeats the header that was refused.
            return UsageError(f"the request to {host} cannot be written as HTTP: look at the headers of {provider}")
        case httpx.ConnectError() | httpx.ProxyError():
            message = f"cannot connect to {host}: {_reason(error)}"
        case httpx.TransportError():
            message = f"the connection to {host} broke: {_reason(error)}"
        case _:
            return None
    return ProviderError(kind=kind, message=message)


def _is_disconnect(error: Exception) -> bool:
    """Whether the server went away, of which httpx makes an offence against HTTP."""
    return "disconnected" in str(error) or "closed connection" in str(error)


def _reason(error: Exception) -> str:
    text = re.sub(r"^\[Errno -?\d+\] ", "", str(error)) or type(error).__name__
    return text.rstrip(".")
