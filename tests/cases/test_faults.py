"""`fault` and `retry`: every form, what it means for each attempt, and what contradicts itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prompt_contracts.case import Case
from prompt_contracts.fault import Fault, FaultPlan, RetryPolicy
from tests.cases.case_files import good, load_text, mistakes

HEAD = "version: 1\nmodels: [a:b]\ncases:\n- name: a\n  user: b\n  expect: {text: a}\n"


def loaded(root: Path, line: str) -> Case:
    (case,) = good(root, f"{HEAD}  {line}\n")
    return case


def plan(root: Path, fault: str) -> FaultPlan | None:
    return loaded(root, f"request: {{stream: true}}\n  fault: {fault}").fault


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("{timeout: read}", Fault(kind="timeout", detail="read")),
        ("{timeout: connect}", Fault(kind="timeout", detail="connect")),
        ("{connection: reset}", Fault(kind="connection", detail="reset")),
        ("{connection: refused}", Fault(kind="connection", detail="refused")),
        ("{status: 502}", Fault(kind="status", detail=502)),
        (
            "{status: 429, headers: {Retry-After: 2, X-A: b}, body: {error: {code: x}}}",
            Fault(
                kind="status",
                detail=429,
                headers={"retry-after": "2", "x-a": "b"},
                body={"error": {"code": "x"}},
            ),
        ),
        ("{status: 500, body: plain}", Fault(kind="status", detail=500, body="plain")),
        *(
            (f"{{corrupt: {how}}}", Fault(kind="corrupt", detail=how))
            for how in ("truncated", "html", "empty", "not_json")
        ),
        ("{stream: {cut_after: 3}}", Fault(kind="stream", detail=3)),
        ("{stream: {cut_after: 0}}", Fault(kind="stream", detail=0)),
    ],
)
def test_a_fault_without_a_number_holds_for_every_attempt(tmp_path: Path, written: str, fault: Fault) -> None:
    assert plan(tmp_path, written) == FaultPlan(attempts=(fault,), repeats=True)


def test_a_fault_with_times_holds_for_so_many_attempts(tmp_path: Path) -> None:
    found = plan(tmp_path, "{timeout: read, times: 2}")

    assert found is not None
    assert [found.fault_of(request=1, attempt=attempt) is not None for attempt in (1, 2, 3)] == [True, True, False]


def test_a_fault_may_be_of_one_request(tmp_path: Path) -> None:
    found = plan(tmp_path, "{timeout: read, request: 2}")

    assert found is not None
    assert [found.fault_of(request=number, attempt=1) is not None for number in (1, 2, 3)] == [False, True, False]


def test_a_list_has_one_entry_for_each_attempt(tmp_path: Path) -> None:
    found = plan(tmp_path, "[{status: 429}, null, {timeout: read}]")

    assert found is not None
    kinds = [fault and fault.kind for fault in (found.fault_of(request=1, attempt=n) for n in range(1, 5))]
    assert kinds == ["status", None, "timeout", None]


def test_null_is_no_fault_and_takes_away_that_of_the_defaults(tmp_path: Path) -> None:
    text = (
        "version: 1\nmodels: [a:b]\ndefaults: {fault: {timeout: read}}\n"
        "cases: [{name: a, user: b, expect: {text: a}, fault: null}, {name: c, user: b, expect: {text: a}}]\n"
    )

    first, second = good(tmp_path, text)

    assert first.fault is None
    assert second.fault is not None


def test_a_fault_may_come_from_the_row(tmp_path: Path) -> None:
    case = loaded(
        tmp_path,
        "rows: [{s: 503, n: 2, h: '1'}]\n  fault: {status: '{{ s }}', times: '{{ n }}', headers: {a: '{{ h }}'}}",
    )

    assert case.fault == FaultPlan(attempts=(Fault(kind="status", detail=503, headers={"a": "1"}),) * 2)


@pytest.mark.parametrize(
    ("written", "said", "advice"),
    [
        ("{}", "7:10: PC105 a fault without a kind", "give it one of timeout, connection, status, corrupt or stream"),
        ("{times: 2}", "7:10: PC105 a fault without a kind", "give it one of *"),
        (
            "{timeout: read, status: 500}",
            "7:26: PC102 'timeout' and 'status' stand in one fault",
            "write them as a list: one fault for each attempt",
        ),
        (
            "{timeout: read, body: a}",
            "7:26: PC102 'body' belongs to a fault with 'status', and this one has 'timeout'",
            "leave it out, or write a status",
        ),
        ("{timeot: read}", "7:11: PC101 unknown key 'timeot' in 'fault'", "did you mean 'timeout'?"),
        (
            "{timeout: reed}",
            "7:20: PC102 'timeout' must be 'read' or 'connect', not the text \"reed\"",
            "did you mean 'read'?",
        ),
        ("{timeout: 5}", "7:20: PC102 'timeout' must be 'read' or 'connect', not the number 5", None),
        ("{status: 700}", "7:19: PC102 'status' must be an HTTP status, 200 to 599, not the number 700", None),
        (
            "{status: '500'}",
            "7:19: PC102 'status' must be an HTTP status, 200 to 599, not the text \"500\"",
            "leave out the quotes",
        ),
        ("{timeout: read, times: 0}", "7:33: PC102 'times' must be an integer of at least 1, not the number 0", None),
        (
            "{stream: {cut_after: 3}}",
            "7:10: PC102 a 'stream' fault cuts a streamed answer, and this request asks for none",
            "write stream: true in 'request'",
        ),
        ("{stream: {cutafter: 3}}", "7:19: PC105 'stream' has no 'cut_after'", "add 'cut_after'"),
        ("[]", "7:10: PC105 'fault' is empty, but must be a list of faults", None),
        (
            "[{timeout: read, times: 2}]",
            "7:27: PC102 'times' does not belong in item 1 of 'fault'",
            "in a list each entry is one attempt: *",
        ),
        (
            "[timeout]",
            "7:11: PC102 item 1 of 'fault' must be a fault, or null for none, not the text \"timeout\"",
            None,
        ),
        (
            "timeout",
            "7:10: PC102 'fault' must be a fault, a list of faults, or null for none, not the text \"timeout\"",
            None,
        ),
    ],
)
def test_a_wrong_fault_is_named_at_its_place(tmp_path: Path, written: str, said: str, advice: str | None) -> None:
    found = mistakes(load_text(tmp_path, f"{HEAD}  fault: {written}\n"))

    assert str(found[0]) == f"cases.yaml:{said}"
    if advice is not None:
        assert (found[0].help or "").startswith(advice.rstrip("*"))


def test_an_application_may_ask_for_the_stream_that_is_cut(tmp_path: Path) -> None:
    assert loaded(tmp_path, "handler: shop.bot:reply\n  fault: {stream: {cut_after: 1}}").fault is not None


SINGLE = st.one_of(
    st.sampled_from([{"timeout": "read"}, {"connection": "reset"}, {"corrupt": "html"}, {"stream": {"cut_after": 2}}]),
    st.builds(lambda status: {"status": status}, st.integers(200, 599)),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=60)
@given(
    fault=SINGLE | st.lists(SINGLE | st.none(), min_size=1, max_size=4),
    times=st.none() | st.integers(1, 4),
    request=st.none() | st.integers(1, 3),
    asked=st.integers(1, 4),
    attempt=st.integers(1, 6),
)
def test_a_plan_says_of_each_attempt_what_was_written(
    tmp_path: Path, fault: Any, times: int | None, request: int | None, asked: int, attempt: int
) -> None:
    if isinstance(fault, list):
        wanted = fault[attempt - 1] if attempt <= len(fault) else None
    else:
        is_hit = (times is None or attempt <= times) and request in (None, asked)
        wanted = fault if is_hit else None
        fault = {**fault, **({"times": times} if times else {}), **({"request": request} if request else {})}

    found = plan(tmp_path, json.dumps(fault))

    assert found is not None
    injected = found.fault_of(request=asked, attempt=attempt)
    assert (injected and injected.kind) == (wanted and next(iter(wanted)))


# retry


def test_what_a_retry_does_not_name_is_left_to_the_run(tmp_path: Path) -> None:
    assert loaded(tmp_path, "timeout: 1").retry == RetryPolicy()
    assert loaded(tmp_path, "retry: {attempts: 2}").retry == RetryPolicy(attempts=2)


def test_a_retry_names_attempts_waits_and_kinds(tmp_path: Path) -> None:
    case = loaded(tmp_path, "retry: {attempts: 5, max_wait: 2.5, kinds: [rate_limit, server]}")

    assert case.retry == RetryPolicy(attempts=5, max_wait=2.5, kinds=("rate_limit", "server"))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{}", "7:10: PC105 'retry' is empty, but must be a mapping with attempts, max_wait and kinds"),
        ("3", "7:10: PC102 'retry' must be a mapping with attempts, max_wait and kinds, not the number 3"),
        ("{attempts: 0}", "7:21: PC102 'attempts' must be an integer of at least 1, not the number 0"),
        ("{max_wait: -1}", "7:21: PC102 'max_wait' must be a number of seconds, 0 or more, not the number -1"),
        ("{atempts: 2}", "7:11: PC101 unknown key 'atempts' in 'retry'"),
        (
            "{kinds: [quota]}",
            "7:19: PC102 item 1 of 'kinds' must be a kind of error that may be retried, not the text \"quota\"",
        ),
    ],
)
def test_a_wrong_retry_is_named_at_its_place(tmp_path: Path, written: str, said: str) -> None:
    (found,) = mistakes(load_text(tmp_path, f"{HEAD}  retry: {written}\n"))

    assert str(found) == f"cases.yaml:{said}"
