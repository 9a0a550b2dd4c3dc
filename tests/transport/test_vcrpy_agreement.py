"""What we write, vcrpy and pytest-recording replay; what they write, we replay; both readers agree."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
import vcr  # type: ignore[import-untyped]  # vcrpy ships no types
from vcr.cassette import Cassette  # type: ignore[import-untyped]  # as above
from vcr.filters import decode_response  # type: ignore[import-untyped]  # as above

from prompt_contracts.interaction import ApiRequest
from prompt_contracts.transport.cassette_file import OWN_KEY, read_entries
from prompt_contracts.transport.replay import stored_requests
from tests.real_cassettes import find_real_cassettes
from tests.transport.loopback import Answer, Loopback, Workshop, numbered

MATCH_ON = ["method", "uri", "body"]


def ask(workshop: Workshop, request: ApiRequest) -> Any:
    """The request by plain httpx, as another tool would ask it."""
    return httpx.request(request.method, request.url, json=request.body).json()


def test_plain_vcrpy_replays_what_we_record(workshop: Workshop, server: Loopback) -> None:
    server.answer = numbered()
    workshop.record(workshop.request("one"), workshop.request("two"), workshop.request("two"))
    server.answer = lambda asked: Answer(status=500)

    with vcr.use_cassette(str(workshop.path), record_mode="none", match_on=MATCH_ON) as cassette:
        answers = [ask(workshop, workshop.request(word)) for word in ("two", "one", "two")]

    assert answers == [{"count": 2}, {"count": 1}, {"count": 3}]
    assert cassette.all_played


def test_pytest_recording_replays_what_we_record(workshop: Workshop, server: Loopback) -> None:
    server.answer = numbered()
    workshop.record()
    request = workshop.request()
    test_file = workshop.root / "test_other.py"
    test_file.write_text(
        "import httpx, pytest\n"
        "@pytest.fixture(scope='module')\n"
        "def vcr_config():\n"
        f"    return {{'match_on': {MATCH_ON}}}\n"
        f"@pytest.mark.vcr({str(workshop.path)!r})\n"
        "@pytest.mark.block_network\n"
        "def test_it():\n"
        f"    got = httpx.request('POST', {request.url!r}, json={request.body!r})\n"
        "    assert got.json() == {'count': 1}\n"
    )
    plugins = ["-p", "pytest_recording.plugin", "-p", "no:cacheprovider"]

    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *plugins, str(test_file)],
        cwd=workshop.root,
        capture_output=True,
        text=True,
        env={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": ":".join(sys.path)},
        check=False,
    )

    assert "1 passed" in run.stdout, run.stdout + run.stderr


def test_we_replay_what_vcrpy_records(workshop: Workshop, server: Loopback) -> None:
    server.answer = numbered()
    with vcr.use_cassette(str(workshop.path), match_on=MATCH_ON):
        for word in ("one", "two", "two"):
            ask(workshop, workshop.request(word))
    with vcr.use_cassette(str(workshop.path), record_mode="new_episodes", match_on=MATCH_ON):
        # vcrpy plays an interaction once; asking again records another.
        [ask(workshop, workshop.request("one")) for _ in range(2)]

    cell = workshop.open()
    asked = [("two", 1), ("one", 1), ("two", 2), ("one", 2)]
    answers = [cell.send(workshop.request(word), trial=trial).response for word, trial in asked]

    assert [json.loads(answer.body)["count"] for answer in answers if answer] == [2, 1, 3, 4]


def test_the_age_of_a_foreign_recording_is_that_of_its_date_header(workshop: Workshop) -> None:
    with vcr.use_cassette(str(workshop.path), match_on=MATCH_ON):
        ask(workshop, workshop.request())

    recorded = workshop.open().send(workshop.request(), trial=1).recorded

    assert recorded.at is not None
    assert recorded.at.endswith("Z")
    assert recorded.latency is None


def test_what_vcrpy_does_not_know_survives_when_it_saves_the_file(workshop: Workshop, server: Loopback) -> None:
    server.answer = numbered()
    workshop.record(workshop.request("one"), workshop.request("one"))
    before = workshop.open().send(workshop.request("one"), trial=2).recorded
    with vcr.use_cassette(str(workshop.path), record_mode="new_episodes", match_on=MATCH_ON):
        ask(workshop, workshop.request("two"))

    cell = workshop.open()

    assert cell.send(workshop.request("one"), trial=2).recorded == before
    assert cell.send(workshop.request("two"), trial=1).is_replayed


def test_a_recording_has_no_top_level_key_that_other_readers_refuse(workshop: Workshop) -> None:
    workshop.record()
    keys = [line for line in workshop.text.splitlines() if line[:1].isalpha()]

    assert keys == ["interactions:", "version: 1"]


def test_the_old_dialect_of_vcrpy_is_read(workshop: Workshop) -> None:
    request = workshop.request()
    old = {
        "interactions": [
            {
                "request": {
                    "body": json.dumps(request.body),
                    "headers": {},
                    "method": "POST",
                    "uri": request.url,
                },
                "response": {
                    "content": '{"old": 1}',
                    "headers": {},
                    "http_version": "HTTP/1.1",
                    "status_code": 200,
                },
            }
        ],
        "version": 1,
    }
    workshop.write(json.dumps(old))

    response = workshop.open().send(request, trial=1).response

    assert response is not None
    assert response.body == b'{"old": 1}'


def test_the_old_dialect_is_brought_up_to_date_when_something_is_added(workshop: Workshop) -> None:
    test_the_old_dialect_of_vcrpy_is_read(workshop)
    workshop.record(workshop.request("new"), mode="new_episodes")

    assert "status_code" not in workshop.text
    assert workshop.open().send(workshop.request(), trial=1).is_replayed


def seen_by_us(path: Path) -> list[object]:
    return [
        (entry.method, entry.url, entry.request_body, entry.status, sorted(entry.headers), entry.body)
        for entry in read_entries(path.read_text("utf-8"))
    ]


def seen_by_vcrpy(path: Path) -> list[object]:
    cassette = Cassette.load(path=str(path))
    return [_seen(request, response) for request, response in zip(cassette.requests, cassette.responses, strict=True)]


def _seen(request: Any, response: Any) -> object:
    if "content" in response:
        content = response["content"]
        response = {
            "status": {"code": response["status_code"]},
            "headers": response["headers"],
            "body": {"string": content.encode() if isinstance(content, str) else content},
        }
    headers = sorted(
        (name, value)
        for name, values in response["headers"].items()
        for value in ([values] if isinstance(values, str) else values)
    )
    body = response["body"]["string"] or b""
    if body[:2] == b"\x1f\x8b":
        body = decode_response(response)["body"]["string"]
    return (request.method, request.uri, request.body or None, response["status"]["code"], headers, body)


def test_both_readers_see_the_same_in_what_we_write(workshop: Workshop, server: Loopback) -> None:
    server.answer = lambda asked: Answer(
        headers=(("Retry-After", "1"), ("retry-after", "2"), ("Date", "Tue, 03 Nov 2026 12:00:00 GMT")),
        body='{"text": "Grüße 🙂\u2028", "n": 1E400}'.encode(),
    )
    workshop.record(workshop.request("one 🙂"), workshop.request("two"))
    server.answer = lambda asked: Answer(body=b"\xff\x00")
    workshop.record(workshop.request("three"), mode="new_episodes")

    assert seen_by_us(workshop.path) == seen_by_vcrpy(workshop.path)


REAL = find_real_cassettes()
NEEDS_REAL = pytest.mark.skipif(not REAL, reason="no recordings of real traffic on this machine")


@NEEDS_REAL
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.stem[:60])
def test_both_readers_see_the_same_in_recordings_of_real_traffic(path: Path) -> None:
    if "parsed_body" in path.read_text("utf-8"):
        pytest.skip("a dialect that vcrpy itself does not read")

    assert seen_by_us(path) == seen_by_vcrpy(path)


@NEEDS_REAL
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.stem[:60])
def test_recordings_of_real_traffic_are_replayed(workshop: Workshop, path: Path) -> None:
    text = path.read_text("utf-8")
    entries = read_entries(text)
    workshop.write(text)
    cell = workshop.open()

    answers = [cell.send(request, trial=1) for request in stored_requests(entries)]

    assert [answer.response.body for answer in answers if answer.response] == [e.body for e in entries]


@NEEDS_REAL
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.stem[:60])
def test_recordings_of_real_traffic_can_be_added_to(workshop: Workshop, path: Path) -> None:
    text = path.read_text("utf-8")
    workshop.write(text)
    workshop.record(mode="new_episodes")

    again = read_entries(workshop.text)

    assert len(again) == len(read_entries(text)) + 1
    assert [entry.status for entry in again[:-1]] == [entry.status for entry in read_entries(text)]
    assert "set-cookie" not in workshop.text.lower()
    assert OWN_KEY in workshop.text
