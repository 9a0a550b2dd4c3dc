"""The `assistant` of a case, taken apart: what is created, what is retrieved, how a run is polled. No requests here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import field

from prompt_contracts.data_class import dataclass
from prompt_contracts.json_value import Json

DEFAULT_INTERVAL = 1.0
"""Seconds between two looks at a run."""
DEFAULT_TIMEOUT = 60.0
"""Seconds of waiting after which a run is given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssistantSetup:
    """What a case says of its assistant, thread and run."""

    assistant_id: str | None = None
    """The assistant to retrieve; None creates one."""
    assistant: Mapping[str, Json] = field(default_factory=dict)
    """Fields of the assistant that is created, as written."""
    thread_id: str | None = None
    """The thread to continue; None creates one."""
    thread: Mapping[str, Json] = field(default_factory=dict)
    """Fields of the thread that is created, as written."""
    run_id: str | None = None
    """The run to retrieve for the first answer; None starts one."""
    run: Mapping[str, Json] = field(default_factory=dict)
    """Fields of every run that is started, as written."""
    interval: float = DEFAULT_INTERVAL
    """Seconds between two looks at a run; a header of the server may say otherwise."""
    timeout: float = DEFAULT_TIMEOUT
    """Seconds of waiting after which a run is cancelled."""


def read_setup(assistant: Mapping[str, Json]) -> AssistantSetup:
    """Take apart an `assistant` as written; what has a wrong type counts as not written (a finding names it)."""
    thread, run, poll = (_mapping(assistant.get(key)) for key in ("thread", "run", "poll"))
    own = {key: value for key, value in assistant.items() if key not in ("thread", "run", "poll")}
    return AssistantSetup(
        assistant_id=_id(own),
        assistant=_without_id(own),
        thread_id=_id(thread),
        thread=_without_id(thread),
        run_id=_id(run),
        run=_without_id(run),
        interval=DEFAULT_INTERVAL if (interval := read_seconds(poll.get("interval"))) is None else interval,
        timeout=DEFAULT_TIMEOUT if (timeout := read_seconds(poll.get("timeout"))) is None else timeout,
    )


def read_seconds(value: Json) -> float | None:
    """A finite number of seconds that is not negative, else None."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}


def _id(fields: Mapping[str, Json]) -> str | None:
    value = fields.get("id")
    return value if isinstance(value, str) and value else None


def _without_id(fields: Mapping[str, Json]) -> Mapping[str, Json]:
    return {key: value for key, value in fields.items() if key != "id"}
