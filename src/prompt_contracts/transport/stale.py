"""What changed between a request and the recorded one nearest to it, for people. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Literal, assert_never

from prompt_contracts.data_class import dataclass
from prompt_contracts.interaction import ApiRequest
from prompt_contracts.json_text import escape_invisible
from prompt_contracts.json_value import Json, canonical, equal, pointer, pointer_parts, show
from prompt_contracts.transport.redaction import stored_url
from prompt_contracts.transport.replay import is_same_below_base, request_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference between two JSON documents, at one JSON pointer."""

    kind: Literal["changed", "added", "removed"]
    pointer: str
    before: Json = None
    after: Json = None


def diff(before: Json, after: Json, *, at: str = "") -> Iterator[Change]:
    """What changed, as few places as deep as possible; lists are compared by position."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            yield from _member(before, after, key, at + pointer(key))
    elif isinstance(before, list) and isinstance(after, list):
        old, new = dict(enumerate(before)), dict(enumerate(after))
        for index in range(max(len(before), len(after))):
            yield from _member(old, new, index, at + pointer(index))
    elif not equal(before, after):
        yield Change(kind="changed", pointer=at, before=before, after=after)


def _member(before: Mapping[Any, Json], after: Mapping[Any, Json], key: object, at: str) -> Iterator[Change]:
    if key not in after:
        yield Change(kind="removed", pointer=at, before=before[key])
    elif key not in before:
        yield Change(kind="added", pointer=at, after=after[key])
    else:
        yield from diff(before[key], after[key], at=at)


def leaves(value: Json, *, at: str = "") -> Iterator[tuple[str, Json]]:
    """Every scalar and empty container of a document, with its JSON pointer."""
    items: Sequence[tuple[str | int, Json]] = ()
    if isinstance(value, dict):
        items = tuple(value.items())
    elif isinstance(value, list):
        items = tuple(enumerate(value))
    if not items:
        yield at, value
    for key, item in items:
        yield from leaves(item, at=at + pointer(key))


MOST_LINES = 12
_AROUND = 24
"""Characters of a text shown on each side of what changed."""
_LONGEST = 80


def describe_changes(request: ApiRequest, recorded: Sequence[ApiRequest], *, any_base: bool = False) -> tuple[str, ...]:
    """Lines such as `~ /messages/0/content: "old" -> "new"`, against the nearest recorded request.

    At most 12, then one that counts the rest; none when nothing was recorded.
    """
    if not recorded:
        return ()
    nearest = _nearest(request, recorded)
    # Prompts come from anywhere: nothing of them may act on the terminal that shows this.
    lines = [escape_invisible(line).replace("\n", "\\n") for line in _lines(nearest, request, any_base=any_base)]
    rest = len(lines) - MOST_LINES
    return (*lines[:MOST_LINES], f"and {rest} more") if rest > 0 else tuple(lines)


def cause_of_changes(request: ApiRequest, recorded: Sequence[ApiRequest], *, any_base: bool = False) -> str:
    """The same text for two cells whose requests changed alike, whatever stands around what changed."""
    nearest = _nearest(request, recorded)
    outside = list(_lines(nearest, replace(request, body=nearest.body), any_base=any_base))
    changes = (
        f"{change.kind} {change.pointer} {canonical(before)} {canonical(after)}"
        for change in diff(nearest.body, request.body)
        for before, after in [_differing(change.before, change.after)]
    )
    return "\n".join([*outside, *changes])


_PARTS: Mapping[str, str] = MappingProxyType(
    {
        "instructions": "system prompt",
        **dict.fromkeys(("tools", "functions", "tool_choice", "function_call", "parallel_tool_calls"), "tools"),
        **dict.fromkeys(("response_format", "text"), "response format"),
    }
)
_ROLES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("system", "developer"), "system prompt"),
        **dict.fromkeys(("tool", "function", "function_call_output"), "tool results"),
        **dict.fromkeys(("assistant", "function_call", "reasoning"), "earlier answers"),
    }
)
_MOST_PARTS = 8
_LONGEST_NAME = 40


def changed_parts(request: ApiRequest, recorded: Sequence[ApiRequest], *, any_base: bool = False) -> tuple[str, ...]:
    """What of the request is not as in the nearest recorded one: `system prompt`, `tools`, `temperature`, ..."""
    nearest = _nearest(request, recorded)
    found = {"address": None} if any(_lines(nearest, replace(request, body=nearest.body), any_base=any_base)) else {}
    for change in diff(nearest.body, request.body):
        top, *inner = pointer_parts(change.pointer) or ("body",)
        name = _message_part(nearest.body, request.body, top, inner) if top in ("messages", "input") else top
        found[_PARTS.get(name, escape_invisible(name)[:_LONGEST_NAME])] = None
    return tuple(found)[:_MOST_PARTS]


def _message_part(before: Json, after: Json, top: str, inner: Sequence[str]) -> str:
    """Whose message it is that changed, was added or is gone."""
    for body in (after, before):
        messages = body.get(top) if isinstance(body, dict) else None
        at = int(inner[0]) if inner and inner[0].isdigit() else -1
        if isinstance(messages, list) and 0 <= at < len(messages) and isinstance(said := messages[at], dict):
            return _ROLES.get(str(said.get("role") or said.get("type")), "user message")
    return "user message"


def _differing(before: Json, after: Json) -> tuple[Json, Json]:
    """What two texts do not have in common at their ends; other values as they are."""
    if not (isinstance(before, str) and isinstance(after, str)):
        return before, after
    start = _shared(before, after)
    end = min(_shared(before[::-1], after[::-1]), min(len(before), len(after)) - start)
    return before[start : len(before) - end], after[start : len(after) - end]


def _nearest(request: ApiRequest, recorded: Sequence[ApiRequest]) -> ApiRequest:
    asked = _features(request)
    # Only on a miss: it goes through every leaf of every recorded request.
    return max(recorded, key=lambda candidate: len(asked & _features(candidate)))


def _features(request: ApiRequest) -> frozenset[tuple[str, str]]:
    outside = (("method", request.method.upper()), ("url", stored_url(request.url)))
    return frozenset([*outside, *((at, canonical(value)) for at, value in leaves(request.body))])


def _lines(before: ApiRequest, after: ApiRequest, *, any_base: bool) -> Iterator[str]:
    if before.method.upper() != after.method.upper():
        yield f'~ method: "{before.method.upper()}" -> "{after.method.upper()}"'
    if request_key(before).url != request_key(after).url and not (any_base and _same_path(before, after)):
        yield f'~ url: "{stored_url(before.url)}" -> "{stored_url(after.url)}"'
    for change in diff(before.body, after.body):
        yield _line(change)


def _same_path(before: ApiRequest, after: ApiRequest) -> bool:
    return is_same_below_base(
        request_key(ApiRequest(method="GET", url=after.url)),
        request_key(ApiRequest(method="GET", url=before.url)),
    )


def _line(change: Change) -> str:
    at = change.pointer or "/"
    match change.kind:
        case "added":
            return f"+ {at}: {show(change.after, limit=_LONGEST)}"
        case "removed":
            return f"- {at}: {show(change.before, limit=_LONGEST)}"
        case "changed":
            before, after = _around_difference(change.before, change.after)
            return f"~ {at}: {show(before, limit=_LONGEST)} -> {show(after, limit=_LONGEST)}"
        case _:
            assert_never(change.kind)


def _around_difference(before: Json, after: Json) -> tuple[Json, Json]:
    """Two texts cut to where they differ, so that a change late in a long prompt is seen."""
    if not (isinstance(before, str) and isinstance(after, str)):
        return before, after
    start = _shared(before, after)
    room = min(len(before), len(after)) - start
    end = min(_shared(before[::-1], after[::-1]), room)
    return _cut(before, start, end), _cut(after, start, end)


def _shared(left: str, right: str) -> int:
    pairs = enumerate(zip(left, right, strict=False))
    return next((index for index, (a, b) in pairs if a != b), min(len(left), len(right)))


def _cut(text: str, start: int, end: int) -> str:
    if len(text) <= _LONGEST - 2:
        return text
    first = max(start - _AROUND, 0)
    last = min(len(text) - end + _AROUND, len(text))
    return f"{'…' if first else ''}{text[first:last]}{'…' if last < len(text) else ''}"
