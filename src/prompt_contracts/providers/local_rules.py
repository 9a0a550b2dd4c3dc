"""The parameter rules of the servers that people run themselves, as data."""

from __future__ import annotations

from prompt_contracts.providers.rule import Condition, Rule, RuleSource, is_not
from prompt_contracts.providers.wording import (
    HARMLESS,
    IGNORED,
    IGNORED_HARMLESS,
    adds_usage,
    drops,
    needs_stream,
    newer_limit_wins,
)

_OLLAMA = RuleSource(text="Ollama server source, openai/openai.go", evidence="S")
_VLLM = RuleSource(text="vLLM server source, chat_completion/protocol.py", evidence="S")
_LOCALAI = RuleSource(text="LocalAI server source, core/schema", evidence="S")
_LMSTUDIO = RuleSource(text="LM Studio API changelog, 0.3.18", evidence="D")

# `minimal` acts as low, `xhigh` and `ultra` act as max (openai/openai.go).
_OLLAMA_EFFORTS = ("none", "minimal", "low", "medium", "high", "max", "xhigh", "ultra")

# The server reads requests into a struct: what that does not name is dropped without a word.
_OLLAMA_ROWS = (
    Rule(
        provider="ollama",
        parameter="max_completion_tokens",
        action="drop",
        reason=IGNORED,
        help="write max_tokens for Ollama",
        source=_OLLAMA,
    ),
    Rule(
        provider="ollama",
        parameter="tool_choice",
        when=is_not("auto"),
        action="drop",
        reason=IGNORED,
        source=_OLLAMA,
    ),
    Rule(provider="ollama", parameter="n", when=is_not(1), action="drop", reason=IGNORED, source=_OLLAMA),
    Rule(
        provider="ollama",
        parameter="parallel_tool_calls",
        when=is_not(True),
        action="drop",
        reason=IGNORED,
        source=_OLLAMA,
    ),
    *drops("ollama", ("logit_bias", "verbosity", "service_tier", "prediction"), IGNORED, _OLLAMA),
    *drops("ollama", (*HARMLESS, "metadata"), IGNORED_HARMLESS, _OLLAMA),
    Rule(
        provider="ollama",
        parameter="reasoning_effort",
        when=Condition(
            words=f"is none of {', '.join(_OLLAMA_EFFORTS)}",
            holds=lambda given, _: isinstance(given, str) and given not in _OLLAMA_EFFORTS,
        ),
        action="refuse",
        reason="the server answers 400 to a value that it does not know",
        help=f"it takes {', '.join(_OLLAMA_EFFORTS)}",
        source=_OLLAMA,
    ),
    adds_usage("ollama", _OLLAMA),
)

_VLLM_ROWS = (
    newer_limit_wins("vllm", source=_VLLM),
    *drops("vllm", ("verbosity", "service_tier", "prediction"), IGNORED, _VLLM),
    *drops("vllm", (*HARMLESS, "metadata"), IGNORED_HARMLESS, _VLLM),
    needs_stream("vllm", _VLLM),
    adds_usage("vllm", _VLLM),
)

_LOCALAI_ROWS = (
    newer_limit_wins("localai", source=_LOCALAI),
    Rule(
        provider="localai",
        parameter="parallel_tool_calls",
        when=is_not(True),
        action="drop",
        reason=f"only its Responses route reads it: {IGNORED}",
        source=_LOCALAI,
    ),
    *drops("localai", ("verbosity", "service_tier", "prediction"), IGNORED, _LOCALAI),
    *drops("localai", HARMLESS, IGNORED_HARMLESS, _LOCALAI),
    adds_usage("localai", _LOCALAI),
)

# Its list of parameters says what is taken, not what becomes of the rest: no row for what nobody knows.
_LMSTUDIO_ROWS = (newer_limit_wins("lmstudio"), adds_usage("lmstudio", _LMSTUDIO))


LOCAL_RULES = (*_OLLAMA_ROWS, *_VLLM_ROWS, *_LOCALAI_ROWS, *_LMSTUDIO_ROWS)
