"""What a run wrote: messages of a thread in their JSON form -> the text of one answer. No requests, no streams here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from prompt_contracts.completion import Choice, Completion
from prompt_contracts.dialects.answer_body import malformed
from prompt_contracts.dialects.assistants_run import Run, read_object
from prompt_contracts.interaction import ApiResponse
from prompt_contracts.json_value import Json
from prompt_contracts.provider_error import ProviderError

_REASONS: Mapping[str, str] = {"content_filter": "content_filter", "max_tokens": "length"}
"""Why a message is incomplete -> finish reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of the messages of a thread."""

    messages: tuple[dict[str, Json], ...]
    after: str | None
    """The id behind which the next page begins; None on the last page."""


def read_page(response: ApiResponse) -> Page | ProviderError:
    """The messages that a response lists."""
    body = read_object(response)
    if isinstance(body, ProviderError):
        return body
    data = body.get("data")
    if not isinstance(data, list):
        return malformed(response, "the answer is no list of messages")
    messages = tuple(entry for entry in data if isinstance(entry, dict))
    if len(messages) < len(data):
        return malformed(response, "the list holds a message that is not an object")
    if body.get("has_more") is not True:
        return Page(messages=messages, after=None)
    after = body.get("last_id") or (messages[-1].get("id") if messages else None)
    if not isinstance(after, str):
        return malformed(response, "more messages are promised, and not behind which one")
    return Page(messages=messages, after=after)


def written_by(run: Run, messages: Sequence[dict[str, Json]]) -> tuple[dict[str, Json], ...]:
    """The assistant messages of a run, oldest first, out of a listing in either order."""
    ordered = list(messages)
    if _is_newest_first(ordered):
        ordered.reverse()
    if not any("run_id" in message for message in ordered):
        # A server that does not say which run wrote what: the answer is what stands after the last question.
        asked = [index for index, message in enumerate(ordered) if message.get("role") == "user"]
        ordered = ordered[asked[-1] + 1 :] if asked else ordered
        return tuple(message for message in ordered if message.get("role") == "assistant")
    return tuple(
        message for message in ordered if message.get("role") == "assistant" and message.get("run_id") == run.id
    )


def completion_of(run: Run, messages: Iterable[dict[str, Json]], response: ApiResponse) -> Completion | ProviderError:
    """The answer of a completed run: the texts of its messages, a line end between two of them."""
    texts: list[str] = []
    refusals: list[str] = []
    reason: str | None = None
    for message in messages:
        parts = _parts(message.get("content"))
        if parts is None:
            return malformed(response, "a message has a content in a shape that nobody knows")
        texts.extend(["".join(text for kind, text in parts if kind == "text")] if _has(parts, "text") else [])
        refusals.extend(text for kind, text in parts if kind == "refusal")
        reason = reason or _incomplete_reason(message)
    choice = Choice(
        text="\n".join(texts),
        refusal="\n".join(refusals) if refusals else None,
        finish_reason="stop" if reason is None else _REASONS.get(reason, reason),
        raw_finish_reason=run.status if reason is None else reason,
    )
    return Completion(choices=(choice,), usage=run.usage, model=run.model, id=run.id)


def _is_newest_first(messages: Sequence[Mapping[str, Json]]) -> bool:
    times = [time for message in messages if isinstance(time := message.get("created_at"), int | float)]
    return bool(times) and times[0] > times[-1]


def _parts(content: Json) -> list[tuple[str, str]] | None:
    """Kind and text of each part that says something, or None when the content cannot be read."""
    if isinstance(content, str):
        return [("text", content)]
    if not isinstance(content, list):
        return None
    found: list[tuple[str, str]] = []
    for part in content:
        kind = part.get("type") if isinstance(part, dict) else None
        if not isinstance(part, dict) or not isinstance(kind, str):
            return None
        if kind not in ("text", "refusal"):
            continue  # images and files
        said = part.get(kind)
        text = said.get("value") if isinstance(said, dict) else said
        if not isinstance(text, str):
            return None
        found.append((kind, text))
    return found


def _has(parts: Iterable[tuple[str, str]], kind: str) -> bool:
    return any(found == kind for found, _ in parts)


def _incomplete_reason(message: Mapping[str, Json]) -> str | None:
    details = message.get("incomplete_details")
    reason = details.get("reason") if isinstance(details, dict) else None
    return reason if isinstance(reason, str) else None
