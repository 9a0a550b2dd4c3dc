"""Variables from a `.env` file. Reads that one file; the process's own environment is never touched."""

from __future__ import annotations

from pathlib import Path

from prompt_contracts.errors import UsageError


def read_env_file(path: Path) -> dict[str, str]:
    """The variables of a `.env` file, as written: nothing is interpolated, names without a value are dropped.

    A file that is absent gives none; one that cannot be read raises `UsageError`.
    """
    from dotenv import dotenv_values

    try:
        # A `$` in a key is part of the key; editors on Windows put a byte order mark in front.
        values = dotenv_values(path, interpolate=False, encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UsageError(f"{path} cannot be read: {reason}") from None
    return {name: value for name, value in values.items() if value is not None}
