"""One handler in one trial, asked in the process of the run's handlers: what came of it, in words for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prompt_contracts.application.endpoint import ApplicationEndpoint
from prompt_contracts.application.handler_process import IMPORT_SECONDS, HandlerProcess
from prompt_contracts.application.process import exit_words
from prompt_contracts.application.question import ApplicationReply, Question, ReplyKind, TimeLimit, tail
from prompt_contracts.data_class import dataclass
from prompt_contracts.errors import UsageError


@dataclass(frozen=True, slots=True)
class KeptAddress:
    """The address of a process of handlers, as a trial sees it: it outlives the trial."""

    process: HandlerProcess

    @property
    def base_url(self) -> str:
        """Where the application finds the provider; without a trailing slash."""
        return self.process.base_url

    @property
    def outside(self) -> tuple[str, ...]:
        """The addresses that the trial under way tried to reach, but for those that are allowed."""
        return self.process.outside

    def close(self, *, is_abandoned: bool = False) -> None:
        """Nothing to do: what still comes there when no trial runs is refused."""


class HostedHandler:
    """Asks one handler of one trial in the process of the run's handlers."""

    def __init__(
        self,
        process: HandlerProcess,
        endpoint: ApplicationEndpoint,
        *,
        name: str,
        environ: Mapping[str, str],
        limit: TimeLimit,
    ) -> None:
        """`name` is `package.module:function`, as the case names it; `environ` is set for this trial alone."""
        self._process = process
        self._endpoint = endpoint
        self._name = name
        self._environ = environ
        self._limit = limit
        self._has_begun = False

    def ask(self, question: Question) -> ApplicationReply:
        """One call. Raises `UsageError` when the function cannot be had, or reached for another address."""
        if not self._limit.left:
            words = f"{self._name} was not called: its {self._limit.seconds:g} s were used up in an earlier turn"
            return self._failed("hung", words, "")
        is_first = not self._has_begun
        if is_first:
            self._process.begin(self._endpoint)
            self._has_begun = True
        event = self._process.load(self._name, self._environ)
        if event["event"] == "led_astray":
            return self._failed("raised", f"{self._name} was not called: its import reached for another address", "")
        if event["event"] != "loaded":
            raise UsageError(_unloadable(self._name, event))
        event = self._process.call(self._name, question, environ=self._environ, is_first=is_first, limit=self._limit)
        return self._reply(event)

    def close(self) -> None:
        """End the trial. Raises `UsageError` for what the handler left running, and ends that."""
        if not self._has_begun:
            return
        self._has_begun = False
        try:
            self._refuse_what_runs(self._process.ended())
        finally:
            self._process.finish()

    def ending(self) -> ApplicationReply | None:
        """A function has no end of its own."""
        return None

    def _reply(self, event: Mapping[str, Any]) -> ApplicationReply:
        name, output = self._name, event.get("output", self._process.output)
        match event["event"]:
            case "returned":
                return ApplicationReply(value=event["value"], is_reply=True, kind="returned", output=output)
            case "silent":
                return self._failed("silent", f"{name} returned None: no reply", output)
            case "returned_no_json":
                words = f"{name} returned a {event['type']}, which is no text and no JSON: {event['words']}"
                return self._failed("returned", words, output)
            case "raised":
                words = f"{name} raised {event['words']}{event['place']}"
                return self._failed("raised", words, f"{output}{event['traceback']}")
            case "exited":
                return self._failed(
                    "exited", f"{name} called sys.exit({event['code']})", f"{output}{event['traceback']}"
                )
            case "garbled":
                return self._failed("exited", f"the process of {name} sent something unreadable and was ended", output)
            case "hung":
                words = (
                    f"{name} did not return within {self._limit.seconds:g} s and was stopped with all that it started"
                )
                return self._failed("hung", words, f"{output}{event['stack']}")
            case _:
                return self._failed(
                    "exited", f"the process of {name} {exit_words(event['exit'])} before it replied", output
                )

    def _failed(self, kind: ReplyKind, words: str, output: str) -> ApplicationReply:
        return ApplicationReply(is_reply=False, failure=words, kind=kind, output=tail(output))

    def _refuse_what_runs(self, ended: Mapping[str, Any]) -> None:
        others = self._process.others() if ended.get("has_started_others") else ()
        left = [
            *(f"the thread {busy}" for busy in ended.get("busy", ())),
            *(f"the program {other}" for other in others),
        ]
        if not left:
            return
        self._process.stop()
        raise UsageError(
            f"{self._name} gave its reply and left {', '.join(left)} running, which was ended: what it would have "
            "asked belongs to no case. Let it end before the function returns"
        )


def _unloadable(name: str, event: Mapping[str, Any]) -> str:
    match event["event"]:
        case "unloadable":
            refused = event["refused"]
            help_ = f"; {refused['help']}" if refused else ""
            return f"handler {name} cannot be loaded: {event['words']}{event['place']}{help_}"
        case "garbled":
            return f"handler {name} cannot be loaded: its process sent something unreadable"
        case "hung":
            return f"handler {name} cannot be loaded: importing it took longer than {IMPORT_SECONDS:g} s"
        case _:
            return f"handler {name} cannot be loaded: its process {exit_words(event['exit'])} while it was imported"
