"""Checks a request against what is known of its model. Changes nothing but what OpenRouter would leave out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from prompt_contracts.finding import Finding, clause_of
from prompt_contracts.json_value import Json
from prompt_contracts.model_request import ModelRequest
from prompt_contracts.providers.model_rules import ModelFamily, family_of, written_effort
from prompt_contracts.providers.rule import Adapted
from prompt_contracts.providers.wording import dropped, model_name, model_refused, model_warned
from prompt_contracts.target import Target

_OPENAI = ("openai", "azure")


def openai_family(target: Target) -> ModelFamily | None:
    """The family whose rules apply: of a model that OpenAI or Azure serves, or that is known as such a one."""
    is_served = target.rules in _OPENAI
    # OpenRouter leaves out what a model refuses; so no request of its is known to fail.
    if not is_served and (target.known_as is None or target.rules == "openrouter"):
        return None
    provider, _, model = (target.known_as or target.id).partition(":")
    return family_of(model) if is_served or provider in _OPENAI else None


def effort_of(request: ModelRequest) -> str | None:
    """The reasoning effort that is written anywhere in the request; None for none."""
    return written_effort({**request.parameters, **request.extra_body})


def adapt_to_model(request: ModelRequest, target: Target) -> Adapted:
    """What is known to be refused by the model, as errors; at OpenRouter it is left out with a warning."""
    if target.rules == "openrouter":
        return _adapt_at_openrouter(request, target)
    family = openai_family(target)
    if family is None:
        return Adapted(request=request)
    findings = (
        *_refusals(family, request, target),
        *_effort(family, request, target),
        *_roles(family, request, target),
    )
    return Adapted(request=request, findings=findings)


def _refusals(family: ModelFamily, request: ModelRequest, target: Target) -> Iterator[Finding]:
    is_reasoning = family.is_reasoning(effort_of(request))
    for rule in family.rules:
        value = request.parameters.get(rule.parameter)
        if value is None or not rule.when.holds(value, request.parameters):
            continue
        # Also where nobody knows whether it reasons: nothing is claimed of such a family.
        if rule.only_reasoning and not is_reasoning:
            continue
        fix = rule.help
        if rule.only_reasoning and "none" in (family.efforts or ()):
            fix = f"{fix}, or write reasoning_effort: none"
        if rule.parameter == "max_tokens" and request.endpoint == "responses":
            fix = f"{fix} (with endpoint: responses also max_output_tokens)"
        tell = model_refused if rule.is_refused else model_warned
        yield tell(rule.parameter, target, reason=rule.reason, fix=fix)


def _effort(family: ModelFamily, request: ModelRequest, target: Target) -> Iterator[Finding]:
    effort = written_effort(request.parameters)
    if effort is None or family.efforts is None:
        return
    name = "reasoning_effort" if request.parameters.get("reasoning_effort") is not None else "reasoning.effort"
    if not family.efforts:
        reason = "it does not reason" if family.reasoning == "never" else "its reasoning cannot be set"
        yield model_refused(name, target, reason=reason, fix="leave it out, or ask a reasoning model")
        return
    known = family.efforts + (family.responses_efforts if request.endpoint == "responses" else ())
    if effort in known:
        return
    if effort in family.responses_efforts:
        reason, fix = f"only the Responses API takes '{effort}'", "write endpoint: auto or endpoint: responses"
    else:
        reason, fix = f"it does not know the effort '{effort}'", f"it takes {', '.join(known)}"
    yield model_refused(name, target, reason=reason, fix=fix)


def _roles(family: ModelFamily, request: ModelRequest, target: Target) -> Iterator[Finding]:
    roles = [message.role for message in request.messages]
    for role in family.refused_roles:
        if role in roles:
            yield model_refused(
                f"messages.role.{role}",
                target,
                reason=f"it takes no message with the role {role}",
                fix="put the instructions into the first message of the user",
            )
    # OpenAI takes a system message for a developer message from o1 on, and advises against both (OpenAPI 2.3.0).
    if family.reasoning != "never" and not family.refused_roles and {"system", "developer"} <= set(roles):
        yield Finding(
            code="PC131",
            severity="warning",
            clause=clause_of("messages.role.system"),
            message=f"{model_name(target)} is sent a system and a developer message, and reads both as developer",
            help="write one of the two",
        )


def _adapt_at_openrouter(request: ModelRequest, target: Target) -> Adapted:
    """OpenRouter leaves out in silence what the model does not take; that is said, and done here."""
    family = family_of(target.model) if target.model.lower().startswith("openai/") else None
    if family is None or family.is_reasoning(effort_of(request)) is not True:
        return Adapted(request=request)
    left: dict[str, Json] = dict(request.parameters)
    findings = []
    for rule in family.rules:
        value = left.get(rule.parameter)
        if not rule.only_reasoning or value is None or not rule.when.holds(value, left):
            continue
        del left[rule.parameter]
        # Unless the request says `provider: {require_parameters: true}`.
        reason = f"{rule.reason}, and OpenRouter would leave it out without a word"
        findings.append(dropped(rule.parameter, target, reason=reason))
    if not findings:
        return Adapted(request=request)
    return Adapted(request=_with_parameters(request, left), findings=tuple(findings))


def _with_parameters(request: ModelRequest, parameters: Mapping[str, Json]) -> ModelRequest:
    return replace(request, parameters=parameters)
