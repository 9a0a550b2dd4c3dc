"""A chatbot as a handler: it asks its model, and has something to say when that fails."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

SORRY = "I cannot reach the assistant right now. Please try again later."


def reply(asked: Any) -> str:
    """Answer the last message; the apology when the model does not."""
    try:
        return complete(asked, timeout=0.5)
    except (OSError, ValueError, KeyError):
        return SORRY


def complete(asked: Any, *, timeout: float) -> str:
    """One chat completion over plain HTTP; raises what goes wrong."""
    request = urllib.request.Request(
        f"{asked.base_url}/chat/completions",
        data=json.dumps(
            {"model": asked.model, "messages": asked.messages, "max_tokens": 40, "temperature": 0}
        ).encode(),
        headers={"authorization": f"Bearer {asked.api_key}", "content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response:
            answer = json.load(response)
    except urllib.error.HTTPError as error:
        with error:  # it holds the connection
            raise OSError(f"the model's server said {error.code}") from None
    text: str = answer["choices"][0]["message"]["content"]
    return text
