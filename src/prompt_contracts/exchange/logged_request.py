"""Lines of logs -> requests in the words of case files, whichever of the known forms a line has. Nothing is raised."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import Literal
from urllib.parse import urlsplit

from prompt_contracts.data_class import dataclass
from prompt_contracts.exchange.logged_input import messages_of_input, unread
from prompt_contracts.exchange.written_shape import is_message, is_model_name, is_parameter, is_tool, parameter_names
from prompt_contracts.json_value import Json, NotJsonError, parse_json, show

_LARGEST_LINE = 5_000_000
_LONGEST_TEXT = 65_536
"""Of one text in a request: pictures and files within a log are no reading for a person."""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedRequest:
    """What one line asked, and what it says was answered."""

    line: int
    model: str | None
    """Without a provider; None where the line names none."""
    endpoint: Literal["chat", "responses"]
    messages: tuple[Mapping[str, Json], ...]
    tools: tuple[Mapping[str, Json], ...] = ()
    """Functions in OpenAI's full form."""
    parameters: Mapping[str, Json] = field(default_factory=dict)
    """All others, as they were sent."""
    answer: str | None = None
    """In a few words."""
    left_out: tuple[str, ...] = ()
    """Keys of its messages, items and tools that a case has no place for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableLine:
    """A line that is no request."""

    line: int
    reason: str


class _WrongLogError(ValueError):
    """Why a line is none, for a person."""


def read_logged(text: bytes, *, line: int) -> LoggedRequest | UnreadableLine:
    """The request that a line holds."""
    try:
        if len(text) > _LARGEST_LINE:
            raise _WrongLogError(f"it is longer than {_LARGEST_LINE // 1_000_000} MB")  # noqa: TRY301 - one way out
        value = parse_json(text.removeprefix(_BYTE_ORDER_MARK) if line == 1 else text)
        return _request(value, line)
    except NotJsonError as error:
        # It speaks of lines within the text, and this one is known by its number.
        return UnreadableLine(line=line, reason=f"it is no JSON: {str(error).replace('(line 1, column', '(column')}")
    except UnicodeError:
        return UnreadableLine(line=line, reason="it holds half of a surrogate pair: no character can be made of it")
    except (_WrongLogError, ValueError) as error:
        return UnreadableLine(line=line, reason=str(error))


def _request(value: Json, line: int) -> LoggedRequest:
    if not isinstance(value, dict):
        raise _WrongLogError(f"it is no JSON object, but {show(value, limit=40)}")
    _check_address(value)
    body, response = _parts(value)
    if _longest(body) > _LONGEST_TEXT:
        raise _WrongLogError(f"a text in it is longer than {_LONGEST_TEXT // 1024} kB")
    model = body.get("model")
    named = model if isinstance(model, str) and model else None
    if named is not None and not is_model_name(named):
        raise _WrongLogError(f"{show(named, limit=60)} is no name of a model")
    of_answer = _OF_AN_ANSWER if body is value and {"choices", "response", "output"} & set(body) else ()
    rest = {key: member for key, member in body.items() if key not in _TAKEN and key not in of_answer}
    item = None if body is value or {"request", "body"} & set(value) else value.get("item")
    left = unread("item", item, ("input", "messages")) if isinstance(item, dict) else {}
    tools = tuple(_tools(body, left))
    if "messages" in body:
        left |= {"input": None} if body.get("input") is not None else {}
        messages = _messages(body["messages"])
        answer = _answer(response)
        # A line of fine-tuning holds the wanted answer as its last message.
        if named is None and messages and messages[-1].get("role") == "assistant":
            answer = answer or _of_message(messages.pop())
        for each in body["messages"][: len(messages)] if isinstance(body["messages"], list) else ():
            left |= unread("messages", each, _OF_A_MESSAGE) if isinstance(each, dict) else {}
        if "function_call" in body:
            rest["tool_choice"] = _choice(body["function_call"])
        return _logged(line, named, "chat", messages, tools, rest, answer, left)
    if "input" in body:
        asked = messages_of_input(body["input"], left)
        return _logged(line, named, "responses", asked, tools, rest, _answer(response), left)
    if "choices" in body or "output" in body:
        raise _WrongLogError("it is an answer without the request that it answers")
    raise _WrongLogError("it holds no request: neither 'messages' nor 'input'")


_TAKEN = frozenset({"model", "messages", "input", "tools", "functions", "function_call", "id", "object", "created"})
_OF_AN_ANSWER = ("choices", "usage", "system_fingerprint", "response", "output", "output_text")
"""What stands beside a request where a log keeps both in one object."""


def _logged(
    line: int,
    model: str | None,
    endpoint: Literal["chat", "responses"],
    messages: Sequence[Mapping[str, Json]],
    tools: tuple[Mapping[str, Json], ...],
    rest: Mapping[str, Json],
    answer: str | None,
    left: Iterable[str],
) -> LoggedRequest:
    if not messages:
        raise _WrongLogError("it asks nothing: it has no messages")
    wrong = next((each for each in messages if not is_message(each)), None)
    if wrong is not None:
        raise _WrongLogError(f"{show(dict(wrong), limit=60)} is no message")
    known = set(parameter_names())
    for name, value in rest.items():
        if name in known and not is_parameter(name, value):
            raise _WrongLogError(f"{show(value, limit=40)} is no value of {name!r}")
    return LoggedRequest(
        line=line,
        model=model,
        endpoint=endpoint,
        messages=tuple(messages),
        tools=tools,
        parameters={key: value for key, value in rest.items() if value is not None},
        answer=answer,
        left_out=tuple(left),
    )


_NO_CHATS = ("/embeddings", "/moderations", "/audio/speech", "/images/generations")
"""Addresses whose bodies may look like those of Responses."""


def _check_address(value: Mapping[str, Json]) -> None:
    request = value.get("request")
    url = (request if isinstance(request, dict) else value).get("url")
    path = urlsplit(url).path.rstrip("/") if isinstance(url, str) else ""
    if path.endswith(_NO_CHATS):
        raise _WrongLogError(f"it asks {show(path, limit=60)}, which is neither Chat Completions nor Responses")


def _parts(value: dict[str, Json]) -> tuple[dict[str, Json], Json]:
    """The body of the request, and of the answer where there is one."""
    request, response = value.get("request"), value.get("response")
    item, sample = value.get("item"), value.get("sample")
    if isinstance(request, dict):
        inner = request.get("body")
        return _parsed(inner if inner is not None else request), _body(response)
    if isinstance(value.get("body"), (dict, str)) and "url" in value:
        return _parsed(value["body"]), _body(response)
    if isinstance(item, dict) and ("input" in item or "messages" in item):
        # Rows of an evaluation: messages stand under `input` there.
        asked = {"messages": item.get("messages", item.get("input"))}
        model = sample.get("model") if isinstance(sample, dict) else None
        return {**asked, **({"model": model} if model else {})}, sample
    return value, value if "choices" in value or "output" in value else response


def _parsed(body: Json) -> dict[str, Json]:
    """A body, which some logs keep as text."""
    found = parse_json(body) if isinstance(body, str) else body
    if not isinstance(found, dict):
        raise _WrongLogError("its request has no body that is a JSON object")
    return found


def _body(response: Json) -> Json:
    if isinstance(response, dict) and "body" in response:
        response = response["body"]
    if isinstance(response, str):
        try:
            return parse_json(response)
        except NotJsonError:
            return None
    return response


def _longest(value: Json) -> int:
    """The length of the longest text in a value. Never recurses."""
    longest, waiting = 0, [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            longest = max(longest, len(each))
        elif isinstance(each, dict):
            waiting += [*each.values(), *each]
        elif isinstance(each, list):
            waiting += each
    return longest


def _messages(written: Json) -> list[dict[str, Json]]:
    if not isinstance(written, list) or not all(isinstance(each, dict) for each in written):
        raise _WrongLogError("its 'messages' are no list of messages")
    found: list[dict[str, Json]] = []
    for each in written:
        assert isinstance(each, dict)  # noqa: S101 - as above
        if each.get("role") == "function" or "function_call" in each:
            raise _WrongLogError("its messages call functions in the older form, which no model of today is asked in")
        found.append({key: value for key, value in each.items() if key in _OF_A_MESSAGE and value is not None})
    return found


_OF_A_MESSAGE = frozenset({"role", "content", "name", "tool_calls", "tool_call_id"})


def _tools(body: Mapping[str, Json], left: dict[str, None]) -> list[Mapping[str, Json]]:
    found: list[Mapping[str, Json]] = []
    for key in ("tools", "functions"):
        written = body.get(key)
        if written is not None and not isinstance(written, list):
            raise _WrongLogError(f"its {key!r} are no list")
        for each in written or ():
            function = each.get("function", each) if isinstance(each, dict) else None
            if not isinstance(each, dict) or not isinstance(function, dict) or not _is_function(each, function):
                raise _WrongLogError("it offers a tool that is no function, which a case cannot")
            kept = {name: function[name] for name in _OF_A_FUNCTION if function.get(name) is not None}
            left |= unread("tools", function, (*_OF_A_FUNCTION, "type"))
            left |= {} if function is each else unread("tools", each, ("type", "function"))
            tool: dict[str, Json] = {"type": "function", "function": kept}
            if not is_tool(tool):
                raise _WrongLogError(f"its tool {show(function['name'], limit=40)} has not the form of a function")
            found.append(tool)
    return found


def _is_function(tool: Mapping[str, Json], function: Mapping[str, Json]) -> bool:
    return tool.get("type", "function") == "function" and isinstance(function.get("name"), str)


_OF_A_FUNCTION = ("name", "description", "parameters", "strict")


def _choice(written: Json) -> Json:
    return {"type": "function", "function": written} if isinstance(written, dict) else written


def _answer(response: Json) -> str | None:
    """The text or the calls of an answer, of whichever family it is."""
    if not isinstance(response, dict):
        return None
    choices, output = response.get("choices"), response.get("output")
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        return _of_message(choices[0].get("message"))
    if isinstance(output, list):
        told = [_of_item(each) for each in output]
        return " ".join(each for each in told if each) or None
    text = response.get("output_text", output)
    return text if isinstance(text, str) and text else None


def _of_message(message: Json) -> str | None:
    if not isinstance(message, dict):
        return None
    calls, content = message.get("tool_calls"), message.get("content")
    told = [content] if isinstance(content, str) and content else []
    for call in calls if isinstance(calls, list) else ():
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict):
            told.append(f"{function.get('name')}({function.get('arguments')})")
    return " ".join(told) or None


def _of_item(item: Json) -> str | None:
    if not isinstance(item, dict):
        return None
    if item.get("type") == "function_call":
        return f"{item.get('name')}({item.get('arguments')})"
    content = item.get("content")
    parts = [each.get("text") for each in content if isinstance(each, dict)] if isinstance(content, list) else []
    return " ".join(each for each in parts if isinstance(each, str)) or None
