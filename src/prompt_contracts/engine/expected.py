"""What `expect` may say, as types: so that an editor completes the facets and a type checker knows their words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeAlias, TypedDict

PatternLike: TypeAlias = object
"""A JSON value, a pattern, or an object with an `==` of its own."""


class ExpectFacets(TypedDict, total=False):
    """The facets of a contract; all that are given must hold."""

    tool_calls: Literal["none", "some"] | Sequence[str | Mapping[str, Any]]
    order: Literal["any", "strict"]
    unlisted: Literal["forbid", "allow"]
    missing: Literal["forbid", "allow"]
    never: Sequence[str]
    tool_count: PatternLike
    arguments_valid: bool
    strings: Literal["exact", "loose"]
    json: PatternLike
    json_in: Literal["whole", "fenced"]
    text: PatternLike
    refusal: PatternLike
    reasoning: PatternLike
    finish_reason: PatternLike
    error: Mapping[str, PatternLike]
    usage: Mapping[str, PatternLike]
    cost: PatternLike
    latency: PatternLike
    model: PatternLike
    requests: PatternLike
    check: str | Callable[[Any], object] | Sequence[str | Callable[[Any], object]]
    any_of: Sequence[Mapping[str, Any]]
    all_of: Sequence[Mapping[str, Any]]


_Not = TypedDict("_Not", {"not": Mapping[str, Any] | Sequence[Mapping[str, Any]]}, total=False)


class Expect(ExpectFacets, _Not, total=False):
    """A whole contract as a dict; `not` is no name in Python, and so only stands here."""
