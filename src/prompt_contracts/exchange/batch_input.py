"""Cells -> lines of a Batch API's input, with ids under which `judge` takes the answers. Sends nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator

from prompt_contracts.dialects.chat import chat_request
from prompt_contracts.trial import Cell

_ADDRESS = "/v1/chat/completions"


def batch_lines(cell: Cell) -> Iterator[str]:
    """A line for each trial of a cell, without a line feed; `#<trial>` where there are several."""
    case = cell.case
    for trial in range(1, case.trials + 1):
        request = chat_request(case, cell.target, trial=trial)
        custom_id = case.id if case.trials == 1 else f"{case.id}#{trial}"
        line = {"custom_id": custom_id, "method": "POST", "url": _ADDRESS, "body": request.body}
        yield json.dumps(line, ensure_ascii=True, allow_nan=False)
