"""Runs dialogues with the scripted Assistants server over HTTP, and remembers what each of them took."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from prompt_contracts.completion import Completion
from prompt_contracts.dialects.dialogue import Pause, Step
from prompt_contracts.interaction import ApiRequest, ApiResponse
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.target import Target
from tests.assistants_server import AssistantsService, RunningServer, Script, running_server


@dataclass(kw_only=True)
class Driver:
    """A client of one running server, and the dialogues with it."""

    server: RunningServer
    client: httpx.Client

    @property
    def target(self) -> Target:
        return Target(provider="house", model="gpt-4o-mini", base_url=self.server.base_url)

    def serve(self, *scripts: Script) -> AssistantsService:
        """Answer from now on with a new service, whose runs follow these scripts."""
        self.server.service = AssistantsService(*scripts)
        return self.server.service

    def drive(self, step: Step) -> Driven:
        """Run a dialogue to its end over HTTP; pauses cost no time."""
        driven = Driven()
        sent: ApiResponse | None = None
        while True:
            try:
                wanted = step.send(sent)
            except StopIteration as stop:
                driven.answer = stop.value
                return driven
            if isinstance(wanted, Pause):
                driven.pauses.append(wanted.seconds)
                sent = None
            else:
                driven.requests.append(wanted)
                sent = self._send(wanted)

    def _send(self, request: ApiRequest) -> ApiResponse:
        content = None if request.body is None else json.dumps(request.body).encode()
        headers = [("content-type", "application/json"), *request.headers]
        response = self.client.request(request.method, request.url, headers=headers, content=content)
        found = tuple((name.lower(), value) for name, value in response.headers.items())
        return ApiResponse(status=response.status_code, headers=found, body=response.content)


@dataclass(kw_only=True)
class Driven:
    """What came of one step of a dialogue, and what it took."""

    answer: Completion | ProviderError | None = None
    requests: list[ApiRequest] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)

    @property
    def completion(self) -> Completion:
        assert isinstance(self.answer, Completion), self.answer
        return self.answer

    @property
    def error(self) -> ProviderError:
        assert isinstance(self.answer, ProviderError), self.answer
        return self.answer


@contextmanager
def running_driver() -> Iterator[Driver]:
    """A server of its own and a client for it."""
    with running_server() as server, httpx.Client(trust_env=False) as client:
        yield Driver(server=server, client=client)
