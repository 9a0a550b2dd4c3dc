"""Assertions that have no counterpart: why, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from prompt_contracts.spelling import nearest

_MODEL = "it asks another model or service, and a verdict here rests on the answer alone; write what can be read off it"
_PROGRAM = "it is a program, and nothing is run; write a function of your project: check: package.module:function"
_SCORE = "there is no such measure here; write a function of your project: check: package.module:function"
_TRACE = "it reads traces; of an application say what it asked: requests, tool_calls with order: strict"
_COMPARED = "it compares outputs with each other, and here every cell is judged alone; see prompt-contracts compare"
_REASONS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("javascript", "python", "ruby", "webhook"), _PROGRAM),
        **dict.fromkeys(
            ("levenshtein", "rouge-n", "bleu", "gleu", "meteor", "is-sql", "contains-sql", "is-html", "contains-html"),
            _SCORE,
        ),
        **dict.fromkeys(("is-xml", "contains-xml"), _SCORE),
        **dict.fromkeys(
            ("perplexity", "perplexity-score"),
            "log probabilities are not judged here; request: {logprobs: true} keeps them in the recording",
        ),
        "is-refusal": "it guesses from the words; refusal: true holds where the provider reports a refusal",
        **dict.fromkeys(("select-best", "max-score"), _COMPARED),
        **dict.fromkeys(
            ("similar", "similar:cosine", "similar:dot", "similar:euclidean", "classifier", "moderation", "pi"), _MODEL
        ),
        **dict.fromkeys(
            (
                *(
                    "llm-rubric",
                    "agent-rubric",
                    "search-rubric",
                    "research-rubric",
                    "video-rubric",
                    "g-eval",
                    "factuality",
                ),
                *("model-graded-closedqa", "model-graded-factuality", "answer-relevance", "context-faithfulness"),
                *("context-recall", "context-relevance", "conversation-relevance", "noise-sensitivity", "human"),
                *("citation-faithfulness", "guardrails", "web-search"),
            ),
            _MODEL,
        ),
        **dict.fromkeys(("trace-span-count", "trace-span-duration", "trace-error-spans", "skill-used"), _TRACE),
    }
)


def why_refused(kind: str, *, known: Iterable[str]) -> str:
    """The reason for a type that is not carried over, known to promptfoo or not."""
    if kind in _REASONS:
        return _REASONS[kind]
    if kind.startswith("trajectory:"):
        return _TRACE
    if kind.startswith("promptfoo:redteam:"):
        return _MODEL
    near = nearest(kind, sorted({*known, *_REASONS}))
    return f"there is no such type{f'; did you mean {near!r}?' if near else ''}"


def is_known_to_promptfoo(kind: str) -> bool:
    """Whether it is a type at all, among those without a counterpart."""
    return kind in _REASONS
