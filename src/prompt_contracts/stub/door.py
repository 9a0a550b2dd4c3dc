"""One more way into the server: a listening socket that somebody else made, such as in another network namespace."""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import Any

_SECONDS_TO_RECOVER = 0.05


class Door:
    """Lets in whoever connects, until it is closed."""

    def __init__(self, listener: socket.socket, *, admit: Callable[[socket.socket, Any], None]) -> None:
        """The socket listens already, and is ours from now on."""
        self._listener = listener
        self._admit = admit
        self._thread = Thread(target=self._run, name="stub server door", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Let nobody in any more. A second time does nothing."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # closing alone would wake nobody who waits for a client
        self._thread.join()
        self._listener.close()

    @property
    def is_closed(self) -> bool:
        """Whether nobody comes in here any more."""
        return not self._thread.is_alive()

    def _run(self) -> None:
        while True:
            try:
                connection, address = self._listener.accept()
            except OSError as error:
                if error.errno in (errno.EINVAL, errno.EBADF):
                    return
                time.sleep(_SECONDS_TO_RECOVER)  # too many open files, or a client that went away meanwhile
            else:
                self._admit(connection, address)
