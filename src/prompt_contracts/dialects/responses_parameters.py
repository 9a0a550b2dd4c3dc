"""Parameters by their Chat Completions names -> by their Responses names. Drops nothing without a word for it.

What stands here under its Responses name already, or under a name that nobody knows, passes as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from types import MappingProxyType

from prompt_contracts.data_class import dataclass
from prompt_contracts.finding import Finding, clause_of
from prompt_contracts.json_value import Json

RESPONSES_ONLY: frozenset[str] = frozenset(
    {
        "background",
        "context_management",
        "conversation",
        "include",
        "input",
        "instructions",
        "max_output_tokens",
        "max_tool_calls",
        "previous_response_id",
        "prompt",
        "reasoning",
        "text",
        "truncation",
    }
)
"""Names of OpenAI that Responses has and Chat Completions has not."""

_LOGPROBS = "message.output_text.logprobs"

_CHAT_HELP = "leave it out, or write 'endpoint: chat'"

# None of them stands in CreateResponse of the OpenAPI document 2.3.0.
_NO_COUNTERPART: Mapping[str, str] = MappingProxyType(
    {
        "audio": "Responses answers in text only: leave it out, or write 'endpoint: chat'",
        "frequency_penalty": _CHAT_HELP,
        "function_call": "write 'tool_choice'",
        "functions": "write 'tools'",
        "logit_bias": _CHAT_HELP,
        "n": "ask several times with 'trials', or write 'endpoint: chat'",
        "prediction": _CHAT_HELP,
        "presence_penalty": _CHAT_HELP,
        "seed": _CHAT_HELP,
        "stop": _CHAT_HELP,
        "web_search_options": "Responses searches with a tool of its own, which a case cannot offer: leave it out",
    }
)
"""Chat Completions names that Responses refuses -> what to write instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Translated:
    """Parameters as the Responses endpoint takes them."""

    parameters: Mapping[str, Json]
    """Without those that were refused."""
    refused: tuple[Finding, ...] = ()


@dataclass(slots=True, kw_only=True)
class _Draft:
    """What is translated so far."""

    written: Mapping[str, Json]
    parameters: dict[str, Json] = field(default_factory=dict)
    refused: list[Finding] = field(default_factory=list)

    def refuse(self, name: str, message: str, advice: str) -> None:
        self.refused.append(Finding(code="PC130", clause=clause_of(name), message=message, help=advice))

    def refuse_second(self, name: str, place: str) -> None:
        """Refuse a name because what it sets is set under its Responses name, at `place`, too."""
        self.refuse(name, f"'{name}' and '{place}' set the same thing", f"keep '{place}', its name in Responses")


def translate(parameters: Mapping[str, Json]) -> Translated:
    """The same wishes by their Responses names, and those that Responses has no way to express.

    Null stands for "not set" under a Chat Completions name. What is translated already stays as it is.
    """
    draft = _Draft(written=parameters)
    # A rule may add to an object that the author wrote under its Responses name: those come first.
    for name, value in parameters.items():
        if name not in _RULES and name not in _NO_COUNTERPART:
            draft.parameters[name] = value
    for name, value in parameters.items():
        if name in _RULES:
            _RULES[name](draft, name, value)
        elif name in _NO_COUNTERPART and value is not None and not (name == "n" and _is_one(value)):
            draft.refuse(name, f"'{name}' has no counterpart on the Responses endpoint", _NO_COUNTERPART[name])
    return Translated(parameters=draft.parameters, refused=tuple(draft.refused))


def _is_one(value: Json) -> bool:
    return value == 1 and not isinstance(value, bool)


def _token_limit(draft: _Draft, name: str, value: Json) -> None:
    if value is None:
        return
    if draft.written.get("max_output_tokens") is not None:
        draft.refuse_second(name, "max_output_tokens")
    # Where both of Chat Completions' names are given, the newer one holds.
    elif name == "max_completion_tokens" or draft.written.get("max_completion_tokens") is None:
        draft.parameters["max_output_tokens"] = value


def _nest(parent: str, key: str, convert: Callable[[Json], Json] | None = None) -> Callable[[_Draft, str, Json], None]:
    """The rule of a parameter that Responses keeps inside an object."""

    def rule(draft: _Draft, name: str, value: Json) -> None:
        if value is None:
            return
        outer = draft.parameters.get(parent)
        if not isinstance(outer, (dict, type(None))) or (isinstance(outer, dict) and outer.get(key) is not None):
            draft.refuse_second(name, f"{parent}.{key}")
        else:
            draft.parameters[parent] = {**(outer or {}), key: value if convert is None else convert(value)}

    return rule


def _flat(value: Json) -> Json:
    """An object that repeats its type as a key, `{type: a, a: {...}}`, in one level: `{type: a, ...}`."""
    if not isinstance(value, dict):
        return value
    kind = value.get("type")
    inner = value.get(kind) if isinstance(kind, str) else None
    if not isinstance(kind, str) or not isinstance(inner, dict):
        return value
    return {**{key: item for key, item in value.items() if key != kind}, **inner, "type": kind}


def _tool_choice(draft: _Draft, name: str, value: Json) -> None:
    choice = _flat(value)
    if isinstance(choice, dict) and isinstance(tools := choice.get("tools"), list):
        choice = {**choice, "tools": [_flat(tool) for tool in tools]}
    if choice is not None:
        draft.parameters[name] = choice


def _logprobs(draft: _Draft, name: str, value: Json) -> None:
    if value is None or value is False:
        return
    include = draft.parameters.get("include")
    if value is not True or not isinstance(include, (list, type(None))):
        draft.refuse(name, f"'{name}' must be true or false", f"write 'include: [{_LOGPROBS}]'")
    elif include is None or _LOGPROBS not in include:
        # Responses has `top_logprobs` and no switch: what Chat Completions switches on is asked for here.
        draft.parameters["include"] = [*(include or []), _LOGPROBS]


def _stream_options(draft: _Draft, name: str, value: Json) -> None:
    # The usage comes with every stream: to ask for it is harmless, and no option here.
    rest = {key: item for key, item in value.items() if key != "include_usage"} if isinstance(value, dict) else value
    if rest:
        draft.parameters[name] = rest


def _modalities(draft: _Draft, name: str, value: Json) -> None:
    if value not in (None, [], ["text"]):
        draft.refuse(name, "Responses answers in text only", "leave 'modalities' out, or write 'endpoint: chat'")


def _background(draft: _Draft, name: str, value: Json) -> None:
    if value is True:
        message = "an answer in the background comes as 'queued', with nothing to judge"
        draft.refuse(name, message, "leave 'background' out")
    else:
        draft.parameters[name] = value


def _built(draft: _Draft, name: str, value: Json) -> None:  # noqa: ARG001 - every rule has this form
    draft.refuse(name, f"'{name}' is made from the messages of the case", "write 'user' or 'messages' of the case")


_RULES: Mapping[str, Callable[[_Draft, str, Json], None]] = MappingProxyType(
    {
        "background": _background,
        "input": _built,
        "logprobs": _logprobs,
        "max_completion_tokens": _token_limit,
        "max_tokens": _token_limit,
        "messages": _built,
        "modalities": _modalities,
        "reasoning_effort": _nest("reasoning", "effort"),
        "response_format": _nest("text", "format", _flat),
        "stream_options": _stream_options,
        "tool_choice": _tool_choice,
        "verbosity": _nest("text", "verbosity"),
    }
)
"""Names that do not pass as they are -> what becomes of them."""
