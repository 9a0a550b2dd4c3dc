"""A request is found in a recording by what it says, whichever way it is looked for."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.interaction import ApiRequest, Recorded
from prompt_contracts.transport.cassette_file import Entry
from prompt_contracts.transport.replay import Tape, is_surely_same, request_key, stored_key

_NUMBERS = st.sampled_from([0, 1, 2, 10**20, -1, 1.0, 0.5, 1e300, float("inf"), float("nan"), True, False, None])
_BODIES = st.recursive(
    _NUMBERS | st.sampled_from(["", "1", "é", "\ud800", "NaN", "a\nb"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=5,
)
_TEXTS = st.sampled_from(
    [
        '{"a": 1, "a": 1}',
        '{"a": 2, "a": 1}',
        '{"b": 2, "a": 1}',
        '{"a": 1.0}',
        '{"a": 0.50}',
        "[1e0]",
        "[1E400]",
        "NaN",
        "{",
        "",
    ]
)
_ADDRESSES = st.sampled_from(["http://h/v1?a=1&b=2", "http://h/v1?b=2&a=1", "HTTP://H:80/v1?a=1&b=2", "http://h/v2"])


def _stored(body: Any) -> bytes:
    return json.dumps(body, indent=2).encode()


@given(_BODIES, _BODIES.map(_stored) | _TEXTS.map(str.encode), _ADDRESSES, _ADDRESSES)
def test_what_is_surely_the_same_has_the_same_key(body: Any, stored: bytes, url: str, stored_url: str) -> None:
    request = ApiRequest(method="POST", url=url, body=body)
    entry = Entry(method="POST", url=stored_url, request_body=stored, status=200)

    if is_surely_same(request, entry):
        assert request_key(request) == stored_key("POST", stored_url, stored)


def test_most_requests_are_surely_the_same() -> None:
    body: Any = {"model": "m", "messages": [{"role": "user", "content": "é\n"}], "temperature": 0.7, "stream": True}
    entry = Entry(method="POST", url="http://h/v1", request_body=_stored(body), status=200)

    assert is_surely_same(ApiRequest(method="POST", url="http://h/v1", body=body), entry)
    assert not is_surely_same(ApiRequest(method="POST", url="http://h/v1", body={**body, "model": "n"}), entry)
    assert not is_surely_same(ApiRequest(method="GET", url="http://h/v1", body=body), entry)


def test_an_only_answer_is_given_once_whichever_way_it_is_found() -> None:
    body = {"a": 1, "b": 2}
    entry = Entry(method="POST", url="http://h/v1", request_body=_stored(body), status=200, recorded=Recorded(trial=1))
    as_recorded = ApiRequest(method="POST", url="http://h/v1", body={"a": 1, "b": 2})
    in_another_order = ApiRequest(method="POST", url="http://h/v1", body={"b": 2, "a": 1.0})

    for first, second in ((as_recorded, in_another_order), (in_another_order, as_recorded)):
        tape = Tape([entry])
        assert tape.take(first, 1) is not None
        assert tape.take(second, 1) is None
        assert tape.knows(first)
        assert tape.knows(second)
