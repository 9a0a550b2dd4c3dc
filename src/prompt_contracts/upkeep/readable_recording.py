"""A recording -> lines that a reviewer reads: who was asked what, what came back, and what it took.

No ids, and no times but the dates of an answer: they are other ones each time. The same entries give the same lines.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from urllib.parse import urlsplit

from prompt_contracts.completion import Choice, Completion, ToolCall
from prompt_contracts.data_class import dataclass
from prompt_contracts.dialects.chat import read_chat
from prompt_contracts.dialects.error_response import read_error
from prompt_contracts.dialects.responses import read_responses
from prompt_contracts.engine.secrecy import message_texts
from prompt_contracts.interaction import ApiResponse
from prompt_contracts.json_value import Json
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.renderers.amounts import count, dollars
from prompt_contracts.renderers.inert_text import inert
from prompt_contracts.transport.cassette_file import Entry
from prompt_contracts.transport.redaction import keep_response_headers, stored_url
from prompt_contracts.transport.replay import stored_body

_LONGEST_TEXT = 20_000
_MOST_ENTRIES = 2_000
_IDS = frozenset({"id", "call_id", "tool_call_id", "previous_response_id", "thread_id", "run_id", "assistant_id"})
_TIMES = ("_at", "created")


def covered_entries(entries: Iterable[Entry], cover: Callable[[str], str]) -> tuple[Entry, ...]:
    """The entries with their texts covered, before anything is put together or cut."""
    return tuple(
        replace(
            entry,
            url=cover(entry.url),
            request_body=None if entry.request_body is None else _covered(entry.request_body, cover),
            body=_covered(entry.body, cover),
        )
        for entry in entries
    )


def _covered(body: bytes, cover: Callable[[str], str]) -> bytes:
    text = body.decode(errors="surrogateescape")
    return cover(text).encode(errors="surrogateescape")


def recording_text_lines(entries: Sequence[Entry], *, has_dates: bool = True) -> Iterator[str]:
    """All of a recording, trial by trial; `has_dates` tells when it was recorded and confirmed."""
    trials: dict[int | None, list[Entry]] = {}
    for entry in entries[:_MOST_ENTRIES]:
        trials.setdefault(entry.recorded.trial, []).append(entry)
    for number, found in trials.items():
        name = "recorded" if number is None else f"trial {number}"
        yield f"{name}{_dates(found) if has_dates else ''}"
        before: _Said | None = None
        for entry in found:
            said = _Said.of(entry)
            yield from (f"  {line}" for line in _exchange_lines(entry, said, before))
            before = said
    if len(entries) > _MOST_ENTRIES:
        rest = entries[_MOST_ENTRIES:]
        digest = _digest(repr([(each.request_body, each.body) for each in rest]))
        yield f"… {len(rest):,} more requests ({digest})"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What a request says."""

    parameters: Mapping[str, Json]
    messages: tuple[Json, ...]

    @classmethod
    def of(cls, entry: Entry) -> _Said:
        """The request of an entry; one that is no JSON object is one text."""
        body = stored_body(entry.request_body)
        if not isinstance(body, dict):
            return cls(parameters={} if body is None else {"body": body}, messages=())
        messages: list[Json] = []
        rest = dict(body)
        for name in ("instructions", "messages", "input"):
            said = rest.pop(name, None)
            if said is not None:
                role = "system" if name == "instructions" else "user"
                messages += said if isinstance(said, list) else [{"role": role, "content": said}]
        return cls(parameters={key: value for key, value in rest.items() if key not in _IDS}, messages=tuple(messages))


def _dates(entries: Sequence[Entry]) -> str:
    recorded = max((each.recorded.at[:10] for each in entries if each.recorded.at), default="")
    confirmed = max((each.recorded.confirmed for each in entries if each.recorded.confirmed), default="")
    parts = [f"{word} {day}" for word, day in (("recorded", recorded), ("confirmed", confirmed)) if day]
    return f" ({', '.join(parts)})" if parts else ""


def _exchange_lines(entry: Entry, said: _Said, before: _Said | None) -> Iterator[str]:
    yield f"{entry.method.upper()} {inert(_steady_url(entry.url))}"
    known = 0
    if before is not None and before.messages == said.messages[: len(before.messages)]:
        known = len(before.messages)
    for name, value in said.parameters.items():
        if before is None or before.parameters.get(name) != value:
            yield from _parameter_lines(name, value)
    if before is not None:
        for name in before.parameters.keys() - said.parameters.keys():
            yield f"  {inert(name)} is not there any more"
    if known:
        yield f"  ({known} {'message' if known == 1 else 'messages'} as before)"
    for message in said.messages[known:]:
        yield from (f"  {line}" for line in _message_lines(message))
    yield from _answer_lines(entry)


def _parameter_lines(name: str, value: Json) -> Iterator[str]:
    if name in ("tools", "functions") and isinstance(value, list):
        for tool in value:
            function = tool.get("function", tool) if isinstance(tool, dict) else tool
            known = function.get("name") if isinstance(function, dict) else None
            yield from _named_lines(f"  tool {inert(str(known or '?'))}", _shown(function))
        return
    yield from _named_lines(f"  {inert(name)}", value if isinstance(value, str) else _shown(value))


def _named_lines(name: str, text: str) -> Iterator[str]:
    lines = list(_text_lines(text))
    if len(lines) == 1:
        yield f"{name}: {lines[0]}"
    else:
        yield f"{name}:"
        yield from (f"    {line}" for line in lines)


def _message_lines(message: Json) -> Iterator[str]:
    if not isinstance(message, dict):
        yield from _named_lines("message", _shown(message))
        return
    role = inert(str(message.get("role") or message.get("type") or "message"))
    known = {"role", "content", "tool_calls", *_IDS}
    calls = message.get("tool_calls")
    content = message.get("content")
    text = content if isinstance(content, str) else "" if content is None else _shown(_steady(content))
    if text or not calls:
        yield role
        yield from (f"  {line}" for line in _text_lines(text))
    for call in calls if isinstance(calls, list) else ():
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict):
            yield from _named_lines(
                f"{role} calls {inert(str(function.get('name')))}", _shown(function.get("arguments"))
            )
    rest = {key: value for key, value in message.items() if key not in known}
    if rest and rest != {"type": message.get("type")}:
        yield from _named_lines(f"{role} has", _shown(_steady(rest)))


def _answer_lines(entry: Entry) -> Iterator[str]:
    response = ApiResponse(status=entry.status, headers=keep_response_headers(entry.headers), body=entry.body)
    path = urlsplit(entry.url).path
    if path.endswith(("/chat/completions", "/responses")):
        answer = read_responses(response) if path.endswith("/responses") else read_chat(response)
    elif entry.status >= 400:
        answer = read_error(response)
    else:
        yield f"answered {entry.status}"
        yield from (f"  {line}" for line in _other_lines(entry))
        return
    if isinstance(answer, ProviderError):
        code = "" if answer.code is None else f", code {inert(answer.code)}"
        yield from _named_lines(f"answered {entry.status} {answer.kind}{code}", answer.message)
    else:
        for choice in answer.choices:
            yield from _choice_lines(choice)
    yield _amounts(answer, entry)


def _choice_lines(choice: Choice) -> Iterator[str]:
    end = "" if choice.finish_reason in (None, "stop", "tool_calls") else f" ({inert(choice.finish_reason or '')})"
    yield f"answered{end}"
    for name, text in (("", choice.text), ("refused: ", choice.refusal or ""), ("thought: ", choice.reasoning or "")):
        if text:
            yield from (f"  {name}{line}" for line in _text_lines(text))
    yield from (line for call in choice.tool_calls for line in _call_lines(call))


def _call_lines(call: ToolCall) -> Iterator[str]:
    yield from _named_lines(f"  calls {inert(call.name)}", call.arguments)


def _amounts(answer: Completion | ProviderError, entry: Entry) -> str:
    cost = None if entry.recorded.cost is None else entry.recorded.cost.usd
    money = dollars(cost if cost is None else Decimal(cost))
    if isinstance(answer, ProviderError):
        return f"cost {money}"
    usage = answer.usage
    cached = f" ({count(usage.cached_tokens)} cached)" if usage.cached_tokens else ""
    return f"tokens {count(usage.prompt_tokens)} in{cached}, {count(usage.completion_tokens)} out; cost {money}"


def _other_lines(entry: Entry) -> Iterator[str]:
    """Of an address that answers as no model does, such as a run of an assistant: its texts, else all that lasts."""
    body = stored_body(entry.body)
    data = body.get("data") if isinstance(body, dict) else None
    messages = [each for each in data if isinstance(each, dict)] if isinstance(data, list) else []
    texts = [text for message in messages if message.get("role") == "assistant" for text in message_texts(message)]
    if texts:
        yield from (line for text in texts for line in _text_lines(text))
    elif body is not None:
        yield from _text_lines(body if isinstance(body, str) else _shown(_steady(body)))


def _steady(value: Json) -> Json:
    """A value without what is another one each time."""
    if isinstance(value, list):
        return [_steady(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: _steady(item) for key, item in value.items() if key not in _IDS and not key.endswith(_TIMES)}


def _steady_url(url: str) -> str:
    """The address with an ellipsis for each id in it: `…/threads/thread_…/runs`."""
    address = stored_url(url)
    head, _, tail = address.partition("?")
    parts = [f"{part.partition('_')[0]}_…" if part.startswith(_ID_PREFIXES) else part for part in head.split("/")]
    return "/".join(parts) + (f"?{tail}" if tail else "")


_ID_PREFIXES = ("thread_", "run_", "asst_", "msg_", "step_", "resp_", "file-")


def _shown(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _text_lines(text: str) -> Iterator[str]:
    """The lines of a text, harmless for a terminal; a long one ends in a digest: a change behind it shows."""
    # The mark stands directly behind what is cut: by it a key that was cut is known for one.
    shown = text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"
    yield from inert(shown.expandtabs(4)).split("\n")
    if shown is not text:
        yield f"… {len(text) - _LONGEST_TEXT:,} more characters ({_digest(text[_LONGEST_TEXT:])})"


def _digest(text: str) -> str:
    return sha256(text.encode(errors="replace")).hexdigest()[:12]
