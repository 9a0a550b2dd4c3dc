"""Connections that are dropped, slow or cut, and the headers that go over them."""

from __future__ import annotations

import json

import pytest

from prompt_contracts.errors import SecretFound, UsageError
from prompt_contracts.transport.network_failure import connect_timeout
from tests.transport.loopback import KEY, Answer, Asked, Loopback, Workshop

STREAM = (("Content-Type", "text/event-stream"),)
EVENT = b'data: {"delta": "a"}\n\n'


def test_a_connection_is_used_for_more_than_one_request(workshop: Workshop, server: Loopback) -> None:
    cell = workshop.open("live")
    for trial in (1, 2, 3):
        cell.send(workshop.request(), trial=trial)

    assert len({asked.port for asked in server.asked}) == 1


def drop_old_connections(server: Loopback) -> None:
    """From now on hang up on every request that comes over a connection that was used before."""
    seen: set[int] = set()

    def answer(asked: Asked) -> Answer:
        if asked.port in seen:
            raise ConnectionAbortedError
        seen.add(asked.port)
        return Answer(body=json.dumps({"count": len(seen)}).encode())

    server.answer = answer


def test_a_kept_connection_that_the_server_dropped_is_no_failure(workshop: Workshop, server: Loopback) -> None:
    drop_old_connections(server)
    cell = workshop.open("once")

    answers = [cell.send(workshop.request(), trial=trial) for trial in (1, 2, 3)]

    assert [answer.response.body for answer in answers if answer.response] == [
        f'{{"count": {number}}}'.encode() for number in (1, 2, 3)
    ]
    assert all(answer.earlier == () and answer.recorded.attempts == 1 for answer in answers)
    assert workshop.slept == []


def test_a_new_connection_that_the_server_drops_is_a_failure(workshop: Workshop, server: Loopback) -> None:
    def die(asked: Asked) -> Answer:
        raise ConnectionAbortedError

    server.answer = die

    interaction = workshop.transport("live", max_retries=0).open(workshop.cell()).send(workshop.request(), trial=1)

    assert interaction.failure is not None
    assert interaction.failure.kind == "connection"
    assert len(server.asked) == 1


def test_a_kept_connection_is_tried_anew_once_and_no_more(workshop: Workshop, server: Loopback) -> None:
    cell = workshop.transport("live", max_retries=0).open(workshop.cell())
    cell.send(workshop.request(), trial=1)

    def die(asked: Asked) -> Answer:
        raise ConnectionAbortedError

    server.answer = die
    interaction = cell.send(workshop.request(), trial=2)

    assert interaction.failure is not None
    assert len(server.asked) == 3


def test_an_answer_that_breaks_off_is_not_asked_for_anew(workshop: Workshop, server: Loopback) -> None:
    cell = workshop.transport("live", max_retries=0).open(workshop.cell())
    cell.send(workshop.request(), trial=1)
    server.answer = lambda asked: Answer(body=b'{"half": ', promised=100)

    interaction = cell.send(workshop.request(), trial=2)

    assert interaction.failure is not None
    assert interaction.failure.kind == "connection"
    assert len(server.asked) == 2


def test_a_stream_that_breaks_off_is_an_answer_with_what_came(workshop: Workshop, server: Loopback) -> None:
    server.answer = lambda asked: Answer(headers=STREAM, body=EVENT * 2, promised=1000)
    workshop.record()

    replayed = workshop.open().send(workshop.request(), trial=1)

    assert replayed.failure is None
    assert replayed.response is not None
    assert replayed.response.body == EVENT * 2
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "answer",
    [
        Answer(headers=STREAM, body=b"", promised=1000),
        Answer(status=500, headers=STREAM, body=EVENT, promised=1000),
        Answer(body=b'{"choices": [', promised=1000),
        Answer(headers=STREAM, body=b'{"choices": [', promised=1000),
    ],
    ids=["nothing came", "an error", "no stream", "JSON in the place of a stream"],
)
def test_any_other_answer_that_breaks_off_is_a_failure(workshop: Workshop, server: Loopback, answer: Answer) -> None:
    server.answer = lambda asked: answer

    interaction = workshop.open("live").send(workshop.request(), trial=1, is_retried=False)

    assert interaction.failure is not None
    assert interaction.failure.kind == "connection"


def test_a_stream_that_falls_silent_is_a_timeout(workshop: Workshop, server: Loopback) -> None:
    server.answer = lambda asked: Answer(headers=STREAM, body=EVENT, pieces=(EVENT,), pause=0.6)

    interaction = workshop.open("live").send(workshop.request(), trial=1, timeout=0.2, is_retried=False)

    assert interaction.failure is not None
    assert interaction.failure.kind == "timeout"


def test_a_stream_that_drips_beyond_the_timeout_is_a_timeout(workshop: Workshop, server: Loopback) -> None:
    server.answer = lambda asked: Answer(headers=STREAM, body=EVENT, pieces=(EVENT,) * 12, pause=0.05)

    interaction = workshop.open("live").send(workshop.request(), trial=1, timeout=0.3, is_retried=False)

    assert interaction.failure is not None
    assert interaction.failure.kind == "timeout"


@pytest.mark.parametrize(("timeout", "expected"), [(60.0, 5.0), (2.0, 2.0)])
def test_connecting_takes_five_seconds_at_most(timeout: float, expected: float) -> None:
    assert connect_timeout(timeout) == expected


def test_headers_of_the_request_are_sent_beside_those_of_the_target(workshop: Workshop, server: Loopback) -> None:
    request = workshop.request(headers=(("OpenAI-Beta", "assistants=v2"), ("Authorization", "Bearer placeholder")))

    workshop.open("live", headers={"X-Team": "search"}).send(request, trial=1)

    sent = server.asked[0].headers
    assert (sent["openai-beta"], sent["x-team"]) == ("assistants=v2", "search")
    assert sent["authorization"] == f"Bearer {KEY}"


def test_only_allowed_headers_of_a_request_are_recorded(workshop: Workshop) -> None:
    workshop.record(workshop.request(headers=(("OpenAI-Beta", "assistants=v2"), ("X-Private", "hush"))))

    assert "assistants=v2" in workshop.text
    assert "hush" not in workshop.text


def test_headers_make_no_other_request(workshop: Workshop) -> None:
    workshop.record(workshop.request(headers=(("OpenAI-Beta", "assistants=v2"),)))

    assert workshop.open().send(workshop.request(), trial=1).is_replayed


def test_a_header_from_the_environment_is_sent_and_never_recorded(workshop: Workshop, server: Loopback) -> None:
    workshop.environ["HOUSE_ORG"] = "org-0123456789"
    cell = workshop.open("once", header_env={"OpenAI-Organization": "HOUSE_ORG", "OpenAI-Project": "UNSET"})
    cell.send(workshop.request(), trial=1)
    cell.save()

    assert server.asked[0].headers["openai-organization"] == "org-0123456789"
    assert "openai-project" not in server.asked[0].headers
    assert "org-0123456789" not in workshop.text


def test_an_answer_that_repeats_such_a_header_is_not_recorded(workshop: Workshop, server: Loopback) -> None:
    workshop.environ["HOUSE_ORG"] = "org-0123456789"
    server.answer = lambda asked: Answer(body=b'{"organization": "org-0123456789"}')
    cell = workshop.open("once", header_env={"OpenAI-Organization": "HOUSE_ORG"})
    cell.send(workshop.request(), trial=1)

    with pytest.raises(SecretFound, match="the value of HOUSE_ORG"):
        cell.save()


def test_a_header_that_cannot_be_carried_is_a_usage_error_that_names_its_variable(workshop: Workshop) -> None:
    workshop.environ["HOUSE_ORG"] = "schlüssel-hush"

    with pytest.raises(UsageError, match="HOUSE_ORG holds characters") as caught:
        workshop.open("live", header_env={"X-Org": "HOUSE_ORG"}).send(workshop.request(), trial=1)

    assert "hush" not in str(caught.value)


def test_ids_of_azure_and_mistral_and_the_poll_interval_are_kept(workshop: Workshop, server: Loopback) -> None:
    kept = {"apim-request-id": "a1", "mistral-correlation-id": "m1", "openai-poll-after-ms": "250"}
    server.answer = lambda asked: Answer(headers=tuple(kept.items()))
    workshop.record()

    response = workshop.open().send(workshop.request(), trial=1).response

    assert response is not None
    assert {name: response.header(name) for name in kept} == kept
