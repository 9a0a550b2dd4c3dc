"""Clients of many threads: each thread has its own connection, kept for the next one, and all end with the run."""

from __future__ import annotations

import gc
import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event, Thread

import httpx
import pytest
from httpx._utils import get_environment_proxies

from prompt_contracts.errors import RunStopped, UsageError
from prompt_contracts.interaction import ApiRequest, Interaction
from prompt_contracts.transport.http_line import HttpLineMaker, http_request
from prompt_contracts.transport.network_settings import proxy_routes
from tests.transport.loopback import Answer, Asked, Loopback, Workshop

COUNT = 12


def test_threads_that_ask_at_once_have_a_connection_each_which_later_threads_use(
    workshop: Workshop, server: Loopback
) -> None:
    together = Barrier(COUNT)

    def answer(asked: Asked) -> Answer:
        together.wait(timeout=30)
        return Answer()

    server.answer = answer
    cell = workshop.open("live")

    for _ in range(3):
        with ThreadPoolExecutor(COUNT) as pool:
            found = pool.map(lambda trial: cell.send(workshop.request(), trial=trial), range(1, COUNT + 1))
            assert all(each.response is not None for each in found)

    assert len({asked.port for asked in server.asked}) == COUNT


def test_a_thread_that_was_alone_leaves_its_connection_to_the_next_one(workshop: Workshop, server: Loopback) -> None:
    cell = workshop.open("live")

    for trial in range(1, 6):
        thread = Thread(target=cell.send, args=(workshop.request(),), kwargs={"trial": trial})
        thread.start()
        thread.join()

    assert len({asked.port for asked in server.asked}) == 1


def test_cells_share_no_cookies(workshop: Workshop, server: Loopback) -> None:
    server.answer = lambda asked: Answer(headers=(("Set-Cookie", "session=1; Path=/"),))
    cell = workshop.open("live")

    for trial in (1, 2, 3):
        cell.send(workshop.request(), trial=trial)

    assert not any("cookie" in asked.headers for asked in server.asked)


@pytest.mark.parametrize(
    ("method", "url", "headers", "content"),
    [
        (
            "POST",
            "http://a.example/v1/\u00fc?x=1 2",
            {"accept": "application/json", "authorization": "Bearer k"},
            b"{}",
        ),
        ("get", "https://A.example:443/v1", {"accept": "x", "user-agent": "me"}, None),
        ("DELETE", "https://a.example:8443/v1", {}, b""),
        ("POST", "http://a.example/x", {"host": "other", "content-length": "3", "connection": "close"}, b"abc"),
    ],
)
def test_a_request_is_the_one_that_httpx_would_build(
    method: str, url: str, headers: dict[str, str], content: bytes | None
) -> None:
    client = HttpLineMaker({}).make("http://a.example").client
    timeouts = {"connect": 5.0, "read": 9.0, "write": 9.0, "pool": 9.0}

    for _ in range(2):
        made = http_request(client, method, url, headers=headers, content=content, extensions={"timeout": timeouts})
        wanted = client.build_request(
            method, url, headers=headers, content=content, timeout=httpx.Timeout(9.0, connect=5.0)
        )

        assert (made.method, made.url, made.content) == (wanted.method, wanted.url, wanted.content)
        assert made.headers.raw == wanted.headers.raw
        assert made.extensions == wanted.extensions


def test_proxies_and_certificates_are_those_of_the_beginning_whatever_the_environment_says_later(
    workshop: Workshop, server: Loopback, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    proxy = Loopback()
    try:
        direct = workshop.transport("live").open(workshop.cell())
        monkeypatch.setenv("http_proxy", proxy.base_url.removesuffix("/v1"))
        through = workshop.transport("live").open(workshop.cell())
        monkeypatch.delenv("http_proxy")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "nowhere"))

        direct.send(workshop.request(), trial=1)
        through.send(workshop.request(), trial=1)
    finally:
        proxy.close()

    assert len(server.asked) == len(proxy.asked) == 1


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"http_proxy": "http://a:1", "HTTPS_PROXY": "b:2", "all_proxy": "http://c:3"},
        {"http_proxy": "http://lower:1", "HTTP_PROXY": "http://upper:1"},
        {"http_proxy": "", "HTTP_PROXY": "http://upper:1"},
        {"HTTP_PROXY": "http://a:1", "REQUEST_METHOD": "GET"},
        {"all_proxy": "http://c:3", "NO_PROXY": "a.example, .b.example,localhost,127.0.0.1,::1,10.0.0.0/8,http://x"},
        {"all_proxy": "http://c:3", "no_proxy": "a.example,*"},
        {"no_proxy": "a.example"},
        {"all_proxy": "http://c:3", "no_proxy": "", "NO_PROXY": "a.example"},
    ],
    ids=str,
)
def test_routes_are_those_that_httpx_reads_in_its_environment(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in os.environ:
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    assert proxy_routes(environ) == get_environment_proxies()


def test_closing_ends_the_wait_of_threads_that_hang_and_leaves_no_socket_open(
    workshop: Workshop, server: Loopback
) -> None:
    released, came = Event(), Barrier(COUNT + 1)

    def hang(asked: Asked) -> Answer:
        came.wait(timeout=30)
        released.wait(timeout=60)
        return Answer()

    server.answer = hang
    transport = workshop.transport("live", max_retries=0)
    cell = transport.open(workshop.cell())
    found: list[Interaction] = []

    def ask(trial: int) -> None:
        found.append(cell.send(workshop.request(), trial=trial, timeout=50))

    threads = [Thread(target=ask, args=(trial,), daemon=True) for trial in range(1, COUNT + 1)]
    for thread in threads:
        thread.start()
    came.wait(timeout=30)

    with warnings.catch_warnings(record=True) as unclosed:
        warnings.simplefilter("always", ResourceWarning)
        transport.close()
        for thread in threads:
            thread.join(timeout=30)
        gc.collect()
    released.set()

    assert [each.failure.kind for each in found if each.failure is not None] == ["connection"] * COUNT
    assert unclosed == []


def test_nobody_is_asked_after_the_end(workshop: Workshop, server: Loopback) -> None:
    transport = workshop.transport("live")
    cell = transport.open(workshop.cell())
    cell.send(workshop.request(), trial=1)
    transport.close()

    with pytest.raises(RunStopped):
        cell.send(workshop.request(), trial=2)

    assert len(server.asked) == 1


def test_a_client_that_asked_one_server_is_not_handed_out_for_another(workshop: Workshop, server: Loopback) -> None:
    other = Loopback()
    cell = workshop.open("live")
    try:
        for trial in (1, 2):
            cell.send(workshop.request(), trial=trial)
            cell.send(ApiRequest(method="POST", url=f"{other.base_url}/chat", body={}), trial=trial)
    finally:
        workshop.close()
        other.close()

    assert [len({asked.port for asked in each.asked}) for each in (server, other)] == [1, 1]


def test_who_is_asked_without_tls_needs_no_certificates_and_trusts_nobody(
    workshop: Workshop, server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise AssertionError("they take longer to load than all the rest")

    monkeypatch.setattr("httpx.create_ssl_context", refuse)
    monkeypatch.setattr("ssl.create_default_context", refuse)
    transport = workshop.transport("live")

    transport.check_network([workshop.cell()])
    answer = transport.open(workshop.cell()).send(workshop.request(), trial=1)

    assert answer.response is not None
    with pytest.raises(UsageError, match="no HTTP client can be made here: AssertionError"):
        transport.check_network([workshop.cell(base_url="https://127.0.0.1:1/v1")])
