"""What httpx and httpcore log of a request of ours: without keys, and without headers that are not ours to show.

Whoever turns their logs on sees every line of them. Records of other threads, and so of other people's requests, are
left as they are.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from threading import local

from prompt_contracts.masking import mask
from prompt_contracts.secret import Secret
from prompt_contracts.transport.redaction import keep_response_headers, stored_url

_LOGGERS = ("httpx", *(f"httpcore.{name}" for name in ("connection", "http11", "http2", "proxy", "socks")))
"""A filter of a logger sees no record of the loggers below it, hence each by its name."""
# Possessive: httpcore logs whole headers, whatever a server puts into them.
_BYTES = r"""b'[^'\\]*+(?:\\.[^'\\]*+)*+'|b"[^"\\]*+(?:\\.[^"\\]*+)*+\""""
_HEADER = re.compile(rf"\(({_BYTES}), ({_BYTES})\)")
_ADDRESS = re.compile(r"""https?://[^\s"'<>]+""")
_OWN = logging.getLogger("prompt_contracts")


class WireLog(logging.Filter):
    """Stands before the logs of the network from `open` to `close`."""

    def __init__(self) -> None:
        super().__init__()
        self._here = local()

    def open(self) -> None:
        """Look at every record from now on."""
        for name in _LOGGERS:
            logging.getLogger(name).addFilter(self)

    def close(self) -> None:
        """Leave the logs as they were."""
        for name in _LOGGERS:
            logging.getLogger(name).removeFilter(self)

    @contextmanager
    def covering(self, secrets: tuple[Secret, ...]) -> Iterator[None]:
        """While a request of ours is on its way in this thread."""
        self._here.secrets = secrets
        try:
            yield
        finally:
            del self._here.secrets

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, those of our own requests as they may be seen."""
        secrets: tuple[Secret, ...] | None = getattr(self._here, "secrets", None)
        if secrets is not None:
            # Put together first: a key may be spread over the arguments, where nothing would find it.
            record.msg, record.args = _shown(record.getMessage(), secrets), None
        return True


def tell(secrets: tuple[Secret, ...], *, method: str, url: str, came: object, latency: float) -> None:
    """One line about a request, for who wants it: on the logger `prompt_contracts`."""
    if _OWN.isEnabledFor(logging.DEBUG):
        line = f"{method} {stored_url(url)}: {came} in {latency:.2f} s"
        _OWN.debug("%s", mask(line, secrets))


def _shown(message: str, secrets: tuple[Secret, ...]) -> str:
    message = _HEADER.sub(_header, message)
    return mask(_ADDRESS.sub(lambda found: stored_url(found[0]), message), secrets)


def _header(found: re.Match[str]) -> str:
    name = found[1][2:-1]
    return found[0] if keep_response_headers([(name, "")]) else f"({found[1]}, not shown)"
