"""Who answers while an application is recorded, and is down while it is replayed: a script, or a real server."""

from __future__ import annotations

import os
import urllib.request
from dataclasses import dataclass
from typing import Protocol, Self
from urllib.parse import urlsplit

from tests.applications.forwarder import Forwarder
from tests.applications.scripted_model import answer
from tests.transport.loopback import Loopback

URL_NAME, KEY_NAME = "PROMPT_CONTRACTS_REAL_SERVER", "PROMPT_CONTRACTS_REAL_SERVER_KEY"
SKIP_REASON = (
    f"no real server here: set {URL_NAME} to the base URL of a server of OpenAI's API on plain HTTP that serves any "
    f"name of a model, such as http://127.0.0.1:8080/v1, and {KEY_NAME} to its key"
)


class ModelServer(Protocol):
    """Answers at `base_url` until it is closed."""

    base_url: str

    def has_seen(self, text: str) -> bool:
        """Whether any request held the text."""

    def close(self) -> None:
        """Go down."""


class ScriptedServer:
    """The scripted model."""

    def __init__(self) -> None:
        self._loopback = Loopback()
        self._loopback.answer = answer
        self.base_url = self._loopback.base_url

    def has_seen(self, text: str) -> bool:
        """Whether any request held the text."""
        return any(text in f"{asked.headers}{asked.body!r}" for asked in self._loopback.asked)

    def close(self) -> None:
        """Go down."""
        self._loopback.close()


class ForwardedServer:
    """A real server, behind an address of our own that goes down."""

    def __init__(self, real: RealServer) -> None:
        place = urlsplit(real.base_url)
        self._forwarder = Forwarder(place.hostname or "", place.port or 80)
        self.base_url = f"http://127.0.0.1:{self._forwarder.port}{place.path}"

    def has_seen(self, text: str) -> bool:
        """Whether any request held the text."""
        return text.encode() in self._forwarder.sent

    def close(self) -> None:
        """Go down."""
        self._forwarder.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class RealServer:
    """Where one is, and the key that it asks for."""

    base_url: str
    key: str

    @classmethod
    def named(cls) -> Self | None:
        """The one that the environment names, if it names any."""
        url = os.environ.get(URL_NAME, "")
        if url and urlsplit(url).scheme != "http":
            raise ValueError(f"{URL_NAME}={url!r}: expected an address that begins with http://")
        return cls(base_url=url.rstrip("/"), key=os.environ.get(KEY_NAME, "")) if url else None

    def software(self) -> str:
        """What it calls itself; `OSError` where it cannot be reached or refuses the key."""
        asked = urllib.request.Request(f"{self.base_url}/models", headers={"Authorization": f"Bearer {self.key}"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(asked, timeout=10) as response:
            return str(response.headers["Server"])
