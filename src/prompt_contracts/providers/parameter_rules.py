"""All rules about requests, by provider and endpoint. What is not listed is sent as it is.

To correct a row, change it in the module of its kind: the adaptation, the tests and the table in the docs follow.
None of this was tried against a live provider by this project.
"""

from __future__ import annotations

from functools import cache

from prompt_contracts.model_request import Endpoint
from prompt_contracts.providers.hosted_rules import HOSTED_RULES
from prompt_contracts.providers.local_rules import LOCAL_RULES
from prompt_contracts.providers.message_rules import MESSAGE_RULES
from prompt_contracts.providers.responses_rules import RESPONSES_RULES
from prompt_contracts.providers.rule import Rule

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
