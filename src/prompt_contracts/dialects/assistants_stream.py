"""A run that answers with events: the events -> the run in its last state and the messages it wrote. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import field

from prompt_contracts.data_class import dataclass
from prompt_contracts.dialects.answer_body import malformed
from prompt_contracts.dialects.assistants_run import GOING_ON, AssistantRun, run_of
from prompt_contracts.dialects.error_response import error_in_event, read_error_body, unreadable
from prompt_contracts.dialects.event_stream import Event, read_events
from prompt_contracts.interaction import ApiResponse
from prompt_contracts.json_value import Json
from prompt_contracts.provider_error import ProviderError


@dataclass(slots=True, kw_only=True)
class WrittenMessages:
    """The messages of one run, put together from its events, over as many streams as the run takes."""

    _drafts: dict[str, dict[int, dict[str, Json]]] = field(default_factory=dict)
    _whole: dict[str, dict[str, Json]] = field(default_factory=dict)

    def add(self, message: dict[str, Json]) -> bool:
        """Take a whole message, or what one says so far; False when it cannot be read."""
        identifier = message.get("id")
        if not isinstance(identifier, str):
            return False
        self._drafts.setdefault(identifier, {})
        status = message.get("status")
        # One that is only created comes whole as well, and is still empty.
        if status in ("completed", "incomplete") or (status is None and message.get("content")):
            self._whole[identifier] = message
        return True

    def extend(self, delta: dict[str, Json]) -> bool:
        """Take a piece of a message; False when it cannot be read."""
        identifier, change = delta.get("id"), delta.get("delta")
        content = change.get("content") if isinstance(change, dict) else None
        if not isinstance(identifier, str) or not isinstance(content, list | None):
            return False
        draft = self._drafts.setdefault(identifier, {})
        return all(_grow(draft, position, part) for position, part in enumerate(content or ()))

    def answers(self) -> Iterator[dict[str, Json]]:
        """Every message of the assistant in the order in which they began, as far as they are known."""
        for identifier, draft in self._drafts.items():
            parts: list[Json] = [draft[index] for index in sorted(draft)]
            message = self._whole.get(identifier, {"content": parts})
            if message.get("role", "assistant") == "assistant":
                yield message


def _grow(draft: dict[int, dict[str, Json]], position: int, part: Json) -> bool:
    """Append what a part of a delta says to the part of its index; False when it cannot be read."""
    if not isinstance(part, dict):
        return False
    index, kind = part.get("index", position), part.get("type")
    if not isinstance(index, int) or not isinstance(kind, str):
        return False
    said = part.get(kind)
    text = said.get("value") if isinstance(said, dict) else said
    grown = draft.setdefault(index, {"type": kind, kind: ""})
    before = grown.get(kind)
    if kind not in ("text", "refusal"):
        return True
    if not isinstance(text, str | None) or not isinstance(before, str):
        return False
    grown[kind] = before + (text or "")
    return True


def read_run_stream(response: ApiResponse, written: WrittenMessages) -> AssistantRun | ProviderError:
    """Fold the events of a response into `written`, and return the run as they leave it.

    A stream that ends while its run still goes on was interrupted; one that ends behind the run's last event, with
    or without the mark `done`, is whole.
    """
    run: AssistantRun | None = None
    events = read_events(response.body)
    for number, event in enumerate(events, start=1):
        # The one event whose data is no JSON.
        if event.data.strip() == "[DONE]" or event.name == "done":
            break
        if (error := error_in_event(event)) is not None:
            return read_error_body(error, response)
        body = _body(event)
        if body is None and number == len(events):
            break  # cut inside its data, which is no damage but an early end
        if body is None:
            return malformed(response, f"event {number} of the stream is not a JSON object")
        found = _fold(body, response, written)
        if isinstance(found, ProviderError):
            return found
        run = found or run
    if run is None or run.status in GOING_ON:
        return _interrupted(response, run)
    return run


def _body(event: Event) -> dict[str, Json] | None:
    try:
        body: Json = json.loads(event.data)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _fold(
    body: dict[str, Json], response: ApiResponse, written: WrittenMessages
) -> AssistantRun | ProviderError | None:
    """Take one event by the object that it carries, which every server sends, unlike the event's name."""
    match body.get("object"):
        case "thread.run":
            return run_of(body, response)
        case "thread.message":
            is_read = written.add(body)
        case "thread.message.delta":
            is_read = written.extend(body)
        case _:
            return None  # steps of the run, and what later versions may tell
    return None if is_read else malformed(response, "an event of the stream holds a message that nobody can read")


def _interrupted(response: ApiResponse, run: AssistantRun | None) -> ProviderError:
    state = "before it said anything of the run" if run is None else f"while the run was {run.status}"
    return unreadable(response, kind="stream_interrupted", message=f"the stream ended {state}")
