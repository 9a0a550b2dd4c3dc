"""The one place that talks to the network: one request, one answer, the key added on the way.

No redirects, nothing recorded, no retries but one: where the pool handed out a connection that the server had
closed meanwhile. Failures come back as data and never hold a secret.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Mapping
from dataclasses import field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from prompt_contracts.data_class import dataclass
from prompt_contracts.errors import PromptContractsError, UsageError
from prompt_contracts.interaction import ApiRequest, ApiResponse, Interaction, Recorded
from prompt_contracts.masking import mask
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.secret import Secret
from prompt_contracts.target import Target
from prompt_contracts.transport.allowance import Allowance
from prompt_contracts.transport.body_bytes import encode_body
from prompt_contracts.transport.connections import Connections
from prompt_contracts.transport.content_encoding import LARGEST_CONTENT, EncodingError, inflate
from prompt_contracts.transport.network_failure import MalformedError, ProxyAnswerError, connect_timeout, read_failure
from prompt_contracts.transport.one_connection import REUSED
from prompt_contracts.transport.redaction import keep_response_headers
from prompt_contracts.transport.request_headers import RequestHeaders, request_headers
from prompt_contracts.transport.sender import Sending
from prompt_contracts.transport.wire_log import tell

if TYPE_CHECKING:
    import httpx

_PROXY_AUTHENTICATION_REQUIRED = 407
_STEPS = ("read", "write", "pool")
"""Of a request, each of which may take the whole timeout."""


def check_address(target: Target) -> None:
    """`UsageError` for an address that can never be asked; it shows nothing of it, which may hold a key."""
    if target.address_problem is not None:
        text = f"{target.address_problem}: write http://host or https://host, a port and a path (not shown)"
        raise UsageError(text, code="PC301")


class _StaleConnectionError(Exception):
    """A connection from the pool was closed by the server before the request came."""


@dataclass(slots=True, kw_only=True)
class _Attempt:
    """One request on its way."""

    request: ApiRequest
    headers: RequestHeaders
    timeout: float
    allowance: Allowance
    has_connected: bool = False
    """Whether a connection was opened for it, none taken from the pool."""

    is_on_its_way: bool = False
    """Whether a connection to the provider was there to send it over."""
    connected_to: str | None = None
    """Host and port of the last connection that was tried, those of a proxy if there is one."""

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Told by httpcore of everything it does with a new connection."""
        self.has_connected = self.has_connected or "connect_tcp" in event
        if event.endswith("connect_tcp.started"):
            self.connected_to = f"{info['host']}:{info['port']}"
        if event.endswith("send_request_headers.started") or event == REUSED:
            self.is_on_its_way = self.is_on_its_way or info["request"].method != b"CONNECT"

    @property
    def proxy(self) -> str | None:
        """Host and port of the proxy before the provider."""
        if self.connected_to is None or self.connected_to == _address_of(self.request.url):
            return None
        return self.connected_to


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSender:
    """Sends a cell's requests to its target."""

    connections: Connections
    target: Target
    environ: Mapping[str, str] = field(repr=False)
    secrets: Callable[[], tuple[Secret, ...]]
    """Kept out of what is said of failures."""
    now: Callable[[], datetime]
    monotonic: Callable[[], float]

    def send(self, request: ApiRequest, *, sending: Sending) -> Interaction:
        """One request over the network; `UsageError` when the key or the address is not set or cannot be used.

        A stream of events that breaks off is a response that holds what came.
        """
        self._check_address()
        headers = request_headers(request, self.target, self.environ)
        # Before the clock starts: making a client is no part of the provider's latency.
        with self.connections.client(origin_of(request.url)) as client:
            return self._sent(client, request, headers, sending=sending)

    def _sent(
        self, client: httpx.Client, request: ApiRequest, headers: RequestHeaders, *, sending: Sending
    ) -> Interaction:
        secrets = self.secrets()
        started = self.monotonic()
        allowance = Allowance(sending.timeout, monotonic=self.monotonic)
        attempt = _Attempt(request=request, headers=headers, timeout=sending.timeout, allowance=allowance)
        response: ApiResponse | None = None
        failure: ProviderError | None = None
        stopped: BaseException | None = None
        try:
            with allowance.held(), self.connections.log.covering(secrets):
                response = self._answer(client, attempt)
        except BaseException as error:  # noqa: BLE001 - `_failure` raises again what is none of the network's
            stopped = error
        if stopped is not None:
            # Behind the handler: within it, what is raised would drag along the frames that hold the key.
            failure = self._failure(stopped, attempt)
        latency = round(max(self.monotonic() - started, 0.0), 4)
        came = response.status if response is not None else failure.kind if failure is not None else "nothing"
        tell(secrets, method=request.method, url=request.url, came=came, latency=latency)
        at = self.now().astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")
        recorded = Recorded(at=f"{at}Z", latency=latency, attempts=1, trial=sending.trial)
        is_unsent = failure is not None and not attempt.is_on_its_way
        return Interaction(request=request, response=response, failure=failure, recorded=recorded, is_unsent=is_unsent)

    def _check_address(self) -> None:
        check_address(self.target)
        if self.target.base_url is None:
            name = self.target.base_url_env or "the address"
            raise UsageError(f"{name} is not set: {self.target.id} has no address to ask", code="PC301")
        if "@" in self.target.base_url.partition("://")[2].partition("/")[0]:
            # HTTP clients would send them in place of the key.
            text = (
                f"the address of {self.target.id} holds a user and a password, which would be sent in place of the key"
            )
            raise UsageError(f"{text}: take them out of it", code="PC301")

    def _answer(self, client: httpx.Client, attempt: _Attempt) -> ApiResponse:
        try:
            return self._exchange(client, attempt)
        except _StaleConnectionError:
            # The server closed a connection that it had promised to keep: that says nothing of the request,
            # which it has not read. The client had no other one to there: it opens one now.
            return self._exchange(client, attempt)

    def _exchange(self, client: httpx.Client, attempt: _Attempt) -> ApiResponse:
        response = self._opened(client, attempt)
        try:
            body = self._read(response, attempt)
        finally:
            response.close()
        kept = keep_response_headers(response.headers.multi_items())
        answer = ApiResponse(status=response.status_code, headers=kept, body=body)
        # A connection out of the pool was opened for another attempt, and that one's trace was told.
        peer = response.extensions["network_stream"].get_extra_info("connected_to")
        attempt.connected_to = f"{peer[0]}:{peer[1]}"
        # Through TLS a proxy sees nothing and says nothing: over https the answer is the provider's.
        if attempt.proxy is not None and attempt.request.url.lower().startswith("http:") and _is_of_a_proxy(answer):
            raise ProxyAnswerError(_told(answer))
        return answer

    def _opened(self, client: httpx.Client, attempt: _Attempt) -> httpx.Response:
        """The response as far as its headers."""
        import httpx

        from prompt_contracts.transport.http_line import http_request

        request = attempt.request
        timeouts = {"connect": connect_timeout(attempt.timeout), **dict.fromkeys(_STEPS, attempt.timeout)}
        sent = http_request(
            client,
            request.method,
            request.url,
            headers=attempt.headers.reveal(),
            content=None if request.body is None else encode_body(request.body),
            extensions={"trace": attempt.trace, "timeout": timeouts},
        )
        try:
            response = client.send(sent, stream=True, auth=None)
        except (httpx.ReadError, httpx.RemoteProtocolError) as error:
            # httpcore 1.0.9 has no type of its own for it, only these words.
            is_closed = isinstance(error, httpx.ReadError) or "without sending a response" in str(error)
            if is_closed and not attempt.has_connected:
                raise _StaleConnectionError from None
            raise
        attempt.allowance.note_answer()
        # httpcore keeps what came behind the end of an answer, and would read it as the beginning of the next.
        if not attempt.allowance.has_read:
            response.close()
            raise MalformedError("the answer before this one goes on after its end, so that nobody knows whose this is")
        return response

    def _read(self, response: httpx.Response, attempt: _Attempt) -> bytes:
        """The body without its compressions; of a stream of events that breaks off, what came."""
        import httpx

        raw = bytearray()
        broken: httpx.TransportError | None = None
        try:
            # httpx would unpack it without a limit.
            for piece in response.iter_raw():
                raw += piece
                if len(raw) > LARGEST_CONTENT:
                    limit = LARGEST_CONTENT // 1024 // 1024
                    raise MalformedError(f"the answer is larger than {limit} MB")
                attempt.allowance.left(None)
        # A TransportError as well; but one that is too slow is a timeout, however much of a stream has come.
        except httpx.TimeoutException:
            raise
        except httpx.TransportError as error:
            broken = error
        try:
            body = inflate(bytes(raw), response.headers.get_list("content-encoding"), is_cut=broken is not None)
        except EncodingError as error:
            raise broken or MalformedError(f"the answer {error}") from None
        if broken is not None and not (body and response.status_code < 300 and _streams(response, body)):
            raise broken
        return body

    def _failure(self, error: BaseException, attempt: _Attempt) -> ProviderError:
        url, provider = attempt.request.url, self.target.provider
        found = read_failure(error, url=url, timeout=attempt.timeout, provider=provider, proxy=attempt.proxy)
        if found is None:
            raise _without_frames(error)
        secrets = self.secrets()
        if isinstance(found, UsageError):
            raise UsageError(mask(str(found), secrets))
        return replace(found, message=mask(found.message, secrets))


def _without_frames(error: BaseException) -> BaseException:
    """The exception without the frames that it passed, in which the key stands; a note tells the lines."""
    lines = "".join(traceback.format_tb(error.__traceback__))
    error.__cause__ = error.__context__ = None
    if isinstance(error, Exception) and not isinstance(error, PromptContractsError):
        error.add_note(f"while a request was on its way; values are not shown:\n{lines}")
    return error.with_traceback(None)


def origin_of(url: str) -> str:
    """Scheme, host and port of an address, as they are written."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"


def _address_of(url: str) -> str:
    parts = urlsplit(url)
    # As httpcore tells it in its trace: always with a port.
    return f"{parts.hostname}:{parts.port or (443 if parts.scheme.lower() == 'https' else 80)}"


# RFC 9110 (15.6): 502 and 504 are words of a gateway; 503 is what Envoy says when it reaches nobody.
_OF_A_PROXY = frozenset({502, 503, 504})


def _is_of_a_proxy(answer: ApiResponse) -> bool:
    """Whether an answer that came through a proxy is its own: every provider reports its errors as JSON."""
    if answer.status == _PROXY_AUTHENTICATION_REQUIRED:
        return True
    return answer.status in _OF_A_PROXY and not answer.body.lstrip().startswith((b"{", b"["))


def _told(answer: ApiResponse) -> str:
    words = " ".join(re.sub(r"<[^<>]*>", " ", answer.text[:2000]).split())[:200]
    return f"HTTP {answer.status}{': ' if words else ''}{words}"


def _streams(response: httpx.Response, body: bytes) -> bool:
    headers = keep_response_headers(response.headers.multi_items())
    return ApiResponse(status=response.status_code, headers=headers, body=body).is_event_stream
