"""Which mode asks the network, what it keeps, and what it says when it may not ask."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from threading import Barrier

import pytest

from prompt_contracts.errors import RecordingMissing, RecordingStale, RecordingUnreadable, UsageError
from prompt_contracts.fault import Fault, FaultPlan
from prompt_contracts.interaction import ApiRequest, Interaction
from prompt_contracts.transport.cassette_file import read_entries
from prompt_contracts.transport.cell_transport import CellTransport, Mode
from prompt_contracts.trial import Cell
from prompt_contracts.usage import Cost
from tests.transport.loopback import KEY, Answer, Loopback, Workshop, numbered


def body_of(interaction: Interaction) -> object:
    assert interaction.response is not None
    return json.loads(interaction.response.body)


def test_replay_without_a_file_is_an_error_that_names_the_file(workshop: Workshop) -> None:
    with pytest.raises(RecordingMissing, match=r"cassettes/weather/picks/house/tiny\.yaml does not exist"):
        workshop.open().send(workshop.request(), trial=1)


def test_replay_gives_what_was_recorded_and_asks_nobody(workshop: Workshop, server: Loopback) -> None:
    workshop.record()

    replayed = workshop.open().send(workshop.request(), trial=1)

    assert body_of(replayed) == {"ok": True}
    assert replayed.is_replayed
    assert len(server.asked) == 1


def test_a_recording_remembers_when_how_long_and_for_which_trial(workshop: Workshop) -> None:
    workshop.record()

    recorded = workshop.open().send(workshop.request(), trial=1).recorded

    assert recorded.at == "2026-11-03T12:00:00Z"
    assert recorded.latency is not None
    assert (recorded.attempts, recorded.trial) == (1, 1)


def test_a_noted_price_is_saved_with_its_interaction(workshop: Workshop) -> None:
    cost = Cost(usd=Decimal("0.00003"), source="genai-prices 0.2.3", as_of="2026-11-01")
    cell = workshop.open("once")
    first = cell.send(workshop.request(), trial=1)
    cell.send(workshop.request(), trial=2)
    cell.note_cost(first, cost)
    cell.save()

    replay = workshop.open()

    assert replay.send(workshop.request(), trial=1).recorded.cost == cost
    assert replay.send(workshop.request(), trial=2).recorded.cost is None


def test_a_price_noted_after_saving_is_written_by_the_next_save(workshop: Workshop) -> None:
    cell = workshop.open("once")
    interaction = cell.send(workshop.request(), trial=1)
    cell.save()
    cell.note_cost(interaction, Cost(usd=Decimal(1), source="provider"))

    assert cell.save()
    assert workshop.open().send(workshop.request(), trial=1).recorded.cost is not None


def test_a_live_answer_and_its_replay_show_the_same_headers(workshop: Workshop, server: Loopback) -> None:
    server.answer = lambda asked: Answer(headers=(("Set-Cookie", "a=b"), ("Retry-After", "3")))
    cell = workshop.open("once")
    live = cell.send(workshop.request(), trial=1)
    cell.save()

    replayed = workshop.open().send(workshop.request(), trial=1)

    assert live.response is not None
    assert replayed.response is not None
    assert live.response.headers == replayed.response.headers
    assert live.response.header("retry-after") == "3"


def test_each_trial_gets_its_own_answer_in_any_order(workshop: Workshop, server: Loopback) -> None:
    server.answer = numbered()
    workshop.record(*[workshop.request()] * 3)
    cell = workshop.open()

    answers = {trial: body_of(cell.send(workshop.request(), trial=trial)) for trial in (3, 1, 2)}

    assert answers == {1: {"count": 1}, 2: {"count": 2}, 3: {"count": 3}}


def test_a_trial_that_asks_the_same_twice_gets_both_answers_in_order(workshop: Workshop, server: Loopback) -> None:
    server.answer = numbered()
    cell = workshop.open("once")
    for trial in (1, 1, 2):
        cell.send(workshop.request(), trial=trial)
    cell.save()

    replay = workshop.open()

    answers = [body_of(replay.send(workshop.request(), trial=trial)) for trial in (1, 2, 1)]
    assert answers == [{"count": 1}, {"count": 3}, {"count": 2}]


def test_a_trial_that_was_not_recorded_is_missing_and_told_how_many_there_are(workshop: Workshop) -> None:
    workshop.record(workshop.request(), workshop.request())

    with pytest.raises(RecordingMissing, match=r"for 2 trials \(1, 2\), and trial 3 is not among them"):
        workshop.open().send(workshop.request(), trial=3)


def test_a_request_asked_more_often_than_recorded_is_missing(workshop: Workshop) -> None:
    workshop.record()
    cell = workshop.open()
    cell.send(workshop.request(), trial=1)

    with pytest.raises(RecordingMissing, match="asked more often than recorded"):
        cell.send(workshop.request(), trial=1)


def test_key_order_and_number_spelling_do_not_make_another_request(workshop: Workshop) -> None:
    url = f"{workshop.base_url}/chat/completions"
    workshop.record(ApiRequest(method="POST", url=url, body={"a": 1, "b": [2.0]}))

    other = ApiRequest(method="post", url=url, body={"b": [2], "a": 1.0})

    assert workshop.open().send(other, trial=1).is_replayed


def test_true_is_not_one(workshop: Workshop) -> None:
    workshop.record(workshop.request(flag=1))

    with pytest.raises(RecordingStale, match="~ /flag: 1 -> true"):
        workshop.open().send(workshop.request(flag=True), trial=1)


def test_a_changed_request_is_stale_and_shows_what_changed(workshop: Workshop) -> None:
    workshop.record(workshop.request("Will it rain?", seed=7))

    with pytest.raises(RecordingStale) as caught:
        workshop.open().send(workshop.request("Will it snow?", temperature=0), trial=1)

    assert str(caught.value).splitlines()[1:] == [
        '  ~ /messages/0/content: "Will it rain?" -> "Will it snow?"',
        "  - /seed: 7",
        "  + /temperature: 0",
    ]


def test_a_stale_message_masks_secrets(workshop: Workshop) -> None:
    workshop.record()

    with pytest.raises(RecordingStale) as caught:
        workshop.open().send(workshop.request(f"my key is {KEY}"), trial=1)

    assert KEY not in str(caught.value)
    assert "[HOUSE_KEY]" in str(caught.value)


def test_once_replays_a_file_that_is_there(workshop: Workshop, server: Loopback) -> None:
    workshop.record()

    with pytest.raises(RecordingStale):
        workshop.open("once").send(workshop.request("another"), trial=1)

    assert len(server.asked) == 1


def test_new_episodes_asks_only_for_what_is_unknown_and_keeps_the_rest(workshop: Workshop, server: Loopback) -> None:
    server.answer = numbered()
    workshop.record(workshop.request("one"))
    cell = workshop.open("new_episodes")
    known, new = (cell.send(workshop.request(word), trial=1) for word in ("one", "two"))
    cell.save()

    assert (known.is_replayed, new.is_replayed) == (True, False)
    replay = workshop.open()
    assert body_of(replay.send(workshop.request("one"), trial=1)) == {"count": 1}
    assert body_of(replay.send(workshop.request("two"), trial=1)) == {"count": 2}


def test_new_episodes_records_a_trial_that_is_not_there(workshop: Workshop, server: Loopback) -> None:
    server.answer = numbered()
    workshop.record()
    cell = workshop.open("new_episodes")
    cell.send(workshop.request(), trial=2)
    cell.save()

    assert body_of(workshop.open().send(workshop.request(), trial=2)) == {"count": 2}


def test_all_asks_again_replaces_the_same_request_and_keeps_others(workshop: Workshop, server: Loopback) -> None:
    server.answer = numbered()
    workshop.record(workshop.request("one"), workshop.request("two"))
    cell = workshop.open("all")
    cell.send(workshop.request("one"), trial=1)
    cell.save()

    replay = workshop.open()
    assert body_of(replay.send(workshop.request("one"), trial=1)) == {"count": 3}
    assert body_of(replay.send(workshop.request("two"), trial=2)) == {"count": 2}


def test_rewrite_leaves_only_what_was_recorded_now(workshop: Workshop) -> None:
    workshop.record(workshop.request("one"), workshop.request("two"))
    workshop.record(workshop.request("one"), mode="rewrite")

    with pytest.raises(RecordingStale):
        workshop.open().send(workshop.request("two"), trial=1)


def test_live_neither_reads_nor_writes(workshop: Workshop) -> None:
    workshop.write("no cassette at all")
    cell = workshop.open("live")

    interaction = cell.send(workshop.request(), trial=1)

    assert not interaction.is_replayed
    assert not cell.save()
    assert workshop.text == "no cassette at all"


def test_nothing_recorded_means_nothing_written(workshop: Workshop) -> None:
    workshop.record()
    cell = workshop.open("new_episodes")
    cell.send(workshop.request(), trial=1)

    assert not cell.has_recorded
    assert not cell.save()


@pytest.mark.parametrize(
    ("mode", "is_there", "expected"),
    [
        ("none", False, False),
        ("once", False, True),
        ("once", True, False),
        ("new_episodes", True, True),
        ("all", True, True),
        ("rewrite", True, True),
        ("live", True, True),
    ],
)
def test_a_key_is_needed_where_the_network_may_be_asked(
    workshop: Workshop, mode: Mode, is_there: bool, expected: bool
) -> None:
    if is_there:
        workshop.write("anything")

    assert workshop.transport(mode).needs_key(workshop.cell()) is expected


def test_all_keys_that_are_not_set_are_named_at_once(workshop: Workshop) -> None:
    workshop.environ = {"BLANK": " ", "SET": "value"}
    names = ("SET", "MISSING", "BLANK", "MISSING")
    cells = [workshop.cell(api_key_env=name) for name in names]
    cells.append(workshop.cell(api_key_env="OPTIONAL", key_required=False))

    assert workshop.transport("once").unset_keys(cells) == ("BLANK", "MISSING")
    assert workshop.transport("none").unset_keys(cells) == ()


def test_no_key_is_asked_for_where_faults_answer_everything(workshop: Workshop) -> None:
    workshop.environ = {}
    cell = workshop.cell(api_key_env="MISSING")
    refused, damaged = Fault(kind="status", detail=503), Fault(kind="corrupt", detail="empty")

    def with_faults(*attempts: Fault | None, repeats: bool = True) -> Cell:
        return replace(cell, case=replace(cell.case, fault=FaultPlan(attempts=attempts, repeats=repeats)))

    assert workshop.transport("rewrite").unset_keys([with_faults(refused)]) == ()
    assert workshop.transport("rewrite").unset_keys([with_faults(refused, repeats=False)]) == ("MISSING",)
    assert workshop.transport("rewrite").unset_keys([with_faults(damaged)]) == ("MISSING",)


def test_asking_without_the_key_is_a_usage_error(workshop: Workshop, server: Loopback) -> None:
    workshop.environ = {}

    with pytest.raises(UsageError, match="PC301 HOUSE_KEY is not set, and house:tiny needs it"):
        workshop.open("once").send(workshop.request(), trial=1)

    assert server.asked == []


def test_asking_without_the_address_is_a_usage_error(workshop: Workshop) -> None:
    cell = workshop.open("once", base_url=None, base_url_env="HOUSE_URL")

    with pytest.raises(UsageError, match="PC301 HOUSE_URL is not set"):
        cell.send(workshop.request(), trial=1)


def test_an_address_with_a_password_is_a_usage_error_that_does_not_show_it(workshop: Workshop) -> None:
    cell = workshop.open("once", base_url="http://ann:hunter2@127.0.0.1:9/v1")

    with pytest.raises(UsageError, match=r"PC301 .* would be sent in place of the key") as raised:
        cell.send(workshop.request(), trial=1)

    assert "hunter2" not in str(raised.value)


def test_replay_finds_a_recording_though_the_address_is_not_set(workshop: Workshop) -> None:
    workshop.record()
    asked = ApiRequest(method="POST", url="https://house.invalid/chat/completions", body=workshop.request().body)

    hostless = ApiRequest(method="POST", url="/chat/completions", body=workshop.request().body)
    cells = [workshop.open(base_url=None, base_url_env="HOUSE_URL") for _ in range(2)]

    assert cells[0].send(asked, trial=1).is_replayed
    assert cells[1].send(hostless, trial=1).is_replayed


def test_without_an_address_the_rest_of_the_request_still_has_to_match(workshop: Workshop) -> None:
    workshop.record()
    cell = workshop.open(base_url=None, base_url_env="HOUSE_URL")
    body = workshop.request().body

    with pytest.raises(RecordingStale, match="~ url:"):
        cell.send(ApiRequest(method="POST", url="/responses", body=body), trial=1)
    with pytest.raises(RecordingStale, match="/seed: 7") as caught:
        cell.send(ApiRequest(method="POST", url="/chat/completions", body=workshop.request(seed=7).body), trial=1)
    assert "url" not in str(caught.value)


def test_another_address_is_another_request_when_it_is_set(workshop: Workshop) -> None:
    workshop.record()
    asked = ApiRequest(method="POST", url="https://else.example/v1/chat/completions", body=workshop.request().body)

    with pytest.raises(RecordingStale, match="~ url:"):
        workshop.open().send(asked, trial=1)


@pytest.mark.parametrize("mode", ["none", "once", "new_episodes", "all"])
def test_an_unreadable_file_is_an_error_and_is_left_alone(workshop: Workshop, server: Loopback, mode: Mode) -> None:
    workshop.write("interactions: [")
    cell = workshop.open(mode)

    with pytest.raises(RecordingUnreadable):
        cell.send(workshop.request(), trial=1)

    assert not cell.save()
    assert server.asked == []
    assert workshop.text == "interactions: ["


def test_rewrite_replaces_an_unreadable_file(workshop: Workshop) -> None:
    workshop.write("interactions: [")
    workshop.record(mode="rewrite")

    assert workshop.open().send(workshop.request(), trial=1).is_replayed


def test_a_folder_in_place_of_the_file_is_an_error_that_says_so(workshop: Workshop) -> None:
    workshop.path.mkdir(parents=True)

    with pytest.raises(RecordingUnreadable, match="no regular file"):
        workshop.open("new_episodes").send(workshop.request(), trial=1)


def test_a_file_that_cannot_be_written_is_an_error_that_says_so(workshop: Workshop) -> None:
    workshop.root.joinpath("cassettes").write_text("a file where the folder should be")
    cell = workshop.open("rewrite")
    cell.send(workshop.request(), trial=1)

    with pytest.raises(RecordingUnreadable, match="cannot be written"):
        cell.save()


def test_a_file_lists_its_trials_in_their_order_whichever_ended_first(workshop: Workshop) -> None:
    cell = workshop.open("once")
    for trial in (3, 1, 2):
        cell.send(workshop.request(seed=trial), trial=trial)
    cell.save()

    assert [entry.recorded.trial for entry in read_entries(workshop.text)] == [1, 2, 3]


def test_a_stray_that_cannot_be_read_keeps_no_other_from_being_found(workshop: Workshop) -> None:
    workshop.record()
    other = workshop.root / "cassettes" / "weather" / "a_broken_one" / "house" / "tiny.yaml"
    other.parent.mkdir(parents=True)
    other.write_text("interactions: [")
    transport = workshop.transport(is_stray=lambda _: True)

    with pytest.raises(RecordingMissing) as caught:
        transport.open(workshop.cell(cassette="weather/chooses/house/tiny.yaml")).send(workshop.request(), trial=1)

    folder = workshop.root / "cassettes" / "weather"
    assert caught.value.moved == (folder / "picks", folder / "chooses")


def test_threads_that_save_their_trials_in_any_order_lose_none(workshop: Workshop, server: Loopback) -> None:
    server.answer = numbered()
    count = 24
    for whole_after in (None, 5, count):
        cell = workshop.open("rewrite")
        start = Barrier(count)

        def ask(trial: int, cell: CellTransport = cell, start: Barrier = start, last: int | None = whole_after) -> None:
            cell.send(workshop.request(), trial=trial)
            start.wait(timeout=60)
            cell.save(trials=None if trial == last else {trial})

        with ThreadPoolExecutor(count) as pool:
            list(pool.map(ask, range(1, count + 1)))

        replay = workshop.open()
        found = {trial: str(body_of(replay.send(workshop.request(), trial=trial))) for trial in range(1, count + 1)}
        assert len(set(found.values())) == count


def test_a_partial_save_keeps_what_the_file_had_of_other_trials(workshop: Workshop, server: Loopback) -> None:
    server.answer = numbered()
    workshop.record(*[workshop.request()] * 3)
    cell = workshop.open("rewrite")
    cell.send(workshop.request(), trial=2)

    assert cell.save(trials={2})
    assert not cell.save(trials={2})

    replay = workshop.open()
    assert [body_of(replay.send(workshop.request(), trial=trial)) for trial in (1, 2, 3)] == [
        {"count": 1},
        {"count": 4},
        {"count": 3},
    ]
    assert cell.save()
    with pytest.raises(RecordingMissing):
        workshop.open().send(workshop.request(), trial=1)


def test_a_file_that_nobody_can_read_is_replaced_trial_by_trial(workshop: Workshop, server: Loopback) -> None:
    server.answer = numbered()
    workshop.record(workshop.request())
    workshop.path.write_text("interactions: [", encoding="utf-8")
    cell = workshop.open("rewrite")
    cell.send(workshop.request(), trial=1)

    assert cell.save(trials={1})

    assert body_of(workshop.open().send(workshop.request(), trial=1)) == {"count": 2}
