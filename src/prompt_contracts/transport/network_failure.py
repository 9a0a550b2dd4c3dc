"""What httpx raises -> what went wrong, in words for people. Sends nothing; keys are masked by who shows it."""

from __future__ import annotations

import re

from prompt_contracts.errors import UsageError
from prompt_contracts.provider_error import ErrorKind, ProviderError
from prompt_contracts.transport.redaction import stored_url

# As in the official client (openai-python 3.52: 600 s for all, 5 s to connect).
LONGEST_CONNECT = 5.0
"""Seconds to connect; a server that is there answers that much faster."""


_CERTIFICATE_HINT = "if this is its own certificate, name the file of it or of its authority in SSL_CERT_FILE"


class ProxyAnswerError(Exception):
    """A proxy answered in the place of the provider; the message is what it said."""


class MalformedError(Exception):
    """An answer that cannot be taken; the message is for people."""


def connect_timeout(timeout: float) -> float:
    """Seconds to connect, out of those of a whole attempt."""
    return min(timeout, LONGEST_CONNECT)


def host_of(url: str) -> str:
    """Host and port of an address, for people."""
    return stored_url(url).partition("://")[2].partition("/")[0] or "the provider"


def read_failure(
    error: BaseException, *, url: str, timeout: float, provider: str, proxy: str | None = None
) -> ProviderError | UsageError | None:
    """Why a request to `url` brought no answer within `timeout` seconds; `proxy` is what stands before it.

    A `UsageError` is the fault of who set the provider up: nothing that a case might expect of the provider. None
    is for what is none of the network's.
    """
    import httpx

    host = host_of(url)
    first = host if proxy is None else f"the proxy {proxy}"
    kind: ErrorKind = "connection"
    match error:
        # From the narrow to the wide: a ConnectTimeout is a TimeoutException, and both are TransportErrors.
        case httpx.ConnectTimeout():
            kind, message = "timeout", f"no connection to {first} within {connect_timeout(timeout):g} s"
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
        case ProxyAnswerError() | httpx.ProxyError() | httpx.ConnectError():
            message = _no_way(error, host=host, proxy=proxy)
        case httpx.TransportError():
            message = f"the connection to {host} broke: {_reason(error)}"
        case _:
            return None
    return ProviderError(kind=kind, message=message)


def _no_way(error: Exception, *, host: str, proxy: str | None) -> str:
    import httpx

    if isinstance(error, ProxyAnswerError):
        return f"the proxy {proxy} did not pass the request on to {host}: {error}"
    if isinstance(error, httpx.ProxyError):
        return f"the proxy {proxy} gives no way to {host}: {_reason(error)}"
    if "CERTIFICATE_VERIFY_FAILED" in str(error):  # a proxy only passes the handshake on
        return f"cannot connect to {host}: {_reason(error)}; {_CERTIFICATE_HINT}"
    first = host if proxy is None else f"the proxy {proxy}"
    return f"cannot connect to {first}: {_reason(error)}"


def _is_disconnect(error: Exception) -> bool:
    """Whether the server went away, of which httpx makes an offence against HTTP."""
    # The words of httpcore 1.0.9 and h11 0.16.
    return "disconnected" in str(error) or "closed connection" in str(error)


def _reason(error: Exception) -> str:
    text = re.sub(r"^\[Errno -?\d+\] ", "", str(error)) or type(error).__name__
    return text.rstrip(".")
