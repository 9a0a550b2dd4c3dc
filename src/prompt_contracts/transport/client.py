"""The one place that talks to the network: one request, one answer, the key added on the way.

No redirects, nothing recorded, no retries but one: where the pool handed out a connection that the server had
closed meanwhile. Failures come back as data and never hold a secret.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING

from prompt_contracts.errors import UsageError
from prompt_contracts.interaction import ApiRequest, ApiResponse, Interaction, Recorded
from prompt_contracts.json_value import Json
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.secret import mask, secrets_in
from prompt_contracts.target import Target
from prompt_contracts.transport.content_encoding import LARGEST_BODY
from prompt_contracts.transport.network_failure import MalformedError, connect_timeout, read_failure
from prompt_contracts.transport.redaction import keep_response_headers
from prompt_contracts.transport.sender import Sending

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
                self._client = self.fresh_client()
            return self._client

    def fresh_client(self) -> httpx.Client:
        """Another client, without any connection; the caller closes it."""
        import httpx

        limits = httpx.Limits(max_connections=None, max_keepalive_connections=32)
        return httpx.Client(follow_redirects=False, limits=limits)

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


class _StaleConnectionError(Exception):
    """A connection from the pool was closed by the server before the request came."""


@dataclass(slots=True, kw_only=True)
class _Attempt:
    """One request on its way."""

    request: ApiRequest
    headers: dict[str, str] = field(repr=False)
    timeout: float
    deadline: float
    """On the clock of the sender."""
    has_connected: bool = False
    """Whether a connection was opened for it, none taken from the pool."""

    def trace(self, event: str, _info: object) -> None:
        """Told by httpcore of everything it does."""
        self.has_connected = self.has_connected or "connect_tcp" in event


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSender:
    """Sends a cell's requests to its target."""

    connections: Connections
    target: Target
    environ: Mapping[str, str]
    now: Callable[[], datetime]
    monotonic: Callable[[], float]

    def send(self, request: ApiRequest, *, sending: Sending) -> Interaction:
        """One request over the network; `UsageError` when the key or the address is not set or cannot be used.

        A stream of events that breaks off is a response that holds what came.
        """
        self._check_address()
        headers = self._headers(request)
        self.connections.client()  # before the clock starts: making it is no part of the provider's latency
        started = self.monotonic()
        attempt = _Attempt(
            request=request, headers=headers, timeout=sending.timeout, deadline=started + sending.timeout
        )
        response: ApiResponse | None = None
        failure: ProviderError | None = None
        try:
            response = self._answer(attempt)
        except Exception as error:  # noqa: BLE001 - `_failure` raises again what is none of the network's
            failure = self._failure(error, request, sending.timeout)
        latency = round(max(self.monotonic() - started, 0.0), 4)
        at = self.now().astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")
        recorded = Recorded(at=f"{at}Z", latency=latency, attempts=1, trial=sending.trial)
        return Interaction(request=request, response=response, failure=failure, recorded=recorded)

    def _check_address(self) -> None:
        if self.target.base_url is None:
            name = self.target.base_url_env or "the address"
            raise UsageError(f"{name} is not set: {self.target.id} has no address to ask", code="PC301")
        if "@" in self.target.base_url.partition("://")[2].partition("/")[0]:
            # HTTP clients would send them in place of the key.
            text = (
                f"the address of {self.target.id} holds a user and a password, which would be sent in place of the key"
            )
            raise UsageError(f"{text}: take them out of it", code="PC301")

    def _headers(self, request: ApiRequest) -> dict[str, str]:
        headers = {"accept": "application/json", "accept-encoding": "gzip, deflate"}
        if request.body is not None:
            headers["content-type"] = "application/json"
        headers |= {name.lower(): value for name, value in self.target.headers.items()}
        headers |= {
            name.lower(): value
            for name, variable in self.target.header_env.items()
            if (value := self._value_of(variable))
        }
        headers |= {name.lower(): value for name, value in request.headers}
        name = self.target.api_key_env
        key = "" if name is None else self._value_of(name)
        if not key:
            if is_key_missing(self.target, self.environ):
                help_text = "set it in the environment or in .env"
                raise UsageError(f"{name} is not set, and {self.target.id} needs it: {help_text}", code="PC301")
            return headers
        if self.target.auth == "bearer":
            return {**headers, "authorization": f"Bearer {key}"}
        return {**headers, "api-key": key}

    def _value_of(self, variable: str) -> str:
        """A variable of the environment as a header can carry it, empty when it is not set."""
        value = self.environ.get(variable, "").strip()
        if value and not _HEADER_VALUE.match(value):
            raise UsageError(f"{variable} holds characters that no HTTP header can carry", code="PC301")
        return value

    def _answer(self, attempt: _Attempt) -> ApiResponse:
        try:
            return self._exchange(self.connections.client(), attempt)
        except _StaleConnectionError:
            # The server closed a connection that it had promised to keep: that says nothing of the request,
            # which it has not read. The other connections of the pool may be as old, hence a client without any.
            with self.connections.fresh_client() as client:
                return self._exchange(client, attempt)

    def _exchange(self, client: httpx.Client, attempt: _Attempt) -> ApiResponse:
        response = self._opened(client, attempt)
        try:
            body = self._read(response, attempt)
        finally:
            response.close()
            client.cookies.clear()
        kept = keep_response_headers(response.headers.multi_items())
        return ApiResponse(status=response.status_code, headers=kept, body=body)

    def _opened(self, client: httpx.Client, attempt: _Attempt) -> httpx.Response:
        """The response as far as its headers."""
        import httpx

        request = attempt.request
        sent = client.build_request(
            request.method,
            request.url,
            headers=attempt.headers,
            content=None if request.body is None else encode_body(request.body),
            timeout=httpx.Timeout(attempt.timeout, connect=connect_timeout(attempt.timeout)),
            extensions={"trace": attempt.trace},
        )
        sent.headers.pop("cookie", None)
        try:
            return client.send(sent, stream=True, auth=None)
        except (httpx.ReadError, httpx.RemoteProtocolError) as error:
            is_closed = isinstance(error, httpx.ReadError) or "without sending a response" in str(error)
            if is_closed and not attempt.has_connected:
                raise _StaleConnectionError from None
            raise

    def _read(self, response: httpx.Response, attempt: _Attempt) -> bytes:
        """The decoded body. httpx limits the wait for each piece, not for all: hence the deadline."""
        import httpx

        body = bytearray()
        # httpcore looks at this once more before it reads the body.
        response.request.extensions["timeout"]["read"] = self._seconds_left(attempt)
        try:
            for piece in response.iter_bytes():
                body += piece
                if len(body) > LARGEST_BODY:
                    limit = LARGEST_BODY // 1024 // 1024
                    raise MalformedError(f"the answer is larger than {limit} MB")
                self._seconds_left(attempt)
        except httpx.TransportError as error:
            is_kept = body and response.status_code < 300 and _streams(response, bytes(body))
            if isinstance(error, httpx.TimeoutException) or not is_kept:
                raise
        return bytes(body)

    def _seconds_left(self, attempt: _Attempt) -> float:
        left = attempt.deadline - self.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def _failure(self, error: Exception, request: ApiRequest, timeout: float) -> ProviderError:
        found = read_failure(error, url=request.url, timeout=timeout, provider=self.target.provider)
        secrets = secrets_in(self.environ, named=secret_names(self.target))
        if isinstance(found, UsageError):
            raise UsageError(mask(str(found), secrets)) from None
        return replace(found, message=mask(found.message, secrets))


def secret_names(target: Target) -> tuple[str, ...]:
    """The variables of the environment whose values go to a target."""
    key = () if target.api_key_env is None else (target.api_key_env,)
    return (*key, *target.header_env.values())


def _streams(response: httpx.Response, body: bytes) -> bool:
    headers = keep_response_headers(response.headers.multi_items())
    return ApiResponse(status=response.status_code, headers=headers, body=body).is_event_stream


def encode_body(body: Json) -> bytes:
    """The JSON bytes that are sent; lone surrogates, which UTF-8 has no form for, stay escapes."""
    text = json.dumps(body, ensure_ascii=False)
    return _SURROGATE.sub(lambda found: f"\\u{ord(found.group()):04x}", text).encode()
