"""What an application finds at its address: its requests go through the cell's transport, each is kept.

Answers as a provider would. A recording that cannot serve is kept apart, for the application may well get over it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from threading import Lock
from urllib.parse import quote, unquote

from prompt_contracts.application.own_retries import Asking, OwnRetries, own_retries
from prompt_contracts.errors import RecordingError, RunStopped, UsageError
from prompt_contracts.fault import FAULTS, Fault, FaultPlan
from prompt_contracts.interaction import ApiRequest, ApiResponse, Interaction
from prompt_contracts.json_value import Json, NotJsonError, canonical, parse_json
from prompt_contracts.stub.lease import Cut, Hang, Incoming, Reset, StubReply, error_response
from prompt_contracts.stub.wire_form import has_end_mark
from prompt_contracts.target import Target
from prompt_contracts.transport.cell_transport import CellTransport

EndpointError = RecordingError | UsageError

_PASSED_ON = frozenset({"openai-beta"})
"""Headers of the application that an API family needs; every other one is the transport's own affair."""


class ApplicationEndpoint:
    """Answers the requests of one trial's application. Thread-safe."""

    def __init__(
        self,
        target: Target,
        transport: CellTransport,
        *,
        trial: int,
        timeout: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`timeout` is in seconds for one attempt at the provider."""
        self._target = target
        self._transport = transport
        self._trial = trial
        self._timeout = timeout
        self._lock = Lock()
        self._plan: FaultPlan | None = None
        self._interactions: list[Interaction] = []
        self._last: dict[tuple[str, str, str], Asking] = {}
        self._askings: dict[int, Asking] = {}
        self._monotonic = monotonic
        self._numbers = 0
        self.problem: EndpointError | None = None
        """The first request that could not be answered at all: nobody may judge what came after it."""
        self.crash: Exception | None = None
        """A mistake of our own, to be raised where somebody sees it."""

    @property
    def interactions(self) -> tuple[Interaction, ...]:
        """The answered requests, every attempt for itself, in the order in which they were answered; only grows."""
        with self._lock:
            return tuple(self._interactions)

    def begin_turn(self, fault: FaultPlan | None) -> None:
        """From here on these faults hold, and a request that is asked again is a new one."""
        with self._lock:
            self._plan = fault
            self._last.clear()
            self._askings.clear()

    def own_retries(self, *, is_stopped: bool) -> OwnRetries | None:
        """What was asked again after errors since the turn began; `is_stopped` counts the time up to now."""
        with self._lock:
            askings = list(self._askings.values())
        return own_retries(askings, until=self._monotonic() if is_stopped else None)

    def answer(self, incoming: Incoming) -> StubReply:
        """What the application gets for one request."""
        if incoming.refusal is not None:
            what = f"{incoming.method} {incoming.path}"
            return self._refusal(UsageError(f"the application asked {what}, which was refused: {incoming.refusal}"))
        if incoming.is_outside:
            return self._outside(incoming)
        own = self._own_answer(incoming)
        if own is not None:
            return own
        try:
            body = parse_json(incoming.body) if incoming.body else None
        except NotJsonError as error:
            what = f"{incoming.method} {incoming.path}"
            return self._refusal(UsageError(f"the application asked {what} with a body that is not JSON: {error}"))
        request = ApiRequest(
            method=incoming.method,
            url=_provider_url(self._target, incoming),
            body=_with_model(self._target, body, incoming.deployment),
            headers=tuple((name, value) for name, value in incoming.headers.items() if name in _PASSED_ON),
        )
        try:
            return self._asked(request)
        except (RecordingError, UsageError) as problem:
            return self._refusal(problem)
        except RunStopped as stopped:
            self.crash = self.crash or stopped
            return error_response(500, str(stopped), code="prompt_contracts_stopped", kind="server_error")
        except RecursionError:
            what = f"{incoming.method} {incoming.path}"
            return self._refusal(UsageError(f"the application asked {what} with a body that is nested too deeply"))
        except Exception as crash:
            self.crash = self.crash or crash
            raise

    def _asked(self, request: ApiRequest) -> StubReply:
        with self._lock:
            plan = self._plan
            asking = self._begin(request)
        # Not under the lock, for an application may ask several things at once; and without retries, since SDKs have
        # their own: both together would multiply.
        interaction = self._transport.send(
            request,
            trial=self._trial,
            timeout=self._timeout,
            number=asking.number,
            attempt=asking.attempt,
            fault=plan,
            is_retried=False,
        )
        fault = None if plan is None else plan.fault_of(request=asking.number, attempt=asking.attempt)
        with self._lock:
            self._interactions.append(interaction)
            asking.has_failed = fault is not None or is_failure(interaction)
        return _reply(interaction, fault)

    def _begin(self, request: ApiRequest) -> Asking:
        """SDKs send the same request again after a failure; the same one after an answer is a new one."""
        key = (request.method, request.url, canonical(request.body))
        before, now = self._last.get(key), self._monotonic()
        if before is not None and before.has_failed:
            asking = Asking(number=before.number, attempt=before.attempt + 1, since=before.since, at=now)
        else:
            self._numbers += 1
            asking = Asking(number=self._numbers, attempt=1, since=now, at=now)
        self._last[key] = self._askings[asking.number] = asking
        return asking

    def _outside(self, incoming: Incoming) -> ApiResponse:
        """A request that would never have reached the provider: what the application makes of it is no verdict."""
        what = f"{incoming.method} {incoming.path or '/'}"
        if incoming.method != "POST":
            return error_response(404, "the address of the API ends in /v1", code="unknown_address")
        reason = "which is no path of OpenAI's API: use OPENAI_BASE_URL whole, with its /v1"
        if "/api/" in f"{incoming.path}/":
            reason = (
                "which is Ollama's own API and is not spoken here: ask its OpenAI-compatible one, with a client of "
                "OpenAI's API and OPENAI_BASE_URL as its address"
            )
        return self._refusal(UsageError(f"the application asked {what}, {reason}"))

    def _refusal(self, problem: EndpointError) -> ApiResponse:
        with self._lock:
            self.problem = self.problem or problem
        # A 500 that says `x-should-retry: false`: SDKs would ask again, and miss the recording again.
        return error_response(500, str(problem), code="prompt_contracts_recording", kind="server_error")

    def _own_answer(self, incoming: Incoming) -> ApiResponse | None:
        """Applications list the models when they start; that is no part of what a case is about."""
        path = incoming.path.partition("?")[0].rstrip("/")
        if incoming.method not in ("GET", "HEAD"):
            return None
        known = {"id": self._target.model, "object": "model", "created": 0, "owned_by": self._target.provider}
        if path == "/models":
            return _json({"object": "list", "data": [known]})
        if unquote(path) == f"/models/{self._target.model}":
            return _json(known)
        if path.startswith("/models/") or incoming.method == "HEAD":
            return error_response(404, f"here is only the model {self._target.model}", code="model_not_found")
        return None


def _json(value: object) -> ApiResponse:
    return ApiResponse(status=200, headers=(("content-type", "application/json"),), body=json.dumps(value).encode())


def _provider_url(target: Target, incoming: Incoming) -> str:
    """The provider's address for a path that the application asked for, queries of both kept."""
    below, _, query = incoming.path.partition("?")
    if target.has_model_in_path and incoming.deployment is not None:
        below = f"/deployments/{quote(incoming.deployment, safe='')}{below}"
    elif below == "/chat/completions":
        below = target.chat_path
    url = target.url(below)
    query = "&".join(part for part in query.split("&") if part.partition("=")[0] not in target.query)
    return f"{url}{'&' if '?' in url else '?'}{query}" if query else url


def _with_model(target: Target, body: Json, deployment: str | None) -> Json:
    """The body with the model that Azure's path named; elsewhere than at Azure the body's own goes before it."""
    if deployment is None or not isinstance(body, dict) or target.has_model_in_path:
        return body
    own = None if target.provider == "azure" else body.get("model")
    return {**body, "model": deployment if own is None else own}


def is_failure(interaction: Interaction) -> bool:
    """Whether an application asks again after that."""
    return interaction.response is None or interaction.response.status >= 400


def _reply(interaction: Interaction, fault: Fault | None) -> StubReply:
    response = interaction.response
    if response is not None:
        if fault is not None and FAULTS[fault.kind].is_of_streams and response.is_event_stream:
            return response if has_end_mark(response.body) else Cut(response=response)
        is_live = not (interaction.is_replayed or interaction.is_injected)
        return response if is_live else _without_waits(interaction, response)
    failure = interaction.failure
    if failure is not None and failure.kind == "timeout":
        return Hang()
    if failure is not None and failure.kind == "budget":
        # 402 is sent again by nobody.
        return error_response(402, failure.message, code="prompt_contracts_budget", kind="insufficient_quota")
    if failure is not None and failure.kind == "malformed_response":
        return error_response(502, failure.message, code="malformed_response", kind="server_error")
    return Reset()


def _without_waits(interaction: Interaction, response: ApiResponse) -> ApiResponse:
    """An answer after which SDKs ask again, and nobody has to be spared: it was recorded, or the case made it up.

    What a case wrote stays. So does a wait so long that it is a reason not to ask again.
    """
    if not response.is_sent_again:
        return response
    headers = response.headers
    for name, shortest, longest in _WAITS:
        given = response.header(name)
        if given is None or (not interaction.is_injected and _is_at_most(given, longest)):
            headers = (*(pair for pair in headers if pair[0] != name), (name, shortest))
    return replace(response, headers=headers)


_WAITS = (("retry-after-ms", "1", 60_000), ("retry-after", "0", 60))
"""Name, the least that it can say, and the most after which SDKs ask again. OpenAI's own SDKs read the first one, and
take zero for nothing said; llama-index and LangChain JS read the second alone."""


def _is_at_most(given: str, longest: int) -> bool:
    try:
        return 0 <= float(given) <= longest
    except ValueError:
        return False
