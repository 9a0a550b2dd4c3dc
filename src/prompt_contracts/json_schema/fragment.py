"""The part of JSON Schema on which two validators provably agree, judged by the fast one.

Regular expressions, formats and `multipleOf` it asks of the same functions as the validator with the last word.
"""

from __future__ import annotations

import re
import threading
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from prompt_contracts.json_schema.dialect import (
    DIALECTS,
    Subschema,
    dialect_of,
    place_of,
    subschemas,
)
from prompt_contracts.json_schema.keywords import DEFAULT_DIALECT, FOREIGN_ANNOTATIONS, FORMATS
from prompt_contracts.json_schema.own_keywords import OWN_KEYWORDS, IsKept, format_options
from prompt_contracts.json_schema.refs import circle_findings
from prompt_contracts.json_value import Json, is_deeper_than, read_exact_text

if TYPE_CHECKING:
    import jsonschema_rs

AGREED_KEYWORDS = frozenset(
    {
        *("type", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
        *("minLength", "maxLength", "pattern", "format", "items", "prefixItems", "minItems", "maxItems"),
        *("properties", "required", "additionalProperties", "minProperties", "maxProperties"),
        *("allOf", "anyOf", "oneOf", "not", "$ref", "$defs", "definitions"),
        *("title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "$comment"),
    }
)
"""No keyword that depends on the dialect or on what others found: there small print differs."""

_OLDER = frozenset(DIALECTS[1:-1])
"""Dialects in which the agreed keywords mean the same, but for lists of items and what stands beside `$ref`."""

_PLAIN_POINTER = re.compile(r"#(/[A-Za-z0-9_.$-]+)*")
# Beyond it not every integer is a double (IEEE 754), and there validators differ.
_MAX_INTEGER = 2**53
_MAX_DEPTH = 100
_MAX_DEPTH_WITH_REFERENCES = 30


def surely(schema_text: str, value: Json) -> bool | None:
    """Whether a value is valid, beyond doubt; None means that the other validator must be asked.

    The schema is given as its exact text. Raises what the search for a regular expression raises.
    """
    validator = _validator(schema_text)
    if validator is None or not _is_plain(value):
        return None
    # Set anew for each value: an old error would end the next search.
    _trouble.error = None
    is_valid = validator.is_valid(value)
    if _trouble.error is not None:
        raise _trouble.error
    return is_valid


class _Trouble(threading.local):
    """What ended a search: the fast validator takes every error in a keyword for a violation."""

    error: Exception | None = None


_trouble = _Trouble()


class _Broken(Exception):
    """The value breaks the keyword."""


class _Keyword:
    """A keyword that is decided here, as the fast validator takes it."""

    is_kept: ClassVar[IsKept]

    def __init__(self, _parent: Any, wanted: Any, _path: Any) -> None:
        self._wanted = wanted

    def validate(self, instance: Any) -> None:
        """Raises when the instance breaks the keyword."""
        try:
            is_kept = type(self).is_kept(self._wanted, instance)
        except Exception as error:
            _trouble.error = error
            raise
        if not is_kept:
            raise _Broken


def _keyword_class(is_kept: IsKept) -> type[_Keyword]:
    return type("Keyword", (_Keyword,), {"is_kept": staticmethod(is_kept)})


@lru_cache(maxsize=256)
def _validator(schema_text: str) -> jsonschema_rs.Validator | None:
    schema: Any = read_exact_text(schema_text)
    if not _is_agreed(schema):
        return None
    import jsonschema_rs

    # `$schema` goes, so that an older draft is judged as 2020-12, in which the agreed keywords mean the same.
    for part in tuple(subschemas(schema)):
        for note in [name for name, said in part.keywords.items() if _says_nothing(name, said)]:
            del part.keywords[note]  # type: ignore[attr-defined] # it was just read from a text
    # Formats it decides itself: `conforms` asks the very same of it.
    keywords: dict[str, type[jsonschema_rs.KeywordValidator]] = {
        name: _keyword_class(is_kept) for name, is_kept in OWN_KEYWORDS.items() if name != "format"
    }
    try:
        return jsonschema_rs.Draft202012Validator(schema, keywords=keywords, **format_options())
    except ValueError:
        return None


def _is_agreed(schema: Json) -> bool:
    if not isinstance(schema, (dict, bool)) or not _is_plain(schema):
        return False
    dialect = dialect_of(schema)
    if dialect != DEFAULT_DIALECT and dialect not in _OLDER:
        return False
    parts = tuple(subschemas(schema))
    refers = any("$ref" in part.keywords for part in parts)
    # Each level of a value may go through all levels of a schema that refers to itself.
    if refers and (is_deeper_than(schema, _MAX_DEPTH_WITH_REFERENCES) or any(circle_findings(schema, {}))):
        return False
    return all(_is_agreed_part(part, schema, is_older=dialect in _OLDER) for part in parts)


def _is_agreed_part(part: Subschema, schema: Json, *, is_older: bool) -> bool:
    known = all(
        keyword in AGREED_KEYWORDS or _is_note(keyword) or (keyword == "$schema" and not part.clause)
        for keyword in part.keywords
    )
    if not known or isinstance(part.keywords.get("items"), list) or (is_older and "prefixItems" in part.keywords):
        return False
    if "$ref" not in part.keywords:
        return True
    target = part.keywords["$ref"]
    if not isinstance(target, str) or not _PLAIN_POINTER.fullmatch(target):
        return False
    # Until draft 7 nothing beside `$ref` counts (draft-handrews-json-schema-01, 8.3).
    if is_older and part.keywords.keys() - {"$ref", "$schema", "$defs", "definitions", "title", "description"}:
        return False
    place = place_of(schema, target[1:])
    return place is not None and not place.is_no_schema


def _says_nothing(keyword: str, said: Json) -> bool:
    """Whether a keyword goes, since it says nothing, or nothing that is not known already."""
    return keyword == "$schema" or _is_note(keyword) or (keyword == "format" and said not in FORMATS)


def _is_note(word: str) -> bool:
    return word in FOREIGN_ANNOTATIONS or word.startswith("x-")


def _is_plain(value: Json) -> bool:
    """Only texts that are Unicode, numbers that a double holds exactly, and a depth that nobody minds."""
    level: list[Any] = [value]
    for depth in range(_MAX_DEPTH + 1):
        below: list[Any] = []
        for item in level:
            kind = type(item)
            if kind is str:
                # Half of a surrogate pair is no text for Rust, and a length of one for Python.
                if not item.isascii() and any("\ud800" <= character <= "\udfff" for character in item):
                    return False
            elif kind is dict or kind is list:
                if depth == _MAX_DEPTH:
                    return False
                below += item
                below += item.values() if kind is dict else ()
            elif item is not None and not _is_plain_number(item):
                return False
        if not below:
            return True
        level = below
    return True


def _is_plain_number(number: Json) -> bool:
    # A float of a class of its own may be written with more digits than a double has.
    return type(number) is bool or (type(number) in (int, float) and abs(number) <= _MAX_INTEGER)  # type: ignore[arg-type] # a number
