"""The settings that the samples need, as text behind what pyproject.toml or prompt_contracts.toml says already."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from prompt_contracts.data_class import dataclass
from prompt_contracts.errors import UsageError
from prompt_contracts.scaffold.appended_lines import appended
from prompt_contracts.scaffold.planned_file import FileFate, Folder, PlannedFile
from prompt_contracts.scaffold.pytest_settings import settings_file

PYPROJECT = "pyproject.toml"
OWN_FILE = "prompt_contracts.toml"
_OURS = ("tool", "prompt_contracts")
_OUTER = "[tool.prompt_contracts]"
PROVIDER = "llama-server"
MODEL = "llama-server:random-weights"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """One table of TOML, and how it is written."""

    keys: tuple[str, ...]
    header: str
    remark: str
    body: str

    def text(self) -> str:
        """The table with its remark, behind an empty line."""
        return f"\n{self.remark}\n[{self.header}]\n{self.body}\n"

    def within(self, *outer: str) -> _Table:
        """The same table inside of others."""
        header = ".".join((*outer, self.header))
        return _Table(keys=(*outer, *self.keys), header=header, remark=self.remark, body=self.body)


_PYTEST = _Table(
    keys=("tool", "pytest", "ini_options"),
    header="tool.pytest.ini_options",
    remark="# With this table, pytest takes this folder for its root.",
    body='minversion = "8.3"',
)
_PROVIDER = _Table(
    keys=("providers", PROVIDER),
    header=f"providers.{PROVIDER}",
    remark="# Where the sample answers were recorded: llama.cpp's llama-server, as it listens on one's own machine.",
    body='base_url = "http://127.0.0.1:8080/v1"',
)
_PRICE = _Table(
    keys=("prices", MODEL),
    header=f'prices."{MODEL}"',
    remark="# US dollars per million tokens. Of a model without a price it is unknown what an answer cost.",
    body="input = 0\noutput = 0",
)


def plan_settings(folder: Folder, *, has_samples: bool) -> Iterator[PlannedFile]:
    """What becomes of the files of settings. Raises `UsageError` for one that nothing can be added to.

    `has_samples` says whether any sample will be there, and needs the provider that it was recorded from.
    """
    own, pyproject = folder.read_text(OWN_FILE), folder.read_text(PYPROJECT)
    document = _parsed(PYPROJECT, pyproject)
    tables, remark = _pytest_tables(folder)
    ours = [] if own is not None or not has_samples else _missing(document, outer=_OURS)
    if own is not None:
        # Where there is a file of our own, pyproject.toml is not asked for our settings.
        yield _own_file(own, has_samples=has_samples)
    if not tables and not ours:
        if pyproject is not None:
            yield PlannedFile(path=PYPROJECT, fate="as it is", reason=remark)
        return
    whole = _extended(pyproject or "", [*tables, *ours])
    if whole is not None:
        fate: FileFate = "wrote" if pyproject is None else "extended"
        reason = "; ".join(part for part in (_named([*tables, *ours]), remark) if part)
        yield PlannedFile(path=PYPROJECT, fate=fate, reason=reason, text=whole)
        return
    if ours and _has(document, _OURS):
        raise UsageError(f"{PYPROJECT}: its tables leave no room behind them: write them with headers such as {_OUTER}")
    yield PlannedFile(path=PYPROJECT, fate="left alone", reason="its tables leave no room behind them")
    if ours:
        yield _own_file(None, has_samples=True)


def _own_file(text: str | None, *, has_samples: bool) -> PlannedFile:
    document = _parsed(OWN_FILE, text)
    # Both ways of writing it are read.
    ours = _missing(document, outer=_OURS if _has(document, _OURS) else ()) if has_samples else []
    if not ours:
        return PlannedFile(path=OWN_FILE, fate="as it is")
    whole = _extended(text or "", ours)
    if whole is None:
        raise UsageError(f"{OWN_FILE}: its tables leave no room behind them: write them with headers, one for each")
    return PlannedFile(path=OWN_FILE, fate="wrote" if text is None else "extended", reason=_named(ours), text=whole)


def _parsed(name: str, text: str | None) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text or "")
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{name}: this is no TOML, and nothing can be added to it: {error}") from None


def _pytest_tables(folder: Folder) -> tuple[Sequence[_Table], str]:
    """What pytest is to be told, and else why nothing."""
    found = settings_file(folder.root)
    if found is None:
        return (_PYTEST,), ""
    place = found.name if found.parent == folder.root else str(found)
    about = ", whose testpaths say what `pytest` alone runs" if "testpaths" in found.read_text("utf-8") else ""
    return (), f"pytest keeps to its settings in {place}{about}"


def _missing(document: Mapping[str, Any], *, outer: tuple[str, ...]) -> list[_Table]:
    return [table for table in (_PROVIDER.within(*outer), _PRICE.within(*outer)) if not _has(document, table.keys)]


def _has(document: Mapping[str, Any], keys: Sequence[str]) -> bool:
    """Whether there is a value of that name, whatever it is."""
    found: Any = document
    for key in keys:
        if not isinstance(found, dict) or key not in found:
            return False
        found = found[key]
    return True


def _named(tables: Sequence[_Table]) -> str:
    return ", ".join(f"[{table.header}]" for table in tables)


def _extended(text: str, tables: Sequence[_Table]) -> str | None:
    """A file with tables behind what it says; None where they do not fit there."""
    addition = "".join(table.text() for table in tables)
    whole = appended(text, addition) if text else addition.lstrip("\n")
    try:
        made = tomllib.loads(whole)
    except tomllib.TOMLDecodeError:
        return None
    return whole if all(_has(made, table.keys) for table in tables) else None
