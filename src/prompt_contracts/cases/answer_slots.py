"""What may stand where inside a turn: tables only. They decide how a value that an answer gave is put in."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto

from prompt_contracts.turn import COMBINATIONS


class Slot(Enum):
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


_PATTERNS: Mapping[str, Slot] = {
    "$eq": Slot.VALUE,
    "$regex": Slot.REGEX,
    "$contains": Slot.CONTAINED,
    "$loosely": Slot.LOOSE,
    "$any_of": Slot.LIST,
    "$all_of": Slot.LIST,
    "$unordered": Slot.LIST,
    "$optional": Slot.FIELDS,
    "$at": Slot.FIELDS,
    "$count": Slot.COUNT,
    "$schema": Slot.SCHEMA,
    **dict.fromkeys(("$approx", "$within", "$range", "$lt", "$le", "$gt", "$ge"), Slot.OPERAND),
    **dict.fromkeys(("$type", "$others", "$absent", "$check"), Slot.WORD),
    **dict.fromkeys(("$not", "$len", "$words", "$each"), Slot.PATTERN),
}

_SAYINGS: Mapping[str, Slot] = {
    **_PATTERNS,
    **dict.fromkeys(("$eq", "$contains"), Slot.TOLD),
    **dict.fromkeys(("$any_of", "$all_of"), Slot.SAYINGS),
    "$not": Slot.SAID,
}

MEMBERS: Mapping[Slot, Mapping[str, Slot]] = {
    Slot.TURN: {
        "user": Slot.TEXT,
        "messages": Slot.MESSAGES,
        "request": Slot.FREE,
        "expect": Slot.EXPECT,
        "on_error": Slot.FREE,
    },
    Slot.MESSAGE: {"content": Slot.CONTENT, "tool_calls": Slot.FREE},
    Slot.PART: {
        "text": Slot.TEXT,
        **dict.fromkeys(("image_url", "input_audio", "file"), Slot.SOURCE),
    },
    Slot.SOURCE: dict.fromkeys(("url", "data", "file_data"), Slot.ADDRESS),
    Slot.EXPECT: {
        "tool_calls": Slot.CALLS,
        **dict.fromkeys(("text", "reasoning", "refusal", "finish_reason", "model"), Slot.SAID),
        **dict.fromkeys(("usage", "error"), Slot.FIELDS),
        **dict.fromkeys(COMBINATIONS, Slot.EXPECT),
        **dict.fromkeys(("tool_count", "json", "cost", "latency", "requests"), Slot.PATTERN),
        **dict.fromkeys(
            ("order", "unlisted", "missing", "never", "arguments_valid", "strings", "json_in", "check"), Slot.WORD
        ),
    },
    Slot.PATTERN: _PATTERNS,
    Slot.SAID: _SAYINGS,
    Slot.CONTAINED: _PATTERNS,
    Slot.COUNT: {"of": Slot.REGEX, "is": Slot.PATTERN},
    # The two keywords of JSON Schema whose values are data.
    Slot.SCHEMA: {"const": Slot.VALUE, "enum": Slot.VALUE},
}
"""What stands under a key."""

OTHERS: Mapping[Slot, Slot] = {
    Slot.TURN: Slot.WORD,
    Slot.MESSAGE: Slot.TEXT,
    Slot.PART: Slot.FREE,
    Slot.SOURCE: Slot.FREE,
    Slot.EXPECT: Slot.PATTERN,
    Slot.CALL: Slot.PATTERN,
    Slot.FIELDS: Slot.PATTERN,
    Slot.SAID: Slot.PATTERN,
    Slot.CONTAINED: Slot.PATTERN,
    Slot.COUNT: Slot.WORD,
}
"""What stands under any other key; the place itself where this says nothing."""

ITEMS: Mapping[Slot, Slot] = {
    Slot.MESSAGES: Slot.MESSAGE,
    Slot.CONTENT: Slot.PART,
    Slot.CALLS: Slot.CALL,
    Slot.LIST: Slot.PATTERN,
    Slot.SAYINGS: Slot.SAID,
    Slot.CONTAINED: Slot.PATTERN,
}
"""What the items of a list are; the place itself where this says nothing."""

CLOSED_SLOTS: Mapping[Slot, str] = {
    Slot.WORD: "a word of the language, which an answer cannot give",
    Slot.MESSAGES: "the messages of a turn, which an answer cannot give as a whole",
    Slot.MESSAGE: "a message, which an answer cannot give as a whole",
    Slot.PART: "a content part, which an answer cannot give as a whole",
    Slot.SOURCE: "a mapping, which an answer cannot give as a whole",
    Slot.EXPECT: "an expectation, which an answer cannot give as a whole",
    Slot.CALLS: "expected calls, whose names an answer cannot give",
    Slot.CALL: "an expected call, whose name an answer cannot give",
    Slot.FIELDS: "a mapping of patterns, which an answer cannot give as a whole",
    Slot.COUNT: "the operand of '$count', which an answer cannot give as a whole",
    Slot.SCHEMA: "a JSON Schema, in which an answer may give 'const' and 'enum' only",
}
"""Where no value of an answer may stand, and what stands there instead."""


def inside(place: Slot, key: str) -> Slot:
    """The place of a key's value."""
    found = MEMBERS.get(place, {}).get(key)
    return OTHERS.get(place, place) if found is None else found


def item_of(place: Slot) -> Slot:
    """The place of a list's items."""
    return ITEMS.get(place, place)
