"""Requests that reached nobody, and what stands in the way: told apart, and free of charge."""

from __future__ import annotations

import socket
from decimal import Decimal

import pytest

from prompt_contracts.engine.cost import attempt_cost
from prompt_contracts.interaction import ApiRequest, Interaction
from tests.transport.loopback import Answer, Asked, Loopback, Workshop


def asked(workshop: Workshop, url: str) -> Interaction:
    request = ApiRequest(method="POST", url=url, body={})
    return workshop.open("live").send(request, trial=1, timeout=20, is_retried=False)


def told(interaction: Interaction) -> str:
    assert interaction.failure is not None
    assert interaction.failure.kind == "connection"
    return interaction.failure.message


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_a_refused_connection_costs_nothing(workshop: Workshop, closed_port: int) -> None:
    interaction = asked(workshop, f"http://127.0.0.1:{closed_port}/v1")
    cost = attempt_cost(interaction)

    assert interaction.is_unsent
    assert cost is not None
    assert cost.usd == Decimal(0)


def test_what_a_broken_connection_cost_stays_unknown(workshop: Workshop, server: Loopback) -> None:
    def die(asked: Asked) -> Answer:
        raise ConnectionAbortedError

    server.answer = die

    interaction = asked(workshop, f"{server.base_url}/chat")

    assert not interaction.is_unsent
    assert attempt_cost(interaction) is None


def test_a_proxy_that_is_not_there_is_told_as_the_proxy(
    workshop: Workshop, closed_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port}")

    message = told(asked(workshop, "http://provider.example/v1"))

    assert message == f"cannot connect to the proxy 127.0.0.1:{closed_port}: Connection refused"


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (407, b'{"error": "who are you?"}', ': {"error": "who are you?"}'),
        (502, b"<html><h1>No way</h1></html>", ": No way"),
        (503, b"", ""),
    ],
)
def test_a_proxy_s_own_page_is_told_as_the_proxy_s(
    workshop: Workshop, server: Loopback, monkeypatch: pytest.MonkeyPatch, status: int, body: bytes, words: str
) -> None:
    server.answer = lambda asked: Answer(status=status, body=body)
    address = server.base_url.removeprefix("http://").removesuffix("/v1")
    monkeypatch.setenv("http_proxy", f"http://{address}")

    message = told(asked(workshop, "http://provider.example/v1"))

    assert message == f"the proxy {address} did not pass the request on to provider.example: HTTP {status}{words}"


@pytest.mark.parametrize(
    ("status", "body"), [(200, b"<html>"), (404, b"<html>"), (500, b""), (502, b'{"error": {"message": "no"}}')]
)
def test_what_the_provider_behind_a_proxy_answers_is_the_provider_s(
    workshop: Workshop, server: Loopback, monkeypatch: pytest.MonkeyPatch, status: int, body: bytes
) -> None:
    server.answer = lambda asked: Answer(status=status, body=body)
    monkeypatch.setenv("http_proxy", server.base_url.removesuffix("/v1"))

    response = asked(workshop, "http://provider.example/v1").response

    assert response is not None
    assert (response.status, response.body) == (status, body)


def test_a_page_of_an_error_that_came_without_a_proxy_is_the_provider_s(workshop: Workshop, server: Loopback) -> None:
    server.answer = lambda asked: Answer(status=502, body=b"<html>")

    assert asked(workshop, f"{server.base_url}/chat").response is not None


def test_a_proxy_that_gives_no_way_is_told_as_the_proxy(
    workshop: Workshop, server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = server.base_url.removeprefix("http://").removesuffix("/v1")
    monkeypatch.setenv("https_proxy", f"http://{address}")

    interaction = asked(workshop, "https://provider.example/v1")

    assert told(interaction).startswith(f"the proxy {address} gives no way to provider.example: 501")
    assert interaction.is_unsent
