"""What a recording says beside its answers is believed only where it can have been."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from prompt_contracts.errors import RecordingStale, RecordingUnreadable
from prompt_contracts.interaction import Recorded
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.transport.cassette_file import read_entries
from prompt_contracts.transport.cassette_yaml import UnreadableError
from prompt_contracts.transport.recorded_facts import read_facts
from prompt_contracts.usage import Cost
from tests.transport.loopback import Workshop

ENTRY = """\
interactions:
- request: {method: POST, uri: http://a/v1, body: '{}', headers: {}}
  response:
    status: {code: %s, message: OK}
    headers: {}
    body: {string: hello}
    prompt_contracts: {%s}
version: 1
"""


def entry(facts: str, *, status: str = "200") -> str:
    return ENTRY % (status, facts)


@pytest.mark.parametrize(
    "facts",
    [
        "",
        "at: '2026-11-03T12:00:00Z', latency: 0.5, attempts: 1, trial: 1, cost: null",
        "at: null, latency: 0, attempts: 3, unanswered: [{kind: timeout, message: late}]",
        "cost: {usd: '0.000030', source: provider, as_of: null}",
        "cost: {usd: '0', source: self-hosted, as_of: '2026-11-01'}",
        "cost: {usd: 1E-7, source: a, as_of: null}",
        "something_newer: 1",
    ],
)
def test_what_can_have_been_is_read(facts: str) -> None:
    (found,) = read_entries(entry(facts), now=datetime(2026, 11, 3, 12, tzinfo=UTC))

    assert found.body == b"hello"


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ("latency: -1", "latency: -1, which is not a number of seconds from 0"),
        ("latency: .nan", "latency: nan, which is not"),
        ("latency: .inf", "latency: inf, which is not"),
        ("latency: true", "latency: True, which is not"),
        ("latency: '1'", "latency: '1', which is not"),
        (f"latency: 1{'0' * 400}", "latency: a number of more than 30 digits, which is not"),
        ("latency: 1.0e+300", "latency: 1e+300, which is not"),
        ("attempts: 0", "attempts: 0, which is not a whole number from 1"),
        ("attempts: -3", "attempts: -3, which is not"),
        ("attempts: 1.0", "attempts: 1.0, which is not"),
        ("attempts: false", "attempts: False, which is not"),
        ("attempts: 1000000", "attempts: 1000000, which is not"),
        ("trial: 0", "trial: 0, which is not"),
        ("trial: 99999999999999", "trial: 99999999999999, which is not"),
        ("at: yesterday", "at: 'yesterday', which is not a time"),
        ("at: '2026-11-03'", "at: '2026-11-03', which is not a time"),
        ("at: 3", "at: 3, which is not a time"),
        ("at: '0001-01-01T00:00:00+14:00'", "which is not a time"),
        ("at: '2026-11-05T12:00:00Z'", "at: '2026-11-05T12:00:00Z', which is still to come"),
        ("at: '9999-12-31T23:59:59Z'", "which is still to come"),
        ("cost: free", "cost: 'free', which is not a mapping"),
        ("cost: {usd: '1'}", "a cost without source"),
        ("cost: {usd: '1E+1000000', source: a, as_of: null}", "cost.usd: '1E+1000000', which is not an amount"),
        ("cost: {usd: '1E-1000000', source: a, as_of: null}", "cost.usd: '1E-1000000', which is not an amount"),
        ("cost: {usd: '1E-100', source: a, as_of: null}", "cost.usd: '1E-100', which is not an amount"),
        ("cost: {usd: '-0.01', source: a, as_of: null}", "cost.usd: '-0.01', which is not an amount"),
        ("cost: {usd: NaN, source: a, as_of: null}", "cost.usd: 'NaN', which is not an amount"),
        ("cost: {usd: sNaN, source: a, as_of: null}", "cost.usd: 'sNaN', which is not an amount"),
        ("cost: {usd: Infinity, source: a, as_of: null}", "cost.usd: 'Infinity', which is not an amount"),
        ("cost: {usd: '1000001', source: a, as_of: null}", "which is not an amount"),
        ("cost: {usd: 0.5, source: a, as_of: null}", "cost.usd: 0.5, which is not an amount"),
        ("cost: {usd: '1', source: 3, as_of: null}", "cost.source: 3, which is not text"),
        ("cost: {usd: '1', source: a, as_of: soon}", "cost.as_of: 'soon', which is not a date"),
        ("unanswered: {}", "unanswered: {}, which is not a list"),
        ("unanswered: [{kind: oops, message: a}]", "which is not a list of kinds"),
        ("attempts: 1, unanswered: [{kind: timeout, message: a}]", "more sends without an answer than"),
    ],
)
def test_what_cannot_have_been_is_an_error_that_names_the_place(facts: str, told: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        read_entries(entry(facts), now=datetime(2026, 11, 3, 12, tzinfo=UTC))

    assert str(caught.value).startswith("'prompt_contracts' of interaction 1 ")
    assert told in str(caught.value)
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize("status", ["0", "-200", "99", "1000", "99999999999"])
def test_a_status_that_http_does_not_know_is_an_error(status: str) -> None:
    with pytest.raises(UnreadableError, match="the status of interaction 1"):
        read_entries(entry("", status=status))


def test_the_file_is_named_and_nothing_is_raised_but_its_error(workshop: Workshop) -> None:
    workshop.write(entry("cost: {usd: '1E+1000000', source: a, as_of: null}"))

    with pytest.raises(RecordingUnreadable, match=r"cassettes/weather/picks/house/tiny.yaml cannot be read: "):
        workshop.open().send(workshop.request(), trial=1)


@pytest.mark.parametrize("date", ["Fri, 31 Dec 9999 23:59:59 -1400", "never"])
def test_a_date_header_that_no_calendar_has_is_unknown(workshop: Workshop, date: str) -> None:
    text = entry("").replace("headers: {}\n    body", f"headers: {{date: ['{date}']}}\n    body")
    request = workshop.request()
    body = '{"model": "tiny", "messages": [{"role": "user", "content": "Will it rain in Oslo?"}]}'
    workshop.write(text.replace("http://a/v1", request.url).replace("body: '{}'", f"body: '{body}'"))

    assert workshop.open().send(request, trial=1).recorded.at is None


@pytest.mark.parametrize("body", ["no json", "", "[" * 50_000])
def test_beside_a_request_that_was_no_json_another_is_stale(workshop: Workshop, body: str) -> None:
    workshop.write(entry("").replace("body: '{}'", f"body: '{body}'"))

    with pytest.raises(RecordingStale):
        workshop.open().send(workshop.request(), trial=1)


def test_every_fact_of_an_answer_is_read_back() -> None:
    recorded = Recorded(
        at="2026-11-03T12:00:00Z",
        latency=0.5,
        attempts=3,
        trial=2,
        cost=Cost(usd=Decimal("0.0010"), source="provider", as_of="2026-11-01"),
        unsent=1,
        unanswered=(ProviderError(kind="timeout", message="late"),),
        confirmed="2026-11-04",
    )

    found = read_facts({**recorded.to_json(), "something_newer": 1}, "here", now=None)

    assert found == recorded
    assert repr(found) == repr(recorded)
    unset = [each.name for each in fields(Recorded) if getattr(recorded, each.name) == getattr(Recorded(), each.name)]
    assert unset == []
