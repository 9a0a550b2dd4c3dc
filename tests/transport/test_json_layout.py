"""JSON text laid out anew keeps its tokens, and YAML can always write it as a literal block."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from prompt_contracts.json_text import escape_invisible, is_json, reindent
from prompt_contracts.transport.cassette_file import read_entries, read_standard
from prompt_contracts.transport.cassette_text import clean, dumped, joined_yaml, write_yaml

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')

strings = st.text() | st.text(st.characters(categories=["Cf", "Cc", "Zl", "Zp", "Zs", "Cs", "So", "Co", "Mn"]))
numbers = st.sampled_from(["0", "-0", "1E400", "0.1000000000000000055", "1e-9", "12345678901234567890123"])


def encode(text: str) -> str:
    """A JSON string with everything raw that may stand raw."""
    raw = json.dumps(text, ensure_ascii=False)
    return re.sub("[\ud800-\udfff]", lambda found: f"\\u{ord(found.group()):04x}", raw)


space = st.sampled_from(["", " ", "\n", "\t", "  \r\n "])
scalars = numbers | strings.map(encode) | st.sampled_from(["true", "false", "null", "NaN"])


def containers(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    member = st.tuples(strings.map(encode), space, inner).map(lambda parts: f"{parts[0]}{parts[1]}:{parts[2]}")
    return st.tuples(st.lists(inner, max_size=4), space).map(
        lambda drawn: f"[{drawn[1]}{f'{drawn[1]},'.join(drawn[0])}{drawn[1]}]"
    ) | st.tuples(st.lists(member, max_size=4), space).map(
        lambda drawn: f"{{{drawn[1]}{f'{drawn[1]},'.join(drawn[0])}{drawn[1]}}}"
    )


json_texts = st.recursive(scalars, containers, max_leaves=12)


def tokens(text: str) -> list[str]:
    """The tokens of a JSON text, strings by what they mean."""
    found = TOKEN.findall(text)
    return [repr(json.loads(token)) if token.startswith('"') else token for token in found]


def stored(body: bytes) -> str:
    """The text of a recording whose answer has this body."""
    return write_yaml([interaction(body)])


def interaction(body: bytes) -> dict[str, Any]:
    """What is stored of an answer with this body."""
    response = {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": body}}
    request: dict[str, Any] = {"method": "GET", "uri": "http://x/", "body": None, "headers": {}}
    return clean({"request": request, "response": response})


def body_event(text: str) -> Any:
    """The YAML event of the answer's body."""
    events = list(yaml.parse(text, Loader=yaml.SafeLoader))
    place = next(index for index, event in enumerate(events) if getattr(event, "value", None) == "string")
    return events[place + 1]


@given(json_texts)
def test_layout_keeps_every_token(text: str) -> None:
    laid_out = reindent(text)

    assert laid_out is not None
    assert tokens(laid_out) == tokens(text)


@given(json_texts)
def test_layout_of_a_layout_changes_nothing(text: str) -> None:
    once = reindent(text)

    assert once is not None
    assert reindent(once) == once


@given(json_texts)
def test_json_is_always_written_as_a_literal_block_and_read_back(text: str) -> None:
    written = stored(text.encode())

    event = body_event(written)
    assert event.style == "|"
    assert event.value == reindent(text)
    assert read_entries(written)[0].body.decode() == reindent(text)


@given(json_texts)
def test_the_plain_python_writer_writes_literal_blocks_too(text: str) -> None:
    laid_out = reindent(text)
    assert laid_out is not None
    dumper: Any = type("Dumper", (yaml.SafeDumper,), {})
    dumper.add_representer(str, lambda self, value: self.represent_scalar("tag:yaml.org,2002:str", value, style="|"))

    written = yaml.dump({"string": laid_out}, Dumper=dumper, allow_unicode=True, width=1_000_000)

    assert body_event(written).style == "|"


@given(st.text() | st.text("a \n\t\r:#-\u2028\ufeff\x85"))
def test_text_that_is_no_json_is_read_back_as_it_was(text: str) -> None:
    text = f"no json: {text}"

    assert read_entries(stored(text.encode()))[0].body.decode() == text


@given(st.binary())
def test_any_bytes_are_read_back_or_laid_out(body: bytes) -> None:
    (entry,) = read_entries(stored(body))

    if entry.body != body:
        assert entry.body.decode() == reindent(body.decode())


@given(st.lists(json_texts.map(str.encode) | st.text("a \n\t\r").map(str.encode) | st.binary(), max_size=4))
@example([b"a\n\n", b"null"])
@example([b"null", b"a\n\n", b"a"])
@example([b"a\n\n", b"\xff"])
def test_a_recording_is_written_the_same_entry_by_entry(bodies: list[bytes]) -> None:
    interactions = [interaction(body) for body in bodies]

    assert joined_yaml([write_yaml([each]) for each in interactions]) == dumped(interactions) or not bodies


@given(json_texts)
def test_saving_a_loaded_recording_again_changes_nothing(text: str) -> None:
    written = stored(text.encode())

    assert write_yaml([clean(item) for item in read_standard(written)["interactions"]]) == written


@pytest.mark.parametrize(
    ("character", "written"),
    [
        *(("é", "é"), ("漢", "漢"), ("\U00010000", "\U00010000"), ("\U0001f642", "\U0001f642")),
        *(("\U00020000", r"\U00020000"), ("\U000e0001", r"\U000e0001"), ("\u202e", r"\u202e"), ("\x9b", r"\x9b")),
    ],
)
def test_of_lines_that_no_block_can_hold_letters_stay_and_what_cannot_be_seen_is_escaped(
    character: str, written: str
) -> None:
    text = f"no json:\r\n{character} \n"

    assert f"{written} \\n" in stored(text.encode())
    assert read_entries(stored(text.encode()))[0].body.decode() == text


def test_layout_is_what_a_person_would_write() -> None:
    assert reindent('{"a":[1,{"b":[]}],"c":{}}') == (
        '{\n  "a": [\n    1,\n    {\n      "b": []\n    }\n  ],\n  "c": {}\n}'
    )


def test_what_a_parser_would_lose_survives() -> None:
    text = '{"a": 1E400, "a": 0.1000000000000000055, "b": "\\ud800"}'

    assert reindent(text) == '{\n  "a": 1E400,\n  "a": 0.1000000000000000055,\n  "b": "\\ud800"\n}'


@pytest.mark.parametrize(
    ("character", "escape"),
    [
        ("\U0001f642", "\\ud83d\\ude42"),
        ("\u202e", "\\u202e"),
        ("\u2028", "\\u2028"),
        ("\ufeff", "\\ufeff"),
        ("\u200b", "\\u200b"),
        ("\u00a0", "\\u00a0"),
        ("\ufe0f", "\\ufe0f"),
        ("\x7f", "\\u007f"),
        ("\x9b", "\\u009b"),
        ("é", "é"),
        ("漢", "漢"),
    ],
)
def test_what_cannot_be_seen_is_escaped_and_letters_stay(character: str, escape: str) -> None:
    assert escape_invisible(f'"{character}"') == f'"{escape}"'


@pytest.mark.parametrize("text", ["", "{", "{'a': 1}", "[1,]", '"\n"', "\ufeff{}", "hello", "[" * 100_000])
def test_text_that_is_no_json_has_no_layout(text: str) -> None:
    assert not is_json(text)
    assert reindent(text) is None


@pytest.mark.skipif(sys.platform == "win32", reason="limits the memory of a process")
@pytest.mark.parametrize(
    "text", ["'word ' * 1_600_000", "(chr(92) + 'u001b') * 1_300_000", "(chr(92) + chr(34)) * 4_000_000"]
)
def test_a_giant_string_takes_memory_in_proportion(text: str) -> None:
    program = (
        "import resource\n"
        "from prompt_contracts.json_text import reindent\n"
        f"resource.setrlimit(resource.RLIMIT_AS, ({600 * 1024 * 1024}, {600 * 1024 * 1024}))\n"
        f"text = '[' + chr(34) + {text} + chr(34) + ']'\n"
        "assert reindent(text)\n"
    )

    subprocess.run([sys.executable, "-c", program], check=True)
