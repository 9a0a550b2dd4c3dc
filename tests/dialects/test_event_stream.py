"""Server-sent events are read as the standard says, however the bytes come."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.dialects.event_stream import Event, EventReader, read_events


def messages(*data: str) -> tuple[Event, ...]:
    return tuple(Event(name="message", data=item) for item in data)


@pytest.mark.parametrize(
    ("body", "events"),
    [
        (b"", ()),
        (b"data: a\n\n", messages("a")),
        (b"data:a\n\n", messages("a")),
        (b"data:  a\n\n", messages(" a")),
        (b"data: a\r\n\r\ndata: b\r\rdata: c\n\n", messages("a", "b", "c")),
        (b"data: a\ndata: b\ndata\n\n", messages("a\nb\n")),
        (b"data\n\n", messages("")),
        (b": comment\n\ndata: a\n:\n\n", messages("a")),
        (b"\xef\xbb\xbfdata: a\n\n", messages("a")),
        (b"data: \xef\xbb\xbfa\n\n", messages("﻿a")),
        (b"data: a\n\n\xef\xbb\xbfdata: b\n\n", messages("a")),
        (b"event: error\ndata: a\n\ndata: b\n\n", (Event(name="error", data="a"), Event(name="message", data="b"))),
        (b"event: lost\n\ndata: a\n\n", messages("a")),
        (b"data: a\nevent: late\n\n", (Event(name="late", data="a"),)),
        (b"event:\ndata: a\n\n", messages("a")),
        (b"id: 1\nretry: 3\nother: x\nDATA: y\ndata: a\n\n", messages("a")),
        (b"data: a: b\n\n", messages("a: b")),
        ("data: a\u2028b\x85c\x0bd\n\n".encode(), messages("a\u2028b\x85c\x0bd")),
        (b"data: \xff\n\n", messages("�")),
        (b"data: a\n\ndata: b\n", messages("a", "b")),
        (b"data: a\n\ndata: b", messages("a", "b")),
        (b"data: a\n\nevent: error", messages("a")),
        (b"\n\n\n", ()),
    ],
)
def test_a_stream_is_read_as_the_standard_says(body: bytes, events: tuple[Event, ...]) -> None:
    assert read_events(body) == events


def test_an_event_is_given_out_as_soon_as_it_is_whole() -> None:
    reader = EventReader()

    assert reader.feed(b"data: a\r\n\r") == messages("a")
    assert reader.feed(b"\ndata: b") == ()
    assert reader.close() == messages("b")


def test_a_reader_that_was_closed_can_read_another_stream() -> None:
    reader = EventReader()
    reader.feed(b"event: x\ndata: a\r")
    reader.close()

    assert reader.feed(b"\ndata: b\n\n") == messages("b")


streams = st.lists(
    st.sampled_from(
        [b"data", b"event", b"id", b":", b": ", b" ", b"\r", b"\n", b"\r\n", b"\n\n", b"x", b"\xef\xbb\xbf", b"\x00"]
    )
    | st.text(max_size=3).map(str.encode)
    | st.binary(max_size=3),
    max_size=40,
).map(b"".join)


@given(body=streams, data=st.data())
def test_where_the_bytes_are_split_changes_no_event(body: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=12)))
    reader = EventReader()

    events = [
        event
        for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)
        for event in reader.feed(body[start:end])
    ]

    assert (*events, *reader.close()) == read_events(body)


@given(body=streams)
def test_byte_by_byte_is_the_same_stream(body: bytes) -> None:
    reader = EventReader()

    events = [event for byte in body for event in reader.feed(bytes([byte]))]

    assert (*events, *reader.close()) == read_events(body)


names = st.text(st.characters(exclude_characters="\r\n", codec="utf-8"), min_size=1).filter(lambda name: name[0] != " ")
line_ends = st.sampled_from(["\n", "\r\n", "\r"])


@given(
    events=st.lists(
        st.tuples(names, st.lists(st.text(st.characters(exclude_characters="\r\n", codec="utf-8")), min_size=1))
    ),
    end=line_ends,
)
def test_what_was_written_is_read_back(events: list[tuple[str, list[str]]], end: str) -> None:
    body = "".join(
        f"event: {name}{end}{''.join(f'data: {line}{end}' for line in lines)}{end}" for name, lines in events
    )

    found = read_events(body.encode())

    assert [(event.name, event.data) for event in found] == [(name, "\n".join(lines)) for name, lines in events]
