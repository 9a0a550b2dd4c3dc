"""A streamed chat completion -> `Completion`, the same as unstreamed. A stream that ends early is never an answer."""

from __future__ import annotations

from prompt_contracts.completion import Completion
from prompt_contracts.dialects.answer_body import HiddenValueError, malformed, read_provider_json
from prompt_contracts.dialects.chat_answer import read_answer
from prompt_contracts.dialects.chat_chunks import ChunkFold
from prompt_contracts.dialects.error_response import error_in_body, error_in_event, read_error_body, unreadable
from prompt_contracts.dialects.event_stream import Event, EventReader
from prompt_contracts.interaction import ApiResponse
from prompt_contracts.json_value import Json
from prompt_contracts.provider_error import ProviderError

_END = "[DONE]"


class _Stream:
    """The events of one response, folded until the stream ends, breaks off or reports an error."""

    def __init__(self, response: ApiResponse, *, choices: int) -> None:
        self._response = response
        self._choices = choices
        self._fold = ChunkFold()
        self._events = 0
        self._is_ended = False

    def read(self) -> Completion | ProviderError:
        """What the whole stream says."""
        reader = EventReader()
        for event in reader.feed(self._response.body):
            error = self._take(event)
            if error is not None:
                return error
        for event in reader.close():
            error = self._take(event, is_last=True)
            if error is not None:
                return error
        return self._answer()

    def _take(self, event: Event, *, is_last: bool = False) -> ProviderError | None:
        """Fold one event; `is_last` is one that the stream ended in, before its blank line."""
        data = event.data.strip()
        # What a server says behind its end mark is no part of the answer.
        if self._is_ended or not data:
            return None
        if data == _END:
            self._is_ended = True
            return None
        reported = error_in_event(event)
        if reported is not None:
            return read_error_body(reported, self._response)
        try:
            chunk = read_provider_json(data)
        except (ValueError, RecursionError) as error:
            return self._unread(data, error, is_last=is_last)
        if not isinstance(chunk, dict):
            return malformed(self._response, f"event {self._events + 1} of the stream is not a JSON object")
        if error_in_body(chunk):
            return read_error_body(chunk, self._response)
        self._events += 1
        self._fold.add(chunk)
        return None

    def _unread(self, data: str, error: Exception, *, is_last: bool) -> ProviderError:
        place = f"event {self._events + 1} of the stream"
        if isinstance(error, HiddenValueError):
            return malformed(self._response, f"{place} cannot be trusted: {error}")
        if is_last:
            return self._interrupted(f"the last event is cut off: {data[-60:]!r}")
        return malformed(self._response, f"{place} is not JSON")

    def _answer(self) -> Completion | ProviderError:
        if self._fold.damage is not None:
            return malformed(self._response, f"the stream has {self._fold.damage}")
        answer = self._fold.to_json()
        choices = answer["choices"]
        if isinstance(choices, list) and any(_is_error(choice) for choice in choices):
            return read_answer(answer, self._response)
        # Some servers never send the mark: an end of each choice is as good.
        if not self._is_ended and not self._fold.is_finished(self._choices):
            # A proxy's page under the content type of the stream that was asked for.
            if self._events == 0 and self._response.body.lstrip()[:1] == b"<":
                return malformed(self._response, "the answer is a page, not a stream of events")
            return self._interrupted("there was neither [DONE] nor the end of each choice")
        return read_answer(answer, self._response)

    def _interrupted(self, reason: str) -> ProviderError:
        came = f"{self._events} {'event' if self._events == 1 else 'events'}"
        text = f"{self._fold.characters} {'character' if self._fold.characters == 1 else 'characters'}"
        message = f"the stream broke off after {came} with {text} of text: {reason}"
        return unreadable(self._response, kind="stream_interrupted", message=message)


def read_chat_stream(response: ApiResponse, *, choices: int = 1) -> Completion | ProviderError:
    """What a stream of chat chunks says: the completion, or the error it reports, or why it is no answer.

    Without an end mark the stream is whole once as many `choices` as were asked for have ended; else it is
    `stream_interrupted`, and `malformed_response` when it is no stream of chunks.
    """
    return _Stream(response, choices=choices).read()


def _is_error(choice: Json) -> bool:
    return isinstance(choice, dict) and choice.get("finish_reason") == "error"
