"""The rules of the Responses endpoints, as data. What they have no counterpart for is refused by dialects, who
translate the names."""

from __future__ import annotations

from prompt_contracts.providers.rule import Rule, Source, is_beside
from prompt_contracts.providers.rule_phrases import IGNORED

_OPENAI = Source(text="OpenAPI document 2.3.0 of OpenAI", evidence="S")
_OLLAMA = Source(text="Ollama documentation of its OpenAI compatibility", evidence="D")

RESPONSES_RULES = (
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
