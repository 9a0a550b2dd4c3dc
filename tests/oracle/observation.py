"""What was seen of one trial, as plain data. Judged elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeAlias

Data: TypeAlias = Any
"""JSON as Python has it, but that every number is a `Decimal`."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call of a tool."""

    name: str
    arguments: str
    """As the model wrote them."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One choice of an answer."""

    text: str = ""
    calls: Sequence[Call] = ()
    refusal: str | None = None
    reasoning: str | None = None
    finish_reason: str | None = "stop"


@dataclass(frozen=True, kw_only=True)
class Failing:
    """What a provider, the network or an application did wrong."""

    kind: str
    message: str = "It failed."
    status: int | None = None
    code: str | None = None
    is_recovered: bool = False
    """A retry got over it."""
    is_injected: bool = False


@dataclass(frozen=True, kw_only=True)
class Observation:
    """One trial of one case."""

    choices: Sequence[Answer] = ()
    """The last answer; none where none came."""
    earlier: Sequence[Sequence[Call]] = ()
    """The calls of each answer before the last one."""
    model: str | None = None
    usage: Mapping[str, int | None] = field(default_factory=dict)
    cost: Decimal | None = None
    latency: Decimal | None = None
    attempts: int | None = 1
    handled: bool | None = None
    """Whether an application replied; None without one."""
    error: Failing | None = None
    requests: Sequence[Data] = ()


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What the case says beside its `expect`."""

    tools: Mapping[str, Data] = field(default_factory=dict)
    """Name -> schema of the arguments; None where the tool declares none."""
    request: Mapping[str, Data] = field(default_factory=dict)
