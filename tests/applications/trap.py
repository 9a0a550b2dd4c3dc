"""A server where nobody may come: it counts the connections, and keeps how each began."""

from __future__ import annotations

import socket
from threading import Thread


class Trap:
    """Listens from the time that it is made until it is closed."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.seen: list[str] = []
        """The first line that each connection sent; empty where it sent nothing."""
        Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(2)
                self.seen.append("")
                try:
                    self.seen[-1] = connection.recv(200).decode("latin-1").partition("\r")[0]
                except OSError:
                    continue

    def close(self) -> None:
        """Stop listening."""
        self._listener.close()
