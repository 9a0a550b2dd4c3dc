"""`prompt-contracts schema`: the JSON Schema of case files, for editors, and that of JSON reports."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from prompt_contracts.cli.output import opened_output, say
from prompt_contracts.engine.project import find_root
from prompt_contracts.errors import UsageError
from prompt_contracts.linting.editor_schema import editor_schema

DEFAULT = ".prompt-contracts/cases.schema.json"
"""Where the schema goes, from the project root: the first line of a case file names it."""


def schema(out: str | None, *, of: Literal["cases", "report"], is_forced: bool) -> int:
    """Write the schema; 1 when another file is in its place and may not be overwritten."""
    if of == "report":
        from prompt_contracts.renderers.report_schema import report_schema

        text, out = report_schema(), out or "-"
    else:
        text = editor_schema()
    if out == "-":
        with opened_output(out) as target:
            target.write(text)
        return 0
    path = find_root(Path.cwd(), default=Path.cwd()) / DEFAULT if out is None else Path(out)
    try:
        present = path.read_text("utf-8") if path.is_file() else None
        if present == text:
            say(f"{path} is up to date")
            return 0
        if path.exists() and not is_forced:
            say(f"{path} is there and is another file: give --force to overwrite it")
            return 1
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    except UnicodeDecodeError:
        say(f"{path} is there and is no text: this is hardly an older schema; remove it first")
        return 1
    except OSError as error:
        raise UsageError(f"--out {path}: cannot be written: {error.strerror}") from None
    say(f"wrote {path}")
    return 0
