"""Where applications under test run: one loopback server for a whole run. Knows nothing of what they reply.

What it needs is imported when the first application starts: most runs have none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from prompt_contracts.errors import UsageError
from prompt_contracts.references import References
from prompt_contracts.secret import Secret
from prompt_contracts.transport.cell_transport import CellTransport
from prompt_contracts.trial import Trial

if TYPE_CHECKING:
    from prompt_contracts.application.application_run import ApplicationRun
    from prompt_contracts.stub.server import StubServer


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
    ) -> None:
        """`timeout` is in seconds for a whole trial of an application, where its case says nothing else.

        `secrets` gives what must not be seen of what applications say.
        """
        self._secrets = secrets
        self._root = root
        self._environ = environ
        self._timeout = timeout
        self._references = references
        self._lock = Lock()
        self._server: StubServer | None = None

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
        )
        with run:
            yield run

    def close(self) -> None:
        """Stop the server, if one was started."""
        with self._lock:
            server, self._server = self._server, None
        if server is not None:
            server.close()

    def _started(self) -> StubServer:
        from prompt_contracts.stub.server import StubServer

        with self._lock:
            if self._server is None:
                self._server = StubServer()
            return self._server
