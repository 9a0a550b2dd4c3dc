"""Recordings as we write them are read faster, and by nothing but time does that differ from reading all YAML."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from prompt_contracts.transport.cassette_file import OWN_KEY, read_standard
from prompt_contracts.transport.cassette_text import clean, passages, write_yaml
from prompt_contracts.transport.cassette_yaml import Plain, UnreadableError, read_cassette_yaml
from prompt_contracts.transport.written_yaml import read_written
from tests.real_cassettes import find_real_cassettes

OURS = tuple(sorted((Path(__file__).parents[2] / "cassettes").rglob("*.yaml")))

calm = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E))
texts = st.one_of(
    calm,
    st.text(),
    st.lists(st.one_of(calm, st.just(""), st.text(max_size=5)), min_size=1).map("\n".join),
    st.sampled_from(
        ["null", "~", "1", "0x1f", "1e5", "no", "y", "2026-11-21", "1:30", "=", "a: b", "a #b", "- a", "'"]
    ),
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8)),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=8,
    ).map(json.dumps),
)
names = st.sampled_from(["content-type", "date", "retry-after", "x-request-id", "x-ratelimit-limit", "accept"])
headers = st.dictionaries(names, st.lists(texts, min_size=1, max_size=2), max_size=3)
facts = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {"at": st.just("2026-11-21T10:00:00Z"), "latency": st.floats(0, 1e6), "attempts": st.integers(0, 10)},
        optional={
            "trial": st.integers(),
            "cost": st.fixed_dictionaries({"usd": texts, "source": texts, "as_of": st.none() | texts}),
            "unanswered": st.lists(st.fixed_dictionaries({"kind": texts, "message": texts}), max_size=2),
        },
    ),
)
bodies = st.none() | texts.map(lambda text: text.encode(errors="surrogatepass")) | st.binary(max_size=20)


@st.composite
def interactions(draw: st.DrawFn) -> dict[str, Any]:
    """One exchange as the recorder has it."""
    own = draw(facts)
    return {
        "request": {
            "method": draw(st.sampled_from(["POST", "GET"]) | texts),
            "uri": draw(st.just("https://api.example/v1/chat/completions") | texts),
            "body": draw(bodies),
            "headers": draw(headers),
        },
        "response": {
            "status": {"code": draw(st.integers(100, 999)), "message": draw(st.sampled_from(["OK", ""]) | texts)},
            "headers": draw(headers),
            "body": {"string": draw(bodies)},
            **({} if own is None else {OWN_KEY: own}),
        },
    }


written = st.lists(interactions(), min_size=1, max_size=3).map(lambda found: write_yaml([*map(clean, found)]))

JSON_ANSWER = {
    "request": {"method": "POST", "uri": "http://127.0.0.1:80/v1", "body": b'{"a": [1, {}]}', "headers": {}},
    "response": {
        "status": {"code": 200, "message": "OK"},
        "headers": {"date": ["Sat, 21 Nov 2026 10:00:00 GMT"], "content-type": ["application/json"]},
        "body": {"string": b'{"b": "said"}'},
        OWN_KEY: {"at": "2026-11-21T10:00:00Z", "latency": 0.5, "cost": {"usd": "0.1", "source": "x", "as_of": None}},
    },
}
STREAM = {**JSON_ANSWER, "response": {**JSON_ANSWER["response"], "body": {"string": b"data: 1\n\ndata: 2\n\n"}}}  # type: ignore[dict-item]
PLAIN = write_yaml([clean(JSON_ANSWER), clean(STREAM)])


def full(text: str) -> Plain | str:
    """What the reader of all YAML makes of a text."""
    try:
        return read_cassette_yaml(text)
    except UnreadableError as error:
        return f"refused: {error}"


def assert_equal_or_declined(text: str) -> None:
    found = read_written(text)
    if found is not None:
        wanted = full(text)
        # `repr` tells 1 from 1.0 and from True, and the order of the keys.
        assert repr(found) == repr(wanted)


def test_answers_and_streams_are_read_without_the_other_reader() -> None:
    found = read_written(PLAIN)

    assert found is not None
    assert repr(found) == repr(full(PLAIN))


@given(written)
def test_what_we_write_is_read_as_it_is_by_the_reader_of_all_yaml(text: str) -> None:
    assert_equal_or_declined(text)


@given(st.lists(interactions(), min_size=1, max_size=2))
def test_what_is_searched_of_a_file_is_what_cleaning_it_again_would_give(found: list[dict[str, Any]]) -> None:
    try:
        interactions = read_standard(write_yaml([*map(clean, found)]))["interactions"]
    except UnreadableError:
        return  # never written

    searched = list(passages(interactions, lambda _url, response: [response.text]))

    assert searched == list(passages([*map(clean, interactions)], lambda _url, response: [response.text]))


@given(st.one_of(st.just(PLAIN), written), st.data())
def test_a_flipped_character_is_read_as_the_other_reader_reads_it(text: str, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text) - 1))
        size = data.draw(st.integers(0, 2))
        new = data.draw(
            st.sampled_from("\n \t'\"|>-+:#&*!{}[],?%@`=~0y\\\r\x00\x85\u2028\ufeff\u00e9") | st.characters()
        )
        text = text[:at] + new + text[at + size :]

    assert_equal_or_declined(text)


@given(st.one_of(st.just(PLAIN), written), st.data())
def test_lines_moved_about_are_read_as_the_other_reader_reads_them(text: str, data: st.DataObject) -> None:
    lines = text.split("\n")
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 1))
        other = data.draw(st.integers(0, len(lines) - 1))
        match data.draw(st.sampled_from(["swap", "double", "drop", "indent", "outdent", "trail", "odd", "insert"])):
            case "swap":
                lines[at], lines[other] = lines[other], lines[at]
            case "double":
                lines.insert(other, lines[at])
            case "drop" if len(lines) > 1:
                del lines[at]
            case "indent":
                lines[at] = " " * data.draw(st.integers(1, 8)) + lines[at]
            case "outdent":
                lines[at] = lines[at][data.draw(st.integers(1, 8)) :]
            case "trail":
                lines[at] += data.draw(st.sampled_from([" ", "  ", " # x", ":", ": y", " |", "|", ",", "\t"]))
            case "odd":
                lines[at] = " " * data.draw(st.integers(0, 9)) + data.draw(texts)
            case _:
                lines.insert(at, data.draw(st.sampled_from(EXOTIC)))

    assert_equal_or_declined("\n".join(lines))


EXOTIC = (
    *("---", "...", "%YAML 1.1", "# note", "", " ", "        ", "          ", "<<: *a", "? a", ": b", "- - - a"),
    *("    prompt_contracts:", "- request:", "  response:", "version: 1", "    body: &a |-", "    body: *a"),
    *("      string: >-", "      string: |2-", "      string: !!binary |", "      - on", "      on:", "      1.5:"),
    *("      trial: 0777", "      at: 2026-11-21", "      latency: .inf", "      latency: 1_0.5", "      trial: 1:30"),
)


@pytest.mark.parametrize("line", EXOTIC)
@pytest.mark.parametrize("at", range(0, PLAIN.count("\n") + 1, 3))
def test_exotic_lines_are_read_as_the_other_reader_reads_them(line: str, at: int) -> None:
    lines = PLAIN.split("\n")

    assert_equal_or_declined("\n".join([*lines[:at], line, *lines[at:]]))
    assert_equal_or_declined("\n".join([*lines[:at], line, *lines[at + 1 :]]))


@given(texts)
@example("a" * 5000)
@example("0" * 5000)
@example("1" * 5000)
@example("k" * 1100 + ": v")
def test_any_text_as_a_scalar_is_read_as_the_other_reader_reads_it(text: str) -> None:
    for old in ("POST", "OK", "'2026-11-21T10:00:00Z'", "application/json", "0.5", "content-type", "latency", "null"):
        for shape in ("{}", "'{}'", '"{}"'):
            assert_equal_or_declined(PLAIN.replace(old, shape.format(text), 1))


@pytest.mark.parametrize("path", OURS, ids=lambda path: "/".join(path.parts[-4:]))
def test_recordings_of_the_example_suite_are_read_as_the_other_reader_reads_them(path: Path) -> None:
    assert_equal_or_declined(path.read_text())


def test_nearly_all_recordings_of_the_example_suite_need_no_other_reader() -> None:
    declined = [path for path in OURS if read_written(path.read_text()) is None]

    # Some are written by hand, with a comment at their top.
    assert all(path.read_text().startswith("#") for path in declined)


def test_real_recordings_are_read_as_the_other_reader_reads_them() -> None:
    paths = find_real_cassettes()
    if not paths:
        pytest.skip("the real recordings are not on this machine")
    for path in paths:
        assert_equal_or_declined(path.read_text(encoding="utf-8-sig"))


@pytest.mark.parametrize("levels", [50, 5000])
def test_what_is_nested_is_left_to_the_reader_with_limits(levels: int) -> None:
    for text in (f"{'- ' * levels}a", f"{'[' * levels}{']' * levels}"):
        assert read_written(PLAIN.replace("application/json", text, 1)) is None
        assert read_written(f"interactions:\n- request:\n{text}\nversion: 1\n") is None


def test_aliases_are_left_to_the_reader_with_limits() -> None:
    assert read_written(PLAIN.replace("method: POST", "method: &a POST", 1)) is None
    assert read_written(PLAIN.replace("message: OK", "message: *a", 1)) is None
