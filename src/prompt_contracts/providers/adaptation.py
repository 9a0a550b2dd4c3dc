"""A request as its author wrote it -> the request as its provider takes it. Pure; it runs for every request.

Rules are data (`parameter_rules`, `message_rules`, `model_rules`); here they are only put in order.
"""

from __future__ import annotations

from dataclasses import replace

from prompt_contracts.model_request import ModelRequest
from prompt_contracts.providers.message_adaptation import adapt_messages
from prompt_contracts.providers.model_adaptation import adapt_to_model
from prompt_contracts.providers.notice import Adapted, Notice
from prompt_contracts.providers.parameter_adaptation import adapt_parameters
from prompt_contracts.providers.parameter_rules import message_rules, parameter_rules
from prompt_contracts.target import Target

__all__ = ["Adapted", "Notice", "adapt"]


def adapt(request: ModelRequest, target: Target) -> Adapted:
    """The request for a target, and what had to be changed or will be refused.

    `request.endpoint` must be the family of endpoints that was chosen. `extra_body` is never touched. What would be
    refused stays as it is, with an error notice. Adapting an adapted request changes nothing more. Never raises.
    """
    if request.endpoint == "assistants":
        return Adapted(request=request)
    parameters = adapt_parameters(
        request.parameters,
        request.extra_body,
        rules=parameter_rules(target.rules, request.endpoint),
        target=target,
    )
    if parameters.parameters is not request.parameters:
        request = replace(request, parameters=parameters.parameters)
    messages = adapt_messages(request, rules=message_rules(target.rules, request.endpoint), target=target)
    model = adapt_to_model(messages.request, target)
    return Adapted(request=model.request, notices=(*parameters.notices, *messages.notices, *model.notices))
