"""A cell that is recorded again keeps the old entries where the new answers say the same, with the date."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
import vcr  # type: ignore[import-untyped]  # vcrpy ships no types

from prompt_contracts.dialects.answer_meaning import answer_meaning
from prompt_contracts.errors import RecordingUnreadable
from prompt_contracts.interaction import ApiRequest
from prompt_contracts.transport.cassette_file import read_entries
from prompt_contracts.transport.cassette_store import read_text
from prompt_contracts.transport.cell_transport import CellTransport, Mode
from prompt_contracts.usage import Cost
from tests.transport.loopback import Answer, Asked, Loopback, Workshop

LATER = datetime(2026, 11, 9, 8, 0, tzinfo=UTC)
HEADERS = (("Content-Type", "application/json"),)


def body(text: str, number: int, **more: Any) -> bytes:
    call = {"id": f"call_{number}", "type": "function", "function": {"name": "get", "arguments": "{}"}}
    message = {"role": "assistant", "content": text, **({"tool_calls": [call]} if text == "call" else {})}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return json.dumps({"id": f"c-{number}", "created": number, "choices": [choice], **more}).encode()


@pytest.fixture
def say(server: Loopback) -> Callable[..., None]:
    """What the server says from now on, under a new id each time."""
    numbers = count(1)

    def says(*texts: str, **more: Any) -> None:
        waiting = iter(texts)
        last = texts[-1]

        def answer(asked: Asked) -> Answer:
            number = next(numbers)
            headers = (*HEADERS, ("date", f"day {number}"), ("x-ratelimit-remaining-requests", str(number)))
            return Answer(headers=headers, body=body(next(waiting, last), number, **more))

        server.answer = answer

    return says


def again(workshop: Workshop, mode: Mode = "rewrite") -> CellTransport:
    transport = workshop.transport(mode, now=lambda: LATER, answer_meaning=answer_meaning)
    return transport.open(workshop.cell())


def record(workshop: Workshop, *requests: ApiRequest, mode: Mode = "rewrite", cost: str | None = None) -> CellTransport:
    cell = again(workshop, mode)
    for trial, request in enumerate(requests or (workshop.request(),), 1):
        interaction = cell.send(request, trial=trial)
        cell.note_cost(interaction, None if cost is None else Cost(usd=Decimal(cost), source="provider"))
    cell.save()
    return cell


def changed_lines(before: str, after: str) -> list[str]:
    """Each line that one of them has and the other has not, once."""
    old, new = before.splitlines(), after.splitlines()
    return list(
        dict.fromkeys([*(line for line in new if line not in old), *(f"-{line}" for line in old if line not in new)])
    )


@pytest.fixture
def recorded(workshop: Workshop, say: Callable[..., None]) -> str:
    """The text of a file with one trial that says Hello."""
    say("Hello")
    workshop.record()
    return workshop.text


@pytest.mark.parametrize("mode", ["rewrite", "all"])
def test_nothing_but_the_date_is_new(workshop: Workshop, recorded: str, mode: Mode) -> None:
    cell = record(workshop, mode=mode)

    assert changed_lines(recorded, workshop.text) == ["      confirmed: '2026-11-09'"]
    assert cell.rewriting is not None
    assert cell.rewriting.confirmed == (1,)
    assert again(workshop, "none").send(workshop.request(), trial=1).recorded.at == "2026-11-03T12:00:00Z"


def test_a_second_time_only_the_date_changes_and_on_the_same_day_nothing(workshop: Workshop, recorded: str) -> None:
    old = recorded.replace("version: 1", "version: 1")
    head, tail = old.rsplit("version: 1", 1)
    workshop.write(f"{head.rstrip(' ')}      confirmed: '2026-11-05'\nversion: 1{tail}")
    before = workshop.text
    record(workshop)
    once = workshop.text
    written = workshop.path.stat().st_mtime_ns
    record(workshop)

    assert sorted(changed_lines(before, once)) == ["      confirmed: '2026-11-09'", "-      confirmed: '2026-11-05'"]
    assert workshop.text == once
    assert workshop.path.stat().st_mtime_ns == written


@pytest.mark.parametrize("text", ["hello", "Hello ", "Hello!", "call"])
def test_another_answer_takes_the_place(workshop: Workshop, recorded: str, say: Callable[..., None], text: str) -> None:
    say(text)
    record(workshop)

    assert "confirmed" not in workshop.text
    assert workshop.text != recorded


def test_other_tokens_or_another_cost_take_the_place(workshop: Workshop, say: Callable[..., None]) -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2}
    say("Hello", usage=usage)
    record(workshop, cost="0.1")
    record(workshop, cost="0.10")
    kept = workshop.text
    record(workshop, cost="0.2")
    dearer = workshop.text
    record(workshop)
    unknown = workshop.text
    say("Hello", usage={**usage, "completion_tokens": 3})
    record(workshop)

    assert "confirmed" in kept
    assert "confirmed" not in dearer + unknown + workshop.text


def test_each_trial_is_looked_at_by_itself(workshop: Workshop, say: Callable[..., None]) -> None:
    say("one", "two", "three")
    workshop.record(*[workshop.request()] * 3)
    say("one", "other", "three")
    cell = record(workshop, *[workshop.request()] * 3)

    assert [each.recorded.confirmed for each in read_entries(workshop.text)] == ["2026-11-09", None, "2026-11-09"]
    assert cell.rewriting is not None
    assert cell.rewriting.confirmed == (1, 3)


def conversation(workshop: Workshop, cell: CellTransport) -> None:
    """Asks, and asks again with the id that the first answer gave its call."""
    response = cell.send(workshop.request(), trial=1).response
    assert response is not None
    call = json.loads(response.body)["choices"][0]["message"]["tool_calls"][0]["id"]
    cell.send(workshop.request("again", tool_call_id=call), trial=1)
    cell.save()


@pytest.mark.parametrize("mode", ["rewrite", "all"])
def test_a_conversation_that_repeats_ids_stays_whole(workshop: Workshop, say: Callable[..., None], mode: Mode) -> None:
    say("call", "fine")
    conversation(workshop, workshop.open("once"))
    before = workshop.text
    say("call", "fine")
    conversation(workshop, again(workshop, mode))

    assert changed_lines(before, workshop.text) == ["      confirmed: '2026-11-09'"]
    assert len(read_entries(workshop.text)) == 2
    conversation(workshop, again(workshop, "none"))  # and is replayed


def test_a_conversation_that_ends_otherwise_takes_the_place_of_all_of_it(
    workshop: Workshop, say: Callable[..., None]
) -> None:
    say("call", "fine")
    conversation(workshop, workshop.open("once"))
    say("call", "not fine")
    conversation(workshop, again(workshop))

    assert "confirmed" not in workshop.text
    conversation(workshop, again(workshop, "none"))


def test_what_repeats_no_id_is_kept_though_what_follows_is_new(workshop: Workshop, say: Callable[..., None]) -> None:
    say("first", "second")
    for text in ("fine", "other"):
        say("Hello", text)
        cell = workshop.open("once") if text == "fine" else again(workshop)
        for word in ("one", "two"):
            cell.send(workshop.request(word), trial=1)
        cell.save()

    first, second = read_entries(workshop.text)
    assert (first.recorded.confirmed, second.recorded.confirmed) == ("2026-11-09", None)


def test_a_verdict_that_would_be_another_one_keeps_nothing(workshop: Workshop, recorded: str) -> None:
    asked: list[tuple[int, list[float | None]]] = []

    def keeps_verdict(trial: int, latencies: Any) -> bool:
        asked.append((trial, list(latencies)))
        return False

    cell = again(workshop)
    cell.send(workshop.request(), trial=1)
    cell.save(keeps_verdict=keeps_verdict)

    assert asked == [(1, [read_entries(recorded)[0].recorded.latency])]
    assert "confirmed" not in workshop.text


def test_a_request_that_had_to_be_sent_twice_is_told(workshop: Workshop, recorded: str) -> None:
    workshop.write(recorded.replace("attempts: 1", "attempts: 2"))
    record(workshop)

    assert "attempts: 1" in workshop.text
    assert "confirmed" not in workshop.text


def without_facts(text: str) -> str:
    return re.sub(r"    prompt_contracts:\n(?:      .*\n)+", "", text)


def with_key(text: str) -> str:
    return text.replace("      accept:\n", "      authorization:\n      - Bearer of-somebody\n      accept:\n")


@pytest.mark.parametrize("spoil", [without_facts, with_key, lambda text: text.replace("trial: 1", "trial: 2")])
def test_what_could_not_be_written_like_that_today_is_written_anew(
    workshop: Workshop, recorded: str, spoil: Callable[[str], str]
) -> None:
    workshop.write(spoil(recorded))
    record(workshop)

    assert "confirmed" not in workshop.text
    assert "of-somebody" not in workshop.text


def test_an_old_answer_with_a_secret_is_not_kept(workshop: Workshop, recorded: str) -> None:
    workshop.environ["OTHER_TOKEN"] = "Hello-means-secret"
    workshop.write(recorded.replace('"finish_reason": "stop"', '"finish_reason": "stop"'))
    spoiled = workshop.text.replace("x-ratelimit-remaining-requests:\n      - '1'", "x-ratelimit-remaining-requests:\n"
                                    "      - Hello-means-secret")  # fmt: skip
    workshop.write(spoiled)
    record(workshop)

    assert spoiled != recorded
    assert "Hello-means-secret" not in workshop.text
    assert "confirmed" not in workshop.text


def test_another_layout_is_kept_byte_for_byte(workshop: Workshop, recorded: str) -> None:
    # As an older version may have written it, or somebody by hand: the body on one line, and a remark.
    start, end = recorded.index("      string: |-"), recorded.index("    prompt_contracts:")
    flat = json.dumps(json.loads(recorded[start:end].split("|-", 1)[1]))
    older = f"{recorded[:start]}      string: '{flat}'\n{recorded[end:]}".replace("- request:", "- request: # a remark")
    workshop.write(older)
    record(workshop)

    assert changed_lines(older, workshop.text) == ["      confirmed: '2026-11-09'"]


def test_line_ends_of_windows_are_no_hindrance(workshop: Workshop, recorded: str) -> None:
    workshop.write(recorded.replace("\n", "\r\n"))
    record(workshop)

    assert changed_lines(recorded, workshop.text) == ["      confirmed: '2026-11-09'"]


def test_vcrpy_replays_what_was_confirmed(workshop: Workshop, recorded: str, server: Loopback) -> None:
    import httpx

    record(workshop)
    server.answer = lambda asked: Answer(status=500)
    request = workshop.request()
    with vcr.use_cassette(str(workshop.path), record_mode="none", match_on=["method", "uri", "body"]):
        answer = httpx.request(request.method, request.url, json=request.body).json()

    assert answer["id"] == "c-1"
    assert recorded != workshop.text


@pytest.mark.parametrize("value", ["yesterday", "5", "'2026-13-01'", "'2027-01-01'", "[]"])
def test_a_date_that_can_never_have_been_is_refused(workshop: Workshop, recorded: str, value: str) -> None:
    workshop.write(recorded.replace("      trial: 1\n", f"      trial: 1\n      confirmed: {value}\n"))

    with pytest.raises(RecordingUnreadable, match="confirmed"):
        workshop.open().send(workshop.request(), trial=1)


def test_a_file_that_cannot_be_written_stays(
    workshop: Workshop, recorded: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.replace", refuse)
    with pytest.raises(RecordingUnreadable, match="Permission denied"):
        record(workshop)

    assert workshop.text == recorded
    assert [path.name for path in workshop.path.parent.iterdir()] == [workshop.path.name]


def trials(workshop: Workshop, numbers: Iterator[int]) -> Iterator[CellTransport]:
    for number in numbers:
        cell = again(workshop)
        cell.send(workshop.request(), trial=number)
        yield cell


def test_two_runs_at_once_leave_one_whole_file(workshop: Workshop, recorded: str) -> None:
    one, other = trials(workshop, iter((1, 1)))
    one.save()
    other.save()

    assert changed_lines(recorded, workshop.text) == ["      confirmed: '2026-11-09'"]


def test_trials_that_are_saved_one_by_one_end_as_all_at_once(workshop: Workshop, say: Callable[..., None]) -> None:
    say("one", "two")
    workshop.record(*[workshop.request()] * 2)
    before = workshop.text
    say("one", "two")
    cell = again(workshop)
    for trial in (1, 2):
        cell.send(workshop.request(), trial=trial)
        cell.save(trials=[trial])
        text = read_text(workshop.path)
        assert text is not None
        assert len(read_entries(text)) == 2
    cell.save()

    assert changed_lines(before, workshop.text) == ["      confirmed: '2026-11-09'"]
