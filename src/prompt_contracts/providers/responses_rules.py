"""The rules of the Responses endpoints, as data. What they have no counterpart for is refused by dialects, who
translate the names."""

from __future__ import annotations

from prompt_contracts.json_value import Json
from prompt_contracts.providers.rule import Condition, Rule, RuleSource, is_beside
from prompt_contracts.providers.rule_phrases import IGNORED

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
