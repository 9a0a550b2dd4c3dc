"""The names of `docs/reference/python.md`: everything that `prompt_contracts` hands on, from its docstrings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import prompt_contracts
from prompt_contracts.api.pattern_values import PATTERN_VALUES

PYTHON_PAGE = Path(__file__).parent / "reference" / "python.md"

_VALUES = {function.__name__ for function in PATTERN_VALUES}


def python_names() -> str:
    """The text between the markers of the page."""
    return "\n\n".join(["## Verbs and nouns", *_told(_VALUES, is_among=False), "## Patterns", *_told(_VALUES)])


def _told(names: set[str], *, is_among: bool = True) -> Iterator[str]:
    for name in prompt_contracts.__all__:
        if (name in names) is is_among:
            yield _entry(name, getattr(prompt_contracts, name))


def _entry(name: str, thing: object) -> str:
    signature = f"{name}{_signature(thing)}" if inspect.isfunction(thing) else name
    text = inspect.getdoc(thing) or ""
    words, _, example = text.partition(">>> ")
    parts = [f"### {name}", f"```text\n{signature}\n```", words.strip()]
    if inspect.isclass(thing) and not issubclass(thing, BaseException):
        fields = [field for field in getattr(thing, "__dataclass_fields__", {}) if not field.startswith("_")]
        methods = [member for member, value in vars(thing).items() if _is_shown(member, value)]
        parts += [f"Fields: {_listed(fields)}."] if fields else []
        parts += [f"Also: {_listed(methods)}."] if methods else []
    if example:
        parts.append(f"```pycon\n>>> {example.strip()}\n```")
    return "\n\n".join(parts)


def _is_shown(name: str, value: object) -> bool:
    return not name.startswith("_") and (inspect.isfunction(value) or isinstance(value, property))


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _signature(thing: object) -> str:
    # The types that are written for checkers say less to people than their names.
    text = str(inspect.signature(thing)) if callable(thing) else ""
    return re.sub(r"'([^']*)'", r"\1", text)
