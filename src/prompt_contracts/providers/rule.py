"""The nouns of rules: what a provider does with one part of a request, under which condition, and who says so.

Data and predicates on plain values; applying a rule belongs to the adaptations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from prompt_contracts.data_class import dataclass
from prompt_contracts.finding import Finding
from prompt_contracts.json_value import Json, equal, show
from prompt_contracts.model_request import Endpoint, ModelRequest

Action = Literal["add", "rename", "rewrite", "drop", "refuse"]
"""What happens to a part; a part without a rule is sent as it is."""

Evidence = Literal["S", "C", "I", "D", "M"]

EVIDENCE: Mapping[Evidence, str] = {
    "S": "read in a specification, or in the source of a client or a server",
    "C": "seen in a recorded answer of the provider",
    "I": "quoted in a public report of an issue",
    "D": "stated in the provider's documentation",
    "M": "from memory",
}
"""How sure a fact is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSource:
    """Where a fact was found."""

    text: str
    evidence: Evidence
    checked: str = "2026-11"
    """Year and month in which it was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """When a rule holds, in words and as a predicate."""

    words: str
    """Goes after the name of the parameter: `is not 1`, `beside n`."""
    holds: Callable[[Json, Mapping[str, Json]], bool]
    """Takes the value of the part and all parameters of the request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite:
    """Another spelling of a value that means the same."""

    words: str
    """Goes after "rewritten": `as a list`."""
    apply: Callable[[Json], Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What one provider does with one part of a request."""

    provider: str
    """A built-in provider; `*` is every provider."""
    parameter: str
    """OpenAI's name, dotted for a part of a value: `stream_options.include_usage`, `messages.name`.
    `*` is every parameter that is not in `known`."""
    action: Action
    reason: str
    """Why, as a sentence that can stand behind a colon."""
    source: RuleSource
    endpoint: Endpoint = "chat"
    when: Condition | None = None
    """None: always."""
    to: str | None = None
    """The new name, for `rename`."""
    rewrite: Rewrite | None = None
    """For `rewrite` of a parameter."""
    help: str | None = None
    """The fix, where there is a better one than leaving the part out."""
    known: frozenset[str] = frozenset()
    """For `*`: the names that the provider takes, or that have rules of their own."""
    from_api_version: str | None = None
    """The rule holds from this `api-version` on, where the address has one."""


def is_not(value: Json) -> Condition:
    """The condition that a value is given, and is not this one; null counts as not given."""
    return Condition(
        words=f"is not {show(value)}",
        holds=lambda given, _: given is not None and not equal(given, value),
    )


def is_exactly(value: Json) -> Condition:
    """The condition that a value is this one."""
    return Condition(words=f"is {show(value)}", holds=lambda given, _: equal(given, value))


def is_beside(name: str) -> Condition:
    """The condition that another parameter is given too."""
    return Condition(words=f"beside `{name}`", holds=lambda _, parameters: parameters.get(name) is not None)


IS_GIVEN = Condition(words="is given", holds=lambda given, _: given is not None)
IS_TEXT = Condition(words="is text", holds=lambda given, _: isinstance(given, str))
IS_BOOLEAN = Condition(words="is true or false", holds=lambda given, _: isinstance(given, bool))
IS_STREAMED = Condition(words="with `stream: true`", holds=lambda _, parameters: parameters.get("stream") is True)
IS_NOT_STREAMED = Condition(
    words="without `stream: true`", holds=lambda _, parameters: parameters.get("stream") is not True
)
HAS_AUDIO = Condition(
    words="holds audio", holds=lambda given, _: isinstance(given, list) and any(equal(item, "audio") for item in given)
)
IS_LONGER_THAN_FOUR = Condition(
    words="has more than 4 texts", holds=lambda given, _: isinstance(given, list) and len(given) > 4
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapted:
    """A request as a provider takes it, and what was found on the way.

    An error is PC130: the provider would refuse the request, and it was left as written. A warning is PC131: it was
    changed, or it goes out and does not do what it seems to say.
    """

    request: ModelRequest
    """The very same object when nothing had to be changed."""
    findings: tuple[Finding, ...] = ()
