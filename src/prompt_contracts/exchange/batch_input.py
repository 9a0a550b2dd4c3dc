"""Cells -> lines of a Batch API's input, with ids under which `judge` takes the answers. Sends nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from prompt_contracts.conversation.model_responder import open_dialogue
from prompt_contracts.conversation.request import sent_request, written_request
from prompt_contracts.interaction import ApiRequest
from prompt_contracts.model_request import Endpoint
from prompt_contracts.trial import Cell

_ADDRESSES: Mapping[Endpoint, str] = MappingProxyType({"chat": "/v1/chat/completions", "responses": "/v1/responses"})


_OF_STREAMS = ("stream", "stream_options")


def is_streamed(cell: Cell) -> bool:
    """Whether a cell asks for a stream, which its lines do not: a batch brings every answer in one piece."""
    return cell.case.request.get("stream") is True


def batch_address(cell: Cell) -> str:
    """The path of the endpoint that the lines of a cell are for."""
    return _ADDRESSES[cell.endpoint]


def batch_lines(cell: Cell) -> Iterator[str]:
    """A line for each trial of a cell, without a line feed; `#<trial>` where there are several.

    The cell is one of one request and one answer, see `engine.replies.needs_flow`.
    """
    case = cell.case
    for trial in range(1, case.trials + 1):
        request = sent_request(written_request(case, endpoint=cell.endpoint, trial=trial), cell)
        asked = next(open_dialogue(cell).ask(request))
        assert isinstance(asked, ApiRequest)  # noqa: S101 - these families ask at once
        custom_id = case.id if case.trials == 1 else f"{case.id}#{trial}"
        assert isinstance(asked.body, dict)  # noqa: S101 - as above
        body = {name: value for name, value in asked.body.items() if name not in _OF_STREAMS}
        line = {"custom_id": custom_id, "method": "POST", "url": batch_address(cell), "body": body}
        yield json.dumps(line, ensure_ascii=True, allow_nan=False)
