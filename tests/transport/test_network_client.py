"""One request over the network: what is sent, and every way in which no answer comes."""

from __future__ import annotations

import gzip
import json
import socket
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.errors import UsageError
from prompt_contracts.interaction import ApiRequest
from prompt_contracts.json_value import canonical, canonical_text
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.transport import client
from prompt_contracts.transport.body_bytes import encode_body
from tests.transport.loopback import KEY, Answer, Asked, Loopback, Workshop


def failure_of(workshop: Workshop, *, timeout: float | None = None, url: str | None = None) -> ProviderError:
    """The failure of one request; checks that it is not recorded."""
    request = workshop.request() if url is None else ApiRequest(method="POST", url=url, body={})
    cell = workshop.open("once")
    interaction = cell.send(request, trial=1, timeout=timeout, is_retried=False)
    assert interaction.failure is not None
    assert interaction.response is None
    assert not cell.has_recorded
    assert not cell.save()
    assert KEY not in interaction.failure.message
    return interaction.failure


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_the_body_is_sent_as_json(workshop: Workshop, server: Loopback) -> None:
    workshop.record(workshop.request("Grüße"))

    assert json.loads(server.asked[0].body)["messages"][0]["content"] == "Grüße"
    assert server.asked[0].headers["content-type"] == "application/json"
    assert server.asked[0].method == "POST"


def test_a_request_without_a_body_sends_none(workshop: Workshop, server: Loopback) -> None:
    url = f"{workshop.base_url}/threads/1"
    workshop.record(ApiRequest(method="GET", url=url))

    assert server.asked[0].body == b""
    assert workshop.open().send(ApiRequest(method="GET", url=url), trial=1).is_replayed


def test_an_error_status_is_a_response_and_is_recorded(workshop: Workshop, server: Loopback) -> None:
    server.answer = lambda asked: Answer(status=401, body=b'{"error": {"message": "no"}}')
    workshop.record()

    response = workshop.open().send(workshop.request(), trial=1).response

    assert response is not None
    assert response.status == 401


def test_a_redirect_is_not_followed(workshop: Workshop, server: Loopback) -> None:
    server.answer = lambda asked: Answer(status=302, headers=(("Location", "/elsewhere"),))
    response = workshop.open("live").send(workshop.request(), trial=1).response

    assert response is not None
    assert response.status == 302
    assert len(server.asked) == 1


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_compressed_answer_is_decoded_and_recorded_as_text(
    workshop: Workshop, server: Loopback, encoding: str
) -> None:
    packed = {"gzip": gzip.compress(b'{"a": 1}'), "deflate": zlib.compress(b'{"a": 1}')}[encoding]
    server.answer = lambda asked: Answer(headers=(("Content-Encoding", encoding),), body=packed)
    workshop.record()

    replayed = workshop.open().send(workshop.request(), trial=1).response

    assert replayed is not None
    assert json.loads(replayed.body) == {"a": 1}
    assert '"a": 1' in workshop.text
    assert "gzip" not in workshop.text


def test_a_server_that_does_not_answer_is_a_timeout(workshop: Workshop, silent_port: int) -> None:
    failure = failure_of(workshop, timeout=0.2, url=f"http://127.0.0.1:{silent_port}/v1/chat")

    assert failure.kind == "timeout"
    assert failure.message == f"no complete answer from 127.0.0.1:{silent_port} within 0.2 s"


def test_an_answer_that_comes_in_time_piece_by_piece_but_not_as_a_whole_is_a_timeout(
    workshop: Workshop,
) -> None:
    clock = iter([0.0, 0.5, 60.5, 61.0])
    transport = workshop.transport("once", monotonic=lambda: next(clock), max_retries=0)

    failure = transport.open(workshop.cell()).send(workshop.request(), trial=1).failure

    assert failure is not None
    assert failure.kind == "timeout"


def test_a_closed_port_is_a_connection_failure(workshop: Workshop) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    failure = failure_of(workshop, url=f"http://127.0.0.1:{port}/v1/chat?key={KEY}")

    assert failure.kind == "connection"
    assert failure.message == f"cannot connect to 127.0.0.1:{port}: Connection refused"


def test_a_broken_connection_is_a_connection_failure(workshop: Workshop, server: Loopback) -> None:
    def die(asked: Asked) -> Answer:
        raise ConnectionAbortedError

    server.answer = die

    failure = failure_of(workshop)

    assert failure.kind == "connection"
    assert "broke" in failure.message


@pytest.mark.parametrize("url", ["no-address", "ftp://127.0.0.1/v1", f"http://127.0.0.1:{KEY}/v1"])
def test_an_address_that_is_none_is_a_usage_error(workshop: Workshop, url: str) -> None:
    request = ApiRequest(method="POST", url=url, body={})

    with pytest.raises(UsageError, match="is no http or https address") as caught:
        workshop.open("live").send(request, trial=1)

    assert KEY not in str(caught.value)


def test_a_damaged_compression_is_a_malformed_response(workshop: Workshop, server: Loopback) -> None:
    server.answer = lambda asked: Answer(headers=(("Content-Encoding", "gzip"),), body=b"not gzip")

    assert failure_of(workshop).kind == "malformed_response"


def test_an_answer_that_is_too_large_is_a_malformed_response(
    workshop: Workshop, server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "LARGEST_CONTENT", 1024 * 1024)
    server.answer = lambda asked: Answer(body=b"x" * (1024 * 1024 + 1))

    failure = failure_of(workshop)

    assert (failure.kind, failure.message) == ("malformed_response", "the answer is larger than 1 MB")


@pytest.mark.parametrize("value", ["line\nbreak-hush", "schlüssel-hush"])
def test_a_header_that_cannot_be_sent_is_a_usage_error_that_does_not_repeat_it(workshop: Workshop, value: str) -> None:
    cell = workshop.open("live", headers={"x-team": value})

    with pytest.raises(UsageError, match="look at the headers of house") as caught:
        cell.send(workshop.request(), trial=1)

    assert "hush" not in str(caught.value)


def test_a_key_that_no_header_can_carry_is_a_usage_error(workshop: Workshop) -> None:
    workshop.environ["HOUSE_KEY"] = "schlüssel-hush"

    with pytest.raises(UsageError, match="no HTTP header can carry") as caught:
        workshop.open("live").send(workshop.request(), trial=1)

    assert "hush" not in str(caught.value)


def test_white_space_around_a_key_is_left_off(workshop: Workshop, server: Loopback) -> None:
    workshop.environ["HOUSE_KEY"] = f" {KEY}\n"
    workshop.open("live").send(workshop.request(), trial=1)

    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text()
        | st.text(st.characters(categories=["Cs"]), max_size=3),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=8,
    )
)
def test_every_json_value_is_sent_as_itself(value: object) -> None:
    sent = encode_body(value)  # type: ignore[arg-type]

    sent.decode()
    assert canonical_text(sent) == canonical(value)  # type: ignore[arg-type]
