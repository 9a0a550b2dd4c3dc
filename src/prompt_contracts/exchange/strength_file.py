"""A file that `prompt-contracts strength --out` wrote -> the report, whoever may have changed it since."""

from __future__ import annotations

from pathlib import Path

from prompt_contracts.errors import UsageError
from prompt_contracts.json_value import parse_json
from prompt_contracts.strength import StrengthReport

_MOST_BYTES = 50_000_000


def check_replaceable(path: Path, *, shown: str, against: Path | None) -> None:
    """`UsageError` where a report may not be written: over what is none, or over the one that it is held against."""
    if not path.is_file():
        return
    if against is not None and against.exists() and path.samefile(against):
        raise UsageError(f"{shown}: this is the report that is compared with: give another file")
    if path.stat().st_size == 0:
        return
    try:
        read_strength(path, shown=shown)
    except UsageError as error:
        raise UsageError(f"{error}: nothing is written over it, give another file") from None


def read_strength(path: Path, *, shown: str) -> StrengthReport:
    """The report of a file; `UsageError` for one that cannot be read, or that says anything else."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise UsageError(f"{shown}: more than {_MOST_BYTES:,} bytes are not read")
        data = parse_json(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{shown}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise UsageError(f"{shown}: this is no JSON: {error}") from None
    if not isinstance(data, dict):
        raise UsageError(f"{shown}: this is no report of 'prompt-contracts strength': it is no object")
    try:
        return StrengthReport.from_json(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"{shown}: this is no report of 'prompt-contracts strength': {error}") from None
