"""A model that follows a script, as a server on the loopback: Chat Completions and Responses, whole and streamed.

It answers what applications of every framework need to reach their end, and always the same to the same request.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.transport.loopback import Answer, Asked

FORECAST: Mapping[str, Any] = {"city": "Oslo", "rain": True}
SAID = "There will be rain in Oslo."
SAID_AFTER_TOOLS = "Take an umbrella: there will be rain."
_TEXTS = {"answer": SAID, "response": SAID, "result": SAID, "thought": "I know.", "next_thought": "I know."}
USAGE = {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25}

Call = tuple[str, Mapping[str, Any]]


def answer(asked: Asked) -> Answer:
    """What the model says to a request; 404 for a path that it does not have."""
    body = json.loads(asked.body or b"{}")
    path = asked.path.partition("?")[0]
    if path.endswith("/chat/completions"):
        return _chat(body)
    return _responses(body) if path.endswith("/responses") else Answer(status=404, body=b'{"error": {"message": "?"}}')


def _chat(body: dict[str, Any]) -> Answer:
    messages = body["messages"]
    tools = {each["function"]["name"]: each["function"].get("parameters") for each in body.get("tools", ())}
    called = {call["function"]["name"] for each in messages for call in each.get("tool_calls") or ()}
    form = (body.get("response_format") or {}).get("type", "text")
    call, text = _decided(tools, called, form, json.dumps(messages))
    message: dict[str, Any] = {"role": "assistant", "content": None if call else text}
    if call:
        function = {"name": call[0], "arguments": json.dumps(call[1])}
        message["tool_calls"] = [{"id": f"call_{len(called)}", "type": "function", "function": function}]
    finish = "tool_calls" if call else "stop"
    common = {"id": f"chatcmpl-{len(messages)}", "created": 1, "model": body["model"]}
    if not body.get("stream"):
        choice = {"index": 0, "message": message, "finish_reason": finish}
        return _whole({**common, "object": "chat.completion", "choices": [choice], "usage": USAGE})
    head = {**common, "object": "chat.completion.chunk"}
    chunks: list[dict[str, Any]] = [
        {"choices": [{"index": 0, "delta": d, "finish_reason": None}]} for d in _deltas(message)
    ]
    chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
    if (body.get("stream_options") or {}).get("include_usage"):
        chunks.append({"choices": [], "usage": USAGE})
    return _events([json.dumps({**head, **chunk}) for chunk in chunks] + ["[DONE]"])


def _deltas(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    calls = message.get("tool_calls")
    yield {"role": "assistant", "content": None if calls else ""}
    if calls:
        yield {"tool_calls": [{"index": 0, **calls[0]}]}
    else:
        yield from ({"content": word} for word in _words(message["content"]))


def _responses(body: dict[str, Any]) -> Answer:
    asked = body["input"] if isinstance(body["input"], list) else [{"role": "user", "content": body["input"]}]
    tools = {each["name"]: each.get("parameters") for each in body.get("tools", ()) if each["type"] == "function"}
    called = {each["name"] for each in asked if each.get("type") == "function_call"}
    form = ((body.get("text") or {}).get("format") or {}).get("type", "text")
    call, text = _decided(tools, called, form, json.dumps([body.get("instructions"), asked]))
    item: dict[str, Any]
    if call:
        item = {"type": "function_call", "id": f"fc_{len(called)}", "call_id": f"call_{len(called)}", "name": call[0]}
        item |= {"arguments": json.dumps(call[1]), "status": "completed"}
    else:
        part = {"type": "output_text", "text": text, "annotations": []}
        item = {
            "type": "message",
            "id": f"msg_{len(asked)}",
            "role": "assistant",
            "status": "completed",
            "content": [part],
        }
    response = {
        "id": f"resp_{len(asked)}",
        "object": "response",
        "created_at": 1,
        "status": "completed",
        "model": body["model"],
        "output": [item],
        "tools": body.get("tools", []),
        "tool_choice": "auto",
        "parallel_tool_calls": True,
        "error": None,
        "usage": {
            "input_tokens": 20,
            "output_tokens": 5,
            "total_tokens": 25,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens_details": {"reasoning_tokens": 0},
        },
    }
    return _whole(response) if not body.get("stream") else _events(_response_events(response, item))


def _response_events(response: dict[str, Any], item: dict[str, Any]) -> list[str]:
    begun = {**response, "status": "in_progress", "output": [], "usage": None}
    empty: dict[str, Any] = {
        **item,
        "status": "in_progress",
        **({"content": []} if "content" in item else {"arguments": ""}),
    }
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": begun},
        {"type": "response.output_item.added", "output_index": 0, "item": empty},
    ]
    place: dict[str, Any] = {"item_id": item["id"], "output_index": 0}
    if "content" in item:
        part = item["content"][0]
        place["content_index"] = 0
        events.append({"type": "response.content_part.added", **place, "part": {**part, "text": ""}})
        delta = {"type": "response.output_text.delta", **place, "logprobs": []}
        events.extend({**delta, "delta": word} for word in _words(part["text"]))
        events.append({"type": "response.output_text.done", **place, "text": part["text"], "logprobs": []})
        events.append({"type": "response.content_part.done", **place, "part": part})
    else:
        arguments = item["arguments"]
        events.append({"type": "response.function_call_arguments.delta", **place, "delta": arguments})
        done = {"type": "response.function_call_arguments.done", "name": item["name"], "arguments": arguments}
        events.append({**done, **place})
    events.append({"type": "response.output_item.done", "output_index": 0, "item": item})
    events.append({"type": "response.completed", "response": response})
    return [json.dumps({**event, "sequence_number": number}) for number, event in enumerate(events)]


def _decided(tools: Mapping[str, Any], called: set[str], form: str, prompt: str) -> tuple[Call | None, str]:
    """The next call of the script, the weather first; else the text."""
    is_told = "rain in Oslo" in prompt  # by the tool, also where a framework writes calls and results as text
    called = called | {"get_weather"} if is_told else called
    for name in sorted(tools, key=lambda name: name != "get_weather"):
        if name not in called and not (name == "final_answer" and not called):
            return (name, _arguments(tools[name])), ""
    if form in ("json_object", "json_schema"):
        return None, json.dumps(FORECAST)
    if "[[ ## " in prompt:  # the form in which DSPy asks for fields
        tool = {"next_thought": "I look.", "next_tool_name": "finish" if is_told else "get_weather"}
        fields = {
            **tool,
            "next_tool_args": "{}" if is_told else '{"city": "Oslo"}',
            "rain": "True",
            "city": "Oslo",
            "answer": SAID,
            "reasoning": "I know.",
        }
        wanted = [name for name in fields if f"[[ ## {name} ## ]]" in prompt]
        return None, "".join(f"[[ ## {name} ## ]]\n{fields[name]}\n\n" for name in wanted) + "[[ ## completed ## ]]"
    return None, SAID_AFTER_TOOLS if called else SAID


def _arguments(schema: Any) -> Mapping[str, Any]:
    properties = (schema or {}).get("properties", {})
    known = {**_TEXTS, **FORECAST}
    if "answer" in properties and set(properties) == {"answer"}:
        known["answer"] = SAID_AFTER_TOOLS
    return {name: known[name] for name in properties if name in known}


def _words(text: str) -> list[str]:
    return [f"{word} " for word in text.split(" ")[:-1]] + text.split(" ")[-1:]


def _whole(body: Mapping[str, Any]) -> Answer:
    return Answer(body=json.dumps(body).encode())


def _events(lines: list[str]) -> Answer:
    named = (("event: " + json.loads(line)["type"] + "\n") if '"sequence_number"' in line else "" for line in lines)
    text = "".join(f"{name}data: {line}\n\n" for name, line in zip(named, lines, strict=True))
    return Answer(headers=(("Content-Type", "text/event-stream"),), body=text.encode())
