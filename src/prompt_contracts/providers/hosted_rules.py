"""The parameter rules of the providers that are asked over the internet, and of the Responses endpoints, as data."""

from __future__ import annotations

from prompt_contracts.json_value import Json
from prompt_contracts.providers.rule import (
    IS_BOOLEAN,
    IS_TEXT,
    Condition,
    Rewrite,
    Rule,
    RuleSource,
    is_beside,
    is_exactly,
    is_not,
)
from prompt_contracts.providers.wording import (
    IGNORED,
    NO_EFFECT,
    REFUSED_HARMLESS,
    UNKNOWN_PARAMETER,
    adds_usage,
    drops,
    few_stops,
    names_of_responses,
    needs_stream,
    newer_limit_wins,
    refuses,
)

_OPENAI = RuleSource(text="OpenAPI document 2.3.0 of OpenAI", evidence="S")
_AZURE = RuleSource(text="the same parameters as openai; openai-python 3.52 lib/azure", evidence="S")
_AZURE_STREAM = RuleSource(text="azure-rest-api-specs issue 29157, azure-sdk-for-java issue 40998", evidence="I")

_OPENAI_ROWS = (
    newer_limit_wins("openai"),
    few_stops("openai", _OPENAI),
    needs_stream("openai", _OPENAI),
    *names_of_responses("openai", _OPENAI),
    adds_usage("openai", _OPENAI),
)

_AZURE_ROWS = (
    newer_limit_wins("azure"),
    few_stops("azure", _AZURE),
    needs_stream("azure", _AZURE),
    *names_of_responses("azure", _AZURE),
    adds_usage("azure", _AZURE_STREAM, from_api_version="2024-09-01"),
)

_TOGETHER = RuleSource(text="Together's openapi.yaml and SDK 3.1.1", evidence="S")
_GROQ = RuleSource(text="Groq SDK 1.7.0", evidence="S")
_MISTRAL = RuleSource(text="Mistral SDK 3.7.0: not in its schema; the server checks strictly", evidence="S")
_MISTRAL_422 = RuleSource(text="reports of 422 extra_forbidden, 2024 to 2026", evidence="I")
_MISTRAL_TYPES = RuleSource(text="Mistral SDK 3.7.0", evidence="S")
_OPENROUTER = RuleSource(text="OpenRouter SDK 1.3.84", evidence="S")

_TOGETHER_ROWS = (
    newer_limit_wins("together"),
    Rule(
        provider="together",
        parameter="stop",
        when=IS_TEXT,
        action="rewrite",
        rewrite=Rewrite(words="as a list", apply=lambda value: [value]),
        reason="its schema takes a list only",
        source=_TOGETHER,
    ),
    Rule(
        provider="together",
        parameter="top_logprobs",
        action="rename",
        to="logprobs",
        reason="its 'logprobs' is the number of tokens, and there is no 'top_logprobs'",
        source=_TOGETHER,
    ),
    Rule(
        provider="together",
        parameter="logprobs",
        when=IS_BOOLEAN,
        action="rewrite",
        rewrite=Rewrite(words="as 1 or 0", apply=lambda value: 1 if value is True else 0),
        reason="its 'logprobs' is the number of tokens",
        source=_TOGETHER,
    ),
)

_GROQ_ROWS = (
    newer_limit_wins("groq"),
    Rule(
        provider="groq",
        parameter="n",
        when=is_not(1),
        action="refuse",
        reason="it takes n: 1 only",
        help="remove it; trials: N asks N times",
        source=_GROQ,
    ),
    few_stops("groq", _GROQ),
    *(
        Rule(provider="groq", parameter=name, when=when, action="drop", reason=NO_EFFECT, source=_GROQ)
        for name, when in (
            ("frequency_penalty", is_not(0)),
            ("presence_penalty", is_not(0)),
            ("logprobs", is_not(False)),
        )
    ),
    *drops("groq", ("logit_bias", "top_logprobs"), NO_EFFECT, _GROQ),
    *drops("groq", ("store", "metadata"), "the server does not support it; the answer is the same without it", _GROQ),
    adds_usage("groq", _GROQ),
)

_MISTRAL_KEYS = frozenset(
    {
        "frequency_penalty",
        "guardrails",
        "logprobs",
        "max_tokens",
        "metadata",
        "min_tokens",
        "n",
        "parallel_tool_calls",
        "prediction",
        "presence_penalty",
        "prompt_cache_key",
        "prompt_logprobs",
        "prompt_mode",
        "random_seed",
        "reasoning_effort",
        "repetition_penalty",
        "response_format",
        "safe_prompt",
        "service_tier",
        "stop",
        "stream",
        "temperature",
        "tool_choice",
        "tools",
        "top_k",
        "top_logprobs",
        "top_p",
        "top_prompt_logprobs",
    }
)

_MISTRAL_NAMED = (
    newer_limit_wins("mistral"),
    Rule(
        provider="mistral",
        parameter="max_completion_tokens",
        action="rename",
        to="max_tokens",
        reason="it is the same limit under another name",
        source=_MISTRAL_422,
    ),
    Rule(
        provider="mistral",
        parameter="seed",
        action="rename",
        to="random_seed",
        reason="it is the same seed under another name",
        source=_MISTRAL_TYPES,
    ),
    Rule(
        provider="mistral",
        parameter="tool_choice",
        when=is_exactly("required"),
        action="rewrite",
        rewrite=Rewrite(words='as "any"', apply=lambda _: "any"),
        reason="'any' is its own word for it",
        source=_MISTRAL_TYPES,
    ),
    *refuses("mistral", ("logit_bias", "verbosity"), UNKNOWN_PARAMETER, _MISTRAL),
    *drops(
        "mistral",
        ("user", "safety_identifier", "store", "prompt_cache_options", "prompt_cache_retention"),
        REFUSED_HARMLESS,
        _MISTRAL,
    ),
    Rule(
        provider="mistral",
        parameter="stream_options",
        action="drop",
        reason="the server refuses the key, and sends the usage in the last chunk anyway",
        source=_MISTRAL,
    ),
)

_MISTRAL_ROWS = (
    *_MISTRAL_NAMED,
    Rule(
        provider="mistral",
        parameter="*",
        action="refuse",
        reason=UNKNOWN_PARAMETER,
        help="remove it; what you know to be taken can stand in extra_body, which is sent as it is",
        source=_MISTRAL_422,
        known=_MISTRAL_KEYS | {rule.parameter for rule in _MISTRAL_NAMED},
    ),
)

_OPENROUTER_ROWS = (
    newer_limit_wins("openrouter"),
    few_stops("openrouter", _OPENROUTER),
    Rule(
        provider="openrouter",
        parameter="stream_options.include_usage",
        action="drop",
        reason="it has no effect any more: the usage is always sent",
        source=_OPENROUTER,
    ),
)

HOSTED_RULES = (*_OPENAI_ROWS, *_AZURE_ROWS, *_TOGETHER_ROWS, *_GROQ_ROWS, *_MISTRAL_ROWS, *_OPENROUTER_ROWS)


_OPENAI = RuleSource(text="OpenAPI document 2.3.0 of OpenAI", evidence="S")
_LEAST_SOURCE = RuleSource(
    text="OpenAI's 400 integer_below_min_value: expected a value >= 16, reported for the Responses API", evidence="I"
)
_OLLAMA = RuleSource(text="Ollama documentation of its OpenAI compatibility", evidence="D")

_LEAST_OUTPUT = 16


def _is_too_few(value: Json) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value < _LEAST_OUTPUT


RESPONSES_RULES = (
    *(
        Rule(
            provider=provider,
            endpoint="responses",
            parameter=name,
            when=Condition(words=f"is below {_LEAST_OUTPUT}", holds=lambda value, _: _is_too_few(value)),
            action="refuse",
            reason=f"the Responses API takes no 'max_output_tokens' below {_LEAST_OUTPUT}",
            help=f"write {_LEAST_OUTPUT} or more",
            source=_LEAST_SOURCE,
        )
        for provider in ("openai", "azure")
        for name in ("max_completion_tokens", "max_tokens", "max_output_tokens")
    ),
    Rule(
        provider="*",
        endpoint="responses",
        parameter="max_tokens",
        when=is_beside("max_completion_tokens"),
        action="drop",
        reason="'max_completion_tokens' is given too, and it wins",
        help="keep one of the two",
        source=_OPENAI,
    ),
    *(
        Rule(
            provider="ollama",
            endpoint="responses",
            parameter=name,
            action="refuse",
            reason="its Responses route keeps no state: the model would not see what came before",
            help="put the earlier messages into the case",
            source=_OLLAMA,
        )
        for name in ("previous_response_id", "conversation")
    ),
    Rule(
        provider="ollama",
        endpoint="responses",
        parameter="truncation",
        action="drop",
        reason=IGNORED,
        source=_OLLAMA,
    ),
)
