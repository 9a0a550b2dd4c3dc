"""The `__init__` of our dataclasses, compiled for each of them.

Nothing assigns to what is frozen but by a call for each field, which takes ten times as long as an assignment, and a
replayed cell makes over a hundred nouns. So one of many fields is filled as one of an open class (`open_class`), and
becomes one of its own before anybody else has it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import MISSING, Field, fields
from types import MemberDescriptorType
from typing import Any

_Method = Callable[..., Any]

_FEW_FIELDS = 5
"""Up to so many, a call for each takes no longer than to become another class and back."""

_become: Callable[[object, type], None] = vars(object)["__class__"].__set__
"""Makes an object one of another class of the same layout, also where its class refuses every assignment."""
_ONLY_FILLING: set[_Method] = set()
_OPENING = {"__slots__": (), "__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
_OPEN: dict[type, type] = {}


def open_class(cls: type) -> type | None:
    """A class whose objects have the slots of another's and take assignments; None where that one has no slots.

    Nobody ever sees one of its objects: they are of it only while they are filled.
    """
    # Where threads do not take turns, all of them are stopped whenever an object becomes one of another class.
    is_free_threaded = not getattr(sys, "_is_gil_enabled", lambda: True)()
    if is_free_threaded or not all(
        isinstance(getattr(cls, each.name, None), MemberDescriptorType) for each in fields(cls)
    ):
        return None
    return _OPEN.get(cls) or _OPEN.setdefault(cls, type(cls)(cls.__name__, (cls,), dict(_OPENING)))


def is_only_filled(cls: Any) -> bool:
    """Whether to make one of a class does nothing but give its fields their values."""
    return cls.__init__ in _ONLY_FILLING and cls.__new__ is object.__new__


def initializer(cls: type, *, frozen: bool) -> _Method:
    """The method that gives the fields of a dataclass their values."""
    known: dict[str, Any] = {"_unset": MISSING, "_set": object.__setattr__}
    places: list[str] = []
    keywords: list[str] = []
    for each in fields(cls):
        if each.init:
            (keywords if each.kw_only else places).append(_parameter(each, known))
    values = {each.name: _value(each, known) for each in fields(cls) if _has_value(each)}
    body = _opened(cls, values, known) if frozen and len(values) > _FEW_FIELDS else None
    body = body or [_assignment(name, value, cls, known, frozen=frozen) for name, value in values.items()]
    is_only_filling = not hasattr(cls, "__post_init__")
    if not is_only_filling:
        body.append("self.__post_init__()")
    parameters = ", ".join(["self", *places, *(["*", *keywords] if keywords else [])])
    lines = "\n  ".join(body) or "pass"
    code = f"def make({', '.join(known)}):\n def __init__({parameters}):\n  {lines}\n return __init__"
    found: dict[str, Any] = {}
    exec(code, vars(sys.modules[cls.__module__]), found)  # noqa: S102 - as the standard library does
    method: _Method = found["make"](**known)
    method.__qualname__ = f"{cls.__qualname__}.__init__"
    method.__annotations__ = {**{each.name: each.type for each in fields(cls) if each.init}, "return": None}
    if is_only_filling:
        _ONLY_FILLING.add(method)
    return method


def _opened(cls: type, values: dict[str, str], known: dict[str, Any]) -> list[str] | None:
    """The lines that fill one while it is of an open class; None for a class that has none."""
    known |= {"_cls": cls, "_open": open_class(cls), "_become": _become, "_fill": _fill, "_names": tuple(values)}
    if known["_open"] is None:
        return None
    assignments = "; ".join(f"self.{name} = {value}" for name, value in values.items())
    return [
        f"if type(self) is _cls: _become(self, _open); {assignments}; self.__class__ = _cls",
        # Of a class that inherits it without being a dataclass itself, which may have another layout.
        f"else: _fill(self, _names, ({', '.join(values.values())},))",
    ]


def _fill(self: object, names: tuple[str, ...], values: tuple[object, ...]) -> None:
    for name, value in zip(names, values, strict=True):
        object.__setattr__(self, name, value)


def _parameter(each: Field[Any], known: dict[str, Any]) -> str:
    """How a field stands among the arguments; `known` are the values that the code has names for."""
    if each.default_factory is not MISSING:
        return f"{each.name}=_unset"
    return each.name if each.default is MISSING else f"{each.name}={_default(each, known)}"


def _default(each: Field[Any], known: dict[str, Any]) -> str:
    known[f"_default_{each.name}"] = each.default
    return f"_default_{each.name}"


def _has_value(each: Field[Any]) -> bool:
    return each.init or each.default is not MISSING or each.default_factory is not MISSING


def _value(each: Field[Any], known: dict[str, Any]) -> str:
    """What a field gets."""
    name = each.name
    if each.default_factory is not MISSING:
        known[f"_new_{name}"] = each.default_factory
        return f"_new_{name}() if {name} is _unset else {name}" if each.init else f"_new_{name}()"
    return name if each.init else _default(each, known)


def _assignment(name: str, value: str, cls: type, known: dict[str, Any], *, frozen: bool) -> str:
    """How a field gets its value, also where the class refuses every assignment."""
    if not frozen:
        return f"self.{name} = {value}"
    slot = getattr(cls, name, None)
    if not isinstance(slot, MemberDescriptorType):
        return f"_set(self, {name!r}, {value})"
    known[f"_set_{name}"] = slot.__set__
    return f"_set_{name}(self, {value})"
