"""The facets `json`, `text` and `finish_reason`: what one answer says and how it ended."""

from __future__ import annotations

from collections.abc import Iterator

from prompt_contracts.case import Case
from prompt_contracts.completion import Choice
from prompt_contracts.expectations import pattern
from prompt_contracts.expectations.facet_rule import Breach, breach, dotted, slashed
from prompt_contracts.expectations.flaw import ANYTHING, Flaw, Subject
from prompt_contracts.json_value import Json, NotJsonError, parse_json, show

_TEXT = Subject(name="the answer's text", kinds=frozenset({"string"}))
_FINISH_REASON = Subject(
    name="the finish reason",
    kinds=frozenset({"string"}),
    options="write stop, length, tool_calls or content_filter; any other text is a provider's own word",
)


def check_json(expected: Json, _case: Case) -> Iterator[Flaw]:
    """Any pattern."""
    yield from pattern.check(expected, ANYTHING)


def judge_json(expected: Json, choice: Choice) -> Iterator[Breach]:
    """The text must be strict JSON and nothing else, and match."""
    try:
        value = parse_json(choice.text)
    except NotJsonError as error:
        got = show(choice.text, limit=100) if choice.text.strip() else "an empty text"
        is_cut = choice.finish_reason == "length"
        why = f"{error}; the answer was cut off, finish_reason is length" if is_cut else str(error)
        yield Breach(reason="parse", path="json", expected="JSON and nothing else", got=got, message=why)
        return
    for found in pattern.match(expected, value):
        yield breach(found, slashed("json", found.place))


def check_text(expected: Json, _case: Case) -> Iterator[Flaw]:
    """A pattern on text."""
    yield from pattern.check(expected, _TEXT)


def judge_text(expected: Json, choice: Choice) -> Iterator[Breach]:
    """The answer's text must match; no content is the empty text."""
    for found in pattern.match(expected, choice.text):
        yield breach(found, dotted("text", found.place))


def check_finish_reason(expected: Json, _case: Case) -> Iterator[Flaw]:
    """A pattern on text; providers may have words of their own."""
    yield from pattern.check(expected, _FINISH_REASON)


def judge_finish_reason(expected: Json, choice: Choice) -> Iterator[Breach]:
    """The normalised reason must match; the provider's own word is told beside it."""
    raw = choice.raw_finish_reason
    note = f"the provider's word: {raw}" if raw is not None and raw != choice.finish_reason else ""
    for found in pattern.match(expected, choice.finish_reason):
        got = "unknown" if choice.finish_reason is None else found.got
        yield Breach(
            reason=found.reason,
            path="finish_reason",
            expected=found.expected,
            got=got,
            clause=found.clause,
            message=found.message or note,
        )
