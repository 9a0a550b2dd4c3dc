"""Applies the rules about messages and tools to one request. One small function for each kind of part."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from prompt_contracts.finding import Finding, clause_of
from prompt_contracts.json_value import Json
from prompt_contracts.message import Message, Tool
from prompt_contracts.model_request import ModelRequest
from prompt_contracts.providers.message_rules import MISTRAL_MESSAGE_KEYS
from prompt_contracts.providers.rule import Adapted, Rule
from prompt_contracts.providers.wording import provider_name
from prompt_contracts.target import Target

# Mistral answers 400 invalid_function_call, code 3280, to an id of any other form (issue reports).
_LENGTH = 9
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_FITTING = re.compile(rf"[A-Za-z0-9]{{{_LENGTH}}}")


def short_ids(ids: Iterable[str]) -> Mapping[str, str]:
    """Every id of a conversation -> nine letters and digits, no two the same.

    An id that fits stays as it is. Another one becomes the same nine characters in every conversation, so that a
    recorded request is found again; only where these are taken, the next ones are.
    """
    distinct = list(dict.fromkeys(ids))
    # Those that fit come first, so that no new id can take the place of one that stays.
    taken = {each for each in distinct if _FITTING.fullmatch(each)}
    found = {each: each for each in taken}
    for each in distinct:
        if each in found:
            continue
        attempt = 0
        while (short := _digest(each, attempt)) in taken:
            attempt += 1
        taken.add(short)
        found[each] = short
    return found


def _digest(text: str, attempt: int) -> str:
    """Nine characters of a SHA-256; the first attempt is of the text alone."""
    marked = text if attempt == 0 else f"{text}\n{attempt}"
    number = int.from_bytes(hashlib.sha256(marked.encode("utf-8", "surrogatepass")).digest())
    digits = []
    for _ in range(_LENGTH):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(digits)


MessageStep = Callable[[ModelRequest, Rule, Target], Adapted]


def adapt_messages(request: ModelRequest, *, rules: Sequence[Rule], target: Target) -> Adapted:
    """The request after all `rules` about messages and tools, in their order."""
    findings: list[Finding] = []
    for rule in rules:
        step = MESSAGE_STEPS[rule.parameter, rule.action](request, rule, target)
        request = step.request
        findings.extend(step.findings)
    return Adapted(request=request, findings=tuple(findings))


def _replaced(request: ModelRequest, change: Callable[[Message], Message]) -> ModelRequest:
    """The request with every message changed; the same object when none did."""
    changed = tuple(change(message) for message in request.messages)
    is_same = all(new is old for new, old in zip(changed, request.messages, strict=True))
    return request if is_same else replace(request, messages=changed)


def _rename_developer(request: ModelRequest, _rule: Rule, _target: Target) -> Adapted:
    def change(message: Message) -> Message:
        return replace(message, role="system") if message.role == "developer" else message

    return Adapted(request=_replaced(request, change))


def _refuse_name(request: ModelRequest, rule: Rule, target: Target) -> Adapted:
    places = [number for number, message in _numbered(request) if _is_named(message)]
    return Adapted(request=request, findings=tuple(_refusal("name", places, rule, target)))


def _drop_name(request: ModelRequest, rule: Rule, target: Target) -> Adapted:
    places = [number for number, message in _numbered(request) if _is_named(message)]
    if not places:
        return Adapted(request=request)

    def change(message: Message) -> Message:
        if not _is_named(message):
            return message
        return replace(message, fields={key: value for key, value in message.fields.items() if key != "name"})

    finding = Finding(
        code="PC131",
        severity="warning",
        clause=clause_of(rule.parameter),
        message=f"the name in {_told(places)} is not sent to {provider_name(target)}: {rule.reason}",
        help=rule.help,
    )
    return Adapted(request=_replaced(request, change), findings=(finding,))


def _is_named(message: Message) -> bool:
    # On a tool's message it is the name of the function, which both providers know.
    return message.role != "tool" and message.fields.get("name") is not None


def _refuse_unknown_keys(request: ModelRequest, rule: Rule, target: Target) -> Adapted:
    places: dict[str, list[int]] = {}
    for number, message in _numbered(request):
        known = MISTRAL_MESSAGE_KEYS.get(message.role)
        if known is None:
            continue
        for key in message.fields:
            # A name has a rule of its own, with a better fix.
            if key not in known and key != "name":
                places.setdefault(key, []).append(number)
    findings = [finding for key, where in places.items() for finding in _refusal(key, where, rule, target)]
    return Adapted(request=request, findings=tuple(findings))


def _refusal(key: str, places: Sequence[int], rule: Rule, target: Target) -> Iterator[Finding]:
    if places:
        yield Finding(
            code="PC130",
            clause=clause_of(f"messages.{key}"),
            message=f"{provider_name(target)} refuses '{key}' in {_told(places)}: {rule.reason}",
            help=rule.help,
        )


def _shorten_ids(request: ModelRequest, _rule: Rule, _target: Target) -> Adapted:
    ids = short_ids(each for message in request.messages for each in _ids_of(message))
    if all(new == old for old, new in ids.items()):
        return Adapted(request=request)
    return Adapted(request=_replaced(request, lambda message: _with_ids(message, ids)))


def _ids_of(message: Message) -> Iterator[str]:
    calls = message.fields.get("tool_calls")
    named = [call.get("id") for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []
    for each in (*named, message.fields.get("tool_call_id")):
        if isinstance(each, str):
            yield each


def _with_ids(message: Message, ids: Mapping[str, str]) -> Message:
    if all(ids[each] == each for each in _ids_of(message)):
        return message
    fields = dict(message.fields)
    calls = fields.get("tool_calls")
    if isinstance(calls, list):
        fields["tool_calls"] = [_call_with_id(call, ids) for call in calls]
    answered = fields.get("tool_call_id")
    if isinstance(answered, str):
        fields["tool_call_id"] = ids[answered]
    return replace(message, fields=fields)


def _call_with_id(call: Json, ids: Mapping[str, str]) -> Json:
    if isinstance(call, dict) and isinstance(call.get("id"), str):
        return {**call, "id": ids[str(call["id"])]}
    return call


def _add_parameters(request: ModelRequest, _rule: Rule, _target: Target) -> Adapted:
    tools = tuple(_with_parameters(tool) for tool in request.tools)
    is_same = all(new is old for new, old in zip(tools, request.tools, strict=True))
    return Adapted(request=request if is_same else replace(request, tools=tools))


def _with_parameters(tool: Tool) -> Tool:
    function = tool.definition.get("function")
    if not isinstance(function, dict) or function.get("parameters") is not None:
        return tool
    no_arguments: Json = {"type": "object", "properties": {}}
    return replace(tool, definition={**tool.definition, "function": {**function, "parameters": no_arguments}})


def _refuse_fetched_images(request: ModelRequest, rule: Rule, target: Target) -> Adapted:
    places = [number for number, message in _numbered(request) if any(map(_is_fetched, _image_urls(message)))]
    if not places:
        return Adapted(request=request)
    message = f"{provider_name(target)} refuses the address of an image in {_told(places)}: {rule.reason}"
    finding = Finding(code="PC130", clause=clause_of("messages.image_url"), message=message, help=rule.help)
    return Adapted(request=request, findings=(finding,))


def _image_urls(message: Message) -> Iterator[Json]:
    for part in message.content if isinstance(message.content, list) else ():
        if isinstance(part, dict) and part.get("type") == "image_url":
            image = part.get("image_url")
            yield image.get("url") if isinstance(image, dict) else image


def _is_fetched(url: Json) -> bool:
    return isinstance(url, str) and url.lower().startswith(("http://", "https://"))


def _numbered(request: ModelRequest) -> Iterable[tuple[int, Message]]:
    return enumerate(request.messages, start=1)


def _told(places: Sequence[int]) -> str:
    """`message 2`, `messages 2 and 4`, with the numbers from 1."""
    if len(places) == 1:
        return f"message {places[0]}"
    return f"messages {', '.join(map(str, places[:-1]))} and {places[-1]}"


MESSAGE_STEPS: Mapping[tuple[str, str], MessageStep] = MappingProxyType(
    {
        ("messages.role.developer", "rename"): _rename_developer,
        ("messages.name", "refuse"): _refuse_name,
        ("messages.name", "drop"): _drop_name,
        ("messages.*", "refuse"): _refuse_unknown_keys,
        ("messages.tool_call_id", "rewrite"): _shorten_ids,
        ("tools.function.parameters", "add"): _add_parameters,
        ("messages.image_url.http", "refuse"): _refuse_fetched_images,
    }
)
"""The part and what is done with it -> the function that does it."""
