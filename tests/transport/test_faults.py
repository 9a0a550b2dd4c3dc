"""Faults of a case: what each makes of an attempt, and that none of it is recorded or takes time."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.errors import UsageError
from prompt_contracts.fault import Fault, FaultPlan
from prompt_contracts.interaction import ApiResponse, Interaction
from prompt_contracts.json_value import Json
from prompt_contracts.transport.cassette_file import read_entries
from prompt_contracts.transport.faults import event_ends
from tests.transport.loopback import Answer, Loopback, Workshop

EVENTS = [b'data: {"a": 1}\n\n', b": comment\n\nevent: x\r\ndata: 2\r\n\r\n", b"data\rdata: 3\r\r", b"data: [DONE]\n\n"]
STREAM = Answer(headers=(("Content-Type", "text/event-stream"),), body=b"".join(EVENTS))


def plan(*faults: Fault | None, repeats: bool = False, request: int | None = None) -> FaultPlan:
    return FaultPlan(attempts=faults, repeats=repeats, request=request)


def send_once(workshop: Workshop, fault: Fault, *, timeout: float | None = None) -> Interaction:
    """The request as a replay answers it with that fault at every attempt, retries left out."""
    cell = workshop.open()
    return cell.send(workshop.request(), trial=1, timeout=timeout, fault=plan(fault, repeats=True), is_retried=False)


def response_of(interaction: Interaction) -> ApiResponse:
    assert interaction.response is not None
    return interaction.response


@pytest.mark.parametrize(
    ("fault", "kind", "message", "latency"),
    [
        (Fault(kind="timeout", detail="read"), "timeout", "no complete answer from {} within 60 s", 60),
        (Fault(kind="timeout", detail="connect"), "timeout", "no connection to {} within 5 s", 5),
        (Fault(kind="connection", detail="reset"), "connection", "the connection to {} broke: Connection reset", 0),
        (Fault(kind="connection", detail="refused"), "connection", "cannot connect to {}: Connection refused", 0),
    ],
)
def test_a_fault_without_an_answer_needs_no_recording_and_no_network(
    workshop: Workshop, server: Loopback, fault: Fault, kind: str, message: str, latency: float
) -> None:
    interaction = send_once(workshop, fault)

    assert interaction.failure is not None
    assert interaction.failure.kind == kind
    assert interaction.failure.message.startswith(message.format(server.base_url[7:-3]))
    assert interaction.failure.message.endswith("(a fault of the case)")
    assert (interaction.recorded.latency, interaction.recorded.attempts) == (latency, 1)
    assert interaction.is_injected
    assert server.asked == []


def test_an_injected_timeout_is_as_long_as_the_case_s_own(workshop: Workshop) -> None:
    waits = [
        send_once(workshop, Fault(kind="timeout", detail=detail), timeout=2).recorded.latency
        for detail in ("read", "connect")
    ]

    assert waits == [2, 2]


@pytest.mark.parametrize(
    ("status", "type_", "code"),
    [
        (400, "invalid_request_error", None),
        (401, "invalid_request_error", "invalid_api_key"),
        (402, "insufficient_quota", "insufficient_quota"),
        (404, "not_found_error", "model_not_found"),
        (429, "requests", "rate_limit_exceeded"),
        (500, "server_error", None),
        (503, "service_unavailable_error", "server_is_overloaded"),
    ],
)
def test_a_status_without_a_body_gets_one_in_the_form_of_openai(
    workshop: Workshop, status: int, type_: str, code: str | None
) -> None:
    response = response_of(send_once(workshop, Fault(kind="status", detail=status)))

    error = json.loads(response.body)["error"]
    assert (response.status, response.header("content-type")) == (status, "application/json")
    assert (error["type"], error["code"], error["param"]) == (type_, code, None)
    assert error["message"]


@pytest.mark.parametrize(
    ("body", "content_type", "sent"),
    [
        ("<html>Bad Gateway</html>", "text/html", b"<html>Bad Gateway</html>"),
        ("upstream gone", "text/plain", b"upstream gone"),
        ("", "text/plain", b""),
        ({"detail": "Grüße"}, "application/json", '{"detail": "Grüße"}'.encode()),
    ],
)
def test_a_body_is_answered_as_it_is_written(workshop: Workshop, body: Json, content_type: str, sent: bytes) -> None:
    response = response_of(send_once(workshop, Fault(kind="status", detail=502, body=body)))

    assert (response.header("content-type"), response.body) == (content_type, sent)


def test_headers_of_the_case_come_before_ours(workshop: Workshop) -> None:
    headers = {"content-type": "text/csv", "x-request-id": "r1"}

    response = response_of(send_once(workshop, Fault(kind="status", detail=400, headers=headers, body="a,b")))

    assert response.headers == (("content-type", "text/csv"), ("x-request-id", "r1"))


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (429, {}, "1"),
        (503, {}, "1"),
        (400, {}, None),
        (429, {"retry-after": "7"}, None),
        (429, {"retry-after-ms": "20"}, "20"),
        (500, {"x-should-retry": "false"}, None),
    ],
)
def test_a_status_that_is_sent_again_asks_for_a_wait_of_a_millisecond(
    workshop: Workshop, status: int, headers: dict[str, str], expected: str | None
) -> None:
    response = response_of(send_once(workshop, Fault(kind="status", detail=status, headers=headers)))

    assert response.header("retry-after-ms") == expected


def test_a_live_run_leaves_the_wait_to_the_one_who_asks(workshop: Workshop) -> None:
    cell = workshop.open("live")

    interaction = cell.send(workshop.request(), trial=1, fault=plan(Fault(kind="status", detail=429)), is_retried=False)

    assert response_of(interaction).header("retry-after-ms") is None


def test_a_rate_limit_twice_and_then_the_recorded_answer(workshop: Workshop) -> None:
    workshop.record()
    fault = Fault(kind="status", detail=429, headers={"retry-after": "20"})

    interaction = workshop.open().send(workshop.request(), trial=1, fault=plan(fault, fault))

    assert [response_of(step).status for step in (*interaction.earlier, interaction)] == [429, 429, 200]
    assert [step.is_injected for step in (*interaction.earlier, interaction)] == [True, True, False]
    assert (interaction.waited, workshop.slept, workshop.told) == (40, [], [])


def test_faults_take_no_time_while_recording_and_are_not_recorded(workshop: Workshop, server: Loopback) -> None:
    cell = workshop.open("once")
    faults = plan(Fault(kind="timeout", detail="read"), Fault(kind="status", detail=500))

    interaction = cell.send(workshop.request(), trial=1, fault=faults)
    cell.save()

    assert response_of(interaction).status == 200
    assert workshop.slept == []
    assert [(entry.status, entry.recorded.attempts) for entry in read_entries(workshop.text)] == [(200, 1)]
    assert len(server.asked) == 1


def test_a_fault_holds_for_its_own_request_only(workshop: Workshop) -> None:
    workshop.record()
    fault = plan(Fault(kind="status", detail=400), repeats=True, request=2)
    cell = workshop.open()

    statuses = [
        response_of(cell.send(workshop.request(), trial=1, number=number, fault=fault)).status for number in (2, 1)
    ]

    assert statuses == [400, 200]


def test_an_application_s_own_attempts_are_counted_as_it_says(workshop: Workshop) -> None:
    workshop.record()
    cell = workshop.open()
    fault = plan(Fault(kind="status", detail=429), Fault(kind="status", detail=503))

    statuses = [
        response_of(cell.send(workshop.request(), trial=1, attempt=number, fault=fault, is_retried=False)).status
        for number in (1, 2, 3)
    ]

    assert statuses == [429, 503, 200]


@pytest.mark.parametrize("detail", ["truncated", "html", "empty", "not_json"])
def test_a_damaged_answer_is_no_json_and_keeps_its_status(workshop: Workshop, detail: str) -> None:
    workshop.record()

    interaction = send_once(workshop, Fault(kind="corrupt", detail=detail))

    response = response_of(interaction)
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        json.loads(response.body)
    assert response.status == 200
    assert (interaction.is_injected, interaction.is_replayed) == (True, True)


def test_a_truncated_answer_is_its_first_half(workshop: Workshop, server: Loopback) -> None:
    server.answer = lambda asked: Answer(body=b"0123456789")
    workshop.record()

    assert response_of(send_once(workshop, Fault(kind="corrupt", detail="truncated"))).body == b"01234"


def test_an_answer_turned_into_html_says_that_it_is(workshop: Workshop) -> None:
    workshop.record()

    response = response_of(send_once(workshop, Fault(kind="corrupt", detail="html")))

    assert response.header("content-type") == "text/html"
    assert b"</html>" in response.body


def test_the_true_answer_below_a_damaged_one_is_recorded(workshop: Workshop) -> None:
    cell = workshop.open("once")
    damaged = cell.send(workshop.request(), trial=1, fault=plan(Fault(kind="corrupt", detail="empty"), repeats=True))
    cell.save()

    assert response_of(damaged).body == b""
    assert response_of(workshop.open().send(workshop.request(), trial=1)).body == b'{\n  "ok": true\n}'


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_a_stream_is_cut_behind_that_many_events(workshop: Workshop, server: Loopback, count: int) -> None:
    server.answer = lambda asked: STREAM
    workshop.record()

    response = response_of(send_once(workshop, Fault(kind="stream", detail=count)))

    assert response.body == b"".join(EVENTS[:count])
    assert response.header("content-type") == "text/event-stream"


def test_a_cut_that_cuts_nothing_off_is_an_error_of_the_case(workshop: Workshop, server: Loopback) -> None:
    server.answer = lambda asked: STREAM
    workshop.record()

    with pytest.raises(UsageError, match="cuts nothing off: the answer has 4 events"):
        send_once(workshop, Fault(kind="stream", detail=4))


def test_cutting_an_answer_that_is_no_stream_is_an_error_of_the_case(workshop: Workshop) -> None:
    workshop.record()

    with pytest.raises(UsageError, match="needs a streamed answer"):
        send_once(workshop, Fault(kind="stream", detail=1))


def test_a_refusal_is_no_stream_to_cut(workshop: Workshop, server: Loopback) -> None:
    server.answer = lambda asked: Answer(status=401)
    workshop.record()

    interaction = send_once(workshop, Fault(kind="stream", detail=1))

    assert (response_of(interaction).status, interaction.is_injected) == (401, False)


def test_where_no_answer_comes_there_is_nothing_to_damage(workshop: Workshop, server: Loopback) -> None:
    server.close()
    cell = workshop.open("live")

    interaction = cell.send(
        workshop.request(), trial=1, fault=plan(Fault(kind="corrupt", detail="html")), is_retried=False
    )

    assert interaction.failure is not None
    assert not interaction.is_injected


@given(
    st.lists(
        st.lists(st.sampled_from([b"data: x", b"data", b"event: y", b": note", b"id: 1"]), min_size=1, max_size=4),
        max_size=6,
    ),
    st.sampled_from([b"\n", b"\r\n", b"\r"]),
)
def test_an_event_ends_at_the_blank_line_behind_its_data(blocks: list[list[bytes]], end: bytes) -> None:
    written = [end.join(block) + end + end for block in blocks]
    body = b"".join(written)

    ends = event_ends(body)

    events = [index for index, block in enumerate(blocks) if any(line.startswith(b"data") for line in block)]
    assert ends == tuple(sum(map(len, written[: index + 1])) for index in events)


@given(st.binary(max_size=200))
def test_any_bytes_have_their_events_in_order(body: bytes) -> None:
    ends = event_ends(body)

    assert list(ends) == sorted(set(ends))
    assert all(0 < end <= len(body) for end in ends)
