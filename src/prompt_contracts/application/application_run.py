"""The application under test in one trial: started, asked turn by turn, and ended. Judges nothing.

The application finds the provider at an address that is this trial's alone, and whatever it asks there is kept.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from prompt_contracts.application.addresses import ADDRESS_MARK, PLACEHOLDER_KEY, leading_variables, model_variables
from prompt_contracts.application.command_runner import CommandRunner
from prompt_contracts.application.egress import UNKNOWN_ADDRESS, UNWATCHED, Egress
from prompt_contracts.application.enclosure import Enclosure
from prompt_contracts.application.endpoint import ApplicationEndpoint, EndpointError, is_failure
from prompt_contracts.application.handler_process import HandlerProcess
from prompt_contracts.application.handler_runner import HandlerRunner
from prompt_contracts.application.hosted_handler import HostedHandler, KeptAddress
from prompt_contracts.application.question import ApplicationReply, Question, TimeLimit, tail
from prompt_contracts.errors import UsageError
from prompt_contracts.fault import FaultPlan
from prompt_contracts.interaction import Interaction
from prompt_contracts.json_value import Json
from prompt_contracts.masking import mask
from prompt_contracts.message import Message
from prompt_contracts.secret import Secret, is_telling
from prompt_contracts.stub.server import StubServer
from prompt_contracts.transport.cell_transport import CellTransport
from prompt_contracts.trial import Cell

__all__ = ["ApplicationReply", "ApplicationRun", "open_application"]


class _Address(Protocol):
    @property
    def base_url(self) -> str: ...

    @property
    def outside(self) -> tuple[str, ...]: ...

    def close(self, *, is_abandoned: bool = False) -> None: ...


class _Runner(Protocol):
    def ask(self, question: Question) -> ApplicationReply: ...

    def close(self) -> None: ...

    def ending(self) -> ApplicationReply | None: ...


class ApplicationRun:
    """One trial of an application. A context manager: at its end the application is ended and its address revoked."""

    def __init__(
        self,
        runner: _Runner,
        endpoint: ApplicationEndpoint,
        address: _Address,
        *,
        secrets: tuple[Secret, ...],
        egress: Egress,
    ) -> None:
        """Made by `open_application`."""
        self._runner = runner
        self._endpoint = endpoint
        self._address = address
        self._secrets = secrets
        self._egress = egress
        self._told_outside = 0
        self._is_closed = False
        self._problem: EndpointError | None = None

    def ask(
        self,
        messages: tuple[Message, ...],
        *,
        model: str,
        variables: Mapping[str, Json],
        fault: FaultPlan | None,
    ) -> ApplicationReply:
        """One turn: the application gets the conversation so far, and `fault` holds for what it asks meanwhile.

        Never raises for what the application does; look at `problem` before the reply is judged.
        """
        self._endpoint.begin_turn(fault)
        question = Question(
            messages=[_copy(message) for message in messages],
            base_url=self._address.base_url,
            api_key=PLACEHOLDER_KEY,
            model=model,
            variables=dict(variables),
        )
        try:
            reply = self._runner.ask(question)
        except UsageError as problem:
            self._problem = self._problem or UsageError(self._masked(str(problem)))
            reply = ApplicationReply(is_reply=False, failure=str(self._problem), kind="raised")
        self._look_outside()
        self.raise_crash()
        if reply.kind == "hung":
            self._address.close(is_abandoned=True)
        reply = self._with_retries(reply)
        failure = None if reply.failure is None else self._masked(reply.failure)
        return replace(reply, failure=failure, output=tail(self._masked(reply.output)))

    def _with_retries(self, reply: ApplicationReply) -> ApplicationReply:
        """The reply, and what of its time went into the application's own attempts at what had failed."""
        retries = self._endpoint.own_retries(is_stopped=reply.kind == "hung")
        if reply.kind == "hung":
            # An SDK that waits between its own attempts looks like an application that hangs.
            made = self.interactions
            waits = "" if retries is None else f"; {retries}"
            if retries is None and made and is_failure(made[-1]):
                waits = ", the last one answered with an error: it may have waited to ask again"
            return replace(reply, failure=f"{reply.failure}; it had made {_counted(len(made))}{waits}")
        if retries is None:
            return reply
        if reply.is_reply and retries.is_long:
            self._egress.tell(str(retries))
        return replace(
            reply,
            failure=None if reply.failure is None else f"{reply.failure}; {retries}",
            # The provider's error takes the place of the failure, where there was one.
            output=f"{reply.output}{retries}\n" if retries.is_long else reply.output,
        )

    @property
    def interactions(self) -> tuple[Interaction, ...]:
        """What the application asked, every attempt for itself, in the order of the answers; only grows."""
        return self._endpoint.interactions

    @property
    def problem(self) -> EndpointError | None:
        """Why nothing of this trial may be judged: a recording that cannot serve, an application that cannot start."""
        return self._problem or self._endpoint.problem

    @property
    def ending(self) -> ApplicationReply | None:
        """After the run: how a program ended badly although it had replied to every turn; None when it did not."""
        ending = self._runner.ending()
        if ending is None or ending.failure is None:
            return ending
        return replace(ending, failure=self._masked(ending.failure), output=tail(self._masked(ending.output)))

    def close(self) -> None:
        """End the application and revoke its address. A second time does nothing."""
        if self._is_closed:
            return
        try:
            self._runner.close()
        except UsageError as problem:
            self._problem = self._problem or UsageError(self._masked(str(problem)))
        finally:
            self._look_outside()
            self._address.close()
        self._is_closed = True  # not where Ctrl-C broke off in between

    def raise_crash(self) -> None:
        """Raise a mistake of our own, which the application got an error for."""
        if self._endpoint.crash is not None:
            raise self._endpoint.crash

    def __enter__(self) -> ApplicationRun:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _look_outside(self) -> None:
        """What the application tried to reach beside its stand-in: in a replay whatever it made of it is no verdict."""
        outside = self._address.outside
        new, self._told_outside = outside[self._told_outside :], len(outside)
        if new:
            addresses = self._masked(", ".join(dict.fromkeys(new)))
            self._problem = self._problem or self._egress.problem(addresses)

    def _masked(self, text: str) -> str:
        return mask(text, self._secrets)


def open_application(  # noqa: PLR0913 - what an application may touch is handed in, and only here
    cell: Cell,
    transport: CellTransport,
    server: StubServer,
    *,
    trial: int,
    resolve: Callable[[str], Callable[..., object]],
    environ: Mapping[str, str],
    timeout: float,
    root: Path,
    secrets: tuple[Secret, ...],
    egress: Egress = UNWATCHED,
    handlers: HandlerProcess | None = None,
    enclosure: Enclosure | None = None,
) -> ApplicationRun:
    """The application of one trial of a cell; nothing is started before its first turn.

    `resolve` gives the function that a `handler` names. `environ` is what a `command` inherits, without its secrets;
    `timeout` is in seconds, for all turns together; `root` is the folder that a command starts in;
    `secrets` are kept out of what it says; `handlers` is the process for a handler, which runs in a thread without one;
    `egress` says what it may reach, and `enclosure` shuts a command in.
    """
    case, target = cell.case, cell.target
    endpoint = ApplicationEndpoint(target, transport, trial=trial, timeout=timeout)
    limit = TimeLimit(timeout)
    if case.handler is not None and handlers is not None:
        hosted = HostedHandler(
            handlers, endpoint, name=case.handler, environ=model_variables(target.model), limit=limit
        )
        return ApplicationRun(hosted, endpoint, KeptAddress(handlers), secrets=secrets, egress=egress)
    lease = server.open(endpoint.answer)
    runner: _Runner
    if case.handler is not None:
        runner = HandlerRunner(
            name=case.handler,
            resolve=resolve,
            environ=leading_variables(lease.base_url, target.model, os.environ),
            limit=limit,
            root=root.resolve(),
            late_requests=lambda: server.late_requests,
        )
    else:
        runner = CommandRunner(
            case.command or (),
            environ={
                **_inherited(environ, secrets, target.api_key_env),
                **leading_variables(lease.base_url, target.model, environ),
                **egress.variables(lease.base_url),
            },
            limit=limit,
            root=root,
            mark=ADDRESS_MARK,
            enclosure=enclosure,
            on_stray=lambda: lease.note_outside(UNKNOWN_ADDRESS),
        )
    return ApplicationRun(runner, endpoint, lease, secrets=secrets, egress=egress)


def _inherited(environ: Mapping[str, str], secrets: tuple[Secret, ...], key_name: str | None) -> dict[str, str]:
    # An address with a password in it stays: its name does not say that all of it is secret.
    hidden = {name for name in (secret.name for secret in secrets) if is_telling(name) or name == key_name}
    kept = {name: value for name, value in environ.items() if name not in hidden}
    # A Python program that only prints its reply would keep it in a buffer until it ends.
    return {"PYTHONUNBUFFERED": "1", **kept}


def _copy(message: Message) -> dict[str, Json]:
    copied: dict[str, Json] = json.loads(json.dumps(message.to_json()))
    return copied


def _counted(requests: int) -> str:
    return "1 request" if requests == 1 else f"{requests or 'no'} requests"
