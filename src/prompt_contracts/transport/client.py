"""The one place that talks to the network: one request, one answer, the key added on the way.

No redirects, no retries, nothing recorded. Failures come back as data and never hold a secret.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING

from prompt_contracts.errors import UsageError
from prompt_contracts.interaction import ApiRequest, ApiResponse, Interaction, Recorded
from prompt_contracts.json_value import Json
from prompt_contracts.provider_error import ErrorKind, ProviderError
from prompt_contracts.secret import mask, secrets_in
from prompt_contracts.target import Target
from prompt_contracts.transport.content_encoding import LARGEST_BODY
from prompt_contracts.transport.redaction import keep_response_headers, stored_url

if TYPE_CHECKING:
    import httpx

_SURROGATE = re.compile("[\ud800-\udfff]")
_HEADER_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?\Z")


class Connections:
    """The shared pool of connections of one run, made when it is first needed. Thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._client: httpx.Client | None = None

    def client(self) -> httpx.Client:
        """The one HTTP client; building it costs about 25 ms, so replay never does."""
        with self._lock:
            if self._client is None:
                import httpx

                limits = httpx.Limits(max_connections=None, max_keepalive_connections=32)
                self._client = httpx.Client(follow_redirects=False, limits=limits)
            return self._client

    def close(self) -> None:
        """Close every connection; a later request opens new ones."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()


def is_key_missing(target: Target, environ: Mapping[str, str]) -> bool:
    """Whether the target needs a key whose variable is not set, or is blank."""
    name = target.api_key_env
    return target.key_required and name is not None and not environ.get(name, "").strip()


class _MalformedError(Exception):
    """An answer that cannot be taken; the message is for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSender:
    """Sends a cell's requests to its target."""

    connections: Connections
    target: Target
    environ: Mapping[str, str]
    now: Callable[[], datetime]
    monotonic: Callable[[], float]

    def send(self, request: ApiRequest, *, trial: int, timeout: float) -> Interaction:
        """One request over the network; `UsageError` when the key or the address is not set."""
        self._check_address()
        headers = self._headers()
        self.connections.client()  # before the clock starts: making it is no part of the provider's latency
        started = self.monotonic()
        response: ApiResponse | None = None
        failure: ProviderError | None = None
        try:
            response = self._exchange(request, headers, timeout, started)
        except Exception as error:  # noqa: BLE001 - `_failure` raises again what is none of the network's
            failure = self._failure(error, request, timeout)
        latency = round(max(self.monotonic() - started, 0.0), 4)
        at = self.now().astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")
        recorded = Recorded(at=f"{at}Z", latency=latency, attempts=1, trial=trial)
        return Interaction(request=request, response=response, failure=failure, recorded=recorded)

    def _check_address(self) -> None:
        if self.target.base_url is None:
            name = self.target.base_url_env or "the address"
            raise UsageError(f"{name} is not set: {self.target.id} has no address to ask", code="PC301")

    def _headers(self) -> dict[str, str]:
        headers = {"accept": "application/json", "accept-encoding": "gzip, deflate"}
        headers |= {name.lower(): value for name, value in self.target.headers.items()}
        name = self.target.api_key_env
        key = self.environ.get(name, "").strip() if name is not None else ""
        if not key:
            if is_key_missing(self.target, self.environ):
                help_text = "set it in the environment or in .env"
                raise UsageError(f"{name} is not set, and {self.target.id} needs it: {help_text}", code="PC301")
            return headers
        if not _HEADER_VALUE.match(key):
            raise UsageError(f"{name} holds characters that no HTTP header can carry", code="PC301")
        if self.target.auth == "bearer":
            return {**headers, "authorization": f"Bearer {key}"}
        return {**headers, "api-key": key}

    def _exchange(self, request: ApiRequest, headers: dict[str, str], timeout: float, started: float) -> ApiResponse:
        content = None if request.body is None else encode_body(request.body)
        if content is not None:
            headers = {**headers, "content-type": "application/json"}
        client = self.connections.client()
        sent = client.build_request(request.method, request.url, headers=headers, content=content, timeout=timeout)
        sent.headers.pop("cookie", None)
        response = client.send(sent, stream=True, auth=None)
        try:
            body = self._read(response, started + timeout)
        finally:
            response.close()
            client.cookies.clear()
        kept = keep_response_headers(response.headers.multi_items())
        return ApiResponse(status=response.status_code, headers=kept, body=body)

    def _read(self, response: httpx.Response, deadline: float) -> bytes:
        """The decoded body. httpx limits the wait for each piece, not for all: hence the deadline."""
        body = bytearray()
        for piece in response.iter_bytes():
            body += piece
            if len(body) > LARGEST_BODY:
                limit = LARGEST_BODY // 1024 // 1024
                raise _MalformedError(f"the answer is larger than {limit} MB")
            if self.monotonic() > deadline:
                raise TimeoutError
        return bytes(body)

    def _failure(self, error: Exception, request: ApiRequest, timeout: float) -> ProviderError:
        import httpx

        host = _host(request.url)
        kind: ErrorKind = "connection"
        match error:
            case httpx.ConnectTimeout():
                kind, message = "timeout", f"no connection to {host} within {timeout:g} s"
            case httpx.TimeoutException() | TimeoutError():
                kind, message = "timeout", f"no complete answer from {host} within {timeout:g} s"
            case _MalformedError():
                kind, message = "malformed_response", str(error)
            case httpx.DecodingError():
                kind, message = "malformed_response", "the answer's compression is damaged"
            case httpx.UnsupportedProtocol() | httpx.InvalidURL():
                message = f"{stored_url(request.url)!r} is no http or https address"
            case httpx.LocalProtocolError() | UnicodeEncodeError():
                # Its text repeats the header that was refused.
                message = f"the request to {host} cannot be written as HTTP: look at the provider's headers"
            case httpx.ConnectError() | httpx.ProxyError():
                message = f"cannot connect to {host}: {_reason(error)}"
            case httpx.TransportError():
                message = f"the connection to {host} broke: {_reason(error)}"
            case _:
                raise error
        named = () if self.target.api_key_env is None else (self.target.api_key_env,)
        return ProviderError(kind=kind, message=mask(message, secrets_in(self.environ, named=named)))


def _host(url: str) -> str:
    return stored_url(url).partition("://")[2].partition("/")[0] or "the provider"


def _reason(error: Exception) -> str:
    text = re.sub(r"^\[Errno -?\d+\] ", "", str(error)) or type(error).__name__
    return text.rstrip(".")


def encode_body(body: Json) -> bytes:
    """The JSON bytes that are sent; lone surrogates, which UTF-8 has no form for, stay escapes."""
    text = json.dumps(body, ensure_ascii=False)
    return _SURROGATE.sub(lambda found: f"\\u{ord(found.group()):04x}", text).encode()
