"""A chatbot as a program: one JSON line in, one JSON line out. With `--fallback` it apologises when its model fails."""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from typing import Any

SORRY = "Sorry, something went wrong on our side."


def complete(question: dict[str, Any]) -> str:
    """One chat completion; raises what goes wrong."""
    body = {"model": question["model"], "messages": question["messages"], "max_tokens": 40, "temperature": 0}
    request = urllib.request.Request(
        f"{os.environ['OPENAI_BASE_URL']}/chat/completions",
        data=json.dumps(body).encode(),
        headers={"authorization": f"Bearer {os.environ['OPENAI_API_KEY']}", "content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        text: str = json.load(response)["choices"][0]["message"]["content"]
    return text


def main() -> None:
    """Answer each line until the input ends."""
    has_fallback = "--fallback" in sys.argv
    for line in sys.stdin:
        try:
            reply = complete(json.loads(line))
        except (OSError, ValueError, KeyError):
            if not has_fallback:
                raise
            reply = SORRY
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()
