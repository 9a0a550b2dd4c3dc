"""One connection in the place of a pool: for a client that serves one thread at a time, and asks one server."""

from __future__ import annotations

import httpcore

REUSED = "connection.reused"
"""What a trace is told in place of all the rest where the request goes over a connection that is there."""


class OneConnection:
    """What `httpx.HTTPTransport` asks of a pool. A pool looks through what it has twice for each request."""

    def __init__(self, pool: httpcore.ConnectionPool) -> None:
        """`pool` makes the connections, and keeps none."""
        self._pool = pool
        self._connection: httpcore.ConnectionInterface | None = None

    def handle_request(self, request: httpcore.Request) -> httpcore.Response:
        """One request, over the connection of the last one where that is still good."""
        if request.url.scheme not in (b"http", b"https"):
            return self._pool.handle_request(request)  # which refuses it
        origin = request.url.origin
        connection = self._connection
        if connection is not None and not _is_good(connection, origin):
            connection.close()
            connection = None
        if connection is None:
            connection = self._connection = self._pool.create_connection(origin)
        elif (trace := request.extensions.get("trace")) is not None:
            request.extensions = {name: value for name, value in request.extensions.items() if name != "trace"}
            trace(REUSED, {"request": request})
        return connection.handle_request(request)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
        self._pool.close()


def _is_good(connection: httpcore.ConnectionInterface, origin: httpcore.Origin) -> bool:
    return connection.can_handle_request(origin) and connection.is_available() and not connection.has_expired()
