"""Every known shape of an error body has its kind."""

from __future__ import annotations

import pytest

from prompt_contracts.dialects.error_response import classify, read_error
from prompt_contracts.json_value import Json
from tests.dialects.error_envelopes import EXTRA, INVALID, behind, mistral, openai, openrouter, response

TOO_LONG = "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens."
BAD_SCHEMA = "Invalid schema for response_format 'person': In context=(), 'additionalProperties' is required"
AZURE_FILTER: Json = {
    "error": {
        "message": "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
        "type": None,
        "param": "prompt",
        "code": "content_filter",
        "status": 400,
        "innererror": {
            "code": "ResponsibleAIPolicyViolation",
            "content_filter_result": {"hate": {"filtered": True, "severity": "high"}},
        },
    }
}
# The bodies follow the providers' documentation and public reports; the few that a provider answered to a recorder
# are read in the tests of real recordings.
BODIES: dict[str, list[tuple[str, int, Json, str]]] = {
    "bad key": [
        ("openai", 401, openai("Incorrect API key provided", code="invalid_api_key"), "auth"),
        ("azure", 401, {"error": {"code": "401", "message": "Access denied"}}, "auth"),
        ("groq", 401, {"error": {"message": "m", "type": INVALID, "code": "invalid_api_key"}}, "auth"),
        ("mistral", 401, {"detail": "Unauthorized"}, "auth"),
        ("mistral gateway", 401, {"message": "Unauthorized"}, "auth"),
        ("mistral flat", 401, mistral("Unauthorized"), "auth"),
        ("openrouter", 401, {"error": {"code": 401, "message": "User not found."}}, "auth"),
        ("llama.cpp", 401, openai("Invalid API Key", code=401, type="authentication_error"), "auth"),
        ("localai", 401, {"error": {"code": 401, "message": "m", "type": ""}}, "auth"),
        ("name and message", 401, {"error": "unauthorized", "message": "m"}, "auth"),
    ],
    "no right": [("plain", 403, openai("Country not supported"), "permission")],
    "unknown model": [
        ("openai chat", 404, openai("m", code="model_not_found"), "not_found"),
        ("openai responses", 400, openai("m", code="model_not_found", param="model"), "not_found"),
        ("azure", 404, {"error": {"code": "DeploymentNotFound", "message": "m"}}, "not_found"),
        ("azure code", 404, {"error": {"code": "404", "message": "Resource not found"}}, "not_found"),
        ("mistral", 400, mistral("Invalid model: m", type="invalid_model", code="1500"), "not_found"),
        ("together", 400, openai("m", code="model_not_available"), "not_found"),
        ("together endpoint", 400, openai("m", code="dedicated_endpoint_not_running"), "not_found"),
        ("openrouter", 400, {"error": {"code": 400, "message": "x/y is not a valid model ID"}}, "not_found"),
        ("openrouter 404", 404, {"error": {"code": 404, "message": "No allowed providers"}}, "not_found"),
        ("ollama", 404, openai("model 'm' not found", type="not_found_error"), "not_found"),
        ("vllm", 404, openai("m", type="NotFoundError", code=404), "not_found"),
        ("vllm flat", 404, {"object": "error", "message": "m", "type": "NotFoundError", "code": 404}, "not_found"),
    ],
    "rate limit": [
        ("openai", 429, openai("m", type="tokens", code="rate_limit_exceeded"), "rate_limit"),
        ("openai slow down", 429, openai("m", type="rate_limit_error", code="slow_down"), "rate_limit"),
        ("openai no code", 429, openai("Rate limit reached", type="requests"), "rate_limit"),
        ("azure", 429, {"error": {"code": "429", "message": "Requests have exceeded the limit"}}, "rate_limit"),
        ("groq too large", 413, openai("m", type="tokens", code="rate_limit_exceeded"), "rate_limit"),
        ("mistral", 429, mistral("Requests rate limit exceeded", type="rate_limited", code="1300"), "rate_limit"),
        ("mistral gateway", 429, {"message": "Requests rate limit exceeded"}, "rate_limit"),
        ("openrouter", 429, openrouter("m", 429, limit_source="upstream", remedy_hint="wait"), "rate_limit"),
        ("openrouter behind", 429, behind(429, "m is temporarily rate-limited upstream"), "rate_limit"),
    ],
    "quota": [
        *(
            ("openai", 429, openai("m", type="insufficient_quota", code=code), "quota")
            for code in (
                "insufficient_quota",
                "credit_balance_exhausted",
                "organization_spend_limit_exceeded",
                "project_spend_limit_exceeded",
                "organization_usage_limit_exceeded",
            )
        ),
        ("openai type", 429, openai("m", type="insufficient_quota"), "quota"),
        ("azure", 403, {"error": {"code": "403", "message": "You exceeded your current quota"}}, "quota"),
        ("together", 402, openai("Credit limit exceeded", type="credit_limit"), "quota"),
        ("openrouter", 402, openrouter("m", 402, limit_source="openrouter_credits"), "quota"),
        ("openrouter key", 403, openrouter("Key limit exceeded", 403), "quota"),
        ("openrouter key 429", 429, openrouter("m", 429, limit_source="openrouter_key_limit"), "quota"),
    ],
    "context": [
        ("openai", 400, openai("m", code="context_length_exceeded", param="messages"), "context_length"),
        ("openai no code", 400, openai(TOO_LONG, param="messages"), "context_length"),
        ("groq 413", 413, openai("m", code="context_length_exceeded"), "context_length"),
        ("mistral", 400, mistral("Prompt contains 9 tokens, too large", code="3051"), "context_length"),
        ("together", 403, openai("The input exceeds the context length of this model"), "context_length"),
        ("openrouter", 400, {"error": {"code": 400, "message": TOO_LONG}}, "context_length"),
        ("openrouter behind", 400, behind(400, openai(TOO_LONG)), "context_length"),
        ("openrouter in the text", 400, behind(400, TOO_LONG), "context_length"),
        ("vllm", 400, openai("m", type="BadRequestError", param="input_tokens", code=400), "context_length"),
        ("vllm max_tokens", 400, openai(TOO_LONG, param="max_tokens", code=400), "context_length"),
        ("vllm flat", 400, {"object": "error", "message": TOO_LONG, "code": 400}, "context_length"),
        ("llama.cpp", 400, openai("m", type="exceed_context_size_error", code=400), "context_length"),
        (
            "lm studio",
            400,
            {"error": "Trying to keep the first 5000 tokens when context the overflows. Load a larger one."},
            "context_length",
        ),
        ("lm studio 200", 200, {"error": "Reached context length of 4096 tokens"}, "context_length"),
    ],
    "content filter": [
        ("openai", 400, openai("m", code="content_policy_violation"), "content_filter"),
        ("openai prompt", 400, openai("m", code="invalid_prompt"), "content_filter"),
        ("openai words", 400, openai("Your request was rejected by our safety system"), "content_filter"),
        ("azure", 400, AZURE_FILTER, "content_filter"),
        (
            "azure inner",
            400,
            {"error": {"message": "m", "innererror": {"code": "ResponsibleAIPolicyViolation"}}},
            "content_filter",
        ),
        ("mistral", 403, mistral("Blocked by a guardrail"), "content_filter"),
        (
            "openrouter",
            403,
            openrouter("m", 403, reasons=["violence"], flagged_input="…", provider_name="p", model_slug="s"),
            "content_filter",
        ),
    ],
    "schema": [
        ("openai chat", 400, openai(BAD_SCHEMA, param="response_format"), "invalid_schema"),
        ("openai place", 400, openai("m", param="response_format.json_schema.schema"), "invalid_schema"),
        (
            "openai responses",
            400,
            openai("m", code="invalid_json_schema", param="text.format.schema"),
            "invalid_schema",
        ),
        ("openai responses place", 400, openai("m", param="text.format.schema"), "invalid_schema"),
        (
            "openai tool",
            400,
            openai("m", code="invalid_function_parameters", param="tools[0].parameters"),
            "invalid_schema",
        ),
        ("openai tool place", 400, openai("m", param="tools[12].function.parameters"), "invalid_schema"),
        ("groq", 400, openai("m", code="json_validate_failed"), "invalid_schema"),
        ("openrouter", 400, behind(400, openai(BAD_SCHEMA)), "invalid_schema"),
        ("llama.cpp", 400, openai("JSON schema conversion failed: Unrecognized schema", code=400), "invalid_schema"),
    ],
    "tool use": [
        (
            "groq",
            400,
            {"error": {"message": "m", "code": "tool_use_failed", "failed_generation": "<f>"}},
            "tool_use_failed",
        )
    ],
    "parameter": [
        ("openai", 400, openai("m", code="unsupported_parameter", param="max_tokens"), "unsupported_parameter"),
        (
            "openai no code",
            400,
            openai("Unsupported parameter: 'stop' is not supported with this model.", param="stop"),
            "unsupported_parameter",
        ),
        ("openai unknown", 400, openai("Unknown parameter: 'x'", code="unknown_parameter"), "unsupported_parameter"),
        ("azure old", 400, openai("Unrecognized request argument supplied: x"), "unsupported_parameter"),
        (
            "groq",
            400,
            openai("'messages.0' : property 'reasoning_content' is unsupported"),
            "unsupported_parameter",
        ),
        ("mistral", 422, mistral({"detail": EXTRA}), "unsupported_parameter"),
        ("mistral list", 422, mistral(EXTRA), "unsupported_parameter"),
        ("mistral detail", 422, {"detail": EXTRA}, "unsupported_parameter"),
    ],
    "request": [
        (
            "openai value",
            400,
            openai("Unsupported value: 'temperature'", code="unsupported_value", param="temperature"),
            "invalid_request",
        ),
        (
            "openai word json",
            400,
            openai("'messages' must contain the word 'json'", param="messages"),
            "invalid_request",
        ),
        ("openai tool id", 400, openai("An assistant message", param="messages.[2].role"), "invalid_request"),
        ("openai format", 400, openai("Invalid type", code="invalid_type", param="response_format"), "invalid_request"),
        ("mistral calls", 400, mistral("Not the same number of function calls and responses"), "invalid_request"),
        ("mistral tool id", 400, mistral("m", type="invalid_function_call", code="3280"), "invalid_request"),
        ("mistral missing", 422, {"detail": [{"type": "missing", "loc": ["body"], "msg": "m"}]}, "invalid_request"),
        ("together", 400, {"id": "o-1", "error": {"message": "m", "type": INVALID}}, "invalid_request"),
        ("ollama", 400, openai("invalid reasoning value: 'x'"), "invalid_request"),
        ("lm studio", 400, {"error": "Model not loaded"}, "invalid_request"),
        ("too large", 413, openai("Request Entity Too Large"), "invalid_request"),
    ],
    "overload": [
        ("openai", 503, openai("m", code="server_is_overloaded", type="service_unavailable_error"), "overloaded"),
        ("azure", 503, {"error": {"code": "503", "message": "m"}}, "overloaded"),
        ("azure 429", 429, {"error": {"code": "429", "message": "We are experiencing high demand"}}, "overloaded"),
        ("groq", 503, openai("m"), "overloaded"),
        ("groq flex", 498, openai("m", code="capacity_exceeded"), "overloaded"),
        ("mistral", 429, mistral("Service tier capacity exceeded for this model", code="3505"), "overloaded"),
        ("openrouter", 529, {"error": {"code": 529, "message": "m"}}, "overloaded"),
        ("openrouter behind", 502, behind(502, {"error": {"type": "overloaded_error", "message": "m"}}), "overloaded"),
        ("ollama", 503, {"error": "server busy, please try again"}, "overloaded"),
    ],
    "timeout": [
        ("openai edge", 504, {"error": {"message": "m"}}, "timeout"),
        ("azure", 408, {"error": {"code": "Timeout", "message": "m"}}, "timeout"),
        ("openrouter", 524, {"error": {"code": 524, "message": "m"}}, "timeout"),
        ("openrouter 200", 200, {"error": {"code": 504, "message": "m"}}, "timeout"),
    ],
    "server": [
        ("plain", 500, openai("boom", type="server_error"), "server"),
        ("openrouter", 502, {"error": {"code": 502, "message": "m"}}, "server"),
        ("llama.cpp", 500, openai("image input is not supported", code=500, type="server_error"), "server"),
        ("list", 500, [{"error": {"code": 500, "message": "m"}}], "server"),
    ],
    "inside 200": [
        ("openrouter", 200, {"error": {"code": 429, "message": "m"}, "choices": None}, "rate_limit"),
        ("openrouter text code", 200, {"error": {"code": "502", "message": "m"}}, "server"),
        ("vllm flat", 200, {"object": "error", "message": "m", "type": "BadRequestError"}, "invalid_request"),
        ("groq", 200, {"error": {"message": "m", "type": "api_error", "status_code": 503}}, "overloaded"),
        ("no hint", 200, {"error": "something"}, "unknown"),
    ],
}
ROWS = [
    pytest.param(*row[1:], id=f"{case} {row[0]} {number}")
    for case, rows in BODIES.items()
    for number, row in enumerate(rows)
]


@pytest.mark.parametrize(("status", "body", "kind"), ROWS)
def test_a_known_body_has_its_kind(status: int, body: Json, kind: str) -> None:
    error = read_error(response(body, status=status))

    assert error.kind == kind
    assert error.status == status
    assert error.message


@pytest.mark.parametrize(("status", "body", "kind"), ROWS)
def test_the_retry_layer_sees_the_same_error(status: int, body: Json, kind: str) -> None:
    found = response(body, status=status)

    if not isinstance(body, list):
        assert classify(found) == read_error(found)
