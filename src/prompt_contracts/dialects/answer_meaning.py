"""What a response says, apart from what is another in every response to one request: ids, times, a server's figures.

Two responses mean the same where these are equal, whichever way a stream was cut. What nobody knows counts in full.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from prompt_contracts.completion import Completion
from prompt_contracts.dialects.chat_chunks import DELTA_KEYS
from prompt_contracts.dialects.chat_stream import read_chat_stream
from prompt_contracts.dialects.event_stream import read_events
from prompt_contracts.interaction import ApiResponse, Meaning
from prompt_contracts.json_value import Json, NotJsonError, canonical, parse_json, pointer

_IDS = frozenset({"id", "call_id", "item_id"})
_NEVER_THE_SAME = frozenset(
    {
        *("created", "created_at", "completed_at"),
        # Of a build and a machine, and no part of the answer: OpenAI's changes from one request to the next.
        "system_fingerprint",
        "obfuscation",  # OpenAI pads streams with it
        *("timings", "time_info", "x_groq"),  # llama.cpp, Cerebras, Groq
    }
)
# In `usage`, beside the tokens: Groq's `queue_time`, SambaNova's `total_latency` and `total_tokens_per_sec`.
_MEASURED = re.compile(r".*_time|.*_latency|.*_per_sec(_.*)?|time_to_first_token.*")
_CHUNK = frozenset({"object", "id", "model", "service_tier", "choices", "usage", *_NEVER_THE_SAME})
_CHOICE = frozenset({"index", "delta", "message", "finish_reason", "error"})
"""What the reader of a stream puts together."""


def answer_meaning(url: str, response: ApiResponse) -> Meaning:
    """What a response from an address means. Of what is no answer of a model every byte counts."""
    said = _said(urlsplit(url).path, response)
    if said is None:
        return Meaning(text=response.body.decode("latin-1"))
    ids: dict[str, str] = {}
    return Meaning(text=canonical(_with_numbered_ids(said, ids)), ids=tuple(ids))


def _said(path: str, response: ApiResponse) -> Json:
    is_answer = 200 <= response.status < 300
    try:
        if is_answer and path.endswith("/chat/completions"):
            return _chat_stream(response) if response.is_event_stream else _lasting(parse_json(response.body))
        if is_answer and path.endswith("/responses"):
            return _responses_stream(response) if response.is_event_stream else _lasting(parse_json(response.body))
    except NotJsonError:
        pass
    return None


def _lasting(answer: Json) -> Json:
    """The answer without what is never the same."""
    if not isinstance(answer, dict):
        return None
    kept = {key: value for key, value in answer.items() if key not in _NEVER_THE_SAME}
    usage, choices = kept.get("usage"), kept.get("choices")
    if isinstance(usage, dict):
        kept["usage"] = {key: value for key, value in usage.items() if not _MEASURED.fullmatch(key)}
    if isinstance(choices, list):
        kept["choices"] = [_without_seed(choice) for choice in choices]
    return kept


def _without_seed(choice: Json) -> Json:
    # Together draws one where none was asked for, and says which.
    return {key: value for key, value in choice.items() if key != "seed"} if isinstance(choice, dict) else choice


def _chat_stream(response: ApiResponse) -> Json:
    answer = read_chat_stream(response)
    if not isinstance(answer, Completion):
        return None
    rest: dict[str, list[str]] = {}
    for event in read_events(response.body):
        if event.data.strip() not in ("", "[DONE]"):
            for place, value in _unread(parse_json(event.data)):
                texts = rest.setdefault(place, [])
                if (text := canonical(value)) not in texts[-1:]:
                    texts.append(text)
    return {"answer": answer.to_json(), "rest": {place: [*texts] for place, texts in rest.items()}}


def _unread(chunk: Json) -> Iterator[tuple[str, Json]]:
    """What stands in a chunk that the reader of streams passes over, such as probabilities and citations."""
    if not isinstance(chunk, dict):
        return
    yield from _others(chunk, _CHUNK, "")
    choices = chunk.get("choices")
    for choice in choices if isinstance(choices, list) else ():
        if isinstance(choice, dict):
            place = pointer("choices", str(choice.get("index")))
            yield from _others(choice, _CHOICE, place)
            delta = choice.get("delta", choice.get("message"))
            if isinstance(delta, dict):
                yield from _others(delta, DELTA_KEYS, f"{place}/delta")


def _others(value: Mapping[str, Json], known: frozenset[str], place: str) -> Iterator[tuple[str, Json]]:
    for key, item in value.items():
        if key not in known and item not in (None, "", [], {}):
            yield place + pointer(key), item


def _responses_stream(response: ApiResponse) -> Json:
    from prompt_contracts.dialects.responses_stream import parse_streamed_answer  # few cases ask this family

    answer = parse_streamed_answer(response)
    return _lasting(answer) if isinstance(answer, dict) else None


def _with_numbered_ids(value: Json, ids: dict[str, str]) -> Json:
    """The value with each id named by its place: whichever a server draws, the same text has the same one."""
    if isinstance(value, list):
        return [_with_numbered_ids(item, ids) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: ids.setdefault(item, f"id {len(ids) + 1}")
        if key in _IDS and isinstance(item, str)
        else _with_numbered_ids(item, ids)
        for key, item in sorted(value.items())
    }
