"""The Berkeley Function-Calling Leaderboard as case files and replies, where its data lies on the machine."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from prompt_contracts.json_value import Json

BESIDE = Path(__file__).resolve().parents[2] / "shared/bfcl"
FOLDER = Path(os.environ.get("PROMPT_CONTRACTS_BFCL", BESIDE))


def read_lines(name: str) -> list[dict[str, Any]]:
    """The records of one file; none where the folder is absent."""
    path = FOLDER / name
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.is_file() else []


def case_file(tasks: list[dict[str, Any]]) -> dict[str, Json]:
    """One case for each task: what the leaderboard accepts, said in the case language."""
    cases: list[Json] = [_case(task) for task in tasks]
    return {"version": 1, "models": ["openai:any"], "cases": cases}


def _case(task: dict[str, Any]) -> Json:
    return {
        "name": task["id"],
        "templates": False,
        "messages": task["messages"],
        "tools": task["tools"],
        "expect": expectation(task),
    }


def expectation(task: dict[str, Any]) -> dict[str, Json]:
    """What the leaderboard accepts, said in the case language."""
    if "irrelevance" in task["category"]:
        return {"tool_calls": "none"}
    if "relevance" in task["category"]:
        return {"tool_calls": "some"}
    entries: list[Json] = [
        {name: _object(arguments)} for answer in task["possible_answer"] for name, arguments in answer.items()
    ]
    return {"strings": "loose", "tool_calls": entries}


def _object(accepted: dict[str, list[Json]]) -> Json:
    """Each key with its own list of accepted values; the empty text in a list lets the key be left out."""
    required: dict[str, Json] = {name: _any_of(values) for name, values in accepted.items() if "" not in values}
    optional: dict[str, Json] = {name: _any_of(values) for name, values in accepted.items() if "" in values}
    return {**required, **({"$optional": optional} if optional else {})}


def _any_of(values: list[Json]) -> Json:
    patterns = [_value(value) for value in values]
    return patterns[0] if len(patterns) == 1 else {"$any_of": patterns}


def _value(value: Json) -> Json:
    if isinstance(value, dict):
        return _object(value)  # type: ignore[arg-type]  # the leaderboard nests its lists of accepted values
    if isinstance(value, list):
        return [_value(item) for item in value]
    return value


def accepts_nothing(task: dict[str, Any]) -> bool:
    """Whether an argument that must be there has no accepted value, so that no answer can be right."""
    answers = task.get("possible_answer") or []
    return any(not values for answer in answers for arguments in answer.values() for values in arguments.values())


def replies(outputs: list[dict[str, Any]], *, path: str) -> Iterator[str]:
    """Each record as a line of the Batch API's output; the number of the line tells replies to one task apart."""
    for number, record in enumerate(outputs, 1):
        yield json.dumps(
            {
                "custom_id": f"{path}::{record['id']}[openai:any]#{number}",
                "response": {"status_code": 200, "body": _body(record)},
                "error": None,
            }
        )


def _body(record: dict[str, Any]) -> Json:
    calls: list[Json] = [
        {"id": f"call_{index}", "type": "function", "function": {"name": call["name"], "arguments": _arguments(call)}}
        for index, call in enumerate(record["decoded_output"] or [])
    ]
    message: dict[str, Json] = {"role": "assistant", "content": record.get("content")}
    if calls:
        message["tool_calls"] = calls
    return {"object": "chat.completion", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}


def _arguments(call: dict[str, Any]) -> str:
    return str(call["arguments_raw"]) if "arguments_raw" in call else json.dumps(call["arguments"])
