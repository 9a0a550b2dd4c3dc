"""Real chat traffic as the official OpenAI client reads it from the same bytes, and as we do.

The client runs unchanged over a transport that answers with the recorded bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from prompt_contracts.completion import Choice, Completion
from prompt_contracts.dialects.chat import read_chat
from prompt_contracts.interaction import ApiResponse
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.transport.cassette_file import Entry, read_entries
from tests.real_cassettes import find_real_cassettes

openai = pytest.importorskip("openai", reason="the official client is not installed: it is in the dev group")
http = pytest.importorskip("httpx2", reason="the official client's own HTTP library is not installed")

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletion
    from openai.types.chat.chat_completion import Choice as OfficialChoice

PROVIDERS = ("openai", "azure", "groq", "deepseek", "openrouter", "together", "vllm", "mistral", "ollama")
BROKEN_FOR_THE_CLIENT = {
    # Fragments of tool calls without an index: the client's own stream helper fails on them.
    ("mistral", "magentic__test_mistral_chat_model-test_mistral_chat_model_complete-Return-True-output_types1-bool-"),
    (
        "ollama",
        "magentic__test_openai_chat_model_ollama-test_openai_chat_model_complete_ollama-Return-True.-output_types1-bool-",
    ),
}
FILES = [path for path in find_real_cassettes() if path.parent.name == "chat" and path.parent.parent.name in PROVIDERS]
pytestmark = pytest.mark.skipif(
    not FILES, reason="no real recordings here: set PROMPT_CONTRACTS_REAL_CASSETTES to their folder"
)


def _is_chat(entry: Entry) -> bool:
    return entry.url.partition("?")[0].endswith("/chat/completions")


def _cases() -> Iterator[Any]:
    for path in FILES:
        provider = path.parent.parent.name
        if (provider, path.stem) in BROKEN_FOR_THE_CLIENT:
            continue
        for number, entry in enumerate(filter(_is_chat, read_entries(path.read_text("utf-8")))):
            yield pytest.param(path, entry, id=f"{provider}-{path.stem[-40:]}-{number}")


def _is_stream(entry: Entry) -> bool:
    """By what was asked, as the client decides it."""
    request = json.loads(entry.request_body or b"{}")
    return isinstance(request, dict) and request.get("stream") is True


def _client(entry: Entry) -> Any:
    content = {"content-encoding", "content-length", "transfer-encoding"}
    headers = [(name, value) for name, value in entry.headers if name.lower() not in content]

    def answer(request: Any) -> Any:
        return http.Response(entry.status, headers=headers, content=entry.body)

    return openai.OpenAI(
        api_key="none",
        base_url="http://localhost:9/v1",
        max_retries=0,
        http_client=http.Client(transport=http.MockTransport(answer)),
    )


def _official(entry: Entry) -> ChatCompletion:
    asked: Any = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
    with _client(entry) as client:
        if not _is_stream(entry):
            return client.chat.completions.create(**asked)  # type: ignore[no-any-return]
        with client.chat.completions.stream(**asked) as stream:
            for _ in stream:
                pass
            return stream.current_completion_snapshot  # type: ignore[no-any-return]


def _ours(entry: Entry) -> Completion | ProviderError:
    headers = tuple((name.lower(), value) for name, value in entry.headers)
    return read_chat(ApiResponse(status=entry.status, headers=headers, body=entry.body))


@pytest.mark.parametrize(("path", "entry"), list(_cases()))
def test_the_official_client_reads_the_same(path: Path, entry: Entry) -> None:
    ours = _ours(entry)

    try:
        official = _official(entry)
    except openai.APIStatusError as error:
        _compare_errors(ours, error)
        return
    assert isinstance(ours, Completion), f"{path.name}: {ours}"
    _compare(ours, official)


def _compare_errors(ours: Completion | ProviderError, official: Any) -> None:
    assert isinstance(ours, ProviderError)
    assert (ours.status, ours.code, ours.message) == (official.status_code, official.code, official.body["message"])
    assert ours.request_id == official.request_id


def _compare(ours: Completion, official: ChatCompletion) -> None:
    assert (ours.id, ours.model) == (official.id or None, official.model or None)
    assert len(ours.choices) == len(official.choices)
    for mine, theirs in zip(ours.choices, official.choices, strict=True):
        _compare_choices(mine, theirs)
    usage = official.usage
    if usage is None:  # the client does not know Groq's own place for it
        return
    counts = (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens)
    assert (ours.usage.prompt_tokens, ours.usage.completion_tokens, ours.usage.total_tokens) == counts
    if usage.prompt_tokens_details is not None:
        assert ours.usage.cached_tokens == usage.prompt_tokens_details.cached_tokens
    if usage.completion_tokens_details is not None:
        assert ours.usage.reasoning_tokens == usage.completion_tokens_details.reasoning_tokens


def _compare_choices(mine: Choice, theirs: OfficialChoice) -> None:
    message: Any = theirs.message
    if message is None:  # Azure leaves it out where it filtered the answer, which the client's types do not know
        assert (mine.text, mine.tool_calls, mine.raw_finish_reason) == ("", (), theirs.finish_reason)
        return
    assert mine.text == (message.content or "")
    assert mine.refusal == message.refusal
    assert mine.raw_finish_reason == theirs.finish_reason
    calls = [
        (call.id, call.function.name, call.function.arguments)
        for call in message.tool_calls or ()
        if call.type == "function"
    ]
    assert [(call.id, call.name, call.arguments) for call in mine.tool_calls] == calls


@pytest.mark.parametrize("name", sorted(name for _, name in BROKEN_FOR_THE_CLIENT), ids=lambda name: str(name)[-40:])
def test_what_breaks_the_client_does_not_break_us(name: str) -> None:
    (path,) = (path for path in FILES if path.stem == name)
    (entry,) = read_entries(path.read_text("utf-8"))

    with pytest.raises((TypeError, AttributeError, AssertionError, RuntimeError)):
        _official(entry)

    assert isinstance(_ours(entry), Completion)
