"""How rules are told to a person: reasons that several providers share, and what becomes of a request, in words."""

from __future__ import annotations

from prompt_contracts.finding import Finding, clause_of
from prompt_contracts.providers.rule import (
    IS_LONGER_THAN_FOUR,
    IS_NOT_STREAMED,
    IS_STREAMED,
    Rule,
    RuleSource,
    is_beside,
)
from prompt_contracts.target import Target


def provider_name(target: Target) -> str:
    """The provider as the user named it, with the rules that apply where they have another name."""
    if target.provider == target.rules:
        return target.provider
    return f"{target.provider} (rules of {target.rules})"


def dropped(parameter: str, target: Target, *, reason: str, fix: str | None = None) -> Finding:
    """The warning that a part of the request is not sent."""
    return Finding(
        code="PC131",
        severity="warning",
        clause=clause_of(parameter),
        message=f"'{parameter}' is not sent to {provider_name(target)}: {reason}",
        help=fix or _leave_out(parameter, target),
    )


def refused(parameter: str, target: Target, *, reason: str, fix: str | None = None) -> Finding:
    """The error that the provider would refuse the request."""
    return Finding(
        code="PC130",
        clause=clause_of(parameter),
        message=f"{provider_name(target)} refuses '{parameter}': {reason}",
        help=fix or _leave_out(parameter, target),
    )


def model_refused(parameter: str, target: Target, *, reason: str, fix: str) -> Finding:
    """The error that the model would refuse the request."""
    return Finding(
        code="PC130",
        clause=clause_of(parameter),
        message=f"{model_name(target)} refuses '{parameter}': {reason}",
        help=fix,
    )


def model_warned(parameter: str, target: Target, *, reason: str, fix: str) -> Finding:
    """The warning that the model takes a part of the request and does not do what it says."""
    return Finding(
        code="PC131",
        severity="warning",
        clause=clause_of(parameter),
        message=f"'{parameter}' does not do what it says at {model_name(target)}: {reason}",
        help=fix,
    )


def model_name(target: Target) -> str:
    """The model as the user named it, with what it is known as where that is another name."""
    if target.known_as is None or target.known_as == target.id:
        return target.id
    return f"{target.id} (that is {target.known_as})"


def _leave_out(parameter: str, target: Target) -> str:
    """How to leave a parameter out for one provider and keep it for the others."""
    value = "null"
    for name in reversed(parameter.split(".")):
        value = f"{{{name}: {value}}}"
    return f'leave it out, or for this provider alone: overrides: {{"{target.provider}:*": {{request: {value}}}}}'


IGNORED = "the server ignores it without a word, and a contract that counts on it would be green for the wrong reason"
IGNORED_HARMLESS = "the server ignores it; the answer is the same without it"
REFUSED_HARMLESS = "the server refuses the key; the answer is the same without it"
UNKNOWN_PARAMETER = "its API has no such parameter and refuses unknown ones"
NO_EFFECT = (
    "the server accepts it without any effect, and a contract that counts on it would be green for the wrong reason"
)

_DEPRECATED = RuleSource(text="OpenAPI document 2.3.0 of OpenAI, where max_tokens is deprecated", evidence="S")

# `user` is deprecated: the two behind it took its place (OpenAPI document 2.3.0).
HARMLESS = ("user", "safety_identifier", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "store")
"""Keys that cannot change an answer."""


def drops(provider: str, names: tuple[str, ...], reason: str, source: RuleSource) -> tuple[Rule, ...]:
    """One row for each name: it is left out with a warning."""
    return tuple(Rule(provider=provider, parameter=name, action="drop", reason=reason, source=source) for name in names)


def refuses(provider: str, names: tuple[str, ...], reason: str, source: RuleSource) -> tuple[Rule, ...]:
    """One row for each name: it is an error, and stays as written."""
    return tuple(
        Rule(provider=provider, parameter=name, action="refuse", reason=reason, source=source) for name in names
    )


def newer_limit_wins(provider: str, *, source: RuleSource = _DEPRECATED) -> Rule:
    """`max_completion_tokens` wins over `max_tokens` where both are given."""
    return Rule(
        provider=provider,
        parameter="max_tokens",
        when=is_beside("max_completion_tokens"),
        action="drop",
        reason="'max_completion_tokens' is given too, and it wins",
        help="keep one of the two",
        source=source,
    )


def adds_usage(provider: str, source: RuleSource, *, from_api_version: str | None = None) -> Rule:
    """On a stream the provider is asked for the usage: the one thing that is sent though nobody wrote it."""
    return Rule(
        provider=provider,
        parameter="stream_options.include_usage",
        when=IS_STREAMED,
        action="add",
        reason="without it a stream carries no usage",
        source=source,
        from_api_version=from_api_version,
    )


def needs_stream(provider: str, source: RuleSource) -> Rule:
    """`stream_options` is left out of a request that is not streamed."""
    return Rule(
        provider=provider,
        parameter="stream_options",
        when=IS_NOT_STREAMED,
        action="drop",
        reason="the server refuses it without 'stream: true', and an unstreamed answer carries its usage anyway",
        help="remove it, or write stream: true",
        source=source,
    )


def names_of_responses(provider: str, source: RuleSource) -> tuple[Rule, ...]:
    """The names of the Responses API are refused on Chat Completions, with the name to write."""
    fixes = {
        "max_output_tokens": "write max_completion_tokens, or endpoint: responses",
        "reasoning": "write reasoning_effort, or endpoint: responses",
        "text": "write verbosity and response_format, or endpoint: responses",
    }
    reason = "it is a name of the Responses API, and Chat Completions refuses unknown parameters"
    return tuple(
        Rule(provider=provider, parameter=name, action="refuse", reason=reason, help=fix, source=source)
        for name, fix in fixes.items()
    )


def few_stops(provider: str, source: RuleSource) -> Rule:
    """More than four texts in `stop` are refused."""
    return Rule(
        provider=provider,
        parameter="stop",
        when=IS_LONGER_THAN_FOUR,
        action="refuse",
        reason="it takes four texts at most",
        help="keep the four that matter",
        source=source,
    )
