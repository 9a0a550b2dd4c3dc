"""Lines of a Batch API's output: whatever stands in them becomes a reply or a problem, and nothing is raised."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.completion import Completion
from prompt_contracts.engine.replies import Reply, UnreadableReply
from prompt_contracts.exchange.batch_output import read_lines, read_reply
from prompt_contracts.provider_error import ProviderError
from tests.cli.replies import body, line

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
RESPONSES = st.fixed_dictionaries(
    {},
    optional={
        "status_code": st.sampled_from([200, 400, 429, 500, 0, -1, 2.5, "200", None]) | JSON,
        "body": JSON
        | st.fixed_dictionaries({}, optional={"choices": JSON, "object": st.just("response"), "created": JSON}),
    },
)


@given(text=st.binary(max_size=60))
def test_no_bytes_are_a_crash(text: bytes) -> None:
    read_reply(text, line=1)


@given(
    value=JSON | st.fixed_dictionaries({}, optional={"custom_id": JSON, "response": JSON | RESPONSES, "error": JSON})
)
def test_no_json_is_a_crash_and_no_reply_comes_without_an_id(value: object) -> None:
    found = read_reply(json.dumps(value).encode(), line=3)

    assert found.line == 3
    assert isinstance(found, UnreadableReply) or found.custom_id


def test_an_answer_is_a_completion_with_its_time() -> None:
    found = read_reply(
        json.dumps(line("x", response={"status_code": 200, "body": body("hi", created=1_790_000_000)})).encode(), line=1
    )

    assert isinstance(found, Reply)
    assert isinstance(found.answer, Completion)
    assert found.answer.choices[0].text == "hi"
    assert found.created == datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)


@pytest.mark.parametrize("created", ["soon", True, -1, 1e300, None])
def test_what_is_no_time_is_an_unknown_time(created: object) -> None:
    text = json.dumps(line("x", response={"status_code": 200, "body": body("hi", created=created)}))

    found = read_reply(text.encode(), line=1)

    assert isinstance(found, Reply)
    assert found.created is None


def test_a_request_that_the_batch_never_sent_has_no_status() -> None:
    found = read_reply(json.dumps(line("x", error={"code": "batch_expired", "message": "late"})).encode(), line=1)

    assert isinstance(found, Reply)
    assert found.answer == ProviderError(kind="unknown", message="late", code="batch_expired")


@given(lines=st.lists(st.sampled_from([b"{}", b"", b"  ", b"abc"]), max_size=8))
def test_a_line_is_found_again_at_its_offset(lines: list[bytes]) -> None:
    whole = [one + b"\n" for one in lines]
    text = b"".join(whole)

    found = list(read_lines(whole))

    assert [text[one.offset :].partition(b"\n")[0] + b"\n" for one in found] == [one.text for one in found]
    assert [one.number for one in found] == [at for at, one in enumerate(lines, start=1) if one.strip()]
