"""Schemas from types and tools from typed functions: one place says what the schema, the tool and the code are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pytest
from pydantic import BaseModel, Field
from typing_extensions import TypedDict  # before Python 3.12 pydantic takes no other

from prompt_contracts import CaseError, judge, matches_schema
from tests.cli.replies import body


class Place(BaseModel):
    """A model of pydantic."""

    city: str
    days: int = Field(ge=1)


@dataclass
class Spot:
    """A dataclass."""

    city: str
    days: int


Spots = list[Spot]


class Named(TypedDict):
    """A typed dict."""

    city: str
    days: int


def get_weather(city: Literal["Oslo", "Lima"], days: int = 1) -> str:
    """The weather of the
    next days.

    What else is said is for people.
    """
    return f"{city}: {days}"


@pytest.mark.parametrize("kind", [Place, Spot, Named])
def test_a_type_stands_for_its_schema(kind: type) -> None:
    assert judge('{"city": "Oslo", "days": 2}', {"json": kind})
    assert judge('[{"city": "Oslo", "days": 2}]', {"json": [kind]})
    assert judge('{"city": "Oslo", "days": 2}', {"json": matches_schema(kind)})

    assert judge('[{"city": "Oslo", "days": 2}]', {"json": list[kind]})  # type: ignore[valid-type] # it is a type
    assert judge(
        '[{"city": "Oslo", "days": 2}]', {"json": {"$schema": {"$python": "tests.api.test_python_types:Spots"}}}
    )

    broken = judge('{"city": "Oslo", "days": "two"}', {"json": kind})

    (failure,) = broken.failures
    assert failure.path == "json/days"
    assert failure.location.path.endswith("test_python_types.py")


def test_a_typed_function_is_a_tool() -> None:
    right, wrong = (body(calls=(("get_weather", {"city": city}),)) for city in ("Oslo", "Rome"))
    expect = {"tool_calls": ["get_weather"], "arguments_valid": True}

    assert judge(right, expect, tools=[get_weather])
    assert not judge(wrong, expect, tools=[get_weather])
    with pytest.raises(CaseError, match="did you mean 'get_weather'"):
        judge(right, {"tool_calls": ["get_wether"]}, tools=[get_weather])


def test_what_has_no_schema_says_why() -> None:
    def by_place(city: str, /) -> str:
        return city

    with pytest.raises(CaseError, match="by_place takes arguments by their place alone"):
        judge("a", {"text": "a"}, tools=[by_place])
    with pytest.raises(CaseError, match="type is no value of JSON"):
        judge("a", {"json": object})
