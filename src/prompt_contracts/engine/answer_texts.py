"""What a response says once it is read: its texts, put together as a reader of the answer puts them together."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from prompt_contracts.completion import Completion
from prompt_contracts.dialects.chat import read_chat
from prompt_contracts.dialects.responses import read_responses
from prompt_contracts.interaction import ApiResponse


def answer_texts(url: str, response: ApiResponse) -> Iterator[str]:
    """Every text of every choice, and of the messages that the run of an assistant writes while it goes on."""
    path = urlsplit(url).path
    if path.endswith(("/runs", "/submit_tool_outputs")):
        if response.is_event_stream:
            yield from _messages(response)
        return
    answer = read_responses(response) if path.endswith("/responses") else read_chat(response)
    if isinstance(answer, Completion):
        for choice in answer.choices:
            yield from filter(None, (choice.text, choice.refusal, choice.reasoning))
            yield from (call.arguments for call in choice.tool_calls)


def _messages(response: ApiResponse) -> Iterator[str]:
    from prompt_contracts.dialects.assistants_stream import WrittenMessages, read_run_stream

    written = WrittenMessages()
    read_run_stream(response, written)
    for message in written.answers():
        content = message.get("content")
        for part in content if isinstance(content, list) else ():
            said = part.get(str(part.get("type"))) if isinstance(part, dict) else None
            text = said.get("value") if isinstance(said, dict) else said
            if isinstance(text, str):
                yield text
