"""What makes a file a case file, first by a cheap look. Imports no YAML: foreign files must not cost a run."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from prompt_contracts.cases.encoding import decode_loosely
from prompt_contracts.json_value import Json
from prompt_contracts.spelling import is_one_slip_away

SUFFIXES = (".yaml", ".yml")
"""Of case files, in any letter case."""

# A key, wherever: plain, quoted, behind an anchor or a tag, after `?`, in flow style, in JSON.
_KEY = re.compile(
    r"""(?<![\w-])(\w{4,8})(?:["']?\s*:|["']?\s*(?:\#[^\n]*)?\n\s*:)|\?\s+(?:[&!]\S*\s+)*["']?(\w{4,8})\b"""
)
_COMMENT = re.compile(
    r"#\s*yaml-language-server:\s*\$schema=\S*(?:cases\.schema\.json|prompt_contracts/cases/schema\.json)"
)
_NO_CONTENT = re.compile(r"(?:[\s\ufeff]+|#[^\n]*|(?:---|\.\.\.)(?=\s|\Z)|%[^\n]*)*")
_LINE_KEY = re.compile(r"""^([ \t]*(?:-[ \t]+)?)(?:\?[ \t]+)?(["']?)(\w+)\2[ \t]*:[ \t]*([^\n#]*)""", re.MULTILINE)

# Pasted text brings zero-width characters and marks along: such a file must not be passed over unseen.
_UNSEEN = re.compile("[\u200b-\u200f\u2060\ufeff]")
_BLANKS_IN_QUOTES = re.compile(r"""(["'])[ \t]*(\w+)[ \t]*\1(?=[ \t]*:)""")


def has_suffix(path: Path) -> bool:
    """Whether a file's name ends as that of a case file does."""
    return path.suffix.lower() in SUFFIXES


def may_be_case_file(path: Path) -> bool:
    """Whether a file of a folder may be a case file. True promises nothing; False is certain."""
    text = _text(path)
    if text is not None and (has_schema_comment(text) or not is_blank(text)):
        return looks_like_case_file(text)
    # What says nothing, or cannot be read, is suspect only among case files.
    return any(case_files_beside(path))


def case_files_beside(path: Path) -> Iterator[Path]:
    """The files of the same folder that say something and may be case files."""
    for other in sorted(path.parent.iterdir()):
        if other != path and has_suffix(other):
            text = _text(other)
            if text is not None and not is_blank(text) and looks_like_case_file(text):
                yield other


def _text(path: Path) -> str | None:
    try:
        return decode_loosely(path.read_bytes())
    except OSError:
        return None


def is_blank(text: str) -> bool:
    """Whether a text is empty, or nothing but comments."""
    return not _content(text)


def _content(text: str) -> str:
    start = _NO_CONTENT.match(text)
    return text if start is None else text[start.end() :]


def looks_like_case_file(text: str) -> bool:
    """Whether a text that says something may be a case file. True promises nothing; False is certain."""
    # Nearly every case file has it so; to look at all the keys of one takes as long as to read its YAML.
    if "\ncases:" in text or text.startswith("cases:"):
        return True
    keys = _keys(_BLANKS_IN_QUOTES.sub(r"\1\2\1", _UNSEEN.sub("", text)))
    return (
        "cases" in keys
        or has_schema_comment(text)
        or _has_both(keys)
        or ("expect" in keys and _content(text)[:1] in ("-", "[", "&", "!"))
    )


def _keys(text: str) -> set[str]:
    return {match[1] or match[2] for match in _KEY.finditer(text)}


def _has_both(keys: set[str]) -> bool:
    return all(any(_is_nearly(word, key) for key in keys) for word in ("version", "cases"))


def _is_nearly(word: str, key: str) -> bool:
    return key == word or is_one_slip_away(_visible(key), word) or _visible(key) == word


def _visible(key: str) -> str:
    """A key without what nobody sees at its ends and in it: blanks, zero-width characters, a byte-order mark."""
    return "".join(each for each in key.strip() if unicodedata.category(each) not in ("Cf", "Cc"))


def is_surely_meant(value: Json) -> bool:
    """Whether a whole file that has not both keys was meant to be a case file all the same."""
    if isinstance(value, list):
        return any(isinstance(item, dict) and _expects(item) for item in value)
    if not isinstance(value, dict):
        return False
    near = [key for key in value if key != "cases" and _is_nearly("cases", key)]
    if "cases" in value or (near and _is_our_version(value.get("version"))):
        return True
    has_version = any(_is_nearly("version", key) for key in value)
    return has_version and any(isinstance(value[key], list) and is_surely_meant(value[key]) for key in near)


def _expects(item: dict[str, Json]) -> bool:
    turns = item.get("turns")
    return "expect" in item or (
        isinstance(turns, list) and any(isinstance(one, dict) and "expect" in one for one in turns)
    )


def _is_our_version(value: Json) -> bool:
    # Others have versions as well, such as the `version: "3.8"` of Compose files.
    return not isinstance(value, bool) and value in (1, "1", "1.0")


def has_schema_comment(text: str) -> bool:
    """Whether a comment names our JSON Schema for the editor."""
    return "yaml-language-server" in text and _COMMENT.search(text) is not None


def claims_to_be_case_file(text: str) -> bool:
    """Whether an unreadable text surely was meant as a case file: by its outermost keys, or our comment."""
    if has_schema_comment(text):
        return True
    content = _content(text)
    if content[:1] in ("{", "["):
        keys = _keys(content)
        return "expect" in keys if content[0] == "[" else _has_both(keys) and not keys.isdisjoint(("version", "cases"))
    top = _outermost(text, content)
    if content[:1] == "-":
        return "expect" in top
    return is_surely_meant({key: value.strip().strip("\"'") for key, value in top.items()})


def _outermost(text: str, content: str) -> dict[str, str]:
    """The keys of a block mapping, or of the items of a block list, with what stands behind them on their lines."""
    before = text[: len(text) - len(content)]
    margin = len(before) - before.rfind("\n") - 1
    first = _LINE_KEY.search(text, len(before) - margin)
    column = margin if first is None else len(first[1])
    return {match[3]: match[4] for match in _LINE_KEY.finditer(text) if len(match[1]) == column}
