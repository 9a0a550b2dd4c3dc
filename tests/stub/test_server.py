"""The stand-in for a provider, asked over real sockets by polite and by hostile clients."""

from __future__ import annotations

import base64
import gzip
import http.client
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.interaction import ApiResponse
from prompt_contracts.stub.api_path import read_api_path
from prompt_contracts.stub.lease import Cut, Hang, Incoming, Lease, Reset, StubReply
from prompt_contracts.stub.server import MOST_CONNECTIONS, StubServer

WAIT = 20.0
SMALL = 1000
EVENTS = b'data: {"n": 1}\n\n', b": a comment\n\n", b'data: {"n": 2}\n\n', b"data: [DONE]\n\n"
STREAM = ApiResponse(status=200, headers=(("content-type", "text/event-stream"),), body=b"".join(EVENTS))


OPENED: list[http.client.HTTPConnection] = []


@pytest.fixture(autouse=True)
def clients() -> Iterator[None]:
    """Closes the connections of a test."""
    yield
    while OPENED:
        OPENED.pop().close()


@pytest.fixture
def server() -> Iterator[StubServer]:
    with StubServer(largest_body=SMALL) as started:
        yield started


def echo(incoming: Incoming) -> StubReply:
    """An answer that tells what was asked."""
    told = {"method": incoming.method, "path": incoming.path, "body": incoming.body.decode("latin-1")}
    return ApiResponse(status=200, headers=(("content-type", "application/json"),), body=json.dumps(told).encode())


def always(reply: StubReply) -> Callable[[Incoming], StubReply]:
    return lambda incoming: reply


def connect(lease: Lease) -> http.client.HTTPConnection:
    parts = urlsplit(lease.base_url)
    assert parts.hostname is not None
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=WAIT)
    OPENED.append(connection)
    return connection


def path_of(lease: Lease, below: str = "/chat/completions") -> str:
    return urlsplit(lease.base_url).path + below


def raw(lease: Lease, data: bytes) -> bytes:
    """Everything that the server says to these bytes, until it closes; our side ends after them."""
    with socket.create_connection(("127.0.0.1", urlsplit(lease.base_url).port or 0), timeout=WAIT) as client:
        said = bytearray()
        try:
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
            while piece := client.recv(65536):
                said += piece
        except ConnectionError:
            pass  # a server may cut short whoever talks nonsense
        return bytes(said)


def host_line(lease: Lease) -> bytes:
    return f"Host: {urlsplit(lease.base_url).netloc}\r\n".encode()


def works(lease: Lease) -> bool:
    connection = connect(lease)
    connection.request("POST", path_of(lease), body=b"still there?")
    answer = connection.getresponse()
    told = json.loads(answer.read())
    connection.close()
    return answer.status == 200 and told["body"] == "still there?"


def test_a_request_reaches_its_lease_with_the_path_below_v1(server: StubServer) -> None:
    lease = server.open(echo)
    connection = connect(lease)

    connection.request("POST", path_of(lease, "/chat/completions?a=1"), body=b"{}")
    told = json.loads(connection.getresponse().read())

    assert told == {"method": "POST", "path": "/chat/completions?a=1", "body": "{}"}


def test_one_connection_serves_many_requests(server: StubServer) -> None:
    lease = server.open(echo)
    connection = connect(lease)
    sockets = set()

    for number in range(3):
        connection.request("POST", path_of(lease), body=str(number))
        assert json.loads(connection.getresponse().read())["body"] == str(number)
        sockets.add(connection.sock)

    assert len(sockets) == 1


def test_headers_reach_the_lease_in_lower_case(server: StubServer) -> None:
    seen: list[Incoming] = []

    def answer(incoming: Incoming) -> StubReply:
        seen.append(incoming)
        return ApiResponse(status=200)

    lease = server.open(answer)
    connection = connect(lease)
    connection.request("POST", path_of(lease), headers={"OpenAI-Beta": "assistants=v2"})
    connection.getresponse().read()

    assert seen[0].headers["openai-beta"] == "assistants=v2"


def test_a_body_in_chunks_arrives_whole(server: StubServer) -> None:
    lease = server.open(echo)
    connection = connect(lease)

    connection.request("POST", path_of(lease), body=iter([b"one ", b"two ", b"three"]), encode_chunked=True)

    assert json.loads(connection.getresponse().read())["body"] == "one two three"


def test_status_and_headers_of_the_answer_go_through(server: StubServer) -> None:
    headers = (("content-type", "application/json"), ("retry-after-ms", "1"), ("x-request-id", "r1"))
    lease = server.open(always(ApiResponse(status=429, headers=headers, body=b"{}")))
    connection = connect(lease)

    connection.request("POST", path_of(lease))
    answer = connection.getresponse()

    assert (answer.status, answer.read()) == (429, b"{}")
    assert dict(answer.getheaders()) == {**dict(headers), "content-length": "2"}


@pytest.mark.parametrize(
    "header",
    [("x-a", "1\r\nx-b: 2"), ("x-a\r\nx-b", "2"), ("x-a", "\u20ac"), ("transfer-encoding", "gzip"), ("", "empty")],
)
def test_a_header_that_would_break_the_answer_is_left_out(server: StubServer, header: tuple[str, str]) -> None:
    lease = server.open(always(ApiResponse(status=200, headers=(header, ("x-c", "3")), body=b"{}")))
    connection = connect(lease)

    connection.request("POST", path_of(lease))
    answer = connection.getresponse()

    assert answer.read() == b"{}"
    assert dict(answer.getheaders()) == {"x-c": "3", "content-length": "2"}


@pytest.mark.parametrize("status", [100, 101, 0, -5, 1000])
def test_a_status_that_is_no_answer_is_a_502(server: StubServer, status: int) -> None:
    lease = server.open(always(ApiResponse(status=status)))
    connection = connect(lease)

    connection.request("POST", path_of(lease))

    assert connection.getresponse().status == 502


def test_a_head_request_gets_no_body(server: StubServer) -> None:
    lease = server.open(echo)
    connection = connect(lease)

    connection.request("HEAD", path_of(lease, "/models"))
    answer = connection.getresponse()

    assert (answer.status, answer.read()) == (200, b"")
    assert works(lease)


def test_an_options_request_says_what_is_allowed_and_lets_no_page_in(server: StubServer) -> None:
    lease = server.open(echo)
    connection = connect(lease)

    connection.request("OPTIONS", path_of(lease), headers={"Origin": "https://evil.example"})
    answer = connection.getresponse()

    assert answer.status == 204
    assert "POST" in (answer.getheader("allow") or "")
    assert not [name for name, _ in answer.getheaders() if name.startswith("access-control")]


def test_a_stream_comes_event_by_event(server: StubServer) -> None:
    lease = server.open(always(STREAM))

    said = raw(lease, b"POST %b HTTP/1.1\r\n%b\r\n" % (path_of(lease).encode(), host_line(lease)))

    _, _, body = said.partition(b"\r\n\r\n")
    assert body == b"".join(b"%x\r\n%b\r\n" % (len(event), event) for event in EVENTS) + b"0\r\n\r\n"


@pytest.mark.parametrize(
    "reply", [Cut(response=STREAM), ApiResponse(status=200, headers=STREAM.headers, body=EVENTS[0])]
)
def test_a_cut_stream_ends_without_its_last_chunk(server: StubServer, reply: StubReply) -> None:
    lease = server.open(always(reply))
    connection = connect(lease)

    connection.request("POST", path_of(lease))

    with pytest.raises(http.client.IncompleteRead) as caught:
        connection.getresponse().read()
    assert caught.value.partial.startswith(EVENTS[0])


@pytest.mark.parametrize(
    "last",
    [
        b'data: {"type": "response.completed"}\n\n',
        b'event: error\r\ndata: {"error": {"message": "overloaded"}}\r\n\r\n',
        b'data: {"choices": [{"finish_reason": "stop"}]}\n\n',
        b"data: [DONE]",
    ],
)
def test_a_stream_that_came_to_its_end_is_not_cut(server: StubServer, last: bytes) -> None:
    lease = server.open(always(ApiResponse(status=200, headers=STREAM.headers, body=EVENTS[0] + last)))
    connection = connect(lease)

    connection.request("POST", path_of(lease))

    assert connection.getresponse().read() == EVENTS[0] + last


@pytest.mark.parametrize("reply", [STREAM, Cut(response=STREAM)])
def test_a_client_of_http_1_0_gets_a_stream_without_chunks(server: StubServer, reply: StubReply) -> None:
    lease = server.open(always(reply))

    said = raw(lease, b"POST %b HTTP/1.0\r\n%b\r\n" % (path_of(lease).encode(), host_line(lease)))

    head, _, body = said.partition(b"\r\n\r\n")
    announced = re.search(rb"content-length: (\d+)", head)
    assert announced is not None
    assert body == STREAM.body
    assert (int(announced[1]) == len(body)) is isinstance(reply, ApiResponse)


def test_a_reset_breaks_the_connection(server: StubServer) -> None:
    lease = server.open(always(Reset()))
    connection = connect(lease)

    connection.request("POST", path_of(lease), body=b"{}")

    with pytest.raises(ConnectionResetError):
        connection.getresponse()


def test_a_hanging_client_is_let_go_when_its_lease_ends(server: StubServer) -> None:
    is_asked = Event()

    def answer(incoming: Incoming) -> StubReply:
        is_asked.set()
        return Hang()

    lease = server.open(answer)
    connection = connect(lease)
    connection.request("POST", path_of(lease))
    assert is_asked.wait(WAIT)
    lease.close()

    with pytest.raises(ConnectionError):
        connection.getresponse()


def test_a_hanging_client_is_let_go_when_the_server_ends(server: StubServer) -> None:
    is_asked = Event()

    def answer(incoming: Incoming) -> StubReply:
        is_asked.set()
        return Hang()

    lease = server.open(answer)
    connection = connect(lease)
    connection.request("POST", path_of(lease))
    assert is_asked.wait(WAIT)
    server.close()

    with pytest.raises(ConnectionError):
        connection.getresponse()


def test_a_client_that_goes_while_it_hangs_leaves_no_thread_behind(server: StubServer) -> None:
    asked_by: list[threading.Thread] = []
    is_asked = Event()

    def answer(incoming: Incoming) -> StubReply:
        asked_by.append(threading.current_thread())
        is_asked.set()
        return Hang()

    lease = server.open(answer)
    connection = connect(lease)
    connection.request("POST", path_of(lease))
    assert is_asked.wait(WAIT)
    connection.close()

    asked_by[0].join(WAIT)
    assert not asked_by[0].is_alive()


def test_addresses_of_two_leases_have_nothing_in_common_but_the_port(server: StubServer) -> None:
    first, second = server.open(echo), server.open(echo)

    tokens = [path_of(lease, "").split("/")[1] for lease in (first, second)]

    assert urlsplit(first.base_url).netloc == urlsplit(second.base_url).netloc
    assert tokens[0] != tokens[1]
    assert all(len(token) >= 32 for token in tokens)


def test_a_revoked_address_is_gone_and_the_others_stay(server: StubServer) -> None:
    first, second = server.open(echo), server.open(echo)
    connection = connect(first)
    connection.request("POST", path_of(first))
    connection.getresponse().read()

    first.close()
    connection.request("POST", path_of(first))
    answer = connection.getresponse()

    assert answer.status == 410
    assert json.loads(answer.read())["error"]["code"] == "address_revoked"
    assert works(second)


def test_requests_to_a_revoked_address_are_counted_unless_its_application_was_left_behind(server: StubServer) -> None:
    ended, left_behind = server.open(echo), server.open(echo)
    ended.close()
    left_behind.close(is_abandoned=True)

    for lease in (ended, left_behind, left_behind):
        connection = connect(lease)
        connection.request("POST", path_of(lease))
        connection.getresponse().read()
        connection.close()

    assert server.late_requests == 1


def test_an_answer_that_comes_after_the_lease_ended_is_not_given(server: StubServer) -> None:
    is_asked, may_answer = Event(), Event()

    def answer(incoming: Incoming) -> StubReply:
        is_asked.set()
        may_answer.wait(WAIT)
        return ApiResponse(status=200)

    lease = server.open(answer)
    connection = connect(lease)
    connection.request("POST", path_of(lease))
    assert is_asked.wait(WAIT)
    lease.close()
    may_answer.set()

    with pytest.raises(ConnectionError):
        connection.getresponse()


@pytest.mark.parametrize("path", ["/", "/v1/models", "/x/v1/models", "/..%2f/v1/models", "*", "/a/b/v1"])
def test_an_unknown_address_is_an_error_in_openais_form(server: StubServer, path: str) -> None:
    connection = connect(server.open(echo))

    connection.request("GET", path)
    answer = connection.getresponse()

    assert answer.status == 404
    assert set(json.loads(answer.read())["error"]) == {"message", "type", "param", "code"}


@pytest.mark.parametrize(
    "name", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "[::1]:{port}", ""]
)
def test_another_name_of_the_host_is_refused(server: StubServer, name: str) -> None:
    lease = server.open(echo)
    connection = connect(lease)

    connection.request("POST", path_of(lease), headers={"Host": name.format(port=urlsplit(lease.base_url).port)})

    assert connection.getresponse().status == 403


@pytest.mark.parametrize("name", ["127.0.0.1:{port}", "localhost:{port}", "LOCALHOST:{port}"])
def test_its_own_names_of_the_host_are_served(server: StubServer, name: str) -> None:
    lease = server.open(echo)
    connection = connect(lease)

    connection.request("POST", path_of(lease), headers={"Host": name.format(port=urlsplit(lease.base_url).port)})

    assert connection.getresponse().status == 200


@pytest.mark.parametrize(("target", "status"), [("http://127.0.0.1:{port}", b"200"), ("http://evil.example", b"403")])
def test_an_address_with_its_host_is_looked_at_like_the_host(server: StubServer, target: str, status: bytes) -> None:
    lease = server.open(echo)
    address = target.format(port=urlsplit(lease.base_url).port) + path_of(lease)

    said = raw(lease, b"POST %b HTTP/1.1\r\n%b\r\n" % (address.encode(), host_line(lease)))

    assert said.split()[1] == status


@pytest.mark.parametrize(
    ("line", "host"),
    [
        (b"CONNECT api.openai.com:443", "api.openai.com:443"),
        (b"GET http://api.example/v1/models", "api.example:80"),
        (b"POST http://user:secret@api.example:8080/v1?key=hush", "api.example:8080"),
        (b"GET https://api.example/", "api.example:443"),
        (b"GET http://[::1]:99999/", "http://[::1]:99999/"),
    ],
)
def test_a_request_for_another_server_is_refused_and_told(line: bytes, host: str) -> None:
    told: list[str] = []
    with StubServer(on_outside=told.append) as server:
        lease = server.open(echo)

        said = raw(lease, line + b" HTTP/1.1\r\nHost: api.example\r\nContent-Length: 2\r\n\r\n{}")

        head, _, body = said.partition(b"\r\n\r\n")
        assert head.split()[1] == b"403"
        assert b"connection: close" in head
        assert json.loads(body)["error"]["code"] == "outside_refused"
        assert told == [host]
        assert lease.outside == ()
        assert works(lease)


@pytest.mark.parametrize("authorization", ["Basic %s", "basic  %s", "Bearer %s", "Basic !", "Basic", ""])
def test_a_proxys_user_tells_whose_request_it_was(server: StubServer, authorization: str) -> None:
    lease = server.open(echo)
    user = base64.b64encode(f"{lease.token}:outside".encode()).decode()
    sent = authorization.replace("%s", user)

    raw(lease, f"CONNECT api.example:443 HTTP/1.1\r\nProxy-Authorization: {sent}\r\n\r\n".encode())

    assert lease.outside == (("api.example:443",) if "asic " in authorization and user in sent else ())


def test_a_server_without_an_ear_refuses_all_the_same(server: StubServer) -> None:
    assert raw(server.open(echo), b"CONNECT api.example:443 HTTP/1.1\r\n\r\n").split()[1] == b"403"


def test_two_host_headers_must_both_be_its_own(server: StubServer) -> None:
    lease = server.open(echo)
    path = path_of(lease).encode()

    said = raw(lease, b"POST %b HTTP/1.1\r\n%bHost: evil.example\r\n\r\n" % (path, host_line(lease)))

    assert said.split()[1] == b"403"


BAD_BODIES = [
    (b"Content-Length: -1\r\n\r\n", b"400"),
    (b"Content-Length: +1\r\n\r\nx", b"400"),
    (b"Content-Length: 1001\r\n\r\n", b"413"),
    (b"Content-Length: %b\r\n\r\n" % (b"9" * 5000), b"413"),
    (b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"400"),
    (b"Transfer-Encoding: gzip\r\n\r\n", b"400"),
    (b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxy", b"400"),
    (b"Content-Length: 1, 1\r\n\r\nx", b"400"),
    (b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", b"400"),
    (b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", b"400"),
    (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"400"),
    (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", b"400"),
    (b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", b"400"),
    (b"Content-Length : 1\r\n\r\nx", b"400"),
    (b"x: a\r\n b\r\nContent-Length: 1\r\n\r\nx", b"400"),
    (b"x: a\rContent-Length: 1\r\n\r\nx", b"400"),
    (b"x: a\nContent-Length: 1\r\n\r\nx", b"400"),
    (b"x: a\0b\r\n\r\n", b"400"),
    (b"no header\r\n\r\n", b"400"),
    (b"Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx", b"400"),
    (b"Content-Encoding: rot13\r\nContent-Length: 1\r\n\r\n\xff", b"400"),
    (b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", b"400"),
    (b"Transfer-Encoding: chunked\r\n\r\n-1\r\n", b"400"),
    (b"Transfer-Encoding: chunked\r\n\r\n3e9\r\n", b"413"),
    (b"Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n", b"400"),
    (b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"a: b\r\n" * 100 + b"\r\n", b"400"),
]


@pytest.mark.parametrize(("rest", "status"), BAD_BODIES)
def test_a_badly_framed_body_is_refused_and_the_connection_ends(server: StubServer, rest: bytes, status: bytes) -> None:
    lease = server.open(echo)

    said = raw(lease, b"POST %b HTTP/1.1\r\n%b%b" % (path_of(lease).encode(), host_line(lease), rest))

    head, _, body = said.partition(b"\r\n\r\n")
    assert head.split()[1] == status
    assert b"connection: close" in head
    assert "message" in json.loads(body)["error"]


def test_a_body_that_is_too_large_is_refused_although_the_client_goes_on_sending(server: StubServer) -> None:
    lease = server.open(echo)
    connection = connect(lease)

    connection.request("POST", path_of(lease), body=b"x" * 3_000_000)

    assert connection.getresponse().status == 413


def test_an_unknown_method_is_an_error_in_openais_form(server: StubServer) -> None:
    lease = server.open(echo)
    connection = connect(lease)

    connection.request("BREW", path_of(lease))
    answer = connection.getresponse()

    assert answer.status == 501
    assert "BREW" in json.loads(answer.read())["error"]["message"]


def test_an_answer_that_breaks_is_a_500_and_the_server_lives(
    server: StubServer, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(incoming: Incoming) -> StubReply:
        raise RuntimeError("a mistake of ours")

    lease = server.open(broken)
    connection = connect(lease)
    connection.request("POST", path_of(lease))
    status = connection.getresponse().status

    assert status == 500
    assert works(server.open(echo))
    assert capfd.readouterr().err == ""


@pytest.fixture(scope="module")
def hardened() -> Iterator[Lease]:
    """One server for all that Hypothesis can think of."""
    with StubServer(largest_body=SMALL) as started:
        yield started.open(echo)


@given(data=st.binary(max_size=300))
def test_no_bytes_kill_the_server(hardened: Lease, data: bytes) -> None:
    raw(hardened, data)

    assert works(hardened)


TEXTS = "POST |GET | HTTP/1.1| HTTP/1.0| HTTP/9.9|\r\n|\n|\r\n\r\n|Host: |Host:\0|Content-Length: |PATH|HOST|0|-1|:| "
WORDS = TEXTS.encode().split(b"|")
LINES = (
    b"Transfer-Encoding: chunked\r\n",
    b"Expect: 100-continue\r\n",
    b"Connection: keep-alive\r\n",
    b"9" * 20,
    b"f" * 20,
)
PIECES = st.sampled_from([*WORDS, *LINES])


@given(pieces=st.lists(PIECES | st.binary(max_size=5), max_size=25))
def test_nothing_that_looks_like_http_kills_the_server(hardened: Lease, pieces: list[bytes]) -> None:
    data = b"".join(pieces).replace(b"PATH", path_of(hardened).encode()).replace(b"HOST", host_line(hardened)[6:-2])

    raw(hardened, data)

    assert works(hardened)


def test_nothing_of_it_reaches_standard_error(hardened: Lease, capfd: pytest.CaptureFixture[str]) -> None:
    head = b"POST %b HTTP/1.1\r\n%b" % (path_of(hardened).encode(), host_line(hardened))

    for data in (b"\xff\x00\r\n\r\n", head, head + b"Content-Length: 5\r\n\r\nabc", b"GET /\r\n" * 3, b"A" * 70_000):
        raw(hardened, data)

    assert works(hardened)
    assert capfd.readouterr().err == ""


@given(guess=st.text(alphabet="abcXYZ019_-", min_size=1, max_size=40))
def test_no_guess_is_an_address(hardened: Lease, guess: str) -> None:
    connection = connect(hardened)

    connection.request("GET", f"/{guess}/v1/models")

    assert connection.getresponse().status == 404
    connection.close()


def test_many_clients_at_once_get_their_own_answers(server: StubServer) -> None:
    leases = [server.open(echo) for _ in range(16)]

    def asked(number: int) -> list[str]:
        connection = connect(leases[number])
        found = []
        for turn in range(20):
            connection.request("POST", path_of(leases[number]), body=f"{number}-{turn}")
            found.append(json.loads(connection.getresponse().read())["body"])
        connection.close()
        return found

    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(asked, range(16)))

    assert found == [[f"{number}-{turn}" for turn in range(20)] for number in range(16)]


def test_a_server_that_was_closed_opens_anew() -> None:
    server = StubServer()
    first = server.open(echo)
    server.close()
    second = server.open(echo)

    assert first.is_closed
    assert works(second)
    server.close()


def test_nothing_listens_before_the_first_lease() -> None:
    before = threading.active_count()
    server = StubServer()

    assert threading.active_count() == before
    server.close()


ASTRAY = [
    "/../v1/admin",
    "/./chat",
    "/chat/..",
    "/%2e%2e/admin",
    "/%2E%2e%2fadmin",
    "/%252e%252e/admin",
    "/..\\admin",
    "/a%5c..%5cadmin",
    "/..;/admin",
    "/chat#fragment",
    "/chat%00",
    "/chat%0d%0aHost:%20evil",
]


@pytest.mark.parametrize("path", ASTRAY)
def test_a_path_that_goes_astray_is_refused_before_anybody_is_asked(server: StubServer, path: str) -> None:
    asked: list[Incoming] = []

    def answer(incoming: Incoming) -> StubReply:
        asked.append(incoming)
        return echo(incoming)

    lease = server.open(answer)

    said = raw(lease, b"POST %b HTTP/1.1\r\n%b\r\n" % (path_of(lease, path).encode(), host_line(lease)))

    assert said.split()[1] == b"400"
    assert [incoming.refusal for incoming in asked] == ["the path goes astray: no segment may be '.' or '..'"]


@pytest.mark.parametrize("path", ["/models/openai%2Fgpt-oss", "/files/a.b..c", "/chat/completions?x=../a"])
def test_a_path_with_dots_that_lead_nowhere_else_is_served(server: StubServer, path: str) -> None:
    lease = server.open(echo)

    said = raw(lease, b"POST %b HTTP/1.1\r\n%b\r\n" % (path_of(lease, path).encode(), host_line(lease)))

    assert said.split()[1] == b"200"


@pytest.mark.parametrize("line", [b"GET /", b"POST %b HTTP/0.9", b"POST %b HTTP/2.0"])
def test_a_request_of_another_kind_is_refused(server: StubServer, line: bytes) -> None:
    lease = server.open(echo)
    line = line % path_of(lease).encode() if b"%b" in line else line

    said = raw(lease, line + b"\r\n" + host_line(lease) + b"\r\n")

    assert said.split()[1] in (b"400", b"404", b"501", b"505")


def test_requests_that_come_at_once_are_answered_in_their_order(server: StubServer) -> None:
    lease = server.open(echo)
    request = b"POST %b HTTP/1.1\r\n%bContent-Length: 1\r\n\r\n"
    head = request % (path_of(lease).encode(), host_line(lease))

    said = raw(lease, head + b"1" + head + b"2")

    assert re.findall(rb'"body": "(.)"', said) == [b"1", b"2"]


def test_a_packed_body_is_unpacked_for_whoever_compares_it(server: StubServer) -> None:
    lease = server.open(echo)
    connection = connect(lease)

    connection.request("POST", path_of(lease), body=gzip.compress(b"hello"), headers={"Content-Encoding": "gzip"})

    assert json.loads(connection.getresponse().read())["body"] == "hello"


@pytest.mark.parametrize("size", [SMALL + 1, 100_000_000])
def test_a_packed_body_is_held_to_the_limit_of_a_plain_one(server: StubServer, size: int) -> None:
    lease = server.open(echo)
    connection = connect(lease)
    body = gzip.compress(bytes(size))
    packed_twice = gzip.compress(body)

    connection.request("POST", path_of(lease), body=packed_twice, headers={"Content-Encoding": "gzip, gzip"})
    answer = connection.getresponse()

    assert answer.status == 413
    assert "larger than 1,000 bytes when it is unpacked" in json.loads(answer.read())["error"]["message"]


def test_a_packed_body_in_chunks_arrives_whole(server: StubServer) -> None:
    lease = server.open(echo)
    connection = connect(lease)
    packed = gzip.compress(b"hello")

    headers = {"Content-Encoding": "gzip"}
    connection.request(
        "POST", path_of(lease), body=iter([packed[:9], packed[9:]]), headers=headers, encode_chunked=True
    )

    assert json.loads(connection.getresponse().read())["body"] == "hello"


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("/v1/chat/completions", "/chat/completions"),
        ("/chat/completions", "/chat/completions"),
        ("/v1/v1/chat/completions", "/chat/completions"),
        ("//v1//chat/completions/", "/chat/completions"),
        ("/openai/v1/chat/completions?a=1", "/chat/completions?a=1"),
        ("/openai/v1/openai/v1/chat/completions", "/chat/completions"),
        ("/v1/openai/v1/responses", "/responses"),
        ("/api/v1/chat/completions", "/chat/completions"),
        ("/openai/deployments/tiny/chat/completions?api-version=2024-10-21", "/chat/completions"),
        ("/openai/deployments/tiny/embeddings?api-version=1&a=2", "/embeddings?a=2"),
        ("/openai/responses?api-version=1", "/responses"),
        ("/v1/models/vendor/tiny", "/models/vendor/tiny"),
        ("/v1/chat/completions?api-version=1", "/chat/completions?api-version=1"),
        ("/v1/anything", "/anything"),
    ],
)
def test_a_path_means_the_same_however_it_is_put_together(server: StubServer, asked: str, meant: str) -> None:
    lease = server.open(echo)
    connection = connect(lease)

    connection.request("POST", f"/{lease.token}{asked}")

    assert json.loads(connection.getresponse().read())["path"] == meant


def test_azures_name_of_a_model_is_told() -> None:
    assert read_api_path("/openai/deployments/my%20own/chat/completions").deployment == "my own"
    assert read_api_path("/v1/deployments/tiny/embeddings").deployment == "tiny"
    assert read_api_path("/v1/chat/completions").deployment is None


@pytest.mark.parametrize(
    "path", ["", "/", "/v1", "/v1/", "/api/chat", "/v1/api/generate", "/hello", "/openai/deployments/x"]
)
def test_what_is_no_path_of_the_api_stays_outside(path: str) -> None:
    found = read_api_path(path)

    assert (found.is_outside, found.path) == (True, path)


@pytest.mark.parametrize(
    ("below", "rest", "reason"),
    [
        (b"/../files", b"", "the path goes astray"),
        (b"/chat/completions", b"Content-Length: 1001\r\n", "the body is larger than"),
        (
            b"/chat/completions",
            b"Content-Encoding: rot13\r\nContent-Length: 1\r\n\r\n\xff",
            "the body is compressed as",
        ),
    ],
)
def test_a_refused_request_is_told_to_its_lease(server: StubServer, below: bytes, rest: bytes, reason: str) -> None:
    seen: list[Incoming] = []

    def answer(incoming: Incoming) -> StubReply:
        seen.append(incoming)
        return ApiResponse(status=200)

    lease = server.open(answer)

    said = raw(lease, b"POST %b HTTP/1.1\r\n%b%b\r\n" % (path_of(lease).encode() + below, host_line(lease), rest))

    assert said.split()[1] in (b"400", b"413")
    assert [(incoming.refusal or "")[: len(reason)] for incoming in seen] == [reason]


def test_a_client_of_http_1_0_needs_no_host(server: StubServer) -> None:
    lease = server.open(echo)

    said = raw(lease, b"POST %b HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi" % path_of(lease).encode())

    assert said.split()[1] == b"200"
    assert b'"body": "hi"' in said
    assert b"connection: close" in said


def test_strangers_that_keep_connections_open_do_not_lock_the_application_out(server: StubServer) -> None:
    lease = server.open(echo)
    port = urlsplit(lease.base_url).port or 0
    strangers = [socket.create_connection(("127.0.0.1", port), timeout=WAIT) for _ in range(MOST_CONNECTIONS + 20)]

    try:
        assert works(lease)
    finally:
        for stranger in strangers:
            stranger.close()
