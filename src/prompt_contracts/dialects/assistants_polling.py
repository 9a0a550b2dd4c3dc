"""A run that has begun -> what came of it: looks until it ends, then reads what it wrote. Never waits by itself."""

from __future__ import annotations

import re
from dataclasses import replace

from prompt_contracts.completion import Completion
from prompt_contracts.dialects.answer_body import malformed
from prompt_contracts.dialects.assistants_calls import Steps, cancel_run, list_messages, retrieve_run, send
from prompt_contracts.dialects.assistants_messages import completion_of, read_page, written_by
from prompt_contracts.dialects.assistants_run import (
    COMPLETED,
    GOING_ON,
    WAITING,
    Run,
    read_run,
    run_error,
    waiting_completion,
)
from prompt_contracts.dialects.assistants_setup import AssistantSetup
from prompt_contracts.dialects.assistants_stream import WrittenMessages, read_run_stream
from prompt_contracts.dialects.dialogue import Pause, Step
from prompt_contracts.dialects.errors import unreadable
from prompt_contracts.interaction import ApiResponse
from prompt_contracts.json_value import Json
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.target import Target

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
            return completion_of(run, written.answers(), response)
        if run.status == COMPLETED:
            return (yield from _read_messages(run, target=target, thread_id=thread_id))
        if run.status == WAITING:
            return waiting_completion(run)
        if run.status not in GOING_ON:
            return run_error(run, response)
        if waited >= setup.timeout:
            yield from send(cancel_run(target, thread_id, run_id))
            return _timeout(run, setup, response)
        pause = min(max(_interval(response, setup), LEAST_WAIT), setup.timeout - waited)
        yield Pause(seconds=pause)
        waited += pause
        response = yield from send(retrieve_run(target, thread_id, run_id))


def _read_messages(run: Run, *, target: Target, thread_id: str) -> Steps[Completion | ProviderError]:
    found: list[dict[str, Json]] = []
    passed: set[str] = set()
    response = yield from send(list_messages(target, thread_id, run_id=run.id))
    while len(passed) < MOST_PAGES:
        page = read_page(response)
        if isinstance(page, ProviderError):
            return page
        found.extend(page.messages)
        if page.after is None:
            return completion_of(run, written_by(run, found), response)
        if page.after in passed:
            return malformed(response, "the pages of messages go round in circles")
        passed.add(page.after)
        response = yield from send(list_messages(target, thread_id, run_id=run.id, after=page.after))
    return malformed(response, f"the messages of the run go on behind page {MOST_PAGES}")


def _interval(response: ApiResponse, setup: AssistantSetup) -> float:
    """Seconds until the next look: what the server advises, else what the case says."""
    advice = response.header("openai-poll-after-ms")
    if advice is None or not _NUMBER.fullmatch(advice.strip()):
        return setup.interval
    return float(advice) / 1000


def _timeout(run: Run, setup: AssistantSetup, response: ApiResponse) -> ProviderError:
    passed = f"when the {setup.timeout:g} s of 'poll.timeout' had passed"
    message = f"the run was still {run.status} {passed}; it was asked to stop"
    return replace(unreadable(response, kind="timeout", message=message), code=run.status)
