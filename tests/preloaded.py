"""What runs of pytest within pytest need: loaded once, out here.

Such a run forgets the modules that it loaded itself, and the next one would load them again.
"""

from __future__ import annotations

import importlib
import pkgutil

import prompt_contracts
from tests.known_plugins import remember

_OF_OTHERS = (
    "asyncio",
    "dotenv",
    "email.utils",
    "genai_prices",
    "http.client",
    "httpcore",
    "httpx",
    "jsonschema",
    "jsonschema_rs",
    "psutil",
    "referencing.jsonschema",
    "regex",
    "rich._emoji_codes",
    "rich.color",
    "rich.console",
    "rich.table",
    "rich.text",
    "tenacity",
    "vcr.cassette",
    "vcr.persisters.filesystem",
    "vcr.record_mode",
    "vcr.request",
    "vcr.serialize",
)


def preload() -> None:
    """Load all of the project, and what it loads only where it is needed; remember which plugins there are."""
    for name in _OF_OTHERS:
        importlib.import_module(name)
    for module in pkgutil.walk_packages(prompt_contracts.__path__, f"{prompt_contracts.__name__}."):
        if not module.name.endswith(".__main__"):
            importlib.import_module(module.name)
    remember()
