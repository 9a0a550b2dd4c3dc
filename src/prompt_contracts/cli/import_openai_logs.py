"""`prompt-contracts import openai-logs`: requests from a log -> cases to be finished. Asks nobody."""

from __future__ import annotations

import os
import re
from functools import partial
from pathlib import Path

from prompt_contracts.cli.imported_file import cases_of, put_in_place, put_text, refuse_target, sound
from prompt_contracts.cli.output import counted, say
from prompt_contracts.engine.project import find_root, read_settings
from prompt_contracts.errors import UsageError
from prompt_contracts.exchange.case_text import case_text
from prompt_contracts.exchange.openai_logs import ImportedLog, import_log
from prompt_contracts.exchange.promptfoo.foreign_values import slug
from prompt_contracts.masking import mask
from prompt_contracts.providers.resolution import UnknownProviderError, resolve_target
from prompt_contracts.secret import Secret, secrets_in
from prompt_contracts.transport.key_shape import KEY_SHAPES

_SHOWN = 20
"""Lines that are said not to be a request, one by one."""
_HEAD = "From a log. Write what must hold of each answer, and read what its users wrote before you commit it."


def import_openai_logs(*, file: str, out: str, is_forced: bool, provider: str, limit: int) -> int:
    """Write the case file and the files of its tools; 1 where a line is not in it."""
    source, folder = Path(file), Path(out)
    _check_provider(provider)
    try:
        with source.open("rb") as lines:
            log = import_log(lines, provider=provider, limit=limit, cover=partial(_covered, secrets_in(os.environ)))
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from None
    problems = list(log.problems)
    tree = sound(log.tree, problems, files=log.tool_files) if log.tree else {}
    if tree:
        target = folder / f"{slug(source.name.partition('.')[0]) or 'log'}.yaml"
        tools = {folder / path: text for path, text in log.tool_files.items()}
        for path, text in tools.items():
            refuse_target(path, source, is_forced=is_forced or _is_there(path, text))
        put_in_place(target, case_text(tree, head=(_HEAD,)), source, is_forced=is_forced)
        for path, text in tools.items():
            put_text(path, text)
        say(f"wrote {target}: {_summary(log, len(cases_of(tree)), len(tools))}")
    for each in problems[:_SHOWN]:
        say(f"not in it: {each}")
    if len(problems) > _SHOWN:
        say(f"and {len(problems) - _SHOWN:,} more lines")
    if not tree:
        say("nothing is written: the log holds no request that a case can ask")
    return int(bool(problems) or not tree)


def _summary(log: ImportedLog, cases: int, tools: int) -> str:
    facts = [f"{counted(cases, 'case')} of {counted(log.requests, 'request')}"]
    facts += [counted(tools, "tool file")] if tools else []
    facts += [f"secrets masked in {counted(log.masked, 'text')}"] if log.masked else []
    return " · ".join(facts)


def _is_there(path: Path, text: str) -> bool:
    try:
        return path.is_file() and path.read_text("utf-8") == text
    except (OSError, UnicodeDecodeError):
        return False


def _check_provider(provider: str) -> None:
    here = Path.cwd()
    settings = read_settings(find_root(here, default=here))
    try:
        resolve_target(f"{provider}:any", settings=settings, environ={})
    except UnknownProviderError as error:
        raise UsageError(f"--provider {provider}: {error}") from None


_BLOCKS = (
    # These are known by a part of them: all of it has to go.
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
    re.compile(r"[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*"),
)


def _covered(secrets: tuple[Secret, ...], text: str) -> str:
    """The text without keys of the environment, and without what looks like one."""
    text = mask(text, secrets)
    for pattern in (*_BLOCKS, *(shape.pattern for shape in KEY_SHAPES)):
        text = pattern.sub("[masked]", text)
    return text
