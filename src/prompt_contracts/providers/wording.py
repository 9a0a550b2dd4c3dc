"""How a rule is told to a person. Words only; what happens to the request is decided elsewhere."""

from __future__ import annotations

from prompt_contracts.finding import Finding, clause_of
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
