"""Files that are no recordings, or that mean harm: one clear error each, and nothing happens."""

from __future__ import annotations

import base64
import gzip
import os
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.errors import RecordingUnreadable
from prompt_contracts.transport.cassette_file import read_entries
from prompt_contracts.transport.cassette_store import LARGEST_FILE
from prompt_contracts.transport.yaml_reader import MOST_VALUES, UnreadableError, read_yaml
from tests.transport.loopback import Workshop

GOOD = """\
interactions:
- request: {method: POST, uri: 'http://x/v1', body: null, headers: {}}
  response: {status: {code: 200, message: OK}, headers: {}, body: {string: hello}}
version: 1
"""
BOMB = "\n".join(
    ["a0: &a0 [x, x, x, x, x, x, x, x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
)

HOSTILE = {
    "empty": ("", "it is empty"),
    "only a comment": ("# nothing\n", "it is empty"),
    "a list": ("- 1\n", "its top level is a list"),
    "a scalar": ("hello\n", "its top level is text"),
    "null": ("null\n", "its top level is empty"),
    "no interactions": ("version: 1\n", "it has no 'interactions'"),
    "null interactions": ("interactions: null\nversion: 1\n", "its 'interactions' is empty"),
    "interactions as a mapping": ("interactions: {}\nversion: 1\n", "its 'interactions' is a mapping"),
    "another version": (GOOD.replace("version: 1", "version: 99"), "its version is 99"),
    "a true version": (GOOD.replace("version: 1", "version: true"), "its version is True"),
    "cut between interactions": (GOOD.replace("version: 1\n", ""), "it was cut"),
    "cut inside": (GOOD[:120], "not valid YAML"),
    "an entry that is text": ("interactions: [x]\nversion: 1\n", "interaction 1 is text"),
    "an entry without a request": (
        "interactions: [{response: {}}]\nversion: 1\n",
        "the request of interaction 1 is empty",
    ),
    "a body that is a list": (GOOD.replace("body: null", "body: [1]"), "the request body of interaction 1"),
    "a status without code": (GOOD.replace("code: 200", "code: x"), "has no numeric code"),
    "a method that is a number": (GOOD.replace("POST", "5"), "the method of interaction 1"),
    "headers that are a list": (
        GOOD.replace("headers: {}}\n  response", "headers: [a]}\n  response"),
        "the request headers of interaction 1",
    ),
    "a key given twice": (f"{GOOD}interactions: []\n", "the key 'interactions' stands twice in one mapping"),
    "a body given twice": (
        GOOD.replace("body: {string: hello}", "body: {string: bad}, body: {string: hello}"),
        "the key 'body' stands twice in one mapping",
    ),
    "conflict markers": (
        GOOD + "<<<<<<< HEAD\nversion: 1\n=======\n>>>>>>> other\n",
        r"merge conflict \(line 5\)",
    ),
    "an alias bomb": (f"{BOMB}\n{GOOD}", "YAML alias"),
    "many aliases": ("a: &a x\nb: [" + "*a, " * 5000 + "]\n" + GOOD, "more than 200 YAML aliases"),
    "an alias inside itself": (f"a: &a [*a]\n{GOOD}", "refers to nothing"),
    "deep flow nesting": ("a: " + "[" * 3000 + "\n" + GOOD, "levels deep"),
    "deep block nesting": ("a:\n" + "- " * 3000 + "x\n" + GOOD, "levels deep"),
    "two documents": (f"{GOOD}---\n{GOOD}", "more than one YAML document"),
    "a control character": (GOOD.replace("hello", "a\x07b"), "not valid YAML"),
    "a key that is no text": (f"1: 2\n{GOOD}", "a key in it is not text"),
    "a huge integer": (GOOD.replace("200", "9" * 5000), "cannot be read"),
    "an object tag": (
        GOOD.replace("hello", "!!python/object/apply:os.system ['echo']"),
        "tags are never followed",
    ),
    "a tag of python's own strings": (GOOD.replace("hello", "!!python/str x"), "tags are never followed"),
    "a tag on a mapping": (GOOD.replace("{string", "!!python/dict {string"), "tags are never followed"),
    "a merge tag": (GOOD.replace("hello", "!!merge x"), "tags are never followed"),
    "broken base64": (GOOD.replace("hello", "!!binary 'x'"), "not base64"),
    "our own key of the wrong type": (
        GOOD.replace("headers: {}, body: {s", "prompt_contracts: {latency: fast}, body: {s"),
        "latency: .fast., which is not",
    ),
    "a price that is no number": (
        GOOD.replace("headers: {}, body: {s", "prompt_contracts: {cost: {usd: x, source: y, as_of: z}}, body: {s"),
        "cost.usd: .x., which is not",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_that_is_no_recording_is_one_clear_error(workshop: Workshop, name: str) -> None:
    text, reason = HOSTILE[name]
    workshop.write(text)

    with pytest.raises(RecordingUnreadable, match=rf"tiny\.yaml cannot be read: .*{reason}"):
        workshop.open().send(workshop.request(), trial=1)


def test_the_good_file_beside_them_is_read() -> None:
    (entry,) = read_entries(GOOD)

    assert (entry.method, entry.url, entry.status, entry.body) == ("POST", "http://x/v1", 200, b"hello")


def test_a_tag_runs_no_code(workshop: Workshop, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    workshop.write(GOOD.replace("hello", f"!!python/object/apply:os.system ['touch {trace}']"))

    with pytest.raises(RecordingUnreadable):
        workshop.open().send(workshop.request(), trial=1)

    assert not trace.exists()


def test_bytes_that_are_no_text_are_an_error(workshop: Workshop) -> None:
    workshop.write(GOOD.replace("hello", "gr\u00fc\u00df").encode("latin-1"))

    with pytest.raises(RecordingUnreadable, match="not UTF-8 text"):
        workshop.open("new_episodes").send(workshop.request(), trial=1)


def test_a_file_of_a_hundred_megabytes_is_refused_before_it_is_read(workshop: Workshop) -> None:
    workshop.write("")
    os.truncate(workshop.path, LARGEST_FILE + 1)

    with pytest.raises(RecordingUnreadable, match="64 MB is the most"):
        workshop.open().send(workshop.request(), trial=1)


def packed_entry(body: bytes, encodings: str) -> str:
    """A recording whose answer is compressed."""
    return GOOD.replace("hello", f"!!binary '{base64.b64encode(body).decode()}'").replace(
        "message: OK}, headers: {}", f"message: OK}}, headers: {{Content-Encoding: [{encodings}]}}"
    )


@pytest.mark.parametrize(
    "encodings", ["gzip", "deflate", "br", "zstd", "'gzip, gzip'", "gzip, gzip", "deflate, gzip", "'br, gzip'"]
)
def test_a_compressed_body_that_explodes_is_refused(encodings: str) -> None:
    body = bytes([0xFF]) * 40_000_000
    for name in encodings.strip("'").split(", "):
        if name in ("br", "zstd"):
            module = pytest.importorskip({"br": "brotli", "zstd": "zstandard"}[name])
            body = bytes(module.compress(body, quality=1) if name == "br" else module.compress(body))
        else:
            body = gzip.compress(body) if name == "gzip" else zlib.compress(body)

    with pytest.raises(UnreadableError, match="larger than 32 MB when it is unpacked"):
        read_entries(packed_entry(body, encodings))


def test_a_body_that_is_compressed_three_times_over_is_refused() -> None:
    body = gzip.compress(gzip.compress(gzip.compress(b"hello")))

    with pytest.raises(UnreadableError, match="compressed 3 times over, and 2 is the most"):
        read_entries(packed_entry(body, "gzip, gzip, gzip"))


@pytest.mark.parametrize("body", [gzip.compress(b"hello")[:-1], gzip.compress(b"hello") + b"more"], ids=["cut", "more"])
def test_a_compressed_body_that_is_not_whole_is_refused(body: bytes) -> None:
    with pytest.raises(UnreadableError, match=r"cut short|damaged"):
        read_entries(packed_entry(body, "gzip"))


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


LONG = bytes(range(256)) * 4096
"""Longer than a piece, packed or not."""


@pytest.mark.parametrize("body", [b"hello", b"a" * 100, LONG], ids=["short", "even", "long"])
@pytest.mark.parametrize("pack", [zlib.compress, raw_deflate])
def test_deflate_is_read_with_and_without_its_wrapping(pack: Callable[[bytes], bytes], body: bytes) -> None:
    (entry,) = read_entries(packed_entry(pack(body), "deflate"))

    assert entry.body == body


@pytest.mark.parametrize("packed", [zlib.compress(LONG), raw_deflate(LONG)], ids=["wrapped", "raw"])
def test_a_deflated_body_that_is_not_whole_is_refused(packed: bytes) -> None:
    for body in (packed[:-8], packed + b"more"):
        with pytest.raises(UnreadableError, match=r"cut short|damaged"):
            read_entries(packed_entry(body, "deflate"))


@pytest.mark.parametrize(
    "body",
    [gzip.compress(b"hel") + gzip.compress(b"lo"), gzip.compress(b"hello") + b"\0" * 9],
    ids=["members", "padding"],
)
def test_a_gzip_of_several_members_and_padding_is_read(body: bytes) -> None:
    (entry,) = read_entries(packed_entry(body, "gzip"))

    assert entry.body == b"hello"


def problem_of(text: str) -> str | None:
    try:
        read_yaml(text)
    except UnreadableError as error:
        return str(error)
    return None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"a: &a [{'x, ' * (MOST_VALUES - 1)}]\nb: *a\n", None),
        (f"a: &a [{'x, ' * MOST_VALUES}]\nb: *a\n", "the YAML alias *a stands for more than 100000 values"),
        ("a: &a x\nb: [" + "*a, " * 200 + "]\n", None),
        ("a: &a x\nb: [" + "*a, " * 201 + "]\n", "it uses more than 200 YAML aliases"),
        ("- " * 100 + "x\n", None),
        ("- " * 101 + "x\n", "it is nested more than 100 levels deep"),
    ],
    ids=["values", "one value more", "aliases", "one alias more", "levels", "one level more"],
)
def test_a_limit_is_as_large_as_it_says(text: str, problem: str | None) -> None:
    assert problem_of(text) == problem


@pytest.mark.parametrize(
    ("text", "place"), [("a: 1\nb: [1, }\n", "(line 2, column 8)"), ("a: 1\n\tb: 2", "(line 2, column 1)")]
)
def test_what_is_no_yaml_is_told_with_line_and_column_from_one(text: str, place: str) -> None:
    assert (problem_of(text) or "").endswith(place)


def test_dates_and_merge_keys_are_plain_text() -> None:
    (entry,) = read_entries(GOOD.replace("hello", "2024-05-01").replace("headers: {}", "headers: {<<: [x]}"))

    assert entry.body == b"2024-05-01"
    assert entry.headers == (("<<", "x"),)


@given(st.text())
def test_any_text_is_entries_or_unreadable(text: str) -> None:
    message = "read"
    try:
        read_entries(text)
    except UnreadableError as error:
        message = str(error)

    assert message


@given(st.integers(0, len(GOOD) - 2))
def test_a_file_cut_anywhere_is_never_read_as_a_whole_one(length: int) -> None:
    with pytest.raises(UnreadableError):
        read_entries(GOOD[:length])
