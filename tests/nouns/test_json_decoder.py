"""Bytes are read as JSON in whichever encoding they stand, as the standard library reads them."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from prompt_contracts.json_decoder import read_with

_TEXTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
).map(lambda value: json.dumps(value, ensure_ascii=False))
_ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")
_ENCODED = st.builds(lambda text, name: text.encode(name, "surrogatepass"), _TEXTS, st.sampled_from(_ENCODINGS))


def _told(read: Any, data: bytes) -> str:
    try:
        return repr(read(data))
    except ValueError as error:
        return f"{type(error).__name__}: {error}"


@given(_ENCODED | st.binary(max_size=6) | st.binary(max_size=4).map(lambda rest: b"{" + rest))
@example(b"{")
@example(b"{\0")
@example(b"{\0}\0")
@example(b"{}")
@example(b'{"\xed\xa0\x80": 1}')
def test_bytes_are_read_as_the_standard_library_reads_them(data: bytes) -> None:
    assert _told(lambda found: read_with(json.JSONDecoder(), found), data) == _told(json.loads, data)
