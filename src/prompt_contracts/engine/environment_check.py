"""What the environment of a project has and lacks, as data. Calls nobody."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from prompt_contracts import __version__
from prompt_contracts.cases.yaml_reader import HAS_LIBYAML
from prompt_contracts.engine.project import read_settings
from prompt_contracts.errors import UsageError
from prompt_contracts.providers.catalog import CATALOG

_PACKAGES = ("pytest", "vcrpy", "httpx", "PyYAML", "jsonschema", "genai-prices")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the examination."""

    status: Literal["ok", "note", "problem"]
    subject: str
    text: str


def examine(root: Path, *, environ: Mapping[str, str]) -> tuple[Finding, ...]:
    """Versions, the YAML reader, the configuration, and which keys are set (never their values)."""
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return (
        Finding(
            status="ok",
            subject="prompt-contracts",
            text=f"{__version__} on Python {platform.python_version()}",
        ),
        Finding(status="ok", subject="packages", text=packages),
        _yaml(),
        _configuration(root),
        *_keys(root, environ),
    )


def _yaml() -> Finding:
    if HAS_LIBYAML:
        return Finding(status="ok", subject="yaml", text="PyYAML with libyaml")
    text = "PyYAML has no libyaml here: reading YAML is about 30 times slower; install a PyYAML wheel that has it"
    return Finding(status="note", subject="yaml", text=text)


def _configuration(root: Path) -> Finding:
    try:
        settings = read_settings(root)
    except UsageError as error:
        return Finding(status="problem", subject="configuration", text=str(error))
    own = ", ".join(settings.providers) or "none"
    return Finding(status="ok", subject="configuration", text=f"{settings.source}; providers of one's own: {own}")


def _keys(root: Path, environ: Mapping[str, str]) -> tuple[Finding, ...]:
    names = [row.api_key_env for row in CATALOG.values() if row.key_required and row.api_key_env]
    try:
        declared = [entry.api_key_env for entry in read_settings(root).providers.values()]
    except UsageError:
        declared = []
    wanted = dict.fromkeys([*names, *(name for name in declared if name)])
    is_set = [name for name in wanted if environ.get(name)]
    unset = [name for name in wanted if not environ.get(name)]
    return (
        Finding(status="ok", subject="keys set", text=", ".join(is_set) or "none; replay needs none"),
        Finding(status="note", subject="keys not set", text=", ".join(unset) or "none"),
    )
