"""An exception of a handler in words, with the last place in the project's own code. Handles none."""

from __future__ import annotations

import traceback
from pathlib import Path

from prompt_contracts.application.question import quote

_OURS = Path(__file__).parent


def error_words(error: BaseException) -> str:
    """Its type and what it says, on one line."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - an exception of somebody else's, whose text may be broken
        text = ""
    return f"{type(error).__name__}: {quote(text)[1:-1]}" if text else type(error).__name__


def error_place(error: BaseException, root: Path) -> str:
    """The last line of the project's own code that it passed, else the last one of all; empty without any."""
    summaries = traceback.extract_tb(error.__traceback__)
    frames = [(each.filename, each.lineno, each.name) for each in summaries if Path(each.filename).parent != _OURS]
    own = [frame for frame in frames if is_own_file(frame[0], root)]
    if not frames:
        return ""
    path, line, function = (own or frames)[-1]
    shown = Path(path).relative_to(root).as_posix() if own else path
    return f" ({shown}:{line}, in {function})"


def is_own_file(path: str, root: Path) -> bool:
    """Whether a file is the project's own, and none of what is installed below its root."""
    file = Path(path)
    return file.is_relative_to(root) and not {"site-packages", ".venv"} & set(file.relative_to(root).parts)
