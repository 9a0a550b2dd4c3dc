"""A run that has begun -> what came of it: looks until it ends, then reads what it wrote. Never waits by itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from prompt_contracts.completion import Choice, Completion
from prompt_contracts.data_class import dataclass
from prompt_contracts.dialects.answer_body import malformed
from prompt_contracts.dialects.assistants_bodies import Steps, cancel_run, list_messages, retrieve_run, send
from prompt_contracts.dialects.assistants_run import (
    COMPLETED,
    GOING_ON,
    WAITING,
    AssistantRun,
    read_object,
    read_run,
    run_error,
    waiting_completion,
)
from prompt_contracts.dialects.assistants_setup import AssistantSetup
from prompt_contracts.dialects.assistants_stream import WrittenMessages, read_run_stream
from prompt_contracts.dialects.dialogue import Pause, Step
from prompt_contracts.dialects.error_response import unreadable
from prompt_contracts.interaction import ApiResponse
from prompt_contracts.json_value import Json
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.target import Target

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


def written_by(run: AssistantRun, messages: Sequence[dict[str, Json]]) -> tuple[dict[str, Json], ...]:
    """The assistant messages of a run, oldest first, out of a listing in either order."""
    ordered = list(messages)
    # The default order of the endpoint: a server that overlooks `order` gives that.
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


def run_completion(
    run: AssistantRun, messages: Iterable[dict[str, Json]], response: ApiResponse
) -> Completion | ProviderError:
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


LEAST_WAIT = 0.1
"""Seconds between two looks at a run at least: a server that advises none must not be asked without end."""
MOST_PAGES = 100
"""Pages of messages that are read; a server that promises more goes round in circles."""

_NUMBER = re.compile(r"\d+(?:\.\d+)?", re.ASCII)


def follow(
    response: ApiResponse, written: WrittenMessages, setup: AssistantSetup, *, target: Target, thread_id: str
) -> Step:
    """Go on from the response that shows a run, plain or as a stream, until the run ends or waits for outputs.

    A run that goes on after `setup.timeout` seconds of pauses is cancelled; that is an error of kind `timeout`.
    """
    waited = 0.0
    run_id: str | None = None
    while True:
        is_stream = 200 <= response.status < 300 and response.is_event_stream
        run = read_run_stream(response, written) if is_stream else read_run(response)
        if isinstance(run, ProviderError):
            return run
        run_id = run_id or run.id
        if run.status == COMPLETED and is_stream:
            return run_completion(run, written.answers(), response)
        if run.status == COMPLETED:
            return (yield from _read_messages(run, target=target, thread_id=thread_id))
        if run.status == WAITING:
            return waiting_completion(run)
        if run.status not in GOING_ON:
            return run_error(run, response)
        if waited >= setup.timeout:
            # It would go on, and cost, with nobody waiting for it.
            yield from send(cancel_run(target, thread_id, run_id))
            return _timeout(run, setup, response)
        pause = min(max(_interval(response, setup), LEAST_WAIT), setup.timeout - waited)
        yield Pause(seconds=pause)
        # The pauses and no clock: a replay, which does not wait, must give up at the same look.
        waited += pause
        response = yield from send(retrieve_run(target, thread_id, run_id))


def _read_messages(run: AssistantRun, *, target: Target, thread_id: str) -> Steps[Completion | ProviderError]:
    found: list[dict[str, Json]] = []
    passed: set[str] = set()
    response = yield from send(list_messages(target, thread_id, run_id=run.id))
    while len(passed) < MOST_PAGES:
        page = read_page(response)
        if isinstance(page, ProviderError):
            return page
        found.extend(page.messages)
        if page.after is None:
            return run_completion(run, written_by(run, found), response)
        if page.after in passed:
            return malformed(response, "the pages of messages go round in circles")
        passed.add(page.after)
        response = yield from send(list_messages(target, thread_id, run_id=run.id, after=page.after))
    return malformed(response, f"the messages of the run go on behind page {MOST_PAGES}")


def _interval(response: ApiResponse, setup: AssistantSetup) -> float:
    """Seconds until the next look: what the server advises, else what the case says."""
    # The official client follows it (`runs.poll` of openai-python); no recording that we know holds one.
    advice = response.header("openai-poll-after-ms")
    if advice is None or not _NUMBER.fullmatch(advice.strip()):
        return setup.interval
    return float(advice) / 1000


def _timeout(run: AssistantRun, setup: AssistantSetup, response: ApiResponse) -> ProviderError:
    passed = f"when the {setup.timeout:g} s of 'poll.timeout' had passed"
    message = f"the run was still {run.status} {passed}; it was asked to stop"
    return replace(unreadable(response, kind="timeout", message=message), code=run.status)
