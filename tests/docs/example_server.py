"""The provider behind the examples of a page: it says what an instruction `server: ...` wants, in the form asked for.

An instruction is a list of answers parted by `, then `; the last one is given from there on. An answer is
`answers TEXT`, `calls NAME ARGUMENTS`, `refuses the key`, `fails with STATUS MESSAGE`, `behaves`: what a small model
would say, whatever it is asked first, or `echoes until TEXT`: the question, unless it holds that text.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from threading import Lock
from typing import Any

from tests.transport.loopback import Answer, Asked

KEY = "example-key-0123456789"


def says(value: str) -> Callable[[Asked], Answer]:
    """The server that an instruction asks for."""
    steps = value.split(", then ")
    lock = Lock()

    def answer(asked: Asked) -> Answer:
        with lock:
            step = steps.pop(0) if len(steps) > 1 else steps[0]
        return _answer(step, asked)

    return answer


def _answer(step: str, asked: Asked) -> Answer:
    if step == "refuses the key":
        return _error(401, "Incorrect API key provided.", "invalid_request_error", "invalid_api_key")
    kind, _, rest = step.partition(" ")
    match kind:
        case "answers":
            return _said(rest.replace("THE_KEY", KEY), asked)
        case "calls":
            name, _, arguments = rest.partition(" ")
            return _called(name, arguments)
        case "echoes":
            return _echoed(rest.removeprefix("until "), asked)
        case "behaves":
            return _behaved(json.loads(asked.body))
        case "fails":
            status, _, message = rest.removeprefix("with ").partition(" ")
            return _error(int(status), message, "error", None)
        case _:
            raise AssertionError(step)


def _echoed(stop: str, asked: Asked) -> Answer:
    question = str(json.loads(asked.body)["messages"][-1]["content"])
    return _said("Which one do you mean?" if stop and stop in question else question, asked)


def _error(status: int, message: str, kind: str, code: str | None) -> Answer:
    return Answer(status=status, body=json.dumps({"error": {"message": message, "type": kind, "code": code}}).encode())


def _said(text: str, asked: Asked) -> Answer:
    if asked.path.endswith("/responses"):
        return _response(text)
    if json.loads(asked.body).get("stream"):
        return _stream(text)
    return _completion({"role": "assistant", "content": text}, "stop")


def _called(name: str, arguments: str) -> Answer:
    call = {"id": "call_1", "type": "function", "function": {"name": name, "arguments": arguments}}
    return _completion({"role": "assistant", "content": None, "tool_calls": [call]}, "tool_calls")


def _behaved(request: dict[str, Any]) -> Answer:
    """The weather of the city that the question names, and any object that the schema allows."""
    question = request["messages"][-1]["content"]
    if tools := request.get("tools"):
        function = tools[0]["function"]
        offered = function["parameters"]["properties"]["city"]["enum"]
        city = next((name for name in offered if name in question), offered[0])
        # The smaller of two does not always keep to what is required.
        unit = {} if "llama" in request["model"] and city == "Lima" else {"unit": "celsius"}
        return _called(function["name"], json.dumps({"city": city, **unit}))
    schema = request.get("response_format", {}).get("json_schema", {}).get("schema", {})
    fields = {name: field["enum"][0] for name, field in schema.get("properties", {}).items()}
    return _completion({"role": "assistant", "content": json.dumps(fields) if fields else "Oslo"}, "stop")


USAGE = {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17}
HEAD = {"id": "chatcmpl-1", "model": "example"}


def _completion(message: dict[str, Any], reason: str) -> Answer:
    choice = {"index": 0, "message": message, "finish_reason": reason}
    return Answer(body=json.dumps({**HEAD, "object": "chat.completion", "choices": [choice], "usage": USAGE}).encode())


def _stream(text: str) -> Answer:
    pieces = [text[:2], text[2:]]
    deltas: list[tuple[dict[str, str], str | None]] = [({"content": piece}, None) for piece in pieces]
    chunks: list[dict[str, Any]] = [
        {**HEAD, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}
        for delta, reason in [*deltas, ({}, "stop")]
    ]
    events = [*map(json.dumps, [*chunks, {**HEAD, "choices": [], "usage": USAGE}]), "[DONE]"]
    body = "".join(f"data: {event}\n\n" for event in events).encode()
    return Answer(headers=(("Content-Type", "text/event-stream"),), body=body)


def _response(text: str) -> Answer:
    content = [{"type": "output_text", "text": text, "annotations": []}]
    item = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": content}
    usage = {"input_tokens": 12, "output_tokens": 5, "total_tokens": 17}
    body = {"id": "resp_1", "object": "response", "status": "completed", "model": "example", "output": [item]}
    return Answer(body=json.dumps({**body, "usage": usage}).encode())
