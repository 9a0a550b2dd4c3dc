"""What a run made of a cell's recording, in words: what its answers say otherwise, or why it was not written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import field, replace
from decimal import Decimal
from urllib.parse import urlsplit

from prompt_contracts.completion import Completion, ToolCall
from prompt_contracts.data_class import dataclass
from prompt_contracts.dialects.assistants_polling import read_page
from prompt_contracts.dialects.assistants_run import BROKEN_OFF, WAITING, AssistantRun, read_run
from prompt_contracts.dialects.assistants_stream import WrittenMessages, read_run_stream
from prompt_contracts.dialects.chat import read_chat
from prompt_contracts.dialects.error_response import read_error
from prompt_contracts.dialects.responses import read_responses
from prompt_contracts.engine.secrecy import message_texts
from prompt_contracts.errors import RecordingError, UsageError
from prompt_contracts.interaction import ApiResponse
from prompt_contracts.json_value import canonical, canonical_text
from prompt_contracts.outcome import Outcome
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.recording_outcome import RecordedChange, RecordingOutcome
from prompt_contracts.transport.cassette_file import Entry
from prompt_contracts.transport.cell_transport import CellTransport
from prompt_contracts.transport.recording import Rewriting
from prompt_contracts.transport.redaction import keep_response_headers
from prompt_contracts.transport.replay import Key, stored_body, stored_key
from prompt_contracts.usage import Usage, total_cost

_OWN_ROLES = ("user", "system", "developer")


def recording_outcome(
    transport: CellTransport,
    outcomes: Sequence[Outcome],
    *,
    error: RecordingError | UsageError | None,
    provider_errors: Sequence[ProviderError],
) -> RecordingOutcome:
    """What became of the recording. `provider_errors` are those that the case does not declare."""
    rewriting = transport.rewriting
    if rewriting is not None:
        written = _written(rewriting)
        why = _first_line(error) if error is not None else _in_words(provider_errors[-1]) if provider_errors else None
        return written if why is None else replace(written, reason=f"only its good trials: {why}")
    made = [interaction for outcome in outcomes for interaction in outcome.interactions]
    is_asked = any(not each.is_replayed and not each.is_injected for each in made)
    if error is not None:
        reason = _first_line(error)
    elif provider_errors and (is_asked or not made):
        reason = _in_words(provider_errors[-1])
    elif any(each.is_replayed for each in made):
        return RecordingOutcome(status="unchanged")
    elif made:
        reason = "only the faults of the case answered"
    else:
        reason = "no request was made"
    kept = "; the recording that was there stays" if transport.is_recorded else ""
    return RecordingOutcome(status="not_written", reason=f"{reason}{kept}")


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _in_words(error: ProviderError) -> str:
    if error.kind == "application":
        return f"the application failed: {error.message}"
    if error.kind == "budget":
        return "the budget of the run keeps its requests from being sent"
    status = "" if error.status is None else f" ({error.status})"
    return f"the provider failed in a way that the case does not declare: {error.kind}{status}"


def _written(rewriting: Rewriting) -> RecordingOutcome:
    if rewriting.was_unreadable:
        return RecordingOutcome(status="written", reason="the file that was there could not be read")
    if rewriting.before is None:
        return RecordingOutcome(status="written", is_new=True)
    confirmed = len(rewriting.confirmed)
    if confirmed and [*map(_undated, rewriting.before)] == [*map(_undated, rewriting.after)]:
        return RecordingOutcome(status="confirmed", confirmed=confirmed)
    changes = tuple(changes_between(rewriting.before, rewriting.after))
    return RecordingOutcome(status="written", changes=changes, confirmed=confirmed)


def _undated(entry: Entry) -> Entry:
    return replace(entry, recorded=replace(entry.recorded, confirmed=None))


@dataclass(slots=True, kw_only=True)
class _Said:
    """What one trial says in a recording, without the ids that every answer has anew."""

    request: Key | None = None
    """The first."""
    later: list[str] = field(default_factory=list)
    """What those after it say of their own: they repeat what was answered."""
    answers: list[str] = field(default_factory=list)
    calls: list[ToolCall] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    models: list[str] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)
    """Why each answer ended."""
    usages: list[Usage] = field(default_factory=list)
    asked: int = 0
    """Requests that ask for something; how often a run was polled is chance."""

    @property
    def names(self) -> list[str]:
        return [call.name for call in self.calls]

    @property
    def arguments(self) -> list[str]:
        return [canonical_text(call.arguments.encode()) or call.arguments for call in self.calls]

    def take(self, entry: Entry) -> None:
        response = ApiResponse(status=entry.status, headers=keep_response_headers(entry.headers), body=entry.body)
        path = urlsplit(entry.url).path
        if self.request is None:
            self.request = stored_key(entry.method, entry.url, entry.request_body)
        else:
            self.later += filter(None, [_own_words(entry)])
        self.asked += entry.method.upper() == "POST"
        if path.endswith(("/chat/completions", "/responses")):
            self._take_answer(read_responses(response) if path.endswith("/responses") else read_chat(response))
        elif entry.status >= 400:
            self._take_answer(read_error(response))
        elif path.endswith("/messages") and entry.method.upper() == "GET":
            self._take_messages(response)
        elif "/runs" in path:
            self._take_run(response)

    def _take_answer(self, answer: Completion | ProviderError) -> None:
        if isinstance(answer, ProviderError):
            self.errors.append(answer.kind if answer.status is None else f"{answer.status} {answer.kind}")
            return
        self.usages.append(answer.usage)
        self.models.append(answer.model or "unknown")
        for choice in answer.choices:
            self.ends.append(choice.finish_reason or "unknown")
            self.answers += filter(None, (choice.text, choice.refusal))
            self.calls += choice.tool_calls

    def _take_messages(self, response: ApiResponse) -> None:
        page = read_page(response)
        for message in () if isinstance(page, ProviderError) else page.messages:
            if message.get("role") == "assistant":
                self.answers += message_texts(message)

    def _take_run(self, response: ApiResponse) -> None:
        written = WrittenMessages()
        run = read_run_stream(response, written) if response.is_event_stream else read_run(response)
        for message in written.answers():
            self.answers += message_texts(message)
        if isinstance(run, ProviderError):
            self._take_answer(run)
        elif run.status == WAITING:
            self.calls += run.calls
        else:
            self._take_end(run)

    def _take_end(self, run: AssistantRun) -> None:
        if run.usage.prompt_tokens is not None:
            self.usages.append(run.usage)
        if run.status in BROKEN_OFF:
            self.errors.append(run.error or run.status)


def _own_words(entry: Entry) -> str | None:
    """A request to a model without the answers and results that it repeats; None for any other."""
    body = stored_body(entry.request_body)
    if not isinstance(body, dict) or not urlsplit(entry.url).path.endswith(("/chat/completions", "/responses")):
        return None
    kept = {key: value for key, value in body.items() if key != "previous_response_id"}
    for name in ("messages", "input"):
        said = kept.get(name)
        if isinstance(said, list):
            kept[name] = [each for each in said if isinstance(each, dict) and each.get("role") in _OWN_ROLES]
    return canonical(kept)


def changes_between(before: Sequence[Entry], after: Sequence[Entry]) -> Iterator[RecordedChange]:
    """What the entries of one recording say otherwise than those of before."""
    if [*map(_exchange, before)] == [*map(_exchange, after)]:
        # Not read, as it says the same: of all that is told of it, the cost alone stands beside the answer.
        yield from _amount("cost", _cost(before), _cost(after))
        return
    old, new = _by_trial(before), _by_trial(after)
    if len(old) != len(new):
        yield RecordedChange(what="trials", before=str(len(old)), after=str(len(new)))
    both = [(old[trial], new[trial]) for trial in old.keys() & new.keys()]
    yield from _differing("request", both, lambda said: (said.request, said.later))
    yield from _differing("error", both, lambda said: said.errors, shown=lambda said: ", ".join(said.errors) or "none")
    yield from _differing("answer", both, lambda said: said.answers)
    yield from _differing("tool calls", both, lambda said: said.names, shown=lambda said: _names(said.names))
    same_calls = [(left, right) for left, right in both if left.names == right.names]
    yield from _differing("arguments", same_calls, lambda said: said.arguments, of=len(both))
    answered = [(left, right) for left, right in same_calls if len(left.ends) == len(right.ends)]
    yield from _differing(
        "model", answered, lambda said: said.models, shown=lambda said: _names(said.models), of=len(both)
    )
    yield from _differing(
        "finish reason", answered, lambda said: said.ends, shown=lambda said: _names(said.ends), of=len(both)
    )
    if len(old) == len(new):
        yield from _amount("requests", _asked(old), _asked(new))
    left, right = _usage(old), _usage(new)
    yield from _amount("input tokens", left.prompt_tokens, right.prompt_tokens)
    yield from _amount("output tokens", left.completion_tokens, right.completion_tokens)
    yield from _amount("cost", _cost(before), _cost(after))


def _exchange(entry: Entry) -> object:
    """All that is read of an entry."""
    headers = [each for each in entry.headers if each[0].lower() != "date"]
    asked = (entry.recorded.trial, entry.method, entry.url, entry.request_body)
    return (*asked, entry.status, headers, entry.body)


def _by_trial(entries: Sequence[Entry]) -> dict[int, _Said]:
    found: dict[int, _Said] = {}
    for entry in entries:
        found.setdefault(entry.recorded.trial or 1, _Said()).take(entry)
    return found


def _differing(
    what: str,
    pairs: Sequence[tuple[_Said, _Said]],
    part: Callable[[_Said], object],
    *,
    shown: Callable[[_Said], str] | None = None,
    of: int | None = None,
) -> Iterator[RecordedChange]:
    """A part of what the trials say, where it differs; `shown` words it, where there is one trial alone."""
    other = [(left, right) for left, right in pairs if part(left) != part(right)]
    total = len(pairs) if of is None else of
    if not other:
        return
    if total > 1:
        yield RecordedChange(what=f"{what} in {len(other)} of {total} trials")
    elif shown is None:
        yield RecordedChange(what=what)
    else:
        yield RecordedChange(what=what, before=shown(other[0][0]), after=shown(other[0][1]))


def _names(names: Sequence[str]) -> str:
    text = ", ".join(names) or "none"
    return text if len(text) <= 80 else f"{len(names)} calls"


def _amount(what: str, before: int | Decimal | None, after: int | Decimal | None) -> Iterator[RecordedChange]:
    if before != after:
        yield RecordedChange(what=what, before=_text(before), after=_text(after))


def _text(amount: int | Decimal | None) -> str | None:
    return None if amount is None else format(amount, "f") if isinstance(amount, Decimal) else str(amount)


def _asked(trials: dict[int, _Said]) -> int:
    return sum(said.asked for said in trials.values())


def _usage(trials: dict[int, _Said]) -> Usage:
    return Usage.total(usage for said in trials.values() for usage in said.usages)


def _cost(entries: Sequence[Entry]) -> Decimal | None:
    return total_cost(entry.recorded.cost for entry in entries)


def recorded_usage(entries: Sequence[Entry]) -> Usage:
    """The tokens of all answers of a recording, as far as they say; nothing asked is nothing known."""
    return _usage(_by_trial(entries))
