"""Nouns as plain data and back: each field under its name, in the order of the fields. Checks no values.

cattrs 26.2 and msgspec 0.22 were measured instead (2026-11-21). Either takes 25 ms to import in every replay. cattrs
compiles its converters for 70 ms more, reads no faster, and takes "7" for 7. msgspec writes a small amount as `1E-9`,
renames no field of a dataclass, and reads no type that holds itself, such as `Json`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from decimal import Decimal
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Self, TypeVar, get_args, get_origin, get_type_hints

from prompt_contracts.data_class import dataclass

_Noun = TypeVar("_Noun")
_Convert = Callable[[Any], Any]


class PlainData:
    """A dataclass that leaves the process. `field(metadata={"key": ...})` names a key that is not the field's name."""

    __slots__ = ()

    def to_json(self) -> dict[str, Any]:
        """Plain data; `from_json` reads it back."""
        form = _form(type(self))
        data = dict(zip(form.keys, form.values(self), strict=True))
        for key, write in form.writers:
            if data[key] is not None:
                data[key] = write(data[key])
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The noun that `to_json` wrote."""
        return read_noun(cls, data)


def read_noun(noun: type[_Noun], data: Mapping[str, Any]) -> _Noun:
    """A noun of its fields' keys; other keys, such as what was worked out of the fields, are passed over."""
    form = _form(noun)
    read = {name: data[key] for key, name in form.names if key in data}
    for name, convert in form.readers:
        if read.get(name) is not None:
            read[name] = convert(read[name])
    return noun(**read)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    keys: tuple[str, ...]
    values: Callable[[object], tuple[Any, ...]]
    names: tuple[tuple[str, str], ...]
    """Keys, and the fields that they stand for."""
    writers: tuple[tuple[str, _Convert], ...]
    """By key, where the value is not plain already."""
    readers: tuple[tuple[str, _Convert], ...]
    """By field, as `writers`."""


_FORMS: dict[type[Any], _Form] = {}


def _form(noun: type[Any]) -> _Form:
    if noun not in _FORMS:
        _FORMS[noun] = _made_form(noun)
    return _FORMS[noun]


def _made_form(noun: type[Any]) -> _Form:
    types = get_type_hints(noun)
    names = tuple((str(each.metadata.get("key", each.name)), each.name) for each in fields(noun))
    converters = [(key, name, found) for key, name in names if (found := _converters(types[name])) is not None]
    return _Form(
        keys=tuple(key for key, _ in names),
        values=_values_of(tuple(name for _, name in names)),
        names=names,
        writers=tuple((key, write) for key, _, (write, _) in converters),
        readers=tuple((name, read) for _, name, (_, read) in converters),
    )


def _values_of(names: tuple[str, ...]) -> Callable[[object], tuple[Any, ...]]:
    # Of one name `attrgetter` gives the value alone.
    found = attrgetter(*names)
    return found if len(names) > 1 else lambda noun: (found(noun),)


def _converters(kind: Any) -> tuple[_Convert, _Convert] | None:
    """How a value of a type is written and read, None apart; None when it is plain already."""
    wanted = [each for each in get_args(kind) if each is not NoneType]
    if get_origin(kind) is UnionType and len(wanted) == 1:
        return _converters(wanted[0])
    if get_origin(kind) is tuple:
        write, read = _converters(wanted[0]) or (None, None)
        if write is None or read is None:
            return list, tuple
        return lambda values: list(map(write, values)), lambda values: tuple(map(read, values))
    if kind is Decimal:
        return lambda amount: format(amount, "f"), Decimal
    return (kind.to_json, kind.from_json) if hasattr(kind, "to_json") else None
