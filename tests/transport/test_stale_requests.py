"""How a changed request is shown beside the recorded one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.interaction import ApiRequest
from prompt_contracts.json_value import Json, canonical
from prompt_contracts.transport.stale import describe_changes

URL = "http://house.example/v1/chat"

values: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


def request(body: Json, *, method: str = "POST", url: str = URL) -> ApiRequest:
    return ApiRequest(method=method, url=url, body=body)


def test_method_and_address_are_shown_too() -> None:
    lines = describe_changes(request(None, method="GET", url=f"{URL}/2"), [request(None)])

    assert lines == ('~ method: "POST" -> "GET"', f'~ url: "{URL}" -> "{URL}/2"')


def test_keys_in_the_address_are_not_shown() -> None:
    (line,) = describe_changes(request(None, url=f"{URL}/2?key=hush"), [request(None)])

    assert "hush" not in line


def test_the_nearest_recorded_request_is_compared() -> None:
    near: Json = {"model": "a", "messages": [{"role": "user", "content": "hello"}], "seed": 1}
    far: Json = {"model": "b", "messages": []}
    asked: Json = {"model": "a", "messages": [{"role": "user", "content": "hello"}], "seed": 2}

    assert describe_changes(request(asked), [request(far), request(near)]) == ("~ /seed: 1 -> 2",)


def test_a_long_text_is_cut_around_what_differs() -> None:
    before, after = ("x" * 500 + word + "y" * 500 for word in ("old", "new"))

    (line,) = describe_changes(request({"text": after}), [request({"text": before})])

    assert f'"…{"x" * 24}old{"y" * 24}…"' in line
    assert f'"…{"x" * 24}new{"y" * 24}…"' in line


def test_many_changes_are_counted_after_twelve() -> None:
    before: Json = dict.fromkeys(map(str, range(20)), 0)
    after: Json = dict.fromkeys(map(str, range(20)), 1)

    lines = describe_changes(request(after), [request(before)])

    assert len(lines) == 13
    assert lines[-1] == "and 8 more"


def test_twelve_changes_are_shown_without_a_count() -> None:
    before: Json = dict.fromkeys(map(str, range(12)), 0)
    after: Json = dict.fromkeys(map(str, range(12)), 1)

    lines = describe_changes(request(after), [request(before)])

    assert len(lines) == 12
    assert not any("more" in line for line in lines)


def test_what_would_act_on_a_terminal_is_escaped() -> None:
    (line,) = describe_changes(request({"a": "\x1b[31m\x9b\u202e"}), [request({"a": ""})])

    assert line.isprintable()
    assert "\\u202e" in line


def test_nothing_recorded_shows_nothing() -> None:
    assert describe_changes(request({}), []) == ()


@given(values, values)
def test_two_requests_show_a_change_exactly_when_they_differ(before: Json, after: Json) -> None:
    lines = describe_changes(request(after), [request(before)])

    assert bool(lines) == (canonical(before) != canonical(after))
    assert all(line.isprintable() for line in lines)
