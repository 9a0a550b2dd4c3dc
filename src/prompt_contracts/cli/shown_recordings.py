"""What commands show of recordings: without any value of a secret, and without what looks like a key."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from prompt_contracts.engine.project import read_settings
from prompt_contracts.engine.secrecy import Secrecy
from prompt_contracts.errors import UsageError
from prompt_contracts.secret import Environment
from prompt_contracts.settings import Settings
from prompt_contracts.transport.key_shape import without_key_shapes


def covered(home: Path) -> Callable[[str], str]:
    """What covers the secrets of the environment, and of the project in a folder, in a text."""
    try:
        settings = read_settings(home)
    except UsageError:
        settings = Settings()  # told by every run; a recording can be shown all the same
    secrecy = Secrecy(Environment(os.environ), settings)
    return lambda text: without_key_shapes(secrecy.masked(text))
