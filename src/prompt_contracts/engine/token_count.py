"""How many tokens an answer took, as its provider counted them."""

from __future__ import annotations

from urllib.parse import urlsplit

from prompt_contracts.completion import Completion
from prompt_contracts.dialects.chat import read_chat
from prompt_contracts.interaction import ApiResponse


def answer_tokens(url: str, response: ApiResponse) -> int | None:
    """All tokens of a request and its answer; None where the answer does not say."""
    if urlsplit(url).path.endswith("/responses"):
        from prompt_contracts.dialects.responses import read_responses  # most runs ask Chat Completions alone

        answer = read_responses(response)
    else:
        answer = read_chat(response)
    usage = answer.usage if isinstance(answer, Completion) else None
    if usage is None:
        return None
    if usage.total_tokens is None and usage.prompt_tokens is not None and usage.completion_tokens is not None:
        return usage.prompt_tokens + usage.completion_tokens
    return usage.total_tokens
