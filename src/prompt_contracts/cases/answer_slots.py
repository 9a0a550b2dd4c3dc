"""What may stand where inside a turn: tables only. They decide how a value that an answer gave is put in."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto


class Place(Enum):
    """A kind of position in a turn."""

    FREE = auto()
    """Any value as it is."""
    WORD = auto()
    """A word of the language, which the author of the case writes."""
    TEXT = auto()
    """Text for the model; other values as JSON."""
    ADDRESS = auto()
    """An address, which an answer may complete but never begin: it could name a file of this machine."""
    TURN = auto()
    MESSAGES = auto()
    MESSAGE = auto()
    CONTENT = auto()
    PART = auto()
    SOURCE = auto()
    EXPECT = auto()
    CALLS = auto()
    CALL = auto()
    FIELDS = auto()
    """A mapping whose keys are the author's and whose values are patterns."""
    PATTERN = auto()
    SAID = auto()
    """A pattern on text: other values are held against it as the text that they are written with."""
    SAYINGS = auto()
    """A list of patterns on text."""
    TOLD = auto()
    """A text that an operator on text compares with."""
    LOOSE = auto()
    """A text that is compared loosely."""
    CONTAINED = auto()
    """A text to be found, or a pattern on an element."""
    VALUE = auto()
    """A literal in which nothing is an operator."""
    REGEX = auto()
    OPERAND = auto()
    """A number or a text that something is compared with."""
    LIST = auto()
    """A list of patterns."""
    COUNT = auto()
    SCHEMA = auto()


_PATTERNS: Mapping[str, Place] = {
    "$eq": Place.VALUE,
    "$regex": Place.REGEX,
    "$contains": Place.CONTAINED,
    "$loosely": Place.LOOSE,
    "$any_of": Place.LIST,
    "$all_of": Place.LIST,
    "$unordered": Place.LIST,
    "$optional": Place.FIELDS,
    "$at": Place.FIELDS,
    "$count": Place.COUNT,
    "$schema": Place.SCHEMA,
    **dict.fromkeys(("$approx", "$within", "$range", "$lt", "$le", "$gt", "$ge"), Place.OPERAND),
    **dict.fromkeys(("$type", "$others", "$absent", "$check"), Place.WORD),
}

_SAYINGS: Mapping[str, Place] = {
    **_PATTERNS,
    **dict.fromkeys(("$eq", "$contains"), Place.TOLD),
    **dict.fromkeys(("$any_of", "$all_of"), Place.SAYINGS),
    "$not": Place.SAID,
}

MEMBERS: Mapping[Place, Mapping[str, Place]] = {
    Place.TURN: {
        "user": Place.TEXT,
        "messages": Place.MESSAGES,
        "request": Place.FREE,
        "expect": Place.EXPECT,
        "on_error": Place.FREE,
    },
    Place.MESSAGE: {"content": Place.CONTENT, "tool_calls": Place.FREE},
    Place.PART: {
        "text": Place.TEXT,
        **dict.fromkeys(("image_url", "input_audio", "file"), Place.SOURCE),
    },
    Place.SOURCE: dict.fromkeys(("url", "data", "file_data"), Place.ADDRESS),
    Place.EXPECT: {
        "tool_calls": Place.CALLS,
        **dict.fromkeys(("text", "reasoning", "refusal", "finish_reason", "model"), Place.SAID),
        **dict.fromkeys(("usage", "error"), Place.FIELDS),
        **dict.fromkeys(("any_of", "all_of", "not"), Place.EXPECT),
        **dict.fromkeys(
            ("order", "unlisted", "missing", "never", "arguments_valid", "strings", "json_in", "check"), Place.WORD
        ),
    },
    Place.PATTERN: _PATTERNS,
    Place.SAID: _SAYINGS,
    Place.CONTAINED: _PATTERNS,
    Place.COUNT: {"of": Place.REGEX, "is": Place.PATTERN},
    Place.SCHEMA: {"const": Place.VALUE, "enum": Place.VALUE},
}
"""What stands under a key."""

OTHERS: Mapping[Place, Place] = {
    Place.TURN: Place.WORD,
    Place.MESSAGE: Place.TEXT,
    Place.PART: Place.FREE,
    Place.SOURCE: Place.FREE,
    Place.EXPECT: Place.PATTERN,
    Place.CALL: Place.PATTERN,
    Place.FIELDS: Place.PATTERN,
    Place.SAID: Place.PATTERN,
    Place.CONTAINED: Place.PATTERN,
    Place.COUNT: Place.WORD,
}
"""What stands under any other key; the place itself where this says nothing."""

ITEMS: Mapping[Place, Place] = {
    Place.MESSAGES: Place.MESSAGE,
    Place.CONTENT: Place.PART,
    Place.CALLS: Place.CALL,
    Place.LIST: Place.PATTERN,
    Place.SAYINGS: Place.SAID,
    Place.CONTAINED: Place.PATTERN,
}
"""What the items of a list are; the place itself where this says nothing."""

REFUSED: Mapping[Place, str] = {
    Place.WORD: "a word of the language, which an answer cannot give",
    Place.MESSAGES: "the messages of a turn, which an answer cannot give as a whole",
    Place.MESSAGE: "a message, which an answer cannot give as a whole",
    Place.PART: "a content part, which an answer cannot give as a whole",
    Place.SOURCE: "a mapping, which an answer cannot give as a whole",
    Place.EXPECT: "an expectation, which an answer cannot give as a whole",
    Place.CALLS: "expected calls, whose names an answer cannot give",
    Place.CALL: "an expected call, whose name an answer cannot give",
    Place.FIELDS: "a mapping of patterns, which an answer cannot give as a whole",
    Place.COUNT: "the operand of '$count', which an answer cannot give as a whole",
    Place.SCHEMA: "a JSON Schema, in which an answer may give 'const' and 'enum' only",
}
"""Where no value of an answer may stand, and what stands there instead."""


def inside(place: Place, key: str) -> Place:
    """The place of a key's value."""
    found = MEMBERS.get(place, {}).get(key)
    return OTHERS.get(place, place) if found is None else found


def item_of(place: Place) -> Place:
    """The place of a list's items."""
    return ITEMS.get(place, place)
