"""The events of a streamed Responses answer -> the response object that would have come unstreamed. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType

from prompt_contracts.data_class import dataclass
from prompt_contracts.dialects.error_response import error_in_body, unreadable
from prompt_contracts.dialects.event_stream import Event, joined_pieces, read_events
from prompt_contracts.dialects.responses_reading import check_answer, response_failure
from prompt_contracts.interaction import ApiResponse
from prompt_contracts.json_value import Json
from prompt_contracts.provider_error import ProviderError

_FINAL: Mapping[str, str] = MappingProxyType(
    {
        "response.completed": "completed",
        "response.incomplete": "incomplete",
        "response.failed": "failed",
        "response.cancelled": "cancelled",
    }
)
"""Events that end a stream -> the status of the response where it does not say one itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where the pieces of a text belong."""

    item: str
    """Type of the output item."""
    list: str
    """Key of the item that holds the parts."""
    index: str
    """Key of the event that tells the part."""
    part: str
    """Type of the part."""
    key: str
    """Key of the part, and of the `done` event, that holds the text."""


_TEXT = _Place(item="message", list="content", index="content_index", part="output_text", key="text")
_REFUSAL = _Place(item="message", list="content", index="content_index", part="refusal", key="refusal")
_THOUGHT = _Place(item="reasoning", list="content", index="content_index", part="reasoning_text", key="text")
_SUMMARY = _Place(item="reasoning", list="summary", index="summary_index", part="summary_text", key="text")

_PLACES: Mapping[str, _Place] = MappingProxyType(
    {
        "response.output_text": _TEXT,
        "response.refusal": _REFUSAL,
        "response.reasoning_text": _THOUGHT,
        "response.reasoning_summary_text": _SUMMARY,
    }
)
_SILENT = ("", "[DONE]")
"""Data that says nothing here: a sign of life, and the end mark of chat, which some servers send too."""

_ARGUMENTS = "response.function_call_arguments"


@dataclass(slots=True, kw_only=True)
class _Part:
    """One part of an item on its way."""

    place: _Place
    pieces: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Json]:
        return {"type": self.place.part, self.place.key: joined_pieces(self.pieces)}


@dataclass(slots=True, kw_only=True)
class _Item:
    """One item of the output on its way."""

    announced: dict[str, Json] = field(default_factory=dict)
    """The item as the stream first told it."""
    done: dict[str, Json] | None = None
    """The item as the stream told it when it was whole; it says all."""
    parts: dict[tuple[str, int], _Part] = field(default_factory=dict)
    arguments: list[str] = field(default_factory=list)

    def part(self, place: _Place, event: Mapping[str, Json]) -> _Part:
        index = event.get(place.index)
        number = index if isinstance(index, int) else 0
        self.announced.setdefault("type", place.item)
        return self.parts.setdefault((place.list, number), _Part(place=place))

    def to_json(self) -> dict[str, Json]:
        if self.done is not None:
            return self.done
        built = dict(self.announced)
        for name in ("content", "summary"):
            told = [part.to_json() for (place, _), part in sorted(self.parts.items(), key=_key) if place == name]
            if told:
                built[name] = [*told]
        if self.arguments:
            built["arguments"] = joined_pieces(self.arguments)
        return built


def _key(entry: tuple[tuple[str, int], _Part]) -> tuple[str, int]:
    return entry[0]


class ResponseFold:
    """Takes the events of one stream in their order, and gives the response object once it is whole."""

    def __init__(self) -> None:
        self._items: dict[int | str, _Item] = {}
        self._places: dict[str, int | str] = {}
        """Id of an item -> its key: some events tell the place and the id, others the id alone."""
        self._started: dict[str, Json] = {}
        self.answer: dict[str, Json] | None = None
        """The response object; None as long as the event that ends the stream has not come."""

    def take(self, kind: str, event: Mapping[str, Json]) -> None:
        """Add one event; `kind` is its type. Types that nobody knows are passed over."""
        stem, _, step = kind.rpartition(".")
        response, item = event.get("response"), event.get("item")
        if kind in _FINAL:
            self.answer = self._finish(response if isinstance(response, dict) else {}, _FINAL[kind])
        elif kind in ("response.created", "response.in_progress", "response.queued") and isinstance(response, dict):
            self._started |= response
        elif kind == "response.output_item.added" and isinstance(item, dict):
            self._item(event).announced = dict(item)
        elif kind == "response.output_item.done" and isinstance(item, dict):
            self._item(event).done = dict(item)
        elif stem in _PLACES and step in ("delta", "done"):
            _add_text(self._item(event).part(_PLACES[stem], event).pieces, event, step, _PLACES[stem].key)
        elif stem == _ARGUMENTS and step in ("delta", "done"):
            self._add_arguments(self._item(event), event, step)

    def _add_arguments(self, item: _Item, event: Mapping[str, Json], step: str) -> None:
        item.announced.setdefault("type", "function_call")
        for name in ("name", "call_id"):
            if isinstance(event.get(name), str):
                item.announced.setdefault(name, event[name])
        _add_text(item.arguments, event, step, "arguments")

    def _item(self, event: Mapping[str, Json]) -> _Item:
        """The item that an event is about: by its place, by its id where no place is given, else the last."""
        place, item = event.get("output_index"), event.get("item")
        name = event.get("item_id") or (item.get("id") if isinstance(item, dict) else None)
        if isinstance(place, int):
            key: int | str = place
        elif isinstance(name, str):
            key = self._places.get(name, name)
        else:
            key = next(reversed(self._items)) if self._items and item is None else len(self._items)
        if isinstance(name, str):
            self._places[name] = key
        return self._items.setdefault(key, _Item())

    def _finish(self, response: dict[str, Json], status: str) -> dict[str, Json]:
        started = {key: value for key, value in self._started.items() if key in ("id", "model")}
        told = {key: value for key, value in response.items() if value is not None}
        answer: dict[str, Json] = {"object": "response", "status": status, **started, **told}
        # A server may end with a response that has no output: what it said stands in the events before.
        if not answer.get("output"):
            places = sorted(self._items, key=lambda key: key if isinstance(key, int) else 0)
            answer["output"] = [self._items[key].to_json() for key in places]
        return answer


def _add_text(pieces: list[str], event: Mapping[str, Json], step: str, key: str) -> None:
    if step == "done" and isinstance(whole := event.get(key), str):
        # The whole text comes again with `done`; what the pieces gave must not be doubled.
        pieces[:] = [whole]
    elif step == "delta" and isinstance(piece := event.get("delta"), str):
        pieces.append(piece)


def parse_streamed_answer(response: ApiResponse) -> dict[str, Json] | ProviderError:
    """The response object that a stream of events tells, or the error that it carries or is.

    A stream without the event that ends it is `stream_interrupted`, never a shorter answer.
    """
    events = [event for event in read_events(response.body) if event.data.strip() not in _SILENT]
    fold = ResponseFold()
    for number, event in enumerate(events, start=1):
        data = _parse(event)
        if _is_error(event, data):
            return response_failure(data, response)
        if not isinstance(data, dict):
            if number == len(events):  # it broke off inside an event
                return _interrupted(response, number - 1)
            message = f"event {number} of the stream is not a JSON object: {event.data[:200]!r}"
            return unreadable(response, kind="malformed_response", message=message)
        # Some servers leave out the name of an event: its `type` says the same.
        kind = data.get("type")
        fold.take(kind if isinstance(kind, str) else event.name, data)
        # Responses has no [DONE]: one of four events is the end.
        if fold.answer is not None:
            return check_answer(fold.answer, response)
    return _interrupted(response, len(events))


def _parse(event: Event) -> Json:
    try:
        data: Json = json.loads(event.data)
    except (ValueError, RecursionError):
        return {"error": event.data} if event.name == "error" else None
    return {"error": data} if event.name == "error" and not isinstance(data, dict) else data


def _is_error(event: Event, data: Json) -> bool:
    return isinstance(data, dict) and ("error" in (event.name, data.get("type")) or error_in_body(data))


def _interrupted(response: ApiResponse, count: int) -> ProviderError:
    came = {0: "before its first event", 1: "after 1 event"}.get(count, f"after {count} events")
    message = f"the stream ended {came}, before the answer was complete"
    return unreadable(response, kind="stream_interrupted", message=message)
