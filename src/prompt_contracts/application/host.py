"""Where applications under test run: one loopback server for a whole run. Knows nothing of what they reply.

What it needs is imported when the first application starts: most runs have none.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Literal

from prompt_contracts.application.egress import UNWATCHED, Egress
from prompt_contracts.case import Case
from prompt_contracts.data_class import dataclass
from prompt_contracts.errors import UsageError
from prompt_contracts.references import References
from prompt_contracts.secret import Secret
from prompt_contracts.transport.cell_transport import CellTransport
from prompt_contracts.trial import Trial

if TYPE_CHECKING:
    from prompt_contracts.application.application_run import ApplicationRun
    from prompt_contracts.application.enclosure import Enclosure
    from prompt_contracts.application.handler_process import HandlerProcess
    from prompt_contracts.stub.lease import Answer, Lease
    from prompt_contracts.stub.server import StubServer


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlerPolicy:
    """Where the handlers of a run are called, and what they may reach."""

    runs_in: Literal["process", "thread"] | None = None
    """What the run says; None leaves it to the case."""
    callables: tuple[str, ...] = ()
    """Modules outside the root from which a handler may come."""
    keys: frozenset[str] = frozenset()
    """Variables of the environment that hold keys of providers: no handler gets them."""


class ApplicationHost:
    """Where applications under test run: one loopback server for a whole run. Thread-safe."""

    def __init__(
        self,
        *,
        root: Path,
        environ: Mapping[str, str],
        timeout: float,
        references: References,
        secrets: Callable[[], tuple[Secret, ...]],
        handlers: HandlerPolicy,
        egress: Egress,
    ) -> None:
        """`timeout` is in seconds for a whole trial of an application, where its case says nothing else.

        `secrets` gives what must not be seen of what applications say; `handlers` says where functions run, and
        `egress` what may be reached.
        """
        self._secrets = secrets
        self._root = root
        self._environ = environ
        self._timeout = timeout
        self._references = references
        self._lock = Lock()
        self._server: StubServer | None = None
        self._enclosure: Enclosure | None = None
        self._policy = handlers
        self._egress = egress
        self._handlers: HandlerProcess | None = None
        self._is_thread_told = False

    @contextmanager
    def open(self, trial: Trial, transport: CellTransport) -> Iterator[ApplicationRun]:
        """The application of one trial; ended on the way out."""
        from prompt_contracts.application.application_run import open_application

        cell = trial.cell
        if self._references.is_code_refused:
            raise UsageError("this run starts no application: such a case should have been refused", code="PC151")
        run = open_application(
            cell,
            transport,
            self._started(),
            trial=trial.number,
            resolve=self._references.resolve,
            environ=self._environ,
            timeout=self._timeout if cell.case.timeout is None else cell.case.timeout,
            root=self._root,
            secrets=self._secrets(),
            handlers=self._process(cell.case),
            egress=self._egress_of(cell.case),
            enclosure=self._enclosed(),
        )
        with run:
            yield run

    def lend_address(self, answer: Answer) -> Lease:
        """An address for an application that somebody else runs, until it is closed."""
        return self._started().open(answer)

    def close(self) -> None:
        """End the process of handlers and stop the server, where they were started."""
        with self._lock:
            server, self._server = self._server, None
            handlers, self._handlers = self._handlers, None
        if handlers is not None:
            handlers.close()
        if server is not None:
            server.close()

    def _process(self, case: Case) -> HandlerProcess | None:
        """The process of handlers; None where the case or the run wants its handler in a thread."""
        if case.handler is None or (self._policy.runs_in or case.handler_in) == "thread":
            return None
        from prompt_contracts.application.addresses import ADDRESS_MARK, leading_variables
        from prompt_contracts.application.handler_process import HandlerProcess, HandlerSetup

        server, enclosure = self._started(), self._enclosed()
        with self._lock:
            if self._handlers is None:
                setup = HandlerSetup(
                    root=self._root.resolve(),
                    callables=self._policy.callables,
                    allow_hosts=self._egress.allow_hosts,
                    is_refusing=self._egress.is_refused,
                    enclosure=enclosure,
                    environ=lambda base_url: {
                        **self._without_keys(),
                        **leading_variables(base_url, "", os.environ),
                        **self._egress.variables(base_url),
                    },
                    tell=self._egress.tell,
                )
                self._handlers = HandlerProcess(setup, server, mark=ADDRESS_MARK)
            return self._handlers

    def _enclosed(self) -> Enclosure | None:
        """What shuts processes in; None where this run does not want it."""
        from prompt_contracts.application.enclosure import Enclosure

        server = self._started()
        with self._lock:
            if self._enclosure is None and self._egress.is_enclosed:
                self._enclosure = Enclosure(server)
            return self._enclosure

    def _egress_of(self, case: Case) -> Egress:
        """A thread of pytest's own process reaches what it likes: nobody watches it."""
        is_thread = case.handler is not None and (self._policy.runs_in or case.handler_in) == "thread"
        if not is_thread:
            return self._egress
        if self._egress.is_refused and not self._is_thread_told:
            self._is_thread_told = True
            self._egress.tell("handlers run in a thread of this process: nobody watches what they reach")
        return UNWATCHED

    def _without_keys(self) -> dict[str, str]:
        return {name: value for name, value in os.environ.items() if name not in self._policy.keys}

    def _started(self) -> StubServer:
        from prompt_contracts.stub.server import StubServer

        with self._lock:
            if self._server is None:
                self._server = StubServer()
            return self._server
