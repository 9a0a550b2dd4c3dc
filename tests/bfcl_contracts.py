"""Contracts in five strengths for the tasks of the Berkeley leaderboard, and the recorded answers to them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from prompt_contracts.case import Case
from prompt_contracts.engine.planner import NO_MODEL
from prompt_contracts.engine.strength_tries import AnsweredCell
from prompt_contracts.json_value import Json
from prompt_contracts.message import Tool
from prompt_contracts.outcome import Outcome
from prompt_contracts.trial import Cell
from tests import bfcl
from tests.expectations.build import answer, case

STRENGTHS = ("some call", "names", "names and schemas", "70 % of the arguments", "all arguments")
ANYTHING: Json = {"$type": ["string", "number", "boolean", "array", "object", "null"]}


@dataclass(frozen=True, kw_only=True)
class Record:
    """One answer on record."""

    task: dict[str, Any]
    outcome: Outcome
    is_right: bool
    is_made: bool
    """Spoiled by hand, and not said by a model."""


def records() -> Iterator[Record]:
    """Those without a peculiarity of the leaderboard, in their order."""
    tasks = {task["id"]: task for task in bfcl.read_lines("tasks.jsonl")}
    for record in bfcl.read_lines("outputs.jsonl"):
        task = tasks[record["id"]]
        if record["quirk"] is None and not bfcl.accepts_nothing(task):
            made = [(call["name"], arguments(call)) for call in record["decoded_output"] or []]
            said = answer(record.get("content") or "", calls=made)
            is_made = record["model"] == "synthetic"
            yield Record(task=task, outcome=said, is_right=record["bfcl_valid"], is_made=is_made)


def arguments(call: dict[str, Any]) -> object:
    return call["arguments_raw"] if "arguments_raw" in call else call["arguments"]


def contracts(task: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The five strengths of a task with listed calls; one contract where it has none."""
    full: dict[str, Any] = dict(bfcl.expectation(task))
    if not isinstance(full["tool_calls"], list):
        return {str(full["tool_calls"]): full}
    names = [name for entry in full["tool_calls"] for name in entry]
    turn = itertools.count()
    part = [{name: _loosened(pattern, turn) for name, pattern in entry.items()} for entry in full["tool_calls"]]
    named: dict[str, Any] = {"tool_calls": names}
    together = ({"tool_calls": "some"}, named, {**named, "arguments_valid": True}, {**full, "tool_calls": part}, full)
    return dict(zip(STRENGTHS, together, strict=True))


def _loosened(pattern: Any, turn: Iterator[int]) -> dict[str, Json]:
    """Three of ten arguments may be anything: the third, the sixth and the tenth."""
    own = {key: _either(value, turn) for key, value in pattern.items() if key != "$optional"}
    optional = {key: _either(value, turn) for key, value in pattern.get("$optional", {}).items()}
    return {**own, **({"$optional": optional} if optional else {})}


def _either(value: Json, turn: Iterator[int]) -> Json:
    return ANYTHING if next(turn) % 10 in (2, 5, 9) else value


def case_for(task: dict[str, Any], expect: dict[str, Any]) -> Case:
    """The case of a task under one contract."""
    tools = tuple(Tool(name=tool["function"]["name"], definition=tool) for tool in task["tools"])
    return case(expect, tools=tools)


def answered(written: Case, outcome: Outcome) -> AnsweredCell:
    """A cell with one passing answer."""
    cell = Cell(case=written, target=NO_MODEL, cassette="a.yaml")
    return AnsweredCell(cell=cell, outcomes=(outcome,), passing=1)


def calls_of(outcome: Outcome) -> list[tuple[str, Any]]:
    """Names and parsed arguments, as the leaderboard's rules take them."""
    assert outcome.completion is not None
    return [(call.name, _parsed(call.arguments)) for call in outcome.completion.choices[0].tool_calls]


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
