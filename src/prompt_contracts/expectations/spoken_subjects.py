"""What a contract speaks of: which parts of an outcome its facets judge at all, and which names it writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prompt_contracts.expectations.answer_content import NO_JSON, read_block
from prompt_contracts.expectations.facets import FACETS
from prompt_contracts.json_value import Json, parse_json, pointer_parts
from prompt_contracts.mutant import Spoken
from prompt_contracts.turn import COMBINATIONS, members_of


def spoken_of(expect: Mapping[str, Json]) -> Spoken:
    """What facets that stand together speak of, combinations included; `check` may speak of anything."""
    subjects = {FACETS[name].subject for name, value in _clauses(expect) if not _says_nothing(name, value)}
    is_open = "anything" in subjects
    return Spoken(
        calls=is_open or "calls" in subjects,
        text=is_open or "text" in subjects,
        json=is_open or "parsed" in subjects,
        is_fenced=any(name == "json_in" and value == "fenced" for name, value in _clauses(expect)),
        facets=frozenset(name for name, _ in _clauses(expect) if FACETS[name].subject == "itself"),
    )


def _says_nothing(name: str, value: Json) -> bool:
    """Whether a facet of this value asks for nothing of what it is about."""
    return (name == "arguments_valid" and value is not True) or (name == "json" and value == NO_JSON)


def _clauses(expect: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    """Every facet with its value, at the top and in combinations."""
    for name, value in expect.items():
        if name in COMBINATIONS:
            for _, member in members_of(value):
                yield from _clauses(member)
        elif name in FACETS:
            yield name, value


def named_words(expect: Mapping[str, Json]) -> frozenset[str]:
    """Every key and every tool that a contract names: they may stand in the name of a place."""
    found: set[str] = set()
    waiting: list[Json] = [dict(expect)]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            found |= {key for key in part if not key.startswith("$")}
            pointers = part.get("$at")
            for text in pointers if isinstance(pointers, dict) else ():
                found |= set(_parts(text))
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
    for name, value in _clauses(expect):
        if FACETS[name].subject == "calls" and isinstance(value, list):
            found |= {entry for entry in value if isinstance(entry, str)}
    return frozenset(found)


def json_of_answer(text: str, *, is_fenced: bool) -> Json:
    """The JSON of an answer as a contract reads it; `ValueError` where there is none."""
    return read_block(text) if is_fenced else parse_json(text)


def _parts(text: str) -> tuple[str, ...]:
    try:
        return pointer_parts(text)
    except ValueError:
        return ()
