"""A request as its author wrote it -> the request as its provider takes it, by the rules for provider and endpoint.

Pure; it runs for every request. What no rule names is sent as it is.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from prompt_contracts.finding import Finding
from prompt_contracts.model_request import Endpoint, ModelRequest
from prompt_contracts.providers.hosted_rules import HOSTED_RULES, RESPONSES_RULES
from prompt_contracts.providers.local_rules import LOCAL_RULES
from prompt_contracts.providers.message_adaptation import adapt_messages
from prompt_contracts.providers.message_rules import MESSAGE_RULES
from prompt_contracts.providers.model_adaptation import adapt_to_model
from prompt_contracts.providers.parameter_adaptation import adapt_parameters
from prompt_contracts.providers.rule import Adapted, Rule
from prompt_contracts.target import Target

RULES: tuple[Rule, ...] = (*HOSTED_RULES, *LOCAL_RULES, *RESPONSES_RULES, *MESSAGE_RULES)
"""Every rule. Those of one provider are applied in this order."""


def is_about_messages(rule: Rule) -> bool:
    """Whether a rule is about messages or tools, and not about a parameter."""
    return rule.parameter.startswith(("messages.", "tools."))


@cache
def parameter_rules(provider: str, endpoint: Endpoint) -> tuple[Rule, ...]:
    """The rules about parameters for one provider's name and one family of endpoints; `compatible` has none."""
    return tuple(rule for rule in _rules_of(provider, endpoint) if not is_about_messages(rule))


@cache
def message_rules(provider: str, endpoint: Endpoint) -> tuple[Rule, ...]:
    """The rules about messages and tools for one provider's name and one family of endpoints."""
    return tuple(filter(is_about_messages, _rules_of(provider, endpoint)))


def _rules_of(provider: str, endpoint: Endpoint) -> tuple[Rule, ...]:
    return tuple(rule for rule in RULES if rule.endpoint == endpoint and rule.provider in (provider, "*"))


__all__ = ["Adapted", "Finding", "adapt"]


def adapt(request: ModelRequest, target: Target) -> Adapted:
    """The request for a target, and what had to be changed or will be refused.

    `request.endpoint` must be the family of endpoints that was chosen. `extra_body` is never touched. What would be
    refused stays as it is, with an error finding. Adapting an adapted request changes nothing more. Never raises.
    """
    if request.endpoint == "assistants":
        return Adapted(request=request)
    findings: tuple[Finding, ...] = ()
    if rules := parameter_rules(target.rules, request.endpoint):
        parameters = adapt_parameters(request.parameters, request.extra_body, rules=rules, target=target)
        findings = parameters.findings
        if parameters.parameters is not request.parameters:
            request = replace(request, parameters=parameters.parameters)
    if rules := message_rules(target.rules, request.endpoint):
        messages = adapt_messages(request, rules=rules, target=target)
        request, findings = messages.request, (*findings, *messages.findings)
    model = adapt_to_model(request, target)
    return Adapted(request=model.request, findings=(*findings, *model.findings)) if findings else model
