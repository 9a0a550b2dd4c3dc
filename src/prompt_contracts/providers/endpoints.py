"""Which family of endpoints a request goes to, and why. Translating it belongs to dialects."""

from __future__ import annotations

from typing import Literal, assert_never

from prompt_contracts.data_class import dataclass
from prompt_contracts.finding import Finding, clause_of
from prompt_contracts.model_request import Endpoint, ModelRequest
from prompt_contracts.providers.model_adaptation import effort_of, openai_family
from prompt_contracts.providers.model_rules import ModelFamily
from prompt_contracts.providers.wording import model_name, provider_name
from prompt_contracts.target import Target

WantedEndpoint = Literal["auto", "chat", "responses", "assistants"]

UNDOCUMENTED_RESPONSES = ("together", "mistral")
"""Providers whose documentation tells of no Responses API (SDKs and documents of November 2026)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointChoice:
    """The family of endpoints for one request."""

    endpoint: Endpoint
    reason: str | None = None
    """Why `auto` did not take Chat Completions, in words; None when there is nothing to say."""
    findings: tuple[Finding, ...] = ()


def choose_endpoint(wanted: WantedEndpoint, request: ModelRequest, target: Target) -> EndpointChoice:
    """The endpoints that a request goes to: those that are wanted, or under `auto` Chat Completions unless the
    model takes this request on the Responses API only.

    What is written is kept even where it is known to fail; then an error finding says so.
    """
    family = openai_family(target)
    reason = None if family is None else _why_not_chat(family, request, target)
    match wanted:
        case "responses":
            return EndpointChoice(endpoint="responses", findings=_about_responses(target))
        # Azure names the same day, 26 August 2026.
        case "assistants":
            return EndpointChoice(endpoint="assistants", findings=(_closed(),))
        case "chat":
            findings = () if family is None or reason is None else (_refused_on_chat(reason, family, request),)
            return EndpointChoice(endpoint="chat", findings=findings)
        case "auto":
            if family is not None and reason is None:
                reason = _effort_of_responses(family, request, target)
            return EndpointChoice(endpoint="chat" if reason is None else "responses", reason=reason)
        case _:
            assert_never(wanted)


def _why_not_chat(family: ModelFamily, request: ModelRequest, target: Target) -> str | None:
    if family.needs_responses == "always":
        return f"{model_name(target)} is served only there"
    # A 400 with the param `reasoning_effort` and no code (openai-openapi 541; litellm pull request 34569).
    if family.needs_responses == "tools" and _has_tools(request) and family.is_reasoning(effort_of(request)):
        return f"{model_name(target)} takes tools together with reasoning only there"
    return None


def _effort_of_responses(family: ModelFamily, request: ModelRequest, target: Target) -> str | None:
    """Under `chat` the adaptation refuses such an effort itself."""
    effort = effort_of(request)
    if effort not in family.responses_efforts:
        return None
    return f"{model_name(target)} takes the effort '{effort}' only there"


def _has_tools(request: ModelRequest) -> bool:
    return bool(request.tools or request.parameters.get("tools") or request.extra_body.get("tools"))


def _refused_on_chat(reason: str, family: ModelFamily, request: ModelRequest) -> Finding:
    fix = "write endpoint: responses, or endpoint: auto"
    if family.needs_responses == "tools" and _has_tools(request) and "none" in (family.efforts or ()):
        fix = f"{fix}, or reasoning_effort: none"
    return Finding(
        code="PC130",
        clause=clause_of("endpoint"),
        message=f"Chat Completions refuses this request: {reason.removesuffix(' there')} on the Responses API",
        help=fix,
    )


def _about_responses(target: Target) -> tuple[Finding, ...]:
    if target.rules not in UNDOCUMENTED_RESPONSES:
        return ()
    message = f"{provider_name(target)} documents no Responses API: the request will most likely end in a 404"
    return (
        Finding(
            code="PC132", severity="warning", clause=clause_of("endpoint"), message=message, help="write endpoint: chat"
        ),
    )


def _closed() -> Finding:
    return Finding(
        code="PC132",
        severity="warning",
        clause=clause_of("endpoint"),
        message="OpenAI closed the Assistants API on 26 August 2026, and no public server is known to offer it",
        help="write endpoint: responses; recordings of assistants, and servers of your own, still work",
    )
