"""What the environment of a project has and lacks, as data. Calls nobody."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryFile
from typing import Literal

from prompt_contracts import __version__
from prompt_contracts.application.enclosure import why_not_enclosed
from prompt_contracts.cases.yaml_reader import HAS_LIBYAML
from prompt_contracts.data_class import dataclass
from prompt_contracts.engine.key_variables import read_key_environment
from prompt_contracts.engine.project import (
    configuration_file,
    configuration_names,
    find_root,
    read_settings,
    unread_tables,
)
from prompt_contracts.errors import UsageError
from prompt_contracts.providers.catalog import CATALOG
from prompt_contracts.providers.resolution import UnknownProviderError, resolve_target
from prompt_contracts.secret import Secret
from prompt_contracts.settings import Settings

_PACKAGES = ("pytest", "vcrpy", "httpx", "PyYAML", "jsonschema", "genai-prices")


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentFact:
    """One line of the examination."""

    status: Literal["ok", "note", "problem"]
    subject: str
    text: str


def examine(folder: Path, *, environ: Mapping[str, str]) -> tuple[EnvironmentFact, ...]:
    """Versions, the YAML reader, the project around a folder, and which keys are set (never their values)."""
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return (
        EnvironmentFact(
            status="ok",
            subject="prompt-contracts",
            text=f"{__version__} on Python {platform.python_version()}",
        ),
        EnvironmentFact(status="ok", subject="packages", text=packages),
        _yaml(),
        *_project(folder, environ),
    )


def _yaml() -> EnvironmentFact:
    if HAS_LIBYAML:
        return EnvironmentFact(status="ok", subject="yaml", text="PyYAML with libyaml")
    text = "PyYAML has no libyaml here: reading YAML is about 30 times slower; install a PyYAML wheel that has it"
    return EnvironmentFact(status="note", subject="yaml", text=text)


def _project(folder: Path, environ: Mapping[str, str]) -> Iterator[EnvironmentFact]:
    root, settings = folder, Settings()
    try:
        root = find_root(folder, default=folder)
        settings = read_settings(root)
    except UsageError as error:
        yield EnvironmentFact(status="problem", subject="configuration", text=str(error))
    else:
        yield _configuration(root, settings)
    yield from _unread_tables(root)
    yield from _unknown_providers(settings, environ)
    yield from _keys(root, settings, environ)
    yield _recordings(root, environ)
    yield _guards(settings)


def _configuration(root: Path, settings: Settings) -> EnvironmentFact:
    path = configuration_file(root)
    if path is None:
        text = (
            f"none: no [tool.prompt_contracts] in a pyproject.toml, and no prompt_contracts.toml, in {root} or above; "
            "the defaults hold"
        )
        return EnvironmentFact(status="note", subject="configuration", text=text)
    own = ", ".join(settings.providers) or "none"
    return EnvironmentFact(status="ok", subject="configuration", text=f"{path}; providers of one's own: {own}")


def _unread_tables(root: Path) -> Iterator[EnvironmentFact]:
    """What looks like a configuration of ours and is none."""

    def problem(text: str) -> EnvironmentFact:
        return EnvironmentFact(status="problem", subject="configuration", text=text)

    own = configuration_names(root)
    if len(own) > 1:
        yield problem(f"{root / own[1]}: its [tool.prompt_contracts] is not read, since {own[0]} is there too")
    if (root / "prompt-contracts.toml").is_file():
        yield problem(f"{root / 'prompt-contracts.toml'} is not read: name it prompt_contracts.toml")
    for table in unread_tables(root):
        yield problem(f"{root / 'pyproject.toml'}: [{table}] is not read: write [tool.prompt_contracts]")


def _unknown_providers(settings: Settings, environ: Mapping[str, str]) -> Iterator[EnvironmentFact]:
    """Ids that no case could use: a misspelt provider, or rules that there are not."""
    named = (*settings.models, *settings.aliases, *settings.aliases.values(), *settings.prices)
    for model in dict.fromkeys((*named, *(f"{name}:any" for name in settings.providers))):
        try:
            resolve_target(model, settings=settings, environ=environ)
        except UnknownProviderError as error:
            yield EnvironmentFact(status="problem", subject="configuration", text=f"PC123 {error}")


def _keys(root: Path, settings: Settings, environ: Mapping[str, str]) -> Iterator[EnvironmentFact]:
    names = [row.api_key_env for row in CATALOG.values() if row.key_required and row.api_key_env]
    declared = [entry.api_key_env for entry in settings.providers.values()]
    wanted = dict.fromkeys([*names, *(name for name in declared if name)])
    found = read_key_environment(root, environ)
    if found.problem is not None:
        yield EnvironmentFact(status="problem", subject=".env", text=found.problem)
    shown = {name: told for name in wanted if (told := found.told(name)) is not None}
    yield EnvironmentFact(status="ok", subject="keys set", text=", ".join(shown.values()) or "none; replay needs none")
    unset = ", ".join(name for name in wanted if name not in shown) or "none"
    yield EnvironmentFact(status="note", subject="keys not set", text=unset)
    for name in wanted:
        source = found.own if name in found.own else found.below
        reason = _key_problem(Secret(name, source[name])) if name in source else None
        if reason == _EMPTY and source is found.own and found.below.get(name):
            reason = f"is set and empty in the environment, which wins over {found.file.name}: unset it there"
        if reason is not None:
            yield EnvironmentFact(status="problem", subject="key", text=f"{name} {reason}")


_EMPTY = "is set and empty: give it a value, or unset it"


def _key_problem(key: Secret) -> str | None:
    """What is wrong with a key that is set, without showing any of it."""
    if not key.reveal().strip():
        return _EMPTY
    if any(sign in key.reveal() for sign in "\r\n"):
        return "holds a line break, which no header can carry: it was probably pasted with one"
    if key.reveal() != key.reveal().strip():
        return "starts or ends with white space: it was probably pasted with it"
    if key.reveal()[0] in "\"'" and key.reveal()[-1] == key.reveal()[0]:
        return "stands in quotes, which would be sent: leave them out"
    if not key.reveal().isascii() or not key.reveal().isprintable():
        return "holds characters that no header can carry"
    return None


def _recordings(root: Path, environ: Mapping[str, str]) -> EnvironmentFact:
    """Whether recordings could be written; found out by a file without a name, or one that is gone at once."""
    folder = root / (environ.get("PROMPT_CONTRACTS_CASSETTES") or "cassettes")
    present = next(one for one in (folder, *folder.parents) if one.exists() or one.is_symlink())
    if not present.is_dir():
        return EnvironmentFact(status="problem", subject="recordings", text=f"{present} is no folder")
    try:
        # Tried, for mode bits say nothing of file systems that are mounted for reading only.
        with TemporaryFile(dir=present):
            pass
    except OSError as error:
        text = f"{folder} cannot be written: {error.strerror}; replay works, recording does not"
        return EnvironmentFact(status="problem", subject="recordings", text=text)
    text = f"{folder}" if present == folder else f"{folder}; made when something is recorded"
    return EnvironmentFact(status="ok", subject="recordings", text=text)


def _guards(settings: Settings) -> EnvironmentFact:
    """What keeps an application under test from reaching anybody but its stand-in in a replay, tried out."""
    if settings.allow_hosts:
        reason = f"allow_hosts names {', '.join(settings.allow_hosts)}, which could not be reached from there"
    elif not settings.namespace:
        reason = "the configuration says namespace = false"
    else:
        reason = why_not_enclosed() or ""
    if not reason:
        text = "a hook in handlers, proxies, and a network namespace of their own for handlers and commands"
        return EnvironmentFact(status="ok", subject="replays of applications are guarded by", text=text)
    text = (
        f"a hook in handlers, and proxies; no network namespace: {reason}; a program or a library in C that uses no "
        "proxy is held by nothing"
    )
    return EnvironmentFact(status="note", subject="replays of applications are guarded by", text=text)
