"""The project's configuration file -> `Settings`. What may stand there is written in one table per level."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from prompt_contracts.errors import UsageError
from prompt_contracts.location import Location
from prompt_contracts.providers.address import address_problem
from prompt_contracts.settings import ProviderRates, ProviderSettings, Settings
from prompt_contracts.spelling import nearest
from prompt_contracts.target import Price
from prompt_contracts.transport.redaction import Passage, find_secret

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_HOST = re.compile(r"(?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?")
# The file of our own first: it says most clearly what is meant.
_RATES = ("requests_per_minute", "tokens_per_minute")
_FILES = ("prompt_contracts.toml", "pyproject.toml")


def read_settings(root: Path) -> Settings:
    """The settings of the project at `root`: `prompt_contracts.toml`, else `[tool.prompt_contracts]`.

    Raises `UsageError` with code PC330 for a file that cannot be read and for anything it should not say.
    """
    path = configuration_file(root)
    if path is None:
        return Settings()
    settings = _Reader(path).settings(_table(path) or {})
    return replace(settings, model_places=_model_places(path, settings.models))


def configuration_file(folder: Path) -> Path | None:
    """The file of a folder that holds our configuration; None where none does.

    Raises `UsageError` with code PC330 for a file that cannot be read.
    """
    for name in _FILES:
        path = folder / name
        if path.is_file() and _table(path) is not None:
            return path
    return None


def _model_places(path: Path, models: tuple[str, ...]) -> Mapping[str, Location]:
    """Where the file writes a model's id between quotes first; what parses TOML tells no places."""
    found: dict[str, Location] = {}
    for number, line in enumerate(path.read_text("utf-8").splitlines() if models else (), start=1):
        for model in models:
            start = max(line.find(f"{quote}{model}{quote}") for quote in "\"'")
            if start >= 0 and model not in found:
                found[model] = Location(path=path.name, line=number, column=start + 1, length=len(model) + 2)
    return found


def configuration_names(folder: Path) -> tuple[str, ...]:
    """The files of a folder that hold our configuration; only the first of them is read."""
    return tuple(name for name in _FILES if (folder / name).is_file() and _holds_ours(folder / name))


def _holds_ours(path: Path) -> bool:
    try:
        return _table(path) is not None
    except UsageError:
        return False  # told of by whoever reads it


def unread_tables(folder: Path) -> tuple[str, ...]:
    """Tables of a folder's pyproject.toml that were surely meant for us and are not ours."""
    try:
        document = tomllib.loads((folder / _FILES[1]).read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return ()
    tool = document.get("tool", {})
    inner = [f"tool.{name}" for name in (tool if isinstance(tool, dict) else {}) if _is_nearly_ours(name)]
    return (*inner, *(name for name in document if name == _NAME or _is_nearly_ours(name)))


_NAME = "prompt_contracts"


def _is_nearly_ours(name: str) -> bool:
    return name != _NAME and SequenceMatcher(None, name, _NAME).ratio() > 0.85


def find_root(start: Path, *, default: Path, top: Path | None = None) -> Path:
    """The nearest folder, from `start` upwards, with a configuration of ours; `default` where there is none.

    Folders above `top` are not looked at. Raises `UsageError` with code PC330 for a configuration file on the
    way that cannot be read.
    """
    for folder in (start, *start.parents):
        if top is not None and folder in top.parents:
            break
        if configuration_file(folder) is not None:
            return folder
    return default


def _table(path: Path) -> dict[str, Any] | None:
    try:
        with path.open("rb") as file:
            # A price of 0.1 is a tenth, and not the double next to it.
            document = tomllib.load(file, parse_float=Decimal)
    except OSError as error:
        raise UsageError(f"{_shown(path)}: cannot be read: {error.strerror}", code="PC330") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{_shown(path)}: this is no TOML: {error}", code="PC330") from None
    tool = document.get("tool", {})
    found = tool.get("prompt_contracts") if isinstance(tool, dict) else None
    if found is None and path.name == _FILES[0]:
        found = document
    if found is not None and not isinstance(found, dict):
        raise UsageError(f"{_shown(path)}: tool.prompt_contracts must be a table", code="PC330")
    return found


def _shown(path: Path) -> str:
    """The path as it is typed from here, since one run may have several projects; the name of what is not below."""
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else path.name


class _Reader:
    """Reads checked values out of one configuration file, and names the place of a wrong one."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def settings(self, table: dict[str, Any]) -> Settings:
        self._check_keys(
            table,
            "tool.prompt_contracts",
            ("models", "aliases", "providers", "prices", "callables", "allow_hosts", "namespace"),
        )
        models, aliases = self._models(table.get("models", []))
        # TOML allows no list and table of one name: beside a list of models, aliases have a table of their own.
        for name, entry in self._dict(table.get("aliases", {}), "aliases").items():
            aliases[self._model_id(name, "aliases")] = self._model_id(entry, f"aliases.{name!r}")
        return Settings(
            models=models,
            providers={
                name: self._provider(entry, f"providers.{name}")
                for name, entry in self._dict(table.get("providers", {}), "providers").items()
            },
            aliases=aliases,
            prices={
                name: self._price(entry, f"prices.{name!r}")
                for name, entry in self._dict(table.get("prices", {}), "prices").items()
            },
            callables=self._modules(table.get("callables", [])),
            allow_hosts=self._hosts(table.get("allow_hosts", [])),
            namespace=self._switch(table, "namespace"),
            source=self._path.name,
        )

    def _switch(self, table: dict[str, Any], name: str) -> bool:
        value = table.get(name, True)
        if not isinstance(value, bool):
            raise self._error(name, f"must be true or false, not {value!r}")
        return value

    def _modules(self, value: object) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise self._error("callables", f"must be a list of modules, not {value!r}")
        for name in value:
            if not isinstance(name, str) or not all(part.isidentifier() for part in name.split(".")):
                raise self._error("callables", f"must be names of modules, such as 'checks.money', not {name!r}")
        return tuple(value)

    def _hosts(self, value: object) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise self._error("allow_hosts", f"must be a list of hosts, not {value!r}")
        for name in value:
            if not isinstance(name, str) or not _HOST.fullmatch(name):
                raise self._error("allow_hosts", f"must be names such as 'localhost:5432', not {name!r}")
        return tuple(value)

    def _models(self, value: object) -> tuple[tuple[str, ...], dict[str, str]]:
        """`models` is a list of ids, or a table whose entries say what a model really is."""
        if isinstance(value, list):
            return tuple(self._model_id(entry, "models") for entry in value), {}
        aliases: dict[str, str] = {}
        for name, entry in self._dict(value, "models").items():
            fields = self._dict(entry, f"models.{name!r}")
            self._check_keys(fields, f"models.{name!r}", ("is",))
            aliases[self._model_id(name, "models")] = self._model_id(fields.get("is"), f"models.{name!r}.is")
        return (), aliases

    def _provider(self, value: object, place: str) -> ProviderSettings:
        fields = self._dict(value, place)
        self._check_keys(fields, place, ("base_url", "api_key_env", "rules", "headers", *_RATES))
        headers = self._dict(fields.get("headers", {}), f"{place}.headers")
        return ProviderSettings(
            base_url=self._address(fields.get("base_url"), f"{place}.base_url"),
            api_key_env=self._variable(fields.get("api_key_env"), f"{place}.api_key_env"),
            rules=self._text(fields.get("rules"), f"{place}.rules"),
            headers={name: self._text(entry, f"{place}.headers.{name}") or "" for name, entry in headers.items()},
            rates=ProviderRates(**{name: self._rate(fields.get(name), f"{place}.{name}") for name in _RATES}),
        )

    def _rate(self, value: object, place: str) -> int | None:
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 1):
            return value
        raise self._error(place, f"must be a whole number from 1, not {value!r}")

    def _address(self, value: object, place: str) -> str | None:
        if value is not None and not isinstance(value, str):
            raise self._error(place, "must be text")
        problem = address_problem(value) if value else None
        if problem is not None:
            raise self._error(place, f"{problem}: write http://host or https://host, a port and a path (not shown)")
        return value

    def _price(self, value: object, place: str) -> Price:
        fields = self._dict(value, place)
        self._check_keys(fields, place, ("input", "cached_input", "output"))
        for name in ("input", "output"):
            if name not in fields:
                raise self._error(place, f"needs {name!r}, in US dollars per million tokens")
        cached = fields.get("cached_input")
        return Price(
            input=self._amount(fields["input"], f"{place}.input"),
            output=self._amount(fields["output"], f"{place}.output"),
            cached_input=None if cached is None else self._amount(cached, f"{place}.cached_input"),
        )

    def _amount(self, value: object, place: str) -> Decimal:
        amount = Decimal(value) if isinstance(value, (int, Decimal)) and not isinstance(value, bool) else None
        if amount is None or not amount.is_finite() or amount < 0:
            raise self._error(place, "must be a number of US dollars per million tokens, 0 or more")
        return amount

    def _model_id(self, value: object, place: str) -> str:
        text = self._text(value, place)
        if text is None or not all(text.partition(":")):
            raise self._error(place, f"must be provider:model, not {value!r}")
        return text

    def _variable(self, value: object, place: str) -> str | None:
        """The name of a variable. What is none may be the key itself, so it is not shown."""
        if value is None:
            return None
        is_name = isinstance(value, str) and _VARIABLE.match(value) is not None
        if not is_name or find_secret([Passage(place=place, text=str(value))], ()) is not None:
            raise self._error(place, "must be the name of a variable of the environment, not a key (not shown)")
        return str(value)

    def _text(self, value: object, place: str) -> str | None:
        if value is None or isinstance(value, str):
            return value
        raise self._error(place, "must be text" if ".headers." in place else f"must be text, not {value!r}")

    def _dict(self, value: object, place: str) -> dict[str, Any]:
        if isinstance(value, dict):
            return value
        raise self._error(place, "must be a table" if ".headers" in place else f"must be a table, not {value!r}")

    def _check_keys(self, table: Mapping[str, object], place: str, allowed: tuple[str, ...]) -> None:
        for key in table:
            if key not in allowed:
                near = nearest(key, allowed)
                hint = f"did you mean {near!r}?" if near else f"allowed are {', '.join(allowed)}"
                raise self._error(place, f"has an unknown key {key!r}: {hint}")

    def _error(self, place: str, message: str) -> UsageError:
        return UsageError(f"{_shown(self._path)}: {place} {message}", code="PC330")
